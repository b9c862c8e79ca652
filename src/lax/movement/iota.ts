import { wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, isDType, type DType } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { checkShape, normalAxis, sizeOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'

export interface IotaParams {
  readonly dtype: DType
  readonly shape: Shape
  readonly dimension: number
}

/** Positions along an axis. It has no operands, so that it is never differentiated nor batched. */
export const iotaP: Primitive<'iota', IotaParams> = {
  name: 'iota',
  abstract(_, { dtype, shape, dimension }) {
    if (!isDType(dtype) || dtype === 'bool') throw new DTypeError('iota', 'a dtype of numbers', dtype)
    checkShape('iota', shape)
    if (shape.length === 0) throw new ShapeError('iota', 'a shape with at least one axis', [...shape])
    normalAxis('iota', dimension, shape.length)
    return [{ shape, dtype, weak: false }]
  },
  impl(_, { dtype, shape, dimension }, [out]) {
    const data = allocate(dtype, sizeOf(shape))
    const size = shape[dimension]
    const inner = sizeOf(shape.slice(dimension + 1))
    const period = size * inner
    for (let i = 0; i < size && data.length > 0; i++) data.fill(i, i * inner, (i + 1) * inner)
    for (let done = period; done < data.length; done *= 2) data.copyWithin(done, 0, Math.min(done, data.length - done))
    return [wrap(out, data)]
  },
  batch: (_, __, ___, params) => [[bind1(iotaP, [], params)], [false]]
}

/**
 * Every element is its position along one axis, the leading one unless `dimension` says otherwise; a number for the shape
 * is the length of a vector. JAX's `lax.iota` and `lax.broadcasted_iota`. Throws ShapeError for scalars, DTypeError for bool.
 *
 * @example
 * lax.iota('int32', 3) // [0, 1, 2]
 * lax.iota('int32', [2, 3], 1) // [[0, 1, 2], [0, 1, 2]]
 */
export const iota = (dtype: DType, shape: number | Shape, dimension = 0): NdArray => {
  const axes = checkShape('iota', typeof shape === 'number' ? [shape] : shape)
  return bind1(iotaP, [], { dtype, shape: axes, dimension: dimension === 0 ? 0 : normalAxis('iota', dimension, axes.length) })
}
