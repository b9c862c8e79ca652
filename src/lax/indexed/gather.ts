import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate, coerce, isFloat, isUnsigned, maxValue, minValue, type DType, type TypedArray } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import { checkList, checkOptions } from '../../core/options.js'
import { Unknown, type Primitive, type Tangent } from '../../core/primitive.js'
import { equalShapes, sizeOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastLeading, zerosLike } from '../broadcast.js'
import { known, primitive, type Spec } from '../rule.js'
import {
  batchedNumbers, checkWindows, gatherNumbers, scatterNumbers, windowSizes, windowsOf,
  type GatherDimensionNumbers, type IndexMode, type ScatterDimensionNumbers, type Windows
} from './indexing.js'

/*
 * Reading windows at computed positions, and adding to them: each is the transpose of the other.
 */

export interface GatherParams {
  readonly dimensionNumbers: GatherDimensionNumbers
  /** The size of a window along each axis of the operand. */
  readonly sliceSizes: Shape
  readonly mode: IndexMode
  /** The elements of windows that are not within the operand, in mode `'fill'`; else `null`. */
  readonly fillValue: number | null
  readonly indicesAreSorted: boolean
  readonly uniqueIndices: boolean
}

/** Windows of the operand at positions that the indices hold. */
export const gatherP: Primitive<'gather', GatherParams> = primitive<'gather', GatherParams>('gather', {
  abstract: ([x, indices], { dimensionNumbers, sliceSizes, mode }) =>
    ({ shape: checkWindows('gather', x, indices, sliceSizes, dimensionNumbers, mode), dtype: x.dtype, weak: x.weak }),
  impl([x, indices], { dimensionNumbers, sliceSizes, mode, fillValue }, out) {
    const places = { data: dataOf(indices), shape: indices.shape }
    const windows = windowsOf(x.shape, places, out.shape, sliceSizes, dimensionNumbers, mode === 'fill')
    const { starts, cells, outStarts, outCells } = windows
    const data = dataOf(x)
    const result = allocate(out.dtype, sizeOf(out.shape))
    const fill = coerce(out.dtype, fillValue ?? 0)
    for (let n = 0; n < starts.length; n++) {
      const [from, to] = [starts[n], outStarts[n]]
      if (from < 0) for (let i = 0; i < cells.length; i++) result[to + outCells[i]] = fill
      else for (let i = 0; i < cells.length; i++) result[to + outCells[i]] = data[from + cells[i]]
    }
    return wrap(out, result)
  },
  rules: [
    ([, indices], _, params) => {
      const zeroFilled = params.mode === 'fill' ? { ...params, fillValue: 0 } : params
      return (d) => bind1(gatherP, [d, indices], zeroFilled)
    },
    null
  ],
  transpose: [
    (ct, [x, indices], { dimensionNumbers, mode, indicesAreSorted, uniqueIndices }) =>
      bind1(scatterAddP, [zerosLike(x), known(indices), ct], {
        dimensionNumbers: scatterNumbers(dimensionNumbers), mode, indicesAreSorted, uniqueIndices
      }),
    null
  ],
  batch(size, [x, indices], [xBatched, indicesBatched], params) {
    return bind1(gatherP, [x, indices], {
      ...params,
      dimensionNumbers: batchedNumbers(params.dimensionNumbers, xBatched, indicesBatched),
      sliceSizes: xBatched ? [indicesBatched ? 1 : size, ...params.sliceSizes] : params.sliceSizes,
      // Two examples may read the same window of an operand that they share.
      indicesAreSorted: params.indicesAreSorted && xBatched,
      uniqueIndices: params.uniqueIndices && xBatched
    })
  }
})

/** What fills windows that are not within the array: NaN, the least signed or the greatest unsigned integer, true. */
const defaultFill = (dtype: DType): number =>
  isFloat(dtype) ? NaN : isUnsigned(dtype) || dtype === 'bool' ? maxValue(dtype) : minValue(dtype)

/** What both gather and scatter may be told. */
interface IndexingOptions {
  readonly mode?: IndexMode
  /** The caller promises that the index vectors ascend. */
  readonly indicesAreSorted?: boolean
  /** The caller promises that no two windows overlap. */
  readonly uniqueIndices?: boolean
}

type Optional<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

export interface GatherOptions
  extends IndexingOptions, Optional<GatherDimensionNumbers, 'operandBatchingDims' | 'startIndicesBatchingDims'> {
  /** The size of a window along each axis of the operand. */
  readonly sliceSizes: Shape
  /** In mode `'fill'`; unless given NaN, the least signed or the greatest unsigned integer, or true. */
  readonly fillValue?: number | boolean
}

