import { isFloat, type DType, type FloatDType } from '../../core/dtype.js'
import type { IntegerPowParams } from '../../lax/elementwise/power.js'
import type { RoundParams } from '../../lax/elementwise/rounding.js'
import type { ShiftParams } from '../schedule/lower/elementwise.js'
import type { Operation } from '../schedule/schedulable.js'
import { after, f32x4, f64x2, i32, i32x4, v128, type Code } from './code.js'
import { binary32, binary64, smallPower32, special32, special64, unary32, unary64 } from './functions/index.js'
import { narrowed } from './functions/wide.js'
import {
  bitCount, integerRemainder, integerSign, leadingZeros, quotient, shiftBy, shiftEach, truncateTo, wrappedPower
} from './integers.js'
import { constantLanes, narrowMask, widenMask, type Lanes } from './lanes.js'
import type { Scope } from './module.js'
import { nextAfter, roundAway } from './neighbours.js'
import { remainder } from './remainder.js'

/** An operation that is to be emitted: operands in `type`, the result in `out`. */
export interface Application {
  readonly operation: string
  readonly params: object
  /** The dtype of the last operand, which is that of all but a choice. */
  readonly type: DType
  readonly out: DType
}

type Vectors = readonly Code<'v128'>[]

/** Operations on vectors of floats; the sign bit of lanes as a mask comes with the type. */
const vectorFloats = (x: typeof f32x4 | typeof f64x2, one: Code<'v128'>): Readonly<Record<string, (a: Vectors) => Code<'v128'>>> => ({
  add: ([a, b]) => x.add(a, b), add_any: ([a, b]) => x.add(a, b), sub: ([a, b]) => x.sub(a, b), mul: ([a, b]) => x.mul(a, b),
  div: ([a, b]) => x.div(a, b), max: ([a, b]) => x.max(a, b), min: ([a, b]) => x.min(a, b),
  neg: ([a]) => x.neg(a), abs: ([a]) => x.abs(a), sqrt: ([a]) => x.sqrt(a), rsqrt: ([a]) => x.div(one, x.sqrt(a)),
  floor: ([a]) => x.floor(a), ceil: ([a]) => x.ceil(a)
})

/** Booleans are masks: false is less than true. */
const booleans: Readonly<Record<string, (a: Vectors) => Code<'v128'>>> = {
  and: ([a, b]) => v128.and(a, b), min: ([a, b]) => v128.and(a, b), or: ([a, b]) => v128.or(a, b), max: ([a, b]) => v128.or(a, b),
  xor: ([a, b]) => v128.xor(a, b), not: ([a]) => v128.not(a)
}

const comparing = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge'])

type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'

const vectors32 = vectorFloats(f32x4, v128.const(Float32Array.of(1, 1, 1, 1)))
const vectors64 = vectorFloats(f64x2, v128.const(Float64Array.of(1, 1)))

const vectorIntegers = (unsigned: boolean): Readonly<Record<string, (a: Vectors) => Code<'v128'>>> => ({
  add: ([a, b]) => i32x4.add(a, b), add_any: ([a, b]) => i32x4.add(a, b), sub: ([a, b]) => i32x4.sub(a, b),
  mul: ([a, b]) => i32x4.mul(a, b),
  max: ([a, b]) => (unsigned ? i32x4.maxU(a, b) : i32x4.maxS(a, b)), min: ([a, b]) => (unsigned ? i32x4.minU(a, b) : i32x4.minS(a, b)),
  neg: ([a]) => i32x4.neg(a), abs: ([a]) => i32x4.abs(a), and: ([a, b]) => v128.and(a, b), or: ([a, b]) => v128.or(a, b),
  xor: ([a, b]) => v128.xor(a, b), not: ([a]) => v128.not(a)
})
const [signedVectors, unsignedVectors] = [vectorIntegers(false), vectorIntegers(true)]

