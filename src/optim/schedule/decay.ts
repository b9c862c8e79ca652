import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { finite, flag, nonNegative, positive } from '../checks.js'
import { after, checkDecay, mix, progress, scheduled, type Schedule } from './count.js'

/**
 * Always the same.
 *
 * @example
 * optim.constant(0.1)(np.arange(3)) // [0.1, 0.1, 0.1]
 */
export const constant = (value: number): Schedule => {
  finite('constant', 'value', value)
  return scheduled('constant', (k) => lax.full(k.shape, value, 'float64'))
}

/** When a decay begins. */
export interface DelayOptions {
  /** How many steps the first value stays before; 0 by default. */
  readonly delay?: number
}

/**
 * Straight from one value to another in so many steps, constant afterwards. (Optax: `linear_schedule`.)
 *
 * @example
 * optim.linear(1, 3, 4)(np.arange(6)) // [1, 1.5, 2, 2.5, 3, 3]
 */
export const linear = (from: number, to: number, steps: number, options: DelayOptions = {}): Schedule => {
  checkOptions('linear', options, ['delay'])
  const { delay = 0 } = options
  checkDecay('linear', { from, to }, steps, delay)
  return scheduled('linear', (k) => mix(from, to, progress(k, steps, delay)))
}

/** Where a decay ends and when it begins. */
export interface DecayOptions extends DelayOptions {
  /** The value from the last step on. */
  readonly final?: number
}

/**
 * `(1 − α) initial + α final` with `α = k / steps`, constant afterwards (the course's linear decay; Goodfellow et al., 2016).
 * `final` is a hundredth of `initial` unless given.
 *
 * @example
 * optim.linearDecay(1, 4)(np.arange(6)) // [1, 0.7525, 0.505, 0.2575, 0.01, 0.01]
 */
export const linearDecay = (initial: number, steps: number, options: DecayOptions = {}): Schedule => {
  checkOptions('linearDecay', options, ['final', 'delay'])
  const { final = finite('linearDecay', 'initial', initial) / 100, delay = 0 } = options
  checkDecay('linearDecay', { initial, final }, steps, delay)
  return scheduled('linearDecay', (k) => mix(initial, final, progress(k, steps, delay)))
}

/** The shape of a polynomial decay. */
export interface PolynomialOptions extends DecayOptions {
  /** 1 by default. */
  readonly power?: number
}

/**
 * `(initial − final) (1 − k/steps)^power + final`, constant afterwards; `final` is 0 unless given.
 *
 * @example
 * optim.polynomial(1, 4, { power: 2 })(np.arange(6)) // [1, 0.5625, 0.25, 0.0625, 0, 0]
 */
export const polynomial = (initial: number, steps: number, options: PolynomialOptions = {}): Schedule => {
  checkOptions('polynomial', options, ['final', 'delay', 'power'])
  const { final = 0, delay = 0, power = 1 } = options
  checkDecay('polynomial', { initial, final }, steps, delay)
  positive('polynomial', 'power', power)
  return scheduled('polynomial', (k) =>
    lax.add(lax.mul(lax.pow(lax.sub(1, progress(k, steps, delay)), power), initial - final), final))
}

/** The shape of an exponential decay. */
export interface ExponentialOptions extends DecayOptions {
  /** Falls in stairs, every `steps` steps; false by default. */
  readonly staircase?: boolean
  /** Where it stops falling, or rising for a factor above 1; nowhere by default. */
  readonly final?: number
}

/**
 * Multiplied by `factor` every `steps` steps: `initial · factor^(k/steps)`.
 *
 * @example
 * optim.exponential(1, 2, 0.25)(np.arange(4)) // [1, 0.5, 0.25, 0.125]
 */
export const exponential = (initial: number, steps: number, factor: number, options: ExponentialOptions = {}): Schedule => {
  checkOptions('exponential', options, ['staircase', 'delay', 'final'])
  const { staircase = false, delay = 0, final } = options
  flag('exponential', 'staircase', staircase)
  checkDecay('exponential', final === undefined ? { initial } : { initial, final }, steps, delay)
  positive('exponential', 'factor', factor)
  return scheduled('exponential', (k) => {
    const periods = lax.div(after(k, delay), steps)
    const exponent = staircase ? lax.floor(periods) : periods
    const value = lax.mul(lax.pow(lax.fullLike(exponent, factor), exponent), initial)
    if (final === undefined) return value
    return factor < 1 ? lax.max(value, final) : lax.min(value, final)
  })
}

/**
 * `initial / (1 + factor k)`: falls slowly enough to get anywhere (its sum diverges) and fast enough to settle (the sum of its
 * squares does not; Robbins & Monro, 1951).
 *
 * @example
 * optim.inverseTime(1, 1)(np.arange(4)) // [1, 0.5, 0.3333, 0.25]
 */
export const inverseTime = (initial: number, factor: number): Schedule => {
  finite('inverseTime', 'initial', initial)
  nonNegative('inverseTime', 'factor', factor)
  return scheduled('inverseTime', (k) => lax.div(initial, lax.add(lax.mul(k, factor), 1)))
}
