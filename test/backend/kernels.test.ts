import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { dtypes, isFloat, type DType } from '../../src/core/dtype.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { sizeOf, type Shape } from '../../src/core/shape.js'
import { bind } from '../../src/core/trace.js'
import { compiled } from '../../src/backend/compiled.js'
import { jitP } from '../../src/control/jit.js'
import { grad, lax, nn, np, random, vmap } from '../../src/index.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { stage } from '../../src/ir/stage.js'
import { dynamicSliceP, dynamicUpdateSliceP } from '../../src/lax/indexed/dynamic.js'
import type { IndexMode } from '../../src/lax/indexed/indexing.js'
import { noise } from '../support/arrays.js'
import { hosted } from '../support/hosted.js'
import { interpreted } from '../support/interpreted.js'

type Arrays = readonly NdArray[]

/** What the reference computes. */
const expected = (jaxpr: Jaxpr, args: Arrays): Arrays => interpreted(() => evaluate(jaxpr, args))

/** The results of a program, compiled and as the reference computes them. No equation of it calls JavaScript. */
const both = (f: (xs: Arrays) => Arrays, xs: Arrays): readonly (readonly [got: NdArray, want: NdArray])[] => {
  const { jaxpr, captured } = stage(f, xs.map(({ aval }) => aval))
  const args = [...captured, ...xs]
  expect(hosted(jaxpr)).toEqual([])
  const got = compiled.execute(jitP, args, { name: 'f', jaxpr }, jaxpr.outputs.map(({ aval }) => aval))
  return expected(jaxpr, args).map((want, k) => [got[k], want])
}

/** Holds a compiled program to the reference, signs of zeros included. */
const same = (f: (xs: Arrays) => Arrays, ...xs: Arrays): void => {
  for (const [got, want] of both(f, xs)) {
    expect(got.shape).toEqual(want.shape)
    expect(got.dtype).toBe(want.dtype)
    expect(got.toTypedArray()).toEqual(want.toTypedArray())
  }
}

const special = [NaN, -0, Infinity, -Infinity, 0]

/** Numbers of small size, many of them repeated; of floats, every 17th is a zero, infinite or NaN. */
const numbers = (dtype: DType, shape: Shape, seed = 1): NdArray => {
  const elements = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const x = Math.round(20 * noise(seed, i))
    if (isFloat(dtype)) return i % 17 === 16 ? special[Math.floor(i / 17) % special.length] : x / 3
    return dtype === 'bool' ? Number(x > 0) : dtype.startsWith('u') ? Math.abs(x) : x
  })
  return np.reshape(np.array(elements, { dtype }), shape)
}

/** Positions around an axis of the size, some of them beyond its ends. */
const positions = (shape: Shape, size: number, dtype: DType = 'int32'): NdArray => {
  const elements = Array.from({ length: sizeOf(shape) }, (_, i) => Math.round(0.7 * size * noise(9, i) + size / 2))
  return np.reshape(np.array(dtype.startsWith('u') ? elements.map(Math.abs) : elements, { dtype }), shape)
}

const numeric = dtypes.filter((dtype) => dtype !== 'bool')
const modes: readonly IndexMode[] = ['clip', 'fill', 'promise_in_bounds']

describe('boxes', () => {
  test.each(dtypes)('padding of %s, negative and between neighbours too', (dtype) => {
    const [x, value] = [numbers(dtype, [3, 5, 7]), numbers(dtype, [], 4)]
    const configs = [
      [[1, 2, 0], [0, 0, 0], [3, 1, 0]], [[0, 0, 2], [1, 0, 1], [0, 0, 0]], [[-1, 2, 1], [3, -2, 0], [-2, -3, 2]],
      [[0, 0, 0], [0, 0, 0], [-7, 9, 0]], [[0, 0, 0], [-1, -1, 0], [0, 0, 0]]
    ] as const
    for (const config of configs) same(([y, v]) => [lax.pad(y, v, config), lax.pad(y, 1, config)], x, value)
  })

  test.each(dtypes)('parts of %s', (dtype) => {
    same(([x]) => [...lax.split(x, [2, 3, 4], 1), ...lax.split(x, [1, 1, 2], 0)], numbers(dtype, [4, 9, 3]))
  })

  test.each(['int8', 'uint8', 'int32', 'uint32'] as const)('at positions of %s, beyond the ends too', (dtype) => {
    const [x, update] = [numbers('float32', [4, 9, 3]), numbers('float32', [2, 4, 3], 2)]
    for (const start of dtype.startsWith('u') ? [0, 1, 5, 200] : [-100, -1, 0, 1, 5, 100]) {
      const at = np.array(start, { dtype })
      same(([y, i]) => bind(dynamicSliceP, [y, i, i, i], { sliceSizes: [2, 4, 3] }), x, at)
      same(([y, u, i]) => bind(dynamicUpdateSliceP, [y, u, i, i, i], {}), x, update, at)
    }
    same(([y, u]) => [lax.dynamicSlice(y, [7, 1, 0], [2, 4, 2]), lax.dynamicUpdateSlice(y, u, [1, 20, -1])], x, update)
  })
})

