import { productError, sumError } from './double.js'

/*
 * Powers as exp(y · log x), with log x and its product in two doubles: a relative error of 2⁻⁶⁶ in the logarithm becomes one of
 * 2⁻⁵⁶ in the power. Engines differ here, and Math.pow is hundreds of ulp off in some.
 */

const ln2 = Math.LN2
const ln2Low = 2.3190468138462996e-17
/** The upper 32 bits of ln2, so that products by small integers are exact, and what is left. */
const ln2High = 0.6931471803691238
const ln2Rest = ln2 - ln2High

const double = new Float64Array(1)
const word = new Int32Array(double.buffer)

const twoTo = (n: number): number => {
  word[0] = 0
  word[1] = (n + 1023) << 20
  return double[0]
}

/** x · 2ⁿ, rounded once, for n from −2044 to 2046. */
const scaled = (x: number, n: number): number => {
  if (n > 1023) return x * twoTo(1023) * twoTo(n - 1023)
  if (n < -1022) return x * twoTo(n + 1022) * twoTo(-1022)
  return x * twoTo(n)
}

/** exp(high + low) · 2ⁿ for |high| ≤ ½ log 2: one rounding of a sum whose first terms are exact. */
const expScaled = (high: number, low: number, n: number): number => {
  const half = 0.5 * high
  const square = half * high
  const tail = high * high * high * (1 / 6 + high * (1 / 24 + high * (1 / 120 + high * (1 / 720 + high * (1 / 5040 + high * (1 / 40320 +
    high * (1 / 362880 + high * (1 / 3628800 + high * (1 / 39916800 + high * (1 / 479001600 + high / 6227020800))))))))))
  const first = 1 + high
  const second = first + square
  const lost = sumError(1, high, first) + sumError(first, square, second) + productError(half, high, square)
  const rest = lost + low * second + tail
  return scaled(second + rest, n)
}

/** exp(high + low), where low is small beside high. */
const expOfSum = (high: number, low: number): number => {
  if (high > 710) return Infinity
  if (high < -746) return 0
  const n = Math.round(high / ln2)
  const main = high - n * ln2High
  const small = low - n * ln2Rest - n * ln2Low
  const sum = main + small
  return expScaled(sum, sumError(main, small, sum), n)
}

/**
 * 2ˣ, to within a little more than ½ ulp, and exactly for integers.
 *
 * @example
 * exp2(10) // 1024
 */
export const exp2 = (x: number): number => {
  if (!(x < 1024)) return x === Infinity || x >= 1024 ? Infinity : NaN
  if (x < -1080) return 0
  const n = Math.round(x)
  const f = x - n
  const high = f * ln2
  return expScaled(high, f === 0 ? 0 : productError(f, ln2, high) + f * ln2Low, n)
}

/** xʸ for x > 0 and finite, and for finite y ≠ 0. */
const positivePower = (x: number, y: number): number => {
  // x = m · 2ᵏ with √½ < m < √2.
  let k = 0
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984 // 2⁵⁴
    k = -54
  }
  double[0] = x
  k += (word[1] >> 20) - 1023
  word[1] = (word[1] & 0xfffff) | 0x3ff00000
  let m = double[0]
  if (m > Math.SQRT2) {
    m *= 0.5
    k++
  }

  // log m = 2s + 2s³/3 + 2s⁵/5 + … with s = (m − 1) / (m + 1), and s² = z.
  const f = m - 1
  const g = m + 1
  const s = f / g
  const back = s * g
  const sLow = (f - back - productError(s, g, back) - s * sumError(m, 1, g)) / g
  const z = s * s
  const zLow = productError(s, s, z) + 2 * s * sLow
  const tail = z * z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17 + z * (1 / 19 +
    z * (1 / 21 + z * (1 / 23 + z * (1 / 25 + z * (1 / 27 + z / 29))))))))))))
  const third = z / 3
  const thirdLow = (z - third * 2 - third) / 3 + zLow / 3
  // The series is s + s · (third + tail).
  const more = third + tail
  const moreLow = sumError(third, tail, more) + thirdLow
  const product = s * more
  const productLow = productError(s, more, product) + s * moreLow + sLow * more
  const series = s + product
  const seriesLow = sumError(s, product, series) + productLow + sLow

  const main = k * ln2High
  const log = main + 2 * series
  const middle = k * ln2Rest
  const logMiddle = log + middle
  const logLow = sumError(main, 2 * series, log) + sumError(log, middle, logMiddle) + 2 * seriesLow + k * ln2Low

  const t = y * logMiddle
  if (!(Math.abs(t) < 800)) return t > 0 ? Infinity : 0
  if (Math.abs(t) < 1e-30) return 1 + t
  return expOfSum(t, productError(y, logMiddle, t) + y * logLow)
}

/**
 * xʸ, to within a little more than ½ ulp, with the special values of IEEE 754: 1ʸ = x⁰ = (−1)^±∞ = 1, NaNs included.
 *
 * @example
 * pow(3, 4) // 81
 * pow(1, NaN) // 1
 */
export const pow = (x: number, y: number): number => {
  if (y === 0 || x === 1) return 1
  if (y === 1) return x
  if (x === -1 && (y === Infinity || y === -Infinity)) return 1
  const size = Math.abs(x)
  if (!(size > 0 && size < Infinity && y > -Infinity && y < Infinity)) return Math.pow(x, y)
  if (x > 0) return positivePower(x, y)
  if (!Number.isInteger(y)) return NaN
  return y % 2 === 0 ? positivePower(size, y) : -positivePower(size, y)
}

/** Math.pow, whose relative error of up to 2⁻⁴⁴ is nothing to float32, with the special values of IEEE 754. */
export const quickPower = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y))

/** xⁿ for an integer n: a few products where they are as close, else `pow`. */
export const integerPower = (x: number, n: number): number => {
  switch (n) {
    case 0: return 1
    case 1: return x
    case 2: return x * x
    case 3: return x * x * x
    case -1: return 1 / x
    default: return pow(x, n)
  }
}
