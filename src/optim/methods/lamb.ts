import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { stateless } from '../leafwise.js'
import { norm, times } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { addDecayedWeights, type DecayedOptions } from '../steps/decay.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { scaleByAdam, type AdamStepOptions } from './adam.js'

/**
 * Every array's update gets the length of the array: `u = g ‖θ‖ / ‖g‖`, and `u = g` where one of them is zero (You et al., 2017).
 *
 * @example
 * const opt = [optim.scaleByTrustRatio()]
 * optim.step(opt)(optim.init(opt)(np.array([3, 4])), np.array([0, 1])).params // [3, 9]
 */
export const scaleByTrustRatio = (): Step<null> =>
  stateless('scaleByTrustRatio', () => (g, x) => {
    const [length, most] = [norm(g), norm(x)]
    const none = lax.eq(lax.min(length, most), 0)
    return times(g, lax.select(none, lax.fullLike(most, 1), lax.div(most, lax.select(none, lax.fullLike(length, 1), length))))
  })

/** How `lamb` averages, divides and decays; eps is 1e-6 by default. */
export interface LambOptions extends Omit<AdamStepOptions, 'nesterov'>, DecayedOptions {
  /** How much of the weights decays at a step of rate 1; 0 by default. */
  readonly weightDecay?: number
}

/**
 * LAMB, for large batches: Adam's direction, in every array `ε` times as long as the array (You et al., 2020).
 *
 * @example
 * const opt = optim.lamb(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([3, 4])), np.array([100, -0.01])).params // [2.6464, 4.3535]
 */
export const lamb = (rate: Rate, options: LambOptions = {}): Optimizer => {
  checkOptions('lamb', options, ['beta1', 'beta2', 'eps', 'epsRoot', 'weightDecay', 'mask'])
  const { weightDecay = 0, mask, ...given } = options
  const decay = addDecayedWeights(weightDecay, { mask })
  return chain(scaleByAdam({ eps: 1e-6, ...given }), decay, scaleByTrustRatio(), scaleByLearningRate(rate))
}
