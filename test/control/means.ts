import fc from 'fast-check'
import { describe, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat, type FloatDType } from '../../src/core/dtype.js'
import type { Primitive, Tangent } from '../../src/core/primitive.js'
import { dce } from '../../src/ir/dce.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { stage } from '../../src/ir/stage.js'
import { jit } from '../../src/jit/jit.js'
import { instantiate } from '../../src/lax/broadcast.js'
import { jvpArrays } from '../../src/transform/differentiate.js'
import { scatter, select } from '../../src/transform/mask.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { drawing, mask, numRuns, type Draw } from '../support/arbitrary.js'
import { arrayOf, noise, noiseLike, stackAt } from '../support/arrays.js'
import { interpreted } from '../support/interpreted.js'
import { allClose, sameBits } from '../support/close.js'
import type { Manners } from '../laws/bodies.js'
import type { Plain } from '../laws/loops.js'
import { Trial, type ArrayFunction, type Example, type Row } from '../laws/row.js'

/*
 * Holds a primitive to what it means: transforms of it must give what the same transforms give of a plain JavaScript
 * loop. That loop runs eagerly, so that its derivatives are those of the operations that it comes to.
 */

/** A primitive that holds jaxprs, examples of it, and what it means. */
export interface Construct<P extends object> {
  readonly primitive: Primitive<string, P>
  readonly examples: (draw: Draw, manners: Manners) => fc.Arbitrary<Example<P>>
  readonly plain: Plain<P>
  readonly row: Row<P>
}

/** An example, and choices: numbers and flags that properties read as they need. */
class Case<P extends object> extends Trial {
  /** The plain loop, as a function of the operands. */
  readonly loop: ArrayFunction
  readonly seed: number
  readonly flags: readonly boolean[]

  constructor({ primitive, plain, row }: Construct<P>, { operands, params }: Example<P>, seed: number, flags: readonly boolean[]) {
    super(primitive, row, { operands, params })
    this.loop = (xs) => plain(xs, params)
    this.seed = seed
    this.flags = flags
  }

  /** Some of the operands that may be differentiated in, at least one if there is one. */
  get nonzero(): readonly boolean[] {
    const all = this.differentiable
    const some = all.map((flag, i) => flag && this.flags[i])
    return some.includes(true) ? some : all
  }
}

const cases = <P extends object>(construct: Construct<P>, manners: Manners): fc.Arbitrary<Case<P>> =>
  fc.record({
    example: fc.constantFrom<FloatDType>('float64', 'float64', 'float32')
      .chain((dtype) => construct.examples(drawing(dtype, manners === 'wild'), manners)),
    seed: fc.nat(999),
    flags: mask(12)
  }).map(({ example, seed, flags }) => new Case(construct, example, seed, flags))

/** Those of a size at which rounding does not matter much. */
const tame = <P extends object>(construct: Construct<P>): fc.Arbitrary<Case<P>> =>
  cases(construct, 'kinked').filter(({ operands, loop }) =>
    loop(operands).every((y) => y.toTypedArray().every((value) => Math.abs(value) < 50)))

const exact: Readonly<Record<FloatDType, number>> = { float32: 2e-4, float64: 1e-9 }

const floats = (f: ArrayFunction): ArrayFunction => (xs) => f(xs).filter((y) => isFloat(y.dtype))

const directions = (xs: readonly NdArray[], nonzero: readonly boolean[], seed: number): readonly Tangent[] =>
  xs.map((x, i) => (nonzero[i] ? noiseLike(x, seed + i) : null))

const push = (f: ArrayFunction, xs: readonly NdArray[], ds: readonly Tangent[]): readonly NdArray[] => {
  const [outs, tangents] = jvpArrays(f, xs, ds)
  return tangents.map((d, i) => instantiate(d, outs[i]))
}

const pull = (f: ArrayFunction, xs: readonly NdArray[], nonzero: readonly boolean[], cts: readonly Tangent[]): readonly NdArray[] => {
  const [, pullback] = vjpArrays(f, xs, nonzero)
  return select(pullback(cts).map((ct, i) => instantiate(ct, xs[i])), nonzero)
}

const jitted = (f: ArrayFunction): ArrayFunction => (xs) => jit((...each: readonly NdArray[]) => f(each))(...xs)

/** Another array of the same type. */
const varied = (x: NdArray, k: number): NdArray => {
  const data = x.toTypedArray()
  if (x.dtype === 'bool') return arrayOf(x.dtype, x.shape, data.map((value, i) => ((i + k) % 2 === 0 ? value : 1 - value)))
  return arrayOf(x.dtype, x.shape, data.map((value, i) => (isFloat(x.dtype) ? value + 0.1 * k * noise(k, i) : value + k)))
}

/** The function over batches, and one example after another: with the same results, or so we hope. */
const batches = (f: ArrayFunction, loop: ArrayFunction, operands: readonly NdArray[], mapped: readonly boolean[], seed: number) => {
  const size = 2 + (seed % 2)
  const examples = operands.map((x, i) => (mapped[i] ? Array.from({ length: size }, (_, k) => varied(x, k)) : null))
  const axes = operands.map((x, i) => (mapped[i] ? (seed + i) % (x.ndim + 1) : null))
  const each = Array.from({ length: size }, (_, k) => loop(operands.map((x, i) => examples[i]?.[k] ?? x)))
  const outAxes = each[0].map((y, i) => (seed + i) % (y.ndim + 1))
  const batched: ArrayFunction = (xs) => vmap((...args: readonly NdArray[]) => f(args), { in: axes, out: outAxes, axisSize: size })(...xs)
  return {
    got: batched(operands.map((x, i) => (examples[i] === null ? x : stackAt(examples[i], axes[i] ?? 0)))),
    expected: outAxes.map((axis, i) => stackAt(each.map((outs) => outs[i]), axis))
  }
}

