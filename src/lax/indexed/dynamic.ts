import { readView, writeView } from '../../array/loops.js'
import { checkArray, dataOf, scalar, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate, byteSize, isInteger, isUnsigned } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive, Unknown } from '../../core/primitive.js'
import { checkShape, equalShapes, normalAxis, range, sizeOf, stridesOf, type Shape } from '../../core/shape.js'
import { bind1, isTracer } from '../../core/trace.js'
import { broadcastInDim, broadcastLeading, reshaped, zerosLike } from '../broadcast.js'
import { add } from '../elementwise/arithmetic.js'
import { lt } from '../elementwise/comparison.js'
import { convertElementType } from '../elementwise/convert.js'
import { select } from '../elementwise/select.js'
import { concatenate } from '../movement/concatenate.js'
import { expandDims, squeeze } from '../movement/reshape.js'
import { known, primitive } from '../rule.js'
import { gatherP, type GatherParams, type ScatterParams } from './gather.js'
import { scatterP } from './scatter.js'

/*
 * A box at computed positions: taken out, and put in.
 */

/** Checks the start indices of a box: a scalar integer for each axis, and a box no larger than the array. */
const checkBox = (who: string, x: Aval, starts: readonly Aval[], sizes: Shape): void => {
  const rank = x.shape.length
  if (starts.length !== rank) throw new ShapeError(who, `a start index for each of ${rank} axes`, `${starts.length} of them`)
  for (const start of starts) {
    if (start.shape.length !== 0) throw new ShapeError(who, 'scalar start indices', start)
    if (!isInteger(start.dtype)) throw new DTypeError(who, 'integer start indices', start)
  }
  if (sizes.length !== rank || sizes.some((size, i) => !Number.isInteger(size) || size < 0 || size > x.shape[i])) {
    throw new ShapeError(who, `sizes that fit ${x.dtype}[${x.shape.join(',')}]`, [...sizes])
  }
}

/** Where a box lies whose start indices are clamped so that it is within the array. */
const boxAt = (x: NdArray, starts: readonly NdArray[], sizes: Shape): { shape: Shape; strides: readonly number[]; offset: number } => {
  const strides = stridesOf(x.shape)
  let offset = 0
  starts.forEach((start, i) => {
    offset += Math.min(Math.max(dataOf(start)[0], 0), x.shape[i] - sizes[i]) * strides[i]
  })
  return { shape: sizes, strides, offset }
}

/** Start indices, some of them for each example, as index vectors; a zero along a mapped axis for those that are not. */
const vectors = (size: number, starts: readonly NdArray[], batched: readonly boolean[]): NdArray => {
  const dtype = starts.every((start) => start.dtype === starts[0].dtype) ? starts[0].dtype : 'int32'
  return concatenate(
    starts.map((start, i) => broadcastInDim(convertElementType(start, dtype), [size, 1], batched[i] ? [0] : [])),
    1
  )
}

const knowns = (operands: readonly (NdArray | Unknown)[]): readonly NdArray[] => operands.map(known)

export interface DynamicSliceParams {
  readonly sliceSizes: Shape
}

/** A box of the operand that begins at the start indices, clamped so that it is within the operand. */
export const dynamicSliceP: Primitive<'dynamic_slice', DynamicSliceParams> = primitive('dynamic_slice', {
  abstract([x, ...starts], { sliceSizes }) {
    checkBox('dynamicSlice', x, starts, sliceSizes)
    return reshaped(x, sliceSizes)
  },
  impl: ([x, ...starts], { sliceSizes }, out) =>
    wrap(out, readView(dataOf(x), boxAt(x, starts, sliceSizes), allocate(out.dtype, sizeOf(out.shape)))),
  linearIn: [0],
  transpose: () => (ct, [x, ...starts]) => bind1(dynamicUpdateSliceP, [zerosLike(x), ct, ...knowns(starts)]),
  batch(size, [x, ...starts], [xBatched, ...batched], { sliceSizes }) {
    if (!batched.includes(true)) return bind1(dynamicSliceP, [x, scalar(0, 'int32'), ...starts], { sliceSizes: [size, ...sliceSizes] })
    const rank = sliceSizes.length
    const params: GatherParams = {
      dimensionNumbers: {
        offsetDims: range(rank, 1),
        collapsedSliceDims: [],
        startIndexMap: range(rank, xBatched ? 1 : 0),
        operandBatchingDims: xBatched ? [0] : [],
        startIndicesBatchingDims: xBatched ? [0] : []
      },
      sliceSizes: xBatched ? [1, ...sliceSizes] : sliceSizes,
      mode: 'clip',
      fillValue: null,
      indicesAreSorted: xBatched,
      uniqueIndices: xBatched
    }
    return bind1(gatherP, [x, vectors(size, starts, batched)], params)
  }
})

