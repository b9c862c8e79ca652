import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { lax, nn, np, vjp } from '../../src/index.js'
import { generate, noise, noiseLike } from '../support/arrays.js'
import { interpreted } from '../support/interpreted.js'
import { ways } from '../support/ways.js'

/*
 * Rows far out, constant, or on a large offset, through softmax and norms and back: compiled programs are as good as the reference, both
 * measured by the reference in float64, and by what becomes of it when operands move by a unit in the last place.
 */

type Rows = (x: NdArray) => NdArray

const norm = (x: NdArray): number => x.shape[x.ndim - 1]
const layer = (x: NdArray): NdArray => {
  const made = nn.layerNorm(norm(x), { dtype: x.dtype as 'float32' }) // of floats
  return made.apply({ scale: lax.full([norm(x)], 1.5, x.dtype), bias: lax.full([norm(x)], 0.25, x.dtype) })(x)
}

const functions: Readonly<Record<string, Rows>> = {
  softmax: (x) => nn.softmax(x),
  'softmax of columns': (x) => nn.softmax(x, { axis: 0 }),
  logSoftmax: (x) => nn.logSoftmax(x),
  logsumexp: (x) => np.log(np.sum(np.exp(np.subtract(x, lax.stopGradient(np.max(x, { axis: -1, keepdims: true })))), { axis: -1 })),
  logaddexp: (x) => np.logaddexp(x, np.flip(x)),
  variance: (x) => np.var(x, { axis: -1 }),
  layerNorm: layer,
  gelu: (x) => nn.gelu(x),
  'gelu by erf': (x) => nn.gelu(x, { approximate: false }),
  softplus: (x) => nn.softplus(x),
  cross: (x) => nn.loss.softmaxCrossEntropy(x, np.zeros([x.shape[0]], { dtype: 'int32' }), { reduction: 'none' })
}

/** Elements by row and column. */
const inputs: Readonly<Record<string, (row: number, i: number) => number>> = {
  'of usual size': (row, i) => noise(row, i),
  'at ±10⁴': (row, i) => 1e4 * Math.sign(noise(row, i)),
  'of all sizes': (row, i) => Math.sign(noise(row, i)) * 10 ** (12 * noise(row + 50, i)),
  'that are constant': (row) => [0, 1, -3e4, 1e-30, 7.1][row],
  'on a large offset': (row, i) => 3e3 * (row + 1) + noise(row, i),
  'that are subnormal': (row, i) => 1e-40 * noise(row, i),
  'with one far above': (row, i) => (i === row ? 100 : noise(row, i)),
  'with infinities': (row, i) => (i === row ? -Infinity : noise(row, i))
}

const sizes = [1, 3, 8, 33, 130]

/** A function and the gradient of its weighted sum. */
const withGradient = (f: Rows): ((x: NdArray) => readonly NdArray[]) => (x) => {
  const [y, pullback] = vjp(f)(x)
  return [y, ...pullback(noiseLike(y, 9))]
}

const wide = (x: NdArray): NdArray => interpreted(() => lax.convertElementType(x, 'float64'))

/** Elements a unit in the last place of float32 away. */
const moved = (x: NdArray): NdArray => {
  const data = x.toTypedArray()
  return generate('float64', x.shape, (i) => data[i] * (1 + Math.sign(noise(11, i)) * 2 ** -23))
}

/** The greatest magnitude among finite numbers. */
const greatest = (data: ArrayLike<number>): number =>
  Array.from(data).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0)

describe.each(Object.entries(functions))('%s', (_, f) => {
  const [, [, run]] = ways
  const both = withGradient(f)

  test.each(Object.entries(inputs))('of rows %s', (__, element) => {
    for (const size of sizes) {
      const x = generate('float32', [5, size], (i) => element(Math.floor(i / size), i % size))
      const got = run(both)(x)
      const want = interpreted(() => both(x))
      const exact = interpreted(() => both(wide(x)))
      const beside = interpreted(() => both(moved(wide(x))))
      exact.forEach((best, k) => {
        const [a, b, c, d] = [got[k], want[k], best, beside[k]].map((y) => y.toTypedArray())
        const errors = Array.from(c, (y, i) => Math.abs(b[i] - y) + Math.abs(d[i] - y))
        const bound = 4 * greatest(errors) + 2 ** -20 * greatest(c) + 2 ** -140
        for (let i = 0; i < a.length; i++) {
          if (Object.is(a[i], b[i]) || Math.abs(a[i] - c[i]) <= bound) continue
          expect.fail(`result ${k}, element ${i} of ${size}: compiled ${a[i]}, reference ${b[i]}, exactly ${c[i]}, bound ${bound}`)
        }
      })
    }
  })
})
