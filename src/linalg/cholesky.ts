import { wrap } from '../array/ndarray.js'
import { written } from '../backend/wasm/kernels/writer.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { allocate } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { sizeOf } from '../core/shape.js'
import { bind1 } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { tril } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { matrixTranspose } from '../numpy/shape.js'
import { choleskyLoops } from './kernels/cholesky.js'
import { squareOf, squares, symmetrized } from './square.js'
import { copies } from './stack.js'
import { triangularSolve } from './triangular.js'

/** Overwrites the lower triangle of a matrix with its Cholesky factor; gives false if it is not positive definite. */
const factorize = (a: Float64Array, n: number): boolean => {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]
      for (let k = 0; k < j; k++) rest -= a[i * n + k] * a[j * n + k]
      if (i === j && !(rest > 0)) return false
      a[i * n + j] = i === j ? Math.sqrt(rest) : rest / a[j * n + j]
    }
  }
  return true
}

/** The lower triangular L with L Lᵀ = A, of which the lower triangle is read; NaN where there is none. */
export const choleskyP: Primitive<'cholesky'> = written({
  name: 'cholesky',
  abstract([x]) {
    squareOf('cholesky', x)
    return [x]
  },
  impl([x], _, [out]) {
    const { lead, rows: n } = squareOf('cholesky', x.aval)
    const [matrixAt, result] = [copies(x), allocate(out.dtype, x.size)]
    for (let k = sizeOf(lead) - 1; k >= 0; k--) {
      const matrix = matrixAt(k)
      const definite = factorize(matrix, n)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) result[(k * n + i) * n + j] = definite ? matrix[i * n + j] : NaN
      }
    }
    return [wrap(out, result)]
  },
  // L⁻¹ dA L⁻ᵀ = L⁻¹ dL + (L⁻¹ dL)ᵀ, whose first term is its lower half (Murray, 2016).
  linearize([x], params) {
    const l = bind1(choleskyP, [x], params)
    const push = (d: NdArray): NdArray => {
      const symmetric = lax.add(tril(d), matrixTranspose(tril(d, { k: -1 })))
      const right = triangularSolve(l, symmetric, { lower: true, transposeA: true })
      const both = triangularSolve(l, right, { leftSide: true, lower: true })
      return matmul(l, lax.mul(lax.add(tril(both), tril(both, { k: -1 })), 0.5))
    }
    return [[l], ([d]) => [d === null ? null : push(d)]]
  },
  batch: (_, operands, __, params) => [[bind1(choleskyP, operands, params)], [true]]
}, choleskyLoops)

/** Of a Cholesky factor. */
export interface CholeskyOptions {
  /** The upper factor U = Lᵀ, with Uᵀ U = A, in place of the lower one. */
  readonly upper?: boolean
  /** Factor (A + Aᵀ) / 2, true by default. Without it only the lower triangle is read, and only that has a derivative. */
  readonly symmetrizeInput?: boolean
}

/**
 * The Cholesky factor of symmetric positive definite matrices, `[..., n, n]`: the lower triangular L with a positive diagonal
 * and L Lᵀ = A. A matrix that is not positive definite gives NaN, and a gradient of NaN. The derivative is that of Murray,
 * *Differentiation of the Cholesky decomposition* (2016). `jnp.linalg.cholesky`, which differentiates as if A was symmetric even
 * where `symmetrizeInput` is false. Throws ShapeError for matrices that are not square.
 *
 * @example
 * cholesky([[4, 2], [2, 5]]) // [[2, 0], [1, 2]]
 * cholesky([[1, 2], [2, 1]]) // [[nan, 0], [nan, nan]]
 */
export const cholesky = (a: ArrayLike, options: CholeskyOptions = {}): NdArray => {
  checkOptions('cholesky', options, ['upper', 'symmetrizeInput'])
  const { upper = false, symmetrizeInput = true } = options
  const matrix = squares('cholesky', a)
  const lower = bind1(choleskyP, [symmetrizeInput ? symmetrized(matrix) : matrix], {})
  return upper ? matrixTranspose(lower) : lower
}