const compareIntegers = (operation: Comparison, unsigned: boolean, a: Code<'v128'>, b: Code<'v128'>): Code<'v128'> => {
  switch (operation) {
    case 'eq': return i32x4.eq(a, b)
    case 'ne': return i32x4.ne(a, b)
    case 'lt': return unsigned ? i32x4.ltU(a, b) : i32x4.ltS(a, b)
    case 'le': return unsigned ? i32x4.leU(a, b) : i32x4.leS(a, b)
    case 'gt': return unsigned ? i32x4.gtU(a, b) : i32x4.gtS(a, b)
    case 'ge': return unsigned ? i32x4.geU(a, b) : i32x4.geS(a, b)
  }
}

const isUnsignedType = (dtype: DType): boolean => dtype === 'uint32' || dtype === 'uint8' || dtype === 'bool'
const isFloatType = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

/** Sums and products of narrow integers wrap. */
const wrapped = (dtype: DType, a: Code<'v128'>): Code<'v128'> => {
  if (dtype === 'int8') return i32x4.shrS(i32x4.shl(a, i32.const(24)), i32.const(24))
  return dtype === 'uint8' ? v128.and(a, v128.const(Int32Array.of(255, 255, 255, 255))) : a
}

const finite = (type: DType, a: Code<'v128'>): Code<'v128'> => type === 'float32'
  ? f32x4.lt(f32x4.abs(a), v128.const(Float32Array.of(Infinity, Infinity, Infinity, Infinity)))
  : f64x2.lt(f64x2.abs(a), v128.const(Float64Array.of(Infinity, Infinity)))

/** Lanes in another dtype. */
const convertLanes = (from: DType, to: DType, a: Code<'v128'>, lanes: Lanes): Code<'v128'> => {
  const wide = from === 'float64' || to === 'float64'
  if (from === to) return a
  if (from === 'bool') {
    if (to === 'float64') return v128.and(a, v128.const(Float64Array.of(1, 1)))
    const mask = lanes === 2 ? narrowMask(a) : a
    return v128.and(mask, constantLanes(to, 1))
  }
  if (to === 'bool') return nonzero(from, a, lanes)
  if (wide && isFloatType(from) && isFloatType(to)) return to === 'float64' ? f64x2.promoteLow(a) : f32x4.demoteZero(a)
  if (!isFloat(from)) {
    if (to === 'float32') return isUnsignedType(from) ? f32x4.convertI32U(a) : f32x4.convertI32S(a)
    if (to === 'float64') return isUnsignedType(from) ? f64x2.convertLowI32U(a) : f64x2.convertLowI32S(a)
    return wrapped(to, a)
  }
  return truncateTo(to, from, a)
}

const nonzero = (from: DType, a: Code<'v128'>, lanes: Lanes): Code<'v128'> => {
  if (from === 'float64') return f64x2.ne(a, v128.const(Float64Array.of(0, 0)))
  const mask = (from === 'float32' ? f32x4 : i32x4).ne(a, constantLanes(from, 0))
  return lanes === 2 ? widenMask(mask) : mask
}

/** The mask as wide as the lanes that it chooses from. */
const maskFor = (type: DType, mask: Code<'v128'>, lanes: Lanes): Code<'v128'> =>
  lanes === 2 && type !== 'float64' && type !== 'bool' ? narrowMask(mask) : mask

const zeros = v128.const(new Uint8Array(16))

/** The one where the mask holds, the other elsewhere: zeros are what it masks. */
const chosen = (mask: Code<'v128'>, a: Code<'v128'>, b: Code<'v128'>): Code<'v128'> => {
  if (b.bytes === zeros.bytes) return v128.and(a, mask)
  return a.bytes === zeros.bytes ? v128.andnot(b, mask) : v128.bitselect(a, b, mask)
}

const isFunction = (type: DType, operation: string): boolean =>
  [type === 'float32' ? unary32 : unary64, type === 'float32' ? binary32 : binary64].some((table) => Object.hasOwn(table, operation))

