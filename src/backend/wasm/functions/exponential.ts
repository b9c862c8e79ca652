import { v128 } from '../code.js'
import { exp32, exp64 } from './coefficients.js'
import { choice, double, polynomial, single, withSign, type Format } from './format.js'
import type { Formula1, Vector, Writer } from './write.js'

/** What lanes of one format are computed with. */
interface Exponential {
  readonly f: Format
  /** The polynomial of (eʳ − 1 − r)/r². */
  readonly tail: readonly number[]
  /** Above it eˣ is infinite. */
  readonly most: number
  /** From it on eˣ − 1 is −1 below zero, and tanh x is 1 above. */
  readonly flat: number
}

const exponential32: Exponential = { f: single, tail: exp32, most: 89, flat: 20 }
const exponential64: Exponential = { f: double, tail: exp64, most: 709.9, flat: 40 }

/** n + shifter, and n: the whole number next to x. */
const wholeOf = (w: Writer, { add, sub, all, shifter }: Format, x: Vector): readonly [shifted: Vector, n: Vector] => {
  const shifted = w.keep(add(x, all(shifter)))
  return [shifted, w.keep(sub(shifted, all(shifter)))]
}

/** 2ⁿ from n + shifter; n from −126, or −1022, on. */
const power = (f: Format, shifted: Vector, one = f.one): Vector => f.bits.add(f.bits.shl(shifted, f.mantissa), f.bits.all(one))

/** y · 2ⁿ for y between ½ and 2: by the exponent, or in two factors where that does not do, so that subnormal results are rounded once. */
const scaled = (w: Writer, f: Format, y: Vector, shifted: Vector, n: Vector): Vector => {
  const { add, mul, abs, le, lt, gt, bits, all, bias, mantissa, shifter } = f
  const kept = w.keep(y)
  const result = w.variable(bits.add(kept, bits.shl(shifted, mantissa)))
  w.unless(le(abs(n), all(bias - 2)), (rare) => {
    const half = rare.keep(add(mul(n, all(0.5)), all(shifter)))
    const none = rare.keep(lt(n, all(-bias - mantissa - 2)))
    const product = mul(mul(v128.andnot(kept, none), power(f, half)), power(f, bits.sub(shifted, half)))
    rare.set(result, v128.andnot(choice(gt(n, all(bias + 1)), all(Infinity), product), none))
  })
  return result.get
}

/** eʰⁱᵍʰ⁺ˡᵒʷ · 2ⁿ for |high| ≤ ½ log 2. */
const expOfReduced = (w: Writer, { f, tail }: Exponential, high: Vector, low: Vector | undefined, shifted: Vector, n: Vector): Vector => {
  const rest = f.mul(polynomial(w, f, high, tail), f.mul(high, high))
  const y = f.add(f.add(low === undefined ? rest : f.add(rest, low), high), f.all(1))
  return scaled(w, f, y, shifted, n)
}

/** eˣ of float32 numbers from −87 to 88. */
export const expNear32 = (w: Writer, x: Vector): Vector => {
  const { add, sub, mul, bits, all, mantissa, ln2: [ln2High, ln2Low] } = single
  const [shifted, n] = wholeOf(w, single, mul(x, all(Math.LOG2E)))
  const r = w.keep(sub(sub(x, mul(n, all(ln2High))), mul(n, all(ln2Low))))
  const y = add(add(mul(polynomial(w, single, r, exp32), mul(r, r)), r), all(1))
  return bits.add(y, bits.shl(shifted, mantissa))
}

/** eˣ = 2ⁿ eʳ with |r| ≤ ½ log 2. */
const exp = (e: Exponential): Formula1 => (w, x) => {
  const { f, f: { sub, mul, all, ln2: [ln2High, ln2Low] } } = e
  const [shifted, n] = wholeOf(w, f, mul(x, all(Math.LOG2E)))
  const r = w.keep(sub(sub(x, mul(n, all(ln2High))), mul(n, all(ln2Low))))
  return expOfReduced(w, e, r, undefined, shifted, n)
}

/** exp(high + low) where low is small beside high, as powers need it. */
export const expOfSum64 = (w: Writer, high: Vector, low: Vector): Vector => {
  const { sub, mul, add, all, ln2: [ln2High, ln2Low] } = double
  const [shifted, n] = wholeOf(w, double, mul(high, all(Math.LOG2E)))
  const upper = w.keep(sub(high, mul(n, all(ln2High))))
  const small = w.keep(sub(low, mul(n, all(ln2Low))))
  const r = w.keep(add(upper, small))
  return expOfReduced(w, exponential64, r, add(sub(upper, r), small), shifted, n)
}

