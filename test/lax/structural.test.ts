import { describe, expect, test } from 'vitest'
import { fromList, wrap } from '../../src/array/ndarray.js'
import type { NdArray, NestedList } from '../../src/core/array.js'
import { Unknown } from '../../src/core/primitive.js'
import { allocate } from '../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../src/core/shape.js'
import { concatenate, concatenateP } from '../../src/lax/movement/concatenate.js'
import { expandDims, reshape, squeeze } from '../../src/lax/movement/reshape.js'
import { rev } from '../../src/lax/movement/reverse.js'
import { indexInDim, pad, padP, slice, sliceInDim, sliceP } from '../../src/lax/movement/slice.js'
import { split, splitP, unstack } from '../../src/lax/movement/split.js'
import { transpose } from '../../src/lax/movement/transpose.js'

const array = (list: NestedList): NdArray => fromList('array', list)
const iota = (shape: Shape): NdArray =>
  wrap({ shape, dtype: 'float32', weak: false }, allocate('float32', sizeOf(shape)).map((_, i) => i))

describe('the same elements', () => {
  const x = iota([2, 3])

  test('in another shape, without copies where there is nothing to do', () => {
    expect(reshape(x, [3, 2]).toList()).toEqual([[0, 1], [2, 3], [4, 5]])
    expect(reshape(x, [2, 3])).toBe(x)
    expect(reshape(iota([0, 3]), [3, 0]).shape).toEqual([3, 0])
    expect(squeeze(iota([1, 2, 1]), [-1, 0]).shape).toEqual([2])
    expect(expandDims(x, [0, -1]).shape).toEqual([1, 2, 3, 1])
    expect(expandDims(x, [])).toBe(x)
    expect(squeeze(x, [])).toBe(x)
  })

  test('with axes in another order', () => {
    expect(transpose(x, [1, 0]).toList()).toEqual([[0, 3], [1, 4], [2, 5]])
    expect(transpose(x, [0, 1])).toBe(x)
    const y = iota([2, 3, 4])
    const z = transpose(y, [2, 0, 1])
    expect(z.shape).toEqual([4, 2, 3])
    expect(transpose(z, [1, 2, 0]).toTypedArray()).toEqual(y.toTypedArray())
  })

  test('backwards', () => {
    expect(rev(x, [1]).toList()).toEqual([[2, 1, 0], [5, 4, 3]])
    expect(rev(x, [0, 1]).toList()).toEqual([[5, 4, 3], [2, 1, 0]])
    expect(rev(x, [])).toBe(x)
    expect(rev(iota([0, 2]), [0]).shape).toEqual([0, 2])
  })

  test('what does not fit', () => {
    expect(() => reshape(x, [4])).toThrow('reshape: expected an array of 4 elements for the shape [4], got float32[2,3]')
    expect(() => reshape(x, [-1])).toThrow('non-negative')
    expect(() => squeeze(x, [0])).toThrow('squeeze: expected size 1 along axis 0, got float32[2,3]')
    expect(() => transpose(x, [0])).toThrow('a permutation of 2 axes')
    expect(() => transpose(x, [0, 0])).toThrow('each axis at most once')
    expect(() => rev(x, [2])).toThrow('axis 2')
  })
})

describe('slices', () => {
  const x = iota([3, 4])

  test('of every axis', () => {
    expect(slice(x, [1, 0], [3, 4], [1, 3]).toList()).toEqual([[4, 7], [8, 11]])
    expect(slice(x, [0, 0], [3, 4])).toBe(x)
    expect(slice(x, [0, 0], [3, 4], [1, 1])).toBe(x)
    expect(slice(x, [2, 2], [2, 4]).shape).toEqual([0, 2])
  })

  test('of one axis', () => {
    expect(sliceInDim(x, -2, null, 1, 1).toList()).toEqual([[2, 3], [6, 7], [10, 11]])
    expect(sliceInDim(x, 0, 3, 2).toList()).toEqual([[0, 1, 2, 3], [8, 9, 10, 11]])
    expect(indexInDim(x, -1, -1, false).toList()).toEqual([3, 7, 11])
    expect(indexInDim(x, 1).toList()).toEqual([[4, 5, 6, 7]])
  })

  test('outside of the array', () => {
    expect(() => slice(x, [0, 0], [3, 5])).toThrow('slice: expected integers 0 ≤ start ≤ limit ≤ 4 along axis 1, got 0 and 5')
    expect(() => slice(x, [0], [3])).toThrow('for each of 2 axes, got 1, 1 of them')
    expect(() => slice(x, [0, 0], [3, 4], [0, 1])).toThrow('a positive integer stride')
    expect(() => indexInDim(x, 3)).toThrow('indexInDim: expected an integer position from -3 to 2 along axis 0, got 3')
  })
})

