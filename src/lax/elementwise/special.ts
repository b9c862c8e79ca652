import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { add, mul, neg, square } from './arithmetic.js'
import { exp } from './exponential.js'
import { binary, lifted, unary, type Binary, type Unary } from './pointwise.js'
import { erf as erfOf, erfc as erfcOf, erfInv as erfInvOf } from './scalar/error.js'
import { digamma as digammaOf, lgamma as lgammaOf, polygamma as polygammaOf } from './scalar/gamma.js'

const twoOverRootPi = 1.1283791670955126
const halfRootPi = 0.886226925452758

export const erfP: Primitive<'erf'> = unary('erf', {
  impl: erfOf,
  linearize: ([x]) => {
    const slope = mul(exp(neg(square(x))), twoOverRootPi)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The error function. JAX's `lax.erf`.
 *
 * @example
 * lax.erf(np.array([0, 1])) // [0, 0.8427]
 */
export const erf: Unary = (x) => bind1(erfP, [x])

export const erfcP: Primitive<'erfc'> = unary('erfc', {
  impl: erfcOf,
  linearize: ([x]) => {
    const slope = mul(exp(neg(square(x))), -twoOverRootPi)
    return (dx) => mul(dx, slope)
  }
})

/**
 * 1 − erf(x), with relative accuracy where it is small. JAX's `lax.erfc`.
 *
 * @example
 * lax.erfc(np.array([0, 1])) // [1, 0.1573]
 */
export const erfc: Unary = (x) => bind1(erfcP, [x])

export const erfInvP: Primitive<'erf_inv'> = unary('erf_inv', {
  impl: erfInvOf,
  linearize: (_, out) => {
    const slope = mul(exp(square(out)), halfRootPi)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The inverse of the error function; infinite at ±1, NaN beyond. JAX's `lax.erf_inv`.
 *
 * @example
 * lax.erfInv(np.array([0, 0.5])) // [0, 0.4769]
 */
export const erfInv: Unary = (x) => bind1(erfInvP, [x])

export const lgammaP: Primitive<'lgamma'> = unary('lgamma', {
  impl: lgammaOf,
  linearize: ([x]) => {
    const slope = digamma(x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The logarithm of |Γ(x)|; infinite at 0 and the negative integers. JAX's `lax.lgamma`.
 *
 * @example
 * lax.lgamma(np.array([1, 5])) // [0, 3.1781]
 */
export const lgamma: Unary = (x) => bind1(lgammaP, [x])

export const digammaP: Primitive<'digamma'> = unary('digamma', {
  impl: digammaOf,
  linearize: ([x]) => {
    const slope = polygamma(1, x)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The derivative of `lgamma`; NaN at 0 and the negative integers. JAX's `lax.digamma`.
 *
 * @example
 * lax.digamma(np.array([1, 2])) // [-0.5772, 0.4228]
 */
export const digamma: Unary = (x) => bind1(digammaP, [x])

export const polygammaP: Primitive<'polygamma'> = binary('polygamma', {
  domain: 'float',
  impl: (m, x) => polygammaOf(m, x),
  rules: [
    null,
    ([m, x]) => {
      const slope = polygamma(add(m, 1), x)
      return (dx) => mul(dx, slope)
    }
  ]
})

/**
 * The mth derivative of `digamma` at x, for whole numbers m from 0 to 170; NaN for other m. There is no derivative with respect to m.
 * JAX's `lax.polygamma`.
 *
 * @example
 * lax.polygamma(1, np.array([1, 2])) // [1.6449, 0.6449]
 */
export const polygamma: Binary = lifted(polygammaP)
