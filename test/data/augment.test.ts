import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import * as data from '../../src/data/index.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { generate, noise } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'
import { golden } from '../support/golden.js'

const images = generate('float64', [6, 5, 5, 2], (i) => noise(1, i))
const key = random.key(7)
const keys = fc.nat(1000).map((seed) => random.key(seed))

const augmentations: readonly (readonly [string, data.Augmentation])[] = [
  ['shift', data.shift({ rows: 2, columns: [0, 3] })],
  ['shift, edge', data.shift({ rows: 2, columns: 1, fill: 'edge' })],
  ['crop', data.crop({ size: [3, 4], padding: 1 })],
  ['flip', data.flip()],
  ['quarterTurns', data.quarterTurns()],
  ['rotate', data.rotate({ degrees: 40 })],
  ['rotate, edge', data.rotate({ degrees: [10, 20], fill: 'edge' })],
  ['noise', data.noise({ deviation: 0.5 })],
  ['cutout', data.cutout({ size: 3 })],
  ['augment', data.augment(data.flip(), data.shift({ rows: 1 }), data.noise({ deviation: 0.1 }))]
]

describe('every augmentation', () => {
  test.each(augmentations)('%s of a batch is vmap over split keys', (_, f) => {
    const batch = f(key)(images)
    sameBits('batch', batch, vmap((k: NdArray, x: NdArray) => f(k)(x))(random.split(key, 6), images))
  }, 10_000)

  test.each(augmentations)('%s is pure, under jit too', (_, f) => {
    const once = f(key)(images)
    sameBits('again', f(key)(images), once)
    close('jit', jit((k: NdArray, x: NdArray) => f(k)(x))(key, images), once, 1e-15)
    expect(np.arrayEqual(f(random.key(9))(images), once).item()).toBe(0)
  })

  test.each(augmentations)('%s takes any batch axes and keeps the dtype', (_, f) => {
    const flat = f(key)(images)
    const nested = f(key)(np.reshape(images, [2, 3, 5, 5, 2]))
    sameBits('axes', np.reshape(nested, flat.shape), flat)
    expect(f(key)(np.slice(images, [0])).shape).toEqual(flat.shape.slice(1))
    expect(f(key)(np.astype(images, 'float32')).dtype).toBe('float32')
  })

  test.each(augmentations)('%s has derivatives', (_, f) => {
    const slopes = grad((x: NdArray) => np.sum(f(key)(x)))(images)
    expect(np.all(np.isfinite(slopes)).item()).toBe(1)
    expect(slopes.shape).toEqual(images.shape)
  })
})

