import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import { dtypes, type DType } from '../../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../../src/core/shape.js'
import type { DynamicSliceParams } from '../../../src/lax/indexed/dynamic.js'
import type { GatherParams, ScatterParams } from '../../../src/lax/indexed/gather.js'
import { checkWindows, scatterNumbers, type GatherDimensionNumbers, type IndexMode } from '../../../src/lax/indexed/indexing.js'
import { arrayOf } from '../../support/arrays.js'
import { integers, mask, permutation, shapes, sizes, type Draw } from '../../support/arbitrary.js'
import type { Example, Row } from '../row.js'

const numbers: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'int8', 'uint8']

/** What becomes of an axis of the operand. */
type Role = 'window' | 'collapsed' | 'batching'

interface Windows {
  readonly operand: Shape
  readonly indices: NdArray
  readonly dimensionNumbers: GatherDimensionNumbers
  readonly sliceSizes: Shape
  readonly mode: IndexMode
}

const where = (roles: readonly Role[], role: Role): readonly number[] => roles.flatMap((each, i) => (each === role ? [i] : []))

/** Windows of an array, with every kind of axis. */
const windows: fc.Arbitrary<Windows> = fc
  .array(fc.tuple(fc.constantFrom<Role>('window', 'collapsed', 'batching'), sizes(1), fc.nat(3)), { minLength: 1, maxLength: 3 })
  .chain((axes) => {
    const roles = axes.map(([role]) => role)
    const operand = axes.map(([, size]) => size)
    const sliceSizes = axes.map(([role, size, n]) => (role === 'window' ? Math.min(size, n) : 1))
    const [windowed, batching] = [where(roles, 'window'), where(roles, 'batching')]
    const free = roles.flatMap((role, i) => (role === 'batching' ? [] : [i]))
    return fc.record({
      startIndexMap: permutation(free.length).chain((order) => fc.nat(free.length).map((n) => order.slice(0, n).map((k) => free[k]))),
      batch: fc.array(sizes(), { maxLength: 2 }),
      mode: fc.constantFrom<IndexMode>('clip', 'fill', 'promise_in_bounds'),
      order: permutation(batching.length + 2),
      offsets: mask(6)
    }).chain(({ startIndexMap, batch, mode, order, offsets }) => {
      // The axes of the indices: plain ones, and those walked in step with the operand, in any order.
      const slots = order.filter((slot) => slot < batching.length + batch.length)
      const indexShape = slots.map((slot) => (slot < batching.length ? operand[batching[slot]] : batch[slot - batching.length]))
      const startIndicesBatchingDims = batching.map((_, i) => slots.indexOf(i))
      const offsetDims: number[] = []
      for (let i = 0, left = windowed.length, rank = indexShape.length + windowed.length; i < rank && left > 0; i++) {
        if (offsets[i] || rank - i === left) {
          offsetDims.push(i)
          left--
        }
      }
      const dimensionNumbers = {
        offsetDims, collapsedSliceDims: where(roles, 'collapsed'), startIndexMap, operandBatchingDims: batching, startIndicesBatchingDims
      }
      const last = startIndexMap.map((axis) => operand[axis] - sliceSizes[axis])
      const bounds = mode === 'promise_in_bounds' ? last.map((n) => fc.nat(n)) : last.map((n) => fc.integer({ min: -2, max: n + 2 }))
      const count = sizeOf(indexShape)
      return fc.record({
        operand: fc.constant(operand),
        dimensionNumbers: fc.constant(dimensionNumbers),
        sliceSizes: fc.constant(sliceSizes),
        mode: fc.constant(mode),
        indices: fc.tuple(
          fc.array(fc.tuple(...bounds), { minLength: count, maxLength: count }), fc.constantFrom<DType>('int32', 'int8')
        ).map(([vectors, dtype]) => arrayOf(dtype, [...indexShape, bounds.length], vectors.flat()))
      })
    })
  })

