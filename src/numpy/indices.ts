import { dataOf, fromList, isArray, wrap } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { isInteger } from '../core/dtype.js'
import { ArgumentError, DTypeError } from '../core/errors.js'
import { isTracer } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { arrayOf } from './promote.js'

/**
 * Positions as an array of int32. Bare numbers and lists must be integers; arrays must have an integer dtype.
 * Throws DTypeError for floating arrays, ArgumentError for numbers that are no integers.
 */
export const indicesOf = (who: string, x: ArrayLike): NdArray => {
  if (isArray(x) || ArrayBuffer.isView(x)) {
    const array = arrayOf(who, x)
    if (!isInteger(array.dtype)) throw new DTypeError(who, "integer indices (np.array([0, 2], { dtype: 'int32' }))", array)
    return array.dtype === 'int32' ? array : lax.convertElementType(array, 'int32')
  }
  const list = typeof x === 'number' ? arrayOf(who, x, 'float64') : fromList(who, x, 'float64')
  const data = dataOf(list)
  const wrong = data.find((value) => value !== (value | 0))
  if (wrong !== undefined) throw new ArgumentError(who, 'integer indices', wrong)
  return wrap({ shape: list.shape, dtype: 'int32', weak: false }, Int32Array.from(data))
}

/** Negative positions (int32) counted from the end of an axis. Known ones are counted at once, traced ones by operations. */
export const fromFront = (indices: NdArray, size: number): NdArray => {
  if (isTracer(indices)) return lax.select(lax.lt(indices, 0), lax.add(indices, size), indices)
  const data = dataOf(indices)
  return data.some((i) => i < 0) ? wrap(indices.aval, Int32Array.from(data, (i) => (i < 0 ? i + size : i))) : indices
}
