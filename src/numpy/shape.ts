import type { ArrayLike, NdArray } from '../core/array.js'
import { checkDType, type DType } from '../core/dtype.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkList } from '../core/options.js'
import { broadcastShapes, checkShape, normalAxes, normalAxis, range, sizeOf, without, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { arrayOf, expanded, spread } from './promote.js'

/*
 * The same elements in other shapes.
 */

/** The shape with one size of −1 worked out. */
const completed = (x: NdArray, shape: Shape): Shape => {
  const open = checkList('reshape', 'a shape, a list of sizes such as [2, 3]', shape).indexOf(-1)
  if (open < 0) return checkShape('reshape', shape)
  const rest = without(shape, [open])
  const known = sizeOf(checkShape('reshape', rest))
  if (known === 0 || x.size % known !== 0) {
    throw new ShapeError('reshape', `a number of elements that [${shape.join(',')}] divides`, x)
  }
  return shape.with(open, x.size / known)
}

/**
 * The elements, in row-major order, in another shape; one size may be −1, and follows from the others. `jnp.reshape`.
 * Throws ShapeError if the sizes do not fit.
 *
 * @example
 * np.reshape([1, 2, 3, 4, 5, 6], [2, -1]) // [[1, 2, 3], [4, 5, 6]]
 */
export const reshape = (x: ArrayLike, shape: Shape | number): NdArray => {
  const array = arrayOf('reshape', x)
  return lax.reshape(array, completed(array, typeof shape === 'number' ? [shape] : shape))
}

/**
 * The elements, in row-major order, as a vector. `jnp.ravel`.
 *
 * @example
 * np.ravel([[1, 2], [3, 4]]) // [1, 2, 3, 4]
 */
export const ravel = (x: ArrayLike): NdArray => reshape(x, [-1])

/**
 * The axes in another order, reversed by default. `jnp.transpose`.
 *
 * @example
 * np.transpose([[1, 2, 3], [4, 5, 6]]) // [[1, 4], [2, 5], [3, 6]]
 * np.transpose(np.zeros([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 */
export const transpose = (x: ArrayLike, axes?: readonly number[]): NdArray => {
  const array = arrayOf('transpose', x)
  return lax.transpose(array, axes ?? range(array.ndim).toReversed())
}

/** The last two axes exchanged. `jnp.matrix_transpose`. Throws ShapeError for fewer than two axes. */
export const matrixTranspose = (x: ArrayLike): NdArray => {
  const array = arrayOf('matrixTranspose', x)
  if (array.ndim < 2) throw new ShapeError('matrixTranspose', 'at least two axes', array)
  return swapaxes(array, -1, -2)
}

/** Two axes exchanged. `jnp.swapaxes`. */
export const swapaxes = (x: ArrayLike, axis1: number, axis2: number): NdArray => {
  const array = arrayOf('swapaxes', x)
  const [a, b] = [normalAxis('swapaxes', axis1, array.ndim), normalAxis('swapaxes', axis2, array.ndim)]
  return lax.transpose(array, range(array.ndim).with(a, b).with(b, a))
}

/**
 * Axes moved to other places; the rest keep their order. `jnp.moveaxis`.
 *
 * @example
 * np.moveaxis(np.zeros([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export const moveaxis = (x: ArrayLike, source: number | readonly number[], destination: number | readonly number[]): NdArray => {
  const array = arrayOf('moveaxis', x)
  const from = normalAxes('moveaxis', source, array.ndim)
  const to = normalAxes('moveaxis', destination, array.ndim)
  if (from.length !== to.length) throw new ArgumentError('moveaxis', `${from.length} destinations`, to)
  const order = [...without(range(array.ndim), from)]
  const pairs = to.map((place, i) => [place, from[i]] as const).sort(([a], [b]) => a - b)
  for (const [place, axis] of pairs) order.splice(place, 0, axis)
  return lax.transpose(array, order)
}

/**
 * New axes of size 1, at these places of the result. `jnp.expand_dims`.
 *
 * @example
 * np.expandDims([1, 2], 0) // [[1, 2]]
 */
export const expandDims = (x: ArrayLike, axis: number | readonly number[]): NdArray =>
  lax.expandDims(arrayOf('expandDims', x), typeof axis === 'number' ? [axis] : checkList('expandDims', 'an axis, or a list of axes', axis))

/**
 * Without these axes, or all axes, of size 1. `jnp.squeeze`. Throws ShapeError if one of those given has another size.
 *
 * @example
 * np.squeeze([[[1, 2]]]) // [1, 2]
 */
export const squeeze = (x: ArrayLike, axis?: number | readonly number[]): NdArray => {
  const array = arrayOf('squeeze', x)
  const axes = axis === undefined ? range(array.ndim).filter((i) => array.shape[i] === 1) : typeof axis === 'number' ? [axis] : axis
  return lax.squeeze(array, checkList('squeeze', 'an axis, or a list of axes', axes))
}

/**
 * Copies along new leading axes and along axes of size 1. `jnp.broadcast_to`. Throws ShapeError if the array does not fit.
 *
 * @example
 * np.broadcastTo([1, 2], [2, 2]) // [[1, 2], [1, 2]]
 */
export const broadcastTo = (x: ArrayLike, shape: Shape | number): NdArray =>
  spread('broadcastTo', arrayOf('broadcastTo', x), checkShape('broadcastTo', typeof shape === 'number' ? [shape] : shape))

/** Arrays broadcast to their common shape; their dtypes stay. `jnp.broadcast_arrays`. */
export const broadcastArrays = (arrays: readonly ArrayLike[]): readonly NdArray[] => {
  const list = checkList('broadcastArrays', 'a list of arrays', arrays).map((x) => arrayOf('broadcastArrays', x))
  const shape = broadcastShapes('broadcastArrays', list.map((x) => x.shape))
  return list.map((x) => expanded(x, shape))
}

const atLeast = (who: string, rank: number, pad: (shape: Shape) => Shape) => (x: ArrayLike): NdArray => {
  const array = arrayOf(who, x)
  return array.ndim >= rank ? array : lax.reshape(array, pad(array.shape))
}

/** A scalar as a vector; anything else as it is. `jnp.atleast_1d`. */
export const atleast1d: (x: ArrayLike) => NdArray = atLeast('atleast1d', 1, () => [1])

/** With at least two axes; a vector becomes a row. `jnp.atleast_2d`. */
export const atleast2d: (x: ArrayLike) => NdArray = atLeast('atleast2d', 2, (shape) => [1, ...(shape.length === 0 ? [1] : shape)])

/** With at least three axes: `[n]` becomes `[1, n, 1]`, `[m, n]` becomes `[m, n, 1]`. `jnp.atleast_3d`. */
export const atleast3d: (x: ArrayLike) => NdArray = atLeast('atleast3d', 3, (shape) =>
  shape.length === 0 ? [1, 1, 1] : shape.length === 1 ? [1, ...shape, 1] : [...shape, 1])

/**
 * The elements in another dtype: floats are cut off towards zero where integers are wanted. `jnp.astype`.
 *
 * @example
 * np.astype([1.7, -1.7], 'int32') // [1, -1]
 */
export const astype = (x: ArrayLike, dtype: DType): NdArray => {
  const array = arrayOf('astype', x)
  return checkDType('astype', dtype) === array.dtype && !array.weak ? array : lax.convertElementType(array, dtype)
}

/** The sizes of the axes. `jnp.shape`. */
export const shape = (x: ArrayLike): Shape => arrayOf('shape', x).shape

/** The number of axes. `jnp.ndim`. */
export const ndim = (x: ArrayLike): number => arrayOf('ndim', x).ndim

/** The number of elements. `jnp.size`. */
export const size = (x: ArrayLike): number => arrayOf('size', x).size
