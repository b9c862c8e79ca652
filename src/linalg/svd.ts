import type { ArrayLike, NdArray } from '../core/array.js'
import { DerivativeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Eqn, Primitive } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { reshaped } from '../lax/broadcast.js'
import * as lax from '../lax/index.js'
import { lastDiagonal } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { expanded } from '../numpy/promote.js'
import { matrixTranspose } from '../numpy/shape.js'
import { singular } from './jacobi.js'
import { pairs, reciprocalGaps } from './spectrum.js'
import { factorEach, matrices, stackOf } from './stack.js'

export interface SvdParams {
  /** U and Vᵀ square, rather than only the columns and rows that their product needs. */
  readonly fullMatrices: boolean
  /** Whether there are U and Vᵀ beside the singular values. */
  readonly computeUv: boolean
}

/** The part of the rows of `x` that is not spanned by the orthonormal columns of `basis`, divided by each column's singular value. */
const outside = (x: NdArray, basis: NdArray, s: NdArray): NdArray => {
  const rest = lax.sub(x, matmul(basis, matmul(matrixTranspose(basis), x)))
  return lax.div(rest, expanded(lax.expandDims(s, [s.ndim - 1]), rest.shape))
}

/** Singular values in descending order, and U and Vᵀ. */
export const svdP: Primitive<'svd', SvdParams> = {
  name: 'svd',
  abstract([x], { fullMatrices, computeUv }) {
    const { lead, rows, columns } = stackOf('svd', x)
    const size = Math.min(rows, columns)
    const values = reshaped(x, [...lead, size])
    if (!computeUv) return [values]
    const [width, height] = fullMatrices ? [rows, columns] : [size, size]
    return [values, reshaped(x, [...lead, rows, width]), reshaped(x, [...lead, height, columns])]
  },
  impl([x], { fullMatrices, computeUv }, outs) {
    const { rows, columns } = stackOf('svd', x.aval)
    return factorEach(x, outs, [1, 0, 0], (matrix) => singular(matrix, rows, columns, computeUv, fullMatrices))
  },
  // Giles, An extended collection of matrix derivative results (2008), 3.3.
  linearize([x], { fullMatrices, computeUv }) {
    const { rows, columns } = stackOf('svd', x.aval)
    if (computeUv && fullMatrices && rows !== columns) {
      throw new DerivativeError('svd', 'fullMatrices: false where rows and columns differ in number', 'the derivative of the full factors')
    }
    const [s, u, vt] = bind(svdP, [x], { fullMatrices: false, computeUv: true })
    const v = matrixTranspose(vt)
    if (!computeUv) return [[s], ([d]) => [d === null ? null : lax.reduceSum(lax.mul(u, matmul(d, v)), [x.ndim - 2])]]
    const [si, sj] = pairs(s)
    const factors = reciprocalGaps(lax.mul(lax.add(sj, si), lax.sub(sj, si)))
    const push = (d: NdArray): readonly NdArray[] => {
      const inside = matmul(matrixTranspose(u), matmul(d, v))
      const turn = (y: NdArray): NdArray => lax.mul(factors, lax.add(y, matrixTranspose(y)))
      const du = matmul(u, turn(lax.mul(sj, inside)))
      const dv = matmul(v, turn(lax.mul(si, inside)))
      return [
        lastDiagonal(inside, 0),
        rows > columns ? lax.add(du, outside(matmul(d, v), u, s)) : du,
        matrixTranspose(columns > rows ? lax.add(dv, outside(matmul(matrixTranspose(d), u), v, s)) : dv)
      ]
    }
    return [[s, u, vt], ([d]) => (d === null ? [null, null, null] : push(d))]
  },
  batch(_, operands, __, params) {
    const outs = bind(svdP, operands, params)
    return [outs, outs.map(() => true)]
  },
  dce(used: readonly boolean[], eqn: Eqn) {
    if (!used.includes(true)) return null
    if (used.length === 1 || used[1] || used[2]) return eqn
    return { ...eqn, params: { fullMatrices: false, computeUv: false } satisfies SvdParams, outputs: eqn.outputs.slice(0, 1) }
  }
}

/** Which factors `svd` gives. */
export interface SvdOptions {
  /** U is m × m and Vᵀ n × n (the default), or with false only the min(m, n) columns and rows that belong to singular values. */
  readonly fullMatrices?: boolean
  /** With false the singular values alone; true by default. */
  readonly computeUv?: boolean
}

/** `svd` of a matrix: all factors, or the singular values alone. */
export interface Svd {
  (x: ArrayLike, options: SvdOptions & { readonly computeUv: false }): NdArray
  (x: ArrayLike, options?: SvdOptions & { readonly computeUv?: true }): readonly [u: NdArray, s: NdArray, vt: NdArray]
}

/**
 * The singular value decomposition A = U diag(s) Vᵀ of a matrix, or of each of a stack: the columns of U and the rows of Vᵀ are
 * orthonormal, the singular values descend. `jnp.linalg.svd`. The signs of a pair of singular vectors, and the bases that stand
 * for a repeated singular value, are arbitrary: a function of them has a meaning where it does not depend on these.
 *
 * The derivative of the factors divides by the gaps between singular values, and beyond the square by the values: it is NaN or
 * infinite where one is repeated or zero, as JAX's; that of the singular values is finite. A matrix with NaN or infinities gives
 * NaN. Throws DerivativeError for the derivative of the full factors of a matrix that is not square, as JAX does, and ShapeError
 * for fewer than two axes.
 *
 * @example
 * const [u, s, vt] = linalg.svd([[0, 2], [3, 0], [0, 0]])
 * s // [3, 2]
 * u.shape // [3, 3]
 * np.abs(vt) // [[1, 0], [0, 1]]
 */
export const svd: Svd = ((x: ArrayLike, options: SvdOptions = {}): NdArray | readonly NdArray[] => {
  checkOptions('svd', options, ['fullMatrices', 'computeUv'])
  const { fullMatrices = true, computeUv = true } = options
  if (!computeUv) return svdvals(x)
  const [s, u, vt] = bind(svdP, [matrices('svd', x)], { fullMatrices, computeUv })
  return [u, s, vt]
}) as Svd // its result follows from computeUv

/**
 * The singular values of a matrix, or of each of a stack, in descending order. `jnp.linalg.svdvals`. The gradient is finite, where
 * singular values are repeated or zero too. Throws ShapeError for fewer than two axes.
 *
 * @example
 * linalg.svdvals([[3, 0], [4, 5]]) // [6.7082, 2.2361]
 */
export const svdvals = (x: ArrayLike): NdArray => bind(svdP, [matrices('svdvals', x)], { fullMatrices: false, computeUv: false })[0]
