import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import { dtypes } from '../../../src/core/dtype.js'
import type { DebugCallbackParams, PureCallbackParams } from '../../../src/control/effects/callback.js'
import { Assertion, type CheckParams } from '../../../src/control/effects/check.js'
import { checkify } from '../../../src/control/checkify/checkify.js'
import { ShapeStruct } from '../../../src/transform/inspect.js'
import { leaves, structure } from '../../../src/tree/pytree.js'
import { arrayOf } from '../../support/arrays.js'
import { integers, shapes } from '../../support/arbitrary.js'
import type { ArrayFunction, Row } from '../row.js'

/** What becomes of the check, as data: evaluated by itself it throws. */
const reported = (apply: ArrayFunction): ArrayFunction => (xs) => {
  const f = (...each: readonly NdArray[]): null => {
    apply(each)
    return null
  }
  return leaves(checkify(f)(...xs)[0]) as readonly NdArray[] // errors hold arrays
}

const check: Row<CheckParams> = {
  dtypes,
  derivatives: false,
  around: reported,
  examples: (draw) => fc.tuple(integers('bool', [], 0, 1), fc.array(shapes({ maxRank: 2 }), { maxLength: 2 }))
    .chain(([predicate, list]) => fc.tuple(...list.map((shape) => draw.array(shape))).map((values) => ({
      operands: [predicate, ...values],
      params: { assertion: new Assertion(values.map(() => '{}').join(' '), structure(values), ''), rank: 0 }
    })))
}

/** It has no outputs: what it does, test/control/effects.test.ts watches. */
const debugCallback: Row<DebugCallbackParams> = {
  dtypes,
  derivatives: false,
  examples: (draw) => shapes({ maxRank: 2 }).chain((shape) => draw.array(shape)).map((x) => ({
    operands: [x],
    params: {
      guards: 0,
      levels: [],
      callback: ([y]) => {
        if (y.ndim !== x.ndim) throw new Error(`called with ${y.ndim} axes`)
      }
    }
  }))
}

const sum = (x: NdArray): number => Array.from(x.toTypedArray()).reduce((total, value) => total + value, 0)

const pureCallback: Row<PureCallbackParams> = {
  dtypes: ['float64', 'int32'],
  derivatives: false,
  examples: (draw) => fc.tuple(shapes({ maxRank: 2 }), shapes({ maxRank: 1 }))
    .chain(([one, other]) => fc.tuple(draw.array(one), draw.array(other)).map(([x, y]) => ({
      operands: [x, y],
      params: {
        result: [new ShapeStruct(x.shape, x.dtype), new ShapeStruct([], 'float64')],
        levels: [],
        leading: null,
        callback: ([a, b]) => [arrayOf(x.dtype, a.shape, a.toTypedArray().toReversed()), arrayOf('float64', [], [sum(a) - sum(b)])]
      }
    })))
}

export const effects = { check, debug_callback: debugCallback, pure_callback: pureCallback }
