/* Figures, not tests: `npx tsx test/bench/conv.ts`. GFLOP/s of compiled convolutions and their gradients, each checked. */
import assert from 'node:assert/strict'
import { evaluate } from '../../src/ir/evaluate.js'
import { stage } from '../../src/ir/stage.js'
import { grad, jit, lax, np, random, type NdArray } from '../../src/index.js'
import { compiled } from '../../src/backend/compiled.js'
import { donate } from '../../src/array/ndarray.js'
import { installBackend } from '../../src/core/trace.js'
import { measure, type Candidate } from './measure.js'

interface Case {
  readonly name: string
  readonly flops: number
  readonly f: (x: NdArray, y: NdArray) => NdArray
  readonly operands: readonly [NdArray, NdArray]
}

const layouts = { NCHW: ['NCHW', 'OIHW', 'NCHW'], NHWC: ['NHWC', 'HWIO', 'NHWC'] } as const

/** A convolution of 3 × 3 that keeps the size, and its two gradients. */
const cases = (layout: keyof typeof layouts, batch: number, inputs: number, outputs: number, size: number): readonly Case[] => {
  const options = { padding: 'SAME', dimensionNumbers: layouts[layout] } as const
  const shaped = (n: number, c: number): readonly number[] => (layout === 'NCHW' ? [n, c, size, size] : [n, size, size, c])
  const [a, b, c] = random.split(random.key(0), 3)
  const [x, ct] = [random.normal(a, shaped(batch, inputs)), random.normal(c, shaped(batch, outputs))]
  const w = random.normal(b, layout === 'NCHW' ? [outputs, inputs, 3, 3] : [3, 3, inputs, outputs])
  const conv = (v: NdArray, k: NdArray): NdArray => lax.convGeneralDilated(v, k, options)
  const flops = 2 * batch * size * size * inputs * outputs * 9
  const name = `${layout} ${inputs}–${outputs}, ${size}×${size}`
  return [
    { name, flops, f: conv, operands: [x, w] },
    { name: `${name}, image`, flops, f: (k, g) => grad((v: NdArray) => np.sum(np.mul(conv(v, k), g)))(x), operands: [w, ct] },
    { name: `${name}, kernel`, flops, f: (v, g) => grad((k: NdArray) => np.sum(np.mul(conv(v, k), g)))(w), operands: [x, ct] }
  ]
}

const all = (['NCHW', 'NHWC'] as const).flatMap((layout) =>
  [...cases(layout, 64, 1, 16, 28), ...cases(layout, 64, 16, 32, 14), ...cases(layout, 16, 64, 64, 14)])

const wanted = all.map(({ f, operands }) => {
  const { jaxpr, captured } = stage(([p, q]) => [f(p, q)], operands.map(({ aval }) => aval))
  return evaluate(jaxpr, [...captured, ...operands])[0].toTypedArray()
})

installBackend(compiled)

const candidate = ({ name, f, operands: [x, y] }: Case, k: number): Candidate => {
  const run = jit(f)
  const got = run(x, y).toTypedArray()
  let greatest = 0
  for (const v of wanted[k]) greatest = Math.max(greatest, Math.abs(v))
  wanted[k].forEach((v, i) => {
    assert.ok(Math.abs(got[i] - v) <= 1e-5 * greatest, `${name} at ${i}: ${got[i]}, not ${v}`)
  })
  return {
    name,
    run: (times) => {
      for (let i = 0; i < times; i++) donate(run(x, y)) // its memory is free at once
    }
  }
}

const figures = measure(all.map(candidate), 7, 100)
console.log(['| convolution | GFLOP/s | best |', '|---|---|---|']
  .concat(figures.map(({ name, median, least }, i) => {
    const rate = (ms: number): string => ((1e-6 * all[i].flops) / ms).toFixed(1)
    return `| ${name} | ${rate(median)} | ${rate(least)} |`
  }))
  .join('\n'))
