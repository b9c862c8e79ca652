import fc from 'fast-check'
import { dtypes, isFloat, type DType } from '../../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../../src/core/shape.js'
import type { BroadcastParams } from '../../../src/lax/broadcast.js'
import type { ConcatenateParams } from '../../../src/lax/movement/concatenate.js'
import type { ConvertParams } from '../../../src/lax/elementwise/convert.js'
import type { IotaParams } from '../../../src/lax/movement/iota.js'
import type { DimensionsParams, ReshapeParams } from '../../../src/lax/movement/reshape.js'
import type { Padding, PadParams, SliceParams } from '../../../src/lax/movement/slice.js'
import type { SplitParams } from '../../../src/lax/movement/split.js'
import type { TransposeParams } from '../../../src/lax/movement/transpose.js'
import { integers, mask, permutation, shapes, sizes, subset, within, type Domain } from '../../support/arbitrary.js'
import type { Row } from '../row.js'

const none = {}
const times = <A>(n: number, arbitrary: fc.Arbitrary<A>): fc.Arbitrary<readonly A[]> => fc.array(arbitrary, { minLength: n, maxLength: n })

const broadcastInDim: Row<BroadcastParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => subset(shape.length).chain((dims) => fc.tuple(fc.constant(dims), mask(dims.length))
    .chain(([broadcastDimensions, grows]) => fc.record({
      operands: fc.tuple(draw.array(broadcastDimensions.map((axis, i) => (grows[i] ? 1 : shape[axis])))),
      params: fc.constant({ shape, broadcastDimensions })
    }))))
}

const iota: Row<IotaParams> = {
  dtypes: ['float64', 'float32', 'int32', 'uint8'],
  derivatives: false,
  examples: ({ dtype }) => shapes({ minRank: 1 }).chain((shape) => fc.record({
    operands: fc.constant([]),
    params: fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), dimension: fc.nat(shape.length - 1) })
  }))
}

const convert: Row<ConvertParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape)),
    params: fc.record({
      newDtype: fc.constantFrom<DType>(...(draw.wild ? dtypes : dtypes.filter(isFloat))), weakType: fc.boolean()
    })
  }))
}

/** Other shapes of as many elements. */
const reshapings = (shape: Shape): readonly Shape[] => {
  const size = sizeOf(shape)
  const halves = [2, 3, 4].filter((n) => n <= size && size % n === 0).flatMap((n) => [[n, size / n], [size / n, 1, n]])
  return [[size], shape.toReversed(), [1, ...shape], [...shape, 1], shape, ...halves]
}

const reshape: Row<ReshapeParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape)), params: fc.record({ newSizes: fc.constantFrom(...reshapings(shape)) })
  }))
}

const squeeze: Row<DimensionsParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => subset(shape.length).chain((dimensions) => fc.record({
    operands: fc.tuple(draw.array(shape.map((size, i) => (dimensions.includes(i) ? 1 : size)))), params: fc.constant({ dimensions })
  })))
}

const transpose: Row<TransposeParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape)), params: fc.record({ permutation: permutation(shape.length) })
  }))
}

const rev: Row<DimensionsParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape)), params: fc.record({ dimensions: subset(shape.length) })
  }))
}

const paddings = (size: number): fc.Arbitrary<Padding> =>
  fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }), fc.nat(2)).map(([low, high, interior]) =>
    (size + Math.max(size - 1, 0) * interior + low + high < 0 ? [-low, -high, interior] : [low, high, interior]))

const pad: Row<PadParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape), draw.array([])),
    params: fc.record({ paddingConfig: fc.tuple(...shape.map(paddings)) })
  }))
}

const slice: Row<SliceParams> = {
  dtypes,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape)),
    params: fc.tuple(
      fc.tuple(...shape.map((size) => fc.tuple(fc.nat(size), fc.nat(size)))), fc.option(times(shape.length, fc.integer({ min: 1, max: 3 })))
    ).map(([ends, strides]) => ({
      startIndices: ends.map(([a, b]) => Math.min(a, b)), limitIndices: ends.map(([a, b]) => Math.max(a, b)), strides
    }))
  }))
}

const concatenate: Row<ConcatenateParams> = {
  dtypes,
  examples: (draw) => fc.tuple(shapes({ minRank: 1 }), fc.array(sizes(), { minLength: 1, maxLength: 3 }), fc.nat(9))
    .chain(([shape, parts, n]) => fc.record({
      operands: fc.tuple(...parts.map((size) => draw.array(shape.with(n % shape.length, size)))),
      params: fc.constant({ dimension: n % shape.length })
    }))
}

const split: Row<SplitParams> = {
  dtypes,
  examples: (draw) => fc.tuple(shapes({ minRank: 1 }), fc.array(sizes(), { minLength: 1, maxLength: 3 }), fc.nat(9))
    .chain(([shape, parts, n]) => fc.record({
      operands: fc.tuple(draw.array(shape.with(n % shape.length, parts.reduce((a, b) => a + b, 0)))),
      params: fc.constant({ sizes: parts, axis: n % shape.length })
    }))
}

const selectN: Row = {
  dtypes,
  examples: (draw) => fc.record({
    shape: shapes(), scalar: fc.boolean(), bool: fc.boolean(), count: fc.constantFrom(2, 1, 3)
  }).chain(({ shape, scalar, bool, count }) => {
    const cases = bool ? Math.min(count, 2) : count
    const which = scalar ? [] : shape
    return fc.tuple(
      bool ? integers('bool', which, 0, 1) : integers('int32', which, draw.wild ? -1 : 0, draw.wild ? cases : cases - 1),
      ...Array.from({ length: cases }, () => draw.array(shape))
    )
  }).map((operands) => ({ operands, params: none }))
}

const steps = (domain: Domain, shift: number): Domain => (u) => Math.round(4 * domain(u)) / 4 + shift

const clamp: Row = {
  dtypes: dtypes.filter((dtype) => dtype !== 'bool'),
  examples: (draw) => fc.tuple(shapes(), fc.boolean(), fc.boolean()).chain(([shape, one, other]) => fc.tuple(
    draw.array(one ? [] : shape, steps(within(-2, -0.5), 0)),
    draw.array(shape, steps(within(-3, 3), 0.125)),
    draw.array(other ? [] : shape, steps(within(0.5, 2), 0))
  )).map((operands) => ({ operands, params: none }))
}

export const structural = {
  broadcast_in_dim: broadcastInDim,
  clamp,
  concatenate,
  convert_element_type: convert,
  iota,
  pad,
  reshape,
  rev,
  select_n: selectN,
  slice,
  split,
  squeeze,
  transpose
}
