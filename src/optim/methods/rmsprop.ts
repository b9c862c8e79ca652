import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, flag } from '../checks.js'
import { isCourse, type Form } from '../form.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { overRoot, type RootOptions } from './root.js'
import { trace } from './sgd.js'

/** How `scaleByRms` averages and divides; eps is 1e-8 by default. */
export interface RmsOptions extends RootOptions {
  /** The weight of the past; 0.9 by default. */
  readonly decay?: number
  /** Takes the square of the mean away: divides by the standard deviation. False by default. */
  readonly centered?: boolean
}

/** What `scaleByRms` remembers: the average of squares, and if centered that of the gradients. */
export type RmsState = Memories<'square'> & Partial<Memories<'mean'>>

/**
 * RMSProp: `r ← decay · r + (1 − decay) g²`, `u = g / √(r + eps)` or `g / (√r + eps)` (Hinton, 2012).
 *
 * @example
 * const opt = [optim.scaleByRms()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [3.1623, -3.1623]
 * next.inner // [{ square: [0.1, 1.6] }]
 */
export const scaleByRms = (options: RmsOptions = {}): Step<RmsState> => {
  checkOptions('scaleByRms', options, ['decay', 'eps', 'epsInRoot', 'centered'])
  const { decay = 0.9, eps = 1e-8, epsInRoot = true, centered = false } = options
  decayRate('scaleByRms', 'decay', decay)
  flag('scaleByRms', 'centered', centered)
  const divided = overRoot('scaleByRms', eps, epsInRoot)
  if (!centered) {
    return leafwise('scaleByRms', { square: lax.zerosLike }, () => (g, memory) => {
      const square = average(memory.square, lax.mul(g, g), decay)
      return [divided(g, square), { square }]
    })
  }
  return leafwise('scaleByRms', { square: lax.zerosLike, mean: lax.zerosLike }, () => (g, memory) => {
    const [square, mean] = [average(memory.square, lax.mul(g, g), decay), average(memory.mean, g, decay)]
    // a variance is never negative, but its rounding may be
    return [divided(g, lax.max(lax.sub(square, lax.mul(mean, mean)), 0)), { square, mean }]
  })
}

/** How `rmsprop` averages, divides and moves. */
export interface RmspropOptions extends RmsOptions {
  /** Momentum of the steps; 0 by default. */
  readonly momentum?: number
  /** `usual` by default: −ε g / √(r + 1e-8). `course`: −ε g / (1e-6 + √r). */
  readonly form?: Form
}

/**
 * RMSProp: `r ← ρ r + (1 − ρ) g²`, `θ ← θ − ε g / √r` (Hinton, 2012). PyTorch's is `{ decay: 0.99, eps: 1e-8, epsInRoot: false }`.
 *
 * @example
 * const opt = optim.rmsprop(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.6838, 1.3162]
 */
export const rmsprop = (rate: Rate, options: RmspropOptions = {}): Optimizer => {
  checkOptions('rmsprop', options, ['decay', 'eps', 'epsInRoot', 'centered', 'momentum', 'form'])
  const { form = 'usual', momentum: alpha = 0, ...given } = options
  const preset = isCourse('rmsprop', form) ? { eps: 1e-6, epsInRoot: false } : {}
  const scaled = chain(scaleByRms({ ...preset, ...given }), scaleByLearningRate(rate))
  const velocity = trace(alpha)
  return alpha === 0 ? scaled : chain(scaled, velocity)
}
