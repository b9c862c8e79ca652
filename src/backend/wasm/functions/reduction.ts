import { i8x16, i64x2, v128 } from '../code.js'
import { choice, double, signOf, single } from './format.js'
import { fastTwoSum, twoProduct, twoSum, type Pair } from './sums.js'
import { narrowed, narrowedBits, widened } from './wide.js'
import type { Vector, Writer } from './write.js'

/** x = n · ½π + r with |r| ≤ ¼π; n modulo 4 stands in the lowest bits of integers. */
export interface Reduced {
  readonly n: Vector
  readonly r: Vector
}

const { add, sub, mul, abs, le, lt, nearest, all, bits, shifter } = double

/*
 * ½π in parts of so few bits that products with n are exact (Cody and Waite), and the last one with all of them.
 */
const parts32 = [1.5703125, 4.837512969970703e-4, 7.549533620476723e-8, 2.563344151594519e-12] as const
const parts64 = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const

/** As far as the parts reach. */
const [far32, far64] = [6400, 2 ** 20]

/** 2/π in parts of 29 bits: products with float32 numbers are exact. */
const chunks = [
  0.636619770899415, 1.4681663246252086e-9, 2.2760100671971816e-18, 5.8812147387730434e-27, 1.0346868700836215e-35,
  3.783256351091319e-45, 3.720474878517739e-53
] as const

/** The reduction of float64 numbers that are float32 numbers, to 53 bits. */
export const reduceNarrow = (w: Writer, x: Vector): Reduced => {
  const shifted = w.keep(add(mul(x, all(2 / Math.PI)), all(shifter)))
  const whole = w.keep(sub(shifted, all(shifter)))
  const rest = sub(sub(x, mul(whole, all(parts64[0]))), mul(whole, all(parts64[1] + parts64[2])))
  const [n, r] = [w.variable(shifted), w.variable(rest)]
  const near = le(abs(x), all(far64))
  w.unless(near, (rare) => {
    const small = rare.keep(near)
    // what is a multiple of 4 in each product makes no difference
    const [sum, low] = chunks.slice(1).reduce<Pair>(([high, lost], c) => {
      const [next, error] = twoSum(rare, high, remainder(rare, mul(x, all(c))))
      return [next, rare.keep(add(lost, error))]
    }, [remainder(rare, mul(x, all(chunks[0]))), all(0)])
    const turns = rare.keep(nearest(sum))
    rare.set(n, choice(small, n.get, add(turns, all(shifter))))
    rare.set(r, choice(small, r.get, mul(add(sub(sum, turns), low), all(Math.PI / 2))))
  })
  return { n: n.get, r: r.get }
}

/** The remainder to a multiple of 4. */
const remainder = (w: Writer, x: Vector): Vector => {
  const a = w.keep(x)
  return w.keep(sub(a, mul(nearest(mul(a, all(0.25))), all(4))))
}

/** A reduction whose remainder is a sum. */
export interface ReducedSum extends Reduced {
  /** What r lacks. */
  readonly low: Vector
}

/** The reduction of float32 numbers. */
export const reduce32 = (w: Writer, x: Vector): ReducedSum => {
  const { add, sub, mul, abs, le, all, shifter } = single
  const shifted = w.keep(add(mul(x, all(2 / Math.PI)), all(shifter)))
  const whole = w.keep(sub(shifted, all(shifter)))
  const [first, second, third, last] = parts32.map((part) => mul(whole, all(part)))
  const upper = w.keep(sub(sub(x, first), second))
  const middle = w.keep(third)
  const rest = w.keep(sub(upper, middle))
  const [n, r, low] = [w.variable(shifted), w.variable(rest), w.variable(sub(sub(sub(upper, rest), middle), last))]
  const near = le(abs(x), all(far32))
  w.unless(near, (rare) => {
    const small = rare.keep(near)
    const [a, b] = widened(rare, x).map((half) => reduceNarrow(rare, half))
    const wide = rare.keep(narrowed(a.r, b.r))
    const [c, d] = widened(rare, wide)
    rare.set(n, choice(small, n.get, narrowedBits(a.n, b.n)))
    rare.set(r, choice(small, r.get, wide))
    rare.set(low, choice(small, low.get, narrowed(double.sub(a.r, c), double.sub(b.r, d))))
  })
  return { n: n.get, r: r.get, low: low.get }
}

/** The reduction of float64 numbers. */
export const reduce64 = (w: Writer, x: Vector): ReducedSum => {
  const shifted = w.keep(add(mul(x, all(2 / Math.PI)), all(shifter)))
  const whole = w.keep(sub(shifted, all(shifter)))
  const [first, second, third, last] = parts64.map((part) => mul(whole, all(part)))
  const [a, lostA] = fastTwoSum(w, w.keep(sub(x, first)), w.keep(double.neg(second)))
  const [b, lostB] = twoSum(w, a, w.keep(double.neg(third)))
  const [high, rest] = fastTwoSum(w, b, w.keep(sub(add(lostA, lostB), last)))
  const [n, r, low] = [w.variable(shifted), w.variable(high), w.variable(rest)]
  const near = le(abs(x), all(far64))
  w.unless(near, (rare) => {
    const small = rare.keep(near)
    const exact = reduceFar(rare, x)
    rare.set(n, choice(small, n.get, exact.n))
    rare.set(r, choice(small, r.get, exact.r))
    rare.set(low, choice(small, low.get, exact.low))
  })
  return { n: n.get, r: r.get, low: low.get }
}

