import * as G from '../../../lax/elementwise/scalar/giles.js'
import { f32x4, f64x2, v128 } from '../code.js'
import { choice, double, signOf } from './format.js'
import { halves, twoProduct, twoSum, type Pair } from './sums.js'
import { narrowed, widened } from './wide.js'
import type { Formula1, Vector, Writer } from './write.js'

/*
 * The inverse error function to the bits of lax/scalar/giles.ts, step for step; where that chooses, both are computed.
 */

const { add, sub, mul, div, sqrt, abs, neg, eq, lt, gt, bits, all } = double

/** Rounded to float32. */
const rounded = (w: Writer, x: Vector): Vector => w.keep(f64x2.promoteLow(f32x4.demoteZero(x)))

const fma32 = (w: Writer, a: Vector, b: Vector, c: Vector): Vector => rounded(w, add(mul(a, b), c))

/** Horner's scheme, highest coefficient first, each step rounded to float32. */
const horner32 = (w: Writer, coefficients: readonly Vector[], x: Vector): Vector =>
  coefficients.reduce((sum, c) => fma32(w, sum, x, c))

const constants = (numbers: Float32Array | Float64Array): readonly Vector[] => Array.from(numbers, all)

/** v = m · 2ᵉ with ½ ≤ m < 1 for normal numbers, and where √½ is greater than m. */
const parts = (w: Writer, v: Vector, root: number): { readonly m: Vector; readonly e: Vector; readonly below: Vector } => {
  const m = w.keep(v128.or(v128.and(v, bits.all(0xfffffffffffffn)), bits.all(0x3fe0000000000000n)))
  const below = w.keep(lt(m, all(root)))
  const exponent = sub(v128.or(bits.shr(v, 52), bits.all(0x4330000000000000n)), all(2 ** 52 + 1022))
  return { m, e: w.keep(sub(exponent, v128.and(below, all(1)))), below }
}

/** A logarithm where v is positive, minus infinity at zero, NaN below. */
const orLimit = (v: Vector, log: Vector): Vector => choice(gt(v, all(0)), log, choice(eq(v, all(0)), all(-Infinity), all(NaN)))

const log32 = (w: Writer, v: Vector): Vector => {
  const { m, e, below } = parts(w, v, G.sqrtHalf)
  const x = w.keep(add(sub(m, all(1)), v128.and(below, m)))
  const x2 = rounded(w, mul(x, x))
  const x3 = rounded(w, mul(x2, x))
  const [a, b, c] = [G.logA, G.logB, G.logC].map((p) => horner32(w, constants(p), x))
  const z = fma32(w, fma32(w, a, x3, b), x3, c)
  const low = fma32(w, z, x3, rounded(w, mul(e, all(G.ln2Low))))
  const rest = rounded(w, add(fma32(w, x2, all(-0.5), x), low))
  return orLimit(v, fma32(w, e, all(G.ln2High), rest))
}

/** log(1 + y) for y from −1 to 0. */
const log1p32 = (w: Writer, y: Vector): Vector => {
  const far = w.keep(log32(w, rounded(w, add(y, all(1)))))
  const y2 = rounded(w, mul(y, y))
  const y3 = rounded(w, mul(y, y2))
  const ratio = rounded(w, div(horner32(w, constants(G.logP32), y), horner32(w, constants(G.logQ32), y)))
  const near = rounded(w, add(y, fma32(w, y2, all(-0.5), rounded(w, mul(y3, ratio)))))
  return choice(lt(abs(y), all(G.nearOne)), near, far)
}

/** Infinite at ±1. */
const orInfinite = (x: Vector, value: Vector): Vector =>
  choice(eq(abs(x), all(1)), v128.or(all(Infinity), signOf(double, x)), value)

const erfInv32: Formula1 = (w, x) => {
  const [low, high] = widened(w, x).map((half) => {
    const u = w.keep(neg(log1p32(w, rounded(w, neg(mul(half, half))))))
    const central = w.keep(lt(u, all(5)))
    const root = rounded(w, sub(rounded(w, sqrt(u)), all(3)))
    const t = w.keep(choice(central, rounded(w, sub(u, all(2.5))), root))
    const coefficients = Array.from(G.central32, (c, i) => choice(central, all(c), all(G.tail32[i])))
    return w.keep(orInfinite(half, mul(horner32(w, coefficients, t), half)))
  })
  return narrowed(low, high)
}

