import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, byteSize, checkDType, type DType } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { sizeOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { primitive } from '../rule.js'

export interface BitcastParams {
  readonly newDtype: DType
}

/** The shape after the cast: elements that are split make a new last axis, the last axis disappears if it is joined. */
const cast = (shape: Shape, from: number, to: number): Shape => {
  if (from === to) return shape
  if (from > to) return [...shape, from / to]
  if (shape.at(-1) !== to / from) {
    throw new ShapeError('bitcastConvertType', `a last axis of ${to / from}, as elements are joined`, [...shape])
  }
  return shape.slice(0, -1)
}

/** The same bytes as elements of another dtype. */
export const bitcastConvertTypeP: Primitive<'bitcast_convert_type', BitcastParams> = primitive('bitcast_convert_type', {
  abstract([x], { newDtype }) {
    checkDType('bitcastConvertType', newDtype)
    if ((x.dtype === 'bool') !== (newDtype === 'bool')) {
      throw new DTypeError('bitcastConvertType', 'two dtypes of numbers, or bool twice', `${x.dtype} and ${newDtype}`)
    }
    return { shape: cast(x.shape, byteSize(x.dtype), byteSize(newDtype)), dtype: newDtype, weak: false }
  },
  impl([x], _, out) {
    const data = dataOf(x)
    const result = allocate(out.dtype, sizeOf(out.shape))
    new Uint8Array(result.buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return wrap(out, result)
  },
  batch(_, [x], __, params) {
    cast(x.shape.slice(1), byteSize(x.dtype), byteSize(params.newDtype)) // the mapped axis must not be taken for parts
    return bind1(bitcastConvertTypeP, [x], params)
  }
})

/**
 * The bits of the elements read as another dtype. Where that is narrower its elements make a new last axis, low ones
 * first; where it is wider the last axis holds the parts and disappears. Nothing is differentiable.
 * JAX's `lax.bitcast_convert_type`. Throws DTypeError for booleans as numbers, ShapeError for a last axis of another size.
 *
 * @example
 * lax.bitcastConvertType(np.array([1, -2]), 'uint32') // [1065353216, 3221225472]
 * lax.bitcastConvertType(lax.full([], 258, 'uint32'), 'uint8') // [2, 1, 0, 0]
 */
export const bitcastConvertType = (x: NdArray, dtype: DType): NdArray =>
  checkArray('bitcastConvertType', x).dtype === dtype && !x.weak ? x : bind1(bitcastConvertTypeP, [x], { newDtype: dtype })
