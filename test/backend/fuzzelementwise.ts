import type { NdArray } from '../../src/core/array.js'
import { dtypes, isFloat, type DType } from '../../src/core/dtype.js'
import * as lax from '../../src/control/index.js'
import { cast, number, reshaped, together } from '../laws/bodies.js'
import { discreteOf, floatOf, integerOf, literals, signedOf, type Binary, type Materials, type Operation, type Unary } from './fuzzdice.js'

/** A scalar that jaxprs write as a literal, or the second value in the shape of the first. */
const partner = (x: NdArray, { y, dice }: Materials): NdArray => {
  if (dice.below(4) > 0) return reshaped(cast(y, x.dtype), x.shape)
  const value = dice.pick(literals)
  return lax.full(x.shape, isFloat(x.dtype) ? value : x.dtype === 'bool' ? Number(value > 0) : Math.abs(Math.round(value)) % 128, x.dtype)
}

const unary = (domain: Unary, f: Unary): Operation => ({ x }) => f(domain(x))

/** Both of the wider of the two dtypes, or of that of the first. */
const binary = (domain: Unary, f: Binary): Operation => (materials) => {
  const a = domain(materials.x)
  if (materials.dice.flag()) return f(a, partner(a, materials))
  const [b, c] = together(number(a), materials.y)
  return f(...together(domain(b), cast(c, domain(b).dtype)))
}

const ofFloats = (functions: Readonly<Record<string, Unary>>): Readonly<Record<string, Operation>> =>
  Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, unary(floatOf, f)]))

const { sin, cos, tan, tanh, exp, log, exp2, log1p, expm1, sqrt, rsqrt, logistic, erf, erfc, erfInv, lgamma, digamma } = lax
const { asin, acos, atan, sinh, cosh, asinh, acosh, atanh, cbrt, reciprocal, floor, ceil, round, roundToEven } = lax

/** Operations on elements. */
export const elementwise: Readonly<Record<string, Operation>> = {
  add: binary(number, lax.add),
  mul: binary(number, lax.mul),
  sub: binary(number, lax.sub),
  ...ofFloats({ tanh, exp, sin }),
  max: binary(number, lax.max),
  above: binary(number, lax.gt),
  div: binary(number, lax.div),
  ...ofFloats({ cos, tan, log, exp2, log1p, expm1, sqrt, rsqrt, logistic, erf, erfc, erfInv, lgamma, digamma }),
  ...ofFloats({ asin, acos, atan, sinh, cosh, asinh, acosh, atanh, cbrt, reciprocal, floor, ceil, round, roundToEven }),
  neg: unary(number, lax.neg),
  abs: unary(signedOf, lax.abs),
  sign: unary(signedOf, lax.sign),
  square: unary(number, lax.square),
  not: unary(discreteOf, lax.bitwiseNot),
  clz: unary(integerOf, lax.clz),
  population: unary(integerOf, lax.populationCount),
  isFinite: unary(floatOf, lax.isFinite),
  min: binary(number, lax.min),
  rem: binary(number, lax.rem),
  pow: binary(floatOf, lax.pow),
  atan2: binary(floatOf, lax.atan2),
  nextafter: binary(floatOf, lax.nextafter),
  eq: binary((x) => x, lax.eq),
  ne: binary((x) => x, lax.ne),
  lt: binary(number, lax.lt),
  le: binary(number, lax.le),
  ge: binary(number, lax.ge),
  and: binary(discreteOf, lax.bitwiseAnd),
  or: binary(discreteOf, lax.bitwiseOr),
  xor: binary(discreteOf, lax.bitwiseXor),
  shiftLeft: binary(integerOf, lax.shiftLeft),
  shiftRight: binary(integerOf, lax.shiftRightLogical),
  shiftSigned: binary(integerOf, lax.shiftRightArithmetic),
  power: ({ x, dice }) => lax.integerPow(number(x), dice.pick(isFloat(x.dtype) ? [2, 3, 0, 1, -1, -2, -3, -4, 6, 7] : [2, 3, 0, 1, 5])),
  clamp: (materials) => {
    const a = number(materials.x)
    return lax.clamp(lax.full([], materials.dice.below(2), a.dtype), a, partner(a, materials))
  },
  select: (materials) => {
    const a = materials.x
    return lax.select(reshaped(cast(materials.y, 'bool'), a.shape), a, partner(a, materials))
  },
  choose: (materials) => {
    const a = materials.x
    const which = reshaped(lax.clamp(0, cast(materials.y, 'int32'), 2), a.shape)
    return lax.selectN(which, a, partner(a, materials), partner(a, materials))
  },
  convert: ({ x, dice }) => lax.convertElementType(x, dice.pick(dtypes)),
  bitcast: ({ x, dice }) => {
    if (x.dtype === 'bool' || x.dtype === 'float64') return x
    return lax.bitcastConvertType(x, dice.pick<DType>(x.dtype.endsWith('8') ? ['int8', 'uint8'] : ['int32', 'uint32', 'float32']))
  }
}
