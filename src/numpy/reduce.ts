import type { ArrayLike, NdArray } from '../core/array.js'
import { checkDType, isFloat, isUnsigned, type DType } from '../core/dtype.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { withName } from '../core/name.js'
import { normalAxes, normalAxis, sizeOf } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { isnan, truth } from './compare.js'
import { arrayOf, countable, widen } from './promote.js'

/** What is reduced. */
export interface ReduceOptions {
  /** An axis or several; all of them by default. */
  readonly axis?: number | readonly number[] | null
  /** Whether the axes stay, with size 1; false by default. */
  readonly keepdims?: boolean
}

/** What is reduced, and in which dtype. */
export interface SumOptions extends ReduceOptions {
  /** By default the array's; booleans and short integers become int32 or uint32. */
  readonly dtype?: DType
}

/** A function that reduces axes. */
export interface Reduction {
  (x: ArrayLike, options?: ReduceOptions): NdArray
  (x: NdArray, options?: ReduceOptions): NdArray
}

/** A function that adds up or multiplies along axes. */
export interface Summation {
  (x: ArrayLike, options?: SumOptions): NdArray
  (x: NdArray, options?: SumOptions): NdArray
}

/** The result with the reduced axes kept at size 1, if so wanted. */
export const keeping = (out: NdArray, axes: readonly number[], keepdims: boolean): NdArray =>
  keepdims ? lax.expandDims(out, axes) : out

/** Reduces the axes that the options name. */
const reduced = (
  who: string, x: NdArray, options: ReduceOptions, f: (x: NdArray, axes: readonly number[]) => NdArray
): NdArray => {
  const axes = normalAxes(who, options.axis, x.ndim)
  return keeping(f(x, axes), axes, options.keepdims ?? false)
}

const names = ['axis', 'keepdims'] as const
const sumNames = ['axis', 'keepdims', 'dtype'] as const

/** The dtype in which integers are summed. */
const sumDType = (dtype: DType): DType => (isFloat(dtype) ? dtype : isUnsigned(dtype) ? 'uint32' : 'int32')

const summation = (who: string, f: (x: NdArray, axes: readonly number[]) => NdArray): Summation =>
  withName(who, (x: ArrayLike, options: SumOptions = {}) => {
    checkOptions(who, options, sumNames)
    const array = arrayOf(who, x)
    const { dtype = sumDType(array.dtype) } = options
    const terms = array.dtype === dtype ? array : lax.convertElementType(array, checkDType(who, dtype))
    return reduced(who, terms, options, f)
  })

/**
 * The sum over the axes given, or of all elements. Booleans are counted; integers are summed as int32 or uint32, and wrap.
 * `jnp.sum`.
 *
 * @example
 * np.sum([[1, 2], [3, 4]]) // 10
 * np.sum([[1, 2], [3, 4]], { axis: 0 }) // [4, 6]
 * np.sum([[1, 2], [3, 4]], { axis: 1, keepdims: true }) // [[3], [7]]
 */
export const sum: Summation = summation('sum', lax.reduceSum)

/** The product over the axes given, or of all elements. `jnp.prod`. */
export const prod: Summation = summation('prod', lax.reduceProd)

const extreme = (who: string, f: (x: NdArray, axes: readonly number[]) => NdArray): Reduction =>
  withName(who, (x: ArrayLike, options: ReduceOptions = {}) => {
    checkOptions(who, options, names)
    return reduced(who, arrayOf(who, x), options, (array, axes) => {
      if (axes.some((axis) => array.shape[axis] === 0)) throw new ShapeError(who, 'at least one element along the axes', array)
      return f(array, axes)
    })
  })

/**
 * The greatest element; NaN if there is one. At ties the derivative is shared equally. `jnp.max`. Throws ShapeError if there
 * is no element.
 *
 * @example
 * np.max([[1, 4], [3, 2]], { axis: 1 }) // [4, 3]
 */
export const max: Reduction = extreme('max', lax.reduceMax)

/** The least element; NaN if there is one. `jnp.min`. Throws ShapeError if there is no element. */
export const min: Reduction = extreme('min', lax.reduceMin)

/** The greatest less the least element. `jnp.ptp`. */
export const ptp: Reduction = (x, options = {}) => lax.sub(max(x, options), min(x, options))

const quantifier = (who: string, f: (x: NdArray, axes: readonly number[]) => NdArray): Reduction =>
  withName(who, (x: ArrayLike, options: ReduceOptions = {}) => {
    checkOptions(who, options, names)
    return reduced(who, truth(arrayOf(who, x)), options, f)
  })

/**
 * Whether all elements are true, or not zero. `jnp.all`.
 *
 * @example
 * np.all([[true, false], [true, true]], { axis: 1 }) // [false, true]
 */
export const all: Reduction = quantifier('all', lax.reduceAnd)

/** Whether any element is true, or not zero. `jnp.any`. */
export const any: Reduction = quantifier('any', lax.reduceOr)

/** How many elements are not zero, as int32. `jnp.count_nonzero`. */
export const countNonzero: Reduction = quantifier('countNonzero', (x, axes) => lax.reduceSum(countable(x), axes))

