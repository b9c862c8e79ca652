import type { ArrayLike, NdArray } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { arrayOf, expanded } from '../numpy/promote.js'
import { max } from '../numpy/reduce.js'
import { norm, type Order } from './norm.js'
import { tolerance, type RankOptions } from './pinv.js'
import { inv } from './solve.js'
import { squares } from './square.js'
import { epsilon, matrices, stackOf } from './stack.js'
import { svdvals } from './svd.js'

/**
 * The rank of a matrix, or of each of a stack, as int32: the number of singular values greater than `rtol`, by default max(m, n) ε,
 * times the greatest one. NumPy's `linalg.matrix_rank` (JAX's takes `rtol` for an absolute number), also for matrices without elements,
 * whose rank is 0. The rank of a vector or a number is 1 unless all is zero. Throws ArgumentError for a tolerance that is no number.
 *
 * @example
 * linalg.matrixRank([[1, 2], [2, 4]]) // 1
 */
export const matrixRank = (x: ArrayLike, options: RankOptions = {}): NdArray => {
  checkOptions('matrixRank', options, ['rtol'])
  const array = arrayOf('matrixRank', x)
  if (array.ndim < 2) return matrixRank(lax.reshape(array, [1, array.size]), options)
  const a = matrices('matrixRank', array)
  const { rows, columns, dtype } = stackOf('matrixRank', a)
  const cutoff = tolerance('matrixRank', 'rtol', options.rtol ?? Math.max(rows, columns) * epsilon(dtype))
  const s = svdvals(a)
  if (s.shape[s.ndim - 1] === 0) return lax.full(s.shape.slice(0, -1), 0, 'int32')
  const greatest = expanded(max(s, { axis: -1, keepdims: true }), s.shape)
  return lax.reduceSum(lax.convertElementType(lax.gt(s, lax.mul(greatest, cutoff)), 'int32'), [s.ndim - 1])
}

/** In which norm a matrix is conditioned. */
export interface CondOptions {
  /** 2 by default: the ratio of the greatest to the least singular value; −2 is its reciprocal. */
  readonly p?: Order
}

/**
 * How much a relative error of b can grow in the solution of Ax = b: ‖A‖ ‖A⁻¹‖ in a norm of matrices; in the spectral norm, the default,
 * of matrices that are not square too. `jnp.linalg.cond`. Of a singular matrix it is infinite, or as great as rounding makes 1/0;
 * of one with NaN it is NaN. Throws ShapeError for matrices without elements, and in other norms for those that are not square.
 *
 * @example
 * linalg.cond([[2, 0], [0, 0.5]]) // 4
 * linalg.cond([[1, 2], [3, 4]], { p: 1 }) // 21
 */
export const cond = (x: ArrayLike, options: CondOptions = {}): NdArray => {
  checkOptions('cond', options, ['p'])
  const { p = 2 } = options
  const a = p === 2 || p === -2 ? matrices('cond', x) : squares('cond', x)
  if (a.shape.slice(-2).includes(0)) throw new ShapeError('cond', 'matrices with elements', a)
  const axis = [a.ndim - 2, a.ndim - 1]
  const measure = (): NdArray => {
    if (p !== 2 && p !== -2) return lax.mul(norm(a, { ord: p, axis }), norm(inv(a), { ord: p, axis }))
    const s = svdvals(a)
    const last = s.ndim - 1
    const ends = [0, s.shape[last] - 1].map((at) => lax.indexInDim(s, at, last, false))
    return p === 2 ? lax.div(ends[0], ends[1]) : lax.div(ends[1], ends[0])
  }
  const ratio = measure()
  const isNaN = (y: NdArray): NdArray => lax.ne(y, y)
  const foreign = lax.reduceOr(isNaN(a), axis)
  return lax.select(lax.bitwiseAnd(isNaN(ratio), lax.bitwiseNot(foreign)), lax.fullLike(ratio, Infinity), ratio)
}