describe('windows', () => {
  const rows = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] }
  const addRows = { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
  const scatters = { scatter: lax.scatter, scatterAdd: lax.scatterAdd, scatterMin: lax.scatterMin, scatterMax: lax.scatterMax, scatterMul: lax.scatterMul }

  test.each(modes)('rows in mode %s', (mode) => {
    for (const dtype of numeric) {
      for (const indices of ['int8', 'uint8', 'int32', 'uint32'] as const) {
        const [x, at] = [numbers(dtype, [11, 6]), positions([13, 1], 11, indices)]
        same(([y, i]) => [lax.gather(y, i, { ...rows, sliceSizes: [1, 6], mode })], x, at)
        for (const f of Object.values(scatters)) same(([y, i, u]) => [f(y, i, u, { ...addRows, mode })], x, at, numbers(dtype, [13, 6], 5))
      }
    }
  })

  test.each(modes)('windows that overlap, in the middle of axes, in mode %s', (mode) => {
    const [x, at, updates] = [numbers('float32', [7, 4, 9]), positions([5, 2, 2], 7), numbers('float32', [3, 5, 2, 4], 6)]
    const gathering = { offsetDims: [0, 3], collapsedSliceDims: [1], startIndexMap: [2, 0], sliceSizes: [3, 1, 4], mode, fillValue: 7 }
    const scattering = { updateWindowDims: [0, 3], insertedWindowDims: [1], scatterDimsToOperandDims: [2, 0], mode }
    same(([y, i]) => [lax.gather(y, i, gathering)], x, at)
    for (const f of Object.values(scatters)) same(([y, i, u]) => [f(y, i, u, scattering)], x, at, updates)
  })

  test.each(['float32', 'float64', 'int32', 'bool'] as const)('of %s, for each example', (dtype) => {
    const [x, at, updates] = [numbers(dtype, [3, 5, 4]), positions([3, 6, 1], 5), numbers(dtype, [3, 6, 4], 7)]
    const first = (y: NdArray): NdArray => lax.indexInDim(y, 0, 0, false)
    const read = (y: NdArray, i: NdArray): NdArray => lax.gather(y, i, { ...rows, sliceSizes: [1, 4], mode: 'fill' })
    same(([y, i]) => [vmap(read)(y, i), vmap((z: NdArray) => read(z, first(i)))(y), vmap((j: NdArray) => read(first(y), j))(i)], x, at)
    const write = dtype === 'bool' ? lax.scatter : lax.scatterAdd
    same(([y, i, u]) => [vmap((a: NdArray, b: NdArray, c: NdArray) => write(a, b, c, addRows))(y, i, u)], x, at, updates)
  })

  test('a number at one place', () => {
    const point = { updateWindowDims: [], insertedWindowDims: [0, 1], scatterDimsToOperandDims: [0, 1] }
    for (const f of Object.values(scatters)) {
      same(([y, i]) => [f(y, i, np.array(5), point)], numbers('float32', [3, 4]), np.array([1, 2], { dtype: 'int32' }))
    }
  })

  test('sums of many updates are rounded once', () => {
    const [ids, updates] = [positions([20000, 1], 10), numbers('float32', [20000], 3)]
    const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
    same(([i, u]) => [lax.scatterAdd(np.zeros([10]), i, lax.select(np.isfinite(u), u, np.zeros([20000])), points)], ids, updates)
  })
})

