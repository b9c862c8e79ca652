import { share } from '../array/ndarray.js'
import type { Primitive } from '../core/primitive.js'
import { bind1 } from '../core/trace.js'
import type { Unary } from './elementwise/pointwise.js'
import { primitive } from './rule.js'

/** The operand, without a derivative. */
export const stopGradientP: Primitive<'stop_gradient'> = primitive('stop_gradient', {
  abstract: ([x]) => x,
  impl: ([x], _, out) => share(out, x),
  batch: (_, operands) => bind1(stopGradientP, operands)
})

/**
 * The same array, as a constant for differentiation: its tangents are zero. JAX's `lax.stop_gradient`.
 *
 * @example
 * lax.stopGradient(np.array([1, 2])) // [1, 2]
 */
export const stopGradient: Unary = (x) => bind1(stopGradientP, [x])
