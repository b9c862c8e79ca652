import type { ArrayLike, NdArray } from '../core/array.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { eye } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { expanded, promoteAll, type Binary, type Unary } from '../numpy/promote.js'
import { solveSystem } from './linearsolve.js'
import { lu, permuteRows } from './lu.js'
import { aligned, isTransposed, squares } from './square.js'
import { triangularSolve } from './triangular.js'

/** Solves with packed factors and their permutation, or with their transpose; all have the same leading axes. */
export const solveFactored = (packed: NdArray, permutation: NdArray, b: NdArray, transposed: boolean): NdArray => {
  const by = (x: NdArray, lower: boolean): NdArray =>
    triangularSolve(packed, x, { leftSide: true, lower, unitDiagonal: lower, transposeA: transposed })
  return transposed ? permuteRows(by(by(b, false), true), lax.argsort(permutation)) : by(by(permuteRows(b, permutation), true), false)
}

/** The solution for a matrix and a right-hand side of one dtype. */
const solution = (who: string, a: NdArray, b: NdArray): NdArray => {
  const { right, lead, back } = aligned(who, a, b)
  const [factors, , rows] = lu(lax.stopGradient(a))
  const [packed, permutation] = [expanded(factors, [...lead, ...a.shape.slice(-2)]), expanded(rows, [...lead, ...a.shape.slice(-1)])]
  const x = solveSystem({
    who,
    matvec: (y) => matmul(a, y),
    b: right,
    solve: (_, y) => solveFactored(packed, permutation, y, false),
    transposeSolve: (_, y) => solveFactored(packed, permutation, y, true),
    symmetric: false
  })
  return back(x)
}

/**
 * The solution of a x = b for square matrices `[..., n, n]` and a vector, or matrices `[..., n, m]`; leading axes broadcast. By
 * an LU factorisation with partial pivoting, which the derivatives use again: a dx = db − da x, and aᵀ λ = x̄ in reverse mode.
 * A singular matrix gives infinities or NaN. `jnp.linalg.solve`. Throws ShapeError for matrices that are not square, and
 * for other numbers of rows in b.
 *
 * @example
 * solve([[3, 1], [1, 2]], [9, 8]) // [2, 3]
 */
export const solve: Binary = (a: ArrayLike, b: ArrayLike): NdArray => {
  const [matrix, right] = promoteAll('solve', [a, b], 'float')
  return solution('solve', matrix, right)
}

/**
 * The inverse of square matrices, `[..., n, n]`: `solve` with the identity on the right. A singular matrix gives infinities
 * or NaN. `jnp.linalg.inv`. Throws ShapeError for others. To solve a system `solve` is faster, and more accurate.
 *
 * @example
 * inv([[2, 1], [1, 1]]) // [[1, -1], [-1, 2]]
 */
export const inv: Unary = (a: ArrayLike): NdArray => {
  const matrix = squares('inv', a)
  return solution('inv', matrix, expanded(eye(matrix.shape[matrix.ndim - 1], { dtype: matrix.dtype }), matrix.shape))
}

/** Which triangular system is solved. */
export interface SolveTriangularOptions {
  /** The matrix is lower triangular; upper by default. The other triangle is not read. */
  readonly lower?: boolean
  /** 1: of the transpose of a. */
  readonly trans?: 0 | 1
  /** The diagonal is not read: it is ones. */
  readonly unitDiagonal?: boolean
}

/**
 * The solution of a x = b for a triangular matrix and a vector or matrices; leading axes broadcast. Zeros on the diagonal
 * give infinities and NaN. `jax.scipy.linalg.solve_triangular`. Throws ShapeError as `solve` does.
 *
 * @example
 * solveTriangular([[2, 0], [1, 4]], [2, 9], { lower: true }) // [1, 2]
 */
export const solveTriangular = (a: ArrayLike, b: ArrayLike, options: SolveTriangularOptions = {}): NdArray => {
  checkOptions('solveTriangular', options, ['lower', 'trans', 'unitDiagonal'])
  const { lower = false, trans = 0, unitDiagonal = false } = options
  const transposed = isTransposed('solveTriangular', trans)
  const [matrix, rhs] = promoteAll('solveTriangular', [a, b], 'float')
  const { right, back } = aligned('solveTriangular', matrix, rhs)
  return back(triangularSolve(matrix, right, { leftSide: true, lower, transposeA: transposed, unitDiagonal }))
}

/** Which Cholesky factor it is. */
export interface CholeskySolveOptions {
  /** The lower one, L with L Lᵀ = A, by default; else the upper, U with Uᵀ U = A. */
  readonly lower?: boolean
}

/**
 * The solution of A x = b from the Cholesky factor of A, for a vector or matrices; leading axes broadcast.
 * `jax.scipy.linalg.cho_solve`. Throws ShapeError as `solve` does.
 *
 * @example
 * choleskySolve(cholesky([[4, 2], [2, 5]]), [8, 12]) // [1, 2]
 */
export const choleskySolve = (factor: ArrayLike, b: ArrayLike, options: CholeskySolveOptions = {}): NdArray => {
  checkOptions('choleskySolve', options, ['lower'])
  const { lower = true } = options
  const [matrix, rhs] = promoteAll('choleskySolve', [factor, b], 'float')
  const { right, back } = aligned('choleskySolve', matrix, rhs)
  const by = (x: NdArray, transposeA: boolean): NdArray => triangularSolve(matrix, x, { leftSide: true, lower, transposeA })
  return back(by(by(right, !lower), lower))
}
