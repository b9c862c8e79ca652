import { v128 } from '../code.js'
import { log32, log64 } from './coefficients.js'
import { choice, double, polynomial, signOf, single, type Format } from './format.js'
import type { Formula1, Vector, Writer } from './write.js'

export interface Logarithm {
  readonly f: Format
  /** The polynomial of (2 atanh s − 2s)/s³ in s². */
  readonly series: readonly number[]
  /** The bits of √½. */
  readonly root: bigint
}

const logarithm32: Logarithm = { f: single, series: log32, root: 0x3f3504f3n }
export const logarithm64: Logarithm = { f: double, series: log64, root: 0x3fe6a09e667f3bcdn }

/** x = m · 2ᵏ with √½ ≤ m < √2, for normal numbers. */
export const split = (w: Writer, { f, root }: Logarithm, x: Vector): readonly [m: Vector, k: Vector] => {
  const { bits, mantissa, bias, one, sub, all } = f
  const fraction = (1n << BigInt(mantissa)) - 1n
  const moved = w.keep(bits.add(x, bits.all(one - root)))
  const m = w.keep(bits.add(v128.and(moved, bits.all(fraction)), bits.all(root)))
  // the exponent as the last digits of a number whose spacing is 1
  const spaced = BigInt(bias + mantissa) << BigInt(mantissa)
  return [m, sub(v128.or(bits.shr(moved, mantissa), bits.all(spaced)), all(2 ** mantissa + bias))]
}

/**
 * x, and what is to be added to its exponent. What is not normal becomes normal first, and what has no logarithm 1: then what is
 * added is the result.
 */
export const normalised = (w: Writer, { f }: Logarithm, x: Vector): readonly [x: Vector, more: Vector] => {
  const { ge, gt, lt, eq, mul, all, normal, mantissa } = f
  const [value, more] = [w.variable(x), w.variable(all(0))]
  w.unless(v128.and(ge(x, all(normal)), lt(x, all(Infinity))), (rare) => {
    const small = rare.keep(v128.and(lt(x, all(normal)), gt(x, all(0))))
    const limit = choice(eq(x, all(0)), all(-Infinity), choice(eq(x, all(Infinity)), all(Infinity), all(NaN)))
    const fine = rare.keep(v128.and(gt(x, all(0)), lt(x, all(Infinity))))
    rare.set(value, choice(fine, choice(small, mul(x, all(2 ** (mantissa + 2))), x), all(1)))
    rare.set(more, choice(fine, v128.and(small, all(-mantissa - 2)), limit))
  })
  return [value.get, more.get]
}

/** log(1 + r) + k log 2 for √½ ≤ 1 + r < √2: with s = r/(2 + r), log(1 + r) = r − ½r² + s(½r² + (2 atanh s − 2s)/s). */
const logOf = (w: Writer, { f, series }: Logarithm, r: Vector, k: Vector): Vector => {
  const { add, sub, mul, div, all, ln2: [ln2High, ln2Low] } = f
  const s = w.keep(div(r, add(r, all(2))))
  const z = w.keep(mul(s, s))
  const half = w.keep(mul(mul(r, r), all(0.5)))
  const correction = add(mul(s, add(mul(polynomial(w, f, z, series), z), half)), mul(k, all(ln2Low)))
  return sub(mul(k, all(ln2High)), sub(sub(half, correction), r))
}

const log = (l: Logarithm): Formula1 => (w, x) => {
  const { add, sub, all } = l.f
  const [a, more] = normalised(w, l, x)
  const [m, k] = split(w, l, a)
  return logOf(w, l, w.keep(sub(m, all(1))), w.keep(add(k, more)))
}

/** As log(1 + x), with what is lost in the sum added to the fraction. */
const log1p = (l: Logarithm): Formula1 => (w, x) => {
  const { f, f: { add, sub, mul, lt, all, bits, bias, one } } = l
  const sum = w.keep(add(x, all(1)))
  const from = w.keep(sub(sum, all(1)))
  const lost = add(sub(all(1), sub(sum, from)), sub(x, from))
  const [u, more] = normalised(w, l, sum)
  const [m, k] = split(w, l, u)
  const scale = bits.add(bits.sub(m, u), bits.all(one))
  const rest = v128.and(mul(lost, scale), lt(x, all(2 ** bias)))
  const r = w.keep(add(sub(m, all(1)), rest))
  return v128.or(logOf(w, l, r, w.keep(add(k, more))), signOf(f, x))
}

/** In float64, to the digits of float32. */
const logarithmWide: Logarithm = { ...logarithm64, series: log32 }

export const logarithms32 = { log: log(logarithm32), log1p: log1p(logarithm32) }
export const logarithms64 = { log: log(logarithm64), log1p: log1p(logarithm64) }
export const logarithmsWide = { log: log(logarithmWide), log1p: log1p(logarithmWide) }
