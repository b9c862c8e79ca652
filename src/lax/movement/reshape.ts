import { checkArray, share } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { ShapeError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import type { Primitive } from '../../core/primitive.js'
import { checkShape, equalShapes, normalAxes, range, sizeOf, without, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastInDim, reshaped } from '../broadcast.js'
import { primitive } from '../rule.js'

/*
 * Other shapes for the same elements, in the same order.
 */

export interface ReshapeParams {
  readonly newSizes: Shape
}

/** The same elements in row-major order, in another shape. */
export const reshapeP: Primitive<'reshape', ReshapeParams> = primitive<'reshape', ReshapeParams>('reshape', {
  abstract([x], { newSizes }) {
    checkShape('reshape', newSizes)
    const size = sizeOf(newSizes)
    if (size !== sizeOf(x.shape)) throw new ShapeError('reshape', `an array of ${size} elements for the shape [${newSizes.join(',')}]`, x)
    return reshaped(x, newSizes)
  },
  impl: ([x], _, out) => share(out, x),
  rules: ['linear'],
  transpose: [(ct, [x]) => reshape(ct, x.aval.shape)],
  batch: (size, [x], _, { newSizes }) => bind1(reshapeP, [x], { newSizes: [size, ...newSizes] })
})

/**
 * The same elements in row-major order, in another shape of as many elements. JAX's `lax.reshape`.
 * Throws ShapeError where the number of elements differs; sizes are all given, −1 is none (`np.reshape` infers it).
 *
 * @example
 * lax.reshape(np.array([[1, 2, 3], [4, 5, 6]]), [3, 2]) // [[1, 2], [3, 4], [5, 6]]
 */
export const reshape = (x: NdArray, shape: Shape): NdArray => {
  const newSizes = checkShape('reshape', shape)
  return equalShapes(checkArray('reshape', x).shape, newSizes) ? x : bind1(reshapeP, [x], { newSizes })
}

export interface DimensionsParams {
  /** Axes, counted from the front. */
  readonly dimensions: readonly number[]
}

/** Axes of size 1 disappear. */
export const squeezeP: Primitive<'squeeze', DimensionsParams> = primitive<'squeeze', DimensionsParams>('squeeze', {
  abstract([x], { dimensions }) {
    const axes = normalAxes('squeeze', dimensions, x.shape.length)
    for (const axis of axes) if (x.shape[axis] !== 1) throw new ShapeError('squeeze', `size 1 along axis ${axis}`, x)
    return reshaped(x, without(x.shape, axes))
  },
  impl: ([x], _, out) => share(out, x),
  rules: ['linear'],
  transpose: [(ct, [x]) => reshape(ct, x.aval.shape)],
  batch: (_, [x], __, { dimensions }) => bind1(squeezeP, [x], { dimensions: dimensions.map((axis) => axis + 1) })
})

/**
 * The array without some of its axes of size 1. JAX's `lax.squeeze`. Throws ShapeError for axes of another size.
 *
 * @example
 * lax.squeeze(np.array([[1, 2, 3]]), [0]) // [1, 2, 3]
 */
export const squeeze = (x: NdArray, axes: readonly number[]): NdArray =>
  checkList('squeeze', 'a list of axes', axes).length === 0
    ? checkArray('squeeze', x)
    : bind1(squeezeP, [x], { dimensions: normalAxes('squeeze', axes, checkArray('squeeze', x).ndim) })

/**
 * The array with new axes of size 1, at the given positions of the result. JAX's `lax.expand_dims`.
 * Throws ShapeError for positions out of range or repeated.
 *
 * @example
 * lax.expandDims(np.array([1, 2, 3]), [0]) // [[1, 2, 3]]
 */
export const expandDims = (x: NdArray, axes: readonly number[]): NdArray => {
  checkArray('expandDims', x)
  if (checkList('expandDims', 'a list of axes', axes).length === 0) return x
  const rank = x.ndim + axes.length
  const kept = without(range(rank), normalAxes('expandDims', axes, rank))
  const shape = new Array<number>(rank).fill(1)
  kept.forEach((to, from) => (shape[to] = x.shape[from]))
  return broadcastInDim(x, shape, kept)
}
