import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { bind1 } from '../core/trace.js'
import { reshaped } from '../lax/broadcast.js'
import * as lax from '../lax/index.js'
import { matmul } from '../numpy/products.js'
import { matrixTranspose } from '../numpy/shape.js'
import { identity, part, product, rowsOf, turned } from './dense.js'
import { singular } from './jacobi.js'
import { epsilon, factorEach, matrices, stackOf } from './stack.js'

/** Which singular values count. */
export interface CutoffParams {
  /** Those greater than this times the greatest one. */
  readonly cutoff: number
  /** Those equal to it too, if they are not zero. */
  readonly inclusive: boolean
}

/** How many of the descending singular values count. */
const rankOf = (s: Float64Array, { cutoff, inclusive }: CutoffParams): number => {
  const least = cutoff * s[0]
  let rank = 0
  while (rank < s.length && (s[rank] > least || (inclusive && s[rank] === least && least > 0))) rank++
  return rank
}

/** What solves least squares with one matrix. */
interface Solution {
  /** A⁺B. */
  readonly x: Float64Array
  readonly s: Float64Array
  readonly rank: number
}

/** A⁺B of an m × n matrix, which is overwritten, and an m × `width` matrix: V diag(1/s) Uᵀ B over the singular values that count. */
export const leastSquares = (
  matrix: Float64Array, rows: number, columns: number, b: Float64Array, width: number, params: CutoffParams
): Solution | undefined => {
  const factors = singular(matrix, rows, columns, true, false)
  if (factors === undefined) return undefined
  const [s, u, vt] = factors
  const rank = rankOf(s, params)
  const along = product(turned(part(rowsOf(u, s.length, 0, rows), 0, rows, 0, rank)), rowsOf(b, width, 0, rows))
  for (let p = 0; p < rank; p++) for (let i = p * width; i < (p + 1) * width; i++) along.data[i] /= s[p]
  return { x: product(turned(rowsOf(vt, columns, 0, rank)), along).data, s, rank }
}

/** Pseudoinverses. */
export const pinvP: Primitive<'pinv', CutoffParams> = {
  name: 'pinv',
  abstract([x]) {
    const { lead, rows, columns } = stackOf('pinv', x)
    return [reshaped(x, [...lead, columns, rows])]
  },
  impl([a], params, outs) {
    const { rows, columns } = stackOf('pinv', a.aval)
    return factorEach(a, outs, [-1], (matrix) => {
      const solution = leastSquares(matrix, rows, columns, identity(rows), rows, params)
      return solution === undefined ? undefined : [solution.x]
    })
  },
  // Golub & Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems (1973), (4.12)
  linearize([a], params) {
    const p = bind1(pinvP, [a], params)
    const pt = matrixTranspose(p)
    const push = (da: NdArray): NdArray => {
      const dat = matrixTranspose(da)
      const left = matmul(p, matmul(pt, lax.sub(dat, matmul(matmul(dat, a), p))))
      const right = matmul(matmul(lax.sub(dat, matmul(p, matmul(a, dat))), pt), p)
      return lax.sub(lax.add(left, right), matmul(p, matmul(da, p)))
    }
    return [[p], ([da]) => [da === null ? null : push(da)]]
  },
  batch: (_, operands, __, params) => [[bind1(pinvP, operands, params)], [true]]
}

/** Checks a relative tolerance. */
export const tolerance = (who: string, name: string, value: number): number => {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new ArgumentError(who, `a number as ${name}`, quoted(value))
  return value
}

/** Which singular values count as zero. */
export interface RankOptions {
  /** Those not greater than `rtol` times the greatest one. */
  readonly rtol?: number
}

/**
 * The Moore–Penrose pseudoinverse of a matrix, or of each of a stack: V diag(1/s) Uᵀ over the singular values greater than `rtol`,
 * by default 10 max(m, n) ε, times the greatest one. `jnp.linalg.pinv`. It solves least squares: `pinv(a) b` is the shortest x that
 * minimises ‖Ax − b‖ (which `lstsq` computes more accurately).
 *
 * The derivative is that at constant rank (Golub & Pereyra, 1973): it is finite where singular values are repeated or zero, but
 * the pseudoinverse jumps where the rank changes. Throws ShapeError for fewer than two axes, ArgumentError for a tolerance that is
 * no number.
 *
 * @example
 * linalg.pinv([[1, 0], [0, 2], [0, 0]]) // [[1, 0, 0], [0, 0.5, 0]]
 */
export const pinv = (x: ArrayLike, options: RankOptions = {}): NdArray => {
  checkOptions('pinv', options, ['rtol'])
  const a = matrices('pinv', x)
  const { rows, columns, dtype } = stackOf('pinv', a)
  const cutoff = tolerance('pinv', 'rtol', options.rtol ?? 10 * Math.max(rows, columns) * epsilon(dtype))
  return bind1(pinvP, [a], { cutoff, inclusive: false })
}
