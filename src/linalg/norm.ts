import type { ArrayLike, NdArray } from '../core/array.js'
import { checkOptions } from '../core/options.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { normalAxes, range, without } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { widen } from '../numpy/promote.js'
import { keeping, type ReduceOptions } from '../numpy/reduce.js'
import { svdvals } from './svd.js'

/**
 * Which norm: of vectors `(Σ|x|ᵖ)^(1/p)` for a number (0 counts, the infinities take extremes); of matrices `'fro'` (the root of the
 * sum of squares), ±1 and ±∞ (the extreme column and row sums of magnitudes), 2, −2 and `'nuc'` (the greatest singular value, the
 * least, and their sum).
 */
export type Order = number | 'fro' | 'nuc'

/** Which norm along which axes. */
export interface NormOptions extends ReduceOptions {
  /** The Euclidean one by default, of vectors and of matrices (Frobenius). */
  readonly ord?: Order
}

/** The greatest of some sizes along an axis, 0 if there is none, or the least. */
const extreme = (sizes: NdArray, isGreatest: boolean, axis: number): NdArray => {
  if (sizes.shape[axis] > 0) return isGreatest ? lax.reduceMax(sizes, [axis]) : lax.reduceMin(sizes, [axis])
  if (isGreatest) return lax.full(sizes.shape.toSpliced(axis, 1), 0, sizes.dtype)
  throw new ShapeError('norm', 'at least one size to take the least of', sizes)
}

/** The greatest of some sizes and 0, as in JAX: where all are zero that is a tie. Or the least. */
const extremeSum = (sizes: NdArray, isGreatest: boolean, axis: number): NdArray => {
  const size = extreme(sizes, isGreatest, axis)
  return isGreatest ? lax.max(size, 0) : size
}

const vectorNorm = (x: NdArray, ord: number, axis: number): NdArray => {
  const sizes = lax.abs(x)
  if (ord === Infinity || ord === -Infinity) return extremeSum(sizes, ord > 0, axis)
  if (ord === 0) return lax.reduceSum(lax.convertElementType(lax.ne(x, 0), x.dtype), [axis])
  if (ord === 1) return lax.reduceSum(sizes, [axis])
  if (ord === 2) return lax.sqrt(lax.reduceSum(lax.mul(x, x), [axis]))
  return lax.pow(lax.reduceSum(lax.pow(sizes, ord), [axis]), 1 / ord)
}

/** The norms of matrices that are made of singular values. */
const spectralNorm = (x: NdArray, ord: 2 | -2 | 'nuc', axes: readonly number[]): NdArray => {
  const s = svdvals(lax.transpose(x, [...without(range(x.ndim), axes), ...axes]))
  return ord === 'nuc' ? lax.reduceSum(s, [s.ndim - 1]) : extreme(s, ord > 0, s.ndim - 1)
}

/** The extreme sum of sizes along one of the two axes of a matrix. */
const matrixNorm = (x: NdArray, ord: number, [row, column]: readonly number[]): NdArray => {
  const [summed, left] = Math.abs(ord) === 1 ? [row, column] : [column, row]
  const axis = left > summed ? left - 1 : left
  return extremeSum(lax.reduceSum(lax.abs(x), [summed]), ord > 0, axis)
}

/**
 * The norm of a vector, of a matrix, or of all elements; along axes, one of vectors, two of matrices. `jnp.linalg.norm`. The
 * derivative of the Euclidean norm at zero is NaN, as JAX's. Throws ArgumentError for other orders.
 *
 * @example
 * linalg.norm([3, 4]) // 5
 * linalg.norm([[1, -2], [3, 4]], { ord: 1, axis: 1 }) // [3, 7]
 * linalg.norm([[1, -2], [3, 4]], { ord: Infinity }) // 7
 * linalg.norm([[3, 0], [0, -4]], { ord: 'nuc' }) // 7
 */
export const norm = (x: ArrayLike, options: NormOptions = {}): NdArray => {
  checkOptions('norm', options, ['ord', 'axis', 'keepdims'])
  const { ord, axis, keepdims = false } = options
  const array = widen('norm', x, 'float')
  const axes = normalAxes('norm', axis, array.ndim)
  const measure = (): NdArray => {
    if (ord === undefined || (ord === 'fro' && axes.length === 2)) return lax.sqrt(lax.reduceSum(lax.mul(array, array), axes))
    if (axes.length === 1 && typeof ord === 'number') return vectorNorm(array, ord, axes[0])
    if (axes.length === 2 && (ord === 2 || ord === -2 || ord === 'nuc')) return spectralNorm(array, ord, axes)
    if (axes.length === 2 && (ord === 1 || ord === -1 || ord === Infinity || ord === -Infinity)) return matrixNorm(array, ord, axes)
    if (axes.length === 1) throw new ArgumentError('norm', 'a number as the order', ord)
    if (axes.length === 2) throw new ArgumentError('norm', "'fro', 'nuc', ±1, ±2 or ±Infinity as the order for matrices", ord)
    throw new ShapeError('norm', 'one axis of vectors or two of matrices', array)
  }
  return keeping(measure(), axes, keepdims)
}
