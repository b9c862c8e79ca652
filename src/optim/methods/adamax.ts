import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, positive } from '../checks.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average, inDType, times } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { missing, nextCount } from './bias.js'

/** How `adamax` averages: weights of the past in the mean (0.9) and the maximum (0.999), and what is added to |g| (1e-8). */
export interface AdamaxOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/**
 * AdaMax: `m` is the mean of Adam, `r ← max(β₂ r, |g| + eps)`, and `u = m̂ / r` (Kingma & Ba, 2015, section 7.1).
 *
 * @example
 * const opt = [optim.scaleByAdamax()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [1, -1]
 * next.inner // [{ mean: [0.1, -0.4], most: [1, 4] }]
 */
export const scaleByAdamax = (options: AdamaxOptions = {}): Step<Memories<'mean' | 'most'>> => {
  checkOptions('scaleByAdamax', options, ['beta1', 'beta2', 'eps'])
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options
  decayRate('scaleByAdamax', 'beta1', beta1)
  decayRate('scaleByAdamax', 'beta2', beta2)
  positive('scaleByAdamax', 'eps', eps)
  return leafwise('scaleByAdamax', { mean: lax.zerosLike, most: lax.zerosLike }, ({ count }) => {
    const correction = inDType(lax.div(1, missing(beta1, nextCount(count))))
    return (g, memory) => {
      const mean = average(memory.mean, g, beta1)
      const most = lax.max(lax.mul(memory.most, beta2), lax.add(lax.abs(g), eps))
      return [lax.div(times(mean, correction(g.dtype)), most), { mean, most }]
    }
  })
}

/**
 * AdaMax, Adam with the greatest of the discounted gradients for a root: `θ ← θ − ε m̂ / r` (Kingma & Ba, 2015).
 *
 * @example
 * const opt = optim.adamax(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.9, 1.1]
 */
export const adamax = (rate: Rate, options: AdamaxOptions = {}): Optimizer => chain(scaleByAdamax(options), scaleByLearningRate(rate))
