import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { nonNegative } from '../checks.js'
import { stateless } from '../leafwise.js'
import type { Step } from '../optimizer.js'
import { checkWhere, type Where } from '../where.js'

/** Which parameters decay. */
export interface DecayedOptions {
  /** Those at a path, or of which a function of path and parameter says so: `(_, x) => x.ndim > 1` leaves biases out. All by default. */
  readonly mask?: Where | undefined
}

/**
 * `u = g + decay · θ`. Before a step that scales by gradients it is the gradient of the penalty `decay/2 · ‖θ‖²`; after it, it
 * is weight decay proper (Loshchilov & Hutter, 2019).
 *
 * @example
 * const opt = optim.chain(optim.addDecayedWeights(0.5, { mask: 'w' }), optim.scale(-1))
 * const start = optim.init(opt)({ w: np.array(2), b: np.array(2) })
 * optim.step(opt)(start, { w: np.array(0), b: np.array(0) }).params // { b: 2, w: 1 }
 */
export const addDecayedWeights = (decay: number, options: DecayedOptions = {}): Step<null> => {
  nonNegative('addDecayedWeights', 'decay', decay)
  checkOptions('addDecayedWeights', options, ['mask'])
  const { mask } = options
  checkWhere('addDecayedWeights', mask)
  return stateless('addDecayedWeights', () => (g, x) => lax.add(g, lax.mul(x, decay)), mask)
}
