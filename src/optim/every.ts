import type { NdArray } from '../core/array.js'
import { cond } from '../control/branch.js'
import * as lax from '../lax/index.js'
import { count as integer } from './checks.js'
import { each, nothing, together, zeros, type Tree } from './leaves.js'
import { chain, initSteps, runSteps, type Optimizer, type Step } from './optimizer.js'

/** What `every` remembers between the steps that it takes. */
interface EveryState {
  /** The sum of the gradients since the last step. */
  readonly sum: Tree
  /** How many there were. */
  readonly seen: NdArray
  /** How many steps were taken. */
  readonly taken: NdArray
  readonly inner: readonly unknown[]
}

/**
 * The optimizer, of which a step is taken for every `n` gradients, along their mean; until then the parameters stay as they are, to
 * the bit. So batches may be `n` times as large as fits into memory. Schedules count the steps that are taken. Throws ArgumentError
 * unless n is a positive integer. (Optax: `MultiSteps`.)
 *
 * @example
 * const opt = optim.every(2, optim.sgd(1))
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), np.array(-1))
 * once.params // 0
 * optim.step(opt)(once, np.array(-3)).params // 2
 */
export const every = (n: number, ...parts: readonly (Optimizer | Step)[]): Optimizer => {
  integer('every', 'number of gradients', n)
  const optimizer = chain(...parts)
  const none = (): NdArray => lax.full([], 0, 'int32')
  const step: Step<EveryState> = {
    name: 'every',
    init: (params) => ({ sum: zeros(params), seen: none(), taken: none(), inner: initSteps(optimizer, params) }),
    update(updates, state, { params }) {
      const [sum] = together('every', [state.sum, updates], (s, g) => [lax.add(s, g)])
      const seen = lax.add(state.seen, 1)
      const { taken, inner } = state
      const act = (): readonly [Tree, EveryState] => {
        const [changed, next] = runSteps(optimizer, each((s) => lax.div(s, n), sum), inner, { params, count: taken })
        return [changed, { sum: zeros(sum), seen: none(), taken: lax.add(taken, 1), inner: next }]
      }
      const wait = (): readonly [Tree, EveryState] => [each(nothing, updates), { sum, seen, taken, inner }]
      return cond(lax.ge(seen, n), act, wait)
    }
  }
  return chain(step)
}
