import type { TypedArray } from '../../core/dtype.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { binary, lifted, unary, type Binary, type Unary } from './pointwise.js'

/** A comparison: a loop over float32 arrays, of its own so that it compiles to straight code, and a function of two elements. */
const comparison = <const N extends string>(
  name: N, impl: (x: number, y: number) => number, float32: (x: Float32Array, y: Float32Array, out: TypedArray) => void
): Primitive<N> => binary(name, { domain: 'any', out: 'bool', impl, float32 })

export const eqP: Primitive<'eq'> = comparison('eq', (x, y) => (x === y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] === y[i] ? 1 : 0
})

export const neP: Primitive<'ne'> = comparison('ne', (x, y) => (x !== y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] !== y[i] ? 1 : 0
})

export const ltP: Primitive<'lt'> = comparison('lt', (x, y) => (x < y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] < y[i] ? 1 : 0
})

export const leP: Primitive<'le'> = comparison('le', (x, y) => (x <= y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] <= y[i] ? 1 : 0
})

export const gtP: Primitive<'gt'> = comparison('gt', (x, y) => (x > y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] > y[i] ? 1 : 0
})

export const geP: Primitive<'ge'> = comparison('ge', (x, y) => (x >= y ? 1 : 0), (x, y, out) => {
  for (let i = 0; i < out.length; i++) out[i] = x[i] >= y[i] ? 1 : 0
})

/**
 * Whether elements are equal, as booleans; NaN equals nothing. Operands of one shape and dtype, or a number for one of
 * them; throws ShapeError and DTypeError otherwise. JAX's `lax.eq`.
 *
 * @example
 * lax.eq(np.array([1, 2, NaN]), np.array([1, 3, NaN])) // [true, false, false]
 */
export const eq: Binary = lifted(eqP)

/**
 * Whether elements differ. JAX's `lax.ne`.
 *
 * @example
 * lax.ne(np.array([1, 2]), 1) // [false, true]
 */
export const ne: Binary = lifted(neP)

/**
 * Whether x < y, elementwise; false before true. JAX's `lax.lt`.
 *
 * @example
 * lax.lt(np.array([1, 2, 3]), 2) // [true, false, false]
 */
export const lt: Binary = lifted(ltP)

/**
 * Whether x ≤ y, elementwise. JAX's `lax.le`.
 *
 * @example
 * lax.le(np.array([1, 2, 3]), 2) // [true, true, false]
 */
export const le: Binary = lifted(leP)

/**
 * Whether x > y, elementwise. JAX's `lax.gt`.
 *
 * @example
 * lax.gt(np.array([1, 2, 3]), 2) // [false, false, true]
 */
export const gt: Binary = lifted(gtP)

/**
 * Whether x ≥ y, elementwise. JAX's `lax.ge`.
 *
 * @example
 * lax.ge(np.array([1, 2, 3]), 2) // [false, true, true]
 */
export const ge: Binary = lifted(geP)

export const isFiniteP: Primitive<'is_finite'> = unary('is_finite', {
  out: 'bool',
  impl: (x) => (Number.isFinite(x) ? 1 : 0)
})

/**
 * Whether elements are neither infinite nor NaN. JAX's `lax.is_finite`.
 *
 * @example
 * lax.isFinite(np.array([1, Infinity, NaN])) // [true, false, false]
 */
export const isFinite: Unary = (x) => bind1(isFiniteP, [x])