describe('laws', () => {
  const identities: readonly (readonly [string, data.Augmentation])[] = [
    ['shift by 0', data.shift()],
    ['rotate by 0', data.rotate({ degrees: 0 })],
    ['flip with probability 0', data.flip({ probability: 0 })],
    ['noise of deviation 0', data.noise({ deviation: 0 })],
    ['crop of the whole', data.crop({ size: [5, 5] })],
    ['augment by nothing', data.augment()]
  ]
  test.each(identities)('%s is the identity', (_, f) => sameBits('identity', f(key)(images), images))

  test.each(['horizontal', 'vertical'] as const)('flips are involutions: %s', (direction) => {
    const f = data.flip({ direction, probability: 1 })(key)
    sameBits('once', f(images), np.flip(images, { axis: direction === 'horizontal' ? 2 : 1 }))
    sameBits('twice', f(f(images)), images)
    const half = data.flip({ direction })(key)
    sameBits('the same ones twice', half(half(images)), images)
  })

  test('a shift there and back keeps what stayed inside', () => {
    const [down, up] = [[2, 2], [-2, -2]].map(([from, to]) => data.shift({ rows: [from, to] })(key))
    const y = up(down(images))
    sameBits('inside', np.slice(y, [null, [0, 3]]), np.slice(images, [null, [0, 3]]))
    sameBits('outside', np.slice(y, [null, [3, 5]]), np.zeros([6, 2, 5, 2], { dtype: 'float64' }))
    sameBits('edge', np.slice(data.shift({ rows: [2, 2], fill: 'edge' })(key)(images), [null, 1]), np.slice(images, [null, 0]))
    sameBits('far', data.shift({ columns: [9, 9] })(key)(images), np.zerosLike(images))
  })

  test('a padded crop of the same size is a shift', () => {
    fc.assert(fc.property(keys, (k) => {
      const [image] = images
      const cropped = data.crop({ size: [5, 5], padding: 1 })(k)(image)
      const shifts = [-1, 0, 1].flatMap((r) => [-1, 0, 1].map((c) => data.shift({ rows: [r, r], columns: [c, c] })(k)(image)))
      expect(shifts.some((each) => np.arrayEqual(each, cropped).item() === 1)).toBe(true)
    }), { numRuns: 10 })
  })

  test('four quarter turns of one kind are none; rotate agrees with them', () => {
    fc.assert(fc.property(keys, (k) => {
      const [image] = images
      const turned = data.quarterTurns()(k)
      sameBits('four', turned(turned(turned(turned(image)))), image)
    }), { numRuns: 8 })
    for (const [quarters, degrees] of [[1, 90], [2, 180], [3, -90]]) {
      const rotated = data.rotate({ degrees: [degrees, degrees] })(key)(np.slice(images, [0]))
      close(`${degrees}°`, rotated, np.rot90(np.slice(images, [0]), { k: quarters }), 1e-5)
    }
  })

  test('cutout clears a square, in all channels', () => {
    fc.assert(fc.property(keys, (k) => {
      const y = data.cutout({ size: 2 })(k)(np.ones([5, 5, 2]))
      const zeros = [...np.slice(y, [null, null, 0]).toTypedArray()].filter((each) => each === 0).length
      expect([1, 2, 4]).toContain(zeros)
      sameBits('channels', np.slice(y, [null, null, 0]), np.slice(y, [null, null, 1]))
    }), { numRuns: 20 })
  })

  test('noise has the deviation asked for, and every image its own draws', () => {
    const y = data.noise({ deviation: 0.5 })(key)(np.zeros([2, 40, 40, 1]))
    expect(np.std(y).item()).toBeCloseTo(0.5, 1)
    expect(np.arrayEqual(np.slice(y, [0]), np.slice(y, [1])).item()).toBe(0)
  })

  test('draws cover their spread, ends included', () => {
    const image = np.array([1, 0, 0, 0], { shape: [1, 4, 1] })
    const moved = data.shift({ columns: [0, 3] })(key)(np.broadcastTo(image, [200, 1, 4, 1]))
    const counts = [...np.ravel(np.sum(moved, { axis: 0 })).toTypedArray()]
    for (const count of counts) expect(Math.abs(count - 50)).toBeLessThan(25)
    const flipped = data.flip({ probability: 0.25 })(key)(np.broadcastTo(image, [400, 1, 4, 1]))
    expect(Math.abs(np.sum(np.slice(flipped, [null, null, 3])).item() - 100)).toBeLessThan(35)
  })
})

interface Rotation {
  readonly name: string
  readonly fn: string
  readonly degrees: number
  readonly fill: 'zero' | 'edge'
  readonly x: NdArray
  readonly out: NdArray
}

describe('SciPy rotates the same', () => {
  const cases = (golden('data') as unknown as readonly Rotation[]).filter(({ fn }) => fn === 'rotate') // as the script writes them
  test.each(cases.map((each) => [each.name, each] as const))('%s', (_, { degrees, fill, x, out }) => {
    close('rotated', data.rotate({ degrees: [degrees, degrees], fill })(key)(x), out, 1e-5) // the angle is drawn in float32
  })
})

