import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, positive } from '../checks.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'

/** How `adadelta` averages: the weight ρ of the past (0.9), and what is added under both roots (1e-6). */
export interface AdadeltaOptions {
  readonly decay?: number
  readonly eps?: number
}

/**
 * AdaDelta: `r ← ρ r + (1 − ρ) g²`, `u = g √(d + eps) / √(r + eps)`, `d ← ρ d + (1 − ρ) u²` (Zeiler, 2012).
 *
 * @example
 * const opt = [optim.scaleByAdadelta()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [0.0032, -0.0032]
 * next.inner // [{ square: [0.1, 1.6], change: [9.9999e-7, 1e-6] }]
 */
export const scaleByAdadelta = (options: AdadeltaOptions = {}): Step<Memories<'square' | 'change'>> => {
  checkOptions('scaleByAdadelta', options, ['decay', 'eps'])
  const { decay = 0.9, eps = 1e-6 } = options
  decayRate('scaleByAdadelta', 'decay', decay)
  positive('scaleByAdadelta', 'eps', eps)
  return leafwise('scaleByAdadelta', { square: lax.zerosLike, change: lax.zerosLike }, () => (g, memory) => {
    const square = average(memory.square, lax.mul(g, g), decay)
    const update = lax.mul(g, lax.div(lax.sqrt(lax.add(memory.change, eps)), lax.sqrt(lax.add(square, eps))))
    return [update, { square, change: average(memory.change, lax.mul(update, update), decay) }]
  })
}

/**
 * AdaDelta, steps as long as steps have been, so that no rate is needed: 1 is the paper's, and the default (Zeiler, 2012).
 *
 * @example
 * const opt = optim.adadelta()
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.9968, 1.0032]
 */
export const adadelta = (rate: Rate = 1, options: AdadeltaOptions = {}): Optimizer =>
  chain(scaleByAdadelta(options), scaleByLearningRate(rate))
