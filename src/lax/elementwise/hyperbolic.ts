import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { abs, add, div, mul, square, sub } from './arithmetic.js'
import { unary, type Unary } from './pointwise.js'
import { rsqrt } from './power.js'
import { tanh as tanhOf } from './scalar/hyperbolic.js'

export const sinhP: Primitive<'sinh'> = unary('sinh', {
  impl: Math.sinh,
  linearize: ([x]) => {
    const slope = cosh(x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The hyperbolic sine. JAX's `lax.sinh`.
 *
 * @example
 * lax.sinh(np.array([0, 1])) // [0, 1.1752]
 */
export const sinh: Unary = (x) => bind1(sinhP, [x])

export const coshP: Primitive<'cosh'> = unary('cosh', {
  impl: Math.cosh,
  linearize: ([x]) => {
    const slope = sinh(x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The hyperbolic cosine. JAX's `lax.cosh`.
 *
 * @example
 * lax.cosh(np.array([0, 1])) // [1, 1.5431]
 */
export const cosh: Unary = (x) => bind1(coshP, [x])

export const tanhP: Primitive<'tanh'> = unary('tanh', {
  impl: tanhOf,
  linearize: (_, out) => {
    const slope = mul(sub(1, out), add(out, 1))
    return (dx) => mul(dx, slope)
  }
})

/**
 * The hyperbolic tangent. JAX's `lax.tanh`.
 *
 * @example
 * lax.tanh(np.array([0, 1])) // [0, 0.7616]
 */
export const tanh: Unary = (x) => bind1(tanhP, [x])

export const asinhP: Primitive<'asinh'> = unary('asinh', {
  impl: Math.asinh,
  linearize: ([x]) => {
    const slope = rsqrt(add(square(x), 1))
    return (dx) => mul(dx, slope)
  }
})

/**
 * The inverse of the hyperbolic sine. JAX's `lax.asinh`.
 *
 * @example
 * lax.asinh(np.array([0, 1])) // [0, 0.8814]
 */
export const asinh: Unary = (x) => bind1(asinhP, [x])

export const acoshP: Primitive<'acosh'> = unary('acosh', {
  impl: Math.acosh,
  linearize: ([x]) => {
    const size = abs(x)
    const slope = mul(rsqrt(sub(size, 1)), rsqrt(add(size, 1))) // x² − 1, without cancellation or overflow
    return (dx) => mul(dx, slope)
  }
})

/**
 * The inverse of the hyperbolic cosine; NaN below 1. JAX's `lax.acosh`.
 *
 * @example
 * lax.acosh(np.array([1, 2])) // [0, 1.317]
 */
export const acosh: Unary = (x) => bind1(acoshP, [x])

export const atanhP: Primitive<'atanh'> = unary('atanh', {
  impl: Math.atanh,
  linearize: ([x]) => {
    const under = mul(sub(1, x), add(x, 1))
    return (dx) => div(dx, under)
  }
})

/**
 * The inverse of the hyperbolic tangent; infinite at ±1, NaN beyond. JAX's `lax.atanh`.
 *
 * @example
 * lax.atanh(np.array([0, 0.5])) // [0, 0.5493]
 */
export const atanh: Unary = (x) => bind1(atanhP, [x])
