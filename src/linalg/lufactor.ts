import { foriLoop } from '../control/loops/whileloop.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { isInteger } from '../core/dtype.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { equalShapes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { arrayOf, expanded, promoteAll } from '../numpy/promote.js'
import { lu } from './lu.js'
import { aligned, isTransposed, squareOf, squares } from './square.js'
import { solveFactored } from './solve.js'

/** Packed factors L and U, and the pivots: row i was exchanged with row `pivots[i]`. */
export type LuFactors = readonly [packed: NdArray, pivots: NdArray]

/** Where each row comes from, after the exchanges one by one. */
const permutationOf = (pivots: NdArray): NdArray => {
  const axis = pivots.ndim - 1
  const rows = lax.iota('int32', pivots.shape, axis)
  if (pivots.shape[axis] < 2) return rows
  const over = (x: NdArray): NdArray => lax.broadcastInDim(x, pivots.shape, x.shape.map((_, i) => i))
  return foriLoop(0, pivots.shape[axis], (i, order: NdArray) => {
    const [here, there] = [lax.eq(rows, over(i)), lax.eq(rows, over(lax.dynamicIndexInDim(pivots, i, axis)))]
    const at = (mask: NdArray): NdArray => over(lax.reduceSum(lax.select(mask, order, lax.zerosLike(order)), [axis]))
    return lax.select(there, at(here), lax.select(here, at(there), order))
  }, rows)
}

/**
 * The LU factorisation of square matrices, for `luSolve`: packed factors and pivots (int32). `jax.scipy.linalg.lu_factor`; `lu`
 * gives the permutation too. Throws ShapeError for matrices that are not square.
 *
 * @example
 * const factors = luFactor([[3, 1], [1, 2]])
 * luSolve(factors, [9, 8]) // [2, 3]
 * luSolve(factors, [4, 3]) // [1, 1]
 */
export const luFactor = (a: ArrayLike): LuFactors => {
  const [packed, pivots] = lu(squares('luFactor', a))
  return [packed, pivots]
}

/** Which system is solved. */
export interface LuSolveOptions {
  /** 1: of the transpose. */
  readonly trans?: 0 | 1
}

/**
 * The solution of a x = b from the factors that `luFactor` made of a, for a vector or matrices; leading axes broadcast.
 * `jax.scipy.linalg.lu_solve`. Differentiated through the factors: `solve` takes less. Throws ShapeError as `solve` does, and
 * DTypeError for pivots that are not integers.
 *
 * @example
 * luSolve(luFactor([[3, 1], [0, 2]]), [6, 6], { trans: 1 }) // [2, 2]
 */
export const luSolve = (factors: readonly [packed: ArrayLike, pivots: ArrayLike], b: ArrayLike, options: LuSolveOptions = {}): NdArray => {
  checkOptions('luSolve', options, ['trans'])
  const { trans = 0 } = options
  const transposed = isTransposed('luSolve', trans)
  const [given, which] = checkList('luSolve', 'the pair that luFactor gives', factors)
  const [packed, rhs] = promoteAll('luSolve', [given, b], 'float')
  const pivots = arrayOf('luSolve', which)
  const { lead, rows } = squareOf('luSolve', packed)
  if (!isInteger(pivots.dtype)) throw new DTypeError('luSolve', 'integers as pivots', pivots)
  if (!equalShapes(pivots.shape, [...lead, rows])) throw new ShapeError('luSolve', 'a pivot for each row of the factors', [packed, pivots])
  const { right, lead: all, back } = aligned('luSolve', packed, rhs)
  const permutation = permutationOf(lax.convertElementType(pivots, 'int32'))
  return back(solveFactored(expanded(packed, [...all, rows, rows]), expanded(permutation, [...all, rows]), right, transposed))
}