const gatherOptions: readonly (keyof GatherOptions)[] = [
  'offsetDims', 'collapsedSliceDims', 'startIndexMap', 'operandBatchingDims', 'startIndicesBatchingDims', 'sliceSizes',
  'mode', 'fillValue', 'indicesAreSorted', 'uniqueIndices'
]

const gatherLists = ['offsetDims', 'collapsedSliceDims', 'startIndexMap', 'sliceSizes'] as const

/**
 * Windows of an array at the positions that `indices` holds, an index vector along its last axis for each; the result
 * has the axes of the indices but the last, and `offsetDims` for the windows. JAX's `lax.gather`. The mode is `'clip'`
 * unless given. Throws ShapeError where the dimension numbers do not fit, DTypeError unless the indices are integers.
 *
 * @example
 * const rows = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0], sliceSizes: [1, 2] }
 * lax.gather(np.array([[1, 2], [3, 4], [5, 6]]), np.array([[2], [0]], { dtype: 'int32' }), rows) // [[5, 6], [1, 2]]
 */
export const gather = (x: NdArray, indices: NdArray, options: GatherOptions): NdArray => {
  checkOptions('gather', options, gatherOptions, true)
  checkArray('gather', x)
  for (const name of gatherLists) checkList('gather', `a list as ${name}`, options[name])
  const { operandBatchingDims = [], startIndicesBatchingDims = [], mode = 'clip' } = options
  const { indicesAreSorted = false, uniqueIndices = false } = options
  const { offsetDims, collapsedSliceDims, startIndexMap, sliceSizes, fillValue = defaultFill(x.dtype) } = options
  return bind1(gatherP, [x, indices], {
    dimensionNumbers: { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims },
    sliceSizes,
    mode,
    fillValue: mode === 'fill' ? Number(fillValue) : null,
    indicesAreSorted,
    uniqueIndices
  })
}

export interface ScatterParams {
  readonly dimensionNumbers: ScatterDimensionNumbers
  readonly mode: IndexMode
  readonly indicesAreSorted: boolean
  readonly uniqueIndices: boolean
}

/** Changes `target`, the operand's elements, by the updates, window after window in row-major order. */
export type Combine = (target: TypedArray, updates: TypedArray, windows: Windows) => void

/** What all scatters are but for what they do with an element and its update. */
export const scattering = (who: string, combine: Combine, domain: 'number' | 'any'): Pick<Spec<ScatterParams>, 'abstract' | 'impl'> => ({
  abstract([x, indices, updates], { dimensionNumbers, mode }) {
    if (updates.dtype !== x.dtype) throw new DTypeError(who, 'an operand and updates of one dtype', [x, updates])
    if (domain === 'number' && x.dtype === 'bool') throw new DTypeError(who, 'numbers, not booleans', x)
    const sizes = windowSizes(who, x.shape, updates.shape, dimensionNumbers)
    const shape = checkWindows(who, x, indices, sizes, gatherNumbers(dimensionNumbers), mode)
    if (!equalShapes(shape, updates.shape)) throw new ShapeError(who, `updates of shape [${shape.join(',')}]`, updates)
    return x
  },
  impl([x, indices, updates], { dimensionNumbers, mode }, out) {
    const sizes = windowSizes(who, x.shape, updates.shape, dimensionNumbers)
    const places = { data: dataOf(indices), shape: indices.shape }
    const windows = windowsOf(x.shape, places, updates.shape, sizes, gatherNumbers(dimensionNumbers), mode !== 'clip')
    const result = dataOf(x).slice()
    combine(result, dataOf(updates), windows)
    return wrap(out, result)
  }
})

/** Every scatter over a new leading axis. */
export const scatterBatch = (
  self: Primitive,
  size: number,
  operands: readonly NdArray[],
  batched: readonly boolean[],
  params: ScatterParams
): NdArray => {
  const [x, indices, updates] = operands.map((operand, i) => (batched[i] || i === 1 ? operand : broadcastLeading(size, operand)))
  const numbers = batchedNumbers(gatherNumbers(params.dimensionNumbers), true, batched[1])
  return bind1(self, [x, indices, updates], { ...params, dimensionNumbers: scatterNumbers(numbers) })
}