/** Whether the operation can be emitted for the dtypes. */
export const emits = ({ operation, params, types }: Operation): boolean => {
  const type = types[types.length - 1]
  switch (operation) {
    case 'convert_element_type': case 'bitcast_convert_type': case 'select_n': case 'clamp': return true
    case 'round': case 'is_finite': case 'nextafter': return isFloatType(type)
    case 'sign': case 'square': case 'abs': case 'div': case 'rem': return type !== 'bool'
    case 'integer_pow': {
      const { y } = params as IntegerPowParams // of integer_pow
      return type !== 'float32' || Math.fround(y) === y
    }
    case 'clz': case 'population_count': case 'shift_left': case 'shift_right_logical': case 'shift_right_arithmetic':
    case 'pow': return true
  }
  if (comparing.has(operation)) return true
  if (isFloatType(type) && isFunction(type, operation)) return true
  if (type === 'bool') return Object.hasOwn(booleans, operation)
  return isFloatType(type) ? Object.hasOwn(vectors32, operation) : Object.hasOwn(signedVectors, operation)
}

/** xⁿ for small n, by the products that the reference takes; below zero of 1/x, which is in range where the power is. */
const integerPower = (n: number, a: Code<'v128'>, scope: Scope, x: typeof f32x4 | typeof f64x2, one: Code<'v128'>): Code<'v128'> => {
  const b = scope.local('v128')
  const first = b.tee(n < 0 ? x.div(one, a) : a)
  const positive = (m: number): Code<'v128'> => {
    switch (m) {
      case 0: return one
      case 1: return first
      case 2: return x.mul(first, b.get)
      case 3: return x.mul(x.mul(first, b.get), b.get)
      default: {
        const c = scope.local('v128')
        return x.mul(c.tee(x.mul(first, b.get)), c.get)
      }
    }
  }
  return positive(Math.abs(n))
}

/** A result of float32 by way of float64: from the lower two lanes of the operands and, where there are four, from the upper ones. */
const inHalves = (
  a: Code<'v128'>, b: Code<'v128'>, lanes: Lanes, scope: Scope, f: (x: Code<'v128'>, y: Code<'v128'>) => Code<'v128'>
): Code<'v128'> => {
  const [x, y, low] = Array.from({ length: 3 }, () => scope.local('v128'))
  const steps = [x.set(a), y.set(b)]
  if (lanes === 2) return after(steps, f32x4.demoteZero(f(x.get, y.get)))
  const turn = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]
  return after(
    [...steps, low.set(f(x.get, y.get)), x.set(v128.shuffle(x.get, x.get, turn)), y.set(v128.shuffle(y.get, y.get, turn))],
    narrowed(low.get, f(x.get, y.get))
  )
}

const { promoteLow } = f64x2

/** Powers of floats, the exponents integers of the dtype. */
const wholePower = (out: DType, dtype: DType, a: Code<'v128'>, b: Code<'v128'>, lanes: Lanes, scope: Scope): Code<'v128'> => {
  const exponent = isUnsignedType(dtype) ? f64x2.convertLowI32U : f64x2.convertLowI32S
  if (out === 'float64') return binary64['pow'](scope, a, exponent(b))
  return inHalves(a, b, lanes, scope, (x, y) => binary64['pow'](scope, promoteLow(x), exponent(y)))
}

