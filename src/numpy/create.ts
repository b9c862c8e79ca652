import { showArray, type ShowOptions } from '../array/show.js'
import { wrap } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { allocate, checkDType, type DType } from '../core/dtype.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { checkShape, type Shape } from '../core/shape.js'
import { isTracer } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { checkInteger } from './options.js'
import { alignAll, arrayOf, expanded, spread, type Nested } from './promote.js'

/** The dtype of a new array. */
export interface DTypeOption {
  /** float32 by default. */
  readonly dtype?: DType
}

/** How `array` makes an array. */
export interface ArrayOptions {
  /** By default float32 for numbers, bool for booleans, its own dtype for a typed array. */
  readonly dtype?: DType
  /** Another shape for the same elements. */
  readonly shape?: Shape
}

const dtypeOption = (who: string, options: DTypeOption): DType => {
  checkOptions(who, options, ['dtype'])
  return checkDType(who, options.dtype ?? 'float32')
}

const shapeOf = (who: string, shape: Shape | number): Shape => checkShape(who, typeof shape === 'number' ? [shape] : shape)

/**
 * An array of nested lists of numbers, booleans or arrays, or of a typed array's elements, which are copied.
 * `jnp.array`, except that numbers are float32 unless a dtype is given. Throws ShapeError for ragged lists.
 *
 * @example
 * np.array([[1, 2.5], [3, 4]]) // [[1, 2.5], [3, 4]]
 * np.array([true, false]).dtype // bool
 * np.array(new Uint8Array([1, 2, 3, 4]), { shape: [2, 2] }).toList() // [[1, 2], [3, 4]]
 */
export const array = (x: Nested, options: ArrayOptions = {}): NdArray => {
  checkOptions('array', options, ['dtype', 'shape'])
  const { dtype, shape } = options
  const strong = typeof x === 'number' ? (dtype ?? 'float32') : dtype
  const made = arrayOf('array', x, strong === undefined ? undefined : checkDType('array', strong))
  return shape === undefined ? made : lax.reshape(made, shapeOf('array', shape))
}

/**
 * Zeros. `jnp.zeros`.
 *
 * @example
 * np.zeros([2, 3]) // [[0, 0, 0], [0, 0, 0]]
 */
export const zeros = (shape: Shape | number, options: DTypeOption = {}): NdArray =>
  lax.full(shapeOf('zeros', shape), 0, dtypeOption('zeros', options))

/**
 * Ones. `jnp.ones`.
 *
 * @example
 * np.ones([2], { dtype: 'int32' }) // [1, 1]
 */
export const ones = (shape: Shape | number, options: DTypeOption = {}): NdArray =>
  lax.full(shapeOf('ones', shape), 1, dtypeOption('ones', options))

/**
 * Copies of a value, which is broadcast to the shape. `jnp.full`.
 *
 * @example
 * np.full([2, 2], [1, 2]) // [[1, 2], [1, 2]]
 */
export const full = (shape: Shape | number, value: ArrayLike, options: DTypeOption = {}): NdArray => {
  checkOptions('full', options, ['dtype'])
  return spread('full', array(value, options), shapeOf('full', shape))
}

const like = (who: string, x: ArrayLike, value: number, options: ArrayOptions): NdArray => {
  checkOptions(who, options, ['dtype', 'shape'])
  const model = arrayOf(who, x)
  return lax.full(shapeOf(who, options.shape ?? model.shape), value, checkDType(who, options.dtype ?? model.dtype))
}

/** Zeros of the shape and dtype of another array, or of those given. `jnp.zeros_like`. */
export const zerosLike = (x: ArrayLike, options: ArrayOptions = {}): NdArray => like('zerosLike', x, 0, options)

/** Ones of the shape and dtype of another array, or of those given. `jnp.ones_like`. */
export const onesLike = (x: ArrayLike, options: ArrayOptions = {}): NdArray => like('onesLike', x, 1, options)

/** Copies of a number, of the shape and dtype of another array, or of those given. `jnp.full_like`. */
export const fullLike = (x: ArrayLike, value: number, options: ArrayOptions = {}): NdArray => like('fullLike', x, value, options)

/** Elements given by their positions, computed in double precision. */
const tabulate = (length: number, dtype: DType, f: (i: number) => number): NdArray => {
  const data = allocate(dtype, length)
  for (let i = 0; i < length; i++) data[i] = f(i)
  return wrap({ shape: [length], dtype, weak: false }, data)
}

/**
 * `start, start + step, …` up to but not including `stop`; from 0 when called with one number. `jnp.arange`, except that the
 * numbers are float32 unless a dtype is given: ask for int32 to index with them. Throws ArgumentError for a step of zero.
 *
 * @example
 * np.arange(4) // [0, 1, 2, 3]
 * np.arange(5, 0, -2, { dtype: 'int32' }) // [5, 3, 1]
 */
