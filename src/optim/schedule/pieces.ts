import type { NdArray } from '../../core/array.js'
import { ArgumentError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { count as integer, finite, positive } from '../checks.js'
import { checkDecay, mix, progress, scheduled, wave, type Schedule } from './count.js'
import { exponential, type DelayOptions } from './decay.js'

/** Numbers by the count of steps at which they hold. */
export type ByCount = Readonly<Record<number, number>>

/** The counts, ascending as keys of an object are, and their numbers. */
const entries = (who: string, table: ByCount, what: string, least: number): readonly (readonly [at: number, value: number])[] => {
  if (typeof table !== 'object' || table === null) throw new ArgumentError(who, `an object { count: ${what} }`, table) // untyped callers
  return Object.entries(table).map(([key, value]) => [integer(who, 'count', Number(key), least), finite(who, what, value)] as const)
}

/**
 * Constant in pieces: multiplied by a factor at each of the given counts. (Optax: `piecewise_constant_schedule`; PyTorch: `MultiStepLR`.)
 *
 * @example
 * optim.piecewise(1, { 2: 0.5, 4: 0.1 })(np.arange(6)) // [1, 1, 0.5, 0.5, 0.05, 0.05]
 */
export const piecewise = (initial: number, factors: ByCount): Schedule => {
  let value = finite('piecewise', 'initial', initial)
  const pieces = entries('piecewise', factors, 'factor', 1).map(([at, factor]) => [at, (value *= factor)] as const)
  return scheduled('piecewise', (k) => {
    const constant = (x: number): NdArray => lax.full(k.shape, x, 'float64')
    return pieces.reduce((before, [at, x]) => lax.select(lax.ge(k, at), constant(x), before), constant(initial))
  })
}

/**
 * Multiplied by `factor` after every so many steps, and constant between: `initial · factor^⌊k/steps⌋`. (PyTorch: `StepLR`.)
 *
 * @example
 * optim.stepDecay(1, 2, 0.5)(np.arange(5)) // [1, 1, 0.5, 0.5, 0.25]
 */
export const stepDecay = (initial: number, steps: number, factor: number, options: DelayOptions = {}): Schedule => {
  checkOptions('stepDecay', options, ['delay'])
  checkDecay('stepDecay', { initial }, steps, options.delay)
  positive('stepDecay', 'factor', factor)
  return exponential(initial, steps, factor, { ...options, staircase: true })
}

/** How values lead into each other. */
export interface InterpolateOptions {
  /** `linear`, the default, or `cosine`: half a cosine, level at both ends. */
  readonly shape?: 'linear' | 'cosine'
}

const checkShape = (who: string, shape: string): void => {
  if (shape !== 'linear' && shape !== 'cosine') throw new ArgumentError(who, 'a shape, linear or cosine', shape)
}

/**
 * From value to value, each at its count of steps; constant before the first and after the last.
 *
 * @example
 * optim.interpolate({ 0: 0, 2: 1, 6: 0.5 })(np.arange(8)) // [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.5]
 */
export const interpolate = (values: ByCount, options: InterpolateOptions = {}): Schedule => {
  const who = 'interpolate'
  checkOptions(who, options, ['shape'])
  const { shape = 'linear' } = options
  checkShape(who, shape)
  const knots = entries(who, values, 'value', 0)
  if (knots.length < 2) throw new ArgumentError(who, 'values at two counts or more', values)
  const between = (i: number, k: NdArray): NdArray => {
    const [[begin, from], [end, to]] = [knots[i], knots[i + 1]]
    const part = progress(k, end - begin, begin)
    return shape === 'linear' ? mix(from, to, part) : mix(to, from, wave(part))
  }
  return scheduled(who, (k) =>
    knots.slice(1, -1).reduce((before, [at], i) => lax.select(lax.ge(k, at), between(i + 1, k), before), between(0, k)))
}

/** The phases of a cycle. */
export interface OneCycleOptions extends InterpolateOptions {
  /** `cosine`, the default, or `linear`. */
  readonly shape?: 'linear' | 'cosine'
  /** Which part of the steps it takes to the peak; 0.3 by default. */
  readonly rise?: number
  /** By which part of the steps it is back where it began, to go on to the end from there. By default it falls right to the end. */
  readonly settle?: number
  /** It begins at the peak divided by this; by 25 by default. */
  readonly divide?: number
  /** It ends at what it began with divided by this; by 10⁴ by default. */
  readonly finalDivide?: number
}

/**
 * One cycle: up to a large peak, and down to far below the start (Smith & Topin, 2018). As Optax's `cosine_onecycle_schedule`; with
 * `{ shape: 'linear', settle: 0.85 }` as its `linear_onecycle_schedule`. Throws ArgumentError for phases of less than a step.
 *
 * @example
 * optim.oneCycle(1, 4, { rise: 0.5, divide: 10, finalDivide: 10 })(np.arange(5)) // [0.1, 0.55, 1, 0.505, 0.01]
 */
export const oneCycle = (peak: number, steps: number, options: OneCycleOptions = {}): Schedule => {
  const who = 'oneCycle'
  checkOptions(who, options, ['shape', 'rise', 'settle', 'divide', 'finalDivide'])
  const { shape = 'cosine', rise = 0.3, settle, divide = 25, finalDivide = 1e4 } = options
  finite(who, 'peak', peak)
  integer(who, 'number of steps', steps)
  checkShape(who, shape)
  positive(who, 'divide', divide)
  positive(who, 'finalDivide', finalDivide)
  const [first, second] = [Math.floor(rise * steps), settle === undefined ? steps : Math.floor(settle * steps)]
  if (!(first >= 1 && first < second && (settle === undefined || second < steps))) {
    const got = settle === undefined ? `a rise of ${rise}` : `a rise of ${rise} and a settle of ${settle}`
    throw new ArgumentError(who, `phases that end after at least one step, one after the other, within ${steps} steps`, got)
  }
  const start = peak / divide
  // where nothing settles, the last value takes the place of the one before
  return interpolate({ 0: start, [first]: peak, [second]: start, [steps]: start / finalDivide }, { shape })
}
