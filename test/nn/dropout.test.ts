import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { generate, noise } from '../support/arrays.js'
import { sameBits } from '../support/close.js'

const key = random.key(3)
const none = null
const x = generate('float64', [4, 5], (i) => noise(1, i))

describe('dropout', () => {
  test.each([0.1, 0.2, 0.5, 0.9])('keeps the mean and drops its share: rate %d', (rate) => {
    const n = 40000
    const y = nn.drop(key, rate)(np.ones([n]))
    const deviation = Math.sqrt(rate / (1 - rate) / n)
    expect(Math.abs(np.mean(y).item() - 1)).toBeLessThan(4 * deviation)
    expect(Math.abs(np.mean(np.equal(y, 0)).item() - rate)).toBeLessThan(4 * Math.sqrt(rate * (1 - rate) / n))
  })

  test('each element is zero or scaled, whatever key and rate', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 0.95, noNaN: true }), (seed, rate) => {
      const y = nn.drop(random.key(seed), rate)(x).toTypedArray()
      x.toTypedArray().forEach((value, i) => {
        expect(y[i] === 0 || y[i] === value / (1 - rate)).toBe(true)
      })
    }))
  })

  test('is the identity in evaluation and at rate 0', () => {
    for (const layer of [nn.dropout(0.5), nn.dropout(0)]) {
      const [y, state] = layer.apply(none, { mode: 'evaluate', key, state: null })(x)
      expect(y).toBe(x)
      expect(state).toBe(null)
    }
    expect(nn.dropout(0).apply(none, { mode: 'train', state: null })(x)[0]).toBe(x)
    sameBits('rate 0', nn.drop(key, 0)(x), x)
    expectTypeOf(nn.dropout(0.5)).toEqualTypeOf<nn.StatefulLayer<null, null>>()
  })

  test('the gradient goes where the value goes, and not even NaN comes out of what is dropped', () => {
    const ones = np.onesLike(x)
    const f = (y: NdArray): NdArray => np.sum(nn.drop(key, 0.5)(y))
    sameBits('gradient', grad(f)(x), nn.drop(key, 0.5)(ones))
    const mask = np.equal(nn.drop(key, 0.5)(ones), 0)
    expect(np.all(np.isfinite(nn.drop(key, 0.5)(np.where(mask, NaN, x)))).item()).toBe(1)
  })

  test('along broadcast axes all goes together', () => {
    const images = np.ones([3, 4, 4, 5])
    const y = nn.drop(key, 0.5, { broadcast: [-3, -2] })(images)
    sameBits('channels', np.broadcastTo(np.slice(y, [null, [0, 1], [0, 1]]), images.shape), y)
    expect(new Set(y.toTypedArray())).toEqual(new Set([0, 2]))
  })

  test('makes floats of integers', () => {
    expect(nn.drop(key, 0.5)(np.ones([2], { dtype: 'int32' })).dtype).toBe('float32')
  })

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a rate of 1', () => nn.dropout(1), ArgumentError, 'dropout: expected a rate in [0, 1), got 1'],
    ['a negative rate', () => nn.drop(key, -0.1), ArgumentError, 'drop: expected a rate in [0, 1), got -0.1'],
    ['NaN', () => nn.dropout(NaN), ArgumentError, 'got NaN'],
    ['a text', () => nn.dropout('0.5' as unknown as number), ArgumentError, 'got "0.5"'],
    ['what is no key', () => nn.drop(3 as unknown as NdArray, 0.5), ArgumentError, 'drop: expected a key'],
    ['an array that is no key', () => nn.drop(np.ones([2]), 0.5), DTypeError, 'drop: expected a key'],
    ['an axis that is none', () => nn.drop(key, 0.5, { broadcast: 2 })(x), ShapeError, 'an axis from -2 to 1'],
    ['an unknown option', () => nn.dropout(0.5, { axis: 1 } as object), ArgumentError, '"axis"']
  ])('refuses %s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
