import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import * as data from '../../src/data/index.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { vmap } from '../../src/transform/vmap.js'
import { map } from '../../src/tree/index.js'
import { sameBits } from '../support/close.js'

interface Set {
  readonly x: NdArray
  readonly nested: readonly [NdArray, { readonly y: NdArray }]
  readonly name: string
}

/** Examples that know their position. */
const numbered = (n: number): Set => {
  const i = np.arange(n, { dtype: 'int32' })
  const x = np.add(np.multiply(np.expandDims(i, 1), 10), np.arange(2, { dtype: 'int32' }))
  return { x, nested: [np.astype(i, 'float64'), { y: np.astype(i, 'uint8') }], name: 'some' }
}

const whole = (x: NdArray): readonly number[] => [...x.toTypedArray()]

/** Which examples there are; all arrays agree on it. */
const positions = ({ x, nested: [a, { y }], name }: Set): readonly number[] => {
  const found = whole(a)
  expect(whole(y)).toEqual(found)
  expect(whole(x)).toEqual(found.flatMap((i) => [10 * i, 10 * i + 1]))
  expect(name).toBe('some')
  return found
}

const ascending = (list: readonly number[]): readonly number[] => list.toSorted((a, b) => a - b)
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const key = random.key(5)

const sized = fc.integer({ min: 1, max: 20 }).chain((n) => fc.record({ n: fc.constant(n), size: fc.integer({ min: 1, max: n }), seed: fc.nat(99) }))

describe('batches', () => {
  test('together are the data, and only the last one is smaller', () => {
    fc.assert(fc.property(sized, ({ n, size }) => {
      const batches = data.batches({ size })(numbered(n))
      expectTypeOf(batches).toEqualTypeOf<Iterable<Set>>()
      const found = [...batches].map(positions)
      expect(found.flat()).toEqual(upTo(n))
      expect(found.slice(0, -1).every((batch) => batch.length === size)).toBe(true)
      const dropped = [...data.batches({ size, dropLast: true })(numbered(n))].map(positions)
      expect(dropped).toEqual(found.filter((batch) => batch.length === size))
      expect([...batches].map(positions)).toEqual(found)
    }), { numRuns: 30 })
  })

  test('are made when they are asked for', () => {
    const [first] = data.epochs(key, { size: 2 })(numbered(5))
    const iterator = first[Symbol.iterator]()
    expect(positions((iterator.next() as IteratorYieldResult<Set>).value)).toHaveLength(2)
  })
})

describe('shuffles and epochs', () => {
  test('a shuffle holds every example once, and is the same for the same key', () => {
    const found = positions(data.shuffle(key)(numbered(20)))
    expect(ascending(found)).toEqual(upTo(20))
    expect(found).not.toEqual(upTo(20))
    expect(positions(data.shuffle(key)(numbered(20)))).toEqual(found)
    expect(positions(data.shuffle(random.key(6))(numbered(20)))).not.toEqual(found)
    const x = np.arange(20)
    sameBits('jit', jit((k: NdArray, xs: NdArray) => data.shuffle(k)(xs))(key, x), data.shuffle(key)(x))
  })

  test('every epoch visits each example exactly once, in an order of its own, the same each time', () => {
    fc.assert(fc.property(sized, ({ n, size, seed }) => {
      const epochs = data.epochs(random.key(seed), { size, count: 3 })(numbered(n))
      const visits = (): readonly (readonly (readonly number[])[])[] => [...epochs].map((epoch) => [...epoch].map(positions))
      const found = visits()
      expect(found).toHaveLength(3)
      for (const epoch of found) {
        expect(ascending(epoch.flat())).toEqual(upTo(n))
        expect(epoch.map((batch) => batch.length)).toEqual([...data.batches({ size })(np.arange(n))].map(data.size))
      }
      if (n > 10) expect(found[0].flat()).not.toEqual(found[1].flat())
      expect(visits()).toEqual(found)
    }), { numRuns: 20 })
  })

  test('epochs do not end unless they are counted', () => {
    let count = 0
    for (const epoch of data.epochs(key, { size: 2, dropLast: true })(np.arange(5))) {
      expect([...epoch]).toHaveLength(2)
      if (++count === 50) break
    }
    expect(count).toBe(50)
    expect([...data.epochs(key, { size: 2, count: 0 })(np.arange(5))]).toEqual([])
  })
})

