import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { compiled } from '../../src/backend/compiled.js'
import { jitP } from '../../src/control/jit.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { simplify } from '../../src/ir/passes.js'
import { stage } from '../../src/ir/stage.js'
import { numRuns } from '../support/arbitrary.js'
import { wildTrials, type Trial } from '../laws/row.js'
import { subjects } from '../laws/table.js'

/** The results of a program, compiled. */
const run = (jaxpr: Jaxpr, args: readonly NdArray[]): readonly NdArray[] =>
  compiled.execute(jitP, args, { name: 'f', jaxpr: simplify(jaxpr) }, jaxpr.outputs.map(({ aval }) => aval))

/** How far apart numbers may be, in units of the last place of the greatest among the operands and results. */
const bound = (trial: Trial, xs: readonly NdArray[]): number => {
  const greatest = [...xs, ...trial.operands].reduce((most, x) => {
    for (const y of x.toTypedArray()) if (Number.isFinite(y)) most = Math.max(most, Math.abs(y))
    return most
  }, 0)
  return 64 * greatest * (trial.dtype === 'float32' ? 2 ** -23 : 2 ** -52)
}

const agree = (trial: Trial): void => {
  const { jaxpr, captured } = stage(trial.f, trial.operands.map((x) => x.aval))
  const args = [...captured, ...trial.operands]
  let expected: readonly NdArray[]
  try {
    expected = evaluate(jaxpr, args)
  } catch {
    return // what the reference refuses
  }
  const got = run(jaxpr, args)
  expected.forEach((want, k) => {
    expect(got[k].dtype).toBe(want.dtype)
    expect(got[k].shape).toEqual(want.shape)
    const [a, b] = [got[k].toTypedArray(), want.toTypedArray()]
    if (!isFloat(want.dtype)) {
      expect(a).toEqual(b)
      return
    }
    const most = bound(trial, [want])
    b.forEach((y, i) => {
      if (Object.is(a[i], y) || Math.abs(a[i] - y) <= most) return
      throw new Error(`element ${i}: compiled ${a[i]}, reference ${y}`)
    })
  })
}

describe('compiled as the reference computes', () => {
  test.each(subjects.map((subject) => [subject.primitive.name, subject] as const))('%s', (_, subject) => {
    fc.assert(fc.property(wildTrials(subject), agree), { numRuns: numRuns(20) })
  })
})