describe('lines', () => {
  const shapes = [[1], [300], [5, 41], [3, 5], [2, 257, 3], [6, 40, 1]]

  test.each(numeric)('cumulative operations on %s', (dtype) => {
    for (const shape of shapes) {
      shape.forEach((_, axis) => same(
        ([x]) => [lax.cumsum, lax.cumprod, lax.cummax, lax.cummin].flatMap((f) => [f(x, axis), f(x, axis, true)]), numbers(dtype, shape)))
    }
  })

  test.each(['float32', 'float64'] as const)('log Σ exp of %s', (dtype) => {
    const shape = [5, 70, 3]
    for (const [got, want] of both(([x]) => [0, 1, 2].map((axis) => lax.cumlogsumexp(x, axis)), [numbers(dtype, shape)])) {
      const [a, b] = [got.toTypedArray(), want.toTypedArray()]
      a.forEach((x, i) => expect(Object.is(x, b[i]) || Math.abs(x - b[i]) <= (dtype === 'float32' ? 1e-6 : 1e-14) * Math.max(1, Math.abs(x))).toBe(true))
    }
  })

  test.each(dtypes)('positions of extremes of %s', (dtype) => {
    for (const shape of shapes) {
      shape.forEach((_, axis) => same(
        ([x]) => [lax.argmax(x, axis), lax.argmin(x, axis), lax.argmax(x, axis, 'uint8')], numbers(dtype, shape)))
    }
  })

  test.each(dtypes)('sorting %s', (dtype) => {
    for (const shape of shapes) {
      const [x, y, z] = [numbers(dtype, shape), numbers('float64', shape, 2), numbers('int8', shape, 3)]
      shape.forEach((_, axis) => {
        same((xs) => lax.sortMany(xs, { dimension: axis }), x, y, z)
        same((xs) => lax.sortMany(xs, { dimension: axis, numKeys: 3 }), z, x, y)
      })
      const last = shape[shape.length - 1]
      same(([a]) => [...lax.topK(a, last), ...lax.topK(a, Math.ceil(last / 3))], x)
    }
  })

  test('sorting many numbers of all sizes', () => {
    const bits = random.bits(random.key(0), [5000])
    same(([x]) => [
      lax.sort(x), lax.sort(lax.bitcastConvertType(x, 'int32')), lax.sort(lax.bitcastConvertType(x, 'float32')),
      lax.topK(lax.bitcastConvertType(x, 'float32'), 50)[1], lax.sort(lax.bitcastConvertType(np.reshape(x, [2500, 2]), 'float64'))
    ], bits)
  })
})

describe('products that are no matrices', () => {
  test.each(dtypes)('of %s', (dtype) => {
    const finite = (shape: Shape, seed: number): NdArray => lax.convertElementType(numbers('int8', shape, seed), dtype)
    const [x, y] = [finite([3, 5, 4, 2], 1), finite([4, 2, 5, 7], 2)]
    same(([a, b]) => [
      lax.dotGeneral(a, b, { contract: [[2, 3], [0, 1]] }), lax.dotGeneral(a, b, { contract: [[3], [1]], batch: [[1, 2], [2, 0]] })
    ], x, y)
    same(([a]) => [lax.dotGeneral(a, np.array(3, { dtype }), {})], x)
  })
})

