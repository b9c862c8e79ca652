import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat, isInteger, isUnsigned, maxValue } from '../core/dtype.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { alignAll, arrayOf, binary, unary, widen, type Binary, type Unary } from './promote.js'

/*
 * Arithmetic. Operands are promoted and broadcast; integers wrap; booleans are added by "or" and multiplied by "and".
 */

const logical =
  (numbers: (x: NdArray, y: NdArray) => NdArray, booleans: (x: NdArray, y: NdArray) => NdArray) =>
  (x: NdArray, y: NdArray): NdArray =>
    x.dtype === 'bool' ? booleans(x, y) : numbers(x, y)

/**
 * The sum. `jnp.add`.
 *
 * @example
 * np.add([[1, 2], [3, 4]], [10, 20]) // [[11, 22], [13, 24]]
 */
export const add: Binary = binary('add', logical(lax.add, lax.bitwiseOr))

/**
 * The difference. `jnp.subtract`. Throws DTypeError for booleans.
 *
 * @example
 * np.subtract([1, 2], 1) // [0, 1]
 */
export const subtract: Binary = binary('subtract', lax.sub)

/**
 * The product. `jnp.multiply`.
 *
 * @example
 * np.multiply([1, 2], [3, 4]) // [3, 8]
 */
export const multiply: Binary = binary('multiply', logical(lax.mul, lax.bitwiseAnd))

/**
 * The quotient, of floats: integers become float32. `jnp.divide`.
 *
 * @example
 * np.divide([1, 2], 4) // [0.25, 0.5]
 */
export const divide: Binary = binary('divide', lax.div, 'float')

/** The remainder with the sign of the dividend; of an integer divided by zero 0. */
const truncatedRemainder = (x: NdArray, y: NdArray): NdArray =>
  lax.rem(x, isFloat(y.dtype) ? y : lax.select(lax.eq(y, 0), lax.fullLike(y, 1), y))

/** Where rounding towards zero has rounded the quotient up. */
const roundedUp = (remainder: NdArray, y: NdArray): NdArray =>
  lax.bitwiseAnd(lax.ne(lax.lt(remainder, 0), lax.lt(y, 0)), lax.ne(remainder, 0))

/** The remainder with the sign of the divisor. */
const modulo = (x: NdArray, y: NdArray): NdArray => {
  const remainder = truncatedRemainder(x, y)
  return isUnsigned(x.dtype) ? remainder : lax.select(roundedUp(remainder, y), lax.add(remainder, y), remainder)
}

const floorQuotient = (x: NdArray, y: NdArray): NdArray => {
  if (isUnsigned(x.dtype)) return lax.div(x, y)
  const remainder = lax.rem(x, y)
  if (isInteger(x.dtype)) {
    const quotient = lax.div(x, y)
    const down = lax.bitwiseAnd(lax.ne(lax.sign(x), lax.sign(y)), lax.ne(remainder, 0))
    return lax.select(down, lax.sub(quotient, 1), quotient)
  }
  // what is divided is a multiple of the divisor, so that rounding only repairs the last bit; nothing remains of x / 0
  const quotient = lax.div(lax.sub(x, remainder), y)
  const whole = lax.round(lax.select(roundedUp(remainder, y), lax.sub(quotient, 1), quotient))
  return lax.select(lax.eq(y, 0), lax.div(x, y), whole)
}

/**
 * The quotient rounded down. `jnp.floor_divide`. An integer divided by zero gives what the hardware of JAX gives: −1 or
 * the greatest unsigned value, less one for a negative dividend.
 *
 * @example
 * np.floorDivide([7, -7], 2) // [3, -4]
 */
export const floorDivide: Binary = binary('floorDivide', floorQuotient, 'number')

/**
 * The remainder of the division rounded down, with the sign of the divisor; of an integer divided by zero 0. `jnp.remainder`.
 *
 * @example
 * np.mod([7, -7], 3) // [1, 2]
 */
export const mod: Binary = binary('mod', modulo, 'number')

/**
 * The remainder of the division rounded towards zero, with the sign of the dividend; of an integer divided by zero 0. `jnp.fmod`.
 *
 * @example
 * np.fmod([7, -7], 3) // [1, -1]
 */
export const fmod: Binary = binary('fmod', truncatedRemainder, 'number')

/** Quotient rounded down and remainder. `jnp.divmod`. */
export const divmod = (x: ArrayLike, y: ArrayLike): readonly [NdArray, NdArray] => {
  const [a, b] = alignAll('divmod', [x, y], 'number')
  return [floorQuotient(a, b), modulo(a, b)]
}

