import { v128 } from '../code.js'
import { cos32, cos64, sin32, sin64 } from './coefficients.js'
import { choice, double, polynomial, signOf, single, type Format } from './format.js'
import { reduce32, reduce64, reduceNarrow } from './reduction.js'
import { fastTwoSum, twoProduct, type Pair } from './sums.js'
import { narrowed, widened } from './wide.js'
import type { Formula1, Vector, Writer } from './write.js'

/** Whether n is odd. */
const isOdd = ({ bits }: Format, n: Vector): Vector => bits.eq(v128.and(n, bits.all(1n)), bits.all(1n))

/** The sign bit where the second bit of n is set. */
const turned = ({ bits, mantissa }: Format, n: Vector): Vector =>
  bits.shl(v128.and(n, bits.all(2n)), mantissa === 23 ? 30 : 62)

/** sin(n · ½π + r), by the sine and the cosine of r; `quarter` is 1 for the cosine. */
const sine32 = (quarter: bigint): Formula1 => (w, x) => {
  const { add, sub, mul, bits, all } = single
  const { n: turns, r, low } = reduce32(w, x)
  const n = quarter === 0n ? turns : w.keep(bits.add(turns, bits.all(quarter)))
  const z = w.keep(mul(r, r))
  const sin = add(r, add(mul(mul(r, z), polynomial(w, single, z, sin32)), low))
  // what r lacks does not matter to the cosine
  const cos = add(mul(mul(z, z), polynomial(w, single, z, cos32)), sub(all(1), mul(z, all(0.5))))
  const proper = quarter === 0n ? v128.or(sin, signOf(single, r)) : sin
  return v128.xor(choice(isOdd(single, n), cos, proper), turned(single, n))
}

const { add, sub, mul, div, bits, all } = double

/** sin(r + low) as a sum: r + (low(1 − ½r²) + r³ S). */
const sinOf = (w: Writer, r: Vector, low: Vector, z: Vector): readonly [Vector, Vector] =>
  [r, add(mul(mul(r, z), polynomial(w, double, z, sin64)), sub(low, mul(mul(z, all(0.5)), low)))]

/** cos(r + low) as a sum: (1 − ½r²) + (what that lost + r⁴ C − r low). */
const cosOf = (w: Writer, r: Vector, low: Vector, z: Vector): readonly [Vector, Vector] => {
  const half = w.keep(mul(z, all(0.5)))
  const first = w.keep(sub(all(1), half))
  const lost = sub(sub(all(1), first), half)
  return [first, add(lost, sub(mul(mul(z, z), polynomial(w, double, z, cos64)), mul(r, low)))]
}

/** Numbers so small that they are their own sine and tangent, zeros with their sign among them. */
const orItself = (x: Vector, value: Vector): Vector => choice(double.lt(double.abs(x), all(2 ** -30)), x, value)

const sine64 = (quarter: bigint): Formula1 => (w, x) => {
  const reduced = reduce64(w, x)
  const [r, low, n] = [w.keep(reduced.r), w.keep(reduced.low), w.keep(bits.add(reduced.n, bits.all(quarter)))]
  const z = w.keep(mul(r, r))
  const [sin, cos] = [sinOf(w, r, low, z), cosOf(w, r, low, z)]
  const value = v128.xor(choice(isOdd(double, n), add(...cos), add(...sin)), turned(double, n))
  return quarter === 0n ? orItself(x, value) : value
}

/** tan of float32 numbers: the quotient of sine and cosine, or of cosine and −sine, in float64. */
const tan32: Formula1 = (w, x) => {
  const [low, high] = widened(w, x).map((half) => {
    const reduced = reduceNarrow(w, half)
    const [n, r] = [w.keep(reduced.n), w.keep(reduced.r)]
    const z = w.keep(mul(r, r))
    const sin = w.keep(v128.or(add(mul(mul(r, z), polynomial(w, double, z, sin32)), r), signOf(double, r)))
    const cos = w.keep(add(mul(mul(z, z), polynomial(w, double, z, cos32)), sub(all(1), mul(z, all(0.5)))))
    const odd = w.keep(isOdd(double, n))
    return w.keep(div(choice(odd, v128.xor(cos, all(-0)), sin), choice(odd, sin, cos)))
  })
  return narrowed(low, high)
}

/** tan of float64 numbers: as for float32, with sine and cosine as sums of two and what the quotient lacks. */
const tan64: Formula1 = (w, x) => {
  const reduced = reduce64(w, x)
  const [r, low, n] = [w.keep(reduced.r), w.keep(reduced.low), w.keep(reduced.n)]
  const z = w.keep(mul(r, r))
  const pair = ([a, b]: readonly [Vector, Vector]): Pair => fastTwoSum(w, a, w.keep(b))
  const [sin, sinLow] = pair(sinOf(w, r, low, z))
  const [cos, cosLow] = pair(cosOf(w, r, low, z))
  const odd = w.keep(isOdd(double, n))
  const minus = w.keep(v128.and(odd, all(-0)))
  const [over, overLow] = [w.keep(v128.xor(choice(odd, cos, sin), minus)), v128.xor(choice(odd, cosLow, sinLow), minus)]
  const [under, underLow] = [w.keep(choice(odd, sin, cos)), choice(odd, sinLow, cosLow)]
  const q = w.keep(div(over, under))
  const [product, lost] = twoProduct(w, q, under)
  const rest = sub(add(sub(sub(over, product), lost), overLow), mul(q, underLow))
  return orItself(x, add(q, div(rest, under)))
}

export const trigonometric32 = { sin: sine32(0n), cos: sine32(1n), tan: tan32 }
export const trigonometric64 = { sin: sine64(0n), cos: sine64(1n), tan: tan64 }
