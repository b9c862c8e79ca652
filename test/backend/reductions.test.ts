import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { grad, jit, lax, nn, np, random, ShapeStruct } from '../../src/index.js'
import { interpreted } from '../support/interpreted.js'
import { functionInPieces } from './cutting.js'

/*
 * Long reductions go several vectors at a time, in pieces, and then one by one: sizes at and around every seam.
 */

const sizes = [1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 1023, 1024, 1025, 4095, 4096, 4099, 16384, 70001]

const draw = (shape: readonly number[], dtype: 'float32' | 'float64'): NdArray => random.normal(random.key(shape[0]), shape, { dtype })

/** The array with NaN, or a zero of the other sign, in one place. */
const withOne = (x: NdArray, value: number, at: number): NdArray => {
  const data = x.toTypedArray()
  data[at % data.length] = value
  return np.reshape(np.array(data), x.shape)
}

describe.each(['float32', 'float64'] as const)('reductions of %s', (dtype) => {
  test.each(sizes)('of %i elements, extremes to the bit', (n) => {
    const x = draw([n], dtype)
    const zeros = withOne(np.full([n], -0, { dtype }), 0, 3 * n + 7)
    for (const y of [x, withOne(x, NaN, 5 * n + 11), withOne(x, -Infinity, n), zeros]) {
      for (const f of [np.max, np.min]) {
        const reduce = (a: NdArray): NdArray => f(a)
        expect(jit(reduce)(y).item(), `${reduce.name} of ${n}`).toBe(interpreted(() => reduce(y)).item())
      }
    }
  })

  test.each(sizes)('of %i elements, sums to the last digits', (n) => {
    const x = draw([n], dtype)
    const exact = interpreted(() => np.sum(np.array(x, { dtype: 'float64' }))).item()
    const sizesSum = interpreted(() => np.sum(np.abs(np.array(x, { dtype: 'float64' })))).item()
    const eps = dtype === 'float32' ? 2 ** -24 : 2 ** -52
    expect(Math.abs(jit((a: NdArray) => np.sum(a))(x).item() - exact)).toBeLessThanOrEqual(8 * eps * sizesSum)
  })

  test.each([[3, 4099], [4099, 3], [65, 33], [2, 16, 257]])('along each axis of %i × %i', (...shape) => {
    const x = draw(shape, dtype)
    shape.forEach((_, axis) => {
      const most = (a: NdArray): NdArray => np.max(a, { axis })
      expect(jit(most)(x).toTypedArray()).toEqual(interpreted(() => most(x)).toTypedArray())
      const sum = (a: NdArray): NdArray => np.sum(a, { axis })
      expect(np.allclose(jit(sum)(x), interpreted(() => sum(x)), { rtol: dtype === 'float32' ? 1e-5 : 1e-13, atol: 1e-5 }).item()).toBe(1)
    })
  })
})

/*
 * Much that is reduced to little goes in chunks, so that it can be shared out.
 */
describe.each(['float32', 'float64'] as const)('long reductions of %s', (dtype) => {
  const eps = dtype === 'float32' ? 2 ** -24 : 2 ** -52

  test.each([[131072], [140003], [50003, 3], [3, 50003], [64, 33, 65], [37, 5003]])('of %i × %i elements', (...shape) => {
    const x = draw(shape, dtype)
    const f = (a: NdArray): readonly NdArray[] => [np.sum(np.square(a)), np.max(a), np.sum(a, { axis: 0 }), np.min(a, { axis: -1 })]
    const [got, expected] = [jit(f)(x), interpreted(() => f(np.array(x, { dtype: 'float64' })))]
    got.forEach((y, k) => {
      const [a, b] = [y.toTypedArray(), expected[k].toTypedArray()]
      const most = k % 2 === 1 ? 0 : 8 * eps * (k === 0 ? b[0] : 4 * shape[0])
      a.forEach((value, i) => { expect(Math.abs(value - b[i]), `${k}: ${value} is ${b[i]}`).toBeLessThanOrEqual(most) })
    })
    expect(functionInPieces(f, [x], 3)).toBeGreaterThan(8)
  })

  test('what they make on the way is kept', () => {
    const x = draw([140, 1003], dtype)
    const f = (a: NdArray): readonly NdArray[] => {
      const y = np.exp(a)
      return [y, np.mean(y), np.max(y)]
    }
    expect(jit(f).lower(x).schedule().kernels.map(({ loops }) => loops)).toEqual(['17 [8260]', '17'])
    const [got, expected] = [jit(f)(x), interpreted(() => f(x))]
    got.forEach((y, k) => { expect(np.allclose(y, expected[k], { rtol: 1e-5 }).item()).toBe(1) })
    functionInPieces(f, [x], 1)
  })
})

/*
 * What works on the same rows is one kernel, and goes through memory once.
 */
describe('rows', () => {
  const [x, g] = [new ShapeStruct([64, 48]), new ShapeStruct([48])]
  const weighted = (f: (a: NdArray) => NdArray) => (c: NdArray, a: NdArray): NdArray => np.sum(np.mul(f(a), c))
  const gradient = (f: (a: NdArray) => NdArray): Program => grad.with({ argnums: 1 })(weighted(f))
  const labels = np.array(Int32Array.from({ length: 64 }, (_, i) => i % 48))

  type Program = (...xs: readonly NdArray[]) => NdArray | readonly NdArray[]

  const kernels: readonly (readonly [string, Program, readonly ShapeStruct[], number])[] = [
    ['softmax', (a) => nn.softmax(a), [x], 1],
    ['log-softmax', (a) => nn.logSoftmax(a), [x], 1],
    ['layer norm', (a, gain, shift) => np.add(np.mul(nn.normalize(a), gain), shift), [x, g, g], 1],
    ['the gradient of softmax', gradient((a) => nn.softmax(a)), [x, x], 1],
    ['the gradient of log-softmax', gradient((a) => nn.logSoftmax(a)), [x, x], 1],
    ['the gradient of a cross entropy', (a) => grad((b: NdArray) => nn.loss.softmaxCrossEntropy(b, labels))(a), [x], 1],
    ['the gradient of layer norm', gradient((a) => nn.normalize(a)), [x, x], 1],
    ['several sums of all elements', (a) => [np.sum(a), np.max(a), np.sum(np.square(a))], [x], 1],
    ['sums of rows of two arrays', (a, b) => [np.sum(a, { axis: 1 }), np.sum(b, { axis: 1 })], [x, x], 1],
    ['sums of rows and of columns of a square', (a) => [np.sum(a, { axis: 0 }), np.sum(a, { axis: 1 })], [new ShapeStruct([48, 48])], 2],
    ['batch norm', (a) => lax.mul(nn.normalize(a, { axis: 0 }), 2), [x], 2]
  ]

  test.each(kernels)('%s', (_, f, types, count) => {
    const args = types.map(({ shape }, i) => random.normal(random.key(i), shape))
    const jitted = jit((xs: readonly NdArray[]) => f(...xs))
    expect(jitted.lower(args).schedule().kernels.length).toBe(count)
    const [got, expected] = [[jitted(args)].flat(), [interpreted(() => f(...args))].flat()]
    got.forEach((y, k) => { expect(np.allclose(y, expected[k], { rtol: 1e-4, atol: 1e-5 }).item()).toBe(1) })
    functionInPieces(f, args, 1)
  })
})
