import { byteSize, type DType } from '../../core/dtype.js'
import { after, f64x2, i16x8, i32, i32x4, i8x16, select, v128, type Code } from './code.js'
import { narrowedBits } from './functions/wide.js'
import type { Lanes } from './lanes.js'
import type { Scope } from './module.js'

/*
 * Operations on integers, which lanes hold in 32 bits; their results are wrapped to narrower dtypes by those who store or use them.
 */

type Vector = Code<'v128'>

const all = (n: number): Vector => v128.const(Int32Array.of(n, n, n, n))
const doubles = (x: number): Vector => v128.const(Float64Array.of(x, x))

const isUnsigned = (dtype: DType): boolean => dtype === 'uint32' || dtype === 'uint8'
const width = (dtype: DType): number => 8 * byteSize(dtype)

/** The bits of elements without those of the sign beyond their width. */
const bitsOf = (dtype: DType, a: Vector): Vector => (dtype === 'int8' ? v128.and(a, all(255)) : a)

/** Elements with the highest bit of their width taken for a sign. */
const signed = (dtype: DType, a: Vector): Vector =>
  (dtype === 'uint8' ? i32x4.shrS(i32x4.shl(a, i32.const(24)), i32.const(24)) : a)

/** A function of numbers, one lane after the other. */
const oneByOne = (scope: Scope, lanes: Lanes, args: readonly Vector[], f: (...numbers: readonly Code<'i32'>[]) => Code<'i32'>): Vector => {
  const locals = args.map(() => scope.local('v128'))
  let out = all(0)
  for (let lane = 0; lane < lanes; lane++) out = i32x4.replace(out, lane, f(...locals.map(({ get }) => i32x4.extract(get, lane))))
  return after(locals.map((local, k) => local.set(args[k])), out)
}

/** Whole float64 numbers modulo 2³², in the lower halves of the lanes: the lowest bits where the spacing is 1. */
const wholeBits = (a: Vector): Vector => f64x2.add(a, doubles(1.5 * 2 ** 52))

/** x / y, truncated: quotients of 32-bit integers as float64 numbers are on the right side of whole ones. */
const truncated = (dtype: DType, a: Vector, b: Vector, lanes: Lanes): Vector => {
  const convert = isUnsigned(dtype) ? f64x2.convertLowI32U : f64x2.convertLowI32S
  const part = (x: Vector, y: Vector): Vector => wholeBits(f64x2.trunc(f64x2.div(convert(x), convert(y))))
  const upper = (x: Vector): Vector => v128.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7])
  return narrowedBits(part(a, b), lanes === 2 ? doubles(0) : part(upper(a), upper(b)))
}

/** A quotient is −1, all bits set, where the divisor is 0. */
export const quotient = (dtype: DType, a: Vector, b: Vector, lanes: Lanes, scope: Scope): Vector => {
  const [x, y] = [scope.local('v128'), scope.local('v128')]
  return after([x.set(a), y.set(b)], v128.or(truncated(dtype, x.get, y.get, lanes), i32x4.eq(y.get, all(0))))
}

/** A remainder has the sign of x, and is x where the divisor is 0. */
export const integerRemainder = (dtype: DType, a: Vector, b: Vector, lanes: Lanes, scope: Scope): Vector => {
  const [x, y] = [scope.local('v128'), scope.local('v128')]
  return after([x.set(a), y.set(b)], i32x4.sub(x.get, i32x4.mul(truncated(dtype, x.get, y.get, lanes), y.get)))
}

export type Shift = 'shift_left' | 'shift_right_logical' | 'shift_right_arithmetic'

/** Shifts by a number that is known. */
export const shiftBy = (operation: Shift, dtype: DType, a: Vector, count: number): Vector => {
  const beyond = count < 0 || count >= width(dtype)
  if (operation === 'shift_right_arithmetic') return i32x4.shrS(signed(dtype, a), i32.const(beyond ? 31 : count))
  if (beyond) return all(0)
  return operation === 'shift_left' ? i32x4.shl(a, i32.const(count)) : i32x4.shrU(bitsOf(dtype, a), i32.const(count))
}

/** Shifts by the number in each lane; numbers beyond the width leave nothing, or the sign. */
export const shiftEach = (operation: Shift, dtype: DType, a: Vector, counts: Vector, lanes: Lanes, scope: Scope): Vector => {
  const within = (n: Code<'i32'>): Code<'i32'> => i32.ltU(n, i32.const(width(dtype)))
  switch (operation) {
    case 'shift_left':
      return oneByOne(scope, lanes, [a, counts], (x, n) => select(within(n), i32.shl(x, n), i32.const(0)))
    case 'shift_right_logical':
      return oneByOne(scope, lanes, [bitsOf(dtype, a), counts], (x, n) => select(within(n), i32.shrU(x, n), i32.const(0)))
    case 'shift_right_arithmetic':
      return oneByOne(scope, lanes, [signed(dtype, a), counts], (x, n) => i32.shrS(x, select(within(n), n, i32.const(31))))
  }
}

/** How many bits are set: of bytes, then of pairs of sums. */
export const bitCount = (dtype: DType, a: Vector): Vector => i32x4.addPairsU(i16x8.addPairsU(i8x16.popcnt(bitsOf(dtype, a))))

/** How many zero bits lead. */
export const leadingZeros = (dtype: DType, a: Vector, lanes: Lanes, scope: Scope): Vector =>
  oneByOne(scope, lanes, [bitsOf(dtype, a)], (x) => i32.sub(i32.clz(x), i32.const(32 - width(dtype))))

/** −1, 0 or 1: masks are −1. */
export const integerSign = (dtype: DType, a: Vector, scope: Scope): Vector => {
  const x = scope.local('v128')
  const zero = all(0)
  if (isUnsigned(dtype)) return i32x4.neg(i32x4.ne(a, zero))
  return after([x.set(a)], i32x4.sub(i32x4.ltS(x.get, zero), i32x4.gtS(x.get, zero)))
}

/** Products by repeated squaring, modulo 2³². */
export const wrappedPower = (a: Vector, n: number, scope: Scope): Vector => {
  const [square, result] = [scope.local('v128'), scope.local('v128')]
  const steps = [square.set(a), result.set(all(1))]
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) steps.push(result.set(i32x4.mul(result.get, square.get)))
    if (rest > 1) steps.push(square.set(i32x4.mul(square.get, square.get)))
  }
  return after(steps, result.get)
}

/** Floats truncated to integers; NaN gives 0, and what is too large the nearest integer that there is. */
export const truncateTo = (dtype: DType, from: 'float32' | 'float64', a: Vector): Vector => {
  if (dtype === 'uint32') return from === 'float32' ? i32x4.truncF32U(a) : i32x4.truncF64UZero(a)
  const whole = from === 'float32' ? i32x4.truncF32S(a) : i32x4.truncF64SZero(a)
  if (dtype === 'int32') return whole
  const [low, high] = dtype === 'int8' ? [-128, 127] : [0, 255]
  return i32x4.minS(i32x4.maxS(whole, all(low)), all(high))
}
