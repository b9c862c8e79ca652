import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import type { Aval } from '../../src/core/aval.js'
import { dtypes, isFloat, maxValue, minValue, type DType } from '../../src/core/dtype.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { range, type Shape } from '../../src/core/shape.js'
import * as lax from '../../src/control/index.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { showJaxpr } from '../../src/ir/show.js'
import { stage } from '../../src/ir/stage.js'
import { jit } from '../../src/jit/jit.js'
import { checkpoint } from '../../src/control/checkpoint/checkpoint.js'
import { customJvp } from '../../src/control/custom/customjvp.js'
import { customVjp } from '../../src/control/custom/customvjp.js'
import { DerivativeError } from '../../src/core/errors.js'
import { jvp } from '../../src/transform/forward.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { generate, noise, show } from '../support/arrays.js'
import { cast, fit, number, reshaped } from '../laws/bodies.js'
import { Dice } from './fuzzdice.js'
import { bounded, families, operations } from './fuzzsteps.js'

/*
 * Random well-typed programs. A program is plain data: steps on earlier values, which make sense whatever the types of these are, so
 * that every part of it that is left out leaves a program. Failures print the jaxpr, its arguments and the data, from which
 * `npm run fuzz -- '<data>'` runs it again.
 */

/** The type of an input and the way its elements are made. */
interface Input {
  readonly shape: Shape
  readonly dtype: DType
  readonly weak: boolean
  /** How often elements are strange ones: not finite, zeros of both signs, subnormal, the ends of the range. Never, if 0. */
  readonly strange: number
  readonly seed: number
}

/** An operation on the values so many steps back; with a body, a construct around it. */
interface Step {
  readonly op: string
  readonly x: number
  readonly y: number
  readonly index: number
  readonly dice: readonly number[]
  readonly body?: readonly Step[]
}

export interface Recipe {
  readonly inputs: readonly Input[]
  readonly steps: readonly Step[]
  /** The values that are returned, by their distance from the last one. */
  readonly outputs: readonly number[]
  /** The greatest number of elements of a value; 600 if not given. */
  readonly most?: number
}

const strange = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -3e-310, 1e30, -1e20, 0.5]

const element = (dtype: DType, seed: number, i: number): number => {
  if (dtype === 'bool') return noise(seed, i) > 0 ? 1 : 0
  if (isFloat(dtype)) return noise(seed, i) * 2
  return Math.round(noise(seed, i) * 6) + (minValue(dtype) === 0 ? 6 : 0)
}

const odd = (dtype: DType, k: number): number => {
  if (isFloat(dtype)) return strange[k % strange.length]
  return [minValue(dtype), maxValue(dtype), 0][k % 3]
}

/** The argument that an input describes. */
const argumentOf = ({ shape, dtype, weak, strange: often, seed }: Input): NdArray => {
  const choice = (i: number): number => Math.floor(Math.abs(noise(seed + 77, i)) * 1e6)
  const elements = generate(dtype, shape, (i) => (often > 0 && choice(i) % often === 0 ? odd(dtype, choice(i + 99)) : element(dtype, seed, i)))
  return weak ? fit(elements, { shape, dtype, weak }) : elements
}

const earlier = <A>(known: readonly A[], back: number): A => known[known.length - 1 - (back % known.length)]

const typeOf = ({ shape, dtype, weak }: NdArray): Aval => ({ shape, dtype, weak })

/** The integer scalar that a step may use. */
const indexFrom = (known: readonly NdArray[], back: number): NdArray => {
  const discrete = known.filter((x) => !isFloat(x.dtype))
  return discrete.length === 0 ? lax.full([], back % 4, 'int32') : reshaped(cast(earlier(discrete, back), 'int32'), [])
}

type Body = (...more: readonly NdArray[]) => NdArray

type Construct = (x: NdArray, y: NdArray, materials: { readonly f: Body; readonly index: () => NdArray; readonly dice: Dice }) => readonly NdArray[]

/** The sum of a function's elements, which has a gradient. */
const summed = (f: Body, y: NdArray) => (a: NdArray): NdArray => {
  const out = f(a, y)
  return lax.reduceSum(lax.mul(out, 0.25), range(out.ndim))
}

/** A derivative, or what is there instead where there is none: for integers, and through callbacks and loops without an end. */
const derived = (x: NdArray, derivative: () => NdArray, instead: () => NdArray): readonly NdArray[] => {
  if (!isFloat(x.dtype)) return [instead()]
  try {
    return [derivative()]
  } catch (error) {
    if (error instanceof DerivativeError) return [instead()]
    throw error
  }
}

