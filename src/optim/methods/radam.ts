import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, positive } from '../checks.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average, inDType, times } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { missing, nextCount } from './bias.js'

/** How `radam` averages: weights of the past in mean (0.9) and mean square (0.999), and what is added to the root (1e-8). */
export interface RadamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/**
 * Rectified Adam (Liu et al., 2020): `u = m̂` while there are too few squares for their mean to mean much, which is where
 * `ρ = ρ∞ − 2k β₂ᵏ / (1 − β₂ᵏ) < 5` with `ρ∞ = 2 / (1 − β₂) − 1`; then `u = r m̂ / (√v̂ + eps)` with
 * `r² = (ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)`.
 *
 * @example
 * const opt = [optim.scaleByRadam()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [1, -4]
 * next.inner // [{ mean: [0.1, -0.4], square: [0.001, 0.016] }]
 */
export const scaleByRadam = (options: RadamOptions = {}): Step<Memories<'mean' | 'square'>> => {
  checkOptions('scaleByRadam', options, ['beta1', 'beta2', 'eps'])
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options
  decayRate('scaleByRadam', 'beta1', beta1)
  decayRate('scaleByRadam', 'beta2', beta2)
  positive('scaleByRadam', 'eps', eps)
  const limit = 2 / (1 - beta2) - 1
  return leafwise('scaleByRadam', { mean: lax.zerosLike, square: lax.zerosLike }, ({ count }) => {
    const k = nextCount(count)
    const [bias1, bias2] = [missing(beta1, k), missing(beta2, k)]
    const rho = lax.sub(limit, lax.div(lax.mul(lax.mul(k, 2), lax.sub(1, bias2)), bias2))
    const ratio = lax.div(lax.mul(lax.sub(rho, 4), lax.sub(rho, 2)), lax.mul(rho, (limit - 4) * (limit - 2) / limit))
    const rectified = lax.ge(rho, 5)
    const [ofMean, ofRoot, factor] = [lax.div(1, bias1), lax.div(1, lax.sqrt(bias2)), lax.sqrt(lax.max(ratio, 0))].map(inDType)
    return (g, memory) => {
      const [mean, square] = [average(memory.mean, g, beta1), average(memory.square, lax.mul(g, g), beta2)]
      const plain = times(mean, ofMean(g.dtype))
      const root = lax.add(times(lax.sqrt(square), ofRoot(g.dtype)), eps)
      return [lax.select(rectified, times(lax.div(plain, root), factor(g.dtype)), plain), { mean, square }]
    }
  })
}

/**
 * Rectified Adam, which needs no warm-up (Liu et al., 2020).
 *
 * @example
 * const opt = optim.radam(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.9, 1.5]
 */
export const radam = (rate: Rate, options: RadamOptions = {}): Optimizer => chain(scaleByRadam(options), scaleByLearningRate(rate))
