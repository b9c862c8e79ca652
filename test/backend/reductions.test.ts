import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit, np, random } from '../../src/index.js'
import { interpreted } from '../support/interpreted.js'

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
