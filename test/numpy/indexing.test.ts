import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError, TracerError } from '../../src/core/errors.js'
import { sizeOf, stridesOf, type Shape } from '../../src/core/shape.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, generate, i32 } from '../support/arrays.js'
import { sameBits } from '../support/close.js'

/** What an item keeps of an axis: positions, and whether the axis stays. */
interface Kept {
  readonly item: np.IndexItem
  readonly positions: readonly number[]
  readonly stays: boolean
}

/** Python's `range(*slice(start, stop, step).indices(size))`. */
const positionsOf = (start: number | null, stop: number | null, step: number, size: number): readonly number[] => {
  const list = Array.from({ length: size }, (_, i) => i)
  const clip = (x: number): number => (x < 0 ? x + size : x)
  const inside = list.filter((i) => step > 0
    ? i >= (start === null ? 0 : clip(start)) && i < (stop === null ? size : clip(stop))
    : i <= (start === null ? size : clip(start)) && i > (stop === null ? -1 : clip(stop)))
  const ordered = step > 0 ? inside : inside.toReversed()
  return ordered.filter((_, i) => i % Math.abs(step) === 0)
}

const end = fc.option(fc.integer({ min: -6, max: 6 }))

const keptOf = (size: number): fc.Arbitrary<Kept> => {
  const whole: Kept = { item: null, positions: positionsOf(null, null, 1, size), stays: true }
  const range = fc.tuple(end, end, fc.constantFrom(1, 1, 2, 3, -1, -2)).map(([start, stop, step]): Kept =>
    ({ item: [start, stop, step], positions: positionsOf(start, stop, step, size), stays: true }))
  const pick = (i: number): Kept => ({ item: i, positions: [i < 0 ? i + size : i], stays: false })
  return fc.oneof(fc.constant(whole), range, ...(size > 0 ? [fc.integer({ min: -size, max: size - 1 }).map(pick)] : []))
}

const basic = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.record({ shape: fc.constant(shape), kept: fc.tuple(...shape.map(keptOf)) }))

/** Row-major places of the elements of a box. */
const placesOf = (shape: Shape, kept: readonly Kept[]): readonly number[] => {
  const strides = stridesOf(shape)
  return kept.reduce<readonly number[]>(
    (all, { positions }, axis) => all.flatMap((from) => positions.map((i) => from + i * strides[axis])), [0])
}

const counting = (shape: Shape): NdArray => generate('float64', shape, (i) => i + 1)

describe('slices', () => {
  test('are what Python says they are', () => {
    fc.assert(fc.property(basic, ({ shape, kept }) => {
      const out = np.slice(counting(shape), kept.map(({ item }) => item))
      expect(out.shape).toEqual(kept.filter(({ stays }) => stays).map(({ positions }) => positions.length))
      expect([...out.toTypedArray()]).toEqual(placesOf(shape, kept).map((place) => place + 1))
    }), { numRuns: 300 })
  })

  test('put values where they are read, and nowhere else', () => {
    fc.assert(fc.property(basic, ({ shape, kept }) => {
      const x = counting(shape)
      const at = np.at(x, kept.map(({ item }) => item))
      const values = np.negative(at.get())
      const changed = new Set(placesOf(shape, kept))
      const expected = (f: (element: number) => number): readonly number[] =>
        Array.from({ length: sizeOf(shape) }, (_, i) => (changed.has(i) ? f(i + 1) : i + 1))
      expect([...at.set(values).toTypedArray()]).toEqual(expected((e) => -e))
      expect([...at.add(values).toTypedArray()]).toEqual(expected(() => 0))
      expect([...at.subtract(values).toTypedArray()]).toEqual(expected((e) => 2 * e))
      expect([...at.multiply(values).toTypedArray()]).toEqual(expected((e) => -e * e))
      expect([...at.divide(values).toTypedArray()]).toEqual(expected(() => -1))
      expect([...at.power(2).toTypedArray()]).toEqual(expected((e) => e * e))
      expect([...at.min(3).toTypedArray()]).toEqual(expected((e) => Math.min(e, 3)))
      expect([...at.max(3).toTypedArray()]).toEqual(expected((e) => Math.max(e, 3)))
      expect([...at.apply(np.square).toTypedArray()]).toEqual(expected((e) => e * e))
    }), { numRuns: 200 })
  })

  test('take part in every transform', () => {
    fc.assert(fc.property(basic, ({ shape, kept }) => {
      const [x, index] = [counting(shape), kept.map(({ item }) => item)]
      const expected = np.slice(x, index)
      sameBits('jit', jit((y: NdArray) => np.slice(y, index))(x), expected)
      sameBits('vmap', vmap((y: NdArray) => np.slice(y, index))(np.stack([x, np.negative(x)])), np.stack([expected, np.negative(expected)]))
      const gradient = grad((y: NdArray) => np.sum(np.square(np.slice(y, index))))(x)
      sameBits('grad', gradient, np.at(np.zerosLike(x), index).set(np.mul(expected, 2)))
      sameBits('jit of set', jit((y: NdArray) => np.at(y, index).set(7))(x), np.at(x, index).set(7))
    }), { numRuns: 40 })
  })

  test('stand for new axes and for the rest', () => {
    const x = counting([2, 3, 4])
    const shapes = (...indices: readonly np.Index[]): readonly Shape[] => indices.map((index) => np.slice(x, index).shape)
    expect(shapes(1, [np.newaxis], ['...', 0], [0, '...', np.newaxis], ['...', 'newaxis', 1], [])).toEqual(
      [[3, 4], [1, 2, 3, 4], [2, 3], [3, 4, 1], [2, 3, 1], [2, 3, 4]])
  })
})

