import type { ArrayLike, NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { broadcastShapes, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded, widen } from '../numpy/promote.js'
import { matrixTranspose } from '../numpy/shape.js'
import { checkMatrix, stackOf, type Stack } from './stack.js'

/** Throws ShapeError for anything but stacks of square matrices. */
export const checkSquare = (who: string, x: Aval): void => {
  checkMatrix(who, x)
  const [rows, columns] = x.shape.slice(-2)
  if (rows !== columns) throw new ShapeError(who, 'square matrices', x)
}

/** The sizes of a stack of square matrices. Throws ShapeError for others, DTypeError for other numbers than floats. */
export const squareOf = (who: string, x: Aval): Stack => {
  checkSquare(who, x)
  return stackOf(who, x)
}

/** What stands for a stack of square matrices: integers become float32. Throws ShapeError for others. */
export const squares = (who: string, x: ArrayLike): NdArray => {
  const array = widen(who, x, 'float')
  squareOf(who, array)
  return array
}

/** The mean of matrices and their transposes. */
export const symmetrized = (x: NdArray): NdArray => lax.mul(lax.add(x, matrixTranspose(x)), 0.5)

/** Many right-hand sides as one, and the way back for the solution, which may have other sizes along the axis that is left alone. */
export interface Joined {
  readonly b: NdArray
  readonly back: (x: NdArray) => NdArray
}

/**
 * The first `count` axes of a stack of right-hand sides laid beside its columns, or below its rows: systems that differ in
 * nothing but that become one with as many right-hand sides.
 */
export const joined = (b: NdArray, count: number, beside: 'columns' | 'rows'): Joined => {
  const axes = b.shape.map((_, i) => i)
  const end = b.ndim - (beside === 'columns' ? 1 : 2)
  const order = [...axes.slice(count, end), ...axes.slice(0, count), ...axes.slice(end)]
  const moved = lax.transpose(b, order)
  const [width, ...rest] = b.shape.slice(end)
  const shape = [...b.shape.slice(count, end), sizeOf(b.shape.slice(0, count)) * width, ...rest]
  return {
    b: lax.reshape(moved, shape),
    back: (x) => {
      const own = [...x.shape.slice(0, end - count), ...moved.shape.slice(end - count, end + 1), ...x.shape.slice(end - count + 1)]
      return lax.transpose(lax.reshape(x, own), order.map((_, i) => order.indexOf(i)))
    }
  }
}

/** A right-hand side as a stack of matrices. */
export interface Aligned {
  readonly right: NdArray
  /** Its leading axes: those of the matrices, broadcast, or none. */
  readonly lead: Shape
  readonly back: (x: NdArray) => NdArray
}

/**
 * Whatever stands for a right-hand side of systems with square matrices: a vector, or matrices with as many rows, whose leading
 * axes broadcast. Throws ShapeError for others.
 */
export const aligned = (who: string, a: NdArray, b: NdArray): Aligned => {
  const { lead, rows } = squareOf(who, a.aval)
  const columns = b.ndim === 1 ? lax.expandDims(b, [1]) : b
  const outer = columns.shape.slice(0, -2)
  if (columns.ndim < 2 || columns.shape[outer.length] !== rows) {
    throw new ShapeError(who, 'as many rows on the right-hand side as in the matrix', [a, b])
  }
  const shaped = (x: NdArray): NdArray => (b.ndim === 1 ? lax.squeeze(x, [x.ndim - 1]) : x)
  if (lead.length === 0 && outer.length > 0) {
    const { b: right, back } = joined(columns, outer.length, 'columns')
    return { right, lead, back: (x) => shaped(back(x)) }
  }
  const all = broadcastShapes(who, [lead, outer])
  return { right: expanded(columns, [...all, ...columns.shape.slice(-2)]), lead: all, back: shaped }
}

/** What 0 and 1 say for `trans`: a system, or that of the transpose. */
export const isTransposed = (who: string, trans: 0 | 1): boolean => {
  if (Object.is(trans, 0) || Object.is(trans, 1)) return trans === 1
  throw new ArgumentError(who, 'trans 0 or 1', quoted(trans))
}
