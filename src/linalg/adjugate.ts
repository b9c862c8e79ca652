import { wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { allocate, type TypedArray } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import { sizeOf } from '../core/shape.js'
import { bind1 } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { lastDiagonal } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { eliminate } from './lu.js'
import { inv } from './solve.js'
import { squareOf } from './square.js'
import { copies } from './stack.js'

/**
 * The adjugate of an upper triangular matrix, without divisions, so that zeros on the diagonal are no matter: the minors that
 * are left of it when a row and a column go, det(U) U⁻¹. Row i of det(U[i..j]) U[i..j]⁻¹ comes by substitution.
 */
const adjugateUpper = (u: Float64Array, n: number): Float64Array => {
  const out = new Float64Array(n * n)
  const after = new Float64Array(n + 1).fill(1)
  for (let j = n - 1; j >= 0; j--) after[j] = after[j + 1] * u[j * n + j]
  for (let i = 0, before = 1; i < n; i++) {
    const row = i * n
    out[row + i] = 1
    for (let j = i + 1; j < n; j++) {
      let sum = u[row + j]
      for (let k = i + 1; k < j; k++) sum = sum * u[k * n + k] + out[row + k] * u[k * n + j]
      out[row + j] = -sum
    }
    for (let j = i; j < n; j++) out[row + j] *= before * after[j + 1]
    before *= u[row + i]
  }
  return out
}

/** adj(A) = det(P) adj(U) L⁻¹ P for P A = L U. Overwrites the matrix. */
const adjugate = (a: Float64Array, n: number, out: TypedArray): void => {
  const [pivots, order] = [new Int32Array(n), new Int32Array(n)]
  eliminate(a, n, n, pivots, order)
  const sign = pivots.reduce((s, pivot, i) => (pivot === i ? s : -s), 1)
  const x = adjugateUpper(a, n)
  for (let row = 0; row < n * n; row += n) {
    for (let i = n - 1; i > 0; i--) {
      const known = x[row + i]
      for (let j = 0; j < i; j++) x[row + j] -= known * a[i * n + j]
    }
    for (let i = 0; i < n; i++) out[row + order[i]] = sign * x[row + i]
  }
}

/** The transposed matrix of cofactors, det(A) A⁻¹ where there is an inverse. */
export const adjugateP: Primitive<'adjugate'> = {
  name: 'adjugate',
  abstract([x]) {
    squareOf('adjugate', x)
    return [x]
  },
  impl([x], _, [out]) {
    const { lead, rows: n } = squareOf('adjugate', x.aval)
    const [matrixAt, result] = [copies(x), allocate(out.dtype, x.size)]
    for (let k = sizeOf(lead) - 1; k >= 0; k--) adjugate(matrixAt(k), n, result.subarray(k * n * n, (k + 1) * n * n))
    return [wrap(out, result)]
  },
  // d adj(A) = tr(A⁻¹ dA) adj(A) − A⁻¹ dA adj(A)
  linearize([x], params) {
    const [out, inverse] = [bind1(adjugateP, [x], params), inv(x)]
    const push = (d: NdArray): NdArray => {
      const relative = matmul(inverse, d)
      const trace = lax.expandDims(lax.reduceSum(lastDiagonal(relative, 0), [x.ndim - 2]), [x.ndim - 2, x.ndim - 1])
      return lax.sub(lax.mul(lax.broadcastInDim(trace, x.shape, x.shape.map((_, i) => i)), out), matmul(relative, out))
    }
    return [[out], ([d]) => [d === null ? null : push(d)]]
  },
  batch: (_, operands, __, params) => [[bind1(adjugateP, operands, params)], [true]]
}