/** 2ˣ = 2ⁿ eʳ with r = (x − n) log 2; exact for whole numbers. */
const exp2 = (e: Exponential): Formula1 => (w, x) => {
  const { f, f: { sub, mul, all } } = e
  const [shifted, n] = wholeOf(w, f, x)
  return expOfReduced(w, e, w.keep(mul(sub(x, n), all(Math.LN2))), undefined, shifted, n)
}

/**
 * ½(eˣ − 1) = (½2ⁿ − ½ + ½2ⁿ r) + ½2ⁿ (eʳ − 1 − r), the sum in parentheses with its error, and ½(eˣ + 1); for x not beyond the
 * range.
 */
const halves = (w: Writer, { f, tail }: Exponential, x: Vector): readonly [minus: Vector, plus: Vector] => {
  const { add, sub, mul, all, ln2: [ln2High, ln2Low] } = f
  const [shifted, n] = wholeOf(w, f, mul(x, all(Math.LOG2E)))
  const upper = w.keep(sub(x, mul(n, all(ln2High))))
  const lower = w.keep(mul(n, all(ln2Low)))
  const r = w.keep(sub(upper, lower))
  const lost = sub(sub(upper, r), lower)
  const scale = w.keep(power(f, shifted, f.one - (1n << BigInt(f.mantissa))))
  const first = w.keep(sub(scale, all(0.5)))
  const second = w.keep(mul(scale, r))
  const sum = w.keep(add(first, second))
  const rest = w.keep(mul(scale, add(mul(polynomial(w, f, r, tail), mul(r, r)), lost)))
  return [add(sum, add(sub(second, sub(sum, first)), rest)), add(add(scale, all(0.5)), add(second, rest))]
}

const expm1 = (e: Exponential): Formula1 => (w, x) => {
  const { f: { add, lt, abs, all, pmin, pmax, mantissa }, most, flat } = e
  const [minus] = halves(w, e, w.keep(pmin(pmax(x, all(-flat)), all(most))))
  const half = w.keep(minus)
  return choice(lt(abs(x), all(2 ** -mantissa / 4)), x, add(half, half))
}

/** tanh |x| = (1 − e)/(1 + e) with e = exp(−2|x|). */
const tanh = (e: Exponential): Formula1 => (w, x) => {
  const { f, f: { sub, abs, div, mul, all, pmin }, flat } = e
  const [minus, plus] = halves(w, e, w.keep(mul(pmin(abs(x), all(flat / 2)), all(-2))))
  return withSign(f, div(sub(all(0), minus), plus), x)
}

/** 1/(1 + e⁻ˣ), by the exponential that does not overflow. */
const logistic = (e: Exponential): Formula1 => (w, x) => {
  const { f: { add, div, lt, all } } = e
  const part = w.keep(exp(e)(w, w.keep(v128.or(x, all(-0)))))
  return div(choice(lt(x, all(0)), part, all(1)), add(part, all(1)))
}

/** ½e^|x|, without overflow before its time. */
const halfExp = (w: Writer, e: Exponential, x: Vector): Vector => {
  const { f, f: { abs, sub, mul, all, ln2: [ln2High, ln2Low] } } = e
  const a = w.keep(abs(x))
  const [shifted, n] = wholeOf(w, f, mul(a, all(Math.LOG2E)))
  const r = w.keep(sub(sub(a, mul(n, all(ln2High))), mul(n, all(ln2Low))))
  return expOfReduced(w, e, r, undefined, f.bits.sub(shifted, f.bits.all(1n)), w.keep(sub(n, all(1))))
}

export const exponentials32 = {
  exp: exp(exponential32), exp2: exp2(exponential32), expm1: expm1(exponential32), logistic: logistic(exponential32), tanh: tanh(exponential32)
}

export const exponentials64 = {
  exp: exp(exponential64), exp2: exp2(exponential64), expm1: expm1(exponential64), logistic: logistic(exponential64), tanh: tanh(exponential64)
}

/** ½e^|x| of float64 numbers. */
export const halfExp64 = (w: Writer, x: Vector): Vector => halfExp(w, exponential64, x)
