import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { FloatDType } from '../../src/core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import type { Shape } from '../../src/core/shape.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { cases, check } from '../numpy/golden.js'
import { arrayOf } from '../support/arrays.js'
import { sameBits } from '../support/close.js'
import { ways } from '../support/ways.js'

const { initializers } = nn
const key = random.key(3)

interface GoldenParams {
  readonly key: readonly number[]
  readonly shape: Shape
  readonly dtype: FloatDType
  readonly stddev?: number
  readonly scale?: number
}

describe.each(ways)('draws are those of JAX, %s', (_how, run) => {
  const own = cases('numpy').filter(({ fn }) => fn.startsWith('nn.initializers.'))
  test.each(own.map((each) => [each.name, each] as const))('%s', (_, { name, fn, params, out, tol }) => {
    const p = params as unknown as GoldenParams // as the script writes it
    const option = p.stddev ?? p.scale
    const found = initializers[fn.replace('nn.initializers.', '') as 'normal'] as unknown // named at run time
    const initializer = (option === undefined ? found : (found as typeof initializers.normal)(option)) as nn.Initializer
    const drawn = run(initializer(p.shape, p.dtype))(arrayOf('uint32', [2], p.key))
    if (fn.endsWith('niform')) sameBits(name, drawn, out as NdArray)
    else check(name, drawn, out, tol)
  })
})

const variance = (x: NdArray): number => np.var(x).item()

describe('variances', () => {
  const [ins, outs] = [300, 200]
  const families: Readonly<Record<string, number>> = { lecun: 1 / ins, glorot: 2 / (ins + outs), he: 2 / ins }
  const names = Object.keys(families).flatMap((family) => [[family, 'Normal'], [family, 'Uniform']] as const)

  test.each(names)('%s%s', (family, distribution) => {
    const x = initializers[`${family}${distribution}` as 'heNormal']([ins, outs])(key)
    expect(variance(x) / families[family]).toBeCloseTo(1, 1)
    expect(Math.abs(np.mean(x).item())).toBeLessThan(0.001)
  })

  test('of windows: fans count the window, and axes may be elsewhere', () => {
    const standard = initializers.heNormal([5, 5, 20, 40])(key)
    const swapped = initializers.varianceScaling({ scale: 2, inAxis: 1, outAxis: 0 })([40, 20, 5, 5])(key)
    for (const x of [standard, swapped]) expect((variance(x) * 500) / 2).toBeCloseTo(1, 1)
    const out = initializers.varianceScaling({ mode: 'fanOut', distribution: 'normal' })([5, 5, 20, 40])(key)
    expect(variance(out) * 1000).toBeCloseTo(1, 1)
  })

  test('of float64', () => {
    const x = initializers.glorotUniform([ins, outs], 'float64')(key)
    expect(x.dtype).toBe('float64')
    expect(variance(x) * 250).toBeCloseTo(1, 1)
  })
})

test('gains keep the variance of a signal, roughly: that of tanh a little more than it needs', () => {
  const z = random.normal(key, [20_000])
  const kept = { linear: (x: NdArray) => x, relu: nn.relu, leakyRelu: nn.leakyRelu }
  for (const [name, f] of Object.entries(kept)) {
    const scaled = np.multiply(initializers.gain(name as keyof typeof kept), f(z)) // keys of an object literal
    expect(np.mean(np.square(scaled)).item()).toBeCloseTo(1, 1)
  }
  expect(np.mean(np.square(np.multiply(initializers.gain('tanh'), np.tanh(z)))).item()).toBeCloseTo(1.1, 1)
  expect([initializers.gain('sigmoid'), initializers.gain('selu')]).toEqual([1, 0.75])
  expect(initializers.gain('leakyRelu', { negativeSlope: 1 })).toBe(1)
})

test('names for the same', () => {
  expect(initializers.xavierNormal).toBe(initializers.glorotNormal)
  expect(initializers.xavierUniform).toBe(initializers.glorotUniform)
  expect(initializers.ones([2])(key).toList()).toEqual([1, 1])
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a vector', () => initializers.heNormal([3]), ShapeError, 'heNormal: expected a shape with an axis of inputs'],
    ['a negative size', () => initializers.zeros([-1]), ShapeError, 'non-negative integers'],
    ['a number for a shape', () => initializers.zeros(3 as unknown as Shape), ArgumentError, 'a list of sizes'],
    ['an integer dtype', () => initializers.ones([3], 'int32' as FloatDType), DTypeError, 'float32 or float64'],
    ['NaN', () => initializers.constant(NaN), ArgumentError, 'a finite number, got NaN'],
    ['an infinite deviation', () => initializers.normal(Infinity), ArgumentError, 'a finite standard deviation'],
    ['bounds the wrong way round', () => initializers.truncatedNormal(1, { lower: 1, upper: -1 }), ArgumentError, 'lower < upper'],
    ['a scale of 0', () => initializers.varianceScaling({ scale: 0 }), ArgumentError, 'a positive scale'],
    ['an unknown mode', () => initializers.varianceScaling({ mode: 'fan' as 'fanIn' }), ArgumentError, 'fanIn, fanOut, fanAvg'],
    ['an unknown distribution', () => initializers.varianceScaling({ distribution: 'x' as 'normal' }), ArgumentError, 'distribution among'],
    ['the gain of an unknown activation', () => initializers.gain('gelu' as 'relu'), ArgumentError, 'selu, leakyRelu, got "gelu"'],
    ['the gain of an infinite slope', () => initializers.gain('leakyRelu', { negativeSlope: Infinity }), ArgumentError, 'a finite negativeSlope'],
    ['an unknown option', () => initializers.varianceScaling({ fan: 1 } as object), ArgumentError, 'varianceScaling: expected options'],
    ['an axis out of range', () => initializers.varianceScaling({ inAxis: 2 })([2, 3]), ShapeError, 'axis 2']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
