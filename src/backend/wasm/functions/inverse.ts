import { v128 } from '../code.js'
import { asin32, asin64, atan32, atan64 } from './coefficients.js'
import { choice, double, polynomial, withSign } from './format.js'
import { fastTwoSum } from './sums.js'
import type { Formula1, Formula2, Vector, Writer } from './write.js'

const { add, sub, mul, div, sqrt, abs, eq, lt, gt, neg, pmax, all } = double

/** The polynomials of (asin x − x)/x³ and (atan x − x)/x³ in x². */
interface Series {
  readonly asinTail: readonly number[]
  readonly atanTail: readonly number[]
}

/** ¼π in two parts; products of the first with 1, 2, 3 and 4 are exact. */
const [eighth, eighthLow] = [Math.PI / 4, 3.061616997868383e-17]

/** k · ¼π + (lead + rest), where lead is the greater part of the second sum. */
const around = (w: Writer, k: Vector, lead: Vector, rest: Vector): Vector => {
  const turns = w.keep(k)
  const [sum, lost] = fastTwoSum(w, w.keep(mul(turns, all(eighth))), lead)
  return add(sum, add(lost, add(mul(turns, all(eighthLow)), rest)))
}

/** asin s = s + rest with s = |x| up to ½, and beyond s = √((1 − |x|)/2), where asin |x| = ½π − 2 asin s. */
const arc = (w: Writer, { asinTail }: Series, x: Vector): { readonly beyond: Vector; readonly s: Vector; readonly rest: Vector } => {
  const size = w.keep(abs(x))
  const beyond = w.keep(gt(size, all(0.5)))
  const z = w.keep(choice(beyond, mul(sub(all(1), size), all(0.5)), mul(x, x)))
  const s = w.keep(choice(beyond, sqrt(z), size))
  return { beyond, s, rest: w.keep(mul(mul(s, z), polynomial(w, double, z, asinTail))) }
}

const asin = (series: Series): Formula1 => (w, x) => {
  const { beyond, s, rest } = arc(w, series, x)
  const twice = choice(beyond, all(-2), all(1))
  const factor = w.keep(twice)
  return withSign(double, around(w, v128.and(beyond, all(2)), w.keep(mul(s, factor)), mul(rest, factor)), x)
}

/** ½π − asin x; beyond ½ that is 2 asin s, or π less that. */
const acos = (series: Series): Formula1 => (w, x) => {
  const { beyond, s, rest } = arc(w, series, x)
  const negative = w.keep(lt(x, all(0)))
  const k = choice(beyond, v128.and(negative, all(4)), all(2))
  const factor = w.keep(mul(choice(negative, all(-1), all(1)), choice(beyond, all(2), all(-1))))
  return around(w, k, w.keep(mul(s, factor)), mul(rest, factor))
}

/** The angle whose tangent is over/under, neither of them negative, or π less that. */
const angle = (w: Writer, { atanTail }: Series, over: Vector, under: Vector, back?: Vector): Vector => {
  const steep = w.keep(gt(over, mul(under, all(1 + Math.SQRT2))))
  const middle = w.keep(gt(over, mul(under, all(Math.SQRT2 - 1))))
  const bottom = w.keep(choice(steep, over, choice(middle, add(over, under), under)))
  const top = choice(steep, neg(under), choice(middle, sub(over, under), over))
  const t = w.keep(div(top, back === undefined ? bottom : choice(eq(bottom, all(0)), all(1), bottom)))
  const z = w.keep(mul(t, t))
  const k = add(v128.and(middle, all(1)), v128.and(steep, all(1)))
  const rest = mul(mul(t, z), polynomial(w, double, z, atanTail))
  if (back === undefined) return around(w, k, t, rest)
  const sign = w.keep(v128.and(back, all(-0)))
  return around(w, choice(back, sub(all(4), k), k), w.keep(v128.xor(t, sign)), v128.xor(rest, sign))
}

const atan = (series: Series): Formula1 => (w, x) => withSign(double, angle(w, series, w.keep(abs(x)), all(1)), x)

const atan2 = (series: Series): Formula2 => (w, y, x) => {
  const [over, under] = [w.keep(abs(y)), w.keep(abs(x))]
  const most = w.keep(pmax(over, under))
  // what is very large or very small is scaled, so that sums do not overflow and products are exact enough to compare with
  const scale = w.keep(choice(gt(most, all(2 ** 1000)), all(2 ** -10), choice(lt(most, all(2 ** -900)), all(2 ** 100), all(1))))
  const infinite = w.keep(v128.and(eq(over, all(Infinity)), eq(under, all(Infinity))))
  const [a, b] = [over, under].map((size) => w.keep(choice(infinite, all(1), mul(size, scale))))
  const back = w.keep(lt(withSign(double, all(1), x), all(0)))
  return withSign(double, angle(w, series, a, b, back), y)
}

const [series64, seriesWide]: readonly Series[] = [{ asinTail: asin64, atanTail: atan64 }, { asinTail: asin32, atanTail: atan32 }]

export const inverses64 = { asin: asin(series64), acos: acos(series64), atan: atan(series64) }
export const angles64 = { atan2: atan2(series64) }
/** In float64, to the digits of float32. */
export const inversesWide = { asin: asin(seriesWide), acos: acos(seriesWide), atan: atan(seriesWide) }
export const anglesWide = { atan2: atan2(seriesWide) }
