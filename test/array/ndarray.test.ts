import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readView, writeView } from '../../src/array/loops.js'
import { dataOf, donate, elementOf, fromList, fromScalar, fromTyped, isArray, scalar, wrap } from '../../src/array/ndarray.js'
import type { NestedList } from '../../src/core/array.js'
import { ArgumentError, DonatedError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { sizeOf } from '../../src/core/shape.js'

const list = (x: NestedList): ReturnType<typeof fromList> => fromList('array', x)

describe('an array', () => {
  const x = list([[1, 2, 3], [4, 5, 6]])

  test('knows its type', () => {
    expect([x.shape, x.dtype, x.ndim, x.size, x.weak]).toEqual([[2, 3], 'float32', 2, 6, false])
    expect(isArray(x)).toBe(true)
    expect([fromScalar(2).weak, fromScalar(true).dtype]).toEqual([true, 'bool'])
  })

  test('gives its elements as copies', () => {
    const copy = x.toTypedArray()
    copy[0] = 9
    expect(x.toList()).toEqual([[1, 2, 3], [4, 5, 6]])
  })

  test('iterates over its leading axis', () => {
    const [first, second] = x
    expect([first.toList(), second.toList()]).toEqual([[1, 2, 3], [4, 5, 6]])
    expect(() => [...scalar(1, 'float32')]).toThrow(ShapeError)
  })

  test('becomes a number where it has one element, and text', () => {
    expect(+list([[3]])).toBe(3)
    expect(list(4).item()).toBe(4)
    expect(() => x.item()).toThrow('item: expected an array of one element, got float32[2,3]')
    expect(list([1, 2]).toString()).toBe('[1, 2]')
  })

  test('cannot be changed from outside', () => {
    expect(Object.keys(x)).toEqual([])
  })

  test('is of no use once donated', () => {
    const y = list([1])
    donate(y)
    expect(() => dataOf(y)).toThrow(DonatedError)
    expect(y.shape).toEqual([1])
  })
})

describe('nested lists', () => {
  test.each<[string, unknown, string]>([
    ['ragged', [[1, 2], [3]], 'array: expected a list of length 2 (nested lists must not be ragged), got length 1 at [1]'],
    ['too deep', [1, [2]], 'array: expected a number (nested lists must not be ragged), got a list of length 1 at [1]'],
    ['too flat', [[1], 2], 'array: expected a list of length 1 (nested lists must not be ragged), got 2 at [1]']
  ])('%s', (_, x, message) => {
    expect(() => list(x as NestedList)).toThrow(message)
    expect(() => list(x as NestedList)).toThrow(ShapeError)
  })

  test('hold numbers or booleans', () => {
    expect(() => list([1, 'two'] as never)).toThrow(ArgumentError)
    expect(() => list([null] as never)).toThrow(ArgumentError)
    expect(list([true, false]).dtype).toBe('bool')
    expect(list([true, 2]).dtype).toBe('float32')
  })

  test('read back what they were', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.float({ noNaN: true }), { minLength: 3, maxLength: 3 }), { minLength: 1 }), (x) => {
      expect(list(x).toList()).toEqual(x)
    }))
  })

  test('take no NaN where integers are wanted', () => {
    expect(() => fromList('array', [1, NaN], 'int32')).toThrow('array: expected a finite number for int32, got NaN')
    expect(() => elementOf('full', 'uint8', Infinity)).toThrow(ArgumentError)
  })
})

describe('typed arrays', () => {
  test('are copied', () => {
    const data = new Int32Array([1, 2])
    const x = fromTyped('array', data)
    data[0] = 9
    expect([x.dtype, x.toList()]).toEqual(['int32', [1, 2]])
  })

  test('must hold a dtype', () => expect(() => fromTyped('array', new BigInt64Array(1))).toThrow(DTypeError))
})

describe('views', () => {
  const views = fc.array(fc.record({ size: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: -3, max: 3 }) }), { maxLength: 4 })

  /** The offsets of a view, by its definition. */
  const offsets = (shape: readonly number[], strides: readonly number[], offset: number): readonly number[] =>
    shape.reduce<readonly number[]>(
      (all, size, axis) => all.flatMap((from) => Array.from({ length: size }, (_, i) => from + i * strides[axis])), [offset]
    )

  test('read what they say, and write it', () => {
    fc.assert(fc.property(views, (axes) => {
      const [shape, strides] = [axes.map(({ size }) => size), axes.map(({ stride }) => stride)]
      const source = Float64Array.from({ length: 99 }, (_, i) => i)
      const expected = offsets(shape, strides, 48)
      const view = { shape, strides, offset: 48 }
      const read = readView(source, view, new Float64Array(sizeOf(shape)))
      expect([...read]).toEqual(expected)
      const written = writeView(read, new Float64Array(99), view)
      for (const at of expected) expect(written[at]).toBe(at)
    }))
  })

  test('of an array share nothing with what is made of them', () => {
    const x = wrap({ shape: [2], dtype: 'float32', weak: false }, new Float32Array([1, 2]))
    x.toTypedArray()[0] = 5
    expect(x.toList()).toEqual([1, 2])
  })
})