/** 37 zeros and then the bits of 2/π, the first of them highest, in sixteen bytes each. */
const digits = [
  0x000000000517cc1b727220a94fe13aben, 0x8fa9a6ee06db14acc9e21c820ff28b1dn, 0x5ef5de2b0db92371d2126e9700324977n,
  0x504e8c90e7f0ef58e5894d39f74411afn, 0xa975da24274ce38135a2fbf209cc8eb1n, 0xcc1a99cfa4e422fc5defc941d8ffc4bfn,
  0xfef02cc07f79788c5ad05368fb69b3f6n, 0x793e584dba7a31fb34f2ff516ba93dd6n, 0x3f5f2f8bd9e839cfbc529497535fdafdn,
  0x88fc6ae842b0198237e3db5d5f867de1n
] as const

const bytesOf = (n: bigint): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => Number((n >> BigInt(120 - 8 * i)) & 255n))

const allBytes = (n: number): Vector => v128.const(new Uint8Array(16).fill(n))

/** Eight digits from those at a place on, a number whose highest byte is the first, in either half; `place` is the same in all bytes. */
const digitsAt = (w: Writer, place: Vector, from: number): Vector => {
  const order = Uint8Array.from({ length: 16 }, (_, i) => from + 7 - (i % 8))
  const index = w.keep(i8x16.add(place, v128.const(order)))
  return w.keep(digits.reduce<Vector>((found, bytes, i) => {
    const here = i8x16.swizzle(v128.const(bytesOf(bytes)), i === 0 ? index : i8x16.add(index, allBytes(256 - 16 * i)))
    return i === 0 ? here : v128.or(found, here)
  }, all(0)))
}

const lowWord = (x: Vector): Vector => v128.and(x, bits.all(0xffffffffn))
const highWord = (x: Vector): Vector => bits.shr(x, 32)

/** A whole number below 2⁵² as float64, less some offset. */
const numberOf = (x: Vector, offset = 0): Vector => sub(v128.or(x, bits.all(0x4330000000000000n)), all(2 ** 52 + offset))

/**
 * x · 2/π modulo 4 to 126 bits after the point (Payne and Hanek, "Radian reduction for trigonometric functions", 1983). With
 * |x| = M · 2^(8b − 1075), M a whole number below 2⁶⁰, only the bits of 2/π from the weight 2^(1076 − 8b) down count: higher ones
 * make multiples of 4.
 */
const reduceFar = (w: Writer, x: Vector): ReducedSum => {
  const size = w.keep(abs(x))
  const exponent = w.keep(bits.shr(size, 52))
  // 2^(e mod 8), of which the mantissa is a multiple; the last digits of 2⁵² + n are those of n
  const power = bits.shl(bits.add(v128.and(exponent, bits.all(7n)), bits.all(1023n)), 52)
  const scale = v128.and(add(power, all(2 ** 52)), bits.all(255n))
  const mantissa = v128.or(v128.and(size, bits.all(0xfffffffffffffn)), bits.all(0x10000000000000n))
  const factor = w.keep(i64x2.mul(mantissa, scale))
  const [factorLow, factorHigh] = [w.keep(lowWord(factor)), w.keep(highWord(factor))]

  const place = bits.sub(bits.shr(exponent, 3), bits.all(130n))
  const everywhere = w.keep(i8x16.swizzle(place, v128.const(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8))))
  // six words of 32 bits, the lowest first
  const words = [16, 8, 0].flatMap((from) => {
    const pair = digitsAt(w, everywhere, from)
    return [w.keep(lowWord(pair)), w.keep(highWord(pair))]
  })
  const byLow = words.map((word) => w.keep(i64x2.mul(factorLow, word)))
  const byHigh = words.map((word) => w.keep(i64x2.mul(factorHigh, word)))
  // words of the product modulo 2¹⁹²; what is carried out of the lowest is too little to matter
  let carry: Vector = bits.all(0n)
  const product = [1, 2, 3, 4, 5].map((k) => {
    const column = [lowWord(byLow[k]), lowWord(byHigh[k - 1]), highWord(byLow[k - 1]), ...(k > 1 ? [highWord(byHigh[k - 2])] : [])]
    const sum = w.keep(column.reduce((total, part) => bits.add(total, part), carry))
    carry = highWord(sum)
    return w.keep(lowWord(sum))
  })
  const top = w.keep(bits.add(product[4], bits.all(1n << 29n)))
  const turns = w.keep(bits.shr(top, 30))
  const n = choice(lt(x, all(0)), bits.sub(bits.all(0n), turns), turns)
  const leading = mul(numberOf(v128.and(top, bits.all((1n << 30n) - 1n)), 2 ** 29), all(2 ** -30))
  const [a, lost] = fastTwoSum(w, w.keep(leading), w.keep(mul(numberOf(product[3]), all(2 ** -62))))
  const trailing = add(mul(numberOf(product[2]), all(2 ** -94)), mul(numberOf(product[1]), all(2 ** -126)))
  const [fraction, fractionLow] = fastTwoSum(w, a, w.keep(add(lost, trailing)))
  const [angle, error] = twoProduct(w, fraction, all(Math.PI / 2))
  const more = add(error, add(mul(fraction, all(6.123233995736766e-17)), mul(fractionLow, all(Math.PI / 2))))
  const [r, low] = fastTwoSum(w, angle, w.keep(more))
  const sign = w.keep(signOf(double, x))
  // infinity less itself is not a number
  return { n, r: v128.xor(add(r, sub(x, x)), sign), low: v128.xor(low, sign) }
}