describe('mixUp', () => {
  const labels = np.array([0, 1, 2, 0, 1, 2], { dtype: 'int32' })
  const batch = { images, labels: nn.oneHot(labels, 3) }

  test('keeps the sums of labels, and mixes images and labels alike', () => {
    fc.assert(fc.property(keys, fc.double({ min: 0.05, max: 5, noNaN: true }), (k, alpha) => {
      const mixed = data.mixUp(alpha)(k)(batch)
      close('sums', np.sum(mixed.labels, { axis: 1 }), np.ones([6]), 1e-6)
      const traced = data.mixUp(alpha)(k)({ who: np.eye(6), x: np.arange(6) })
      close('alike', np.matmul(traced.who, np.arange(6)), traced.x, 1e-6)
      close('jit', jit((x: NdArray) => data.mixUp(alpha)(k)(x))(images), data.mixUp(alpha)(k)(images), 1e-6)
    }), { numRuns: 10 })
  })

  test.each([[0.2], [1], [4]])('draws from the beta distribution, alpha %d: mean ½, variance 1/(8α + 4)', (alpha) => {
    const n = 1500
    const weights = np.diag(data.mixUp(alpha)(key)(np.eye(n))) // an example's own share, unless it is its own partner
    expect(np.mean(weights).item()).toBeCloseTo(0.5, 1)
    expect(Math.abs(np.var(weights).item() * (8 * alpha + 4) - 1)).toBeLessThan(0.1)
    if (alpha === 1) { // the uniform distribution: Kolmogorov and Smirnov's distance
      const sorted = np.sort(weights).toTypedArray()
      expect(Math.max(...sorted.map((w, i) => Math.abs(w - i / n)))).toBeLessThan(0.05)
    }
  })

  test('refuses labels that are no floats, with the path', () => {
    expect(() => data.mixUp(1)(key)({ images, labels })).toThrow(DTypeError)
    expect(() => data.mixUp(1)(key)({ images, labels })).toThrow('mixUp: expected floating arrays (labels one-hot), got int32[6] at labels')
  })
})

describe('mistakes', () => {
  const wrong = (x: unknown): never => x as never // callers without types pass anything
  const bytes = np.ones([2, 3, 3, 1], { dtype: 'uint8' })
  test.each<readonly [string, () => unknown, new (...args: never) => Error, string]>([
    ['a matrix', () => data.flip()(key)(np.ones([3, 3])), ShapeError, 'flip: expected images of the shape [..., height, width, channels], got float32[3,3]'],
    ['bytes to rotate', () => data.rotate({ degrees: 1 })(key)(bytes), DTypeError, 'floating images'],
    ['bytes with noise', () => data.noise({ deviation: 1 })(key)(bytes), DTypeError, 'floating images'],
    ['a negative spread', () => data.shift({ rows: -1 }), ArgumentError, 'rows'],
    ['half a pixel', () => data.shift({ columns: [0, 0.5] }), ArgumentError, 'columns: integer'],
    ['a spread backwards', () => data.rotate({ degrees: [2, 1] }), ArgumentError, 'from ≤ to'],
    ['no fill', () => data.shift({ fill: wrong('wrap') }), ArgumentError, 'zero, edge'],
    ['no direction', () => data.flip({ direction: wrong('up') }), ArgumentError, 'horizontal, vertical'],
    ['a probability of 2', () => data.flip({ probability: 2 }), ArgumentError, 'a probability from 0 to 1'],
    ['a crop of a number', () => data.crop({ size: wrong(3) }), ArgumentError, '[height, width]'],
    ['a crop too large', () => data.crop({ size: [4, 6] })(key)(images), ShapeError, '4×6'],
    ['a negative deviation', () => data.noise({ deviation: -1 }), ArgumentError, 'deviation'],
    ['an empty square', () => data.cutout({ size: 0 }), ArgumentError, 'at least 1'],
    ['quarters of what is not square', () => data.quarterTurns()(key)(np.ones([2, 3, 1])), ShapeError, 'square'],
    ['an alpha of 0', () => data.mixUp(0), ArgumentError, 'alpha'],
    ['no key', () => data.flip()(wrong(1)), ArgumentError, 'flip: expected a key'],
    ['an image among augmentations', () => data.augment(wrong(images)), ArgumentError, 'at [0]']
  ])('%s', (_, run, error, message) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })

  test('integers can be moved', () => {
    expect(data.shift({ rows: [1, 1] })(key)(bytes).dtype).toBe('uint8')
  })
})
