import fc from 'fast-check'
import { dtypes, isFloat, type DType } from '../../../src/core/dtype.js'
import type { ConvParams } from '../../../src/lax/window/conv.js'
import type { DotParams } from '../../../src/lax/dot.js'
import { windowShape, type WindowParams } from '../../../src/lax/window/window.js'
import type { SelectParams } from '../../../src/lax/window/windowselect.js'
import { permutation, shapes, sizes, type Draw } from '../../support/arbitrary.js'
import type { Example, Row } from '../row.js'

const numbers: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'int8', 'uint8']

const times = <A>(n: number, arbitrary: fc.Arbitrary<A>): fc.Arbitrary<readonly A[]> => fc.array(arbitrary, { minLength: n, maxLength: n })
const list = (most: number): fc.Arbitrary<readonly number[]> => fc.array(sizes(), { maxLength: most })

/** A wider dtype for sums, or none. */
const wider = (dtype: DType): fc.Arbitrary<DType | null> =>
  fc.constantFrom<DType | null>(null, ...(isFloat(dtype) ? ['float64' as const] : dtype === 'bool' ? [] : ['int32' as const]))

/** Where the axes of each group of sizes are after the permutation, and the permuted sizes. */
const arranged = (groups: readonly (readonly number[])[], order: readonly number[]) => {
  const flat = groups.flat()
  let next = 0
  return {
    shape: order.map((from) => flat[from]),
    places: groups.map((group) => group.map(() => order.indexOf(next++)))
  }
}

const dotGeneral: Row<DotParams> = {
  dtypes,
  batching: 1e-6,
  examples: (draw) => fc.record({ batch: list(1), depth: list(2), left: list(2), right: list(2) })
    .chain(({ batch, depth, left, right }) => fc.tuple(
      permutation(batch.length + depth.length + left.length).map((order) => arranged([batch, depth, left], order)),
      permutation(batch.length + depth.length + right.length).map((order) => arranged([batch, depth, right], order)),
      wider(draw.dtype)
    ))
    .chain(([lhs, rhs, preferredElementType]) => fc.record({
      operands: fc.tuple(draw.array(lhs.shape), draw.array(rhs.shape)),
      params: fc.constant({
        dimensionNumbers: {
          batch: [lhs.places[0], rhs.places[0]] as const, contracting: [lhs.places[1], rhs.places[1]] as const
        },
        preferredElementType
      })
    }))
}

const conv: Row<ConvParams> = {
  dtypes: numbers,
  batching: 1e-6,
  examples: (draw) => fc.nat(2).chain((space) => fc.record({
    space: fc.constant(space),
    batch: fc.constantFrom(1, 2), features: fc.constantFrom(1, 2), out: fc.constantFrom(1, 2), groups: fc.constantFrom(1, 2, 3),
    byBatch: fc.boolean(),
    image: times(space, fc.constantFrom(3, 4, 2, 1, 0)), kernel: times(space, fc.constantFrom(2, 1, 3)),
    windowStrides: times(space, fc.constantFrom(1, 2, 3)),
    padding: times(space, fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }))),
    lhsDilation: times(space, fc.constantFrom(1, 2)), rhsDilation: times(space, fc.constantFrom(1, 2)),
    lhsSpec: permutation(space + 2), rhsSpec: permutation(space + 2), outSpec: permutation(space + 2),
    preferredElementType: wider(draw.dtype)
  })).chain(({ batch, features, out, groups, byBatch, image, kernel, lhsSpec, rhsSpec, outSpec, padding, ...rest }) => {
    const place = (spec: readonly number[], sizes: readonly number[]): readonly number[] => {
      const shape = [...sizes]
      spec.forEach((axis, i) => (shape[axis] = sizes[i]))
      return shape
    }
    const lhs = byBatch ? [batch * groups, features, ...image] : [batch, features * groups, ...image]
    const enough = padding.map(([low, high], d): readonly [number, number] => (image[d] + low + high < 0 ? [0, 0] : [low, high]))
    return fc.record({
      operands: fc.tuple(draw.array(place(lhsSpec, lhs)), draw.array(place(rhsSpec, [out * groups, features, ...kernel]))),
      params: fc.constant({
        windowStrides: rest.windowStrides,
        padding: enough,
        lhsDilation: rest.lhsDilation,
        rhsDilation: rest.rhsDilation,
        dimensionNumbers: { lhsSpec, rhsSpec, outSpec },
        featureGroupCount: byBatch ? 1 : groups,
        batchGroupCount: byBatch ? groups : 1,
        preferredElementType: rest.preferredElementType
      })
    })
  })
}

/** Windows over an array of the shape. With `full`, each holds an element of the array: its extreme is one of them. */
const windows = (shape: readonly number[], full: boolean): fc.Arbitrary<WindowParams> => {
  const n = shape.length
  const one = times(n, fc.constant(1))
  return fc.record({
    windowDimensions: times(n, fc.constantFrom(2, 1, 3)),
    windowStrides: times(n, fc.constantFrom(1, 2, 3)),
    padding: times(n, fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 }))),
    baseDilation: full ? one : times(n, fc.constantFrom(1, 2)),
    windowDilation: full ? one : times(n, fc.constantFrom(1, 2))
  }).map((params) => ({
    ...params,
    padding: params.padding.map(([low, high], i): readonly [number, number] => {
      const most = full ? params.windowDimensions[i] - 1 : 2
      return shape[i] + low + high < 0 ? [0, 0] : [Math.min(low, most), Math.min(high, most)]
    })
  }))
}

const extremes: Row<WindowParams> = {
  dtypes,
  examples: (draw) => shapes({ maxRank: 2, least: draw.wild ? 0 : 1 }).chain((shape) =>
    fc.record({ operands: draw.distinct(shape), params: windows(shape, !draw.wild) }))
}

const sums: Row<WindowParams> = {
  dtypes: numbers,
  examples: (draw) => shapes({ maxRank: 2 }).chain((shape) =>
    fc.record({ operands: fc.tuple(draw.array(shape)), params: windows(shape, false) }))
}

/** The array that is selected from has no derivative: a small step never changes what is selected. */
const selecting = (shapesOf: (shape: readonly number[], params: SelectParams) => readonly (readonly number[])[]) =>
  (draw: Draw): fc.Arbitrary<Example<SelectParams>> =>
    shapes({ maxRank: 2, least: draw.wild ? 0 : 1 }).chain((shape) =>
      fc.tuple(windows(shape, !draw.wild), fc.constantFrom('ge' as const, 'le' as const)).chain(([params, selectPrim]) => {
        const whole = { ...params, selectPrim }
        return fc.record({ operands: draw.distinct(...shapesOf(shape, whole)), params: fc.constant(whole) })
      }))

const selectAndGatherAdd: Row<SelectParams> = {
  dtypes: numbers, fixed: [1], examples: selecting((shape) => [shape, shape])
}

const selectAndScatterAdd: Row<SelectParams> = {
  dtypes: numbers, fixed: [1], examples: selecting((shape, params) => [windowShape('test', shape, params), shape])
}

export const products = {
  conv_general_dilated: conv,
  dot_general: dotGeneral,
  reduce_window_max: extremes,
  reduce_window_min: extremes,
  reduce_window_sum: sums,
  select_and_gather_add: selectAndGatherAdd,
  select_and_scatter_add: selectAndScatterAdd
}