/** Integers to non-negative integer powers by repeated squaring. */
const integerPower = (x: NdArray, y: NdArray): NdArray => {
  let result = lax.fullLike(x, 1)
  let square = x
  let rest = y
  for (let bits = maxValue(y.dtype); bits > 0; bits = Math.floor(bits / 2)) {
    const odd = lax.ne(lax.bitwiseAnd(rest, 1), 0)
    result = lax.select(odd, lax.mul(result, square), result)
    square = lax.mul(square, square)
    rest = lax.shiftRightLogical(rest, 1)
  }
  return result
}

const powers: Binary = binary('power', (x, y) => (isFloat(x.dtype) ? lax.pow(x, y) : integerPower(x, y)), 'number')

/**
 * The power. A bare integer as the exponent multiplies (`lax.integerPow`); arrays of integers take exponents that are not
 * negative. `jnp.power`. Throws ArgumentError for an integer array to a negative bare integer.
 *
 * @example
 * np.power([1, 2, 3], 2) // [1, 4, 9]
 * np.power(2, [-1, 0.5]) // [0.5, 1.4142]
 */
export const power: Binary = (x, y) => {
  if (typeof y !== 'number' || !Number.isInteger(y) || typeof x === 'number') return powers(x, y)
  const base = widen('power', x, 'number')
  if (y < 0 && isInteger(base.dtype)) throw new ArgumentError('power', 'a non-negative exponent for integers', y)
  return lax.integerPow(base, y)
}

/** The power of floats: integers become float32. `jnp.float_power`. */
export const floatPower: Binary = binary('floatPower', lax.pow, 'float')

/** The number with the opposite sign. `jnp.negative`. Throws DTypeError for booleans. */
export const negative: Unary = unary('negative', lax.neg, 'any')

const unsigned = (x: NdArray): boolean => x.dtype === 'bool' || isUnsigned(x.dtype)

/**
 * The absolute value; its derivative at 0 is that of JAX. `jnp.abs`.
 *
 * @example
 * np.abs([-1, 2]) // [1, 2]
 */
export const abs: Unary = unary('abs', (x) => (unsigned(x) ? x : lax.abs(x)), 'any')

/** −1, 0 or 1 (or NaN). `jnp.sign`. Throws DTypeError for booleans. */
export const sign: Unary = unary('sign', lax.sign, 'any')

/** `x²`. `jnp.square`. */
export const square: Unary = unary('square', lax.square, 'number')

/** The square root. `jnp.sqrt`. */
export const sqrt: Unary = unary('sqrt', lax.sqrt)

/** The cube root, of negative numbers too. `jnp.cbrt`. */
export const cbrt: Unary = unary('cbrt', lax.cbrt)

/** `1 / x`. `jnp.reciprocal`. */
export const reciprocal: Unary = unary('reciprocal', (x) => lax.div(1, x))

/**
 * The greater of two numbers; NaN if either is. The derivative is shared at ties. `jnp.maximum`.
 *
 * @example
 * np.maximum([-1, 2], 0) // [0, 2]
 */
export const maximum: Binary = binary('maximum', logical(lax.max, lax.bitwiseOr))

/** The lesser of two numbers; NaN if either is. The derivative is shared at ties. `jnp.minimum`. */
export const minimum: Binary = binary('minimum', logical(lax.min, lax.bitwiseAnd))

const isNan = (x: NdArray): NdArray => lax.ne(x, x)

/** Without NaN where only one of them is. */
const ignoring = (f: (x: NdArray, y: NdArray) => NdArray) => (x: NdArray, y: NdArray): NdArray =>
  isFloat(x.dtype) ? lax.select(isNan(x), y, lax.select(isNan(y), x, f(x, y))) : f(x, y)

/** The greater of two numbers; the other one if one is NaN. `jnp.fmax`. */
export const fmax: Binary = binary('fmax', ignoring(lax.max), 'number')

/** The lesser of two numbers; the other one if one is NaN. `jnp.fmin`. */
export const fmin: Binary = binary('fmin', ignoring(lax.min), 'number')

/**
 * The numbers, not below `min` and not above `max`; `null` leaves a side open. `jnp.clip`.
 *
 * @example
 * np.clip([-1, 0.5, 2], 0, 1) // [0, 0.5, 1]
 */
export const clip = (x: ArrayLike, min: ArrayLike | null, max: ArrayLike | null): NdArray => {
  const low = min === null ? arrayOf('clip', x) : maximum(x, min)
  return max === null ? low : minimum(low, max)
}