/** The operation on lanes. */
export const emitLanes = (application: Application, args: Vectors, lanes: Lanes, scope: Scope): Code<'v128'> => {
  const { operation, type, out, params } = application
  const floats = type === 'float32' ? f32x4 : f64x2
  const one = type === 'float32' ? v128.const(Float32Array.of(1, 1, 1, 1)) : v128.const(Float64Array.of(1, 1))
  const zero = v128.const(Float64Array.of(0, 0))
  if (comparing.has(operation)) {
    const [a, b] = args
    if (isFloatType(type)) {
      const mask = floats[operation as Comparison](a, b) // one of the six
      return lanes === 2 && type === 'float32' ? widenMask(mask) : mask
    }
    const mask = compareIntegers(operation as Comparison, isUnsignedType(type), a, b)
    return lanes === 2 && type !== 'bool' ? widenMask(mask) : mask
  }
  switch (operation) {
    case 'convert_element_type': return convertLanes(type, out, args[0], lanes)
    case 'select_n': return chosen(maskFor(type, args[0], lanes), args[2], args[1])
    case 'bitcast_convert_type': return wrapped(out, args[0])
    case 'clamp': {
      const [low, x, high] = args
      const bound = (name: 'max' | 'min', a: Code<'v128'>, b: Code<'v128'>): Code<'v128'> =>
        emitLanes({ operation: name, params: {}, type, out }, [a, b], lanes, scope)
      return bound('min', bound('max', x, low), high)
    }
    case 'round':
      return (params as RoundParams).roundingMethod === 'toNearestEven' // of round
        ? floats.nearest(args[0]) : roundAway(type as FloatDType, args[0], scope)
    case 'nextafter': return nextAfter(type as FloatDType, args[0], args[1], scope)
    case 'is_finite': return lanes === 2 && type === 'float32' ? widenMask(finite(type, args[0])) : finite(type, args[0])
    case 'integer_pow': {
      const { y } = params as IntegerPowParams // of integer_pow
      if (!isFloat(type)) return wrapped(type, wrappedPower(args[0], y, scope))
      if (y <= 4 && y >= -2) return integerPower(y, args[0], scope, floats, one)
      const small = type === 'float32' ? smallPower32(y) : null
      if (small !== null) return scope.apply(`integer_pow ${y} ${type}`, args, small)
      return (type === 'float32' ? binary32 : binary64)['pow'](scope, args[0], constantLanes(type, y))
    }
    case 'square': {
      const a = scope.local('v128')
      return isFloatType(type) ? floats.mul(a.tee(args[0]), a.get) : wrapped(type, i32x4.mul(a.tee(args[0]), a.get))
    }
    case 'rem': {
      const [a, b] = args
      if (type === 'float64') return remainder(scope, type, a, b)
      if (!isFloat(type)) return integerRemainder(type, a, b, lanes, scope)
      return inHalves(a, b, lanes, scope, (x, y) => remainder(scope, 'float32', promoteLow(x), promoteLow(y)))
    }
    case 'shift_left':
    case 'shift_right_logical':
    case 'shift_right_arithmetic': {
      const { count } = params as ShiftParams // of shifts
      return wrapped(type, count !== undefined
        ? shiftBy(operation, type, args[0], count) : shiftEach(operation, type, args[0], args[1], lanes, scope))
    }
    case 'pow': {
      if (isFloat(type)) break
      return wholePower(out, type, args[0], args[1], lanes, scope)
    }
    case 'population_count': return bitCount(type, args[0])
    case 'clz': return leadingZeros(type, args[0], lanes, scope)
    case 'sign': {
      if (!isFloat(type)) return integerSign(type, args[0], scope)
      // ±1 with the sign of a number, the number itself where it is zero or NaN
      const a = scope.local('v128')
      const minus = type === 'float32' ? v128.const(Float32Array.of(-0, -0, -0, -0)) : v128.const(Float64Array.of(-0, -0))
      const some = v128.or(floats.lt(a.get, zero), floats.gt(a.get, zero))
      return after([a.set(args[0])], v128.bitselect(v128.or(one, v128.and(a.get, minus)), a.get, some))
    }
  }
  if (isFloatType(type)) {
    const [ofOne, ofTwo] = type === 'float32' ? [unary32, binary32] : [unary64, binary64]
    const name = `${operation} ${type}`
    if (Object.hasOwn(ofOne, operation)) return scope.apply(name, args, ofOne[operation])
    if (Object.hasOwn(ofTwo, operation)) return scope.apply(name, args, ofTwo[operation])
    const special = type === 'float32' ? special32 : special64
    if (Object.hasOwn(special.one, operation)) return scope.apply(name, args, special.one[operation])
    if (Object.hasOwn(special.two, operation)) return scope.apply(name, args, special.two[operation])
    return (type === 'float32' ? vectors32 : vectors64)[operation](args)
  }
  if (type === 'bool') return booleans[operation](args)
  if (operation === 'div') return wrapped(type, quotient(type, args[0], args[1], lanes, scope))
  return wrapped(type, (isUnsignedType(type) ? unsignedVectors : signedVectors)[operation](args))
}
