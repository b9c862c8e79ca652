import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkList } from '../core/options.js'
import { eye } from '../numpy/matrix.js'
import { checkInteger } from '../numpy/options.js'
import { matmul } from '../numpy/products.js'
import { arrayOf, expanded, promoteAll } from '../numpy/promote.js'
import { inv } from './solve.js'
import { checkSquare } from './square.js'

/** A positive power, by squaring. */
const power = (x: NdArray, n: number): NdArray => {
  if (n === 1) return x
  const half = power(x, Math.floor(n / 2))
  const square = matmul(half, half)
  return n % 2 === 0 ? square : matmul(square, x)
}

/**
 * Square matrices, `[..., n, n]`, to an integer power: the identity to the power 0, the inverse to negative ones. Integers stay
 * integers, unless they are inverted. `jnp.linalg.matrix_power`. Throws ShapeError for matrices that are not square, ArgumentError
 * for other powers.
 *
 * @example
 * matrixPower([[1, 1], [1, 0]], 10) // [[89, 55], [55, 34]]
 */
export const matrixPower = (a: ArrayLike, n: number): NdArray => {
  checkInteger('matrixPower', 'power', n)
  const matrix = arrayOf('matrixPower', a)
  checkSquare('matrixPower', matrix.aval)
  if (n === 0) return expanded(eye(matrix.shape[matrix.ndim - 1], { dtype: matrix.dtype }), matrix.shape)
  return power(n < 0 ? inv(matrix) : matrix, Math.abs(n))
}

/** For each part `[i, j)` of a chain of matrices the number of multiplications, and where it is split, in the best order. */
const bestSplits = (sizes: readonly number[]): readonly (readonly number[])[] => {
  const count = sizes.length - 1
  const cost = sizes.map(() => new Array<number>(sizes.length).fill(0))
  const split = sizes.map(() => new Array<number>(sizes.length).fill(0))
  for (let length = 2; length <= count; length++) {
    for (let i = 0; i + length <= count; i++) {
      const j = i + length
      cost[i][j] = Infinity
      for (let k = i + 1; k < j; k++) {
        const total = cost[i][k] + cost[k][j] + sizes[i] * sizes[k] * sizes[j]
        if (total >= cost[i][j]) continue
        cost[i][j] = total
        split[i][j] = k
      }
    }
  }
  return split
}

/**
 * The product of matrices in the order that takes the fewest multiplications. The first and the last may be vectors.
 * `jnp.linalg.multi_dot`. Throws ArgumentError for fewer than two, ShapeError with the position where sizes do not agree.
 *
 * @example
 * multiDot([[[1, 2], [3, 4]], [[1, 0], [0, 2]], [1, 1]]) // [5, 11]
 */
export const multiDot = (list: readonly ArrayLike[]): NdArray => {
  const last = checkList('multiDot', 'a list of matrices', list).length - 1
  if (last < 1) throw new ArgumentError('multiDot', 'at least two matrices', list.length)
  const arrays = promoteAll('multiDot', list.map((x) => arrayOf('multiDot', x)))
  arrays.forEach((x, i) => {
    if (x.ndim === 2 || (x.ndim === 1 && (i === 0 || i === last))) return
    throw new ShapeError('multiDot', 'matrices (vectors at the ends)', x, [i])
  })
  arrays.slice(1).forEach((x, i) => {
    const before = arrays[i]
    if (before.shape[before.ndim - 1] !== x.shape[0]) throw new ShapeError('multiDot', 'sizes that agree', [before, x], [i + 1])
  })
  const width = arrays[last].ndim === 1 ? 1 : arrays[last].shape[1]
  const splits = bestSplits([arrays[0].ndim === 1 ? 1 : arrays[0].shape[0], ...arrays.slice(1).map((x) => x.shape[0]), width])
  const part = (i: number, j: number): NdArray =>
    j === i + 1 ? arrays[i] : matmul(part(i, splits[i][j]), part(splits[i][j], j))
  return part(0, arrays.length)
}
