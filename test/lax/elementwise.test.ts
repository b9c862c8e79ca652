import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import * as lax from '../../src/lax/index.js'
import { jvp } from '../../src/transform/forward.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f32, f64, i32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { golden, type Case } from '../support/golden.js'
import { withinUlp } from '../support/ulp.js'
import { ways } from '../support/ways.js'

interface Params {
  readonly roundingMethod?: 'TO_NEAREST_EVEN' | 'AWAY_FROM_ZERO'
  readonly y?: number
  readonly newDtype?: DType
}

type Arrays = readonly NdArray[]

interface Value extends Case<Params> {
  readonly ulp: number
}

interface Kink extends Case<Params> {
  readonly tangents: Arrays
  readonly jvp: NdArray
}

/** A function of `lax` on arrays, by its name and its params as JAX has them. */
const functionOf = (name: string, { roundingMethod, y, newDtype }: Params = {}): (xs: Arrays) => NdArray => {
  if (name === 'round') return ([x]) => lax.round(x, roundingMethod === 'TO_NEAREST_EVEN' ? 'toNearestEven' : 'awayFromZero')
  if (name === 'integerPow') return ([x]) => lax.integerPow(x, y ?? 0)
  if (name === 'convertElementType') return ([x]) => lax.convertElementType(x, newDtype ?? 'float32')
  if (name === 'bitcastConvertType') return ([x]) => lax.bitcastConvertType(x, newDtype ?? 'float32')
  const f = lax[name as keyof typeof lax] as (...xs: Arrays) => NdArray // by its name, as the file has it
  return (xs) => f(...xs)
}

describe('values', () => {
  const cases = (golden<Params>('elementwise') as unknown as readonly Value[]).filter(({ fn }) => fn in lax) // with its tolerances
  describe.each(ways)('%s', (_, run) => {
    test.for(cases.map((c) => [c.name, c] as const))('%s', ([name, { fn, args, params, out, ulp }]) => {
      withinUlp(name, run(functionOf(fn, params))(args), out, ulp)
    })
  })
})

describe('accuracy at random points', () => {
  const tight = new Set(['exp', 'log', 'log1p', 'expm1', 'sin', 'cos', 'tan', 'tanh', 'rsqrt', 'pow', 'erf'])
  const cases = golden<Params>('accuracy')
  describe.each(ways)('%s', (_, run) => {
    test.for(cases.map((c) => [c.name, c] as const))('%s', ([name, { fn, args, out }]) => {
      withinUlp(name, run(functionOf(fn))(args), out, fn === 'polygamma' ? 8 : tight.has(fn) ? 2 : 4)
    })
  })
})

describe('kinks', () => {
  const names = /^lax\.(?!reduce|cum|sort|topK|selectN)/
  const cases = (golden<Params>('kinks') as unknown as readonly Kink[]).filter(({ fn }) => names.test(fn)) // with its tangents
  /** Where the derivative of digamma, 0 at ∞, is NaN and at −∞ is infinite to JAX. */
  const known = (fn: string, x: NdArray): NdArray => (fn === 'lax.digamma' ? f64([...x.toTypedArray()].slice(0, 5)) : x)
  describe.each(ways)('%s', (_, run) => {
    test.for(cases.map((c) => [c.name, c] as const))('%s', ([, kink]) => {
      const { fn, args, params, out, tangents, jvp: tangent, cotangent, grad } = kink
      const f = (...xs: Arrays): NdArray => functionOf(fn.slice(4), params)(xs)
      const [y, dy] = run((xs: Arrays, dxs: Arrays) => jvp(f)(xs, dxs))(args, tangents)
      close('value', y, out, 1e-15)
      close('tangent', known(fn, dy), known(fn, tangent), 1e-14)
      const cts = run((xs: Arrays, ct: NdArray) => vjp(f)(...xs)[1](ct))(args, cotangent)
      cts.forEach((ct, i) => close(`cotangent ${i}`, known(fn, ct), known(fn, grad[i]), 1e-14))
    })
  })
})

