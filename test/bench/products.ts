/* Figures, not tests: `npx tsx test/bench/products.ts`. GFLOP/s of compiled products, each checked against sums in float64. */
import assert from 'node:assert/strict'
import { jit, lax, random, type NdArray } from '../../src/index.js'
import { compiled } from '../../src/backend/compiled.js'
import { donate } from '../../src/array/ndarray.js'
import { installBackend } from '../../src/core/trace.js'
import { measure } from './measure.js'

installBackend(compiled)

interface Case {
  readonly name: string
  readonly sizes: readonly [rows: number, columns: number, depth: number]
  /** Axes of the factors that are summed over. */
  readonly axes: readonly [lhs: 0 | 1, rhs: 0 | 1]
}

const plain = (...sizes: Case['sizes']): Case => ({ name: sizes.join('×'), sizes, axes: [1, 0] })

const cases: readonly Case[] = [
  plain(128, 128, 128), plain(512, 512, 512), plain(1024, 1024, 1024), plain(2048, 2048, 2048),
  plain(128, 512, 784), plain(128, 10, 784), plain(512, 10, 512), plain(8, 512, 512), plain(8, 512, 2048), plain(8, 2000, 512), plain(8, 2048, 512),
  plain(8, 1024, 1024), plain(2, 2048, 512), plain(1, 1024, 1024), plain(16, 512, 512),
  plain(1, 512, 512), plain(512, 1, 512), plain(128, 512, 10),
  { name: 'Aᵀ 784×512×128', sizes: [784, 512, 128], axes: [0, 0] },
  { name: 'Aᵀ 1024×1024×128', sizes: [1024, 1024, 128], axes: [0, 0] },
  { name: 'Aᵀ 1024×10×128', sizes: [1024, 10, 128], axes: [0, 0] },
  { name: 'Aᵀ 512×10×128', sizes: [512, 10, 128], axes: [0, 0] },
  { name: 'Bᵀ 128×784×512', sizes: [128, 784, 512], axes: [1, 1] },
  { name: 'Bᵀ 8×512×512', sizes: [8, 512, 512], axes: [1, 1] },
  { name: 'Bᵀ 128×512×10', sizes: [128, 512, 10], axes: [1, 1] }
]

const candidate = ({ name, sizes: [rows, columns, depth], axes }: Case): { readonly name: string; readonly run: (times: number) => void } => {
  const [a, b] = random.split(random.key(0))
  const x = random.normal(a, axes[0] === 1 ? [rows, depth] : [depth, rows])
  const y = random.normal(b, axes[1] === 0 ? [depth, columns] : [columns, depth])
  const f = jit((p: NdArray, q: NdArray) => lax.dotGeneral(p, q, { contract: [[axes[0]], [axes[1]]] }))
  const [got, p, q] = [f(x, y).toTypedArray(), x.toTypedArray(), y.toTypedArray()]
  for (let i = 0; i < rows; i += 1 + (rows >> 4)) {
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < depth; k++) {
        sum += p[axes[0] === 1 ? i * depth + k : k * rows + i] * q[axes[1] === 0 ? k * columns + j : j * depth + k]
      }
      assert.ok(Math.abs(got[i * columns + j] - sum) < 1e-4 * Math.sqrt(depth) + 1e-6, `${name} at ${i}, ${j}: ${got[i * columns + j]}, not ${sum}`)
    }
  }
  return {
    name,
    run: (times) => {
      for (let i = 0; i < times; i++) donate(f(x, y)) // its memory is free at once
    }
  }
}

const figures = measure(cases.map(candidate), 7, 100)
console.log(['| product | GFLOP/s | best |', '|---|---|---|']
  .concat(figures.map(({ name, median, least }, i) => {
    const [rows, columns, depth] = cases[i].sizes
    const rate = (ms: number): string => ((2e-6 * rows * columns * depth) / ms).toFixed(1)
    return `| ${name} | ${rate(median)} | ${rate(least)} |`
  }))
  .join('\n'))
