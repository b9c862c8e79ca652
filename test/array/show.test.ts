import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showArray, type ShowOptions } from '../../src/array/show.js'
import type { DType } from '../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../src/core/shape.js'
import { arrayOf } from '../support/arrays.js'

const shown = (elements: readonly number[], options: ShowOptions & { readonly shape?: Shape; readonly dtype?: DType } = {}): string => {
  const { shape = [elements.length], dtype = 'float32', ...rest } = options
  return showArray(arrayOf(dtype, shape, elements).toTypedArray(), shape, dtype, rest)
}

const counting = (shape: Shape, f = (i: number): number => i): string =>
  shown(Array.from({ length: sizeOf(shape) }, (_, i) => f(i)), { shape })

describe('elements', () => {
  test.each<[string, readonly number[], string]>([
    ['integers have no point', [1, -2, 0], '[1, -2, 0]'],
    ['trailing zeros are left out', [0.5, 1.25, 2], '[0.5, 1.25, 2]'],
    ['four decimals', [1 / 3, 2 / 3], '[0.3333, 0.6667]'],
    ['a small one has an exponent', [1.5e-4, 0.001, 0.0123], '[1.5e-4, 0.001, 0.0123]'],
    ['a great one too', [99999999.9, 12345678], '[1e+8, 12345678]'],
    ['not finite', [NaN, Infinity, -Infinity], '[nan, inf, -inf]'],
    ['signed zero', [-0], '[-0]']
  ])('%s', (_, elements, text) => {
    expect(shown(elements)).toBe(text)
  })

  test('booleans are words', () => expect(shown([1, 0], { dtype: 'bool' })).toBe('[true, false]'))
  test('integers are whole', () => expect(shown([4294967295], { dtype: 'uint32' })).toBe('[4294967295]'))
  test('a scalar has no brackets', () => expect(shown([0.25], { shape: [] })).toBe('0.25'))
  test('no elements, no inner brackets', () => expect(shown([], { shape: [0, 3] })).toBe('[]'))
  test('precision', () => expect(shown([1 / 3, 1e-5], { precision: 2 })).toBe('[0.33, 1e-5]'))

  test('with all digits a float32 is the shortest decimal that reads back', () => {
    expect(shown([0.1, 1 / 3, 16777216], { precision: 9 })).toBe('[0.1, 0.33333334, 16777216]')
  })

  test('with all digits every number reads back', () => {
    fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      expect(Object.is(Math.fround(Number(shown([x], { shape: [], precision: 60 }))), x)).toBe(true)
    }))
  })
})

describe('layout', () => {
  test('on one line if it fits', () => expect(counting([2, 2, 2])).toBe('[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]'))

  test('else rows below each other, their columns aligned', () => {
    expect(counting([3, 7], (i) => (i - 3) / 2 + i * i)).toBe([
      '[[ -1.5,   0.0,   3.5,   9.0,  16.5,  26.0,  37.5],',
      ' [ 51.0,  66.5,  84.0, 103.5, 125.0, 148.5, 174.0],',
      ' [201.5, 231.0, 262.5, 296.0, 331.5, 369.0, 408.5]]'
    ].join('\n'))
  })

  test('matrices are set apart by an empty line', () => {
    expect(counting([2, 2, 9])).toBe([
      '[[[ 0,  1,  2,  3,  4,  5,  6,  7,  8],',
      '  [ 9, 10, 11, 12, 13, 14, 15, 16, 17]],',
      '',
      ' [[18, 19, 20, 21, 22, 23, 24, 25, 26],',
      '  [27, 28, 29, 30, 31, 32, 33, 34, 35]]]'
    ].join('\n'))
  })

  test('long rows are broken', () => {
    const lines = counting([40]).split('\n')
    expect(lines.length).toBe(3)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(75)
  })

  test('more than a thousand elements are summarised', () => {
    expect(counting([1001])).toBe('[0, 1, 2, …, 998, 999, 1000]')
    expect(shown([1, 2, 3, 4, 5, 6, 7, 8], { threshold: 4 })).toBe('[1, 2, 3, …, 6, 7, 8]')
  })

  test('the width is the reader’s', () => expect(shown([1, 2, 3, 4], { lineWidth: 8 })).toBe('[1, 2,\n 3, 4]'))

  test('no line is too long, and nothing is lost', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }), (shape) => {
      const text = counting(shape, (i) => i / 8)
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(75)
      const numbers = text.match(/[\d.]+/g) ?? []
      expect(numbers.map(Number)).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => Number((i / 8).toFixed(4))))
    }))
  })
})
