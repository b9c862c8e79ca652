import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, grad, jit, lax, np, ShapeError, TreeError, vmap, type NdArray } from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { f32, f64, generate, noise, sliceAt, stackAt } from '../support/arrays.js'
import { close } from '../support/close.js'
import { foreign, refuses } from './mistakes.js'

type Affine = readonly [a: NdArray, b: NdArray]

/** What two affine maps are, one after the other: associative, not commutative. */
const compose = ([a, b]: Affine, [c, d]: Affine): Affine => [np.mul(a, c), np.add(np.mul(c, b), d)]

/** The same, one after another along an axis. */
const folded = ([as, bs]: Affine, axis: number, reverse: boolean): Affine => {
  const places = Array.from({ length: as.shape[axis] }, (_, k) => (reverse ? as.shape[axis] - 1 - k : k))
  const out: Affine[] = []
  let last: Affine | null = null
  for (const k of places) {
    const each: Affine = [lax.indexInDim(as, k, axis, false), lax.indexInDim(bs, k, axis, false)]
    last = last === null ? each : compose(last, each)
    out[k] = last
  }
  return [np.stack(out.map(([a]) => a), { axis }), np.stack(out.map(([, b]) => b), { axis })]
}

const random = (seed: number, shape: readonly number[]): NdArray => generate('float64', shape, (i) => noise(seed, i))

describe('associativeScan', () => {
  const layouts = fc.record({
    shape: fc.tuple(fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 3 })),
    axis: fc.nat(1),
    fromEnd: fc.boolean(),
    reverse: fc.boolean(),
    seed: fc.nat(99)
  })

  test('combines beginnings, or ends, in order', () => {
    fc.assert(fc.property(layouts, ({ shape, axis, fromEnd, reverse, seed }) => {
      const sizes = axis === 0 ? shape : shape.toReversed()
      const elements: Affine = [random(seed, sizes), random(seed + 1, sizes)]
      const scan = (x: Affine): Affine => lax.associativeScan(compose, x, { axis: fromEnd ? axis - 2 : axis, reverse })
      const expected = folded(elements, axis, reverse)
      for (const f of [scan, jit(scan)]) f(elements).forEach((y, i) => { close('the scan', y, expected[i], 1e-12) })

      const weight = random(seed + 2, sizes)
      const loss = (f: (x: Affine) => Affine) => (x: Affine): NdArray => np.sum(np.mul(f(x)[1], weight))
      const slopes = grad(loss((x) => folded(x, axis, reverse)))(elements)
      grad(loss(scan))(elements).forEach((y, i) => { close('its gradient', y, slopes[i], 1e-11) })

      const batch = [0, 1].map((k): Affine => [random(seed + k, sizes), random(seed + k + 5, sizes)])
      const stacked: Affine = [stackAt(batch.map(([a]) => a), 0), stackAt(batch.map(([, b]) => b), 0)]
      const batched = vmap((x: Affine) => scan(x))(stacked)
      batch.forEach((each, k) => { close('a batch', sliceAt(batched[1], 0, k), folded(each, axis, reverse)[1], 1e-12) })
    }), { numRuns: numRuns(60) })
  })

  test('is a tree of logarithmic depth', () => {
    for (const n of [1, 2, 3, 8, 100, 1000]) {
      let calls = 0
      lax.associativeScan((a: NdArray, b: NdArray) => {
        calls++
        return np.add(a, b)
      }, np.ones([n]))
      expect(calls).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(n)))
    }
  })

  test('of nothing and of one element does nothing', () => {
    expect(lax.associativeScan(np.add, np.zeros([0, 3])).shape).toEqual([0, 3])
    expect(lax.associativeScan(np.add, f32([5])).toList()).toEqual([5])
  })

  const x = f32([1, 2])
  refuses([
    ['no arrays', () => lax.associativeScan((a: object) => a, {}), ArgumentError, 'associativeScan: expected at least one array, got none'],
    ['a scalar', () => lax.associativeScan(np.add, f64(1)), ShapeError, 'associativeScan: expected no axis, as the array is a scalar, got axis 0'],
    ['an axis beyond the rank', () => lax.associativeScan(np.add, x, { axis: 1 }), ShapeError, 'associativeScan: expected an axis from -1 to 0, got axis 1'],
    ['axes of different sizes, each', () => lax.associativeScan((a: object) => a, { a: x, b: [f32([1])] }),
      ShapeError, 'associativeScan: expected axes of one size, got elements.a has 2, elements.b[0] has 1'],
    ['an operation that returns another tree', () => lax.associativeScan<unknown>((a) => [a], x),
      TreeError, 'associativeScan: expected the elements and what combine returns to have the same structure, got * and [*] at the root'],
    ['an operation that returns another shape', () => lax.associativeScan((a: NdArray) => np.sum(a), x),
      ShapeError, 'associativeScan: expected a function that keeps the types of its operands, got float32[1] and float32[] at result'],
    ['what is no function', () => lax.associativeScan(foreign<typeof np.add>(1), x),
      ArgumentError, 'associativeScan: expected a function that combines two elements, got 1'],
    ['an unknown option', () => lax.associativeScan(np.add, x, foreign({ reversed: true })),
      ArgumentError, 'associativeScan: expected options among axis, reverse, got the unknown option "reversed"']
  ])
})
