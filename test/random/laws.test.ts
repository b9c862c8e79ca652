import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grad, jit, lax, makeJaxpr, np, random, vmap, type NdArray } from '../../src/index.js'
import { close, sameBits } from '../support/close.js'
import { interpreted } from '../support/interpreted.js'

const anyKey = fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }).map(random.key)
const anyShape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
const runs = { numRuns: 20 }

/** Every sampler as a function of a key and a shape. */
const samplersOf = (r: random.Random): Readonly<Record<string, (key: NdArray, shape: readonly number[]) => NdArray>> => ({
  split: r.split,
  foldIn: (key) => r.foldIn(key, 7),
  bits: r.bits,
  bytes: (key, shape) => r.bits(key, shape, { dtype: 'uint8' }),
  uniform: r.uniform,
  doubles: (key, shape) => r.uniform(key, shape, { dtype: 'float64', minval: -3, maxval: 5 }),
  normal: r.normal,
  truncatedNormal: (key, shape) => r.truncatedNormal(key, -1, 2, shape),
  exponential: r.exponential,
  laplace: r.laplace,
  logistic: r.logistic,
  cauchy: r.cauchy,
  maxwell: r.maxwell,
  gumbel: r.gumbel,
  'gumbel high': (key, shape) => r.gumbel(key, shape, { mode: 'high' }),
  lognormal: (key, shape) => r.lognormal(key, 0.5, shape),
  pareto: (key, shape) => r.pareto(key, 2, shape),
  rayleigh: (key, shape) => r.rayleigh(key, 2, shape),
  wald: (key, shape) => r.wald(key, 2, shape),
  weibullMin: (key, shape) => r.weibullMin(key, 1, 2, shape),
  triangular: (key, shape) => r.triangular(key, 0, 1, 3, shape),
  bernoulli: (key, shape) => r.bernoulli(key, 0.3, shape),
  'bernoulli high': (key, shape) => r.bernoulli(key, 0.3, shape, { mode: 'high' }),
  rademacher: r.rademacher,
  geometric: (key, shape) => r.geometric(key, 0.2, shape),
  randint: (key, shape) => r.randint(key, shape, -3, 12),
  permutation: (key) => r.permutation(key, 7),
  'permutation of lines': (key) => r.permutation(key, [[1, 2, 3], [4, 5, 6]], { axis: 1, independent: true }),
  choice: (key, shape) => r.choice(key, 10, shape),
  'weighted choice': (key, shape) => r.choice(key, 3, shape, { p: [0.2, 0.5, 0.3] }),
  'choice without replacement': (key) => r.choice(key, [[1, 2, 3], [4, 5, 6]], [2], { axis: 1, replace: false }),
  'weighted choice without replacement': (key) => r.choice(key, 3, [2], { p: [0.2, 0.5, 0.3], replace: false }),
  categorical: (key, shape) => r.categorical(key, [0.5, 1, 0], { shape }),
  'categorical without replacement': (key) => r.categorical(key, [[0.5, 1, 0], [1, 2, 3]], { shape: [2, 2], replace: false })
})

const layouts: readonly (readonly [string, random.Random])[] = [['partitionable', random], ['original', random.original]]
const samplers = layouts.flatMap(([layout, r]) => Object.entries(samplersOf(r)).map(([name, f]) => ({ name: `${name}, ${layout}`, f })))

describe.each(samplers)('$name', ({ f }) => {
  test('the same key gives the same samples, staged or not', () => {
    fc.assert(fc.property(anyKey, anyShape, (key, shape) => {
      const eager = f(key, shape)
      expect(f(key, shape).toTypedArray()).toEqual(eager.toTypedArray())
      const staged = jit((k: NdArray) => f(k, shape))(key)
      expect(staged.aval).toEqual(eager.aval)
      sameBits('interpreted', interpreted(() => jit((k: NdArray) => f(k, shape))(key)), eager)
      close('compiled', staged, eager, 1e-6)
    }), { numRuns: 6 })
  })

  test('vmap over keys is a loop', () => {
    const keys = random.split(random.key(3), 4)
    const mapped = [...vmap((k: NdArray) => f(k, [2, 3]))(keys)]
    const looped = [...keys].map((k) => f(k, [2, 3]))
    expect(mapped.map((x) => x.toTypedArray())).toEqual(looped.map((x) => x.toTypedArray()))
  })
})