/** The operand with a box that begins at the start indices, clamped so that it is within, replaced by the update. */
export const dynamicUpdateSliceP: Primitive<'dynamic_update_slice'> = primitive<'dynamic_update_slice'>('dynamic_update_slice', {
  abstract([x, update, ...starts]) {
    if (update.dtype !== x.dtype) throw new DTypeError('dynamicUpdateSlice', 'an array and an update of one dtype', [x, update])
    checkBox('dynamicUpdateSlice', x, starts, update.shape)
    return x
  },
  impl([x, update, ...starts], _, out) {
    return wrap(out, writeView(dataOf(update), dataOf(x).slice(), boxAt(x, starts, update.shape)))
  },
  linearIn: [0, 1],
  transpose: (position) => (ct, [, update, ...starts]) =>
    position === 0
      ? bind1(dynamicUpdateSliceP, [ct, zerosLike(update), ...knowns(starts)])
      : bind1(dynamicSliceP, [ct, ...knowns(starts)], { sliceSizes: update.aval.shape }),
  batch(size, [x, update, ...starts], [xBatched, updateBatched, ...batched]) {
    const [operand, updates] = [xBatched ? x : broadcastLeading(size, x), updateBatched ? update : broadcastLeading(size, update)]
    if (!batched.includes(true)) return bind1(dynamicUpdateSliceP, [operand, updates, scalar(0, 'int32'), ...starts])
    const axes = range(operand.ndim - 1, 1)
    const params: ScatterParams = {
      dimensionNumbers: {
        updateWindowDims: axes,
        insertedWindowDims: [],
        scatterDimsToOperandDims: axes,
        operandBatchingDims: [0],
        scatterIndicesBatchingDims: [0]
      },
      mode: 'clip',
      indicesAreSorted: true,
      uniqueIndices: true
    }
    return bind1(scatterP, [operand, vectors(size, starts, batched), updates], params)
  }
})

/** A position along an axis: a number, or a scalar of an integer dtype. Negative ones count from the end. */
export type Index = NdArray | number

/** A start index as an operand, counted from the front. */
const fromFront = (who: string, index: Index, size: number): NdArray => {
  if (typeof index === 'number') {
    if (index !== (index | 0)) throw new ArgumentError(who, 'an integer start index', index)
    return scalar(index < 0 ? index + size : index, 'int32')
  }
  checkArray(who, index)
  if (isUnsigned(index.dtype) || !isInteger(index.dtype) || index.ndim > 0) return index
  if (!isTracer(index)) return fromFront(who, index.item(), size)
  const wide = byteSize(index.dtype) < 4 ? convertElementType(index, 'int32') : index
  return select(lt(wide, 0), add(wide, size), wide)
}

const startsOf = (who: string, x: NdArray, starts: Iterable<Index>): readonly NdArray[] => {
  const given = starts as Partial<Iterable<Index>> | null | undefined // callers without types pass anything
  if (typeof given?.[Symbol.iterator] !== 'function') throw new ArgumentError(who, 'a list of start indices', starts)
  const list = [...starts]
  if (list.length !== checkArray(who, x).ndim) {
    throw new ShapeError(who, `a start index for each of ${x.ndim} axes`, `${list.length} of them`)
  }
  return list.map((start, axis) => fromFront(who, start, x.shape[axis]))
}

/**
 * The box of the given sizes that begins at `starts`, numbers or integer scalars (or an array of them). Negative ones
 * count from the end; then all are clamped so that the box is within the array. JAX's `lax.dynamic_slice`.
 * Throws ShapeError for a box that is larger than the array, DTypeError for start indices that are no integers.
 *
 * @example
 * lax.dynamicSlice(np.array([0, 1, 2, 3, 4]), [2], [2]) // [2, 3]
 * lax.dynamicSlice(np.array([0, 1, 2, 3, 4]), [9], [2]) // [3, 4]
 */
