import { TreeError } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { checkIterable } from './iterable.js'

/**
 * One step of training, in the form of a scan's body: from a state and a batch to the next state and whatever is worth
 * telling, a loss or a tree of metrics. Usually a jitted function around `optim.step`.
 */
export type Step<S, B, M = unknown> = (state: S, batch: B) => readonly [state: S, metrics: M]

const checkPair = <R>(result: R): R => {
  if (Array.isArray(result) && result.length === 2) return result
  throw new TreeError('run', 'a step that returns a pair [state, metrics]', result)
}

/**
 * Training as a lazy scan over batches: yields each next state with its metrics, and takes a batch only when asked for
 * more, so that one may stop whenever one likes. `run(step)(state, epoch)` goes through one of `data.epochs`' epochs; it
 * can be gone through more than once if the batches can: epochs can, a generator cannot. (JAX: `lax.scan`, whose steps are staged into
 * one program.) Where the step donates its state, `jit(step, { donate: [0] })`, each state lives until the next step is taken, the first
 * one too.
 *
 * Throws ArgumentError for batches that are no iterable, TreeError for a step that does not return a pair.
 *
 * @example
 * const add = (total: number, x: number) => [total + x, `plus ${x}`] as const
 * ;[...train.run(add)(10, [1, 2])] // [[11, 'plus 1'], [13, 'plus 2']]
 */
export const run = <S, B, M>(step: Step<S, B, M>): ((state: S, batches: Iterable<B>) => Iterable<readonly [state: S, metrics: M]>) => {
  checkFunction('run', 'a step, which is a function of state and batch', step)
  return (start, batches) => {
    checkIterable('run', 'an iterable of batches', batches)
    return Object.freeze({
      * [Symbol.iterator](): Generator<readonly [S, M]> {
        let state = start
        for (const batch of batches) {
          const result = checkPair(step(state, batch))
          state = result[0]
          yield result
        }
      }
    })
  }
}
