import type { Eqn } from '../../../core/primitive.js'
import type { Value } from '../kernel.js'
import type { MapLowering, SourceLowering } from '../lowering.js'

/** An operation on elements, under its primitive's name. */
const map = (cost: number): MapLowering => ({
  kind: 'map',
  cost,
  value: ({ primitive, params, outputs: [out] }: Eqn, args) =>
    ({ kind: 'apply', dtype: out.aval.dtype, operation: primitive.name, params, args })
})

export interface ShiftParams {
  /** By how many bits all elements are shifted, if that is known; the count is no operand then. */
  readonly count?: number
}

const shift: MapLowering = {
  kind: 'map',
  cost: 2,
  value({ primitive: { name }, outputs: [{ aval: { dtype } }] }, [x, count]) {
    const known = count.kind === 'constant'
    const params: ShiftParams = known ? { count: count.value } : {}
    return { kind: 'apply', dtype, operation: name, params, args: known ? [x] : [x, count] }
  }
}

/** A choice among several cases as choices between two: beyond the cases the nearest. */
const choose: MapLowering = {
  kind: 'map',
  cost: 1,
  value(eqn, [which, first, ...others]) {
    const { dtype } = eqn.outputs[0].aval
    if (which.dtype === 'bool') return others.length === 0 ? first : map(1).value(eqn, [which, first, ...others])
    return others.reduce<Value>((sofar, value, k) => {
      const number: Value = { kind: 'constant', dtype: which.dtype, value: k + 1 }
      const operation = k === others.length - 1 ? 'ge' : 'eq'
      const chosen: Value = { kind: 'apply', dtype: 'bool', operation, params: {}, args: [which, number] }
      return { kind: 'apply', dtype, operation: 'select_n', params: {}, args: [chosen, sofar, value] }
    }, first)
  }
}

/** Elements of another type; those that have it already, as they are. */
const convert: MapLowering = {
  kind: 'map', cost: 1, value: (eqn, [x]) => (x.dtype === eqn.outputs[0].aval.dtype ? x : map(1).value(eqn, [x]))
}

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
  is_finite: cheap, floor: cheap, ceil: cheap, round: cheap, select_n: choose, clamp: cheap, convert_element_type: convert,
  bitcast_convert_type: cheap, shift_left: shift, shift_right_logical: shift, shift_right_arithmetic: shift, population_count: cheap,
  clz: slow, nextafter: slow, rem: transcendental,
  div: slow, sqrt: slow, rsqrt: slow, integer_pow: slow,
  exp: transcendental, log: transcendental, tanh: transcendental, logistic: transcendental, log1p: transcendental, expm1: transcendental,
  exp2: transcendental, sin: transcendental, cos: transcendental, tan: transcendental, asin: transcendental, acos: transcendental,
  atan: transcendental, atan2: transcendental, sinh: transcendental, cosh: transcendental, asinh: transcendental, acosh: transcendental,
  atanh: transcendental, cbrt: transcendental, pow: transcendental, erf: transcendental, erfc: transcendental, erf_inv: transcendental,
  erf_inv_giles: transcendental,
  stop_gradient: same, name: same, iota
} as const
