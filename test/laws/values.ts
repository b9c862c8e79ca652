import fc from 'fast-check'
import { isConcrete } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import { equalAvals, type Aval } from '../../src/core/aval.js'
import { allocate } from '../../src/core/dtype.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { sizeOf } from '../../src/core/shape.js'
import { check } from '../../src/ir/check.js'
import { dce } from '../../src/ir/dce.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { simplify } from '../../src/ir/passes.js'
import { stage, type Staged } from '../../src/ir/stage.js'
import { jit } from '../../src/jit/jit.js'
import { jvpArrays, linearizeArrays } from '../../src/transform/differentiate.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, show, stackAt } from '../support/arrays.js'
import { mask, someOf } from '../support/arbitrary.js'
import { close, sameBits } from '../support/close.js'
import { interpreted } from '../support/interpreted.js'
import type { Law } from './law.js'
import { isReversible, isSmooth, wildTrials, type ArrayFunction } from './row.js'

const fail = (message: string): never => {
  throw new Error(message)
}

const text = (a: Aval): string => `${a.dtype}${a.weak ? '~' : ''}[${a.shape.join(',')}]`

/** Of a concrete array: as many elements of the dtype as the shape says, and booleans that are 0 or 1. */
const wellFormed = (x: NdArray): void => {
  if (!isConcrete(x)) fail('not a concrete array')
  const data = x.toTypedArray()
  if (data.length !== sizeOf(x.shape)) fail(`${data.length} elements in ${show(x)}`)
  if (data.constructor !== allocate(x.dtype, 0).constructor) fail(`elements of a ${data.constructor.name} in ${show(x)}`)
  if (x.dtype === 'bool' && data.some((value) => value > 1)) fail(`other booleans than 0 and 1 in ${show(x)}`)
}

const sameAvals = (what: string, got: readonly Aval[], expected: readonly Aval[]): void => {
  if (got.length !== expected.length || got.some((a, i) => !equalAvals(a, expected[i]))) {
    fail(`${what}: got ${got.map(text).join(' ')} where ${expected.map(text).join(' ')} is expected`)
  }
}

export const typesAgree: Law = {
  name: 'abstract evaluation agrees with the implementation',
  runs: 20,
  property: (subject) =>
    fc.property(wildTrials(subject), ({ f, operands, primitive, params, row }) => {
      const outs = f(operands)
      outs.forEach(wellFormed)
      if (row.around === undefined) sameAvals('abstract', primitive.abstract(avalsOf(operands), params), avalsOf(outs))
      sameAvals('its jaxpr', avalsOf(stage(f, avalsOf(operands)).jaxpr.outputs), avalsOf(outs))
    })
}

/** Checks a staged program, as it is and simplified. */
const sound = ({ jaxpr, captured }: Staged): Jaxpr => {
  sameAvals('captured', avalsOf(captured), avalsOf(jaxpr.inputs.slice(0, captured.length)))
  check(jaxpr)
  const simplified = check(simplify(jaxpr))
  sameAvals('simplified', avalsOf(simplified.outputs), avalsOf(jaxpr.outputs))
  return simplified
}

export const jaxprsTypecheck: Law = {
  name: 'its jaxprs, and those of its derivatives and batches, typecheck',
  runs: 12,
  property: (subject) =>
    fc.property(wildTrials(subject), ({ f, operands, differentiable }) => {
      const avals = avalsOf(operands)
      sound(stage(f, avals))
      sound(stage((xs) => batched(f, xs.length)(xs), operands.map(({ shape, dtype, weak }) => ({ shape: [2, ...shape], dtype, weak }))))
      if (!isSmooth(subject) || !differentiable.includes(true)) return
      const tangents = operands.map((x, i) => (differentiable[i] ? x : null))
      sound(stage((xs) => {
        const [outs, douts] = jvpArrays(f, xs, tangents)
        return [...outs, ...douts.filter((d) => d !== null)]
      }, avals))
      sound(linearizeArrays(f, operands, differentiable).linear)
      if (!isReversible(subject)) return
      sound(stage((xs) => {
        const [outs, pullback] = vjpArrays(f, xs, differentiable)
        return pullback(outs.map((y) => (y.dtype.startsWith('float') ? y : null))).filter((ct) => ct !== null)
      }, avals))
    })
}

/** The function over a leading axis of all operands. */
const batched = (f: ArrayFunction, count: number): ArrayFunction => (xs) =>
  vmap((...each: readonly NdArray[]) => f(each), count === 0 ? { axisSize: 2 } : {})(...xs)

