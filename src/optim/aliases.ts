import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { chain, type Optimizer } from './optimizer.js'
import {
  addDecayedWeights, scaleByAdam, scaleByLearningRate, scaleByRms, scaleByRss, trace,
  type AdamStepOptions, type DecayedOptions, type Rate, type RmsOptions, type RssOptions
} from './steps.js'

/**
 * Whose formulas and constants an optimizer has: those of the course (Goodfellow, Bengio & Courville, "Deep Learning", 2016, and
 * the decks after it), or those that are usual today (Optax, PyTorch). Every constant can be given by itself too.
 */
export type Form = 'course' | 'usual'

const isCourse = (who: string, form: Form): boolean => {
  if (form !== 'course' && form !== 'usual') throw new ArgumentError(who, 'a form, course or usual', form)
  return form === 'course'
}

/** How `momentum` and `nesterov` move. */
export interface MomentumOptions {
  /** The weight α of the past velocity; 0.9 by default. */
  readonly momentum?: number
  /** `usual` by default: v ← αv + g, θ ← θ − εv. `course`: v ← αv − εg, θ ← θ + v, which differs only where ε changes. */
  readonly form?: Form
}

/** How `sgd` moves. */
export interface SgdOptions extends MomentumOptions {
  /** The weight α of the past velocity; 0 by default. */
  readonly momentum?: number
  /** Nesterov's momentum; false by default. */
  readonly nesterov?: boolean
}

const descend = (who: string, rate: Rate, momentum: number, nesterov: boolean, form: Form): Optimizer => {
  const rates = scaleByLearningRate(rate)
  const course = isCourse(who, form)
  if (momentum === 0) return chain(rates)
  const velocity = trace(momentum, { nesterov })
  return course ? chain(rates, velocity) : chain(velocity, rates)
}

/**
 * Stochastic gradient descent, `θ ← θ − ε g`, with `{ momentum }` and `{ nesterov: true }` if wanted.
 *
 * @example
 * const opt = optim.sgd(0.1, { momentum: 0.9 })
 * const gradient = np.array(1)
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), gradient)
 * optim.step(opt)(once, gradient).params // -0.29
 */
export const sgd = (rate: Rate, options: SgdOptions = {}): Optimizer => {
  checkOptions('sgd', options, ['momentum', 'nesterov', 'form'])
  return descend('sgd', rate, options.momentum ?? 0, options.nesterov ?? false, options.form ?? 'usual')
}

/** Gradient descent with momentum (Polyak, 1964); the terminal step is `ε‖g‖ / (1 − α)`. */
export const momentum = (rate: Rate, options: MomentumOptions = {}): Optimizer => {
  checkOptions('momentum', options, ['momentum', 'form'])
  return descend('momentum', rate, options.momentum ?? 0.9, false, options.form ?? 'usual')
}

/**
 * Gradient descent with Nesterov's momentum. The parameters are the point ahead, `θ + αv`, where the gradient is taken, so that it
 * needs gradients at the parameters only (Sutskever et al., 2013).
 */
export const nesterov = (rate: Rate, options: MomentumOptions = {}): Optimizer => {
  checkOptions('nesterov', options, ['momentum', 'form'])
  return descend('nesterov', rate, options.momentum ?? 0.9, true, options.form ?? 'usual')
}

/** How `adagrad` starts and divides. */
export interface AdagradOptions extends RssOptions {
  /** `usual` by default: r₀ = 0.1, −ε g / √(r + 1e-7). `course`: r₀ = 0, −ε g / (1e-7 + √r). */
  readonly form?: Form
}

/**
 * AdaGrad: `r ← r + g²`, `θ ← θ − ε g / √r` (Duchi et al., 2011). PyTorch's is `{ form: 'course', eps: 1e-10 }`.
 *
 * @example
 * const opt = optim.adagrad(0.1, { form: 'course' })
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.9, 1.1]
 */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer => {
  checkOptions('adagrad', options, ['initial', 'eps', 'epsInRoot', 'form'])
  const { form = 'usual', ...given } = options
  const preset = isCourse('adagrad', form) ? { initial: 0, epsInRoot: false } : {}
  return chain(scaleByRss({ ...preset, ...given }), scaleByLearningRate(rate))
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
 */
export const rmsprop = (rate: Rate, options: RmspropOptions = {}): Optimizer => {
  checkOptions('rmsprop', options, ['decay', 'eps', 'epsInRoot', 'centered', 'momentum', 'form'])
  const { form = 'usual', momentum: alpha = 0, ...given } = options
  const preset = isCourse('rmsprop', form) ? { eps: 1e-6, epsInRoot: false } : {}
  const scaled = chain(scaleByRms({ ...preset, ...given }), scaleByLearningRate(rate))
  return alpha === 0 ? scaled : chain(scaled, trace(alpha))
}

/** How `adam` averages and divides. */
export interface AdamOptions extends AdamStepOptions {
  /** `usual` by default: β₂ = 0.999. `course`: the deck's ρ₂ = 0.9. */
  readonly form?: Form
}

const adamOptions = ['beta1', 'beta2', 'eps', 'epsRoot', 'nesterov', 'form']

const moments = (who: string, { form = 'usual', ...given }: AdamOptions): Optimizer =>
  chain(scaleByAdam({ ...(isCourse(who, form) && { beta2: 0.9 }), ...given }))

/**
 * Adam (Kingma & Ba, 2015): means of gradients over roots of mean squares, both freed of their start at zero.
 *
 * @example
 * const opt = optim.adam(0.1)
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([100, -0.01])).params // [0.9, 1.1]
 */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimizer => {
  checkOptions('adam', options, adamOptions)
  return chain(moments('adam', options), scaleByLearningRate(rate))
}

/** How `adamw` averages, divides and decays. */
export interface AdamwOptions extends AdamOptions, DecayedOptions {
  /** How much of the weights decays at a step of rate 1; 0.01 by default. */
  readonly weightDecay?: number
}

/** Adam with weight decay proper: `θ ← θ − ε (u + weightDecay · θ)` (Loshchilov & Hutter, 2019). */
export const adamw = (rate: Rate, options: AdamwOptions = {}): Optimizer => {
  checkOptions('adamw', options, [...adamOptions, 'weightDecay', 'mask'])
  const { weightDecay = 0.01, mask, ...rest } = options
  return chain(moments('adamw', rest), addDecayedWeights(weightDecay, mask === undefined ? {} : { mask }), scaleByLearningRate(rate))
}