/** The element of `x` at positions of which some stand in arrays, by definition: `x[i[k], :, j[k]]` and the like. */
describe('arrays of positions', () => {
  const x = counting([3, 4, 5])
  const [i, j] = [i32([2, 0]), i32([1, -1])]

  test.each<[string, readonly np.IndexItem[], Shape, (a: readonly number[]) => readonly number[]]>([
    ['[i]', [i], [2, 4, 5], ([k, b, c]) => [[2, 0][k], b, c]],
    ['[:, i]', [null, i], [3, 2, 5], ([a, k, c]) => [a, [2, 0][k], c]],
    ['[:, i, j]', [null, i, j], [3, 2], ([a, k]) => [a, [2, 0][k], [1, 4][k]]],
    ['[i, :, j]', [i, null, j], [2, 4], ([k, b]) => [[2, 0][k], b, [1, 4][k]]],
    ['[0, :, j]', [0, null, j], [2, 4], ([k, b]) => [0, b, [1, 4][k]]],
    ['[:, 1, j]', [null, 1, j], [3, 2], ([a, k]) => [a, 1, [1, 4][k]]],
    ['[i[:, None], j]', [np.expandDims(i, 1), j], [2, 2, 5], ([k, l, c]) => [[2, 0][k], [1, 3][l], c]],
    ['[1:, i, ::-2]', [[1, null], i, [null, null, -2]], [2, 2, 3], ([a, k, c]) => [a + 1, [2, 0][k], 4 - 2 * c]],
    ['[i, None, j]', [i, 'newaxis', j], [2, 1, 5], ([k, , c]) => [[2, 0][k], [1, 3][k], c]],
    ['[..., i]', ['...', i], [3, 4, 2], ([a, b, k]) => [a, b, [2, 0][k]]],
    ['[scalar, :, scalar]', [i32(1), null, i32(-1)], [4], ([b]) => [1, b, 4]]
  ])('x%s', (_, index, shape, source) => {
    const strides = stridesOf(x.shape)
    const places = Array.from({ length: sizeOf(shape) }, (__, flat) => {
      const at = stridesOf(shape).map((stride, axis) => Math.floor(flat / stride) % shape[axis])
      return source(at).reduce((sum, position, axis) => sum + position * strides[axis], 0)
    })
    const out = np.slice(x, index)
    expect([out.shape, [...out.toTypedArray()]]).toEqual([shape, places.map((place) => place + 1)])
    const summed = new Float64Array(x.size)
    for (const place of places) summed[place] += place + 1
    expect([...np.at(np.zerosLike(x), index).add(out).toTypedArray()]).toEqual([...summed])
    const spread = grad((y: NdArray) => np.sum(np.multiply(np.slice(y, index), out)))(x)
    expect([...spread.toTypedArray()]).toEqual([...summed])
    sameBits('jit', jit((y: NdArray) => np.slice(y, index))(x), out)
  })

  test('may be traced', () => {
    const row = (y: NdArray, k: NdArray): NdArray => np.slice(y, [k])
    expect(jit(row)(counting([2, 2]), i32(-1)).toList()).toEqual([3, 4])
    expect(vmap(row, { in: [null, 0] })(counting([2, 2]), i32([1, 0])).toList()).toEqual([[3, 4], [1, 2]])
  })

  test('beyond the ends are clamped when read, and dropped when written', () => {
    const y = counting([3])
    const far = i32([-9, 1, 9])
    expect(np.slice(y, far).toList()).toEqual([1, 2, 3])
    expect(np.at(y, far).get({ mode: 'fill', fillValue: -1 }).toList()).toEqual([-1, 2, -1])
    expect(np.at(y, far).set(0).toList()).toEqual([1, 0, 3])
    expect(np.at(y, far).add(10, { mode: 'clip' }).toList()).toEqual([11, 12, 13])
    expect(np.at(y, [i32(9)]).set(0).toList()).toEqual([1, 2, 3])
  })

  test('that occur twice count twice', () => {
    expect(np.at(np.zeros([3]), new Int32Array([2, 2, 0])).add([1, 2, 3]).toList()).toEqual([3, 0, 3])
    expect(np.at(np.ones([2]), new Int32Array([1, 1])).multiply(3).toList()).toEqual([1, 9])
  })
})