describe('loops over many elements', () => {
  // Long arrays take other loops than short ones.
  const binary = ['add', 'sub', 'mul', 'div', 'rem', 'max', 'min', 'eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const
  const dtypes: readonly DType[] = ['int8', 'uint8', 'int32', 'uint32', 'float32', 'float64']
  const spread = (dtype: DType, seed: number, length: number): NdArray =>
    arrayOf(dtype, [length], Array.from({ length }, (_, i) => (Math.imul(i + seed, 0x9e3779b1) >> 8) / (dtype.startsWith('f') ? 7 : 1)))
  const one = (x: NdArray, i: number): NdArray => arrayOf(x.dtype, [1], [x.toTypedArray()[i]])
  const pieces = (f: (x: NdArray, y: NdArray) => NdArray, x: NdArray, y: NdArray): readonly number[] =>
    [...x.toTypedArray().keys()].map((i) => f(one(x, i), one(y, i)).item())

  test.for(dtypes.flatMap((dtype) => binary.map((name) => [name, dtype] as const)))('%s of %s', ([name, dtype]) => {
    const [x, y] = [spread(dtype, 1, 100), spread(dtype, 50, 100)]
    expect([...lax[name](x, y).toTypedArray()]).toEqual(pieces(lax[name], x, y))
  })

  test.for(dtypes)('conversions and choices of %s', (dtype) => {
    const [x, y] = [spread(dtype, 1, 100), spread(dtype, 50, 100)]
    for (const to of [...dtypes, 'bool'] as const) {
      expect([...lax.convertElementType(x, to).toTypedArray()]).toEqual(pieces((a) => lax.convertElementType(a, to), x, x))
    }
    const [a, b] = [x.toTypedArray(), y.toTypedArray()]
    expect([...lax.select(lax.gt(x, y), x, y).toTypedArray()]).toEqual([...a].map((value, i) => Math.max(value, b[i])))
  })
})

describe('powers', () => {
  test('take integer exponents, whose zeros stop the derivative', () => {
    const n = arrayOf('int32', [4], [0, 1, 2, -1])
    const [y, dy] = jvp((x: NdArray) => lax.pow(x, n))([f64([0, 3, 3, 2])], [f64([1, 1, 1, 1])])
    close('value', y, f64([1, 3, 9, 0.5]), 0)
    close('tangent', dy, f64([0, 1, 6, -0.25]), 0)
  })

  test('are exact where they can be', () => {
    const n = Array.from({ length: 21 }, (_, i) => i)
    sameBits('3ⁿ', lax.pow(lax.full([21], 3, 'float64'), f64(n)), f64(n.map((i) => Number(3n ** BigInt(i)))))
    sameBits('2ⁿ', lax.exp2(f64([-1074, -1022, -1, 0, 1023])), f64([5e-324, 2 ** -1022, 0.5, 1, 2 ** 1023]))
  })
})

describe('lgamma and digamma', () => {
  test('are right beside their zeros below 0', () => {
    // mpmath's values at the doubles nearest to the zeros, and at a neighbour.
    const a = f64([-2.4570247382208006, -2.7476826467274127, -3.14358088834998, -3.955294284858598, -3.955294284858598, -2.4570247382208])
    const b = f64([
      5.619192358950097e-17, 1.733509244024501e-16, 1.6978655906121085e-15, -4.14382750757705e-16,
      -4.14382750757705e-16, 7.292550612674704e-16
    ])
    withinUlp('lgamma', lax.lgamma(a), b, 4)
    const c = f64([-0.5040830082644554, -1.5734984731623904, -2.6107208684441447, -9.702672540001863])
    const d = f64([7.289763902976895e-17, 1.5649788481838454e-16, -1.0720275936410002e-15, 4.939256869086382e-15])
    withinUlp('digamma', lax.digamma(c), d, 4)
  })
})

describe('select and clamp', () => {
  test('a scalar chooses a whole array, batched or not', () => {
    const [a, b] = [f32([1, 2]), f32([3, 4])]
    sameBits('scalar', lax.select(arrayOf('bool', [], [0]), a, b), b)
    sameBits('int32 beyond the cases', lax.selectN(i32(7), a, b), b)
    const xs = arrayOf('float32', [2, 2], [5, 6, 7, 8])
    const each = vmap((p: NdArray, x: NdArray) => lax.select(p, x, b))(arrayOf('bool', [2], [1, 0]), xs)
    sameBits('batched predicate', each, arrayOf('float32', [2, 2], [5, 6, 3, 4]))
    const shared = vmap((x: NdArray) => lax.select(arrayOf('bool', [], [1]), x, b))(xs)
    sameBits('one predicate', shared, xs)
  })

  test('bounds may be scalars, batched or not', () => {
    const x = arrayOf('float32', [2, 3], [-1, 0.5, 2, -3, 1, 9])
    sameBits('unbatched', vmap((row: NdArray) => lax.clamp(0, row, 1))(x), arrayOf('float32', [2, 3], [0, 0.5, 1, 0, 1, 1]))
    const bounded = vmap((low: NdArray, row: NdArray) => lax.clamp(low, row, 3))(f32([-2, 1]), x)
    sameBits('batched', bounded, arrayOf('float32', [2, 3], [-1, 0.5, 2, 1, 1, 3]))
    const [, pullback] = vjp((low: NdArray) => lax.clamp(low, f64([-1, 0.5, -2]), 1))(f64(0))
    close('derivative', pullback(f64([1, 2, 4]))[0], f64(5), 0)
  })
})

describe('errors', () => {
  const x = f32([1, 2])
  test.for<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['dtypes', () => lax.add(x, i32([1, 2])), DTypeError, 'add: expected operands of one dtype, got float32[2] and int32[2]'],
    ['shapes', () => lax.shiftLeft(i32([1]), i32([1, 2])), ShapeError, 'shiftLeft: expected operands of one shape'],
    ['domain', () => lax.exp(i32([1])), DTypeError, 'exp: expected floating-point operands, got int32[1]'],
    ['unsigned', () => lax.abs(arrayOf('uint8', [1], [1])), DTypeError, 'abs: expected signed numbers'],
    ['bits', () => lax.bitwiseAnd(x, x), DTypeError, 'bitwiseAnd: expected integers or booleans'],
    ['integer base', () => lax.pow(i32([2]), i32([2])), DTypeError, 'pow: expected a floating-point base'],
    ['negative power', () => lax.integerPow(i32([2]), -1), ArgumentError, 'integerPow: expected an exponent that is not negative'],
    ['fraction', () => lax.integerPow(x, 0.5), ArgumentError, 'integerPow: expected an integer exponent, got 0.5'],
    ['method', () => lax.round(x, 'up' as 'toNearestEven'), ArgumentError, "round: expected the method 'awayFromZero'"],
    ['three booleans', () => lax.selectN(lax.gt(x, 0), x, x, x), ShapeError, 'selectN: expected at most two cases for booleans'],
    ['predicate', () => lax.select(lax.gt(f32([1]), 0), x, x), ShapeError, 'selectN: expected a choice that is a scalar'],
    ['choice', () => lax.selectN(x, x, x), DTypeError, 'selectN: expected a choice of bool or int32'],
    ['bounds', () => lax.clamp(f32([1]), x, 2), ShapeError, 'clamp: expected bounds that are scalars'],
    ['bounds of a dtype', () => lax.clamp(i32(1), x, 2), DTypeError, 'clamp: expected bounds of the dtype of the array'],
    ['no dtype', () => lax.convertElementType(x, 'int64' as DType), DTypeError, 'convertElementType: expected a dtype among bool, int8'],
    ['iota of scalars', () => lax.iota('int32', []), ShapeError, 'iota: expected a shape with at least one axis'],
    ['iota of booleans', () => lax.iota('bool', 2), DTypeError, 'iota: expected a dtype of numbers, got bool']
  ])('%s', ([, f, kind, message]) => {
    expect(f).toThrow(kind)
    expect(f).toThrow(message)
  })
})
