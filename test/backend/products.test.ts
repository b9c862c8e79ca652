import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import { jit, lax, np } from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { agree, draw } from '../support/compiled.js'
import { functionInPieces, halfOf } from './cutting.js'

const floats = fc.constantFrom<DType>('float32', 'float64')

const products = fc.record({
  batch: fc.constantFrom([], [2], [3, 2]), rows: fc.integer({ min: 1, max: 37 }), columns: fc.integer({ min: 1, max: 37 }),
  depth: fc.integer({ min: 1, max: 40 }), axes: fc.tuple(fc.boolean(), fc.boolean()), dtype: floats, seed: fc.integer()
})

/** Few rows, and a right factor of long ones; of several blocks, if there are many. */
const fewRows = fc.record({
  batch: fc.constantFrom([], [2]), rows: fc.integer({ min: 1, max: 24 }), columns: fc.integer({ min: 64, max: 150 }),
  depth: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 64, max: 140 }) }, { weight: 1, arbitrary: fc.integer({ min: 1020, max: 1060 }) }),
  axes: fc.tuple(fc.boolean(), fc.boolean()), dtype: floats, seed: fc.integer()
})

type Binary = (y: NdArray, z: NdArray) => NdArray

/** What may follow a product, of it and of an array of its shape. */
const followers: readonly Binary[] = [
  (y, z) => np.add(y, lax.sliceInDim(z, 0, 1, 1, z.ndim - 2)),
  (y) => np.maximum(y, 0), (y) => np.array(np.greater(y, 0), { dtype: y.dtype }), (y, z) => np.add(y, z), (y) => np.sin(y),
  (y, z) => np.mul(z, np.add(y, 1)), (y, z) => np.subtract(z, np.mul(0.5, y)), (y) => np.mul(y, np.arange(y.shape[y.ndim - 1])),
  (y) => np.array(np.array(y, { dtype: 'float64' }), { dtype: y.dtype }),
  (y) => np.reshape(np.reshape(y, [-1]), y.shape), (y) => np.flip(y, { axis: -1 }), (y) => np.sub(y, np.sum(y, { axis: -1, keepdims: true }))
]

const followed = fc.record({
  batch: fc.constantFrom([], [2], [3, 2]), rows: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 12, max: 60 }),
  depth: fc.constantFrom(1, 7, 20, 530), axes: fc.tuple(fc.boolean(), fc.boolean()), dtype: floats, seed: fc.integer(),
  chains: fc.array(fc.array(fc.constantFrom(...followers), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
})

/** Axes of x of [i, k, j, 2] and of y of [3, j, 2, k]. */
const scattered = [
  [[[1], [3]], [[], []]], [[[1, 3], [3, 2]], [[], []]], [[[1], [3]], [[3], [2]]], [[[2], [1]], [[1], [3]]]
] as const