describe('pad', () => {
  // From JAX's lax.pad on arange(n) with the padding value 9.
  test.for([
    [3, [1, 2, 0], [9, 0, 1, 2, 9, 9]],
    [3, [0, 0, 2], [0, 9, 9, 1, 9, 9, 2]],
    [4, [-1, -1, 0], [1, 2]],
    [4, [-1, 1, 1], [9, 1, 9, 2, 9, 3, 9]],
    [4, [-2, -2, 1], [1, 9, 2]],
    [4, [-3, 5, 2], [1, 9, 9, 2, 9, 9, 3, 9, 9, 9, 9, 9]],
    [3, [-4, 4, 0], [9, 9, 9]],
    [3, [5, -4, 0], [9, 9, 9, 9]],
    [0, [1, 1, 3], [9, 9]],
    [1, [-1, 0, 0], []]
  ] as const)('%s elements by %s', ([n, padding, expected]) => {
    expect(pad(iota([n]), 9, [padding]).toList()).toEqual(expected)
  })

  test('along several axes', () => {
    expect(pad(iota([2, 2]), 9, [[1, 0, 0], [-1, 1, 1]]).toList()).toEqual([[9, 9, 9], [9, 1, 9], [9, 3, 9]])
    const x = iota([2])
    expect(pad(x, 9, [[0, 0, 0]])).toBe(x)
  })

  test('what does not fit', () => {
    const x = iota([3])
    expect(() => pad(x, 0, [[-2, -2, 0]])).toThrow('pad: expected negative padding of at most the size 3 along axis 0, got [-2, -2, 0]')
    expect(() => pad(x, 0, [[0, 0, -1]])).toThrow('interior')
    expect(() => pad(x, 0, [])).toThrow('for each of 1 axes')
    expect(() => pad(x, x, [[1, 0, 0]])).toThrow('a scalar padding value')
  })

  test('with a padding value for each example', () => {
    const [[y]] = padP.batch(2, [iota([3]), array([7, Infinity])], [false, true], { paddingConfig: [[1, 0, 1]] })
    expect(y.toList()).toEqual([[7, 0, 7, 1, 7, 2], [Infinity, 0, Infinity, 1, Infinity, 2]])
  })

  test('transposes to the slice, and the sum of the rest', () => {
    const operands = [new Unknown({ shape: [3], dtype: 'float32', weak: false }), new Unknown({ shape: [], dtype: 'float32', weak: false })]
    const back = padP.transpose?.([iota([6])], operands, { paddingConfig: [[-1, 2, 1]] })
    expect(back?.map((ct) => ct?.toList())).toEqual([[0, 1, 3], 11])
  })

  test('slices transpose to it', () => {
    const x = new Unknown({ shape: [8], dtype: 'float32', weak: false })
    const back = sliceP.transpose?.([array([1, 2])], [x], { startIndices: [2], limitIndices: [6], strides: [3] })
    expect(back?.map((ct) => ct?.toList())).toEqual([[0, 0, 1, 0, 0, 2, 0, 0]])
  })
})

describe('parts', () => {
  const x = iota([2, 3])

  test('join along an axis', () => {
    expect(concatenate([x, iota([2, 1])], -1).toList()).toEqual([[0, 1, 2, 0], [3, 4, 5, 1]])
    expect(concatenate([x, iota([0, 3]), iota([1, 3])], 0).toList()).toEqual([[0, 1, 2], [3, 4, 5], [0, 1, 2]])
    expect(concatenate([x], 0)).toBe(x)
  })

  test('and come apart', () => {
    expect(split(x, [1, 2], 1).map((part) => part.toList())).toEqual([[[0], [3]], [[1, 2], [4, 5]]])
    expect(split(x, [2])[0]).toBe(x)
    expect(unstack(x).map((part) => part.toList())).toEqual([[0, 1, 2], [3, 4, 5]])
  })

  test('each transposes to the other', () => {
    const type = { dtype: 'float32', weak: false } as const
    const operands = [new Unknown({ ...type, shape: [1] }), iota([2]), new Unknown({ ...type, shape: [3] })]
    const back = concatenateP.transpose?.([iota([6])], operands, { dimension: 0 })
    expect(back?.map((ct) => ct?.toList())).toEqual([[0], undefined, [3, 4, 5]])
    const [ct] = splitP.transpose?.([null, iota([2])], [new Unknown({ ...type, shape: [5] })], { sizes: [3, 2], axis: 0 }) ?? []
    expect(ct?.toList()).toEqual([0, 0, 0, 0, 1])
  })

  test('transposes in time linear in the number of operands', () => {
    let looks = 0
    const aval = {
      dtype: 'float32', weak: false,
      get shape() {
        looks++
        return [1]
      }
    } as const
    const count = 500
    const back = concatenateP.transpose?.([iota([count])], Array.from({ length: count }, () => new Unknown(aval)), { dimension: 0 })
    expect(back?.at(-1)?.toList()).toEqual([count - 1])
    expect(looks).toBeLessThan(5 * count)
  })

  test('tangents of some operands', () => {
    const [, push] = concatenateP.linearize?.([x, x], { dimension: 0 }, [false, true]) ?? []
    expect(push?.([null, x])[0]?.toList()).toEqual([[0, 0, 0], [0, 0, 0], [0, 1, 2], [3, 4, 5]])
    expect(push?.([null, null])).toEqual([null])
  })

  test('what does not fit', () => {
    expect(() => concatenate([], 0)).toThrow('at least one array')
    expect(() => concatenate([x, iota([3, 2])], 0)).toThrow('arrays of one shape but for axis 0, got float32[2,3] and float32[3,2]')
    expect(() => split(x, [1, 1], 1)).toThrow('split: expected sizes whose sum is 3, the size of axis 1, got [1, 1]')
    expect(() => unstack(reshape(iota([1]), []))).toThrow('at least one axis')
  })
})