export const arange: {
  (stop: number, options?: DTypeOption): NdArray
  (start: number, stop: number, options?: DTypeOption): NdArray
  (start: number, stop: number, step: number, options?: DTypeOption): NdArray
} = (...args: readonly (number | DTypeOption | undefined)[]): NdArray => {
  const last = args.at(-1)
  const dtype = dtypeOption('arange', typeof last === 'object' ? last : {})
  const numbers = (typeof last === 'object' ? args.slice(0, -1) : args) as readonly number[] // checked next
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers
  if (numbers.length === 0 || numbers.length > 3 || !numbers.every(Number.isFinite) || step === 0) {
    throw new ArgumentError('arange', 'finite numbers [start,] stop[, step] with a step other than 0', numbers)
  }
  const length = Math.max(Math.ceil((stop - start) / step), 0)
  return start === 0 && step === 1 && dtype !== 'bool' ? lax.iota(dtype, [length]) : tabulate(length, dtype, (i) => start + i * step)
}

/** How `linspace` and `logspace` space numbers. */
export interface SpaceOptions {
  /** The last number is `stop`; true by default. */
  readonly endpoint?: boolean
  /** float32 by default. */
  readonly dtype?: DType
}

/**
 * Evenly spaced numbers from `start` to `stop`, along a new leading axis if these are arrays. `jnp.linspace`.
 *
 * @example
 * np.linspace(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1]
 */
export const linspace = (start: ArrayLike, stop: ArrayLike, num = 50, options: SpaceOptions = {}): NdArray => {
  checkOptions('linspace', options, ['endpoint', 'dtype'])
  const { endpoint = true, dtype } = options
  checkInteger('linspace', 'number of points', num, 0)
  const steps = Math.max(endpoint ? num - 1 : num, 1)
  if (typeof start === 'number' && typeof stop === 'number') {
    const step = (stop - start) / steps
    return tabulate(num, checkDType('linspace', dtype ?? 'float32'), (i) => (endpoint && i > 0 && i === num - 1 ? stop : start + i * step))
  }
  const [from, to] = alignAll('linspace', [start, stop], 'float')
  const shape = [num, ...from.shape]
  const t = lax.broadcastInDim(tabulate(num, from.dtype, (i) => i / steps), shape, [0])
  const [a, b] = [expanded(from, shape), expanded(to, shape)]
  // a (1 − t) + b t hits both ends exactly
  const points = lax.add(lax.mul(a, lax.sub(lax.fullLike(t, 1), t)), lax.mul(b, t))
  return dtype === undefined ? points : arrayOf('linspace', points, checkDType('linspace', dtype))
}

/** How `logspace` spaces numbers. */
export interface LogspaceOptions extends SpaceOptions {
  /** 10 by default. */
  readonly base?: number
}

/**
 * Powers of a base with evenly spaced exponents. `jnp.logspace`.
 *
 * @example
 * np.logspace(0, 3, 4) // [1, 10, 100, 1000]
 */
export const logspace = (start: number, stop: number, num = 50, options: LogspaceOptions = {}): NdArray => {
  checkOptions('logspace', options, ['endpoint', 'dtype', 'base'])
  const { endpoint = true, dtype = 'float32', base = 10 } = options
  checkInteger('logspace', 'number of points', num, 0)
  for (const x of [start, stop, base]) if (typeof x !== 'number') throw new ArgumentError('logspace', 'numbers', x)
  const step = (stop - start) / Math.max(endpoint ? num - 1 : num, 1)
  return tabulate(num, checkDType('logspace', dtype), (i) => base ** (start + i * step))
}

/**
 * Numbers from `start` to `stop` with a constant ratio. `jnp.geomspace`, for positive numbers.
 *
 * @example
 * np.geomspace(1, 8, 4) // [1, 2, 4, 8]
 */
export const geomspace = (start: number, stop: number, num = 50, options: SpaceOptions = {}): NdArray => {
  checkOptions('geomspace', options, ['endpoint', 'dtype'])
  if (!(Number.isFinite(start) && Number.isFinite(stop) && start > 0 && stop > 0)) {
    throw new ArgumentError('geomspace', 'positive numbers', [start, stop])
  }
  const { endpoint = true, dtype = 'float32' } = options
  checkInteger('geomspace', 'number of points', num, 0)
  const steps = Math.max(endpoint ? num - 1 : num, 1)
  const at = (i: number): number => (endpoint && i > 0 && i === num - 1 ? stop : start * (stop / start) ** (i / steps))
  return tabulate(num, checkDType('geomspace', dtype), at)
}

/**
 * How an array prints, with control over the form: decimals, columns, and from how many elements on it is summarised.
 * A traced value shows its type.
 *
 * @example
 * np.show(np.array([1 / 3, 2]), { precision: 2 }) // [0.33, 2]
 */
export const show = (x: ArrayLike, options: ShowOptions = {}): string => {
  checkOptions('show', options, ['precision', 'threshold', 'lineWidth'])
  const value = arrayOf('show', x)
  return isTracer(value) ? value.toString() : showArray(value.toTypedArray(), value.shape, value.dtype, options)
}
