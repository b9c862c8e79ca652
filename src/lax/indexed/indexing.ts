import type { Aval } from '../../core/aval.js'
import { isInteger, type TypedArray } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { range, sizeOf, stridesOf, without, type Shape } from '../../core/shape.js'

/*
 * Windows of an array at computed positions: how gather and scatter name the axes, and where the elements lie.
 */

/**
 * What becomes of a window that is not entirely within the array: `'clip'` moves it to the nearest place that is,
 * `'fill'` fills a gathered window with a value and drops a scattered one. With `'promise_in_bounds'` the caller
 * promises that there is none; if there is, a gather clips and a scatter drops.
 */
export type IndexMode = 'clip' | 'fill' | 'promise_in_bounds'

/** How the axes of operand, indices and result of a gather belong together. The last axis of the indices holds the index vectors. */
export interface GatherDimensionNumbers {
  /** The axes of the result along which a window lies, ascending; the others are those of the indices. */
  readonly offsetDims: readonly number[]
  /** The axes of the operand along which windows have size 1 and that the result does not have, ascending. */
  readonly collapsedSliceDims: readonly number[]
  /** The axis of the operand that each component of an index vector is a position along. */
  readonly startIndexMap: readonly number[]
  /** The axes of the operand that are walked in step with axes of the indices, ascending. */
  readonly operandBatchingDims: readonly number[]
  /** The axes of the indices that `operandBatchingDims` are walked in step with. */
  readonly startIndicesBatchingDims: readonly number[]
}

/** How the axes of operand, indices and updates of a scatter belong together; those of the gather that reads the same windows. */
export interface ScatterDimensionNumbers {
  readonly updateWindowDims: readonly number[]
  readonly insertedWindowDims: readonly number[]
  readonly scatterDimsToOperandDims: readonly number[]
  readonly operandBatchingDims: readonly number[]
  readonly scatterIndicesBatchingDims: readonly number[]
}

/** The scatter that writes the windows that a gather reads. */
export const scatterNumbers = (d: GatherDimensionNumbers): ScatterDimensionNumbers => ({
  updateWindowDims: d.offsetDims,
  insertedWindowDims: d.collapsedSliceDims,
  scatterDimsToOperandDims: d.startIndexMap,
  operandBatchingDims: d.operandBatchingDims,
  scatterIndicesBatchingDims: d.startIndicesBatchingDims
})

/** The gather that reads the windows that a scatter writes. */
export const gatherNumbers = (d: ScatterDimensionNumbers): GatherDimensionNumbers => ({
  offsetDims: d.updateWindowDims,
  collapsedSliceDims: d.insertedWindowDims,
  startIndexMap: d.scatterDimsToOperandDims,
  operandBatchingDims: d.operandBatchingDims,
  startIndicesBatchingDims: d.scatterIndicesBatchingDims
})

const gatherWords = ['offsetDims', 'collapsedSliceDims', 'startIndexMap', 'startIndicesBatchingDims'] as const
const scatterWords = ['updateWindowDims', 'insertedWindowDims', 'scatterDimsToOperandDims', 'scatterIndicesBatchingDims'] as const

const below = (list: readonly number[], rank: number): boolean => list.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank)
const ascending = (list: readonly number[]): boolean => list.every((axis, i) => i === 0 || list[i - 1] < axis)
const distinct = (list: readonly number[]): boolean => list.length < 2 || new Set(list).size === list.length

/** The axes of the operand that a window has in the result. */
const windowAxes = (rank: number, d: GatherDimensionNumbers): readonly number[] =>
  without(range(rank), [...d.collapsedSliceDims, ...d.operandBatchingDims])

/** The axes of the result that are those of the indices. */
export const batchAxes = (indices: Shape, d: GatherDimensionNumbers): readonly number[] =>
  without(range(indices.length - 1 + d.offsetDims.length), d.offsetDims)

