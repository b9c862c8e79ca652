import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate } from '../checks.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { addDecayedWeights, type DecayedOptions } from '../steps/decay.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'

/** How `scaleByLion` averages: the weight of the past in what is stepped by (0.9), and in what is remembered (0.99). */
export interface LionStepOptions {
  readonly beta1?: number
  readonly beta2?: number
}

/**
 * Lion: `u = sign(β₁ m + (1 − β₁) g)`, `m ← β₂ m + (1 − β₂) g` (Chen et al., 2023).
 *
 * @example
 * const opt = [optim.scaleByLion()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [1, -1]
 * next.inner // [{ mean: [0.01, -0.04] }]
 */
export const scaleByLion = (options: LionStepOptions = {}): Step<Memories<'mean'>> => {
  checkOptions('scaleByLion', options, ['beta1', 'beta2'])
  const { beta1 = 0.9, beta2 = 0.99 } = options
  decayRate('scaleByLion', 'beta1', beta1)
  decayRate('scaleByLion', 'beta2', beta2)
  return leafwise('scaleByLion', { mean: lax.zerosLike }, () => (g, { mean }) =>
    [lax.sign(average(mean, g, beta1)), { mean: average(mean, g, beta2) }])
}

/** How `lion` averages and decays: all of the weights that `mask` names, by `weightDecay` (0) at a step of rate 1. */
export interface LionOptions extends LionStepOptions, DecayedOptions {
  readonly weightDecay?: number
}

/**
 * Lion: every element steps by ±ε, as the sign of its momentum says, `θ ← θ − ε (u + weightDecay · θ)` (Chen et al., 2023).
 *
 * @example
 * const opt = optim.lion(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.9, 1.1]
 */
export const lion = (rate: Rate, options: LionOptions = {}): Optimizer => {
  checkOptions('lion', options, ['beta1', 'beta2', 'weightDecay', 'mask'])
  const { weightDecay = 0, mask, ...betas } = options
  return chain(scaleByLion(betas), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(rate))
}
