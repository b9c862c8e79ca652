import type { ArrayLike, NdArray } from '../core/array.js'
import { aval } from '../core/aval.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { equalShapes } from '../core/shape.js'
import { bind, bind1 } from '../core/trace.js'
import { broadcastLeading, reshaped, sumOf } from '../lax/broadcast.js'
import * as lax from '../lax/index.js'
import { promoteAll } from '../numpy/promote.js'
import { matmul } from '../numpy/products.js'
import { matrixTranspose } from '../numpy/shape.js'
import { leastSquares, pinvP, tolerance } from './pinv.js'
import { joined } from './square.js'
import { copies, epsilon, factorEach, stackOf } from './stack.js'
import { svd } from './svd.js'

export interface LstsqParams {
  /** Singular values that are less than this times the greatest one count as zero. */
  readonly cutoff: number
}

/** The shortest least-squares solutions, the singular values, and how many of them count. */
export const lstsqP: Primitive<'lstsq', LstsqParams> = {
  name: 'lstsq',
  abstract([a, b]) {
    const [matrix, right] = [stackOf('lstsq', a), stackOf('lstsq', b)]
    if (a.dtype !== b.dtype) throw new DTypeError('lstsq', 'operands of one dtype', [a, b])
    if (!equalShapes(matrix.lead, right.lead) || matrix.rows !== right.rows) {
      throw new ShapeError('lstsq', 'as many rows on the right-hand side as in the matrix', [a, b])
    }
    const { lead, rows, columns } = matrix
    const weak = a.weak && b.weak
    return [
      aval([...lead, columns, right.columns], a.dtype, weak), reshaped(a, [...lead, Math.min(rows, columns)]), aval(lead, 'int32')
    ]
  },
  impl([a, b], { cutoff }, outs) {
    const { rows, columns } = stackOf('lstsq', a.aval)
    const [rightAt, width] = [copies(b), b.shape[b.ndim - 1]]
    return factorEach(a, outs, [-1, 1, 0], (matrix, k) => {
      const solution = leastSquares(matrix, rows, columns, rightAt(k), width, { cutoff, inclusive: true })
      return solution === undefined ? undefined : [solution.x, solution.s, Float64Array.of(solution.rank)]
    })
  },
  // x = A⁺b with the derivative of A⁺ at constant rank (Golub & Pereyra, 1973).
  linearize([a, b], params) {
    const [x, s, rank] = bind(lstsqP, [a, b], params)
    const p = bind1(pinvP, [a], { ...params, inclusive: true })
    const pt = matrixTranspose(p)
    const residual = lax.sub(b, matmul(a, x))
    const dual = matmul(pt, x)
    const [u, , vt] = svd(a, { fullMatrices: false })
    const v = matrixTranspose(vt)
    const pushA = (da: NdArray): readonly NdArray[] => {
      const dat = matrixTranspose(da)
      const free = matmul(dat, dual)
      const bound = lax.sub(matmul(pt, matmul(dat, residual)), lax.add(matmul(da, x), matmul(a, free)))
      return [lax.add(free, matmul(p, bound)), lax.reduceSum(lax.mul(u, matmul(da, v)), [a.ndim - 2])]
    }
    return [[x, s, rank], ([da, db]) => {
      const [dx, ds] = da === null ? [null, null] : pushA(da)
      return [sumOf(dx, db === null ? null : matmul(p, db)), ds, null]
    }]
  },
  batch(size, [a, b], [first, second], params) {
    if (first) return [bind(lstsqP, [a, second ? b : broadcastLeading(size, b)], params), [true, true, true]]
    const { b: wide, back } = joined(b, 1, 'columns')
    const [x, s, rank] = bind(lstsqP, [a, wide], params)
    return [[back(x), s, rank], [true, false, false]]
  }
}

/** What `lstsq` takes for zero. */
export interface LstsqOptions {
  /** Singular values below `rcond` times the greatest one count as zero: by default ε max(m, n), and ε if it is negative. */
  readonly rcond?: number
}

/** What `lstsq` gives. */
export type LstsqResult = readonly [
  /** The solution, of the shape [n] or [n, k]. */
  x: NdArray,
  /** The sums of squares of b − Ax, one for each right-hand side. */
  residuals: NdArray,
  /** How many singular values count, as int32. */
  rank: NdArray,
  /** The singular values of A. */
  s: NdArray
]

/**
 * The x that minimises ‖Ax − b‖, and the shortest one if there are many, by the singular value decomposition: A is m × n, b has m
 * elements, or m rows with a right-hand side in each column. `jnp.linalg.lstsq`, whose residuals have their shape whatever the rank is.
 *
 * The derivative is that at constant rank, where singular values that do not count are zero: it is finite for repeated ones too, where
 * JAX's is NaN. Throws ShapeError for other shapes (stacks go by vmap), ArgumentError for an `rcond` that is no number.
 *
 * @example
 * const [x, residuals, rank] = linalg.lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 4])
 * x // [1.1667, 1.5]
 * residuals // [0.1667]
 * rank // 2
 */
export const lstsq = (a: ArrayLike, b: ArrayLike, options: LstsqOptions = {}): LstsqResult => {
  checkOptions('lstsq', options, ['rcond'])
  const [matrix, given] = promoteAll('lstsq', [a, b], 'float')
  const { rows, columns, dtype } = stackOf('lstsq', matrix)
  if (matrix.ndim > 2) throw new ShapeError('lstsq', 'a matrix (stacks of them go by vmap)', matrix)
  if (given.ndim < 1 || given.ndim > 2 || given.shape[0] !== rows) {
    throw new ShapeError('lstsq', `a right-hand side of ${rows} elements, or of ${rows} rows`, given)
  }
  const { rcond } = options
  const least = epsilon(dtype)
  const relative = rcond === undefined ? least * Math.max(rows, columns) : tolerance('lstsq', 'rcond', rcond)
  const cutoff = relative < 0 ? least : relative
  const right = given.ndim === 1 ? lax.expandDims(given, [1]) : given
  const [x, s, rank] = bind(lstsqP, [matrix, right], { cutoff })
  const errors = lax.sub(right, matmul(matrix, x))
  return [given.ndim === 1 ? lax.squeeze(x, [1]) : x, lax.reduceSum(lax.square(errors), [0]), rank, s]
}