/** Which axis is searched. */
export interface ArgOptions {
  /** By default all elements are searched, in row-major order. */
  readonly axis?: number | null
  readonly keepdims?: boolean
}

const position = (who: string, f: (x: NdArray, axis: number) => NdArray): Position =>
  withName(who, (x: ArrayLike, options: ArgOptions = {}) => {
    checkOptions(who, options, names)
    const array = arrayOf(who, x)
    const { axis = null, keepdims = false } = options
    if (axis === null) {
      const out = f(lax.reshape(array, [array.size]), 0)
      return keepdims ? lax.reshape(out, array.shape.map(() => 1)) : out
    }
    const at = normalAxis(who, axis, array.ndim)
    return keeping(f(array, at), [at], keepdims)
  })

/** A function that finds positions. */
export type Position = (x: ArrayLike, options?: ArgOptions) => NdArray

/**
 * The position of the greatest element, as int32: the first of equals, the first NaN if there is one. `jnp.argmax`.
 *
 * @example
 * np.argmax([[1, 4, 2], [3, 2, 3]], { axis: 1 }) // [1, 0]
 */
export const argmax: Position = position('argmax', lax.argmax)

/** The position of the least element, as int32: the first of equals, the first NaN if there is one. `jnp.argmin`. */
export const argmin: Position = position('argmin', lax.argmin)

/** Along which axis something accumulates. */
export interface CumulativeOptions {
  /** By default all elements accumulate, in row-major order. */
  readonly axis?: number | null
  readonly dtype?: DType
}

const cumulative = (who: string, f: (x: NdArray, axis: number) => NdArray): Cumulative =>
  withName(who, (x: ArrayLike, given: CumulativeOptions = {}) => {
    checkOptions(who, given, ['axis', 'dtype'])
    const { axis = null, dtype } = given
    const array = dtype === undefined ? countable(arrayOf(who, x)) : arrayOf(who, x, checkDType(who, dtype))
    return axis === null ? f(lax.reshape(array, [array.size]), 0) : f(array, normalAxis(who, axis, array.ndim))
  })

/** A function that accumulates. */
export interface Cumulative {
  (x: ArrayLike, options?: CumulativeOptions): NdArray
  (x: NdArray, options?: CumulativeOptions): NdArray
}

/**
 * The sums of all beginnings, along an axis. The dtype stays (booleans become int32). `jnp.cumsum`.
 *
 * @example
 * np.cumsum([1, 2, 3]) // [1, 3, 6]
 */
export const cumsum: Cumulative = cumulative('cumsum', lax.cumsum)

/** The products of all beginnings, along an axis. `jnp.cumprod`. */
export const cumprod: Cumulative = cumulative('cumprod', lax.cumprod)

/** The maxima of all beginnings, along an axis. `lax.cummax`. */
export const cummax: Cumulative = cumulative('cummax', lax.cummax)

/** The minima of all beginnings, along an axis. `lax.cummin`. */
export const cummin: Cumulative = cumulative('cummin', lax.cummin)

/**
 * `log Σ exp` without overflow. `jax.nn.logsumexp`.
 *
 * @example
 * np.logsumexp([100, 100]) // 100.6931
 */
export const logsumexp: Reduction = (x, options = {}) => {
  checkOptions('logsumexp', options, names)
  return reduced('logsumexp', widen('logsumexp', x, 'float'), options, (array, axes) => {
    if (sizeOf(axes.map((axis) => array.shape[axis])) === 0) return lax.log(lax.reduceSum(lax.exp(array), axes))
    // Any shift gives the same value and derivative; an infinite one would make NaN of ∞ − ∞.
    const greatest = lax.stopGradient(lax.reduceMax(array, axes))
    const shift = lax.select(lax.isFinite(greatest), greatest, lax.fullLike(greatest, 0))
    const kept = array.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]))
    const shifted = lax.exp(lax.sub(array, lax.broadcastInDim(shift, array.shape, kept)))
    return lax.add(lax.log(lax.reduceSum(shifted, axes)), shift)
  })
}

/** The array with another value for NaN. */
const without = (x: NdArray, value: number): NdArray =>
  isFloat(x.dtype) ? lax.select(lax.ne(x, x), lax.fullLike(x, value), x) : x

/** The sum of the elements that are not NaN. `jnp.nansum`. */
export const nansum: Summation = (x, options = {}) => sum(without(arrayOf('nansum', x), 0), options)

/** The product of the elements that are not NaN. `jnp.nanprod`. */
export const nanprod: Summation = (x, options = {}) => prod(without(arrayOf('nanprod', x), 1), options)

const nanExtreme = (who: string, f: Reduction, neutral: number): Reduction => (x, options = {}) => {
  const array = arrayOf(who, x)
  if (!isFloat(array.dtype)) return f(array, options)
  const out = f(without(array, neutral), options)
  return lax.select(all(isnan(array), options), lax.fullLike(out, NaN), out)
}

/** The greatest of the elements that are not NaN; NaN if there is none. `jnp.nanmax`. */
export const nanmax: Reduction = nanExtreme('nanmax', max, -Infinity)

/** The least of the elements that are not NaN; NaN if there is none. `jnp.nanmin`. */
export const nanmin: Reduction = nanExtreme('nanmin', min, Infinity)