describe('keys', () => {
  test('different seeds give different keys', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.maxSafeInteger(), { minLength: 2 }), (seeds) => {
      expect(new Set(seeds.map((seed) => random.key(seed).toString())).size).toBe(seeds.length)
    }))
  })

  test('seeds may be integer arrays', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seed) => {
      expect(random.key(np.array(seed, { dtype: 'uint32' })).toList()).toEqual(random.key(seed).toList())
    }))
    expect(jit(random.key)(np.array(-1, { dtype: 'int32' })).toList()).toEqual([0, 2 ** 32 - 1])
  })

  test('split and folded keys have streams of their own', () => {
    const root = random.key(5)
    const keys = [root, ...random.split(root, 50), ...Array.from({ length: 50 }, (_, i) => random.foldIn(root, 100 + i))]
    const streams = keys.flatMap((k) => [...random.bits(k, [100]).toTypedArray()])
    // 10⁴ of 2³² words: about 0.01 collisions are expected
    expect(new Set(streams).size).toBeGreaterThan(streams.length - 3)
  })

  test('an element depends on its position alone', () => {
    fc.assert(fc.property(anyKey, fc.nat(50), fc.nat(50), (key, a, b) => {
      const [short, long] = [Math.min(a, b), Math.max(a, b)]
      expect(random.bits(key, [short]).toTypedArray()).toEqual(random.bits(key, [long]).toTypedArray().slice(0, short))
    }), runs)
  })

  test('a mapped foldIn is a loop', () => {
    const key = random.key(1)
    const mapped = vmap((i: NdArray) => random.foldIn(key, i))(np.arange(5, { dtype: 'int32' }))
    expect(mapped.toList()).toEqual([0, 1, 2, 3, 4].map((i) => random.foldIn(key, i).toList()))
  })
})

describe('moments', () => {
  const n = 100_000
  // name, samples, mean, variance, fourth central moment over variance squared
  const rows: readonly (readonly [string, (key: NdArray) => NdArray, number, number, number])[] = [
    ['uniform', (k) => random.uniform(k, [n]), 1 / 2, 1 / 12, 1.8],
    ['uniform between bounds', (k) => random.uniform(k, [n], { minval: -3, maxval: 5 }), 1, 64 / 12, 1.8],
    ['normal', (k) => random.normal(k, [n]), 0, 1, 3],
    ['float64 normal', (k) => random.normal(k, [n], { dtype: 'float64' }), 0, 1, 3],
    ['exponential', (k) => random.exponential(k, [n]), 1, 1, 9],
    ['laplace', (k) => random.laplace(k, [n]), 0, 2, 6],
    ['logistic', (k) => random.logistic(k, [n]), 0, Math.PI ** 2 / 3, 4.2],
    ['gumbel', (k) => random.gumbel(k, [n]), 0.5772156649, Math.PI ** 2 / 6, 5.4],
    ['maxwell', (k) => random.maxwell(k, [n]), 2 * Math.sqrt(2 / Math.PI), 3 - 8 / Math.PI, 3.108],
    ['rayleigh', (k) => random.rayleigh(k, 1, [n]), Math.sqrt(Math.PI / 2), 2 - Math.PI / 2, 3.245],
    ['wald', (k) => random.wald(k, 1, [n]), 1, 1, 18],
    ['triangular', (k) => random.triangular(k, 0, 1, 4, [n]), 5 / 3, 13 / 18, 2.4],
    ['bernoulli', (k) => lax.convertElementType(random.bernoulli(k, 0.3, [n]), 'float32'), 0.3, 0.21, 1.8],
    ['rademacher', (k) => random.rademacher(k, [n]), 0, 1, 1],
    ['geometric', (k) => random.geometric(k, 0.25, [n]), 4, 12, 9.1],
    ['randint', (k) => random.randint(k, [n], 0, 7), 3, 4, 1.75],
    ['bytes', (k) => random.bits(k, [n], { dtype: 'uint8' }), 127.5, 65535 / 12, 1.8]
  ]

  test.each(rows)('%s', (_, draw, mean, variance, kurtosis) => {
    const x = Float64Array.from(draw(random.key(2024)).toTypedArray())
    const average = x.reduce((a, b) => a + b) / n
    const spread = x.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    // five standard deviations of either estimate
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / n))
    expect(Math.abs(spread - variance)).toBeLessThan(5 * variance * Math.sqrt(Math.max(kurtosis - 1, 1e-9) / n))
  })

  test('categories and weighted choices have their frequencies', () => {
    const p = [0.1, 0.2, 0.7]
    const draws = [
      random.categorical(random.key(1), p.map(Math.log), { shape: [n] }),
      random.choice(random.key(2), 3, [n], { p })
    ]
    for (const x of draws.map((draw) => Float64Array.from(draw.toTypedArray()))) {
      p.forEach((chance, i) => {
        const share = x.reduce((count, y) => count + Number(y === i), 0) / n
        expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt(chance * (1 - chance) / n))
      })
    }
  })
})