describe('splits', () => {
  const split = fc.record({ n: fc.integer({ min: 2, max: 30 }), validation: fc.double({ min: 0.01, max: 0.99, noNaN: true }), seed: fc.nat(99) })

  test('part the examples, in the proportion asked for', () => {
    fc.assert(fc.property(split, ({ n, validation, seed }) => {
      const parts = data.split(random.key(seed), { validation })(numbered(n))
      expectTypeOf(parts).toEqualTypeOf<readonly [train: Set, validation: Set]>()
      const [train, held] = parts.map(positions)
      expect(ascending([...train, ...held])).toEqual(upTo(n))
      expect(held.length).toBe(Math.min(Math.max(Math.round(n * validation), 1), n - 1))
    }), { numRuns: 30 })
  })

  test('do so by chance: every example is held out as often as any other', () => {
    const counts = new Array<number>(10).fill(0)
    for (let seed = 0; seed < 400; seed++) {
      for (const i of whole(data.split(random.key(seed), { validation: 0.3 })(np.arange(10))[1])) counts[i]++
    }
    for (const count of counts) expect(Math.abs(count - 120)).toBeLessThan(40)
  })

  const labelled = fc.record({ labels: fc.array(fc.nat(2), { minLength: 6, maxLength: 40 }), seed: fc.nat(99) })

  test('by label give every class its share, to within one example', () => {
    fc.assert(fc.property(labelled, ({ labels, seed }) => {
      const stratify = np.array(labels, { dtype: 'int32' })
      const [train, held] = data.split(random.key(seed), { validation: 0.25, stratify })(stratify).map(whole)
      const folds = [...data.kFold(random.key(seed), 3, { stratify })(stratify)].map(([, part]) => whole(part))
      for (const label of [0, 1, 2]) {
        const of = (list: readonly number[]): number => list.filter((each) => each === label).length
        const total = of(labels)
        expect(Math.abs(of(held) - (total * (held.length)) / labels.length)).toBeLessThanOrEqual(1)
        expect(of(train) + of(held)).toBe(total)
        for (const fold of folds) expect(Math.abs(of(fold) - total / 3)).toBeLessThanOrEqual(1)
      }
    }), { numRuns: 30 })
  })

  test('folds part the examples, and every training part is the rest', () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(12), fc.nat(99), (k, more, seed) => {
      const n = k + more
      const folds = data.kFold(random.key(seed), k)(numbered(n))
      const found = [...folds].map((parts) => parts.map(positions))
      expect(found).toHaveLength(k)
      expect(ascending(found.flatMap(([, held]) => held))).toEqual(upTo(n))
      for (const [train, held] of found) {
        expect(ascending([...train, ...held])).toEqual(upTo(n))
        expect([Math.floor(n / k), Math.ceil(n / k)]).toContain(held.length)
      }
      expect([...folds].map((parts) => parts.map(positions))).toEqual(found)
    }), { numRuns: 20 })
  })
})

describe('composition', () => {
  test('a split and folds are programs too: under jit, and over many keys by vmap', () => {
    const five = numbered(5)
    const stratify = np.array([1, 0, 1, 0, 1], { dtype: 'int32' })
    for (const options of [{}, { stratify }]) {
      const halves = (k: NdArray): data.Parts<Set> => data.split(k, { validation: 0.4, ...options })(five)
      const folds = (k: NdArray): readonly data.Parts<Set>[] => [...data.kFold(k, 2, options)(five)]
      expect(jit(halves)(key).map(positions)).toEqual(halves(key).map(positions))
      expect(jit(folds)(key).map((parts) => parts.map(positions))).toEqual(folds(key).map((parts) => parts.map(positions)))
      const keys = random.split(key, 3)
      const [train] = vmap((k: NdArray) => data.split(k, { validation: 0.4, ...options })(five.x))(keys)
      sameBits('vmap', train, np.stack([...keys].map((k) => halves(k)[0].x)))
    }
  })

  test('labels to stratify by may be traced', () => {
    const f = (y: NdArray): NdArray => data.split(key, { validation: 0.5, stratify: y })(y)[1]
    const labels = np.array([0, 0, 0, 0, 1, 1], { dtype: 'int32' })
    sameBits('jit', jit(f)(labels), f(labels))
    expect(ascending(whole(f(labels)))).toEqual([0, 0, 1])
  })

  test('in a pipe, types are inferred', () => {
    const set = numbered(6)
    const batches = pipe(set, data.shuffle(key), data.batches({ size: 4 }))
    expectTypeOf(batches).toEqualTypeOf<Iterable<Set>>()
    const [train, held] = pipe(set, data.split(key, { validation: 0.5 }))
    expectTypeOf(train).toEqualTypeOf<Set>()
    const epochs = pipe(held, data.epochs(key, { size: 2, count: 1 }))
    expectTypeOf(epochs).toEqualTypeOf<Iterable<Iterable<Set>>>()
    expectTypeOf(pipe(set, data.kFold(key, 2))).toEqualTypeOf<Iterable<data.Parts<Set>>>()
    expectTypeOf(pipe({ x: set.nested[0] }, data.mixUp(1)(key))).toEqualTypeOf<{ x: NdArray }>()
    expect([...batches].flatMap(positions)).toEqual(positions(data.shuffle(key)(set)))
    expect([...epochs].flatMap((epoch) => [...epoch].map(data.size))).toEqual([2, 1])
  })
})

