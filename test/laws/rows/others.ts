import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import { byteSize, dtypes, type DType } from '../../../src/core/dtype.js'
import type { JitParams } from '../../../src/control/jit.js'
import { avalsOf } from '../../../src/ir/jaxpr.js'
import { stageClosed } from '../../../src/ir/stage.js'
import { add, mul } from '../../../src/lax/elementwise/arithmetic.js'
import type { BitcastParams } from '../../../src/lax/elementwise/bitcast.js'
import { full, reduceSum } from '../../../src/lax/broadcast.js'
import { gt } from '../../../src/lax/elementwise/comparison.js'
import { iota } from '../../../src/lax/movement/iota.js'
import type { CollectiveParams } from '../../../src/lax/parallel.js'
import { sin } from '../../../src/lax/elementwise/trigonometric.js'
import { vmap } from '../../../src/transform/vmap.js'
import { shapes } from '../../support/arbitrary.js'
import type { ArrayFunction, Row } from '../row.js'

const numbers: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'int8', 'uint8']

const bitcast: Row<BitcastParams> = {
  dtypes,
  derivatives: false,
  examples: (draw) => fc.tuple(shapes({ maxRank: 2 }), fc.constantFrom(...(draw.dtype === 'bool' ? ['bool' as const] : numbers)))
    .chain(([shape, newDtype]) => {
      const parts = byteSize(newDtype) / byteSize(draw.dtype)
      return fc.record({ operands: fc.tuple(draw.array(parts > 1 ? [...shape, parts] : shape)), params: fc.constant({ newDtype }) })
    })
}

const threefry: Row = {
  dtypes: ['uint32'],
  examples: (draw) => fc.tuple(shapes({ maxRank: 2 }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .chain(([shape, scalars]) => fc.tuple(...scalars.map((scalar) => draw.array(scalar ? [] : shape))))
    .map((operands) => ({ operands, params: {} }))
}

const rows = 3

/** Over the leading axis of the operands, which has a name within. */
const named = (apply: ArrayFunction): ArrayFunction => (xs) =>
  vmap((...each: readonly NdArray[]) => apply(each), { axisName: 'rows', axisSize: rows })(...xs)

const collective = (of: readonly DType[], distinct = false): Row<CollectiveParams> => ({
  dtypes: of,
  around: named,
  examples: (draw) => shapes({ maxRank: 2 }).map((shape) => [rows, ...shape])
    .chain((shape) => (distinct ? draw.distinct(shape) : fc.tuple(draw.array(shape))))
    .map((operands) => ({ operands, params: { axisName: 'rows' } }))
})

const axisIndex: Row<CollectiveParams> = {
  dtypes: ['int32'], around: named, examples: () => fc.constant({ operands: [], params: { axisName: 'rows' } })
}

/** Programs that return what they were given, constants and integers, and do not read all they are given. */
const programs: readonly ((x: NdArray, y: NdArray) => readonly NdArray[])[] = [
  (x, y) => [add(mul(sin(x), y), x)],
  (x, y) => [x, mul(y, y), full([2], 1.5, x.dtype), iota('int32', [3], 0)],
  (x) => [reduceSum(mul(x, 2), [0]), gt(x, 0)],
  (_, y) => [mul(sin(y), 0.5), y, y]
]

const jit: Row<JitParams> = {
  dtypes: ['float64', 'float32'],
  examples: (draw) => fc.tuple(fc.constantFrom(...programs), draw.array([2]), draw.array([2])).map(([program, ...operands]) => ({
    operands, params: { name: 'program', jaxpr: stageClosed(([x, y]) => program(x, y), avalsOf(operands)) }
  }))
}

export const others = {
  axis_index: axisIndex,
  bitcast_convert_type: bitcast,
  jit,
  pmax: collective(numbers, true),
  pmin: collective(numbers, true),
  psum: collective(numbers),
  threefry2x32: threefry
}