describe('ranges', () => {
  test('uniform samples stay within their bounds', () => {
    const float = (min: number): fc.Arbitrary<number> => fc.float({ noNaN: true, min, max: 1e6 })
    fc.assert(fc.property(anyKey, float(-1e6), float(1), (key, minval, width) => {
      const maxval = Math.fround(minval + width)
      const x = random.uniform(key, [100], { minval, maxval }).toTypedArray()
      expect(x.every((y) => y >= minval && y <= maxval)).toBe(true)
    }), runs)
  })

  test('truncated normals lie strictly between their bounds', () => {
    fc.assert(fc.property(anyKey, fc.float({ noNaN: true, min: -8, max: 7 }), (key, lower) => {
      const upper = Math.fround(lower + 2 ** -4)
      const x = random.truncatedNormal(key, lower, upper, [100]).toTypedArray()
      expect(x.every((y) => y > lower && y < upper)).toBe(true)
    }), runs)
  })

  test('integers lie between their bounds', () => {
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(fc.property(anyKey, int, int, (key, a, b) => {
      const [minval, maxval] = [Math.min(a, b), Math.max(a, b) + 1]
      const x = random.randint(key, [50], minval, maxval).toTypedArray()
      expect(x.every((y) => y >= minval && y < maxval)).toBe(true)
    }), runs)
  })

  test('the whole range of a dtype comes', () => {
    const words = random.randint(random.key(0), [2000], 0, 2 ** 32, { dtype: 'uint32' }).toTypedArray()
    expect(words.some((x) => x >= 2 ** 31) && words.some((x) => x < 2 ** 31)).toBe(true)
    expect(new Set(random.randint(random.key(0), [5000], 0, 256, { dtype: 'uint8' }).toTypedArray()).size).toBe(256)
    expect(new Set(random.randint(random.key(0), [5000], -1000, 1000, { dtype: 'int8' }).toTypedArray()).size).toBe(256)
  })

  test('bounds may be arrays, of other dtypes too', () => {
    const x = random.randint(random.key(0), [100, 2], np.array([0, 5], { dtype: 'uint8' }), np.array([[10]], { dtype: 'uint32' }))
    expect((x.toList() as number[][]).every(([a, b]) => a >= 0 && a < 10 && b >= 5 && b < 10)).toBe(true)
    const clipped = random.randint(random.key(0), [3], np.array(-5, { dtype: 'int32' }), 1, { dtype: 'uint32' })
    expect(clipped.toList()).toEqual([0, 0, 0])
  })
})

