import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dataset, draw, SIDE } from '../../examples/lib/strokes.js'
import { STYLES } from '../../examples/lib/styles.js'
import { bell, permutation, uniform } from '../../examples/lib/uniform.js'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const digit = fc.integer({ min: 0, max: 9 })

const mean = (values: Iterable<number>): number => {
  const all = [...values]
  return all.reduce((a, b) => a + b, 0) / all.length
}

describe('the streams behind the drawings', () => {
  it('are determined by their seed, lie in [0, 1) and are spread evenly', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const [a, b] = [uniform(seed), uniform(seed)]
        const values = Array.from({ length: 2000 }, () => a())
        expect(values).toEqual(values.map(() => b()))
        expect(values.every((v) => v >= 0 && v < 1)).toBe(true)
        expect(Math.abs(mean(values) - 0.5)).toBeLessThan(0.04)
      }),
      { numRuns: 30 }
    )
  })

  it('give bells of mean 0 and deviation 1', () => {
    const next = uniform(7)
    const values = Array.from({ length: 20000 }, () => bell(next))
    expect(Math.abs(mean(values))).toBeLessThan(0.03)
    expect(Math.abs(mean(values.map((v) => v * v)) - 1)).toBeLessThan(0.04)
  })

  it('give permutations', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 50 }), (seed, n) => {
        expect([...permutation(uniform(seed), n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
      })
    )
  })
})

describe('draw', () => {
  it('knows at least two styles of every digit', () => {
    expect(STYLES.map((styles) => styles.length >= 2)).toEqual(new Array(10).fill(true))
  })

  it('gives the same bytes for the same label and seed, and others for another seed', () => {
    fc.assert(
      fc.property(digit, seeds, (label, seed) => {
        const image = draw(label, seed)
        expect(image).toHaveLength(SIDE * SIDE)
        expect(draw(label, seed)).toEqual(image)
        expect(draw(label, (seed + 1) >>> 0)).not.toEqual(image)
      })
    )
  })

  it('puts a good deal of ink in the middle and next to none on the border', () => {
    fc.assert(
      fc.property(digit, seeds, (label, seed) => {
        const image = draw(label, seed)
        const inked = image.filter((v) => v > 127).length
        expect(inked).toBeGreaterThan(10)
        expect(inked).toBeLessThan(330)
        const border = image.filter((v, i) => v > 127 && (i < SIDE || i >= SIDE * (SIDE - 1) || i % SIDE === 0 || i % SIDE === SIDE - 1))
        expect(border.length).toBeLessThan(20)
      }),
      { numRuns: 300 }
    )
  })

  it('refuses what is no digit', () => {
    for (const label of [-1, 10, 1.5, NaN]) expect(() => draw(label, 0)).toThrow('expected a digit from 0 to 9')
  })
})

describe('dataset', () => {
  it('is balanced over every stretch of ten', () => {
    const { labels } = dataset(200, 3)
    for (let i = 0; i < 200; i += 10) {
      expect([...labels.subarray(i, i + 10)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
  })

  it('begins as a shorter one of the same seed does', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), (seed, a, b) => {
        const [short, long] = [dataset(Math.min(a, b), seed), dataset(Math.max(a, b), seed)]
        expect(long.labels.subarray(0, short.count)).toEqual(short.labels)
        expect(long.images.subarray(0, short.images.length)).toEqual(short.images)
      }),
      { numRuns: 30 }
    )
  })

  it('holds images that tell the digits apart: nearest to the mean image is right for most', () => {
    const size = SIDE * SIDE
    const [learn, test] = [dataset(1000, 1), dataset(300, 2)]
    const means = Array.from({ length: 10 }, () => new Float64Array(size))
    learn.labels.forEach((label, i) => {
      for (let p = 0; p < size; p++) means[label][p] += learn.images[i * size + p] / 100
    })
    const distance = (i: number, label: number): number => {
      let sum = 0
      for (let p = 0; p < size; p++) sum += (test.images[i * size + p] - means[label][p]) ** 2
      return sum
    }
    const right = test.labels.filter((label, i) => {
      const distances = means.map((_, l) => distance(i, l))
      return distances.indexOf(Math.min(...distances)) === label
    })
    expect(right.length / 300).toBeGreaterThan(0.6)
    expect(right.length / 300).toBeLessThan(0.95)
  })
})
