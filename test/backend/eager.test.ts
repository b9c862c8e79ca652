import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { dtypes, isFloat, type DType } from '../../src/core/dtype.js'
import { installBackend } from '../../src/core/trace.js'
import { compiled } from '../../src/backend/compiled.js'
import { reference } from '../../src/backend/reference.js'
import { jit, lax, np, profile } from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { generate, noise } from '../support/arrays.js'

/*
 * Operations outside of jit: on large arrays each is a program, made once and kept; on small ones, and where a program would do no
 * better, the reference implementation.
 */

afterAll(() => {
  installBackend(compiled)
})

/** What the reference gives. */
const plainly = <A>(f: () => A): A => {
  const before = installBackend(reference)
  try {
    return f()
  } finally {
    installBackend(before)
  }
}

const array = (dtype: DType, shape: readonly number[], seed = 0): NdArray =>
  generate(dtype, shape, (i) => (isFloat(dtype) ? 2 * noise(seed, i) : dtype === 'bool' ? Number(noise(seed, i) > 0) : Math.abs(Math.round(9 * noise(seed, i)))))

const operations: Readonly<Record<string, (x: NdArray, y: NdArray) => NdArray>> = {
  add: (x, y) => np.add(x, y),
  'with a number': (x) => np.multiply(x, 3),
  divide: (x, y) => np.divide(x, np.add(y, 10)),
  comparison: (x, y) => np.less(x, y),
  choice: (x, y) => np.where(np.greater(x, 0), x, y),
  exp: (x) => np.exp(x),
  tanh: (x) => np.tanh(x),
  'another dtype': (x) => np.astype(x, 'int32'),
  'a row added': (x, y) => np.add(x, np.slice(y, [0])),
  'a sum': (x) => np.sum(x, { axis: 1 }),
  'a maximum': (x) => np.max(x, { axis: 0 }),
  position: (x) => np.argmin(x, { axis: 1 }),
  'a running sum': (x) => np.cumsum(x, { axis: 0 }),
  sort: (x) => np.sort(x, { axis: 1 }),
  transpose: (x) => np.transpose(x),
  part: (x) => np.slice(x, [[1, null], [2, null]]),
  'every other column': (x) => np.slice(x, [null, [0, null, 2]]),
  backwards: (x) => np.flip(x, { axis: 0 }),
  together: (x, y) => np.concatenate([x, y], { axis: 1 }),
  rows: (x) => np.take(x, np.array([3, 1, 1, 0], { dtype: 'int32' }), { axis: 0 }),
  'a row set': (x) => np.at(x, [2]).set(x.dtype === 'bool' ? true : 1),
  'a row added to': (x) => (x.dtype === 'bool' ? x : np.at(x, [2]).add(1)),
  pad: (x) => np.pad(x, 2),
  product: (x, y) => np.matmul(np.astype(x, isFloat(x.dtype) ? x.dtype : 'float32'), np.astype(np.transpose(y), isFloat(x.dtype) ? x.dtype : 'float32'))
}

const names = Object.keys(operations)

describe('operations on large arrays', () => {
  test('give what the reference gives', () => {
    const sizes = fc.constantFrom([130, 127], [5, 3301], [128, 128], [4000, 5])
    fc.assert(fc.property(fc.constantFrom(...names), fc.constantFrom(...dtypes), sizes, fc.nat(9), (name, dtype, shape, seed) => {
      const [x, y] = [array(dtype, shape, seed), array(dtype, shape, seed + 50)]
      const got = operations[name](x, y)
      const expected = plainly(() => operations[name](x, y))
      expect([got.dtype, got.shape, got.weak]).toEqual([expected.dtype, expected.shape, expected.weak])
      const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
      const epsilon = got.dtype === 'float32' ? 2 ** -23 : got.dtype === 'float64' ? 2 ** -52 : 0
      b.forEach((value, i) => {
        if (Object.is(a[i], value) || Math.abs(a[i] - value) <= 600 * epsilon * Math.max(1, Math.abs(value))) return
        throw new Error(`${name} of ${dtype}, element ${i}: ${a[i]}, reference ${value}`)
      })
    }), { numRuns: numRuns(150) })
  })

  const programsOf = (f: (x: NdArray) => unknown, x: NdArray): readonly string[] =>
    profile(f, { warmup: 0, runs: 1 })(x).lines.filter(({ kind }) => kind === 'program').map(({ name }) => name)

  const large = (): NdArray => array('float32', [130, 127])

  test('are programs, on small ones they are none', () => {
    expect(programsOf((x) => np.exp(x), large())).toEqual(['exp'])
    expect(programsOf((x) => np.exp(x), array('float32', [50, 50]))).toEqual([])
  })

  test('are compiled once for operands of the same types', () => {
    const { lines } = profile((x: NdArray) => [0, 1, 2, 3].map((k) => np.multiply(np.add(x, k), x)), { warmup: 0, runs: 1 })(large())
    expect(lines.filter(({ kind }) => kind === 'program').map(({ name, calls }) => `${name} ${calls}`).toSorted()).toEqual(['add 4', 'mul 4'])
  })

  test('of which only parts are copied, filled or looked at differently are none: in a loop over batches each is another', () => {
    const batches = (x: NdArray): readonly NdArray[] => [0, 10, 20].map((from) => np.slice(x, [[from, from + 10]]))
    expect(programsOf(batches, large())).toEqual([])
    expect(programsOf((x) => np.reshape(x, [-1]), large())).toEqual([])
    expect(programsOf(() => np.full([200, 200], 3), large())).toEqual([])
    const inMemory = jit((x: NdArray) => np.add(x, 1))(large())
    expect(batches(inMemory)[1].toList()).toEqual(batches(np.add(large(), 1))[1].toList())
  })

  test('more kinds of them than are kept still give what they should', () => {
    const x = array('int32', [130, 127])
    for (const round of [0, 1]) {
      for (let k = 0; k < 600; k++) {
        const padded = lax.pad(x, 7, [[0, k % 30, 0], [0, Math.floor(k / 30), 0]])
        if (k % 150 === round) expect(Number(np.sum(padded))).toBe(Number(np.sum(x)) + 7 * (padded.size - x.size))
      }
    }
  })
})