describe('words', () => {
  test('threefry of operands that broadcast', () => {
    const words = (shape: Shape, seed: number): NdArray => random.bits(random.key(seed), shape)
    const all: readonly (readonly Shape[])[] = [
      [[], [], [], []], [[], [], [1], [1]], [[], [], [3], [3]], [[], [], [4], [4]], [[], [], [1001], [1001]], [[2, 1], [2, 1], [7], [2, 7]],
      [[3, 1], [3, 1], [3, 4], [1, 4]], [[5, 1], [5, 1], [5, 1], [5, 1]], [[2, 3, 1], [3, 1], [1, 9], []]
    ]
    for (const shapes of all) same(([a, b, x, y]) => lax.threefry2x32(a, b, x, y), ...shapes.map(words))
    same(([x]) => lax.threefry2x32(lax.full([], 7, 'uint32'), lax.full([], 2 ** 32 - 1, 'uint32'), x, lax.full([], 0, 'uint32')), words([9], 1))
  })

  test.each(['int8', 'uint8', 'int32', 'uint32'] as const)('arithmetic of %s', (dtype) => {
    const bits = random.bits(random.key(3), [999], { dtype: 'uint32' })
    const [x, y] = [bits, numbers('uint32', [999])].map((z) => lax.convertElementType(z, dtype))
    same(([a, b]) => [
      lax.div(a, b), lax.rem(a, b), lax.div(b, a), lax.shiftLeft(a, b), lax.shiftRightLogical(a, b), lax.shiftRightArithmetic(a, b),
      lax.shiftLeft(a, 3), lax.shiftRightLogical(a, 3), lax.shiftRightArithmetic(a, 3), lax.shiftRightArithmetic(a, 100),
      lax.populationCount(a), lax.clz(a), lax.sign(a), lax.integerPow(a, 7), lax.clamp(3, a, 40), lax.convertElementType(a, 'float32')
    ], x, y)
    // in two lanes, beside float64
    same(([a, b, z]) => [lax.div(a, b), lax.rem(a, b), lax.clz(a), lax.populationCount(b), lax.shiftLeft(a, b)].map(
      (c) => lax.add(lax.convertElementType(c, 'float64'), z)), x, y, numbers('float64', [999]))
  })

  test.each(['float32', 'float64'] as const)('floats of %s as integers, remainders and neighbours', (dtype) => {
    const sizes = [0, 0.5, 0.99, 1.5, 2.5, 127, 127.9, 128, 255.5, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 1e20, 1e-40, 1e300, Infinity, NaN]
    const x = np.array(sizes.flatMap((size) => [size, -size]), { dtype })
    same(([y]) => (['int8', 'uint8', 'int32', 'uint32', 'bool'] as const).map((to) => lax.convertElementType(y, to)), x)
    const all = np.reshape(np.broadcastTo(np.expandDims(x, 1), [36, 36]), [1296])
    same(([a, b]) => [lax.rem(a, b), lax.nextafter(a, b), lax.round(a), lax.round(b, 'toNearestEven')], all, np.tile(x, 36))
  })
})

describe('no equation is interpreted', () => {
  const close = (f: (xs: Arrays) => Arrays, ...xs: Arrays): void => {
    for (const [got, want] of both(f, xs)) {
      const [a, b] = [got.toTypedArray(), want.toTypedArray()]
      a.forEach((x, i) => expect(Math.abs(x - b[i])).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(b[i]))))
    }
  }
  const key = random.key(5)

  test('of random draws', () => {
    same(([k]) => [
      random.bits(k, [33]), random.uniform(k, [5, 7]), random.bernoulli(k, 0.3, [100]), random.permutation(k, 50), random.split(k, 3),
      random.randint(k, [40], -3, 1000), random.choice(k, 10, [4]), random.categorical(k, np.array([0.1, 0.2, 0.7]))
    ], key)
    close(([k]) => [random.normal(k, [101]), random.exponential(k, [9]), random.truncatedNormal(k, -1, 2, [20]), random.gumbel(k, [8])], key)
    close(([k]) => [vmap((one: NdArray) => random.normal(one, [5]))(random.split(k, 4))], key)
  })

  test('of the gradient of an embedding under cross-entropy, with dropout', () => {
    const [ids, labels] = [positions([12], 30), positions([12], 5)].map((x) => np.clip(x, 0, 4))
    const table = lax.convertElementType(numbers('int8', [30, 8]), 'float32')
    const loss = (k: NdArray, i: NdArray, y: NdArray) => (weight: NdArray): NdArray => {
      const x = np.take(weight, i, { axis: 0 })
      const kept = lax.select(random.bernoulli(k, 0.8, x.shape), np.div(x, 0.8), np.zerosLike(x))
      return nn.loss.softmaxCrossEntropy(lax.sliceInDim(kept, 0, 5, 1, 1), y)
    }
    close(([w, k, i, y]) => [grad(loss(k, i, y))(w)], table, key, ids, labels)
  })

  test('of accuracy, ranks and quantiles', () => {
    const [logits, labels] = [lax.convertElementType(numbers('int32', [50, 10]), 'float32'), np.clip(positions([50], 10), 0, 9)]
    close(([z, y]) => [
      np.mean(np.equal(np.argmax(z, { axis: 1 }), y)), np.cumsum(z, { axis: 1 }), np.sort(z, { axis: 0 }), np.argsort(z, { axis: 1 }),
      np.median(z), np.take(z, y, { axis: 0, mode: 'clip' }), np.roll(z, 3)
    ], logits, labels)
  })
})
