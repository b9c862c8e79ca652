import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { ArrayLike, NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError, TracerError, TreeError } from '../../src/core/errors.js'
import * as data from '../../src/data/index.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, map } from '../../src/tree/index.js'
import { f64, generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

type Any = data.Invertible<unknown>

const float64 = { dtype: 'float64' } as const
const matrix = (rows: number, columns: number, seed = 0): NdArray => generate('float64', [rows, columns], (i) => 3 * noise(seed, i) + (i % columns))
const leavesOf = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // states are trees of arrays
const covariance = (x: NdArray): NdArray => np.cov(x, { rowvar: false, ddof: 0 })
const through = (p: Any, x: ArrayLike): NdArray => p.apply(p.fit(x))(x)
const back = (p: Any, x: ArrayLike): NdArray => {
  const state = p.fit(x)
  return p.invert(state)(p.apply(state)(x))
}

const scalers: readonly (readonly [string, Any])[] = [
  ['standardise', data.standardise() as Any],
  ['minMax', data.minMax() as Any],
  ['minMax to [-1, 1]', data.minMax({ range: [-1, 1] }) as Any],
  ['centre', data.centre() as Any]
]
const turners: readonly (readonly [string, Any])[] = [
  ['pca', data.pca(3) as Any],
  ['whiten by pca', data.whiten() as Any],
  ['whiten by zca', data.whiten({ method: 'zca', eps: 0.1 }) as Any],
  ['chain', data.chain(data.standardise(), data.whiten(), data.minMax()) as unknown as Any]
]
const all = [...scalers, ...turners]

describe('the course', () => {
  test('standardise [1, 3, 5]: σ = 1.632993', () => {
    const state = data.standardise().fit(f64([1, 3, 5]))
    expect(state.deviation.item()).toBeCloseTo(1.632993, 6)
    close('standardised', data.standardise().apply(state)(f64([1, 3, 5])), f64([-1.224745, 0, 1.224745]), 1e-6)
  })

  test('min-max of [1, 3, 5]: [0, 0.5, 1], and to [-1, 1]: [-1, 0, 1]', () => {
    sameBits('[0, 1]', through(data.minMax() as Any, f64([1, 3, 5])), f64([0, 0.5, 1]))
    sameBits('[-1, 1]', through(data.minMax({ range: [-1, 1] }) as Any, f64([1, 3, 5])), f64([-1, 0, 1]))
  })
})

interface Golden {
  readonly name: string
  readonly fn: 'scale' | 'pca' | 'whiten' | 'rotate'
  readonly x: NdArray
  readonly eps: number
  readonly [name: string]: unknown
}

const cases = golden('data') as unknown as readonly Golden[] // as the script writes them
const casesOf = (fn: Golden['fn']): readonly (readonly [string, Golden])[] =>
  cases.filter((each) => each.fn === fn).map((each) => [each.name, each])
const field = (each: Golden, name: string): NdArray => each[name] as NdArray // as the script writes it

const agree = (state: object, each: Golden, tolerance = 1e-12): void => {
  for (const [name, value] of Object.entries(state) as readonly (readonly [string, NdArray])[]) {
    close(name, value, field(each, name), tolerance)
  }
}

describe.each(ways)('NumPy says the same, %s', (_, run) => {
  test.each(casesOf('scale'))('%s', (_, each) => {
    agree(run(data.standardise().fit)(each.x), each)
    agree(run(data.minMax().fit)(each.x), each)
    agree(run(data.centre().fit)(each.x), each)
  })

  test.each(casesOf('pca'))('%s', (_, each) => {
    const pca = data.pca(field(each, 'explained').size)
    const state = run(pca.fit)(each.x)
    agree(state, each)
    close('projected', run((x: NdArray) => pca.apply(state)(x))(each.x), field(each, 'projected'), 1e-12)
  })

  test.each(casesOf('whiten'))('%s', (_, each) => {
    for (const method of ['pca', 'zca'] as const) {
      const whitened = run((x: NdArray) => through(data.whiten({ method, eps: each.eps }) as Any, x))
      close(method, whitened(each.x), field(each, method), 1e-11)
    }
  })
})

describe('laws', () => {
  const tall = fc.record({ rows: fc.integer({ min: 6, max: 20 }), seed: fc.nat(1000) }).map(({ rows, seed }) => matrix(rows, 3, seed))
  const over = (law: (x: NdArray) => void): void => {
    fc.assert(fc.property(tall, law), { numRuns: 20 })
  }

  test('what is standardised has mean 0 and variance 1', () => {
    over((x) => {
      const y = through(data.standardise() as Any, x)
      close('mean', np.mean(y, { axis: 0 }), np.zeros([3], float64), 1e-14)
      close('variance', np.var(y, { axis: 0 }), np.ones([3], float64), 1e-13)
    })
  })

  test('what is scaled to a range fills it', () => {
    over((x) => {
      const y = through(data.minMax({ range: [-2, 3] }) as Any, x)
      close('min', np.min(y, { axis: 0 }), np.full([3], -2, float64), 1e-14)
      close('max', np.max(y, { axis: 0 }), np.full([3], 3, float64), 1e-14)
    })
  })

  test.each(['pca', 'zca'] as const)("whitening's covariance is the identity: %s", (method) => {
    over((x) => close('covariance', covariance(through(data.whiten({ method }) as Any, x)), np.eye(3, float64), 1e-10))
  })

  test("a zca whitening's matrix is symmetric", () => {
    over((x) => {
      const { matrix } = data.whiten({ method: 'zca' }).fit(x)
      close('symmetry', matrix, np.transpose(matrix), 1e-12)
    })
  })

  test('principal components are orthonormal, their coordinates uncorrelated, their variances descend', () => {
    over((x) => {
      const state = data.pca(3).fit(x)
      close('orthonormal', np.matmul(state.components, np.transpose(state.components)), np.eye(3, float64), 1e-13)
      close('uncorrelated', covariance(data.pca(3).apply(state)(x)), np.diag(state.explained), 1e-11)
      expect(np.all(np.lessEqual(np.diff(state.explained), 0)).item()).toBe(1)
      close('ratio', np.sum(state.ratio), f64(1), 1e-14)
    })
  })

  test('a part of the components is the part of a greater fit, and its way back the nearest point', () => {
    const x = matrix(9, 4, 5)
    const [two, four] = [data.pca(2), data.pca(4)]
    sameBits('components', two.fit(x).components, np.slice(four.fit(x).components, [[0, 2]]))
    const lost = np.mean(np.sum(np.square(np.subtract(back(two as Any, x), x)), { axis: 1 }))
    close('lost variance', lost, np.sum(np.slice(four.fit(x).explained, [[2, 4]])), 1e-12)
  })

  test.each(all)('%s is undone by its inverse', (_, p) => {
    over((x) => close('round trip', back(p, x), x, 1e-10))
  })

  test.each(all)('%s of one example, under vmap and jit, is that of the batch', (_, p) => {
    const x = matrix(8, 3, 2)
    const state = p.fit(x)
    const f = p.apply(state)
    const y = f(x)
    close('vmap', vmap(f)(x), y, 1e-14)
    close('jit', jit(f)(x), y, 1e-14)
    close('stacked', f(np.stack([x, x])), np.stack([y, y]), 1e-14)
    close('fit under jit', jit((z: NdArray) => p.apply(p.fit(z))(z))(x), y, 1e-12)
    close('inverse of one', vmap(p.invert(state))(y), x, 1e-10)
  })

  test.each(all)('%s has derivatives, through the fit too', (_, p) => {
    const x = matrix(6, 3, 4)
    checkGrads((z: NdArray) => np.sum(np.sin(p.apply(p.fit(z))(z))), { order: 1 })(x)
  })

  test.each(all)('the state of %s is a pytree that reads back', (_, p) => {
    const x = matrix(7, 3, 3)
    const state = p.fit(x)
    const copy = map((leaf: NdArray) => np.array(leaf.toTypedArray(), { shape: leaf.shape }))(state)
    sameBits('same', p.apply(copy)(x), p.apply(state)(x))
  })
})

describe('what does not vary', () => {
  test('is left at zero by standardise, whatever the rounding of its mean', () => {
    const x = np.multiply(np.ones([3, 2]), np.array([0.1, 1e8])) // the mean of three tenths is not a tenth in float32
    const scale = data.standardise()
    const state = scale.fit(x)
    expect(state.deviation.toList()).toEqual([0, 0])
    sameBits('zero', scale.apply(state)(x), np.zeros([3, 2]))
    sameBits('undivided', scale.apply(state)([[1.1, 1e8]]), np.subtract([[1.1, 1e8]], np.slice(x, [0])))
    sameBits('back', scale.invert(state)(scale.apply(state)(x)), x)
  })

  test('goes to the low end by minMax, and comes back', () => {
    const scale = data.minMax({ range: [-1, 1] })
    const state = scale.fit([[7], [7]])
    expect(scale.apply(state)([[7]]).toList()).toEqual([[-1]])
    expect(scale.invert(state)(np.array([[-1]])).toList()).toEqual([[7]])
  })

  test.each(['pca', 'zca'] as const)('is left at zero by whiten: %s', (method) => {
    const x = np.concatenate([matrix(8, 2), np.full([8, 1], 4, float64)], { axis: 1 })
    const white = data.whiten({ method })
    const state = white.fit(x)
    const y = white.apply(state)(x)
    close('covariance', covariance(y), np.diag(f64([1, 1, 0])), 1e-10)
    close('back', white.invert(state)(y), x, 1e-12)
    close('nothing varies', through(data.whiten() as Any, np.ones([3, 2])), np.zeros([3, 2]), 0)
  })

  test('has gradients that are finite, through the fit too', () => {
    for (const [, p] of scalers) {
      const slopes = grad((x: NdArray) => np.sum(np.square(np.add(through(p, x), 1))))(f64([2, 2]))
      expect(np.all(np.isfinite(slopes)).item()).toBe(1)
    }
  })
})

describe('features of any size', () => {
  test('are standardised without overflow and underflow: 1e30, 1e-30, a far offset', () => {
    const spread = np.array([[1], [3], [5]])
    for (const factor of [1e30, 1e-30]) {
      const x = np.multiply(spread, factor)
      const state = data.standardise().fit(x)
      close('deviation', np.divide(state.deviation, factor), np.array([1.632993]), 1e-6)
      close('scaled', data.standardise().apply(state)(x), np.array([[-1.224745], [0], [1.224745]]), 1e-6)
    }
    const far = data.standardise().fit(np.add(spread, 1e6))
    close('mean', far.mean, np.array([1e6 + 3]), 0)
    close('deviation', far.deviation, np.array([1.632993]), 1e-6)
  })

  test('do not spoil each other: what is no number stays in its column', () => {
    const x = f64([[1, NaN, Infinity], [3, 1, 0], [5, 2, 1]].flat())
    for (const [, p] of scalers) {
      const y = through(p, np.reshape(x, [3, 3]))
      close('finite', np.slice(y, [null, 0]), through(p, f64([1, 3, 5])), 1e-15)
      expect(np.isfinite(np.slice(y, [0, 1])).item()).toBe(0)
    }
  })

  test.each(all)('%s of integers is that of floats, and float64 stays float64', (_, p) => {
    const integers = np.array([[1, 2, 0], [3, 5, 1], [0, 1, 9], [4, 4, 4], [7, 0, 2]], { dtype: 'int32' })
    const [single, double] = [np.astype(integers, 'float32'), np.astype(integers, 'float64')]
    sameBits('integers', through(p, integers), through(p, single))
    expect(through(p, integers).dtype).toBe('float32')
    expect(leavesOf(p.fit(double)).map((leaf) => leaf.dtype)).not.toContain('float32')
    expect([through(p, double).dtype, back(p, double).dtype]).toEqual(['float64', 'float64'])
    close('precision', np.astype(through(p, single), 'float64'), through(p, double), 1e-5)
    expect(p.apply(p.fit(single))(np.zeros([0, 3])).shape[0]).toBe(0)
  })
})

describe('what is scaled together', () => {
  const images = generate('float64', [4, 3, 2, 2], (i) => noise(6, i) * (1 + (i % 2)))

  test('is a channel, or all pixels, by axis', () => {
    const channels = data.standardise({ axis: [0, 1, 2] })
    const state = channels.fit(images)
    expect(state.mean.shape).toEqual([1, 1, 2])
    const y = channels.apply(state)(images)
    close('deviation', np.std(y, { axis: [0, 1, 2] }), np.ones([2], float64), 1e-13)
    close('one image', channels.apply(state)(np.slice(images, [1])), np.slice(y, [1]), 0)
    close('all', np.std(through(data.standardise({ axis: [0, 1, 2, 3] }) as Any, images)), f64(1), 1e-13)
    close('each pixel', np.std(through(data.standardise() as Any, images), { axis: 0 }), np.ones([3, 2, 2], float64), 1e-13)
  })
})

describe('classes', () => {
  test('oneHot fits the labels that there are', () => {
    const code = data.oneHot()
    const labels = np.array([[3, 1], [1, 7]], { dtype: 'int32' })
    const state = code.fit(labels)
    expect(state.classes.toList()).toEqual([1, 3, 7])
    const y = code.apply(state)(labels)
    expect(y.toList()).toEqual([[[0, 1, 0], [1, 0, 0]], [[1, 0, 0], [0, 0, 1]]])
    sameBits('back', code.invert(state)(y), labels)
    sameBits('vmap', vmap(code.apply(state))(labels), y)
    expect(jit(code.apply(state))(np.array([4, 7], { dtype: 'int32' })).toList()).toEqual([[0, 0, 0], [0, 0, 1]])
    expect(() => code.apply(state)(np.array([[1, 3], [3, 4]], { dtype: 'int32' }))).toThrow(
      /^oneHot: expected labels among \[1, 3, 7\], got the label 4 at labels\[1\]\[1\]$/)
    expect(data.oneHot({ classes: [0, 1, 2] }).apply({ classes: np.arange(3) })([2]).toList()).toEqual([[0, 0, 1]])
    expect(() => data.oneHot({ classes: [0, 1] }).fit([0, 2])).toThrow('labels[1]')
  })

  test('text goes by way of categories', () => {
    const both = data.chain(data.categories(), data.oneHot())
    const state = both.fit(['b', 'a', 'b'])
    expect(both.apply(state)(['a', 'b']).toList()).toEqual([[1, 0], [0, 1]])
    expect(both.invert(state)(np.array([[0.2, 0.8]]))).toEqual(['b'])
    expect(() => both.apply(state)(['a', 'z'])).toThrow('categories: expected texts among a, b, got "z" at [1]')
  })
})

describe('composition', () => {
  test('a chain is its parts, one after the other', () => {
    const x = matrix(8, 3, 9)
    const [first, second] = [data.standardise(), data.pca(2)]
    const both = data.chain(first, second)
    const state = both.fit(x)
    const once = first.apply(first.fit(x))(x)
    sameBits('chain', both.apply(state)(x), second.apply(second.fit(once))(once))
    expectTypeOf(state).toEqualTypeOf<readonly [data.Standardised, data.Principals]>()
    const nested = data.chain(data.chain(first, second), data.minMax())
    const flat = data.chain(first, second, data.minMax())
    sameBits('associative', nested.apply(nested.fit(x))(x), flat.apply(flat.fit(x))(x))
  })

  test('a struct is its parts, field by field; one that cannot be undone is not invertible', () => {
    const half = { fit: () => null, apply: () => (x: ArrayLike): NdArray => np.multiply(x, 0.5) }
    const both = data.struct({ x: data.centre(), y: half })
    const state = both.fit({ x: [[1], [3]], y: [2, 4] })
    expectTypeOf(state).toEqualTypeOf<{ readonly x: data.Centred; readonly y: null }>()
    expectTypeOf<keyof typeof both>().toEqualTypeOf<'fit' | 'apply'>()
    expect('invert' in both).toBe(false)
    expect('invert' in data.chain(data.centre(), half)).toBe(false)
    expect(both.apply(state)({ x: [[1]], y: [2] }).y.toList()).toEqual([1])
    const labelled = data.struct({ x: data.centre(), y: data.oneHot() })
    const fitted = labelled.fit({ x: [[1], [3]], y: [2, 4] })
    const there = labelled.apply(fitted)({ x: [[1]], y: [4] })
    expect(labelled.invert(fitted)(there).y.toList()).toEqual([4])
  })
})

describe('mistakes', () => {
  const wrong = (x: unknown): never => x as never // callers without types pass anything
  test.each<readonly [string, () => unknown, new (...args: never) => Error, string]>([
    ['no examples', () => data.standardise().fit(np.zeros([0, 2])), ShapeError, 'standardise: expected at least one example along axis 0, got float32[0,2]'],
    ['a scalar', () => data.minMax().fit(3), ShapeError, 'at least one example'],
    ['other features', () => data.standardise().apply(data.standardise().fit(np.ones([2, 3])))(np.ones([2, 4])), ShapeError, 'features of the shape [3]'],
    ['no axis of examples', () => data.centre({ axis: 1 }).fit(np.ones([2, 3])), ArgumentError, 'axis 0'],
    ['an empty range', () => data.minMax({ range: [1, 1] }), ArgumentError, 'low < high'],
    ['no range', () => data.minMax({ range: wrong(3) }), ArgumentError, 'low < high'],
    ['more components than features', () => data.pca(3).fit(np.ones([9, 2])), ArgumentError,
      'pca: expected at most as many components as there are features and examples, got 3 components for 2 features, 9 examples'],
    ['more components than examples', () => data.pca(3).fit(np.ones([2, 9])), ArgumentError, '2 examples'],
    ['no components', () => data.pca(0), ArgumentError, 'at least 1'],
    ['images to pca', () => data.pca(1).fit(np.ones([2, 3, 3])), ShapeError, 'a matrix'],
    ['a negative eps', () => data.whiten({ eps: -1 }), ArgumentError, 'eps'],
    ['no method', () => data.whiten({ method: wrong('lda') }), ArgumentError, 'pca, zca'],
    ['no labels', () => data.oneHot().fit([]), ShapeError, 'at least one label'],
    ['a fit under jit', () => jit((x: NdArray) => data.oneHot().fit(x).classes)(np.arange(3)), TracerError, 'outside of jit'],
    ['scores of another width', () => data.oneHot().invert({ classes: np.arange(3) })(np.ones([2, 4])), ShapeError, '3 classes'],
    ['no words', () => data.categories().apply(wrong(undefined)), TreeError, 'categories: expected a state as its fit makes it'],
    ['text for words', () => data.categories().invert(wrong({ words: 'ab' })), TreeError, 'categories: expected a state'],
    ['no texts', () => data.categories().fit([]), ArgumentError, 'at least one text'],
    ['a number among texts', () => data.categories().fit(wrong(['a', 1])), ArgumentError, 'at [1]'],
    ['an unknown code', () => data.categories().invert({ words: ['a'] })(np.array([0, 1])), ArgumentError, 'codes from 0 to 0'],
    ['the state of another scale', () => data.minMax().apply(wrong(data.centre().fit([1, 2]))), TreeError,
      'minMax: expected a state as its fit makes it, arrays min, max, got { mean }'],
    ['no state', () => data.pca(1).invert(wrong(undefined)), TreeError, 'pca: expected a state'],
    ['an empty chain', () => (data.chain as () => unknown)(), ArgumentError, 'at least one preprocessor'],
    ['a function in a chain', () => data.chain(data.centre(), wrong(np.sin)), ArgumentError, 'at [1]'],
    ['a state of another chain', () => data.chain(data.centre()).apply(wrong([]))([[1]]), TreeError, '1 preprocessors'],
    ['a struct of a list', () => data.struct(wrong([data.centre()])), ArgumentError, 'an object of preprocessors'],
    ['a field too few', () => data.struct({ x: data.centre(), y: data.centre() }).fit(wrong({ x: [1] })), TreeError, 'fields x, y'],
    ['a field of no preprocessor', () => data.struct({ x: wrong(3) }), ArgumentError, 'at x']
  ])('%s', (_, run, error, message) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})