export const dynamicSlice = (x: NdArray, starts: Iterable<Index>, sizes: Shape): NdArray => {
  const list = startsOf('dynamicSlice', x, starts)
  const sliceSizes = checkShape('dynamicSlice', sizes)
  return equalShapes(sliceSizes, x.shape) ? x : bind1(dynamicSliceP, [x, ...list], { sliceSizes })
}

/**
 * The array with the box that begins at `starts` replaced by `update`; start indices are as in `dynamicSlice`.
 * JAX's `lax.dynamic_update_slice`. Throws ShapeError for an update that is larger than the array.
 *
 * @example
 * lax.dynamicUpdateSlice(np.zeros([4]), np.array([1, 2]), [1]) // [0, 1, 2, 0]
 */
export const dynamicUpdateSlice = (x: NdArray, update: NdArray, starts: Iterable<Index>): NdArray =>
  bind1(dynamicUpdateSliceP, [x, update, ...startsOf('dynamicUpdateSlice', x, starts)])

/** A start index for one axis, zeros for the rest. */
const along = (x: NdArray, axis: number, start: Index): readonly Index[] => new Array<Index>(x.ndim).fill(0).with(axis, start)

/**
 * `dynamicSlice` along one axis: `size` elements from `start` on. JAX's `lax.dynamic_slice_in_dim`.
 *
 * @example
 * lax.dynamicSliceInDim(np.array([[0, 1, 2], [3, 4, 5]]), 1, 2, 1) // [[1, 2], [4, 5]]
 */
export const dynamicSliceInDim = (x: NdArray, start: Index, size: number, axis = 0): NdArray => {
  const at = normalAxis('dynamicSliceInDim', axis, checkArray('dynamicSliceInDim', x).ndim)
  return dynamicSlice(x, along(x, at, start), x.shape.with(at, size))
}

/**
 * The elements at one computed position of an axis, which disappears unless `keepDims`. JAX's
 * `lax.dynamic_index_in_dim`.
 *
 * @example
 * lax.dynamicIndexInDim(np.array([[0, 1, 2], [3, 4, 5]]), 1, 0, false) // [3, 4, 5]
 */
export const dynamicIndexInDim = (x: NdArray, index: Index, axis = 0, keepDims = true): NdArray => {
  const at = normalAxis('dynamicIndexInDim', axis, checkArray('dynamicIndexInDim', x).ndim)
  const out = dynamicSliceInDim(x, index, 1, at)
  return keepDims ? out : squeeze(out, [at])
}

/**
 * `dynamicUpdateSlice` along one axis. JAX's `lax.dynamic_update_slice_in_dim`.
 *
 * @example
 * lax.dynamicUpdateSliceInDim(np.zeros([4]), np.array([1, 2]), -2) // [0, 0, 1, 2]
 */
export const dynamicUpdateSliceInDim = (x: NdArray, update: NdArray, start: Index, axis = 0): NdArray => {
  const at = normalAxis('dynamicUpdateSliceInDim', axis, checkArray('dynamicUpdateSliceInDim', x).ndim)
  return dynamicUpdateSlice(x, update, along(x, at, start))
}

/**
 * The array with the elements at one computed position of an axis replaced by `update`, which has size 1 along it or
 * lacks it. JAX's `lax.dynamic_update_index_in_dim`.
 *
 * @example
 * lax.dynamicUpdateIndexInDim(np.zeros([2, 2]), np.array([1, 2]), 1, 0) // [[0, 0], [1, 2]]
 */
export const dynamicUpdateIndexInDim = (x: NdArray, update: NdArray, index: Index, axis = 0): NdArray => {
  const at = normalAxis('dynamicUpdateIndexInDim', axis, checkArray('dynamicUpdateIndexInDim', x).ndim)
  const whole = checkArray('dynamicUpdateIndexInDim', update).ndim === x.ndim ? update : expandDims(update, [at])
  if (whole.shape[at] !== 1) throw new ShapeError('dynamicUpdateIndexInDim', `an update of size 1 along axis ${at}`, update)
  return dynamicUpdateSliceInDim(x, whole, index, at)
}
