import type { ArrayLike, NdArray } from '../core/array.js'
import { DerivativeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { reshaped } from '../lax/broadcast.js'
import * as lax from '../lax/index.js'
import { tril, triu } from '../numpy/matrix.js'
import { checkWord } from '../numpy/options.js'
import { matmul } from '../numpy/products.js'
import { matrixTranspose } from '../numpy/shape.js'
import { firstColumns, triangularize } from './householder.js'
import { factorEach, matrices, stackOf } from './stack.js'
import { triangularSolve } from './triangular.js'

export interface QrParams {
  /** Q square and R of the shape of the matrix, rather than only the columns and rows that its product needs. */
  readonly fullMatrices: boolean
}

/** The first columns of each matrix. */
const leading = (x: NdArray, count: number): NdArray => lax.sliceInDim(x, 0, count, 1, x.ndim - 1)

/** Orthonormal columns and an upper triangle whose product is the matrix, by Householder's reflections. */
export const qrP: Primitive<'qr', QrParams> = {
  name: 'qr',
  abstract([x], { fullMatrices }) {
    const { lead, rows, columns } = stackOf('qr', x)
    const size = fullMatrices ? rows : Math.min(rows, columns)
    return [reshaped(x, [...lead, rows, size]), reshaped(x, [...lead, size, columns])]
  },
  impl([x], _, outs) {
    const { rows, columns } = stackOf('qr', x.aval)
    const size = outs[0].shape[x.ndim - 1]
    return factorEach(x, outs, [0, 1], (matrix) => {
      const reflections = triangularize(matrix, rows, columns)
      const q = firstColumns(reflections, rows, size)
      for (let i = 1; i < size; i++) matrix.fill(0, i * columns, i * columns + Math.min(i, columns))
      return [q, matrix.subarray(0, size * columns)]
    })
  },
  /*
   * With dA = dQ R + Q dR, Ω = QᵀdQ is antisymmetric and dR R⁻¹ is upper triangular: below the diagonal Ω is QᵀdA R⁻¹. A wide
   * matrix has its Q from its first columns (Walter & Lehmann, Algorithmic differentiation of linear algebra functions, 2010).
   */
  linearize([x], params) {
    const { rows, columns } = stackOf('qr', x.aval)
    if (params.fullMatrices && rows > columns) {
      throw new DerivativeError('qr', "mode 'reduced' where there are more rows than columns", 'the derivative of the complete factors')
    }
    const [q, r] = bind(qrP, [x], params)
    const size = Math.min(rows, columns)
    const corner = leading(r, size)
    const timesInverse = (y: NdArray): NdArray => triangularSolve(corner, y, { leftSide: false })
    const push = (d: NdArray): readonly NdArray[] => {
      const inside = matmul(matrixTranspose(q), d)
      const below = tril(timesInverse(leading(inside, size)), { k: -1 })
      const turn = lax.sub(below, matrixTranspose(below))
      const turned = matmul(q, turn)
      return [
        rows > columns ? lax.add(turned, timesInverse(lax.sub(d, matmul(q, inside)))) : turned,
        triu(lax.sub(inside, matmul(turn, r)))
      ]
    }
    return [[q, r], ([d]) => (d === null ? [null, null] : push(d))]
  },
  batch: (_, operands, __, params) => [bind(qrP, operands, params), [true, true]]
}

/** Which factors `qr` gives. */
export interface QrOptions {
  /** `reduced` (the default): Q is m × min(m, n) and R min(m, n) × n; `complete`: Q is m × m and R m × n; `r`: R alone. */
  readonly mode?: 'reduced' | 'complete' | 'r'
}

/** `qr` of a matrix: both factors, or R alone. */
export interface Qr {
  (x: ArrayLike, options: QrOptions & { readonly mode: 'r' }): NdArray
  (x: ArrayLike, options?: { readonly mode?: 'reduced' | 'complete' }): readonly [q: NdArray, r: NdArray]
}

/**
 * The matrix, or each of a stack, as A = QR: the columns of Q are orthonormal, R is zero below the diagonal. `jnp.linalg.qr`,
 * with the signs of LAPACK (those of the diagonal of R are not fixed).
 *
 * The derivative exists where the first min(m, n) columns are independent, of wide matrices too; elsewhere it is NaN, infinite, or
 * as great as rounding makes 1/0. A matrix with NaN or infinities gives NaN. Throws DerivativeError for the derivative of the complete
 * factors of a matrix with more rows than columns (the columns of Q that are added are arbitrary), and ShapeError for fewer than
 * two axes.
 *
 * @example
 * const [q, r] = linalg.qr([[3, 1], [4, 2]])
 * q // [[-0.6, -0.8], [-0.8, 0.6]]
 * r // [[-5, -2.2], [0, 0.4]]
 */
export const qr: Qr = ((x: ArrayLike, options: QrOptions = {}): NdArray | readonly [q: NdArray, r: NdArray] => {
  checkOptions('qr', options, ['mode'])
  const mode = checkWord('qr', 'a mode', ['reduced', 'complete', 'r'], options.mode ?? 'reduced')
  const [q, r] = bind(qrP, [matrices('qr', x)], { fullMatrices: mode === 'complete' })
  return mode === 'r' ? r : [q, r]
}) as Qr // its result follows from the mode
