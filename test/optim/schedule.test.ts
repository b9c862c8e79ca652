import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64, i32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

/** One of each kind. */
const kinds: Readonly<Record<string, optim.Schedule>> = {
  constant: optim.constant(0.3),
  linear: optim.linear(1, 0.2, 10, { delay: 3 }),
  linearDecay: optim.linearDecay(1, 10),
  polynomial: optim.polynomial(1, 10, { power: 2 }),
  cosine: optim.cosine(1, 10),
  cosineRestarts: optim.cosineRestarts(1, 3, { growth: 2, final: 0.1 }),
  exponential: optim.exponential(1, 4, 0.5),
  stepDecay: optim.stepDecay(1, 4, 0.5, { delay: 1 }),
  inverseTime: optim.inverseTime(1, 0.1),
  piecewise: optim.piecewise(1, { 3: 0.5, 9: 4 }),
  interpolate: optim.interpolate({ 2: 1, 5: 3, 11: 0 }, { shape: 'cosine' }),
  oneCycle: optim.oneCycle(1, 20),
  warmup: optim.warmup(1, 5),
  warmupCosine: optim.warmupCosine(1, 5, 15),
  join: optim.join([optim.constant(1), optim.linear(1, 0, 5)], [4])
}

const counts = i32(Array.from({ length: 24 }, (_, k) => k))

describe.each(Object.entries(kinds))('%s', (_, schedule) => {
  const all = schedule(counts)

  test('is the same for one count, for many, under jit and under vmap', () => {
    expect([...counts].map((k) => schedule(k).item())).toEqual([...all.toTypedArray()])
    close('jit', jit(schedule)(counts), all, 1e-15)
    close('vmap', vmap(schedule)(counts), all, 1e-15)
    expect(all.dtype).toBe('float64')
  })

  test('is finite for as long as anyone counts', () => {
    expect(Number.isFinite(schedule(i32(2 ** 31 - 1)).item())).toBe(true)
  })

  test('is not of counts that are negative or fractions', () => {
    expect(() => schedule(i32([3, -1]))).toThrow(ArgumentError)
    expect(() => schedule(f64(0.5))).toThrow('counts of steps, which are integers of at least 0, got 0.5')
    expect(() => schedule(3 as unknown as NdArray)).toThrow(ArgumentError)
  })
})

