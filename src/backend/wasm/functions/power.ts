import { v128 } from '../code.js'
import { cbrt64, logTail } from './coefficients.js'
import { expOfSum64, expWide } from './exponential.js'
import { choice, double, polynomial, signOf, withSign } from './format.js'
import { logarithm64, logarithms64, normalised, split } from './logarithm.js'
import { fastTwoSum, twoProduct, twoSum, type Pair } from './sums.js'
import { widely1 } from './wide.js'
import type { Formula1, Formula2, Vector, Writer } from './write.js'

const { add, sub, mul, div, abs, nearest, eq, ne, lt, gt, pmin, pmax, bits, all, shifter, normal } = double

/** log m for √½ ≤ m < √2 as a sum: with s = (m − 1)/(m + 1), 2s + ⅔s³ + s⁵ T(s²), its first two terms in twice the digits. */
const logOfFraction = (w: Writer, m: Vector): Pair => {
  const over = w.keep(sub(m, all(1)))
  const [under, underLow] = twoSum(w, m, all(1))
  const s = w.keep(div(over, under))
  const [back, backLow] = twoProduct(w, s, under)
  const sLow = w.keep(div(sub(sub(sub(over, back), backLow), mul(s, underLow)), under))
  const [z, lost] = twoProduct(w, s, s)
  const zLow = add(lost, mul(mul(s, sLow), all(2)))
  const [third, thirdLow] = twoProduct(w, z, all(2 / 3))
  const tail = w.keep(mul(mul(z, z), polynomial(w, double, z, logTail)))
  const [sum, sumLow] = fastTwoSum(w, third, tail)
  const more = add(add(sumLow, thirdLow), add(mul(z, all(3.700743415417188e-17)), mul(zLow, all(2 / 3))))
  const [product, productLow] = twoProduct(w, s, sum)
  const [twice, twiceLow] = [w.keep(add(s, s)), add(sLow, sLow)]
  const [high, low] = fastTwoSum(w, twice, product)
  return [high, w.keep(add(low, add(twiceLow, add(productLow, add(mul(s, more), mul(sLow, sum))))))]
}

/** log 2 in three parts; products of the first two with exponents are exact. */
const [ln2High, ln2Middle, ln2Low] = [0.6931471803691238, Math.LN2 - 0.6931471803691238, 2.3190468138462996e-17]

/** |x|ʸ of float64 numbers: exp(y log |x|), the logarithm and its product as sums. */
const powerOfSize64: Formula2 = (w, x, y) => {
  const [a, more] = normalised(w, logarithm64, w.keep(abs(x)))
  const [m, exponent] = split(w, logarithm64, a)
  const k = w.keep(add(exponent, more))
  const [fraction, fractionLow] = logOfFraction(w, m)
  const [first, firstLow] = fastTwoSum(w, w.keep(mul(k, all(ln2High))), fraction)
  const [log, logLow] = twoSum(w, first, w.keep(mul(k, all(ln2Middle))))
  const rest = w.keep(add(add(firstLow, logLow), add(fractionLow, mul(k, all(ln2Low)))))
  // larger exponents make no difference, and their products would overflow
  const limited = w.keep(pmin(pmax(y, all(-(2 ** 65))), all(2 ** 65)))
  const [t, tLow] = twoProduct(w, limited, log)
  const finite = w.keep(lt(abs(k), all(Infinity)))
  const high = choice(finite, t, mul(limited, k))
  return expOfSum64(w, w.keep(high), w.keep(v128.and(add(tLow, mul(limited, rest)), finite)))
}

/** |x|ʸ for float32 numbers, whose digits the plain product has. */
const powerOfSize32: Formula2 = (w, x, y) =>
  expWide(w, w.keep(mul(logarithms64.log(w, w.keep(abs(x))), y)))