describe('products', () => {
  const multiply = (batch: number, left: boolean, right: boolean): ((x: NdArray, y: NdArray) => NdArray) => (x, y) => {
    const axes = Array.from({ length: batch }, (_, k) => k)
    return lax.dotGeneral(x, y, { contract: [[batch + (left ? 0 : 1)], [batch + (right ? 1 : 0)]], batch: [axes, axes] })
  }

  test('agree with the reference, whatever their sizes and sides', () => {
    fc.assert(fc.property(products, ({ batch, rows, columns, depth, axes: [left, right], dtype, seed }) => {
      const x = draw(seed, [...batch, ...(left ? [depth, rows] : [rows, depth])], dtype)
      const y = draw(seed + 1, [...batch, ...(right ? [columns, depth] : [depth, columns])], dtype)
      agree(multiply(batch.length, left, right), [x, y])
      functionInPieces(multiply(batch.length, left, right), [x, y], seed)
    }), { numRuns: numRuns(150) })
  })

  test('of few rows agree with the reference', () => {
    fc.assert(fc.property(fewRows, ({ batch, rows, columns, depth, axes: [left, right], dtype, seed }) => {
      const whole = (k: number, shape: readonly number[]): NdArray => np.array(draw(seed + k, [...batch, ...shape], 'int8'), { dtype })
      const [x, y] = [whole(0, left ? [depth, rows] : [rows, depth]), whole(1, right ? [columns, depth] : [depth, columns])]
      agree(multiply(batch.length, left, right), [x, y])
      functionInPieces(multiply(batch.length, left, right), [x, y], seed)
    }), { numRuns: numRuns(40) })
  })

  test('agree with the reference, whatever follows them', () => {
    fc.assert(fc.property(followed, ({ batch, rows, columns, depth, axes: [left, right], dtype, seed, chains }) => {
      const whole = (k: number, shape: readonly number[]): NdArray => np.array(draw(seed + k, [...batch, ...shape], 'int32'), { dtype })
      const x = whole(0, left ? [depth, rows] : [rows, depth])
      const y = whole(1, right ? [columns, depth] : [depth, columns])
      const program = (...[p, q, z]: readonly NdArray[]): readonly NdArray[] => {
        const product = multiply(batch.length, left, right)(p, q)
        return chains.map((chain) => chain.reduce((value, next) => next(value, z), product))
      }
      agree(program, [x, y, whole(2, [rows, columns])], 256)
      functionInPieces(program, [x, y, whole(2, [rows, columns])], seed)
    }), { numRuns: numRuns(50) })
  })

  test('of axes that make no matrices transpose their operands first', () => {
    const few = fc.integer({ min: 1, max: 5 })
    const shapes = fc.record({ i: few, k: few, j: few, seed: fc.nat() })
    fc.assert(fc.property(shapes, ({ i, k, j, seed }) => {
      const [x, y] = [draw(seed, [i, k, j, 2], 'float32'), draw(seed + 1, [3, j, 2, k], 'float32')]
      for (const [contract, batch] of scattered) {
        const f = (a: NdArray, b: NdArray): NdArray => lax.dotGeneral(a, b, { contract, batch })
        agree(f, [x, y])
        expect(jit(f).lower(x, y).schedule().kernels.every(({ kind }) => kind !== 'opaque')).toBe(true)
      }
    }), { numRuns: numRuns(20) })
  })

  test.each([
    [1, 1, 1], [1, 2048, 3], [130, 1030, 5], [129, 17, 515], [8, 1040, 300], [5, 1028, 257], [131, 1, 259], [300, 10, 300], [2, 3, 5000],
    [10, 70, 100], [24, 131, 64], [3, 1024, 17], [2, 1024, 2100], [1, 1030, 260],
    [13, 517, 1031], [1024, 10, 70], [1024, 2, 1030], [512, 33, 40],
    [512, 17, 530], [64, 10, 300], [13, 10, 67], [29, 3, 66], [64, 7, 65], [64, 1, 300], [7, 1, 67], [8, 1, 65], [1, 9, 71], [1, 1, 1000]
  ])('%i × %i × %i', (rows, columns, depth) => {
    for (const [left, right] of [[false, false], [true, false], [false, true], [true, true]]) {
      const x = draw(1, left ? [depth, rows] : [rows, depth], 'float32')
      const y = draw(2, right ? [columns, depth] : [depth, columns], 'float32')
      agree(multiply(0, left, right), [x, y], 256)
      for (const seed of [1, 2]) functionInPieces(multiply(0, left, right), [x, y], seed)
    }
  })

  test.each([
    [[], 130, 140, 60], [[], 8, 1040, 300], [[], 8, 1024, 70], [[7], 11, 80, 70], [[], 1024, 10, 70], [[], 512, 64, 70],
    [[], 300, 10, 300], [[], 64, 1, 300], [[], 1, 700, 300], [[70], 20, 24, 30], [[5], 100, 30, 20]
  ])(
    'half of the units of %j %i × %i × %i do half of it', (batch, rows, columns, depth) => {
      for (const left of [false, true]) {
        const x = draw(1, [...batch, ...(left ? [depth, rows] : [rows, depth])], 'float32')
        const part = halfOf(multiply(batch.length, left, false), [x, draw(2, [...batch, depth, columns], 'float32')])
        expect(part).toBeGreaterThan(0.3)
        expect(part).toBeLessThan(0.8)
      }
    })
})