describe('laws', () => {
  const integer = (least: number, most: number): fc.Arbitrary<number> => fc.integer({ min: least, max: most })

  test('periods of cosineRestarts begin where they should, however long they get', () => {
    fc.assert(fc.property(integer(1, 1000), integer(1, 9), integer(0, 12), (steps, growth, n) => {
      const begin = steps * Array.from({ length: n }, (_, i) => growth ** i).reduce((a, b) => a + b, 0)
      fc.pre(begin + 1 < 2 ** 31)
      const schedule = optim.cosineRestarts(1, steps, { growth, final: 0.25 })
      expect(schedule(i32(begin)).item()).toBe(1)
      // the last step before is by one part in so many above the end
      const last = steps * growth ** (n - 1)
      const end = 0.25 + 0.75 * (1 - Math.cos(Math.PI / last)) / 2
      if (n > 0) expect(schedule(i32(begin - 1)).item()).toBeCloseTo(end, 9)
    }), { numRuns: 100 })
  })

  test('interpolate goes through all its values and stays between neighbours', () => {
    const values = { 0: 2, 3: -1, 4: 5, 10: 5, 16: 0 }
    for (const shape of ['linear', 'cosine'] as const) {
      const schedule = optim.interpolate(values, { shape })
      for (const [k, value] of Object.entries(values)) expect(schedule(i32(Number(k))).item()).toBe(value)
      const path = schedule(i32(Array.from({ length: 20 }, (_, k) => k))).toTypedArray()
      path.forEach((x) => {
        expect(x).toBeGreaterThanOrEqual(-1 - 1e-14)
        expect(x).toBeLessThanOrEqual(5 + 1e-14)
      })
    }
  })

  test('linearDecay is linear to a hundredth; stepDecay is piecewise; exponential joins its stairs', () => {
    close('linear', optim.linearDecay(0.5, 10)(counts), optim.linear(0.5, 0.005, 10)(counts), 1e-16)
    close('step', optim.stepDecay(1, 5, 0.5)(counts), optim.piecewise(1, { 5: 0.5, 10: 0.5, 15: 0.5, 20: 0.5 })(counts), 1e-16)
    const every5th = i32([0, 5, 10, 15])
    close('stairs', optim.exponential(1, 5, 0.3)(every5th), optim.stepDecay(1, 5, 0.3)(every5th), 1e-15)
  })

  test('a warm-up of no steps is none', () => {
    const options = { final: 0.1, exponent: 2 }
    sameBits('cosine', optim.warmupCosine(1, 0, 15, options)(counts), optim.cosine(1, 15, options)(counts))
  })

  test('a schedule is what a step of the optimizer is taken by', () => {
    const optimizer = optim.sgd(optim.piecewise(1, { 1: 0.5 }))
    let state = optim.init(optimizer)(f64(0))
    const path = [1, 2, 3].map(() => (state = optim.step(optimizer)(state, f64(-1))).params.item())
    expect(path).toEqual([1, 1.5, 2])
    const slow = optim.every(2, optimizer)
    let other = optim.init(slow)(f64(0))
    const stairs = [1, 2, 3, 4].map(() => (other = optim.step(slow)(other, f64(-1))).params.item())
    expect(stairs).toEqual([0, 1, 1, 1.5])
  })

  test('rates that decay as 1/k sum to infinity, their squares do not', () => {
    const k = np.arange(100000)
    const rates = optim.inverseTime(1, 1)(k)
    expect(np.sum(rates).item()).toBeCloseTo(Math.log(100000) + 0.5772156649, 4)
    expect(np.sum(np.square(rates)).item()).toBeLessThan(Math.PI ** 2 / 6)
  })
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, string]>([
    ['a negative warm-up', () => optim.warmupCosine(1, -1, 5), 'an integer number of warm-up steps of at least 0, got -1'],
    ['no steps', () => optim.linear(1, 0, 0), 'linear: expected an integer number of steps of at least 1, got 0'],
    ['a negative number of steps', () => optim.cosine(1, -5), 'at least 1, got -5'],
    ['half a step', () => optim.polynomial(1, 2.5), 'an integer number of steps'],
    ['a negative delay', () => optim.linear(1, 0, 5, { delay: -1 }), 'an integer delay of at least 0, got -1'],
    ['an infinite value', () => optim.linear(1, Infinity, 5), 'a finite to'],
    ['stairs of no steps', () => optim.stepDecay(1, 0, 0.5), 'stepDecay: expected an integer number of steps of at least 1'],
    ['a negative factor', () => optim.stepDecay(1, 5, -0.5), 'stepDecay: expected a finite factor above 0'],
    ['a piece from a negative step', () => optim.piecewise(1, { [-3]: 0.1 }), 'piecewise: expected an integer count of at least 1, got -3'],
    ['a piece from half a step', () => optim.piecewise(1, { 1.5: 0.1 }), 'an integer count of at least 1, got 1.5'],
    ['a piece from a word', () => optim.piecewise(1, { later: 0.1 } as optim.ByCount), 'an integer count'],
    ['a factor of NaN', () => optim.piecewise(1, { 5: NaN }), 'a finite factor, got NaN'],
    ['a number for pieces', () => optim.piecewise(1, 5 as unknown as optim.ByCount), 'an object { count: factor }'],
    ['one value only', () => optim.interpolate({ 0: 1 }), 'values at two counts or more'],
    ['an unknown shape', () => optim.interpolate({ 0: 1, 2: 2 }, { shape: 'cubic' as 'linear' }), 'a shape, linear or cosine, got cubic'],
    ['a cycle without a rise', () => optim.oneCycle(1, 3), 'at least one step, one after the other, within 3 steps, got a rise of 0.3'],
    ['a cycle that only rises', () => optim.oneCycle(1, 10, { rise: 1 }), 'got a rise of 1'],
    ['a cycle that settles before its peak', () => optim.oneCycle(1, 10, { settle: 0.2 }), 'got a rise of 0.3 and a settle of 0.2'],
    ['a cycle that settles at its end', () => optim.oneCycle(1, 10, { settle: 1 }), 'a settle of 1'],
    ['a growth below 1', () => optim.cosineRestarts(1, 5, { growth: 0.5 }), 'an integer growth of at least 1']
  ])('%s', (_, f, message) => {
    expect(f).toThrow(ArgumentError)
    expect(f).toThrow(message)
  })
})
