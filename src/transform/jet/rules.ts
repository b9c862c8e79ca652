import type { NdArray } from '../../core/array.js'
import type { Primitive, Series } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import type { IntegerPowParams } from '../../lax/elementwise/power.js'
import type { primitives } from '../../lax/primitives.js'
import {
  acosSeries, acoshSeries, asinSeries, asinhSeries, atan2Series, atanSeries, atanhSeries, cbrtSeries, cosSeries, coshSeries,
  digammaSeries, erfSeries, erfcSeries, exp2Series, expSeries, expm1Series, integerPower, lgammaSeries, log1pSeries, logSeries,
  logisticSeries, polygammaSeries, powSeries, quotient, rsqrtSeries, sinSeries, sinhSeries, sqrtSeries, squareSeries, tanSeries,
  tanhSeries, type Elementwise
} from './elementwise.js'
import { constant, leibniz, orderOf, seriesOf, varies } from './series.js'

/** Series of the outputs from those of the operands, at least one of which varies. */
export type Rule = (self: Primitive, operands: readonly Series[], params: object) => readonly Series[]

const valuesOf = (operands: readonly Series[]): readonly NdArray[] => operands.map(([value]) => value)

/**
 * Operations that are linear in the operands that vary, or are so around almost every point (`max`, `abs`, `sort`): the
 * derivative takes each coefficient for itself. Where pieces meet it is the derivative's choice that counts.
 */
const affine: Rule = (self, operands, params) => {
  const values = valuesOf(operands)
  const order = orderOf(operands[0])
  const derivative = self.linearize?.(values, params, operands.map(varies))
  if (derivative === undefined) return [constant(bind1(self, values, params), order)]
  const [outs, push] = derivative
  const terms = operands[0].slice(1).map((_, i) => {
    const tangents = operands.map((x) => x[i + 1])
    return tangents.every((d) => d === null) ? tangents : push(tangents)
  })
  return outs.map((out, k) => seriesOf(out, order, (j) => terms[j - 1][k] ?? null))
}

/** Operations that are linear in each of two operands. */
const bilinear: Rule = (self, [a, b], params) => {
  const product = (x: NdArray, y: NdArray): NdArray => bind1(self, [x, y], params)
  return [leibniz(a, b, product(a[0], b[0]), product)]
}

const unary = (f: Elementwise): Rule => (self, [x], params) => [f(x, bind1(self, [x[0]], params))]

const binary = (f: (x: Series, y: Series, value: NdArray) => Series): Rule => (self, [x, y], params) =>
  [f(x, y, bind1(self, [x[0], y[0]], params))]

type Rules = Partial<Readonly<Record<(typeof primitives)[number]['name'], Rule>>>

/** What is known of single primitives. The others go by their first derivative. */
export const rules: Rules = {
  // sums and copies
  add_any: affine, broadcast_in_dim: affine, reduce_sum: affine, add: affine, sub: affine, neg: affine, cumsum: affine,
  psum: affine, reduce_window_sum: affine, convert_element_type: affine,
  // rearrangements
  reshape: affine, squeeze: affine, transpose: affine, rev: affine, pad: affine, slice: affine, concatenate: affine,
  split: affine, gather: affine, scatter: affine, scatter_add: affine, dynamic_slice: affine, dynamic_update_slice: affine,
  select_n: affine,
  // choices by value
  abs: affine, max: affine, min: affine, clamp: affine, rem: affine, sort: affine, top_k: affine, reduce_max: affine,
  reduce_min: affine, cummax: affine, cummin: affine, reduce_window_max: affine, reduce_window_min: affine,
  scatter_max: affine, scatter_min: affine, select_and_gather_add: affine, select_and_scatter_add: affine, pmax: affine,
  pmin: affine,
  // products
  mul: bilinear, dot_general: bilinear, conv_general_dilated: bilinear, div: binary(quotient), square: unary(squareSeries),
  // powers
  integer_pow: (self, [x], params) => {
    const { y } = params as IntegerPowParams // the params of this primitive
    return [integerPower(x, bind1(self, [x[0]], params), y)]
  },
  pow: binary(powSeries), sqrt: unary(sqrtSeries), rsqrt: unary(rsqrtSeries), cbrt: unary(cbrtSeries),
  // exponential, trigonometric, hyperbolic
  exp: unary(expSeries), exp2: unary(exp2Series), expm1: unary(expm1Series), log: unary(logSeries), log1p: unary(log1pSeries),
  logistic: unary(logisticSeries),
  sin: unary(sinSeries), cos: unary(cosSeries), tan: unary(tanSeries), asin: unary(asinSeries), acos: unary(acosSeries),
  atan: unary(atanSeries), atan2: binary(atan2Series),
  sinh: unary(sinhSeries), cosh: unary(coshSeries), tanh: unary(tanhSeries), asinh: unary(asinhSeries),
  acosh: unary(acoshSeries), atanh: unary(atanhSeries),
  // special
  erf: unary(erfSeries), erfc: unary(erfcSeries), lgamma: unary(lgammaSeries), digamma: unary(digammaSeries),
  polygamma: binary((m, x, value) => polygammaSeries(m[0], x, value))
}