/** What stands around a body, which takes two values and gives one of the type of the first. */
const constructs: Readonly<Record<string, Construct>> = {
  checkpoint: (x, y, { f }) => [checkpoint((a: NdArray, b: NdArray) => f(a, b))(x, y)],
  grad: (x, y, { f }) => derived(x, () => grad(summed(f, y))(x), () => f(x, y)),
  'grad of checkpoint': (x, y, { f }) => derived(x, () => grad(summed(checkpoint(f), y))(x), () => f(x, y)),
  jvp: (x, y, { f }) => derived(x, () => jvp((a: NdArray) => f(a, y))([x], [lax.mul(x, 0.5)])[1], () => f(x, y)),
  customJvp: (x, y, { f }) => {
    const g = (a: NdArray): NdArray => f(a, y)
    return derived(x, () => customJvp.joint(g, ([a], [d]) => jvp(g)([a], [lax.mul(d, 2)]))(x), () => g(x))
  },
  customVjp: (x, y, { f }) => [customVjp((a: NdArray) => f(a, y), (a) => [f(a, y), a], (a, ct) => [isFloat(a.dtype) ? lax.mul(ct, a) : null])(x)],
  barrier: (x, y, { f }) => [...lax.optimizationBarrier([f(x, y), x])],
  jit: (x, y, { f }) => [jit((a: NdArray, b: NdArray) => f(a, b))(x, y)],
  cond: (x, y, { f, index }) => [lax.cond(lax.gt(index(), 0), (a: NdArray) => f(a, y), (a: NdArray) => a, x)],
  switch: (x, y, { f, index }) => [lax.switch(index(), [(a: NdArray) => a, (a: NdArray) => f(a, y), (a: NdArray) => f(a, a)], x)],
  scan: (x, y, { f, dice }) => {
    const length = dice.pick([2, 3, 1, 0, 5])
    const rows = lax.broadcastInDim(y, [length, ...y.shape], range(y.ndim, 1))
    const step = (a: NdArray, b: NdArray) => {
      const next = f(a, b)
      return [next, dice.flag() ? a : next] as const
    }
    return lax.scan(step, x, rows, { reverse: dice.flag() })
  },
  rows: (x, y, { f, dice }) => {
    const rows = x.ndim === 0 ? lax.broadcastInDim(x, [2], []) : x
    const step = (c: NdArray, row: NdArray) => {
      const [a, b] = dice.flag() ? [row, c] : [c, row]
      return [fit(f(a, b), typeOf(c)), a] as const
    }
    return lax.scan(step, y, rows, { reverse: dice.flag() })
  },
  while: (x, y, { f, index, dice }) => {
    const most = dice.pick([2, 1, 4, 0])
    const start = dice.flag() ? lax.rem(index(), 4) : lax.full([], 0, 'int32')
    const goes = ([n, a]: readonly [NdArray, NdArray]): NdArray => {
      const counted = lax.lt(n, most)
      return most < 4 ? counted : lax.bitwiseAnd(counted, cast(reshaped(lax.lt(number(a), 3), []), 'bool'))
    }
    return lax.whileLoop(goes, ([n, a]: readonly [NdArray, NdArray]) => [lax.add(n, 1), f(a, y)] as const, [start, x] as const)
  },
  map: (x, y, { f }) => [lax.map((b: NdArray) => f(x, b), lax.broadcastInDim(y, [3, ...y.shape], range(y.ndim, 1)))],
  vmap: (x, y, { f }) => [vmap((a: NdArray, b: NdArray) => f(a, b), { in: [null, 0] })(x, lax.broadcastInDim(y, [2, ...y.shape], range(y.ndim, 1)))]
}

const run = (steps: readonly Step[], values: readonly NdArray[], most: number): readonly NdArray[] => {
  const known = [...values]
  for (const { op, x, y, index: at, dice: rolls, body } of steps) {
    const [a, b, dice] = [earlier(known, x), earlier(known, y), new Dice(rolls)]
    const before = [...known]
    const index = (): NdArray => indexFrom(before, at)
    const f: Body = (...more) => fit(earlier(run(body ?? [], [...before, ...more.toReversed()], most), 0), typeOf(more[0]))
    const out = body === undefined ? operations[op]({ x: a, y: b, index, dice }) : constructs[op](a, b, { f, index, dice })
    for (const each of Array.isArray(out) ? (out as readonly NdArray[]) : [out as NdArray]) known.push(bounded(each, most))
  }
  return known
}

/** A random program, as a jaxpr and its arguments. */
export class Fuzzed {
  readonly recipe: Recipe
  readonly jaxpr: Jaxpr
  readonly args: readonly NdArray[]