/** Checks the dimension numbers of a gather, or of a scatter in the gather's words, and gives the shape of the result or updates. */
export const checkWindows = (
  who: string,
  operand: Aval,
  indices: Aval,
  sliceSizes: Shape,
  d: GatherDimensionNumbers,
  mode: IndexMode
): Shape => {
  const [offset, collapsed, map, batching] = who === 'gather' ? gatherWords : scatterWords
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = d
  const rank = operand.shape.length
  const fail = (expected: string, got: unknown): never => {
    throw new ShapeError(who, expected, got)
  }
  if (mode !== 'clip' && mode !== 'fill' && mode !== 'promise_in_bounds') {
    throw new ArgumentError(who, "a mode 'clip', 'fill' or 'promise_in_bounds'", mode)
  }
  if (!isInteger(indices.dtype)) throw new DTypeError(who, 'integer indices', indices)
  const batchRank = indices.shape.length - 1
  if (batchRank < 0) fail('indices with a last axis of index vectors', indices)
  if (startIndexMap.length !== indices.shape[batchRank]) {
    fail(`${map} with ${indices.shape[batchRank]} axes, one for each component of an index vector`, [...startIndexMap])
  }
  if (!below(offsetDims, batchRank + offsetDims.length) || !ascending(offsetDims)) {
    fail(`${offset} ascending and below ${batchRank + offsetDims.length}`, [...offsetDims])
  }
  if (!below(startIndexMap, rank) || !distinct(startIndexMap)) fail(`${map} with distinct axes below ${rank}`, [...startIndexMap])
  if (!below(collapsedSliceDims, rank) || !ascending(collapsedSliceDims)) {
    fail(`${collapsed} ascending and below ${rank}`, [...collapsedSliceDims])
  }
  if (!below(operandBatchingDims, rank) || !ascending(operandBatchingDims)) {
    fail(`operandBatchingDims ascending and below ${rank}`, [...operandBatchingDims])
  }
  if (operandBatchingDims.some((axis) => collapsedSliceDims.includes(axis) || startIndexMap.includes(axis))) {
    fail(`operandBatchingDims disjoint from ${collapsed} and ${map}`, [...operandBatchingDims])
  }
  if (!below(startIndicesBatchingDims, batchRank) || !distinct(startIndicesBatchingDims)) {
    fail(`${batching} with distinct axes below ${batchRank}`, [...startIndicesBatchingDims])
  }
  if (
    startIndicesBatchingDims.length !== operandBatchingDims.length ||
    startIndicesBatchingDims.some((axis, i) => indices.shape[axis] !== operand.shape[operandBatchingDims[i]])
  ) {
    fail('batching axes of operand and indices of equal sizes', [operand, indices])
  }
  if (offsetDims.length + collapsedSliceDims.length + operandBatchingDims.length !== rank) {
    const counts = [offsetDims, collapsedSliceDims, operandBatchingDims].map((list) => list.length)
    fail(`${offset}, ${collapsed} and operandBatchingDims with ${rank} axes together`, counts.join(', '))
  }
  if (sliceSizes.length !== rank) fail(`a window size for each of ${rank} axes`, [...sliceSizes])
  sliceSizes.forEach((size, axis) => {
    const least = collapsedSliceDims.includes(axis) ? 1 : 0
    const most = least === 1 || operandBatchingDims.includes(axis) ? 1 : operand.shape[axis]
    if (!Number.isInteger(size) || size < least || size > most) {
      fail(`a window size from ${least} to ${most} along axis ${axis}`, size)
    }
  })
  const shape = new Array<number>(batchRank + offsetDims.length)
  windowAxes(rank, d).forEach((axis, i) => (shape[offsetDims[i]] = sliceSizes[axis]))
  batchAxes(indices.shape, d).forEach((axis, i) => (shape[axis] = indices.shape[i]))
  return shape
}

/** The window sizes, in the gather's sense, of a scatter; throws ShapeError where the updates have too few axes. */
export const windowSizes = (who: string, operand: Shape, updates: Shape, d: ScatterDimensionNumbers): Shape => {
  let next = 0
  return operand.map((_, axis) => {
    if (d.insertedWindowDims.includes(axis) || d.operandBatchingDims.includes(axis)) return 1
    const size = updates[d.updateWindowDims[next++]]
    if (size === undefined) throw new ShapeError(who, `updateWindowDims with an axis for axis ${axis}`, [...d.updateWindowDims])
    return size
  })
}