const fma64 = (w: Writer, a: Vector, b: Vector, c: Vector, parts = halves(w, b)): Vector => {
  const [product, productError] = twoProduct(w, a, b, halves(w, a), parts)
  const [sum, sumError] = twoSum(w, product, c)
  return w.keep(add(sum, add(sumError, productError)))
}

/** Horner's scheme, highest coefficient first, each step rounded once. */
const horner64 = (w: Writer, coefficients: readonly Vector[], x: Vector): Vector => {
  const parts = halves(w, x)
  return coefficients.reduce((sum, c) => fma64(w, sum, x, c, parts))
}

/** −log v, and where that is nearly a tie the number on the other side of it. */
const logs64 = (w: Writer, v: Vector): Pair => {
  const { m: half, e, below: doubled } = parts(w, v, Math.SQRT1_2)
  const m = w.keep(add(half, v128.and(doubled, half)))
  const above = w.keep(sub(m, all(1)))
  const [below, belowError] = twoSum(w, m, all(1))
  const s = w.keep(div(above, below))
  const [product, productError] = twoProduct(w, s, below)
  const rest = div(sub(sub(sub(above, product), productError), mul(s, belowError)), below)
  const s2 = w.keep(mul(s, s))
  const series = constants(G.atanh).reduce((sum, c) => add(mul(sum, s2), c))
  const [sum, sumError] = twoSum(w, w.keep(mul(e, all(G.ln2Upper))), w.keep(add(s, s)))
  const remainder = w.keep(add(rest, mul(mul(s, s2), series)))
  const low = w.keep(add(sumError, add(add(remainder, remainder), mul(e, all(G.ln2Lower)))))
  const nearest = w.keep(add(sum, low))
  const error = w.keep(sub(low, sub(nearest, sum)))
  const spacing = w.keep(bits.sub(v128.and(nearest, all(Infinity)), bits.all(52n << 52n)))
  const tie = gt(abs(error), mul(spacing, all(0.5 - G.nearTie)))
  const other = add(nearest, v128.or(spacing, signOf(double, error)))
  return [w.keep(neg(orLimit(v, nearest))), w.keep(neg(orLimit(v, choice(tie, other, nearest))))]
}

/** −log(1 + y) for y from −1 to 0, likewise. */
const log1ps64 = (w: Writer, y: Vector): Pair => {
  const [far, other] = logs64(w, w.keep(add(y, all(1))))
  const y2 = w.keep(mul(y, y))
  const ratio = div(horner64(w, constants(G.logP), y), horner64(w, constants(G.logQ), y))
  const near = w.keep(neg(add(y, fma64(w, y2, all(-0.5), w.keep(mul(mul(y, y2), ratio))))))
  const central = w.keep(lt(abs(y), all(G.nearOne)))
  return [w.keep(choice(central, near, far)), w.keep(choice(central, near, other))]
}

/** Coefficients with zeros for the powers that they do not have, which change nothing. */
const padded = (numbers: Float64Array): readonly number[] => [...Array<number>(G.central64.length - numbers.length).fill(0), ...numbers]
const [middle, tail] = [padded(G.middle64), padded(G.tail64)]

const atLogarithm = (w: Writer, x: Vector, u: Vector): Vector => {
  const [isCentral, isTail] = [w.keep(lt(u, all(6.25))), w.keep(double.ge(u, all(16)))]
  const root = w.keep(sqrt(u))
  const far = choice(isTail, sub(root, all(5)), sub(root, all(3.25)))
  const t = w.keep(choice(isCentral, sub(u, all(3.125)), far))
  const coefficients = Array.from(G.central64, (c, i) => choice(isCentral, all(c), choice(isTail, all(tail[i]), all(middle[i]))))
  return mul(horner64(w, coefficients.map((c, i) => (i === 0 ? w.keep(c) : c)), t), x)
}

const erfInv64: Formula1 = (w, x) => {
  const [u, other] = log1ps64(w, w.keep(neg(mul(x, x))))
  const y = w.variable(atLogarithm(w, x, u))
  w.unless(eq(u, other), (rare) => {
    const difference = sub(atLogarithm(rare, x, other), y.get)
    rare.set(y, choice(eq(u, other), y.get, add(y.get, mul(difference, all(0.5)))))
  })
  return orInfinite(x, y.get)
}

export const giles32 = { erf_inv_giles: erfInv32 }
export const giles64 = { erf_inv_giles: erfInv64 }
