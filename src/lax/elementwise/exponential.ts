import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { add, div, mul, sub } from './arithmetic.js'
import { unary, type Unary } from './pointwise.js'
import { logistic as logisticOf } from './scalar/hyperbolic.js'
import { exp2 as exp2Of } from './scalar/power.js'

export const expP: Primitive<'exp'> = unary('exp', {
  impl: Math.exp,
  float32(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(x[i])
  },
  linearize: (_, out) => (dx) => mul(dx, out)
})

/**
 * The exponential function of floats. JAX's `lax.exp`.
 *
 * @example
 * lax.exp(np.array([0, 1])) // [1, 2.7183]
 */
export const exp: Unary = (x) => bind1(expP, [x])

export const exp2P: Primitive<'exp2'> = unary('exp2', {
  impl: exp2Of,
  linearize: (_, out) => {
    const slope = mul(out, Math.LN2)
    return (dx) => mul(dx, slope)
  }
})

/**
 * 2ˣ. JAX's `lax.exp2`.
 *
 * @example
 * lax.exp2(np.array([-1, 10])) // [0.5, 1024]
 */
export const exp2: Unary = (x) => bind1(exp2P, [x])

export const expm1P: Primitive<'expm1'> = unary('expm1', {
  impl: Math.expm1,
  linearize: (_, out) => {
    const slope = add(out, 1)
    return (dx) => mul(dx, slope)
  }
})

/**
 * eˣ − 1, without cancellation near 0. JAX's `lax.expm1`.
 *
 * @example
 * lax.expm1(np.array([0, 1])) // [0, 1.7183]
 */
export const expm1: Unary = (x) => bind1(expm1P, [x])

export const logP: Primitive<'log'> = unary('log', {
  impl: Math.log,
  linearize: ([x]) => (dx) => div(dx, x)
})

/**
 * The natural logarithm; −∞ at 0, NaN below. JAX's `lax.log`.
 *
 * @example
 * lax.log(np.array([1, 2])) // [0, 0.6931]
 */
export const log: Unary = (x) => bind1(logP, [x])

export const log1pP: Primitive<'log1p'> = unary('log1p', {
  impl: Math.log1p,
  linearize: ([x]) => {
    const shifted = add(x, 1)
    return (dx) => div(dx, shifted)
  }
})

/**
 * log(1 + x), without cancellation near 0. JAX's `lax.log1p`.
 *
 * @example
 * lax.log1p(np.array([0, 1])) // [0, 0.6931]
 */
export const log1p: Unary = (x) => bind1(log1pP, [x])

export const logisticP: Primitive<'logistic'> = unary('logistic', {
  impl: logisticOf,
  linearize: (_, out) => {
    const slope = mul(out, sub(1, out))
    return (dx) => mul(dx, slope)
  }
})

/**
 * 1 / (1 + e⁻ˣ), the sigmoid. JAX's `lax.logistic`.
 *
 * @example
 * lax.logistic(np.array([0, 1])) // [0.5, 0.7311]
 */
export const logistic: Unary = (x) => bind1(logisticP, [x])