/** Where the elements of windows lie: in the operand, and in the result of a gather or the updates of a scatter. */
export interface Windows {
  /** Where each window begins in the operand; −1 if it is left out. */
  readonly starts: Int32Array
  /** The places of a window's elements in the operand, from its beginning. */
  readonly cells: Int32Array
  /** Where each window begins in the result. */
  readonly outStarts: Int32Array
  /** The places of a window's elements in the result, from its beginning. */
  readonly outCells: Int32Array
}

/** The offsets of the elements of a strided box, in row-major order. */
const offsetsOf = (shape: Shape, strides: readonly number[]): Int32Array => {
  let offsets = new Int32Array(1)
  shape.forEach((size, axis) => {
    const next = new Int32Array(offsets.length * size)
    for (let i = 0; i < offsets.length; i++) for (let j = 0; j < size; j++) next[i * size + j] = offsets[i] + j * strides[axis]
    offsets = next
  })
  return offsets
}

/** Where the windows lie that the indices name; `drop` leaves those out that are not entirely within the operand. */
export const windowsOf = (
  operand: Shape,
  indices: { readonly data: TypedArray; readonly shape: Shape },
  out: Shape,
  sliceSizes: Shape,
  d: GatherDimensionNumbers,
  drop: boolean
): Windows => {
  const strides = stridesOf(operand)
  const outStrides = stridesOf(out)
  const batch = indices.shape.slice(0, -1)
  const batchStrides = stridesOf(batch)
  const axes = windowAxes(operand.length, d)
  const window = axes.map((axis) => sliceSizes[axis])
  const starts = new Int32Array(sizeOf(batch))
  const { startIndexMap, operandBatchingDims, startIndicesBatchingDims } = d
  const components = startIndexMap.length
  const limits = startIndexMap.map((axis) => operand[axis] - sliceSizes[axis])
  for (let n = 0; n < starts.length; n++) {
    let start = 0
    for (let k = 0; k < components; k++) {
      const index = indices.data[n * components + k]
      const limit = limits[k]
      if (drop && (index < 0 || index > limit)) {
        start = -1
        break
      }
      start += (index < 0 ? 0 : index > limit ? limit : index) * strides[startIndexMap[k]]
    }
    if (start >= 0) {
      for (let k = 0; k < operandBatchingDims.length; k++) {
        const axis = startIndicesBatchingDims[k]
        start += (Math.floor(n / batchStrides[axis]) % batch[axis]) * strides[operandBatchingDims[k]]
      }
    }
    starts[n] = start
  }
  const places = batchAxes(indices.shape, d)
  return {
    starts,
    cells: offsetsOf(window, axes.map((axis) => strides[axis])),
    outStarts: offsetsOf(batch, places.map((axis) => outStrides[axis])),
    outCells: offsetsOf(window, d.offsetDims.map((axis) => outStrides[axis]))
  }
}

const shifted = (axes: readonly number[]): readonly number[] => axes.map((axis) => axis + 1)

/**
 * The dimension numbers over a new leading axis: of the operand alone (then windows span it), of the indices alone,
 * or of both, which are walked in step.
 */
export const batchedNumbers = (d: GatherDimensionNumbers, operand: boolean, indices: boolean): GatherDimensionNumbers => {
  const together = operand && indices ? [0] : []
  const onOperand = operand ? shifted : (axes: readonly number[]) => axes
  return {
    offsetDims: [...(indices ? [] : [0]), ...shifted(d.offsetDims)],
    collapsedSliceDims: onOperand(d.collapsedSliceDims),
    startIndexMap: onOperand(d.startIndexMap),
    operandBatchingDims: [...together, ...onOperand(d.operandBatchingDims)],
    startIndicesBatchingDims: [...together, ...(indices ? shifted(d.startIndicesBatchingDims) : d.startIndicesBatchingDims)]
  }
}
