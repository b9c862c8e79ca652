import { v128, type Local } from '../code.js'
import { exp32, exp64, expm132 } from './coefficients.js'
import { choice, double, polynomial, single, withSign, type Format } from './format.js'
import type { Formula1, Formula2, Vector, Writer } from './write.js'

/** What lanes of one format are computed with. */
interface Exponential {
  readonly f: Format
  /** The polynomial of (eʳ − 1 − r)/r². */
  readonly tail: readonly number[]
  /** The same, precise enough for eʳ − 1. */
  readonly fineTail: readonly number[]
  /** Above it eˣ is infinite. */
  readonly most: number
  /** From it on eˣ − 1 is −1 below zero, and tanh x is 1 above. */
  readonly flat: number
}

const exponential32: Exponential = { f: single, tail: exp32, fineTail: expm132, most: 89, flat: 20 }
const exponential64: Exponential = { f: double, tail: exp64, fineTail: exp64, most: 709.9, flat: 40 }
/** In float64, to the digits of float32. */
const exponentialWide: Exponential = { ...exponential64, tail: exp32 }

/** n + shifter, and n: the whole number next to x. */
const wholeOf = (w: Writer, { add, sub, all, shifter }: Format, x: Vector): readonly [shifted: Vector, n: Vector] => {
  const shifted = w.keep(add(x, all(shifter)))
  return [shifted, w.keep(sub(shifted, all(shifter)))]
}

/** 2ⁿ from n + shifter; n from −126, or −1022, on. */
const power = (f: Format, shifted: Vector, one = f.one): Vector => f.bits.add(f.bits.shl(shifted, f.mantissa), f.bits.all(one))

/** Where 2ⁿ and its products with numbers near 1 are normal numbers: from n + shifter, for any n or for those that are not positive. */
type Near = (f: Format, shifted: Vector) => Vector
const near: Near = ({ sub, mul, le, all, bias, shifter }, shifted) => {
  const n = sub(shifted, all(shifter))
  return le(mul(n, n), all((bias - 2) ** 2))
}
const nearBelow: Near = ({ ge, all, bias, shifter }, shifted) => ge(shifted, all(shifter - bias + 2))

/** y · 2ⁿ for y between ½ and 2: by the exponent, or in two factors where that does not do, so that subnormal results are rounded once. */
const scaled = (w: Writer, f: Format, y: Vector, shifted: Vector, isNear = near): Vector => {
  const { add, sub, mul, lt, gt, bits, all, bias, mantissa, shifter } = f
  const kept = w.keep(y)
  const result = w.variable(bits.add(kept, bits.shl(shifted, mantissa)))
  w.unless(isNear(f, shifted), (rare) => {
    const n = rare.keep(sub(shifted, all(shifter)))
    const half = rare.keep(add(mul(n, all(0.5)), all(shifter)))
    const none = rare.keep(lt(n, all(-bias - mantissa - 2)))
    const product = mul(mul(v128.andnot(kept, none), power(f, half)), power(f, bits.sub(shifted, half)))
    rare.set(result, v128.andnot(choice(gt(n, all(bias + 1)), all(Infinity), product), none))
  })
  return result.get
}

/** n + shifter for x = n log 2 + r with |r| ≤ ½ log 2. */
const shiftedOf = ({ add, mul, all, shifter }: Format, x: Vector): Vector => add(mul(x, all(Math.LOG2E)), all(shifter))

/** That r. */
const restOf = (w: Writer, { sub, mul, all, shifter, ln2: [ln2High, ln2Low] }: Format, x: Vector, shifted: Vector): Vector => {
  const n = w.keep(sub(shifted, all(shifter)))
  return sub(sub(x, mul(n, all(ln2High))), mul(n, all(ln2Low)))
}

/** Both. */
const reduced = (w: Writer, f: Format, x: Vector): { readonly shifted: Vector; readonly r: Vector } => {
  const shifted = w.keep(shiftedOf(f, x))
  return { shifted, r: w.keep(restOf(w, f, x, shifted)) }
}

/** eʳ, or eʳ⁺ˡᵒʷ, for |r| ≤ ½ log 2. */
const expOf = (w: Writer, { f: { add, mul, all }, f, tail }: Exponential, r: Vector, low?: Vector): Vector => {
  const rest = mul(polynomial(w, f, r, tail), mul(r, r))
  return add(add(low === undefined ? rest : add(rest, low), r), all(1))
}

/** eˣ of float32 numbers from −87 to 88. */
export const expNear32 = (w: Writer, x: Vector): Vector => {
  const { shifted, r } = reduced(w, single, x)
  return single.bits.add(expOf(w, exponential32, r), single.bits.shl(shifted, single.mantissa))
}

/** eˣ = 2ⁿ eʳ. */
const exp = (e: Exponential, isNear = near): Formula1 => (w, x) => {
  const { shifted, r } = reduced(w, e.f, x)
  return scaled(w, e.f, expOf(w, e, r), shifted, isNear)
}

