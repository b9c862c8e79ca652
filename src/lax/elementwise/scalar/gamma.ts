import { digammaMiddle, digammaRoot, digammaSmall, lgammaMiddle, lgammaSmall } from './coefficients.js'
import { evaluate, sumError } from './double.js'
import { digammaNegative, lgammaNegative } from './fixed.js'
import { integerPower } from './power.js'

const halfLogTwoPi = 0.9189385332046727

/** log Γ(x) for x > 0. */
const lgammaPositive = (x: number): number => {
  if (x < 0.5) return (x < 1e-17 ? 0 : lgammaPositive(1 + x)) - Math.log(x)
  if (x < 3) return (x - 1) * (x - 2) * evaluate(lgammaSmall[x < 1 ? 0 : x < 1.5 ? 1 : x < 2 ? 2 : 3], x) + 0 // never −0
  if (x < 8) return evaluate(lgammaMiddle[x < 4 ? 0 : x < 6 ? 1 : 2], x)
  // Stirling's series.
  const z = 1 / (x * x)
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 -
    z * (1 / 156 - z * (3617 / 122400)))))))) / x
  return (x - 0.5) * (Math.log(x) - 1) + (halfLogTwoPi - 0.5 + series)
}

/** |sin πx|, for any x. */
const sinPi = (x: number): number => {
  const r = Math.abs(x - Math.round(x))
  return r < 0.25 ? Math.sin(Math.PI * r) : Math.cos(Math.PI * (0.5 - r))
}

/** π / tan πx, for any x. */
const cotangent = (x: number): number => {
  const r = x - Math.round(x)
  const size = Math.abs(r)
  const value = size < 0.25 ? Math.PI / Math.tan(Math.PI * size) : Math.PI * Math.tan(Math.PI * (0.5 - size))
  return r < 0 ? -value : value
}

/** Whether the sum of two numbers of different signs would magnify their errors. */
const cancels = (a: number, b: number): boolean => Math.abs(a + b) < 0.6 * (Math.abs(a) + Math.abs(b))

/**
 * The logarithm of |Γ(x)|, to within 4 ulp, also beside its zeros. Infinite at 0 and at the negative integers.
 *
 * @example
 * lgamma(5) // 3.178
 */
export const lgamma = (x: number): number => {
  if (x > 0) return x < 1e305 ? lgammaPositive(x) : x * (Math.log(x) - 1)
  if (Number.isNaN(x)) return NaN
  if (x === Math.floor(x)) return Infinity
  if (x > -0.5) return lgammaPositive(1 + x) - Math.log(-x)
  // Γ(x) Γ(−x) = −π / (x sin πx)
  const reflected = -Math.log((sinPi(x) / Math.PI) * -x)
  const positive = lgammaPositive(-x)
  const value = reflected - positive
  // Below 1 the errors of the product alone are too many ulp.
  return x > -40 && (Math.abs(value) < 1 || cancels(reflected, -positive)) ? lgammaNegative(x) : value
}

/** Digamma of x > 0. */
const digammaPositive = (x: number): number => {
  if (x < 0.5) return digammaPositive(x + 1) - 1 / x
  if (x < 2) return (x - digammaRoot[0] - digammaRoot[1]) * evaluate(digammaSmall[x < 1 ? 0 : x < 1.5 ? 1 : 2], x)
  if (x < 9) return evaluate(digammaMiddle[x < 3 ? 0 : x < 5 ? 1 : 2], x)
  const z = 1 / (x * x)
  const series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * (691 / 32760 -
    z * (1 / 12 - z * (3617 / 8160))))))))
  return Math.log(x) - (0.5 / x + series)
}

/**
 * The derivative of log Γ, to within 4 ulp, also beside its zeros. NaN at 0, at the negative integers and at −∞.
 *
 * @example
 * digamma(1) // -0.577
 */
export const digamma = (x: number): number => {
  if (x > 0) return digammaPositive(x)
  if (!(x < 0) || x === Math.floor(x)) return NaN
  if (x > -1e-17) return -1 / x
  // ψ(x) = ψ(1 − x) − π / tan πx, where 1 − x is rounded to y.
  const y = 1 - x
  const reflected = -cotangent(x)
  const positive = digammaPositive(y) + (sumError(1, -x, y) * (1 + (0.5 + 1 / (6 * y)) / y)) / y
  return cancels(reflected, positive) ? digammaNegative(x) : reflected + positive
}

/** B₂ₖ for k = 1 … 10. */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330]

/** Σ (x + i)^−s over i ≥ 0, for s > 1 and x > 0: the first terms, then the Euler–Maclaurin formula. */
const hurwitz = (s: number, x: number): number => {
  let sum = 0
  for (const end = Math.max(12, s); x < end; x++) sum += 1 / integerPower(x, s)
  const last = 1 / integerPower(x, s)
  sum += (last * x) / (s - 1) + 0.5 * last
  let term = (last * s) / x
  for (let k = 0, factorial = 2; k < bernoulli.length; k++) {
    sum += (bernoulli[k] * term) / factorial
    const n = 2 * k + 1
    term *= ((s + n) * (s + n + 1)) / (x * x)
    factorial *= (n + 2) * (n + 3)
  }
  return sum
}

/** The nth derivative of π / tan πx: a polynomial in the cotangent. */
const cotangentDerivative = (n: number, x: number): number => {
  const c = cotangent(x) / Math.PI
  // d/dx p(c) = −π (1 + c²) p′(c)
  let p = [0, 1]
  for (let i = 0; i < n; i++) {
    const next = new Array<number>(p.length + 1).fill(0)
    for (let k = 1; k < p.length; k++) {
      next[k - 1] -= k * p[k]
      next[k + 1] -= k * p[k]
    }
    p = next
  }
  return integerPower(Math.PI, n + 1) * p.reduceRight((sum, coefficient) => sum * c + coefficient, 0)
}

/** The greatest number whose factorial is finite. */
const most = 170

/**
 * The mth derivative of digamma, for a natural number m up to 170; NaN for others. At 0 and the negative integers it is infinite if
 * m is odd and NaN otherwise.
 *
 * @example
 * polygamma(1, 1) // 1.645
 */
export const polygamma = (m: number, x: number): number => {
  if (m === 0) return digamma(x)
  if (!Number.isInteger(m) || m < 0 || m > most || Number.isNaN(x)) return NaN
  if (x === Infinity) return 0
  if (x <= 0) {
    if (x === Math.floor(x)) return m % 2 === 1 && x > -Infinity ? Infinity : NaN
    // (−1)ᵐ ψ⁽ᵐ⁾(1 − x) = ψ⁽ᵐ⁾(x) + dᵐ/dxᵐ π / tan πx
    return (m % 2 === 0 ? 1 : -1) * polygamma(m, 1 - x) - cotangentDerivative(m, x)
  }
  let factorial = 1
  for (let i = 2; i <= m; i++) factorial *= i
  return (m % 2 === 0 ? -factorial : factorial) * hurwitz(m + 1, x)
}
