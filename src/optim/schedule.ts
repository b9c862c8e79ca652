import { checkArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { checkFunction, checkList, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { count as integer, finite, flag, nonNegative, positive } from './checks.js'

/**
 * A number that changes with training: a function of how many steps were taken (int32), elementwise. Those of this file compute in
 * float64, so that rates are as good as any parameter's dtype; a scalar is converted where it is used.
 */
export type Schedule = (count: NdArray) => NdArray

const real = (count: NdArray): NdArray => lax.convertElementType(count, 'float64')

/** How much of the way is done, from 0 to 1. */
const progress = (count: NdArray, steps: number, delay: number): NdArray => {
  const done = delay === 0 ? real(count) : lax.max(lax.sub(real(count), delay), 0)
  return lax.min(lax.div(done, steps), 1)
}

const mix = (from: number, to: number, part: NdArray): NdArray => lax.add(lax.mul(lax.sub(1, part), from), lax.mul(part, to))

/**
 * Always the same.
 *
 * @example
 * optim.constant(0.1)(np.arange(3)) // [0.1, 0.1, 0.1]
 */
export const constant = (value: number): Schedule => {
  finite('constant', 'value', value)
  return (count) => lax.full(checkArray('constant', count).shape, value, 'float64')
}

/** Where a decay ends and when it begins. */
export interface DecayOptions {
  /** The value from the last step on. */
  readonly final?: number
  /** How many steps the first value stays before; 0 by default. */
  readonly delay?: number
}

const decay = (who: string, numbers: Readonly<Record<string, number>>, steps: number, delay: number): void => {
  for (const name in numbers) finite(who, name, numbers[name])
  integer(who, 'number of steps', steps)
  integer(who, 'delay', delay, 0)
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
  decay('linearDecay', { initial, final }, steps, delay)
  return (count) => mix(initial, final, progress(count, steps, delay))
}

/** The shape of a polynomial decay. */
export interface PolynomialOptions extends DecayOptions {
  /** 1 by default. */
  readonly power?: number
}

/** `(initial − final) (1 − k/steps)^power + final`, constant afterwards; `final` is 0 unless given. */
export const polynomial = (initial: number, steps: number, options: PolynomialOptions = {}): Schedule => {
  checkOptions('polynomial', options, ['final', 'delay', 'power'])
  const { final = 0, delay = 0, power = 1 } = options
  decay('polynomial', { initial, final }, steps, delay)
  positive('polynomial', 'power', power)
  return (count) => lax.add(lax.mul(lax.pow(lax.sub(1, progress(count, steps, delay)), power), initial - final), final)
}

/** The shape of a cosine decay. */
export interface CosineOptions extends DecayOptions {
  /** What the cosine is raised to; 1 by default. */
  readonly exponent?: number
}

/**
 * Half a cosine, from `initial` to `final` (0 unless given), constant afterwards (Loshchilov & Hutter, 2017).
 *
 * @example
 * optim.cosine(1, 4)(np.arange(5)) // [1, 0.8536, 0.5, 0.1464, 0]
 */
export const cosine = (initial: number, steps: number, options: CosineOptions = {}): Schedule => {
  checkOptions('cosine', options, ['final', 'delay', 'exponent'])
  const { final = 0, delay = 0, exponent = 1 } = options
  decay('cosine', { initial, final }, steps, delay)
  positive('cosine', 'exponent', exponent)
  return (count) => {
    const wave = lax.mul(lax.add(lax.cos(lax.mul(progress(count, steps, delay), Math.PI)), 1), 0.5)
    return mix(final, initial, exponent === 1 ? wave : lax.pow(wave, exponent))
  }
}

/** The shape of an exponential decay. */
export interface ExponentialOptions {
  /** Falls in stairs, every `steps` steps; false by default. */
  readonly staircase?: boolean
  /** How many steps the first value stays before; 0 by default. */
  readonly delay?: number
  /** Where it stops falling, or rising for a factor above 1. */
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
  decay('exponential', final === undefined ? { initial } : { initial, final }, steps, delay)
  positive('exponential', 'factor', factor)
  return (count) => {
    const periods = lax.div(lax.max(lax.sub(real(count), delay), 0), steps)
    const exponent = staircase ? lax.floor(periods) : periods
    const value = lax.mul(lax.pow(lax.fullLike(exponent, factor), exponent), initial)
    if (final === undefined) return value
    return factor < 1 ? lax.max(value, final) : lax.min(value, final)
  }
}

/**
 * `initial / (1 + factor k)`: falls slowly enough to get anywhere (its sum diverges) and fast enough to settle (the sum of its
 * squares does not; Robbins & Monro, 1951).
 */
export const inverseTime = (initial: number, factor: number): Schedule => {
  finite('inverseTime', 'initial', initial)
  nonNegative('inverseTime', 'factor', factor)
  return (count) => lax.div(initial, lax.add(lax.mul(real(count), factor), 1))
}

/** Where a warm-up begins. */
export interface WarmupOptions {
  /** 0 by default. */
  readonly initial?: number
}

/**
 * From `initial` (0 unless given) straight to `peak` in so many steps, constant afterwards.
 *
 * @example
 * optim.warmup(1, 4)(np.arange(6)) // [0, 0.25, 0.5, 0.75, 1, 1]
 */
export const warmup = (peak: number, steps: number, options: WarmupOptions = {}): Schedule => {
  checkOptions('warmup', options, ['initial'])
  const { initial = 0 } = options
  decay('warmup', { initial, peak }, steps, 0)
  return (count) => mix(initial, peak, progress(count, steps, 0))
}

/** The ends of a warm-up with cosine decay. */
export interface WarmupCosineOptions extends WarmupOptions {
  /** 0 by default. */
  readonly final?: number
  /** What the cosine is raised to; 1 by default. */
  readonly exponent?: number
}

/**
 * A warm-up of `warmupSteps` to `peak`, then a cosine decay; `steps` in all.
 *
 * @example
 * optim.warmupCosine(1, 2, 6)(np.arange(7)) // [0, 0.5, 1, 0.8536, 0.5, 0.1464, 0]
 */
export const warmupCosine = (peak: number, warmupSteps: number, steps: number, options: WarmupCosineOptions = {}): Schedule => {
  checkOptions('warmupCosine', options, ['initial', 'final', 'exponent'])
  const { initial = 0, ...rest } = options
  integer('warmupCosine', 'number of steps', steps)
  integer('warmupCosine', 'number of warm-up steps', warmupSteps)
  if (steps <= warmupSteps) throw new ArgumentError('warmupCosine', `more than ${warmupSteps} steps, those of the warm-up`, steps)
  return join([warmup(peak, warmupSteps, { initial }), cosine(peak, steps - warmupSteps, rest)], [warmupSteps])
}

/**
 * One schedule after the other: the i-th until the i-th boundary, each counting from its own first step. Throws ArgumentError
 * unless there is one boundary between any two, and they ascend.
 *
 * @example
 * optim.join([optim.constant(1), optim.exponential(1, 1, 0.5)], [2])(np.arange(5)) // [1, 1, 1, 0.5, 0.25]
 */
export const join = (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule => {
  checkList('join', 'a list of schedules', schedules)
  for (const schedule of schedules) checkFunction('join', 'schedules, which are functions of the count', schedule)
  checkList('join', 'a list of boundaries', boundaries)
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1) {
    throw new ArgumentError('join', `a boundary between any two of ${schedules.length} schedules`, boundaries)
  }
  boundaries.forEach((boundary, i) => {
    integer('join', 'boundary', boundary, i === 0 ? 1 : boundaries[i - 1] + 1)
  })
  const [first, ...later] = schedules
  return (count) => later.reduce((value, next, i) => {
    const rest = lax.convertElementType(next(lax.max(lax.sub(count, boundaries[i]), 0)), value.dtype)
    return lax.select(lax.lt(count, boundaries[i]), value, rest)
  }, first(count))
}