describe('rearrangements', () => {
  const sorted = (x: NdArray): readonly number[] => [...x.toTypedArray()].sort((a, b) => a - b)

  test('a permutation has every element once', () => {
    fc.assert(fc.property(anyKey, fc.nat(200), (key, n) => {
      expect(sorted(random.permutation(key, n))).toEqual(Array.from({ length: n }, (_, i) => i))
    }), runs)
  })

  test('slices stay whole, unless lines are independent', () => {
    const x = np.reshape(np.arange(60), [3, 4, 5])
    const whole = random.permutation(random.key(1), x, { axis: 1 })
    const lines = (y: NdArray): readonly string[] => [...np.swapaxes(y, 0, 1)].map(String)
    expect([...lines(whole)].sort()).toEqual([...lines(x)].sort())
    const apart = random.permutation(random.key(1), x, { axis: 1, independent: true })
    expect(lines(apart)).not.toEqual(lines(whole))
    expect(np.sort(apart, { axis: 1 }).toList()).toEqual(x.toList())
  })

  test('choices without replacement are distinct', () => {
    fc.assert(fc.property(anyKey, fc.integer({ min: 1, max: 30 }), fc.boolean(), (key, n, weighted) => {
      const p = Array.from({ length: n }, (_, i) => i + 1)
      const x = random.choice(key, n, [n], { replace: false, ...(weighted && { p }) })
      expect(sorted(x)).toEqual(Array.from({ length: n }, (_, i) => i))
    }), runs)
  })

  test('choices come from the array', () => {
    const x = np.array([[1, 2, 3], [4, 5, 6]])
    const chosen = random.choice(random.key(0), x, [5, 2], { axis: 1 })
    expect(chosen.shape).toEqual([2, 5, 2])
    const [first, second] = chosen
    expect(np.sub(second, first).toList()).toEqual(np.full([5, 2], 3).toList())
    expect(random.choice(random.key(0), x, [0, 2], { axis: 1 }).shape).toEqual([2, 0, 2])
  })

  test('impossible categories never come', () => {
    const x = random.categorical(random.key(0), [0, -Infinity, 0], { shape: [1000] })
    expect(new Set(x.toTypedArray())).toEqual(new Set([0, 2]))
  })
})

describe('derivatives', () => {
  const key = random.key(9)
  const total = (f: (x: NdArray) => NdArray) => (x: NdArray): NdArray => np.sum(f(x))

  test('of uniform samples with respect to the bounds', () => {
    const u = random.uniform(key, [10])
    const bound = (name: 'minval' | 'maxval'): NdArray =>
      grad(total((x) => random.uniform(key, [10], { minval: -1, maxval: 2, [name]: x })))(np.array(name === 'minval' ? -1 : 2))
    expect(bound('maxval').item()).toBeCloseTo(np.sum(u).item(), 4)
    expect(bound('minval').item()).toBeCloseTo(10 - np.sum(u).item(), 4)
  })

  test.each([
    ['truncatedNormal', (x: NdArray) => random.truncatedNormal(key, x, 2, [10], { dtype: 'float64' }), -0.7],
    ['lognormal', (x: NdArray) => random.lognormal(key, x, [10], { dtype: 'float64' }), 0.7],
    ['pareto', (x: NdArray) => random.pareto(key, x, [10], { dtype: 'float64' }), 1.7],
    ['rayleigh', (x: NdArray) => random.rayleigh(key, x, [10], { dtype: 'float64' }), 1.7],
    ['weibullMin', (x: NdArray) => random.weibullMin(key, 2, x, [10], { dtype: 'float64' }), 1.7],
    ['triangular', (x: NdArray) => random.triangular(key, 0, x, 3, [10], { dtype: 'float64' }), 1.7],
    ['permutation', (x: NdArray) => np.mul(random.permutation(key, np.mul(x, np.arange(10, { dtype: 'float64' }))), np.arange(10)), 1.7]
  ] as const)('of %s', (_, f, at) => {
    const h = 1e-6
    const value = (x: number): number => total(f)(np.array(x, { dtype: 'float64' })).item()
    const slope = grad(total(f))(np.array(at, { dtype: 'float64' })).item()
    expect(slope).toBeCloseTo((value(at + h) - value(at - h)) / (2 * h), 5)
  })
})

test('a normal sample of any size is a dozen equations', () => {
  expect(makeJaxpr((k: NdArray) => random.normal(k, [784, 128]))(key0).toString().split('\n').length).toBeLessThan(30)
})

const key0 = random.key(0)
