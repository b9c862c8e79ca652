/*
 * Figures, not tests: `npx tsx test/bench/epilogues.ts`. Products with what follows them, as one program and as two, the second in the
 * place of the first one's result: microseconds of both, the same bits.
 */
import { strict as assert } from 'node:assert'
import { jit, nn, np, random, type NdArray } from '../../src/index.js'
import { compiled } from '../../src/backend/compiled.js'
import { donate } from '../../src/array/ndarray.js'
import { installBackend } from '../../src/core/trace.js'
import { measure, type Candidate } from './measure.js'

installBackend(compiled)

/** What follows a product: of it, a number for each column, and an array of its shape. */
type End = (y: NdArray, column: NdArray, whole: NdArray) => NdArray

const ends: Readonly<Record<string, End>> = {
  'bias': (y, column) => np.add(y, column),
  'bias and relu': (y, column) => nn.relu(np.add(y, column)),
  'residual': (y, column, whole) => np.add(whole, np.add(y, column)),
  'scale and mask': (y, _, whole) => np.where(np.greater(whole, 0), np.mul(y, 0.125), -1e9),
  'step of descent': (y, _, whole) => np.sub(whole, np.mul(0.01, y)),
  'root': (y) => np.sqrt(np.abs(y))
}

const sizes = [[2048, 2048, 64], [512, 512, 16], [512, 512, 64], [512, 512, 256]] as const

const pairOf = (name: string, end: End, [rows, columns, depth]: (typeof sizes)[number]): readonly [Candidate, Candidate] => {
  const [x, w] = [random.normal(random.key(0), [rows, depth]), random.normal(random.key(1), [depth, columns])]
  const [column, whole] = [random.normal(random.key(2), [columns]), random.normal(random.key(3), [rows, columns])]
  const product = jit((p: NdArray, q: NdArray) => np.matmul(p, q))
  const after = jit(end, { donate: [0] })
  const both = jit((p: NdArray, q: NdArray, c: NdArray, z: NdArray) => end(np.matmul(p, q), c, z))
  const what = `${rows}×${columns}×${depth}, ${name}`
  assert.equal(both.lower(x, w, column, whole).schedule().kernels.length, 1, what)
  const [one, two] = [(): NdArray => both(x, w, column, whole), (): NdArray => after(product(x, w), column, whole)]
  assert.deepEqual(one().toTypedArray(), two().toTypedArray(), what)
  const again = (f: () => NdArray) => (times: number): void => {
    for (let i = 0; i < times; i++) donate(f()) // its memory is free at once
  }
  return [{ name: what, run: again(one) }, { name: what, run: again(two) }]
}

const figures = measure(sizes.flatMap((size) => Object.entries(ends).flatMap(([name, end]) => pairOf(name, end, size))), 9, 40)
const micros = (ms: number): string => (1000 * ms).toFixed(1)
console.log(['| product and end | one program, µs | two | ratio | of the best |', '|---|---|---|---|---|'].concat(
  figures.filter((_, i) => i % 2 === 0).map(({ name, median, least }, i) => {
    const apart = figures[2 * i + 1]
    return `| ${name} | ${micros(median)} | ${micros(apart.median)} | ${(median / apart.median).toFixed(3)} | ${(least / apart.least).toFixed(3)} |`
  })).join('\n'))