/** xʸ from |x|ʸ, with the special values of IEEE 754: 1ʸ = x⁰ = (−1)^±∞ = 1, NaNs included. */
const signed = (size: Formula2): Formula2 => (w, x, y) => {
  const result = w.variable(size(w, x, y))
  const plain = v128.and(v128.and(gt(x, all(0)), lt(x, all(Infinity))), lt(abs(y), all(Infinity)))
  w.unless(plain, (rare) => {
    const half = rare.keep(mul(y, all(0.5)))
    const whole = rare.keep(eq(nearest(y), y))
    const odd = v128.and(whole, ne(nearest(half), half))
    const withItsSign = v128.xor(result.get, v128.and(odd, signOf(double, x)))
    const undefinedThere = v128.andnot(v128.and(lt(x, all(0)), gt(x, all(-Infinity))), whole)
    const unit = v128.and(eq(abs(x), all(1)), eq(abs(y), all(Infinity)))
    const one = v128.or(v128.or(eq(y, all(0)), eq(x, all(1))), unit)
    const unknown = v128.or(ne(x, x), ne(y, y))
    rare.set(result, choice(one, all(1), choice(v128.or(undefinedThere, unknown), all(NaN), withItsSign)))
  })
  return result.get
}

/**
 * ∛x = 2^q ∛v for x = v · 2^(3q) and 1 ≤ v < 8: a polynomial, cut to 23 bits so that its square is exact, and a step of Halley's
 * method.
 */
const cbrt: Formula1 = (w, x) => {
  const size = w.keep(abs(x))
  const small = w.keep(lt(size, all(normal)))
  const a = w.keep(choice(small, mul(size, all(2 ** 54)), size))
  const exponent = w.keep(sub(v128.or(bits.shr(a, 52), bits.all(0x4330000000000000n)), all(2 ** 52 + 1023)))
  const m = w.keep(v128.or(v128.and(a, bits.all(0xfffffffffffffn)), bits.all(double.one)))
  const shifted = w.keep(add(mul(sub(exponent, all(1)), all(1 / 3)), all(shifter)))
  const rest = w.keep(sub(exponent, mul(sub(shifted, all(shifter)), all(3))))
  const [isOne, isTwo] = [w.keep(eq(rest, all(1))), w.keep(eq(rest, all(2)))]
  const by = (one: number, two: number): Vector => choice(isTwo, all(two), choice(isOne, all(one), all(1)))
  const v = mul(m, by(2, 4))
  const start = mul(polynomial(w, double, m, cbrt64), by(Math.cbrt(2), Math.cbrt(4)))
  const t = w.keep(v128.and(start, bits.all(~0x3fffffffn)))
  const quotient = w.keep(div(v, mul(t, t)))
  const root = add(t, mul(t, div(sub(quotient, t), add(add(t, t), quotient))))
  const scaled = mul(bits.add(root, bits.shl(shifted, 52)), choice(small, all(2 ** -18), all(1)))
  const proper = v128.and(gt(size, all(0)), lt(size, all(Infinity)))
  return choice(proper, withSign(double, scaled, x), x)
}

/** Up to this exponent powers of float32 numbers, and what they are made of, are normal numbers of float64. */
const mostProducts = 6

const products = (w: Writer, x: Vector, n: number): Vector => {
  if (n === 1) return x
  const half = w.keep(products(w, x, n >> 1))
  const square = mul(half, half)
  return n % 2 === 0 ? square : mul(square, x)
}

/** xⁿ of float32 numbers by products in float64, or one over them; `null` for exponents that are too great. */
export const byProducts = (n: number): Formula1 | null => {
  if (n === 0 || Math.abs(n) > mostProducts) return null
  return widely1((w, x) => (n > 0 ? products(w, x, n) : div(all(1), products(w, x, -n))))
}

export const powers64 = { pow: signed(powerOfSize64) }
/** In float64, to the digits of float32. */
export const powersWide = { pow: signed(powerOfSize32) }
export const roots64 = { cbrt }
