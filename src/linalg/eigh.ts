import type { ArrayLike, NdArray } from '../core/array.js'
import { checkOptions } from '../core/options.js'
import type { Eqn, Primitive } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { reshaped } from '../lax/broadcast.js'
import * as lax from '../lax/index.js'
import { lastDiagonal, tril, triu } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { matrixTranspose } from '../numpy/shape.js'
import { pairs, reciprocalGaps } from './spectrum.js'
import { squareOf, squares, symmetrized } from './square.js'
import { factorEach } from './stack.js'
import { symmetricEigen } from './tridiagonal.js'

export interface EighParams {
  /** Whether the eigenvectors are computed too. */
  readonly vectors: boolean
}

/** Eigenvalues and eigenvectors of matrices that are symmetric. */
export const eighP: Primitive<'eigh', EighParams> = {
  name: 'eigh',
  abstract([x], { vectors }) {
    const { lead, rows } = squareOf('eigh', x)
    const values = reshaped(x, [...lead, rows])
    return vectors ? [values, x] : [values]
  },
  impl: ([x], { vectors }, outs) =>
    factorEach(x, outs, [1, 0], (matrix) => symmetricEigen(matrix, x.shape[x.ndim - 1], vectors)),
  linearize([x], { vectors }) {
    const [w, v] = bind(eighP, [x], { vectors: true })
    if (!vectors) {
      return [[w], ([d]) => [d === null ? null : lax.reduceSum(lax.mul(v, matmul(d, v)), [v.ndim - 2])]]
    }
    const [rows, columns] = pairs(w)
    const factors = reciprocalGaps(lax.sub(columns, rows))
    const push = (d: NdArray): readonly NdArray[] => {
      const inside = matmul(matrixTranspose(v), matmul(d, v))
      return [lastDiagonal(inside, 0), matmul(v, lax.mul(factors, inside))]
    }
    return [[w, v], ([d]) => (d === null ? [null, null] : push(d))]
  },
  batch: (_, operands, __, params) => [bind(eighP, operands, params), params.vectors ? [true, true] : [true]],
  dce(used: readonly boolean[], eqn: Eqn) {
    if (!used.includes(true)) return null
    if (used.length === 1 || used[1]) return eqn
    return { ...eqn, params: { vectors: false } satisfies EighParams, outputs: eqn.outputs.slice(0, 1) }
  }
}

/** How `eigh` and `eigvalsh` read a matrix. */
export interface EighOptions {
  /** The mean of the matrix and its transpose is taken, so that gradients are symmetric; true by default. */
  readonly symmetrizeInput?: boolean
  /** Without `symmetrizeInput`, whether the triangle on and below the diagonal stands for the matrix (the default), or that above. */
  readonly lower?: boolean
}

/** What stands for symmetric matrices as such. */
const symmetric = (who: string, a: ArrayLike, options: EighOptions): NdArray => {
  checkOptions(who, options, ['symmetrizeInput', 'lower'])
  const { symmetrizeInput = true, lower = true } = options
  const x = squares(who, a)
  if (symmetrizeInput) return symmetrized(x)
  const [triangle, rest] = lower ? [tril(x), tril(x, { k: -1 })] : [triu(x), triu(x, { k: 1 })]
  return lax.add(triangle, matrixTranspose(rest))
}

/**
 * The eigenvalues of a symmetric matrix, or of each of a stack, in ascending order, and orthonormal eigenvectors as the columns of
 * a matrix: A V = V diag(w). `jnp.linalg.eigh`. The signs of eigenvectors, and the basis that stands for a repeated eigenvalue,
 * are arbitrary: a function of them has a meaning where it does not depend on these.
 *
 * The derivative of the eigenvectors divides by the gaps between eigenvalues: it is NaN or infinite where one is repeated, as
 * JAX's; that of the eigenvalues is finite. With `symmetrizeInput: false` gradients lie in the triangle that is read. A matrix
 * with NaN or infinities gives NaN. Throws ShapeError for matrices that are not square.
 *
 * @example
 * const [w, v] = linalg.eigh([[2, 1], [1, 2]])
 * w // [1, 3]
 * np.abs(v) // [[0.7071, 0.7071], [0.7071, 0.7071]]
 */
export const eigh = (a: ArrayLike, options: EighOptions = {}): readonly [values: NdArray, vectors: NdArray] => {
  const [values, vectors] = bind(eighP, [symmetric('eigh', a, options)], { vectors: true })
  return [values, vectors]
}

/**
 * The eigenvalues of a symmetric matrix, or of each of a stack, in ascending order. `jnp.linalg.eigvalsh`. The gradient is
 * finite, where an eigenvalue is repeated too: the sum of equal ones has a derivative, each alone takes that of its eigenvector.
 * Throws ShapeError for matrices that are not square.
 *
 * @example
 * linalg.eigvalsh([[2, 1], [1, 2]]) // [1, 3]
 * grad((a: NdArray) => np.max(linalg.eigvalsh(a)))(np.array([[2, 1], [1, 2]])) // [[0.5, 0.5], [0.5, 0.5]]
 */
export const eigvalsh = (a: ArrayLike, options: EighOptions = {}): NdArray =>
  bind(eighP, [symmetric('eigvalsh', a, options)], { vectors: false })[0]