describe('masks', () => {
  const x = counting([2, 3])
  const mask = np.greater(x, 2)

  test('take what is true', () => {
    expect(np.slice(x, mask).toList()).toEqual([3, 4, 5, 6])
    expect(np.slice(x, [null, [true, false, true]]).toList()).toEqual([[1, 3], [4, 6]])
    expect(np.slice(x, [[false, false]]).shape).toEqual([0, 3])
  })

  test('change what is true', () => {
    expect(np.at(x, mask).set(0).toList()).toEqual([[1, 2, 0], [0, 0, 0]])
    expect(np.at(x, mask).add([1, 2, 3, 4]).toList()).toEqual([[1, 2, 4], [6, 8, 10]])
    expect(np.at(x, [[false, true]]).multiply(-1).toList()).toEqual([[1, 2, 3], [-4, -5, -6]])
  })

  test('may be traced where a scalar enters, and else not', () => {
    const relu = (y: NdArray): NdArray => np.at(y, np.less(y, 4)).set(0)
    expect(jit(relu)(x).toList()).toEqual([[0, 0, 0], [4, 5, 6]])
    expect(() => jit((y: NdArray) => np.slice(y, np.less(y, 4)))(x)).toThrow(TracerError)
  })
})

describe('mistakes', () => {
  const x = counting([2, 3])

  test.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a position beyond the end', () => np.slice(x, [2]), ShapeError, 'slice: expected an index from -2 to 1 for axis 0, got 2'],
    ['more items than axes', () => np.slice(x, [0, 0, 0]), ShapeError, 'slice: expected an index of at most 2 axes, got 3 items'],
    ['no integer', () => np.slice(x, [0.5]), ArgumentError, 'slice: expected an integer index for axis 0, got 0.5'],
    ['no integer in a range', () => np.slice(x, [[0.5, 1]]), ArgumentError, 'an integer or null as the start'],
    ['a step of zero', () => np.slice(x, [[0, 1, 0]]), ArgumentError, 'slice: expected a step other than 0'],
    ['floating positions', () => np.slice(x, [np.array([0, 1])]), DTypeError, 'slice: expected integer indices'],
    ['a mask of another size', () => np.slice(x, [[true, false, true]]), ShapeError, 'a mask of the sizes [2] of the axes from 0 on'],
    ['a list of positions', () => np.slice(x, [[0, 1, 0, 1] as never]), ArgumentError, 'slice: expected null, an integer, [start, stop]'],
    ['two ellipses', () => np.slice(x, ['...', '...']), ArgumentError, "slice: expected at most one '...'"],
    ['values of another dtype', () => np.at(np.zeros([2], { dtype: 'int32' }), 0).set(0.5), ArgumentError, 'a number that int32 can hold'],
    ['wider values', () => np.at(np.zeros([2]), 0).set(np.ones([], { dtype: 'float64' })), DTypeError, 'values that float32 can hold'],
    ['values that do not broadcast', () => np.at(x, [0]).set([1, 2]), ShapeError, 'an array that broadcasts to [3], got float64[2]'],
    ['an unknown option', () => np.at(x, [0]).set(1, { modus: 'clip' } as never), ArgumentError, '"modus"'],
    ['an unknown mode', () => np.at(x, [0]).get({ mode: 'wrap' as never }),
      ArgumentError, 'at(…).get: expected mode among clip, fill, got wrap']
  ])('%s', (_, f, kind, message) => {
    expect(f).toThrow(kind)
    expect(f).toThrow(message)
  })
})

test('every element type can be set', () => {
  for (const dtype of ['bool', 'int8', 'uint32', 'float64'] as const) {
    const y = arrayOf(dtype, [3], [0, 0, 0])
    const changed = np.at(y, [[null, null, 2]]).set(dtype === 'bool' ? true : 1)
    expect(changed.toTypedArray()).toEqual(arrayOf(dtype, [3], [1, 0, 1]).toTypedArray())
  }
})
