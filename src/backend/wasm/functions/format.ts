import { f32x4, f64x2, i32, i32x4, i64x2, v128 } from '../code.js'
import { addProduct } from '../fma.js'
import type { Vector, Writer } from './write.js'

type Operation1 = (a: Vector) => Vector
type Operation2 = (a: Vector, b: Vector) => Vector

/** Lanes of float32 or of float64, and of integers as wide: what formulas for either are written with. */
export interface Format {
  readonly add: Operation2
  readonly sub: Operation2
  readonly mul: Operation2
  readonly div: Operation2
  readonly sqrt: Operation1
  readonly relaxedMadd: (a: Vector, b: Vector, c: Vector) => Vector
  readonly abs: Operation1
  readonly neg: Operation1
  readonly nearest: Operation1
  /** The lesser, or greater, of two; the first if one is NaN. */
  readonly pmin: Operation2
  readonly pmax: Operation2
  readonly eq: Operation2
  readonly ne: Operation2
  readonly lt: Operation2
  readonly le: Operation2
  readonly gt: Operation2
  readonly ge: Operation2
  readonly bits: {
    readonly add: Operation2
    readonly sub: Operation2
    readonly eq: Operation2
    readonly shl: (a: Vector, n: number) => Vector
    readonly shr: (a: Vector, n: number) => Vector
    /** An integer in every lane. */
    readonly all: (n: bigint) => Vector
  }
  /** A number in every lane. */
  readonly all: (x: number) => Vector
  /** Bits of the mantissa that are stored, of the exponent's bias, and 1. */
  readonly mantissa: number
  readonly bias: number
  readonly one: bigint
  /** The least normal number. */
  readonly normal: number
  /** Rounds to whole numbers when it is added; they then stand in the lowest bits. */
  readonly shifter: number
  /** log 2 in two parts; products of the first with exponents are exact. */
  readonly ln2: readonly [high: number, low: number]
}

export const single: Format = {
  ...f32x4,
  bits: {
    add: i32x4.add, sub: i32x4.sub, eq: i32x4.eq,
    shl: (a, n) => i32x4.shl(a, i32.const(n)),
    shr: (a, n) => i32x4.shrU(a, i32.const(n)),
    all: (n) => v128.const(new Int32Array(4).fill(Number(BigInt.asIntN(32, n))))
  },
  all: (x) => v128.const(Float32Array.of(x, x, x, x)),
  mantissa: 23, bias: 127, one: 0x3f800000n, normal: 2 ** -126, shifter: 1.5 * 2 ** 23,
  ln2: [0.693145751953125, 1.42860677e-6]
}

export const double: Format = {
  ...f64x2,
  bits: {
    add: i64x2.add, sub: i64x2.sub, eq: i64x2.eq,
    shl: (a, n) => i64x2.shl(a, i32.const(n)),
    shr: (a, n) => i64x2.shrU(a, i32.const(n)),
    all: (n) => v128.const(new BigInt64Array(2).fill(BigInt.asIntN(64, n)))
  },
  all: (x) => v128.const(Float64Array.of(x, x)),
  mantissa: 52, bias: 1023, one: 0x3ff0000000000000n, normal: 2 ** -1022, shifter: 1.5 * 2 ** 52,
  ln2: [0.6931471803691238, 1.9082149292705877e-10]
}

/** The first where the mask holds, else the second. */
export const choice = (mask: Vector, yes: Vector, no: Vector): Vector => v128.bitselect(yes, no, mask)

/** The sign bit alone. */
export const signOf = (f: Format, x: Vector): Vector => v128.and(x, f.all(-0))

/** A number that is not negative, with the sign of another. */
export const withSign = (f: Format, size: Vector, x: Vector): Vector => v128.or(size, signOf(f, x))

/**
 * A polynomial by Estrin's scheme, its lowest coefficient first: halves do not wait for each other. Processors look ahead only so far,
 * and long chains of products would keep them waiting.
 */
export const polynomial = (w: Writer, format: Format, x: Vector, coefficients: readonly number[]): Vector => {
  const { mul, all } = format
  const accumulate = addProduct(w, format)
  const powers = [x]
  const last = coefficients.length - 1
  for (let n = 2; n < last; n *= 2) powers.push(w.keep(mul(powers[powers.length - 1], powers[powers.length - 1])))
  const sum = (from: number, to: number, k: number): Vector => {
    if (to - from === 1) return all(coefficients[from])
    const middle = from + (1 << k)
    return middle < to ? accumulate(sum(from, middle, k - 1), sum(middle, to, k - 1), powers[k]) : sum(from, to, k - 1)
  }
  const k = powers.length - 1
  const half = 1 << k
  if (last !== 2 * half) return sum(0, coefficients.length, k)
  // a power less for the last coefficient alone
  const high = accumulate(sum(half, last, k - 1), all(coefficients[last]), powers[k])
  return accumulate(sum(0, half, k - 1), high, powers[k])
}
