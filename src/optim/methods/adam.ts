import type { NdArray } from '../../core/array.js'
import type { DType } from '../../core/dtype.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, flag, nonNegative, positive } from '../checks.js'
import { isCourse, type Form } from '../form.js'
import { leafwise, type Memories } from '../leafwise.js'
import { average, inDType } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { addDecayedWeights, type DecayedOptions } from '../steps/decay.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { missing, nextCount } from './bias.js'

/** How `scaleByAdam` averages and divides. */
export interface AdamStepOptions {
  /** The weight of the past in the mean (the course's ρ₁); 0.9 by default. */
  readonly beta1?: number
  /** The weight of the past in the mean square (the course's ρ₂); 0.999 by default. */
  readonly beta2?: number
  /** Added to the root; 1e-8 by default. */
  readonly eps?: number
  /** Added under the root; 0 by default. */
  readonly epsRoot?: number
  /** The mean one step ahead (Dozat, 2016); false by default. */
  readonly nesterov?: boolean
}

/** What `scaleByAdam` remembers. */
export type AdamState = Memories<'mean' | 'square'>

/**
 * Adam (Kingma & Ba, 2015): running averages `m` of g and `v` of g², freed of their start at zero, `m̂ = m / (1 − β₁ᵏ)` and
 * `v̂ = v / (1 − β₂ᵏ)` at the k-th step from 1; `u = m̂ / (√(v̂ + epsRoot) + eps)`.
 *
 * @example
 * const opt = [optim.scaleByAdam()]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [1, -1]
 * next.inner // [{ mean: [0.1, -0.4], square: [0.001, 0.016] }]
 */
export const scaleByAdam = (options: AdamStepOptions = {}): Step<AdamState> => {
  checkOptions('scaleByAdam', options, ['beta1', 'beta2', 'eps', 'epsRoot', 'nesterov'])
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, epsRoot = 0, nesterov = false } = options
  decayRate('scaleByAdam', 'beta1', beta1)
  decayRate('scaleByAdam', 'beta2', beta2)
  nonNegative('scaleByAdam', 'eps', eps)
  nonNegative('scaleByAdam', 'epsRoot', epsRoot)
  flag('scaleByAdam', 'nesterov', nesterov)
  positive('scaleByAdam', 'eps or epsRoot', eps + epsRoot)
  return leafwise('scaleByAdam', { mean: lax.zerosLike, square: lax.zerosLike }, ({ count }) => {
    const k = nextCount(count)
    // √v̂ + eps = (√v + eps c) / c with c = √(1 − β₂ᵏ): corrections are of scalars, not of arrays
    const c = lax.sqrt(missing(beta2, k))
    const now = lax.div(c, missing(beta1, k))
    const ofMean = inDType(nesterov ? lax.mul(lax.div(c, missing(beta1, lax.add(k, 1))), beta1) : now)
    const ofGradient = nesterov ? inDType(lax.mul(now, 1 - beta1)) : undefined
    const outside = inDType(lax.mul(c, eps))
    const inside = epsRoot === 0 ? undefined : inDType(lax.mul(lax.mul(c, c), epsRoot))
    const spread = (scalar: (dtype: DType) => NdArray, x: NdArray): NdArray => lax.broadcastInDim(scalar(x.dtype), x.shape, [])
    return (g, memory) => {
      const [mean, square] = [average(memory.mean, g, beta1), average(memory.square, lax.mul(g, g), beta2)]
      const main = lax.mul(mean, spread(ofMean, g))
      const numerator = ofGradient === undefined ? main : lax.add(main, lax.mul(g, spread(ofGradient, g)))
      const root = lax.sqrt(inside === undefined ? square : lax.add(square, spread(inside, g)))
      return [lax.div(numerator, lax.add(root, spread(outside, g))), { mean, square }]
    }
  })
}

/** How `nadam` averages and divides. */
export interface NadamOptions extends Omit<AdamStepOptions, 'nesterov'> {
  /** `usual` by default: β₂ = 0.999. `course`: the deck's ρ₂ = 0.9. */
  readonly form?: Form
}

/** How `adam` averages and divides. */
export interface AdamOptions extends NadamOptions {
  /** The mean one step ahead (Dozat, 2016); false by default. */
  readonly nesterov?: boolean
}

const names = ['beta1', 'beta2', 'eps', 'epsRoot', 'form']
const decays = ['weightDecay', 'mask']

const moments = (who: string, { form = 'usual', ...given }: AdamOptions): Step =>
  scaleByAdam({ ...(isCourse(who, form) && { beta2: 0.9 }), ...given })

/**
 * Adam (Kingma & Ba, 2015): means of gradients over roots of mean squares, both freed of their start at zero.
 *
 * @example
 * const opt = optim.adam(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.9, 1.1]
 */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer => {
  checkOptions('adam', options, [...names, 'nesterov'])
  return chain(moments('adam', options), scaleByLearningRate(rate))
}

/** How `adamw` averages, divides and decays. */
export interface AdamwOptions extends AdamOptions, DecayedOptions {
  /** How much of the weights decays at a step of rate 1; 0.01 by default. */
  readonly weightDecay?: number
}

const decaying = (who: string, rate: Rate, options: AdamwOptions): Optimizer => {
  const { weightDecay = 0.01, mask, ...rest } = options
  return chain(moments(who, rest), addDecayedWeights(weightDecay, { mask }), scaleByLearningRate(rate))
}

/**
 * Adam with weight decay proper: `θ ← θ − ε (u + weightDecay · θ)` (Loshchilov & Hutter, 2019).
 *
 * @example
 * const opt = optim.adamw(0.1, { weightDecay: 0.5 })
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.85, 1.05]
 */
export const adamw = (rate: Rate, options: AdamwOptions = {}): Optimizer => {
  checkOptions('adamw', options, [...names, 'nesterov', ...decays])
  return decaying('adamw', rate, options)
}

/**
 * Adam with Nesterov's momentum: the mean is taken one step ahead, `m̂ = β₁ m / (1 − β₁ᵏ⁺¹) + (1 − β₁) g / (1 − β₁ᵏ)` (Dozat, 2016).
 * It is Optax's `nadam`; PyTorch's lets β₁ change with time.
 *
 * @example
 * const opt = optim.nadam(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.8526, 1.1474]
 */
export const nadam = (rate: Rate, options: NadamOptions = {}): Optimizer => {
  checkOptions('nadam', options, names)
  return chain(moments('nadam', { ...options, nesterov: true }), scaleByLearningRate(rate))
}

/** How `nadamw` averages, divides and decays. */
export interface NadamwOptions extends NadamOptions, DecayedOptions {
  /** How much of the weights decays at a step of rate 1; 0.01 by default. */
  readonly weightDecay?: number
}

/**
 * `nadam` with weight decay proper: `θ ← θ − ε (u + weightDecay · θ)`.
 *
 * @example
 * const opt = optim.nadamw(0.1, { weightDecay: 0.5 })
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.8026, 1.0974]
 */
export const nadamw = (rate: Rate, options: NadamwOptions = {}): Optimizer => {
  checkOptions('nadamw', options, [...names, ...decays])
  return decaying('nadamw', rate, { ...options, nesterov: true })
}
