import { expect, test } from 'vitest'
import { distance } from './rounds.js'
import type { Result, Spec, Steady } from './spec.js'
import { workloads } from './workloads.js'

/*
 * The adaptor of `npm run bench`, on the workloads that are quick to compute in float64. The others are compared before they are timed.
 */

interface Instance {
  reset?(): void
  run(steps: number): void
  result(): number | ArrayLike<number>
}

interface Adaptor {
  readonly load: () => Promise<void>
  readonly workloads: Readonly<Record<string, (spec: Spec) => Instance>>
}

process.env['COTANGENT'] = new URL('../../src/index.ts', import.meta.url).href
const name: string = './adaptor.mjs' // not a literal type: it has none
const { load, workloads: made } = (await import(name)) as Adaptor // as worker.mjs says
await load()

const quick = workloads.filter((each): each is Steady => each.kind === 'steady' && /^W(1-(128|N10)|9|10)/.test(each.id))

const resultOf = ({ id, spec }: Steady): Result => {
  const given = spec()
  const instance = (made[id] ?? made[id.split('-')[0]])(given)
  instance.reset?.()
  instance.run(given.steps)
  return { result: instance.result() }
}

test.each(quick)('$id: $title', (workload) => {
  const expected = workload.expected(workload.spec())
  expect(distance(resultOf(workload), expected)).toBeLessThan(1e-6)
  expect(distance({ result: NaN }, expected)).toBe(Infinity)
})