  constructor(recipe: Recipe) {
    this.recipe = recipe
    const args = recipe.inputs.map(argumentOf)
    const results = (xs: readonly NdArray[]): readonly NdArray[] => {
      const known = run(recipe.steps, xs, recipe.most ?? 600)
      return recipe.outputs.map((back) => earlier(known, back))
    }
    const { jaxpr, captured } = stage(results, avalsOf(args))
    this.jaxpr = jaxpr
    this.args = [...captured, ...args]
  }

  [fc.toStringMethod](): string {
    const args = this.args.map((x) => `  ${show(x)}`)
    return `\n${showJaxpr(this.jaxpr)}\nof\n${args.join('\n')}\n${JSON.stringify(this.recipe)}\n`
  }
}

type Sizes = readonly [axes: readonly number[], first: readonly number[], second: readonly number[], third: readonly number[]]

const shapes = ([axes, first, second, third]: Sizes): fc.Arbitrary<Shape> => {
  const axis = fc.constantFrom(...axes)
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: axis.map((n) => [n]) },
    { weight: 4, arbitrary: fc.tuple(axis, axis) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...first), fc.constantFrom(...second), fc.constantFrom(...third)) }
  )
}

/** Axes as they occur: small ones, those of no element and of one, and those that lanes do not divide. */
const small: Sizes = [[3, 2, 1, 4, 5, 0, 1, 7, 8, 9, 17, 2, 3, 33], [2, 1, 3, 0], [3, 2, 5], [2, 4, 1, 7]]

/** Axes that are cut into blocks, tiles and pieces, and longer than what is unrolled. */
const large: Sizes = [[64, 33, 130, 1, 40, 256, 17, 100], [8, 1, 3], [33, 20, 16], [20, 4, 64, 7]]

const dtype = fc.constantFrom<DType>('float32', 'float32', 'float64', 'int32', 'float32', 'float64', ...dtypes)

const inputOf = (sizes: Sizes) => fc.record({
  shape: shapes(sizes), dtype, alike: fc.boolean(), seed: fc.nat(50), weak: fc.nat(9).map((n) => n === 9), strange: fc.constantFrom(0, 0, 0, 0, 6, 2)
})

/** Inputs, many of them of the type of the first. */
const inputs = (sizes: Sizes): fc.Arbitrary<readonly Input[]> => fc.array(inputOf(sizes), { minLength: 1, maxLength: 4, size: 'max' }).map((list) =>
  list.map(({ alike, weak, ...own }) => {
    const { shape, dtype } = alike ? list[0] : own
    return { ...own, shape, dtype, weak: weak && (dtype === 'float32' || dtype === 'int32') }
  }))

/** How far back a value is taken from: the latest ones are likely. */
const back = fc.constantFrom(0, 1, 0, 2, 0, 1, 3, 4, 6, 9, 13)

const common = { x: back, y: back, index: back, dice: fc.array(fc.nat(2519), { minLength: 4, maxLength: 4, size: 'max' }) }

const plain: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(...families.map((names, k) => ({ weight: [9, 4, 4, 4, 3, 1][k], arbitrary: fc.constantFrom(...names) }))), ...common
})

const steps = (depth: number, most: number): fc.Arbitrary<readonly Step[]> => {
  const nested = (): fc.Arbitrary<Step> =>
    fc.record({ op: fc.constantFrom(...Object.keys(constructs)), ...common, body: steps(depth - 1, 4) })
  const step = depth === 0 ? plain : fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: nested() })
  return fc.array(step, { minLength: 1, maxLength: most, size: 'max' })
}

/** Programs of one to sixty equations, whose values have so many elements at most. */
const programs = (sizes: Sizes, most: number): fc.Arbitrary<Fuzzed> => fc.record({
  inputs: inputs(sizes),
  steps: fc.constantFrom(3, 6, 12, 24).chain((count) => steps(2, count)),
  outputs: fc.oneof(fc.array(back, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(30), { minLength: 4, maxLength: 16, size: 'max' })),
  most: fc.constant(most)
}).map((recipe) => new Fuzzed(recipe)).filter(({ jaxpr }) => jaxpr.eqns.length >= 1 && jaxpr.eqns.length <= 60)

/** Programs over small arrays. */
export const fuzzed: fc.Arbitrary<Fuzzed> = programs(small, 600)

/** Programs over arrays that are large enough for every way in which loops are written. */
export const fuzzedLarge: fc.Arbitrary<Fuzzed> = programs(large, 30_000)
