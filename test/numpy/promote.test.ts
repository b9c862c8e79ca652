import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArrayLike, NdArray } from '../../src/core/array.js'
import { dtypes, type DType } from '../../src/core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { broadcastShapes, sizeOf, stridesOf, type Shape } from '../../src/core/shape.js'
import * as np from '../../src/numpy/index.js'
import { grad } from '../../src/transform/grad.js'
import { generate } from '../support/arrays.js'

const typeOf = (x: NdArray): string => `${x.dtype}${x.weak ? ' weak' : ''}`

describe('bare numbers', () => {
  test.each<[DType, number, string]>([
    ['int32', 2, 'int32'], ['uint8', 255, 'uint8'], ['int8', -128, 'int8'], ['int32', 0.5, 'float32 weak'], ['float32', 2, 'float32'],
    ['float64', 0.1, 'float64'], ['bool', 2, 'float32 weak'], ['uint32', 4294967295, 'uint32'], ['int8', NaN, 'float32 weak']
  ])('%s + %f is %s', (dtype, number, type) => {
    const x = np.ones([2], { dtype })
    expect(typeOf(np.add(x, number))).toBe(type)
    expect(typeOf(np.add(number, x))).toBe(type)
  })

  test('alone are weak floats', () => expect(typeOf(np.add(1, 2))).toBe('float32 weak'))
  test('keep their precision in float64', () => expect(np.mul(np.array(1, { dtype: 'float64' }), 0.1).item()).toBe(0.1))
  test('several, one of them no integer', () => {
    expect(typeOf(np.where(true, np.ones([], { dtype: 'int32' }), 0.5))).toBe('float32 weak')
  })

  test.each<[DType, number]>([['uint8', 256], ['uint8', -1], ['int8', 128], ['int32', 2 ** 31]])('%s does not hold %f', (dtype, number) => {
    expect(() => np.add(np.ones([2], { dtype }), number)).toThrow(ArgumentError)
    expect(() => np.add(np.ones([2], { dtype }), number)).toThrow(`add: expected a number that ${dtype} can hold, got ${number}`)
  })
})

describe('anything that stands for an array', () => {
  test.each<[string, ArrayLike, string, unknown]>([
    ['a number', 2, 'float32 weak', 2], ['a boolean', true, 'bool', true], ['a list', [1, 2], 'float32', [1, 2]],
    ['a list of booleans', [true], 'bool', [true]], ['a typed array', new Uint8Array([1, 2]), 'uint8', [1, 2]],
    ['an empty list', [], 'float32', []]
  ])('%s', (_, x, type, list) => {
    const array = np.asArray(x)
    expect([typeOf(array), array.toList()]).toEqual([type, list])
  })

  test('with a dtype', () => {
    expect(typeOf(np.array(3))).toBe('float32')
    expect(typeOf(np.array([1, 2], { dtype: 'int8' }))).toBe('int8')
    expect(typeOf(np.asArray(new Float64Array([1]), 'float32'))).toBe('float32')
    expect(np.array([0.1], { dtype: 'float64' }).item()).toBe(0.1)
  })

  test('lists may hold arrays, traced ones too', () => {
    expect(np.array([np.array([1, 2]), [3, 4]]).toList()).toEqual([[1, 2], [3, 4]])
    expect(grad((x: NdArray) => np.sum(np.array([x, 5, np.square(x)])))(np.array(3)).item()).toBe(7)
  })

  test('arrays in a list have one shape', () => {
    expect(() => np.array([np.array([1, 2]), [3]])).toThrow('array: expected items of the shape [2] of the first, got float32[1] at [1]')
  })
})

describe('broadcasting', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 })
  const ones = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })

  /** The element of an array that stands at a position of a broadcast result. */
  const elementAt = (x: NdArray, shape: Shape, flat: number): number => {
    const strides = stridesOf(shape)
    const own = stridesOf(x.shape)
    const offset = shape.length - x.ndim
    const at = (axis: number): number => Math.floor(flat / strides[axis]) % shape[axis]
    const place = x.shape.reduce((sum, size, axis) => sum + (size === 1 ? 0 : at(axis + offset)) * own[axis], 0)
    return x.toTypedArray()[place]
  }

  test('is NumPy’s', () => {
    fc.assert(fc.property(shapes, ones, fc.nat({ max: 3 }), (shape, narrow, cut) => {
      const [a, b] = [shape.map((size, i) => (narrow[i] ? 1 : size)), shape.slice(Math.min(cut, shape.length))]
      const [x, y] = [generate('float64', a, (i) => i + 1), generate('float64', b, (i) => 10 * i)]
      const sum = np.add(x, y)
      expect(sum.shape).toEqual(broadcastShapes('test', [a, b]))
      expect([...sum.toTypedArray()]).toEqual(
        Array.from({ length: sizeOf(sum.shape) }, (_, i) => elementAt(x, sum.shape, i) + elementAt(y, sum.shape, i)))
    }))
  })

  test('says what does not fit', () => {
    expect(() => np.add(np.ones([2, 3]), np.ones([4]))).toThrow('add: expected shapes that broadcast, got [2,3] and [4]')
    expect(() => np.add(np.ones([2, 3]), np.ones([4]))).toThrow(ShapeError)
    expect(() => np.broadcastTo(np.ones([2]), [3])).toThrow('broadcastTo: expected an array that broadcasts to [3], got float32[2]')
  })
})

describe('dtypes of functions', () => {
  const integers = dtypes.filter((dtype) => dtype !== 'bool' && !dtype.startsWith('float'))

  test.each(integers)('%s', (dtype) => {
    const x = np.array([1, 2, 3], { dtype })
    const wide = dtype.startsWith('u') ? 'uint32' : 'int32'
    expect([np.sin(x), np.mean(x), np.divide(x, x), np.trueDivide(x, 2)].map((y) => y.dtype)).toEqual(new Array(4).fill('float32'))
    expect([np.add(x, 1), np.square(x), np.max(x), np.cumsum(x), np.floorDivide(x, 2), np.abs(x), np.sort(x)].map((y) => y.dtype))
      .toEqual(new Array(7).fill(dtype))
    expect([np.sum(x).dtype, np.prod(x).dtype]).toEqual([wide, wide])
    expect(np.argmax(x).dtype).toBe('int32')
  })

  test('booleans', () => {
    const x = np.array([true, false])
    expect([np.add(x, x), np.multiply(x, x), np.maximum(x, x), np.max(x), np.abs(x)].map((y) => y.dtype)).toEqual(new Array(5).fill('bool'))
    expect([np.sum(x), np.cumsum(x), np.square(x), np.countNonzero(x)].map((y) => y.dtype)).toEqual(new Array(4).fill('int32'))
    expect(() => np.subtract(x, x)).toThrow(DTypeError)
    expect(() => np.negative(x)).toThrow(DTypeError)
  })
})
