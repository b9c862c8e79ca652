import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { sizeOf, stridesOf } from '../../src/core/shape.js'
import * as np from '../../src/numpy/index.js'
import { generate } from '../support/arrays.js'

const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 4, e: 2 }

/** The sum over all letters of the product of the operands' elements, by definition. */
const byDefinition = (
  terms: readonly (readonly string[])[], output: readonly string[], operands: readonly NdArray[]
): readonly number[] => {
  const lengths = (letters: readonly string[]): readonly number[] => letters.map((letter) => sizes[letter])
  const outStrides = stridesOf(lengths(output))
  const out = new Array<number>(sizeOf(lengths(output))).fill(0)
  const used = [...new Set(terms.flat())]
  const strides = stridesOf(lengths(used))
  const datas = operands.map((x) => x.toTypedArray())
  for (let flat = 0; flat < sizeOf(lengths(used)); flat++) {
    const at = (letter: string): number => Math.floor(flat / strides[used.indexOf(letter)]) % sizes[letter]
    const place = (list: readonly string[], own: readonly number[]): number => list.reduce((sum, letter, i) => sum + at(letter) * own[i], 0)
    const product = datas.reduce((value, data, i) => value * data[place(terms[i], stridesOf(operands[i].shape))], 1)
    out[place(output, outStrides)] += product
  }
  return out
}

const term = fc.array(fc.constantFrom(...Object.keys(sizes)), { maxLength: 3 })

describe('einsum', () => {
  test('is what it says', () => {
    const example = fc.array(term, { minLength: 1, maxLength: 3 }).chain((terms) => {
      const letters = [...new Set(terms.flat())]
      return fc.record({ terms: fc.constant(terms), output: fc.shuffledSubarray(letters) })
    })
    fc.assert(fc.property(example, ({ terms, output }) => {
      const operands = terms.map((letters, k) =>
        generate('float64', letters.map((letter) => sizes[letter]), (i) => ((i * 7 + k * 3) % 11) - 5))
      const text = `${terms.map((letters) => letters.join('')).join(',')}->${output.join('')}`
      const plain = (list: Iterable<number>): readonly number[] => Array.from(list, (x) => x + 0) // −0 as 0
      expect(plain(np.einsum(text, ...operands).toTypedArray())).toEqual(plain(byDefinition(terms, output, operands)))
    }), { numRuns: 300 })
  })

  const x = np.ones([2, 3])

  test.each<[string, readonly NdArray[], new (...args: never[]) => Error, string]>([
    ['ij', [x, x], ArgumentError, "einsum: expected 1 operands for 'ij', got 2"],
    ['ijk', [x], ShapeError, "einsum: expected an array with 3 axes for 'ijk', got 2 axes at [0]"],
    ['ij,jk', [x, x], ShapeError, "einsum: expected size 3 for every axis 'j', got float32[2,3] at [1]"],
    ['ii', [x], ShapeError, "einsum: expected size 2 for every axis 'i', got float32[2,3] at [0]"],
    ['ij->k', [x], ArgumentError, 'einsum: expected labels of operands in the result, got k'],
    ['ij->ii', [x], ArgumentError, 'einsum: expected each label once in the result, got ii'],
    ['i1', [x], ArgumentError, "einsum: expected letters for axes, '...'"],
    ['ij->i->j', [x], ArgumentError, "one '->'"]
  ])('%s is a mistake', (text, operands, kind, message) => {
    expect(() => np.einsum(text, ...operands)).toThrow(kind)
    expect(() => np.einsum(text, ...operands)).toThrow(message)
  })
})

describe('matmul', () => {
  const batch = fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 })

  test('is einsum', () => {
    fc.assert(fc.property(batch, fc.nat({ max: 2 }), fc.boolean(), fc.boolean(), fc.boolean(), (shared, cut, one, row, column) => {
      const left = one ? shared.map(() => 1) : shared
      const right = shared.slice(Math.min(cut, shared.length))
      const x = generate('float64', row ? [4] : [...left, 2, 4], (i) => i % 5)
      const y = generate('float64', column ? [4] : [...right, 4, 3], (i) => (i % 7) - 3)
      const expected = np.einsum(`${row ? 'k' : '...ik'},${column ? 'k' : '...kj'}->...${row ? '' : 'i'}${column ? '' : 'j'}`, x, y)
      const product = np.matmul(x, y)
      expect([product.shape, product.toList()]).toEqual([expected.shape, expected.toList()])
    }))
  })

  test('says what does not fit', () => {
    const x = np.ones([2, 3])
    expect(() => np.matmul(x, x)).toThrow('matmul: expected contracting sizes to agree, got float32[2,3] and float32[2,3]')
    expect(() => np.matmul(2, np.ones([2]))).toThrow(ShapeError)
  })
})
