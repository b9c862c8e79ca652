import type { Eqn } from '../../../core/primitive.js'
import type { MapLowering, SourceLowering } from '../lowering.js'

/** An operation on elements, under its primitive's name. */
const map = (cost: number): MapLowering => ({
  kind: 'map',
  cost,
  value: ({ primitive, params, outputs: [out] }: Eqn, args) =>
    ({ kind: 'apply', dtype: out.aval.dtype, operation: primitive.name, params, args })
})

const [cheap, slow, transcendental] = [map(1), map(8), map(20)]

/** The first operand as it is. */
const same: MapLowering = { kind: 'map', cost: 0, value: (_, [x]) => x }

const iota: SourceLowering = {
  kind: 'source',
  value({ params, outputs: [out] }, coordinates) {
    const { dimension } = params as { readonly dimension: number } // of iota
    return { kind: 'position', dtype: out.aval.dtype, at: coordinates[dimension] }
  }
}

export const elementwise = {
  add: cheap, add_any: cheap, sub: cheap, mul: cheap, neg: cheap, abs: cheap, sign: cheap, square: cheap, max: cheap, min: cheap,
  eq: cheap, ne: cheap, lt: cheap, le: cheap, gt: cheap, ge: cheap, and: cheap, or: cheap, xor: cheap, not: cheap,
  is_finite: cheap, floor: cheap, ceil: cheap, round: cheap, select_n: cheap, clamp: cheap, convert_element_type: cheap,
  div: slow, sqrt: slow, rsqrt: slow, integer_pow: slow,
  exp: transcendental, log: transcendental, tanh: transcendental, logistic: transcendental, log1p: transcendental, expm1: transcendental,
  exp2: transcendental, sin: transcendental, cos: transcendental, tan: transcendental, asin: transcendental, acos: transcendental,
  atan: transcendental, atan2: transcendental, sinh: transcendental, cosh: transcendental, asinh: transcendental, acosh: transcendental,
  atanh: transcendental, cbrt: transcendental, pow: transcendental, erf: transcendental, erfc: transcendental, erf_inv: transcendental,
  erf_inv_giles: transcendental,
  stop_gradient: same, iota
} as const