/** The windows that a scatter writes to, read from an array of the operand's shape; zeros where it drops them. */
export const gatherBack = (x: NdArray, indices: NdArray, updates: { readonly aval: Aval }, params: ScatterParams, fillValue = 0): NdArray =>
  bind1(gatherP, [x, indices], {
    ...params,
    dimensionNumbers: gatherNumbers(params.dimensionNumbers),
    sliceSizes: windowSizes('scatter', x.shape, updates.aval.shape, params.dimensionNumbers),
    fillValue: params.mode === 'fill' ? fillValue : null
  })

const addTo: Combine = (target, updates, { starts, cells, outStarts, outCells }) => {
  for (let n = 0; n < starts.length; n++) {
    const [to, from] = [starts[n], outStarts[n]]
    if (to >= 0) for (let i = 0; i < cells.length; i++) target[to + cells[i]] += updates[from + outCells[i]]
  }
}

/** Sums of many float32 updates are rounded once. */
const addExactly: Combine = (target, updates, windows) => {
  if (!(target instanceof Float32Array)) {
    addTo(target, updates, windows)
    return
  }
  const sums = Float64Array.from(target)
  addTo(sums, updates, windows)
  target.set(sums)
}

const addition = scattering('scatterAdd', addExactly, 'number')

/** The operand with updates added to windows at positions that the indices hold. */
export const scatterAddP: Primitive<'scatter_add', ScatterParams> = {
  name: 'scatter_add',
  abstract: (avals, params) => [addition.abstract(avals, params)],
  impl: (operands, params, outs) => [addition.impl(operands, params, outs[0])],
  linearize([x, indices, updates], params) {
    const push = ([dx, , d]: readonly Tangent[]): readonly Tangent[] =>
      [d === null ? dx : bind1(scatterAddP, [dx ?? zerosLike(x), indices, d], params)]
    return [[bind1(scatterAddP, [x, indices, updates], params)], push]
  },
  transpose([ct], [x, indices, updates], params) {
    if (ct === null) return [null, null, null]
    return [x instanceof Unknown ? ct : null, null, updates instanceof Unknown ? gatherBack(ct, known(indices), updates, params) : null]
  },
  batch: (size, operands, batched, params) => [[scatterBatch(scatterAddP, size, operands, batched, params)], [true]]
}

export type ScatterOptions = IndexingOptions & Optional<ScatterDimensionNumbers, 'operandBatchingDims' | 'scatterIndicesBatchingDims'>

const scatterOptions: readonly (keyof ScatterOptions)[] = [
  'updateWindowDims', 'insertedWindowDims', 'scatterDimsToOperandDims', 'operandBatchingDims', 'scatterIndicesBatchingDims',
  'mode', 'indicesAreSorted', 'uniqueIndices'
]

const scatterLists = ['updateWindowDims', 'insertedWindowDims', 'scatterDimsToOperandDims'] as const

/** The params that options mean. */
export const scatterParams = (who: string, options: ScatterOptions): ScatterParams => {
  checkOptions(who, options, scatterOptions, true)
  for (const name of scatterLists) checkList(who, `a list as ${name}`, options[name])
  const { operandBatchingDims = [], scatterIndicesBatchingDims = [], mode = 'fill' } = options
  const { indicesAreSorted = false, uniqueIndices = false } = options
  const { updateWindowDims, insertedWindowDims, scatterDimsToOperandDims } = options
  return {
    dimensionNumbers: { updateWindowDims, insertedWindowDims, scatterDimsToOperandDims, operandBatchingDims, scatterIndicesBatchingDims },
    mode,
    indicesAreSorted,
    uniqueIndices
  }
}

/** The public function of a scatter. */
export type Scatter = (x: NdArray, indices: NdArray, updates: NdArray, options: ScatterOptions) => NdArray

/**
 * The array with `updates` added to windows at the positions that `indices` holds; windows may overlap. JAX's
 * `lax.scatter_add`. The mode is `'fill'` unless given: windows not within the array are dropped. Throws ShapeError
 * where the dimension numbers do not fit, DTypeError unless the indices are integers and the updates have `x`'s dtype.
 *
 * @example
 * const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
 * lax.scatterAdd(np.zeros([3]), np.array([[2], [0], [2]], { dtype: 'int32' }), np.array([1, 2, 3]), points) // [2, 0, 4]
 */
export const scatterAdd: Scatter = (x, indices, updates, options) =>
  bind1(scatterAddP, [x, indices, updates], scatterParams('scatterAdd', options))