/** `√(x² + y²)` without overflow. `jnp.hypot`. */
export const hypot: Binary = binary('hypot', (x, y) => {
  const [a, b] = [lax.abs(x), lax.abs(y)]
  const [big, small] = [lax.max(a, b), lax.min(a, b)]
  const infinite = lax.bitwiseOr(lax.eq(a, Infinity), lax.eq(b, Infinity))
  const trivial = lax.bitwiseOr(lax.eq(big, 0), infinite)
  const ratio = lax.div(small, lax.select(trivial, lax.fullLike(big, 1), big))
  const length = lax.select(trivial, big, lax.mul(big, lax.sqrt(lax.add(lax.square(ratio), 1))))
  return lax.select(infinite, lax.fullLike(big, Infinity), length)
}, 'float')

/** 0 below zero, 1 above, `y` at zero. `jnp.heaviside`. */
export const heaviside: Binary = binary('heaviside', (x, y) => {
  const step = lax.select(lax.lt(x, 0), lax.fullLike(x, 0), lax.select(lax.eq(x, 0), y, lax.fullLike(x, 1)))
  return lax.select(isNan(x), x, step)
}, 'float')

/** The magnitude of `x` with the sign of `y`, that of −0 too. `jnp.copysign`. */
export const copysign: Binary = binary('copysign', (x, y) => {
  const size = lax.abs(x)
  return lax.select(isNegative(y), lax.neg(size), size)
}, 'float')

/** Whether a float is negative, −0 too: its reciprocal then is −∞. */
const isNegative = (x: NdArray): NdArray => lax.bitwiseOr(lax.lt(x, 0), lax.lt(lax.div(1, x), 0))

/** Whether a number is negative, −0 too. `jnp.signbit`. */
export const signbit: Unary = unary('signbit', (x) =>
  isFloat(x.dtype) ? isNegative(x) : unsigned(x) ? lax.fullLike(lax.ne(x, x), 0) : lax.lt(x, 0), 'any')

/** What `nanToNum` puts for numbers that are not finite. */
export interface NanToNumOptions {
  /** For NaN; 0 by default. */
  readonly nan?: number
  /** For the infinities; the greatest and the least finite number by default. */
  readonly posinf?: number
  readonly neginf?: number
}

const greatest = { float32: 3.4028234663852886e38, float64: Number.MAX_VALUE }

/**
 * Finite numbers instead of NaN and infinities. `jnp.nan_to_num`.
 *
 * @example
 * np.nanToNum([NaN, 1, Infinity], { posinf: 9 }) // [0, 1, 9]
 */
export const nanToNum = (x: ArrayLike, options: NanToNumOptions = {}): NdArray => {
  checkOptions('nanToNum', options, ['nan', 'posinf', 'neginf'])
  const array = arrayOf('nanToNum', x)
  if (!isFloat(array.dtype)) return array
  const limit = greatest[array.dtype]
  const { nan = 0, posinf = limit, neginf = -limit } = options
  const put = (where: NdArray, value: number, rest: NdArray): NdArray => lax.select(where, lax.fullLike(rest, value), rest)
  return put(isNan(array), nan, put(lax.eq(array, Infinity), posinf, put(lax.eq(array, -Infinity), neginf, array)))
}

/** The common bits. `jnp.bitwise_and`. Throws DTypeError for floats. */
export const bitwiseAnd: Binary = binary('bitwiseAnd', lax.bitwiseAnd)

/** The bits of either. `jnp.bitwise_or`. Throws DTypeError for floats. */
export const bitwiseOr: Binary = binary('bitwiseOr', lax.bitwiseOr)

/** The bits of only one. `jnp.bitwise_xor`. Throws DTypeError for floats. */
export const bitwiseXor: Binary = binary('bitwiseXor', lax.bitwiseXor)

/** The other bits. `jnp.bitwise_not`. Throws DTypeError for floats. */
export const bitwiseNot: Unary = unary('bitwiseNot', lax.bitwiseNot, 'any')

/** `x · 2ʸ` of integers. `jnp.left_shift`. */
export const leftShift: Binary = binary('leftShift', lax.shiftLeft, 'number')

/** `x / 2ʸ` of integers, rounded down. `jnp.right_shift`. */
export const rightShift: Binary = binary(
  'rightShift', (x, y) => (isUnsigned(x.dtype) ? lax.shiftRightLogical(x, y) : lax.shiftRightArithmetic(x, y)), 'number'
)
