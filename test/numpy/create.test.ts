import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'

describe('creation', () => {
  test('is float32 unless told otherwise', () => {
    const made = [np.zeros([2]), np.ones(2), np.full([2], 3), np.arange(3), np.linspace(0, 1, 3), np.eye(2), np.tri(2), np.array([1])]
    expect(made.map((x) => x.dtype)).toEqual(made.map(() => 'float32'))
    expect(np.arange(3, { dtype: 'int32' }).dtype).toBe('int32')
    expect(np.zeros(2, { dtype: 'bool' }).toList()).toEqual([false, false])
    expect(np.eye(2, { dtype: 'bool' }).toList()).toEqual([[true, false], [false, true]])
  })

  test('follows a model', () => {
    const model = np.ones([2, 3], { dtype: 'int8' })
    expect([np.zerosLike(model), np.onesLike(model), np.fullLike(model, 7)].map((x) => [x.dtype, x.shape, x.toTypedArray()[0]]))
      .toEqual([['int8', [2, 3], 0], ['int8', [2, 3], 1], ['int8', [2, 3], 7]])
    expect(np.zerosLike(model, { dtype: 'float32', shape: [1] }).toList()).toEqual([0])
  })

  test('an array in another shape', () => {
    expect(np.array(new Uint8Array([1, 2, 3, 4]), { shape: [2, 2], dtype: 'float32' }).toList()).toEqual([[1, 2], [3, 4]])
    expect(() => np.array([1, 2, 3], { shape: [2, 2] })).toThrow(ShapeError)
  })

  test('arange counts like a loop', () => {
    const end = fc.integer({ min: -20, max: 20 })
    fc.assert(fc.property(end, end, fc.constantFrom(-3, -1, 1, 2, 5), (start, stop, step) => {
      const list: number[] = []
      for (let i = start; step > 0 ? i < stop : i > stop; i += step) list.push(i)
      expect(np.arange(start, stop, step, { dtype: 'int32' }).toList()).toEqual(list)
    }))
  })

  test('linspace hits both ends, between arrays too', () => {
    const points = np.linspace([0, 1], [0.1, 0.7], 7)
    expect(points.shape).toEqual([7, 2])
    expect([points.toTypedArray()[0], points.toTypedArray()[13]]).toEqual([0, Math.fround(0.7)])
    expect(np.linspace(0, 1, 4, { endpoint: false }).toList()).toEqual([0, 0.25, 0.5, 0.75])
    expect(np.linspace(5, 9, 1).toList()).toEqual([5])
    expect(np.linspace(5, 9, 0).shape).toEqual([0])
  })

  test('diag and diagonal are each other’s inverse', () => {
    fc.assert(fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 4 }), fc.integer({ min: -3, max: 3 }), (list, k) => {
      const x = np.array(list, { dtype: 'int32' })
      expect(np.diag(np.diag(x, { k }), { k }).toList()).toEqual(list)
      expect(np.trace(np.diag(x)).item()).toBe(np.sum(x).item())
    }))
  })

  test('tril and triu are a matrix', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: -4, max: 4 }), (m, n, k) => {
      const x = np.reshape(np.arange(1, m * n + 1), [m, n])
      expect(np.add(np.tril(x, { k }), np.triu(x, { k: k + 1 })).toList()).toEqual(x.toList())
    }))
  })
})

describe('show', () => {
  test('takes anything for an array', () => expect(np.show([[1, 2 / 3]], { precision: 2 })).toBe('[[1, 0.67]]'))

  test('shows the type of what is traced', () => {
    const seen: string[] = []
    jit((x: NdArray) => {
      seen.push(np.show(x))
      return x
    })(np.ones([2]))
    expect(seen[0]).toContain('float32[2]')
  })
})