/** Registers the tests. */
export const holdToMeaning = <P extends object>(construct: Construct<P>): void => {
  const { primitive, row } = construct
  const forward = row.derivatives === 'forward'
  const holds = (name: string, runs: number, arbitrary: fc.Arbitrary<Case<P>>, predicate: (one: Case<P>) => void): void => {
    test(name, { timeout: 120_000 }, () => {
      fc.assert(fc.property(arbitrary, predicate), { numRuns: numRuns(runs) })
    })
  }
  const all = (ys: readonly NdArray[], seed: number): readonly NdArray[] => ys.map((y, i) => noiseLike(y, seed + 50 + i))

  describe(`${primitive.name} is a plain loop`, () => {
    holds('in its values, eager and jitted', 60, cases(construct, 'wild'), ({ f, loop, operands }) => {
      const expected = interpreted(() => loop(operands))
      for (const outs of interpreted(() => [f(operands), jitted(f)(operands)])) outs.forEach((y, i) => { sameBits('the value', y, expected[i]) })
    })

    holds('in its tangents', 60, tame(construct), ({ f, loop, operands, nonzero, seed, dtype }) => {
      const ds = directions(operands, nonzero, seed)
      const expected = push(floats(loop), operands, ds)
      allClose('jvp', push(floats(f), operands, ds), expected, exact[dtype])
      const given = ds.filter((d) => d !== null)
      const pushing: ArrayFunction = (xs) => push(floats(f), xs.slice(0, operands.length), scatter(xs.slice(operands.length), nonzero))
      allClose('jit of jvp', jitted(pushing)([...operands, ...given]), expected, exact[dtype])
      const twice = (g: ArrayFunction): readonly NdArray[] => push((xs) => push(floats(g), xs, ds), operands, directions(operands, nonzero, seed + 9))
      allClose('jvp of jvp', twice(f), twice(loop), exact[dtype])
    })

    holds('over batches', 60, tame(construct), ({ f, loop, operands, flags, seed, dtype, nonzero }) => {
      const mapped = operands.map((_, i) => flags[i + 4])
      const values = batches(f, loop, operands, mapped, seed)
      allClose('vmap', values.got, values.expected, exact[dtype])
      const pushed = (g: ArrayFunction): ArrayFunction => (xs) => push(floats(g), xs, xs.map((x, i) => (nonzero[i] ? x : null)))
      const tangents = batches(pushed(f), pushed(loop), operands, mapped, seed)
      allClose('vmap of jvp', tangents.got, tangents.expected, exact[dtype])
      const all = batches(jitted(pushed(f)), pushed(loop), operands, operands.map(() => true), seed)
      allClose('vmap of jit of jvp', all.got, all.expected, exact[dtype])
    })

    holds('with dead code removed', 40, cases(construct, 'wild'), ({ f, operands, loop, flags }) => {
      const { jaxpr } = stage(f, avalsOf(operands))
      const used = jaxpr.outputs.map((_, i) => flags[i])
      const pruned = dce(jaxpr, used)
      const outs = evaluate(pruned.jaxpr, select(operands, pruned.usedInputs))
      select(loop(operands), used).forEach((y, i) => { sameBits('an output in use', outs[i], y) })
    })

    if (forward) return

    holds('in its cotangents', 60, tame(construct), ({ f, loop, operands, nonzero, flags, seed, dtype }) => {
      const cts = all(floats(loop)(operands), seed)
      for (const given of [cts, cts.map((ct, i) => (flags[i + 7] ? ct : null))]) {
        const expected = pull(floats(loop), operands, nonzero, given)
        allClose('vjp', pull(floats(f), operands, nonzero, given), expected, exact[dtype])
        const pulling: ArrayFunction = (xs) => pull(floats(f), xs, nonzero, given)
        allClose('jit of vjp', jitted(pulling)(operands), expected, exact[dtype])
        allClose('vjp of jit', pull(floats(jitted(f)), operands, nonzero, given), expected, exact[dtype])
      }
    })

    holds('in cotangents over batches', 40, tame(construct), ({ f, loop, operands, nonzero, flags, seed, dtype }) => {
      const cts = all(floats(loop)(operands), seed)
      const mapped = operands.map((_, i) => flags[i + 4])
      const pulled = (g: ArrayFunction): ArrayFunction => (xs) => pull(floats(g), xs, nonzero, cts)
      const { got, expected } = batches(pulled(f), pulled(loop), operands, mapped, seed)
      allClose('vmap of vjp', got, expected, exact[dtype])
    })

    holds('in second derivatives', 40, tame(construct), ({ f, loop, operands, nonzero, seed, dtype }) => {
      const cts = all(floats(loop)(operands), seed)
      const ds = directions(operands, nonzero, seed)
      const gradient = (g: ArrayFunction): ArrayFunction => (xs) => pull(floats(g), xs, nonzero, cts)
      const slope = (g: ArrayFunction): ArrayFunction => (xs) => push(floats(g), xs, ds)
      const given = select(ds, nonzero)
      const expected = push(gradient(loop), operands, ds)
      allClose('jvp of vjp', push(gradient(f), operands, ds), expected, exact[dtype])
      allClose('vjp of vjp', pull(gradient(f), operands, nonzero, given), expected, exact[dtype])
      allClose('vjp of jvp', pull(slope(f), operands, nonzero, cts), expected, exact[dtype])
      allClose('jit of vjp of vjp', jitted((xs) => pull(gradient(f), xs, nonzero, given))(operands), expected, exact[dtype])
    })
  })
}
