import fc from 'fast-check'
import { dtypes, isFloat, type DType } from '../../../src/core/dtype.js'
import type { IntegerPowParams } from '../../../src/lax/elementwise/power.js'
import type { RoundParams } from '../../../src/lax/elementwise/rounding.js'
import { betweenSteps, integers, shapes, signed, within, type Domain, type Draw } from '../../support/arbitrary.js'
import { arrayOf } from '../../support/arrays.js'
import type { Example, Row } from '../row.js'

const floats: readonly DType[] = ['float64', 'float32']
const numbers: readonly DType[] = ['float64', 'float32', 'int32', 'uint32', 'int8', 'uint8']
const signedNumbers: readonly DType[] = ['float64', 'float32', 'int32', 'int8']
const whole: readonly DType[] = ['int32', 'uint32', 'int8', 'uint8']
const bits: readonly DType[] = [...whole, 'bool']

const none = {}

/** Operands of one shape, each from its domain. */
const operands = (draw: Draw, domains: readonly (Domain | undefined)[]): fc.Arbitrary<Example> =>
  shapes().chain((shape) => fc.tuple(...domains.map((domain) => draw.array(shape, domain)))).map((xs) => ({ operands: xs, params: none }))

const unary = (of: readonly DType[], domain?: Domain, more: Partial<Row> = {}): Row => ({
  dtypes: of, examples: (draw) => operands(draw, [domain]), ...more
})

const binary = (of: readonly DType[], domains: readonly (Domain | undefined)[] = [undefined, undefined], more: Partial<Row> = {}): Row => ({
  dtypes: of, examples: (draw) => operands(draw, domains), ...more
})

/** No element of one operand is near one of the other. */
const apart = (of: readonly DType[]): Row => ({
  dtypes: of,
  examples: (draw) => shapes().chain((shape) => draw.distinct(shape, shape)).map((xs) => ({ operands: xs, params: none }))
})

const positive = within(0.3, 3)
const unit = signed(0.05, 0.8)

/** Quotients between whole numbers and their halves: x is not near a multiple of y, nor near half of one. */
const rem: Row = {
  dtypes: numbers,
  examples: (draw) => shapes().chain((shape) => fc.tuple(draw.array(shape, betweenSteps(2)), draw.array(shape, signed(0.98, 1.02))))
    .map(([quotient, y]) => {
      if (draw.wild || !isFloat(draw.dtype)) return { operands: [quotient, y], params: none }
      const [q, d] = [quotient.toTypedArray(), y.toTypedArray()]
      return { operands: [arrayOf(draw.dtype, y.shape, q.map((k, i) => k * d[i])), y], params: none }
    })
}

const integerPow: Row<IntegerPowParams> = {
  dtypes: numbers,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape, signed(0.5, 1.6))),
    params: fc.record({ y: fc.integer({ min: isFloat(draw.dtype) ? -3 : 0, max: 4 }) })
  }))
}

const pow: Row = {
  dtypes: floats,
  examples: (draw) => shapes().chain((shape) => fc.tuple(
    draw.array(shape, within(0.7, 2.5)),
    fc.boolean().chain((float) => (float ? draw.array(shape) : integers('int32', shape, -3, 3)))
  )).map((xs) => ({ operands: xs, params: none }))
}

/** The order is a whole number, in which there is no derivative. */
const polygamma: Row = {
  dtypes: floats,
  fixed: [0],
  examples: (draw) => shapes().chain((shape) => fc.tuple(
    draw.wild ? draw.array(shape) : integers(draw.dtype, shape, 0, 2), draw.array(shape, within(1, 4))
  )).map((xs) => ({ operands: xs, params: none }))
}

const round: Row<RoundParams> = {
  dtypes: floats,
  examples: (draw) => shapes().chain((shape) => fc.record({
    operands: fc.tuple(draw.array(shape, betweenSteps(2))),
    params: fc.record({ roundingMethod: fc.constantFrom('awayFromZero' as const, 'toNearestEven' as const) })
  }))
}

export const elementwise = {
  // arithmetic
  abs: unary(signedNumbers),
  add: binary(numbers),
  add_any: binary(numbers),
  div: binary(numbers, [undefined, signed(0.4, 2)]),
  max: apart(dtypes),
  min: apart(dtypes),
  mul: binary(numbers),
  neg: unary(numbers),
  rem,
  sign: unary(numbers),
  square: unary(numbers),
  sub: binary(numbers),

  // power
  cbrt: unary(floats, signed(0.3, 2)),
  integer_pow: integerPow,
  pow,
  rsqrt: unary(floats, positive),
  sqrt: unary(floats, positive),

  // exponential, trigonometric, hyperbolic
  exp: unary(floats), exp2: unary(floats), expm1: unary(floats), log: unary(floats, positive), log1p: unary(floats, within(-0.6, 2)),
  logistic: unary(floats, signed(0.1, 4)),
  acos: unary(floats, unit), asin: unary(floats, unit), atan: unary(floats),
  atan2: binary(floats, [signed(0.5, 2), signed(0.5, 2)]),
  cos: unary(floats), sin: unary(floats), tan: unary(floats, signed(0.1, 1.2)),
  acosh: unary(floats, within(1.4, 4)), asinh: unary(floats), atanh: unary(floats, unit),
  cosh: unary(floats), sinh: unary(floats), tanh: unary(floats),

  // special
  digamma: unary(floats, within(0.8, 4)),
  erf: unary(floats), erfc: unary(floats), erf_inv: unary(floats, unit), erf_inv_giles: unary(floats, unit),
  lgamma: unary(floats, within(0.8, 4)),
  polygamma,

  // rounding
  ceil: unary(floats, betweenSteps(2)),
  floor: unary(floats, betweenSteps(2)),
  nextafter: binary(floats, undefined, { derivatives: false }),
  round,

  // comparison, bits
  eq: apart(dtypes), ge: apart(dtypes), gt: apart(dtypes), le: apart(dtypes), lt: apart(dtypes), ne: apart(dtypes),
  is_finite: unary(floats),
  and: binary(bits), or: binary(bits), xor: binary(bits), not: unary(bits),
  clz: unary(whole), population_count: unary(whole),
  shift_left: binary(whole), shift_right_arithmetic: binary(whole), shift_right_logical: binary(whole),

  stop_gradient: unary(dtypes, undefined, { derivatives: false })
}
