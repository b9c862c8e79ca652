import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wrap } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import { allocate, byteSize, type DType } from '../../src/core/dtype.js'
import { bitcastConvertTypeP } from '../../src/lax/elementwise/bitcast.js'
import { erfInvGilesP } from '../../src/lax/elementwise/giles.js'
import * as lax from '../../src/lax/index.js'
import { threefry2x32P } from '../../src/lax/threefry.js'

const arrayOf = (dtype: DType, shape: readonly number[], data: readonly number[]): NdArray => {
  const elements = allocate(dtype, data.length)
  elements.set(data)
  return wrap({ shape, dtype, weak: false }, elements)
}

const words = (...data: readonly number[]): NdArray => arrayOf('uint32', [data.length], data)
const word = (x: number): NdArray => arrayOf('uint32', [], [x])

describe('threefry2x32', () => {
  // the known answers that come with the reference implementation of Salmon et al.
  test.each([
    [[0, 0], [0, 0], [0x6b200159, 0x99ba4efe]],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x1cb996fc, 0xbb002be7]],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], [0xc4923a9c, 0x483df7a0]]
  ])('key %j, counter %j', (key, counter, out) => {
    expect(lax.threefry2x32(word(key[0]), word(key[1]), word(counter[0]), word(counter[1])).map((x) => x.item())).toEqual(out)
  })

  test('operands broadcast, batched or not', () => {
    const [keys, counters] = [words(1, 2, 3), words(7, 8)]
    const row = (k: number): readonly (readonly NdArray[])[] => [...counters].map((c) => lax.threefry2x32(word(k), word(5), word(9), c))
    const looped = [1, 2, 3].map(row)
    const broadcast = lax.threefry2x32(lax.reshape(keys, [3, 1]), word(5), word(9), counters)
    const [batched, marks] = threefry2x32P.batch(3, [keys, word(5), word(9), counters], [true, false, false, false], {})
    expect(marks).toEqual([true, true])
    for (const i of [0, 1]) {
      const want = looped.map((line) => line.map((out) => out[i].item()))
      expect(broadcast[i].toList()).toEqual(want)
      expect(batched[i].toList()).toEqual(want)
    }
  })

  test('wrong operands', () => {
    expect(() => lax.threefry2x32(word(0), word(0), word(0), lax.full([], 0, 'int32'))).toThrow(/threefry2x32: expected four arrays of uint32/)
    expect(() => lax.threefry2x32(word(0), word(0), words(0, 1), words(0, 1, 2))).toThrow(/threefry2x32: expected shapes that broadcast/)
  })
})

describe('bitcastConvertType', () => {
  test('there and back again', () => {
    const dtypes = fc.constantFrom<DType[]>('int8', 'uint8', 'int32', 'uint32')
    fc.assert(fc.property(dtypes, dtypes, fc.array(fc.nat(2 ** 31 - 1), { minLength: 1 }), (from, to, data) => {
      const ratio = Math.max(1, byteSize(to) / byteSize(from))
      const x = arrayOf(from, [data.length, ratio], data.flatMap((n) => Array.from({ length: ratio }, (_, i) => n >>> (8 * i))))
      const y = lax.bitcastConvertType(byteSize(from) < byteSize(to) ? x : lax.reshape(x, [data.length]), to)
      expect(lax.reshape(lax.bitcastConvertType(y, from), x.shape).toTypedArray()).toEqual(x.toTypedArray())
    }))
  })

  test('parts are low ones first', () => {
    expect(lax.bitcastConvertType(words(0x03020100), 'uint8').toList()).toEqual([[0, 1, 2, 3]])
    expect(lax.bitcastConvertType(arrayOf('uint32', [1, 2], [0, 0x3ff00000]), 'float64').toList()).toEqual([1])
    expect(lax.bitcastConvertType(arrayOf('float32', [2], [-0, NaN]), 'uint32').toList()).toEqual([0x80000000, 0x7fc00000])
  })

  test('wrong operands', () => {
    expect(() => lax.bitcastConvertType(lax.full([2], 1, 'bool'), 'uint8')).toThrow(/bitcastConvertType: expected two dtypes of numbers, or bool twice, got bool and uint8/)
    expect(() => lax.bitcastConvertType(words(1, 2, 3), 'float64')).toThrow(/bitcastConvertType: expected a last axis of 2/)
    expect(() => bitcastConvertTypeP.batch(2, [words(1, 2)], [true], { newDtype: 'float64' })).toThrow(/last axis of 2/)
  })
})

describe('erfInvGiles', () => {
  test('is near the inverse error function and has its ends', () => {
    const x = arrayOf('float64', [9], [-1, -0.999, -0.5, -1e-300, 0, 1e-9, 0.3, 0.99999, 1])
    const [y, z] = [lax.erfInvGiles(x).toTypedArray(), lax.erfInv(x).toTypedArray()]
    const near = (a: number, b: number): boolean => a === b || Math.abs(a - b) <= 1e-13 * Math.abs(b)
    expect(y.every((value, i) => near(value, z[i]))).toBe(true)
    expect(lax.erfInvGiles(arrayOf('float32', [2], [1.5, NaN])).toList()).toEqual([NaN, NaN])
  })

  test('its derivative is the function’s', () => {
    const x = arrayOf('float64', [3], [-0.9, 0.1, 0.7])
    const [, push] = erfInvSlope(x)
    const slopes = push([lax.full([3], 1, 'float64')])[0]?.toTypedArray() ?? []
    const step = (h: number): readonly number[] => [...lax.erfInvGiles(lax.add(x, h)).toTypedArray()]
    const [up, down] = [step(1e-6), step(-1e-6)]
    up.forEach((value, i) => expect(slopes[i]).toBeCloseTo((value - down[i]) / 2e-6, 5))
  })
})

const erfInvSlope = (x: NdArray): ReturnType<NonNullable<typeof erfInvGilesP.linearize>> => {
  if (erfInvGilesP.linearize === undefined) throw new Error('a derivative')
  return erfInvGilesP.linearize([x], {}, [true])
}
