import type { ArrayLike, NdArray } from '../core/array.js'
import { checkDType, isFloat, type DType } from '../core/dtype.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxes, range, sizeOf, without } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { isnan } from './compare.js'
import { diagonal, lastDiagonal, type DiagonalOptions } from './matrix.js'
import { take } from './take.js'
import { checkInteger, checkWord } from './options.js'
import { alignAll, arrayOf, expanded, widen } from './promote.js'
import { keeping, nansum, sum, type ReduceOptions, type Reduction, type SumOptions, type Summation } from './reduce.js'

/** How many elements are reduced into one. */
const countOf = (who: string, x: NdArray, options: ReduceOptions): number =>
  sizeOf(normalAxes(who, options.axis, x.ndim).map((axis) => x.shape[axis]))

const meanDType = (who: string, dtype: DType | undefined, x: NdArray): DType =>
  dtype === undefined ? (isFloat(x.dtype) ? x.dtype : 'float32') : checkDType(who, dtype)

/**
 * The mean. Integers and booleans become float32. `jnp.mean`.
 *
 * @example
 * np.mean([[1, 2], [3, 6]]) // 3
 * np.mean([[1, 2], [3, 6]], { axis: 0 }) // [2, 4]
 */
export const mean: Summation = (x: ArrayLike, options: SumOptions = {}): NdArray => {
  checkOptions('mean', options, ['axis', 'keepdims', 'dtype'])
  const array = arrayOf('mean', x)
  const count = countOf('mean', array, options)
  return lax.div(sum(array, { ...options, dtype: meanDType('mean', options.dtype, array) }), count)
}

/** How weights and axes enter `average`. */
export interface AverageOptions extends ReduceOptions {
  /** Of the array's shape, or a vector along the one axis. Equal by default. */
  readonly weights?: ArrayLike
}

/**
 * The weighted mean, `Σ w x / Σ w`. `jnp.average`.
 *
 * @example
 * np.average([1, 2, 4], { weights: [1, 0, 3] }) // 3.25
 */
export const average = (x: ArrayLike, options: AverageOptions = {}): NdArray => {
  checkOptions('average', options, ['axis', 'keepdims', 'weights'])
  const { weights, ...rest } = options
  if (weights === undefined) return mean(x, rest)
  const array = arrayOf('average', x)
  const given = arrayOf('average', weights)
  const axes = normalAxes('average', options.axis, array.ndim)
  if (given.ndim !== array.ndim && (given.ndim !== 1 || axes.length !== 1 || given.shape[0] !== array.shape[axes[0]])) {
    throw new ShapeError('average', 'weights of the shape of the array, or one for each position along one axis', [array, given])
  }
  const spread = given.ndim === array.ndim ? given : lax.broadcastInDim(given, array.shape, axes)
  const [values, factors] = alignAll('average', [array, spread], 'float')
  return lax.div(sum(lax.mul(values, factors), rest), sum(factors, rest))
}

/** What spreads are computed of. */
export interface VarianceOptions extends SumOptions {
  /** The divisor is the number of elements less this; 0 by default. */
  readonly ddof?: number
}

/**
 * The variance, of the population unless `ddof` is 1. `jnp.var`.
 *
 * @example
 * np.var([1, 3, 5]) // 2.6667
 * np.var([1, 3, 5], { ddof: 1 }) // 4
 */
export const variance = (x: ArrayLike, options: VarianceOptions = {}): NdArray => {
  checkOptions('var', options, ['axis', 'keepdims', 'dtype', 'ddof'])
  const { ddof = 0, ...rest } = options
  const array = arrayOf('var', x)
  const count = countOf('var', array, options) - ddof
  const values = arrayOf('var', array, meanDType('var', options.dtype, array))
  const centred = lax.sub(values, expanded(mean(values, { ...rest, keepdims: true }), values.shape))
  return lax.div(sum(lax.square(centred), rest), count > 0 ? count : NaN)
}

/**
 * The standard deviation: the root of the variance. `jnp.std`.
 *
 * @example
 * np.std([1, 3, 5]) // 1.633
 */
export const std = (x: ArrayLike, options: VarianceOptions = {}): NdArray => lax.sqrt(variance(x, options))

/** The mean of the elements that are not NaN. `jnp.nanmean`. */
export const nanmean: Reduction = (x, options = {}) => {
  const array = widen('nanmean', x, 'float')
  const count = sum(lax.bitwiseNot(isnan(array)), options)
  return lax.div(nansum(array, options), lax.convertElementType(count, array.dtype))
}

/** Between which neighbours a quantile lies, and how it is made of them. */
export type QuantileMethod = 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest'

/** How quantiles are found. */
export interface QuantileOptions extends ReduceOptions {
  /** Between two elements: interpolation (`'linear'`, the default), either one, their mean, or the nearer one. */
  readonly method?: QuantileMethod
}

/** The axes that are reduced as one last axis, sorted. */
const sortedLast = (x: NdArray, axes: readonly number[]): NdArray => {
  const kept = without(range(x.ndim), axes)
  const moved = lax.transpose(x, [...kept, ...axes])
  const shape = [...kept.map((axis) => x.shape[axis]), sizeOf(axes.map((axis) => x.shape[axis]))]
  return lax.sort(lax.reshape(moved, shape), kept.length)
}

