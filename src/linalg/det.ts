import { customJvp } from '../control/custom/customjvp.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { bind1 } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { lastDiagonal } from '../numpy/matrix.js'
import type { Unary } from '../numpy/promote.js'
import { matrixTranspose } from '../numpy/shape.js'
import { adjugateP } from './adjugate.js'
import { lu } from './lu.js'
import { inv } from './solve.js'
import { squares } from './square.js'

/** Each matrix's elements, multiplied with those of another and summed. */
const inner = (x: NdArray, y: NdArray): NdArray => lax.reduceSum(lax.mul(x, y), [x.ndim - 2, x.ndim - 1])

/** The diagonal of U, and the sign of the permutation. */
const pivotsOf = (a: NdArray): readonly [diagonal: NdArray, parity: NdArray] => {
  const [packed, pivots] = lu(a)
  const axis = pivots.ndim - 1
  const exchanged = lax.convertElementType(lax.ne(pivots, lax.iota('int32', pivots.shape, axis)), 'int32')
  const odd = lax.convertElementType(lax.bitwiseAnd(lax.reduceSum(exchanged, [axis]), 1), a.dtype)
  return [lastDiagonal(packed, 0), lax.sub(1, lax.mul(odd, 2))]
}

const product = (a: NdArray): NdArray => {
  const [diagonal, parity] = pivotsOf(a)
  return lax.mul(parity, lax.reduceProd(diagonal, [diagonal.ndim - 1]))
}

/** By elimination; the derivative is tr(adj(A) dA), whether there is an inverse or not. */
const byPivots = customJvp(product, (a) => {
  const cofactors = matrixTranspose(bind1(adjugateP, [a], {}))
  return [product(a), (d) => inner(cofactors, d)]
})

/** Of at most three rows, by cofactors: a polynomial, all of whose derivatives are right everywhere. */
const expansion = (a: NdArray): NdArray => {
  const [row, column] = [a.ndim - 2, a.ndim - 1]
  const at = (i: number, j: number): NdArray => lax.indexInDim(lax.indexInDim(a, j, column, false), i, row, false)
  const minor = (i: number, j: number): NdArray => lax.sub(lax.mul(at(1, i), at(2, j)), lax.mul(at(1, j), at(2, i)))
  if (a.shape[row] === 1) return at(0, 0)
  if (a.shape[row] === 2) return lax.sub(lax.mul(at(0, 0), at(1, 1)), lax.mul(at(0, 1), at(1, 0)))
  return lax.add(lax.sub(lax.mul(at(0, 0), minor(1, 2)), lax.mul(at(0, 1), minor(0, 2))), lax.mul(at(0, 2), minor(0, 1)))
}

/**
 * The determinant of square matrices, `[..., n, n]`: that of no rows is 1. Its gradient, the matrix of cofactors, is right at
 * singular matrices of any rank (JAX's is zero where the rank is n − 1 and elimination meets the zero before its last pivot).
 * So are its higher derivatives up to n = 3; beyond, at singular matrices, those are NaN or infinite. `jnp.linalg.det`. It
 * overflows where `slogdet` does not. Throws ShapeError for matrices that are not square.
 *
 * @example
 * det([[1, 2], [3, 4]]) // -2
 * grad(det)(np.array([[1, 2], [2, 4]])) // [[4, -2], [-2, 1]]
 */
export const det: Unary = (a: ArrayLike): NdArray => {
  const matrix = squares('det', a)
  const rows = matrix.shape[matrix.ndim - 1]
  return rows === 1 || rows === 2 || rows === 3 ? expansion(matrix) : byPivots(matrix)
}

const signAndLog = (a: NdArray): SignedLog => {
  const [diagonal, parity] = pivotsOf(a)
  const axis = diagonal.ndim - 1
  const sign = lax.mul(parity, lax.reduceProd(lax.sign(diagonal), [axis]))
  return [lax.add(sign, 0), lax.reduceSum(lax.log(lax.abs(diagonal)), [axis])] // −0 is no sign
}

const bySum = customJvp(signAndLog, (a) => {
  const inverse = matrixTranspose(inv(a))
  return [signAndLog(a), (d) => [null, inner(inverse, d)]]
})

/** A number as its sign, −1, 0 or 1, and the logarithm of its magnitude. */
export type SignedLog = readonly [sign: NdArray, logabsdet: NdArray]

/** `slogdet(a)`. The last signature is for transforms. */
export interface Slogdet {
  (a: ArrayLike): SignedLog
  (a: NdArray): SignedLog
}

/**
 * The sign of the determinant of square matrices, `[..., n, n]`, and the logarithm of its magnitude, which neither overflows
 * nor underflows: 0 and −∞ for a singular matrix. The gradient of the logarithm is the transposed inverse; it is not
 * finite at singular matrices, as JAX's. `jnp.linalg.slogdet`. Throws ShapeError for matrices that are not square.
 *
 * @example
 * const [sign, logabsdet] = slogdet([[0, 2], [3, 0]])
 * sign // -1
 * logabsdet // 1.792
 */
export const slogdet: Slogdet = (a: ArrayLike): SignedLog => bySum(squares('slogdet', a))
