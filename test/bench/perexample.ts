import assert from 'node:assert/strict'
import { jit, tree, type NdArray } from 'cotangent'
import { full, small, variants, type Step, type Variant } from '../support/perexample.js'
import { markdown } from './report.js'
import { measure, type Candidate } from './measure.js'

const elements = (t: unknown): readonly number[] => (tree.leaves(t) as readonly NdArray[]).flatMap((leaf) => [...leaf.toTypedArray()])

/** Gradients of all examples are what a loop over the examples makes, whose elements are added up here in float64. */
const check = ({ name, each, single, together, args: [params, x, y] }: Variant): void => {
  const examples = [...x].map((example, i) => elements(single(params, example, [...y][i])))
  const expected = together === 'stack'
    ? examples.flat()
    : examples[0].map((_, k) => examples.reduce((sum, all) => sum + all[k], 0) / examples.length)
  const got = elements(jit(each)(params, x, y))
  assert.equal(got.length, expected.length)
  expected.forEach((v, i) => assert.ok(Math.abs(got[i] - v) < 1e-6 * Math.max(1, Math.abs(v)), `${name} at ${i}: ${got[i]}, not ${v}`))
}

const candidate = (name: string, step: Step, args: Variant['args']): Candidate => {
  const run = jit(step)
  return {
    name,
    run: (times) => {
      for (let i = 0; i < times; i++) run(...args)
    }
  }
}

export interface Ratio {
  readonly name: string
  /** Milliseconds. */
  readonly each: number
  readonly plain: number
  readonly reach: number
}

/** Clipped gradients of all examples beside the gradient of the mean loss, after a check at smaller sizes. */
export const ratios = (rounds: number, milliseconds: number): readonly Ratio[] => {
  variants(small).forEach(check)
  return variants(full).map(({ name, each, plain, args, reach }) => {
    const [a, b] = measure([candidate(name, each, args), candidate(name, plain, args)], rounds, milliseconds)
    return { name, each: a.median, plain: b.median, reach }
  })
}

export const ratioTable = (found: readonly Ratio[]): string =>
  markdown(
    ['gradients of all examples', 'clipped and averaged', 'gradient of the mean', 'times', 'to be at most'],
    found.map(({ name, each, plain, reach }) => [name, `${each.toPrecision(3)} ms`, `${plain.toPrecision(3)} ms`, (each / plain).toFixed(2), `${reach}`])
  )