describe('mistakes', () => {
  const uneven = { images: np.zeros([5, 2]), labels: np.zeros([4]) }
  const wrong = (x: unknown): never => x as never // callers without types pass anything
  const everyone: readonly (readonly [string, (tree: unknown) => unknown])[] = [
    ['batches', data.batches({ size: 1 })],
    ['shuffle', data.shuffle(key)],
    ['epochs', data.epochs(key, { size: 1 })],
    ['split', data.split(key, { validation: 0.5 })],
    ['kFold', data.kFold(key, 2)]
  ]

  test.each(everyone)('%s looks at the data at once', (who, f) => {
    expect(() => f(uneven)).toThrow(ShapeError)
    expect(() => f(uneven)).toThrow(`${who}: expected as many examples everywhere, got images has 5, labels has 4`)
    expect(() => f({ x: np.zeros([3]), scale: np.array(1) })).toThrow(`${who}: expected arrays with an axis of examples, got float32[] at scale`)
    expect(() => f({ x: [1, 2] })).toThrow(`${who}: expected a tree of arrays, got 1 at x[0]`)
    expect(() => f({})).toThrow(ArgumentError)
    expect(() => f(np.zeros([0, 3]))).toThrow(`${who}: expected at least one example, got none`)
  })

  const five = np.arange(5)
  test.each<readonly [string, () => unknown, string]>([
    ['a batch of none', () => data.batches({ size: 0 }), 'batches: expected an integer batch size of at least 1, got 0'],
    ['a batch of all and more', () => data.batches({ size: 6 })(five), 'batches: expected a batch size of at most 5, the number of examples, got 6'],
    ['half an example', () => data.epochs(key, { size: 1.5 }), 'integer batch size'],
    ['less than no epoch', () => data.epochs(key, { size: 1, count: -1 }), 'number of epochs of at least 0'],
    ['a text as dropLast', () => data.batches({ size: 1, dropLast: wrong('no') }), 'true or false as dropLast'],
    ['a share of 0', () => data.split(key, { validation: 0 }), 'split: expected a share above 0 and below 1 as validation, got 0'],
    ['a share of 1', () => data.split(key, { validation: 1 }), 'got 1'],
    ['a share that is none', () => data.split(key, { validation: NaN }), 'got NaN'],
    ['a single example to split', () => data.split(key, { validation: 0.5 })(np.zeros([1])), 'at least two examples'],
    ['labels of others', () => data.split(key, { validation: 0.5, stratify: [1, 2] })(five), 'a label for each of 5 examples'],
    ['one fold', () => data.kFold(key, 1), 'number of folds of at least 2'],
    ['more folds than examples', () => data.kFold(key, 6)(five), 'at most 5 folds'],
    ['a number for a key', () => data.shuffle(wrong(3)), 'shuffle: expected a key']
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message)
  })

  test('leave the data alone', () => {
    const tree = numbered(4)
    const before = map((x: NdArray) => x.toString())(tree)
    positions(data.shuffle(key)(tree))
    expect(map((x: NdArray) => x.toString())(tree)).toEqual(before)
  })
})
