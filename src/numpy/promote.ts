import { elementOf, fromList, fromScalar, fromTyped, isArray } from '../array/ndarray.js'
import type { ArrayLike, NdArray, NestedList } from '../core/array.js'
import { checkDType, coerce, isFloat, isInteger, type DType } from '../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.js'
import { withName } from '../core/name.js'
import { join, promote, type Promoted } from '../core/promotion.js'
import { broadcastShapes, equalShapes, range, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'

/*
 * What stands between the strict operations of `lax` and the convenience of NumPy: bare values become arrays, dtypes are
 * promoted by JAX's lattice, shapes are broadcast by explicit copies.
 */

/** Lists that may hold arrays, traced ones too, besides numbers. */
export type Nested = ArrayLike | readonly Nested[]

const holdsArray = (x: unknown): boolean => isArray(x) || (Array.isArray(x) && x.some(holdsArray))

/** A list some of whose items are arrays: each item as an array, promoted, along a new leading axis. */
const stacked = (who: string, items: readonly Nested[], dtype?: DType): NdArray => {
  const arrays = promoteAll(who, items.map((item) => arrayOf(who, item, dtype)))
  const [first] = arrays
  arrays.forEach((x, i) => {
    if (!equalShapes(x.shape, first.shape)) throw new ShapeError(who, `items of the shape [${first.shape.join(',')}] of the first`, x, [i])
  })
  return lax.concatenate(arrays.map((x) => lax.expandDims(x, [0])), 0)
}

/** Anything that stands for an array as an array. A bare number is weak unless a dtype is given. */
export const arrayOf = (who: string, x: Nested, dtype?: DType): NdArray => {
  if (isArray(x)) return dtype === undefined || x.dtype === dtype ? x : lax.convertElementType(x, dtype)
  if (typeof x === 'number') return dtype === undefined ? fromScalar(x) : lax.full([], elementOf(who, dtype, x), dtype)
  if (ArrayBuffer.isView(x)) {
    const vector = fromTyped(who, x)
    return dtype === undefined || vector.dtype === dtype ? vector : lax.convertElementType(vector, dtype)
  }
  if (Array.isArray(x) && holdsArray(x)) return stacked(who, x as readonly Nested[], dtype)
  return fromList(who, x as NestedList, dtype) // no arrays are in it; what else is wrong with it, fromList says
}

/**
 * Anything that stands for an array (a number, a boolean, nested lists, a typed array) as an array; arrays pass unchanged.
 * A bare number becomes a weak float32 scalar, lists of numbers float32, lists of booleans bool, unless a dtype is given.
 * `jnp.asarray`. Throws ShapeError for ragged lists and ArgumentError for what is no array.
 *
 * @example
 * np.asArray([[1, 2], [3, 4]]).shape // [2, 2]
 * np.asArray(new Int32Array([1, 2])).dtype // int32
 */
export const asArray = (x: Nested, dtype?: DType): NdArray =>
  arrayOf('asArray', x, dtype === undefined ? undefined : checkDType('asArray', dtype))

/** The array with elements of another dtype: `lax.convertElementType`, keeping weakness where asked. */
const converted = (x: NdArray, type: Promoted): NdArray =>
  x.dtype === type.dtype ? x : lax.convertElementType(x, type.dtype, type.weak)

/** A bare number in the dtype of the arrays it meets. Throws ArgumentError where an integer dtype does not hold it. */
const numberAs = (who: string, x: number, type: Promoted): NdArray => {
  if (isInteger(type.dtype) && coerce(type.dtype, x) !== x) throw new ArgumentError(who, `a number that ${type.dtype} can hold`, x)
  return lax.full([], x, type.dtype, type.weak)
}

const weakFloat: Promoted = { dtype: 'float32', weak: true }

/** What an operation makes of its operands' common dtype: floats of integers, integers of booleans, or nothing. */
export type Widening = 'any' | 'number' | 'float'

const widened = (type: Promoted, widening: Widening): Promoted => {
  if (widening === 'float' && !isFloat(type.dtype)) return { dtype: 'float32', weak: type.weak }
  if (widening === 'number' && type.dtype === 'bool') return { dtype: 'int32', weak: type.weak }
  return type
}

/** The common type of arrays and bare numbers: an integer yields to integer arrays, any other number is a weak float. */
const commonType = (values: readonly (NdArray | number)[]): Promoted => {
  const arrays: Promoted[] = []
  let integers = true
  let numbers = false
  for (const x of values) {
    if (typeof x !== 'number') arrays.push(x)
    else {
      numbers = true
      integers = integers && Number.isInteger(x)
    }
  }
  if (arrays.length === 0) return weakFloat
  const type = promote(arrays)
  return !numbers || isFloat(type.dtype) || (integers && isInteger(type.dtype)) ? type : join(type, weakFloat)
}

/** The operands as arrays of their common dtype. */
export const promoteAll = (who: string, operands: readonly ArrayLike[], widening: Widening = 'any'): readonly NdArray[] => {
  const values = operands.map((x) => (typeof x === 'number' ? x : arrayOf(who, x)))
  const type = widened(commonType(values), widening)
  return values.map((x) => (typeof x === 'number' ? numberAs(who, x, type) : converted(x, type)))
}

/** The array with copies along new leading axes and along axes of size 1. The shapes are known to fit. */
export const expanded = (x: NdArray, shape: Shape): NdArray =>
  equalShapes(x.shape, shape) ? x : lax.broadcastInDim(x, shape, range(x.ndim, shape.length - x.ndim))

/** The array with copies, so that it has the shape. Throws ShapeError if it does not broadcast to it. */
export const spread = (who: string, x: NdArray, shape: Shape): NdArray => {
  const offset = shape.length - x.ndim
  if (offset < 0 || x.shape.some((size, i) => size !== 1 && size !== shape[offset + i])) {
    throw new ShapeError(who, `an array that broadcasts to [${shape.join(',')}]`, x)
  }
  return expanded(x, shape)
}

/** Values in the dtype of an array that they enter. Throws DTypeError or ArgumentError where that would lose something. */
export const valuesIn = (who: string, x: NdArray, values: ArrayLike): NdArray => {
  if (typeof values === 'number' && x.dtype !== 'bool') return numberAs(who, values, { dtype: x.dtype, weak: false })
  const array = arrayOf(who, values)
  if (join(x, array).dtype !== x.dtype) throw new DTypeError(who, `values that ${x.dtype} can hold`, array)
  return array.dtype === x.dtype ? array : lax.convertElementType(array, x.dtype)
}

/** The operands as arrays of their common dtype and shape. */
export const alignAll = (who: string, operands: readonly ArrayLike[], widening: Widening = 'any'): readonly NdArray[] => {
  const arrays = promoteAll(who, operands, widening)
  const shape = broadcastShapes(who, arrays.map((x) => x.shape))
  return arrays.map((x) => expanded(x, shape))
}

const settled = (dtype: DType, widening: Widening): boolean =>
  widening === 'any' || isFloat(dtype) || (widening === 'number' && dtype !== 'bool')

/** An operand of the dtype that the operation wants. */
export const widen = (who: string, x: ArrayLike, widening: Widening): NdArray => {
  const array = arrayOf(who, x)
  return settled(array.dtype, widening) ? array : converted(array, widened(array, widening))
}

/** A function of one array. Transforms take the last signature for its type, so that `grad(np.sin)` is of arrays. */
export interface Unary {
  (x: ArrayLike): NdArray
  (x: NdArray): NdArray
}

/** A function of two arrays that are promoted and broadcast together. The last signature is for transforms, as in `Unary`. */
export interface Binary {
  (x: ArrayLike, y: ArrayLike): NdArray
  (x: NdArray, y: NdArray): NdArray
}

/** A strict elementwise operation as one that takes anything for an array. */
export const unary = (who: string, f: (x: NdArray) => NdArray, widening: Widening = 'float'): Unary =>
  withName(who, (x: ArrayLike) => f(widen(who, x, widening)))

/** A strict elementwise operation of two operands as one that promotes and broadcasts. */
export const binary = (who: string, f: (x: NdArray, y: NdArray) => NdArray, widening: Widening = 'any'): Binary =>
  withName(who, (x: ArrayLike, y: ArrayLike) => {
    // The usual cases first: eager operations take microseconds.
    if (isArray(x)) {
      if (typeof y === 'number') {
        if (isFloat(x.dtype)) return f(x, lax.fullLike(x, y))
      } else if (isArray(y) && x.dtype === y.dtype && equalShapes(x.shape, y.shape) && settled(x.dtype, widening)) return f(x, y)
    } else if (typeof x === 'number' && isArray(y) && isFloat(y.dtype)) return f(lax.fullLike(y, x), y)
    const [a, b] = alignAll(who, [x, y], widening)
    return f(a, b)
  })

/** The array as numbers that can be summed: booleans become int32. */
export const countable = (x: NdArray): NdArray => (x.dtype === 'bool' ? lax.convertElementType(x, 'int32') : x)
