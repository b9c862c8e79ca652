import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import type { Atom, Jaxpr } from '../../src/core/primitive.js'
import { compiled } from '../../src/backend/compiled.js'
import { planned } from '../../src/backend/plan.js'
import { hostsIn } from '../../src/backend/wasm/host.js'
import { scheduled } from '../../src/backend/wasm/target.js'
import { jitP } from '../../src/control/jit.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { simplify } from '../../src/ir/passes.js'
import { stage } from '../../src/ir/stage.js'
import { jvpArrays } from '../../src/transform/differentiate.js'
import { scatter } from '../../src/transform/mask.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { numRuns } from '../support/arbitrary.js'
import { noiseLike, stackAt } from '../support/arrays.js'
import { isReversible, isSmooth, smoothTrials, wildTrials, type ArrayFunction, type Subject, type Trial } from '../laws/row.js'
import { subjects } from '../laws/table.js'
import { agree as agreeTo } from './agreement.js'

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

/** The programs of a derivative in the directions, and back; and of a batch of two. */
const derived = (subject: Subject, { f, operands, differentiable }: Trial): readonly (readonly [ArrayFunction, readonly NdArray[]])[] => {
  const directions = operands.filter((_, i) => differentiable[i]).map((x, i) => noiseLike(x, i))
  const pushed: ArrayFunction = (xs) => {
    const tangents = scatter(xs.slice(operands.length), differentiable)
    const [outs, slopes] = jvpArrays(f, xs.slice(0, operands.length), tangents)
    return [...outs, ...slopes.filter((slope) => slope !== null)]
  }
  const pulled: ArrayFunction = (xs) => {
    const [outs, pullback] = vjpArrays(f, xs, differentiable)
    return pullback(outs.map((y, i) => (isFloat(y.dtype) ? noiseLike(y, i + 20) : null))).filter((ct) => ct !== null)
  }
  const twice = operands.map((x) => stackAt([x, x], 0))
  const batch: ArrayFunction = (xs) => vmap((...each: readonly NdArray[]) => f(each), xs.length === 0 ? { axisSize: 2 } : {})(...xs)
  const smooth = isSmooth(subject) && differentiable.includes(true)
  return [
    [batch, twice],
    ...(smooth ? [[pushed, [...operands, ...directions]] as const] : []),
    ...(smooth && isReversible(subject) ? [[pulled, operands] as const] : [])
  ]
}

describe('derivatives and batches too', () => {
  test.each(subjects.map((subject) => [subject.primitive.name, subject] as const))('%s', (_, subject) => {
    const trials = isSmooth(subject) ? smoothTrials(subject) : wildTrials(subject)
    fc.assert(fc.property(trials, (trial) => {
      for (const [f, args] of derived(subject, trial)) {
        const { jaxpr, captured } = stage(f, avalsOf(args))
        agreeTo(jaxpr, [...captured, ...args])
      }
    }), { numRuns: numRuns(5) })
  })
})

/** What modules call JavaScript for, as docs/compiler.md says: some of it for some dtypes only. */
const hostedOnes: readonly string[] = [
  'adjugate', 'conv_general_dilated', 'debug_callback', 'digamma', 'eigh', 'lgamma', 'lstsq',
  'pinv', 'polygamma', 'pure_callback', 'qr', 'select_and_gather_add', 'select_and_scatter_add', 'svd'
]

const isEmpty = ({ aval }: Atom): boolean => aval.shape.includes(0)

/** The primitives that a module does not write, of arrays with elements. */
const leftOut = (jaxpr: Jaxpr): readonly string[] => hostsIn(scheduled(planned(jaxpr).segment))
  .filter(({ eqn: { inputs, outputs } }) => ![...inputs, ...outputs].some(isEmpty))
  .map(({ name }) => name)

test('everything is compiled but for what the guide lists', () => {
  const found = new Set<string>()
  for (const subject of subjects) {
    for (const { f, operands } of fc.sample(wildTrials(subject), { seed: 3, numRuns: 60 })) {
      for (const name of leftOut(stage(f, avalsOf(operands)).jaxpr)) found.add(name)
    }
  }
  expect([...found].sort()).toEqual(hostedOnes)
})
