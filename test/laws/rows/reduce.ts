import fc from 'fast-check'
import { dtypes, isFloat, type DType } from '../../../src/core/dtype.js'
import type { ArgParams } from '../../../src/lax/reduction/argreduce.js'
import type { AxesParams } from '../../../src/lax/broadcast.js'
import type { CumulativeParams } from '../../../src/lax/reduction/cumulative.js'
import type { SortParams } from '../../../src/lax/indexed/sort.js'
import type { TopKParams } from '../../../src/lax/indexed/topk.js'
import { integers, shapes, signed, subset, type Domain } from '../../support/arbitrary.js'
import type { Row } from '../row.js'

const numbers: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'int8', 'uint8']
const bits: readonly DType[] = ['int32', 'uint32', 'int8', 'uint8', 'bool']

/** Any axes, in any order. */
const axesOf = (rank: number): fc.Arbitrary<readonly number[]> =>
  fc.tuple(subset(rank), fc.boolean()).map(([axes, turned]) => (turned ? axes.toReversed() : axes))

const over = (of: readonly DType[], domain?: Domain | 'distinct'): Row<AxesParams> => ({
  dtypes: of,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: domain === 'distinct' ? draw.distinct(shape) : fc.tuple(draw.array(shape, domain)),
    params: fc.record({ axes: axesOf(shape.length) })
  }))
})

const position: Row<ArgParams> = {
  dtypes,
  examples: (draw) => shapes({ minRank: 1 }).chain((shape) => fc.tuple(fc.nat(shape.length - 1), fc.constantFrom<DType>('int32', 'uint8'))
    .chain(([axis, indexDtype]) => fc.record({
      operands: draw.distinct(shape.with(axis, Math.max(shape[axis], 1))), params: fc.constant({ axes: [axis], indexDtype })
    })))
}

const along = (of: readonly DType[], domain?: Domain | 'distinct'): Row<CumulativeParams> => ({
  dtypes: of,
  examples: (draw) => shapes({ minRank: 1 }).chain((shape) => fc.record({
    operands: domain === 'distinct' ? draw.distinct(shape) : fc.tuple(draw.array(shape, domain)),
    params: fc.record({ axis: fc.nat(shape.length - 1), reverse: fc.boolean() })
  }))
})

const sort: Row<SortParams> = {
  dtypes,
  examples: (draw) => fc.tuple(shapes({ minRank: 1 }), fc.constantFrom(1, 2, 3), fc.nat(9), fc.boolean(), fc.nat(9))
    .chain(([shape, count, key, isStable, n]) => {
      const numKeys = (key % count) + 1
      const others = Array.from({ length: count - 1 }, (_, i) =>
        (i === 0 && n % 2 === 0 ? integers('int32', shape, -3, 3) : draw.array(shape)))
      return fc.record({
        // Distinct first keys leave the order to nothing else.
        operands: fc.tuple(draw.distinct(shape), ...others).map(([[x], ...rest]) => [x, ...rest]),
        params: fc.constant({ dimension: n % shape.length, isStable, numKeys })
      })
    })
}

const topK: Row<TopKParams> = {
  dtypes,
  examples: (draw) => shapes({ minRank: 1 }).chain((shape) => fc.record({
    operands: draw.distinct(shape), params: fc.record({ k: fc.nat(shape[shape.length - 1]) })
  }))
}

export const reductions = {
  argmax: position,
  argmin: position,
  cumlogsumexp: along(dtypes.filter(isFloat)),
  cummax: along(numbers, 'distinct'),
  cummin: along(numbers, 'distinct'),
  cumprod: along(numbers, signed(0.4, 1.5)),
  cumsum: along(numbers),
  reduce_and: over(bits),
  reduce_max: over(dtypes, 'distinct'),
  reduce_min: over(dtypes, 'distinct'),
  reduce_or: over(bits),
  reduce_prod: over(numbers, signed(0.4, 1.5)),
  reduce_sum: over(numbers),
  reduce_xor: over(bits),
  sort,
  top_k: topK
}
