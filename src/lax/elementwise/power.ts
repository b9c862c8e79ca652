import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { isFloat, isInteger } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { fullLike } from '../broadcast.js'
import { div, mul, sub } from './arithmetic.js'
import { eq } from './comparison.js'
import { convertElementType } from './convert.js'
import { log } from './exponential.js'
import { binary, lifted, pointwiseAval, unary, type Binary, type Unary } from './pointwise.js'
import { integerPower, pow as precisePower, quickPower } from './scalar/power.js'
import { select } from './select.js'

/** The type of a power: a float, and an exponent that is of its dtype or an integer. */
const powAval = ([x, y]: readonly Aval[]): Aval => {
  if (!isFloat(x.dtype)) throw new DTypeError('pow', 'a floating-point base', [x, y])
  if (x.dtype === y.dtype) return pointwiseAval('pow', [x, y], 'float')
  if (!isInteger(y.dtype)) throw new DTypeError('pow', "an exponent of the base's dtype or an integer", [x, y])
  if (!equalShapes(x.shape, y.shape)) throw new ShapeError('pow', 'operands of one shape', [x, y])
  return x
}

export const powP: Primitive<'pow'> = binary('pow', {
  abstract: powAval,
  impl: (x, y, dtype) => (dtype === 'float32' ? quickPower(x, y) : precisePower(x, y)),
  rules: [
    ([x, y]) => {
      const less = pow(x, sub(y, 1))
      const slope = isFloat(y.dtype)
        ? mul(y, less)
        : select(eq(y, 0), fullLike(x, 0), mul(convertElementType(y, x.dtype), less))
      return (dx) => mul(dx, slope)
    },
    ([x], out) => {
      const slope = mul(log(select(eq(x, 0), fullLike(x, 1), x)), out)
      return (dy) => mul(dy, slope)
    }
  ]
})

/**
 * xʸ of floats, elementwise, by the rules of IEEE 754 (x⁰ = 1 even for NaN). The exponents have the dtype of x or are integers.
 * The derivative with respect to y at x = 0 takes log 0 for 0. JAX's `lax.pow`.
 *
 * @example
 * lax.pow(np.array([2, 4]), np.array([10, 0.5])) // [1024, 2]
 */
export const pow: Binary = lifted(powP)

export interface IntegerPowParams {
  readonly y: number
}

/** Products by repeated squaring, modulo 2³². */
const wrappedPower = (x: number, n: number): number => {
  let result = 1
  for (let square = x, rest = n; rest > 0; rest = Math.floor(rest / 2), square = Math.imul(square, square)) {
    if (rest % 2 === 1) result = Math.imul(result, square)
  }
  return result
}

export const integerPowP: Primitive<'integer_pow', IntegerPowParams> = unary<'integer_pow', IntegerPowParams>('integer_pow', {
  abstract([x], { y }) {
    if (!Number.isSafeInteger(y)) throw new ArgumentError('integerPow', 'an integer exponent', y)
    if (y < 0 && isInteger(x.dtype)) throw new ArgumentError('integerPow', 'an exponent that is not negative, as the base is an integer', y)
    return pointwiseAval('integerPow', [x], 'number')
  },
  impl: (x, dtype, { y }) => (isInteger(dtype) ? wrappedPower(x, y) : dtype === 'float32' ? quickPower(x, y) : integerPower(x, y)),
  linearize: ([x], _, { y }) => {
    const slope = y === 0 ? fullLike(x, 0) : mul(integerPow(x, y - 1), y)
    return (dx) => mul(dx, slope)
  }
})

/**
 * xⁿ for a fixed integer n, which may be negative for floats; integers wrap. JAX's `lax.integer_pow`. Throws ArgumentError if n
 * is no integer.
 *
 * @example
 * lax.integerPow(np.array([2, -3]), 3) // [8, -27]
 */
export const integerPow = (x: NdArray, y: number): NdArray => bind1(integerPowP, [x], { y })

/**
 * 1 / x of floats. JAX's `lax.reciprocal`.
 *
 * @example
 * lax.reciprocal(np.array([2, 4])) // [0.5, 0.25]
 */
export const reciprocal: Unary = (x) => integerPow(x, -1)

export const sqrtP: Primitive<'sqrt'> = unary('sqrt', {
  impl: Math.sqrt,
  float32(x, out) {
    for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(x[i])
  },
  linearize: (_, out) => {
    const slope = div(0.5, out)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The square root; NaN below 0. Its derivative at 0 is infinite. JAX's `lax.sqrt`.
 *
 * @example
 * lax.sqrt(np.array([4, 2])) // [2, 1.4142]
 */
export const sqrt: Unary = (x) => bind1(sqrtP, [x])

export const rsqrtP: Primitive<'rsqrt'> = unary('rsqrt', {
  impl: (x) => 1 / Math.sqrt(x),
  linearize: ([x], out) => {
    const slope = mul(div(out, x), -0.5)
    return (dx) => mul(dx, slope)
  }
})

/**
 * 1 / √x. JAX's `lax.rsqrt`.
 *
 * @example
 * lax.rsqrt(np.array([4, 0.25])) // [0.5, 2]
 */
export const rsqrt: Unary = (x) => bind1(rsqrtP, [x])

export const cbrtP: Primitive<'cbrt'> = unary('cbrt', {
  impl: Math.cbrt,
  linearize: (_, out) => {
    const slope = mul(integerPow(out, -2), 1 / 3)
    return (dx) => mul(dx, slope)
  }
})

/**
 * The cube root, of negative numbers too. JAX's `lax.cbrt`.
 *
 * @example
 * lax.cbrt(np.array([-8, 27])) // [-2, 3]
 */
export const cbrt: Unary = (x) => bind1(cbrtP, [x])