export const jitIsEager: Law = {
  name: 'jit equals eager, bit by bit where nothing is compiled',
  runs: 20,
  property: (subject) =>
    fc.property(wildTrials(subject), ({ f, operands }) => {
      const expected = interpreted(() => f(operands))
      const outs = interpreted(() => jit((...xs: readonly NdArray[]) => f(xs))(...operands))
      expected.forEach((y, i) => sameBits('jit', outs[i], y))
      // What is closed over is captured, scalars become literals, and are folded.
      const { jaxpr, captured } = stage(() => f(operands), [])
      const folded = interpreted(() => evaluate(simplify(jaxpr), captured))
      expected.forEach((y, i) => sameBits('constants', folded[i], y))
    })
}

/** Other elements for each example of a batch: those of the array, moved on. */
const variants = (x: NdArray, size: number): readonly NdArray[] => {
  const data = x.toTypedArray()
  return Array.from({ length: size }, (_, k) => arrayOf(x.dtype, x.shape, data.map((__, i) => data[(i + k) % data.length]), x.weak))
}

/** Which operands are mapped, over which axes, and where the axis goes in the results. */
interface Mapping {
  readonly size: number
  readonly mapped: readonly boolean[]
  readonly from: readonly number[]
  readonly to: number
}

const mappings = (count: number): fc.Arbitrary<Mapping> =>
  fc.record({
    size: fc.constantFrom(2, 1, 3, 0),
    mapped: someOf(count),
    from: fc.array(fc.nat(7), { minLength: count, maxLength: count }),
    to: fc.nat(7)
  })

/** An axis of an array of that rank, counted from the end as often as from the front. */
const axisOf = (choice: number, rank: number): number => (choice % (2 * rank)) - rank

interface Mapped {
  readonly f: ArrayFunction
  readonly operands: readonly NdArray[]
  /** What a loop gives, stacked; of no examples there is none. */
  readonly loop: () => readonly NdArray[] | null
}

/** A function under vmap, beside a loop that does the same. */
export const mapOver = (f: ArrayFunction, operands: readonly NdArray[], { size, mapped, from, to }: Mapping): Mapped => {
  const examples = operands.map((x, i) => (mapped[i] ? variants(x, size) : []))
  const axes = operands.map((x, i) => (mapped[i] ? axisOf(from[i], x.ndim + 1) : null))
  const stacked = operands.map((x, i) => {
    const axis = axes[i]
    if (axis === null) return x
    const at = axis < 0 ? axis + x.ndim + 1 : axis
    return size > 0 ? stackAt(examples[i], at) : arrayOf(x.dtype, [...x.shape.slice(0, at), 0, ...x.shape.slice(at)], [], x.weak)
  })
  const outAxes = f(operands).map((y) => axisOf(to, y.ndim + 1))
  return {
    f: (xs) => vmap((...each: readonly NdArray[]) => f(each), { in: axes, out: outAxes, axisSize: size })(...xs),
    operands: stacked,
    loop: () => {
      if (size === 0) return null
      const results = Array.from({ length: size }, (_, k) => f(operands.map((x, i) => (mapped[i] ? examples[i][k] : x))))
      return outAxes.map((axis, i) => stackAt(results.map((outs) => outs[i]), axis < 0 ? axis + results[0][i].ndim + 1 : axis))
    }
  }
}

const agree = (what: string, { f, operands, loop }: Mapped, tolerance: number | undefined): void => {
  const outs = f(operands)
  outs.forEach(wellFormed)
  loop()?.forEach((y, i) => {
    if (tolerance === undefined) sameBits(what, outs[i], y)
    else close(what, outs[i], y, tolerance)
  })
}

export const vmapIsALoop: Law = {
  name: 'vmap equals a loop, over any axes of any operands, twice too',
  runs: 40,
  property: (subject) =>
    fc.property(
      wildTrials(subject).chain((trial) => fc.tuple(fc.constant(trial), mappings(trial.operands.length), mappings(trial.operands.length))),
      ([{ f, operands, row }, first, second]) => {
        const once = mapOver(f, operands, first)
        agree('vmap', once, row.batching)
        agree('vmap of vmap', mapOver(once.f, once.operands, second), row.batching)
      }
    )
}

export const deadCodeIsDead: Law = {
  name: 'what is not used need not be computed',
  runs: 10,
  property: (subject) =>
    fc.property(
      wildTrials(subject).chain((trial) => fc.tuple(fc.constant(trial), mask(trial.f(trial.operands).length))),
      ([{ f, operands }, used]) => {
        const { jaxpr, captured } = stage(f, avalsOf(operands))
        const pruned = dce(jaxpr, used)
        check(pruned.jaxpr)
        const outs = evaluate(pruned.jaxpr, [...captured, ...operands].filter((_, i) => pruned.usedInputs[i]))
        f(operands).filter((_, i) => used[i]).forEach((y, i) => {
          sameBits('the outputs in use', outs[i], y)
        })
      }
    )
}
