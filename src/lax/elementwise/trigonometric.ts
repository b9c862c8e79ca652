import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { add, div, mul, neg, square, sub } from './arithmetic.js'
import { binary, lifted, unary, type Binary, type Unary } from './pointwise.js'
import { rsqrt } from './power.js'

export const sinP: Primitive<'sin'> = unary('sin', {
  impl: Math.sin,
  linearize: ([x]) => {
    const slope = cos(x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The sine, of arguments in radians. JAX's `lax.sin`.
 *
 * @example
 * lax.sin(np.array([0, 1])) // [0, 0.8415]
 */
export const sin: Unary = (x) => bind1(sinP, [x])

export const cosP: Primitive<'cos'> = unary('cos', {
  impl: Math.cos,
  linearize: ([x]) => {
    const slope = neg(sin(x))
    return (dx) => mul(dx, slope)
  }
})

/**
 * The cosine, of arguments in radians. JAX's `lax.cos`.
 *
 * @example
 * lax.cos(np.array([0, 1])) // [1, 0.5403]
 */
export const cos: Unary = (x) => bind1(cosP, [x])

export const tanP: Primitive<'tan'> = unary('tan', {
  impl: Math.tan,
  linearize: (_, out) => {
    const slope = add(square(out), 1)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The tangent, of arguments in radians. JAX's `lax.tan`.
 *
 * @example
 * lax.tan(np.array([0, 1])) // [0, 1.5574]
 */
export const tan: Unary = (x) => bind1(tanP, [x])

/** 1 / √(1 − x²). */
const arcSlope: Unary = (x) => rsqrt(mul(sub(1, x), add(x, 1)))

export const asinP: Primitive<'asin'> = unary('asin', {
  impl: Math.asin,
  linearize: ([x]) => {
    const slope = arcSlope(x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The angle from −π/2 to π/2 whose sine is given; NaN beyond [−1, 1]. JAX's `lax.asin`.
 *
 * @example
 * lax.asin(np.array([0, 1])) // [0, 1.5708]
 */
export const asin: Unary = (x) => bind1(asinP, [x])

export const acosP: Primitive<'acos'> = unary('acos', {
  impl: Math.acos,
  linearize: ([x]) => {
    const slope = neg(arcSlope(x))
    return (dx) => mul(dx, slope)
  }
})

/**
 * The angle from 0 to π whose cosine is given; NaN beyond [−1, 1]. JAX's `lax.acos`.
 *
 * @example
 * lax.acos(np.array([1, 0])) // [0, 1.5708]
 */
export const acos: Unary = (x) => bind1(acosP, [x])

export const atanP: Primitive<'atan'> = unary('atan', {
  impl: Math.atan,
  linearize: ([x]) => {
    const under = add(square(x), 1)
    return (dx) => div(dx, under)
  }
})

/**
 * The angle from −π/2 to π/2 whose tangent is given. JAX's `lax.atan`.
 *
 * @example
 * lax.atan(np.array([0, 1])) // [0, 0.7854]
 */
export const atan: Unary = (x) => bind1(atanP, [x])

export const atan2P: Primitive<'atan2'> = binary('atan2', {
  domain: 'float',
  impl: (y, x) => Math.atan2(y, x),
  rules: [
    ([y, x]) => {
      const slope = div(x, add(square(y), square(x)))
      return (dy) => mul(dy, slope)
    },
    ([y, x]) => {
      const slope = div(neg(y), add(square(y), square(x)))
      return (dx) => mul(dx, slope)
    }
  ]
})

/**
 * The angle of the point (x, y), from −π to π; y comes first. JAX's `lax.atan2`.
 *
 * @example
 * lax.atan2(np.array([0, 1]), np.array([-1, 1])) // [3.1416, 0.7854]
 */
export const atan2: Binary = lifted(atan2P)