const gather: Row<GatherParams> = {
  dtypes,
  examples: (draw) => windows.chain(({ operand, indices, ...params }) => fc.record({
    operands: draw.array(operand).map((x) => [x, indices]),
    params: fc.constantFrom(0, 1, draw.wild ? NaN : 2).map((fill) => ({
      ...params,
      fillValue: params.mode === 'fill' ? fill : null,
      indicesAreSorted: false,
      uniqueIndices: false
    }))
  }))
}

const updatesShape = (draw: Draw, { operand, indices, dimensionNumbers, sliceSizes, mode }: Windows): Shape => {
  const avals = { shape: operand, dtype: draw.dtype, weak: false }
  return checkWindows('gather', avals, indices.aval, sliceSizes, dimensionNumbers, mode)
}

const scatter = (of: readonly DType[], fixed: readonly number[] = [], distinct = false): Row<ScatterParams> => ({
  dtypes: of,
  fixed,
  examples: (draw) => windows.chain((each) => {
    const { operand, indices, dimensionNumbers, mode } = each
    const updates = updatesShape(draw, each)
    return fc.record({
      operands: (distinct ? draw.distinct(operand, updates) : fc.tuple(draw.array(operand), draw.array(updates)))
        .map(([x, u]) => [x, indices, u]),
      params: fc.constant({ dimensionNumbers: scatterNumbers(dimensionNumbers), mode, indicesAreSorted: false, uniqueIndices: false })
    })
  })
})

/** Each row of a matrix at most once, so that the product can be differentiated in the updates. */
const matrixRows = (draw: Draw): fc.Arbitrary<Example<ScatterParams>> =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), sizes()).chain(([rows, columns]) =>
    fc.tuple(permutation(rows), fc.nat(rows)).chain(([order, count]) => fc.record({
      operands: fc.tuple(draw.array([rows, columns]), draw.array([count, columns]))
        .map(([x, updates]) => [x, arrayOf('int32', [count, 1], order.slice(0, count)), updates]),
      params: fc.constantFrom<IndexMode>('clip', 'fill').map((mode) => ({
        dimensionNumbers: {
          updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0],
          operandBatchingDims: [], scatterIndicesBatchingDims: []
        },
        mode,
        indicesAreSorted: false,
        uniqueIndices: true
      }))
    })))

/** Indices that may repeat leave no derivative in the updates. */
const scatterMul: Row<ScatterParams> = {
  dtypes: numbers,
  examples: (draw) => (draw.wild ? scatter(numbers).examples(draw).map((each) => ({ ...each, fixed: [2] })) : matrixRows(draw))
}

/** Start indices within the array, or not. */
const starts = (shape: Shape): fc.Arbitrary<readonly NdArray[]> =>
  fc.tuple(...shape.map((size) => fc.constantFrom<DType>('int32', 'int8').chain((dtype) => integers(dtype, [], -2, size + 1))))

const boxes = shapes().chain((shape) => fc.record({
  shape: fc.constant(shape), box: fc.tuple(...shape.map((size) => fc.nat(size))), starts: starts(shape)
}))

const dynamicSlice: Row<DynamicSliceParams> = {
  dtypes,
  examples: (draw) => boxes.chain(({ shape, box, starts: at }) => fc.record({
    operands: draw.array(shape).map((x) => [x, ...at]), params: fc.constant({ sliceSizes: box })
  }))
}

const dynamicUpdateSlice: Row = {
  dtypes,
  examples: (draw) => boxes.chain(({ shape, box, starts: at }) => fc.record({
    operands: fc.tuple(draw.array(shape), draw.array(box)).map(([x, update]) => [x, update, ...at]), params: fc.constant({})
  }))
}

export const indexing = {
  dynamic_slice: dynamicSlice,
  dynamic_update_slice: dynamicUpdateSlice,
  gather,
  scatter: scatter(dtypes),
  scatter_add: scatter(numbers),
  scatter_max: scatter(dtypes, [], true),
  scatter_min: scatter(dtypes, [], true),
  scatter_mul: scatterMul
}