/** exp(high + low) where low is small beside high, as powers need it. */
export const expOfSum64 = (w: Writer, high: Vector, low: Vector): Vector => {
  const { sub, mul, add, all, ln2: [ln2High, ln2Low] } = double
  const [shifted, n] = wholeOf(w, double, mul(high, all(Math.LOG2E)))
  const upper = w.keep(sub(high, mul(n, all(ln2High))))
  const small = w.keep(sub(low, mul(n, all(ln2Low))))
  const r = w.keep(add(upper, small))
  return scaled(w, double, expOf(w, exponential64, r, add(sub(upper, r), small)), shifted)
}

/** 2ˣ = 2ⁿ eʳ with r = (x − n) log 2; exact for whole numbers. */
const exp2 = (e: Exponential): Formula1 => (w, x) => {
  const { f, f: { sub, mul, all } } = e
  const [shifted, n] = wholeOf(w, f, x)
  return scaled(w, f, expOf(w, e, w.keep(mul(sub(x, n), all(Math.LN2)))), shifted)
}

/**
 * ½(eˣ − 1) = (½2ⁿ − ½ + ½2ⁿ r) + ½2ⁿ (eʳ − 1 − r), the sum in parentheses with its error, and ½(eˣ + 1); for x not beyond the
 * range.
 */
const halves = (w: Writer, { f, fineTail }: Exponential, x: Vector): readonly [minus: Vector, plus: Vector] => {
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
  const rest = w.keep(mul(scale, add(mul(polynomial(w, f, r, fineTail), mul(r, r)), lost)))
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

/** −|x|, whose exponential does not overflow. */
const minusSize = ({ f }: Exponential): Formula1 => (_, x) => v128.or(x, f.all(-0))

/** 1/(1 + e⁻ˣ) from x and e^−|x|. */
const logisticOf = ({ f: { add, div, lt, all } }: Exponential): Formula2 => (_, x, part) =>
  div(choice(lt(x, all(0)), part, all(1)), add(part, all(1)))

const logistic = (e: Exponential): Formula1 => (w, x) =>
  logisticOf(e)(w, x, w.keep(exp(e, nearBelow)(w, w.keep(minusSize(e)(w, x)))))

/** ½e^|x|, without overflow before its time. */
const halfExp = (e: Exponential): Formula1 => (w, x) => {
  const { bits, abs } = e.f
  const { shifted, r } = reduced(w, e.f, w.keep(abs(x)))
  return scaled(w, e.f, expOf(w, e, r), w.keep(bits.sub(shifted, bits.all(1n))))
}

const exponentials = (e: Exponential): Readonly<Record<'exp' | 'exp2' | 'expm1' | 'logistic' | 'tanh', Formula1>> =>
  ({ exp: exp(e), exp2: exp2(e), expm1: expm1(e), logistic: logistic(e), tanh: tanh(e) })

/** An exponential that has been begun: n + shifter and r, for eˣ = 2ⁿ eʳ. */
export type Begun = readonly [shifted: Local<'v128'>, rest: Local<'v128'>]

/** An exponential in two parts, which may be apart. */
export interface InParts {
  readonly begin: (w: Writer, x: Vector, into: Begun) => void
  readonly end: (w: Writer, begun: Begun) => Vector
}

/** With the same bits as in one part. */
const inParts = (e: Exponential, isNear: Near): InParts => ({
  begin: (w, x, [shifted, rest]) => {
    w.set(shifted, shiftedOf(e.f, x))
    w.set(rest, restOf(w, e.f, x, shifted.get))
  },
  end: (w, [shifted, rest]) => scaled(w, e.f, expOf(w, e, rest.get), shifted.get, isNear)
})

const parts = (e: Exponential): Readonly<Record<'exp' | 'exp_below', InParts>> =>
  ({ exp: inParts(e, near), exp_below: inParts(e, nearBelow) })

export const [expParts32, expParts64] = [parts(exponential32), parts(exponential64)]

export const [exponentials32, exponentials64] = [exponentials(exponential32), exponentials(exponential64)]

/** In float64, to the digits of float32. */
export const expWide: Formula1 = exp(exponentialWide)

/** ½e^|x| of float64 numbers, and to the digits of float32. */
export const [halfExp64, halfExpWide]: readonly Formula1[] = [halfExp(exponential64), halfExp(exponentialWide)]

/** What kernels put in the place of functions: the exponential of numbers up to zero, and what the logistic function is made of. */
interface Special {
  readonly one: Readonly<Record<'exp_below' | 'minus_size', Formula1>>
  readonly two: Readonly<Record<'logistic_of', Formula2>>
}

const special = (e: Exponential): Special =>
  ({ one: { exp_below: exp(e, nearBelow), minus_size: minusSize(e) }, two: { logistic_of: logisticOf(e) } })

export const [specialExponentials32, specialExponentials64] = [special(exponential32), special(exponential64)]