const quantiles = (who: string, x: ArrayLike, q: ArrayLike, options: QuantileOptions, scale: number): NdArray => {
  checkOptions(who, options, ['axis', 'keepdims', 'method'])
  const { method = 'linear', keepdims = false } = options
  checkWord(who, 'method', ['linear', 'lower', 'higher', 'midpoint', 'nearest'], method)
  if (typeof q === 'number' && !(q >= 0 && q <= scale)) throw new ArgumentError(who, `a number from 0 to ${scale}`, q)
  const array = widen(who, x, 'float')
  const axes = normalAxes(who, options.axis, array.ndim)
  const sorted = sortedLast(array, axes)
  const last = sorted.ndim - 1
  const count = sorted.shape[last]
  if (count === 0) throw new ShapeError(who, 'at least one element', array)
  const fractions = arrayOf(who, q, array.dtype)
  const flat = lax.reshape(fractions, [fractions.size])
  const place = lax.mul(lax.div(flat, scale), count - 1)
  const [below, above] = [lax.floor(place), lax.ceil(place)]
  const at = (position: NdArray): NdArray => take(sorted, lax.convertElementType(position, 'int32'), { axis: last, mode: 'clip' })
  const pick = (): NdArray => {
    if (method === 'lower') return at(below)
    if (method === 'higher') return at(above)
    if (method === 'nearest') return at(lax.select(lax.gt(lax.sub(place, below), 0.5), above, below))
    const shape = [...sorted.shape.slice(0, last), flat.size]
    const weight = method === 'midpoint' ? lax.full(shape, 0.5, array.dtype) : lax.broadcastInDim(lax.sub(place, below), shape, [last])
    return lax.add(lax.mul(at(below), lax.sub(1, weight)), lax.mul(at(above), weight))
  }
  const values = pick()
  // NaN is sorted last: one NaN makes every quantile NaN
  const greatest = expanded(lax.sliceInDim(sorted, count - 1, count, 1, last), values.shape)
  const safe = lax.select(lax.ne(greatest, greatest), greatest, values)
  const leading = lax.transpose(safe, [last, ...range(last)])
  const out = lax.reshape(leading, [...fractions.shape, ...sorted.shape.slice(0, last)])
  return keeping(out, axes.map((axis) => axis + fractions.ndim), keepdims)
}

/**
 * The value below which the fraction `q` of the elements lies, along new leading axes if `q` has several. NaN if an element
 * is. `jnp.quantile`.
 *
 * @example
 * np.quantile([1, 2, 3, 10], 0.5) // 2.5
 * np.quantile([1, 2, 3, 10], [0, 0.9], { method: 'lower' }) // [1, 3]
 */
export const quantile = (x: ArrayLike, q: ArrayLike, options: QuantileOptions = {}): NdArray => quantiles('quantile', x, q, options, 1)

/** The quantile of `q` per cent. `jnp.percentile`. */
export const percentile = (x: ArrayLike, q: ArrayLike, options: QuantileOptions = {}): NdArray =>
  quantiles('percentile', x, q, options, 100)

/**
 * The middle element, or the mean of the two middle ones. `jnp.median`.
 *
 * @example
 * np.median([3, 1, 10]) // 3
 */
export const median: Reduction = (x, options = {}) => quantiles('median', x, 0.5, options, 1)

/** How `cov` treats its observations. */
export interface CovarianceOptions {
  /** Whether each row is a variable and each column an observation; true by default. */
  readonly rowvar?: boolean
  /** The divisor is the number of observations less this; 1 by default. */
  readonly ddof?: number
}

/**
 * The covariance matrix of variables in rows. `jnp.cov`.
 *
 * @example
 * np.cov([[1, 2, 3], [6, 4, 2]]) // [[1, -2], [-2, 4]]
 */
export const cov = (x: ArrayLike, options: CovarianceOptions = {}): NdArray => {
  checkOptions('cov', options, ['rowvar', 'ddof'])
  const { rowvar = true, ddof = 1 } = options
  checkInteger('cov', 'ddof', ddof)
  const array = widen('cov', x, 'float')
  if (array.ndim > 2) throw new ShapeError('cov', 'a vector or a matrix', array)
  const matrix = array.ndim < 2 ? lax.reshape(array, [1, array.size]) : rowvar ? array : lax.transpose(array, [1, 0])
  const [variables, observations] = matrix.shape
  const centred = lax.sub(matrix, expanded(mean(matrix, { axis: 1, keepdims: true }), matrix.shape))
  const products = lax.dotGeneral(centred, centred, { contract: [[1], [1]] })
  const out = lax.div(products, observations - ddof)
  return array.ndim < 2 && variables === 1 ? lax.reshape(out, []) : out
}

/**
 * The correlation coefficients of variables in rows. `jnp.corrcoef`.
 *
 * @example
 * np.corrcoef([[1, 2, 3], [6, 4, 2]]) // [[1, -1], [-1, 1]]
 */
export const corrcoef = (x: ArrayLike, options: { readonly rowvar?: boolean } = {}): NdArray => {
  checkOptions('corrcoef', options, ['rowvar'])
  const covariance = cov(x, options)
  if (covariance.ndim === 0) return lax.div(covariance, covariance)
  const { shape } = covariance
  const deviation = lax.sqrt(lastDiagonal(covariance, 0))
  return lax.div(lax.div(covariance, lax.broadcastInDim(deviation, shape, [0])), lax.broadcastInDim(deviation, shape, [1]))
}

/** Which diagonals are summed. */
export interface TraceOptions extends DiagonalOptions {
  readonly dtype?: DType
}

/**
 * The sum along the diagonals of the matrices that two axes span. `jnp.trace`.
 *
 * @example
 * np.trace([[1, 2], [3, 4]]) // 5
 */
export const trace = (x: ArrayLike, options: TraceOptions = {}): NdArray => {
  checkOptions('trace', options, ['offset', 'axis1', 'axis2', 'dtype'])
  const { dtype, ...which } = options
  return sum(diagonal(x, which), { axis: -1, ...(dtype !== undefined && { dtype }) })
}
