import fc from 'fast-check'
import { wrap } from '../../../src/array/ndarray.js'
import { contract } from '../../../src/backend/passes/contraction/contraction.js'
import type { Model } from '../../../src/backend/passes/contraction/model.js'
import { settled } from '../../../src/backend/passes/algebra/settled.js'
import { ir, lax, makeJaxpr, np, type NdArray, type Shape } from '../../../src/index.js'
import { generate, noise } from '../../support/arrays.js'

/*
 * Random programs of products, broadcasts, sums and what else contraction planning knows, to be compared with what it makes of
 * them. A step says what to do with which earlier values by numbers that always mean something, so that programs shrink.
 */

export interface Step {
  readonly op: number
  readonly a: number
  readonly b: number
  readonly k: number
}

export interface Sample {
  readonly shapes: readonly Shape[]
  readonly steps: readonly Step[]
  readonly seed: number
  /** Decimal exponents of the magnitudes of inputs. */
  readonly exponents: readonly number[]
  /** Inputs with an element that is not finite. */
  readonly wild: readonly number[]
}

const size = fc.constantFrom(2, 3, 4, 1, 6, 0)
const shape = fc.array(size, { minLength: 0, maxLength: 3 })
const step: fc.Arbitrary<Step> = fc.record({ op: fc.nat(19), a: fc.nat(99), b: fc.nat(99), k: fc.nat(9999) })

/** Samples of 2 to 4 inputs; `spread` is the largest decimal exponent, `wild` whether some inputs are not finite. */
export const samples = (spread = 0, wild = false): fc.Arbitrary<Sample> =>
  fc.record({
    shapes: fc.array(shape, { minLength: 2, maxLength: 4 }),
    // tanh makes 1 of ∞ and NaN of NaN, which count as one.
    steps: fc.array(wild ? step.map((each) => (each.op === 16 || each.op === 17 ? { ...each, op: 9 } : each)) : step, { minLength: 1, maxLength: spread > 0 ? 7 : 12 }),
    seed: fc.nat(99),
    exponents: fc.array(fc.constantFrom(0, -spread, spread), { minLength: 4, maxLength: 4 }),
    wild: wild ? fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }) : fc.constant([])
  })

/** What steps are made of: once as they are, once as a bound of all the magnitudes that are added up. */
interface Operations {
  readonly sub: (x: NdArray, y: NdArray) => NdArray
  readonly neg: (x: NdArray) => NdArray
  readonly tanh: (x: NdArray) => NdArray
  readonly scale: (x: NdArray, by: number) => NdArray
  readonly pick: (mask: NdArray, x: NdArray, y: NdArray) => NdArray
}

const real: Operations = {
  sub: (x, y) => lax.sub(x, y),
  neg: (x) => lax.neg(x),
  tanh: (x) => lax.tanh(x),
  scale: (x, by) => lax.mul(x, by),
  pick: (mask, x, y) => lax.select(mask, x, y)
}

const magnitude: Operations = {
  sub: (x, y) => lax.add(x, y),
  neg: (x) => x,
  tanh: (x) => x,
  scale: (x, by) => lax.mul(x, Math.abs(by)),
  pick: (_, x, y) => lax.add(x, y)
}

const most = 1500

const elements = (s: Shape): number => s.reduce((n, m) => n * m, 1)

/** Each axis of a shape in another one, ascending; null if they do not fit. */
const embedding = (inner: Shape, outer: Shape): readonly number[] | null => {
  const places: number[] = []
  let from = 0
  for (const n of inner) {
    const at = outer.findIndex((m, i) => i >= from && m === n)
    if (at < 0) return null
    places.push(at)
    from = at + 1
  }
  return places
}

const spreadTo = (x: NdArray, like: NdArray): NdArray => {
  const places = embedding(x.shape, like.shape)
  if (places !== null) return lax.broadcastInDim(x, like.shape, places)
  return lax.broadcastInDim(lax.reduceSum(x, [...x.shape.keys()]), like.shape, [])
}

const product = (x: NdArray, y: NdArray, k: number): NdArray => {
  const pairs: { batch: [number[], number[]]; contract: [number[], number[]] } = { batch: [[], []], contract: [[], []] }
  const taken = new Set<number>()
  let rest = k
  for (let i = 0; i < x.ndim; i++) {
    const choice = rest % 3
    rest = Math.floor(rest / 3)
    const at = y.shape.findIndex((n, j) => n === x.shape[i] && !taken.has(j))
    if (choice === 0 || at < 0) continue
    taken.add(at)
    const to = choice === 1 ? pairs.contract : pairs.batch
    to[0].push(i)
    to[1].push(at)
  }
  return lax.dotGeneral(x, y, pairs)
}

const reshaped = (x: NdArray, k: number): NdArray => {
  if (x.ndim >= 2 && k % 2 === 0) {
    const at = Math.floor(k / 2) % (x.ndim - 1)
    return lax.reshape(x, [...x.shape.slice(0, at), x.shape[at] * x.shape[at + 1], ...x.shape.slice(at + 2)])
  }
  const at = x.shape.findIndex((n) => n >= 4 && n % 2 === 0)
  return at < 0 ? x : lax.reshape(x, [...x.shape.slice(0, at), ...(k % 4 < 2 ? [2, x.shape[at] / 2] : [x.shape[at] / 2, 2]), ...x.shape.slice(at + 1)])
}

const permuted = (x: NdArray, k: number): NdArray => {
  const axes = [...x.shape.keys()]
  const order = axes.map((axis) => [(axis * 7 + k) % 11, axis] as const).sort(([a], [b]) => a - b).map(([, axis]) => axis)
  return lax.transpose(x, order)
}

const apply = ({ op, k }: Step, x: NdArray, y: NdArray, leaves: readonly NdArray[], ops: Operations): NdArray => {
  const leaf = lax.reduceSum(leaves[k % leaves.length], [...leaves[k % leaves.length].shape.keys()])
  const row = x.ndim === 0 ? leaf : lax.reduceSum(x, [...x.shape.keys()].slice(1))
  switch (op) {
    case 0: case 1: case 2: case 3: return product(x, y, k)
    case 4: case 5: return lax.mul(x, spreadTo(y, x))
    case 6: return lax.add(x, spreadTo(y, x))
    case 7: return ops.sub(x, spreadTo(y, x))
    case 8: return lax.square(x)
    case 9: return ops.neg(x)
    case 10: return permuted(x, k)
    case 11: return reshaped(x, k)
    case 12: return x.ndim > 3 ? x : lax.broadcastInDim(x, [1 + (k % 3), ...x.shape], [...x.shape.keys()].map((axis) => axis + 1))
    case 13: case 14: return lax.reduceSum(x, [...x.shape.keys()].filter((axis) => ((k >> axis) & 1) === 1))
    case 15: return ops.scale(x, [0.5, -2, 3, 0.1][k % 4])
    case 16: return ops.tanh(x)
    case 17: {
      // Divisors are at least 1.
      const divisor = lax.add(1, lax.abs(lax.tanh(row)))
      return lax.div(x, x.ndim === 0 ? divisor : lax.broadcastInDim(divisor, x.shape, [0]))
    }
    case 18: {
      const mask = lax.gt(lax.tanh(spreadTo(leaf, x)), 0)
      return ops.pick(mask, k % 2 === 0 ? x : lax.mul(x, spreadTo(y, x)), lax.mul(x, spreadTo(leaf, x)))
    }
    default: {
      if (x.ndim === 0) return x
      const axis = k % x.ndim
      return k % 2 === 0 ? lax.concatenate([x, x, spreadTo(y, x)], axis) : lax.add(lax.pad(x, 0, padding(x, axis, 0, 2)), lax.pad(x, 0, padding(x, axis, 2, 0)))
    }
  }
}

const padding = (x: NdArray, axis: number, low: number, high: number): readonly (readonly [number, number, number])[] =>
  x.shape.map((_, i) => (i === axis ? [low, high, 0] as const : [0, 0, 0] as const))

const program = ({ steps }: Sample, ops: Operations) => (...inputs: readonly NdArray[]): readonly NdArray[] => {
  const pool = [...inputs]
  for (const each of steps) {
    const [x, y] = [pool[pool.length - 1 - (each.a % Math.min(pool.length, 4))], pool[each.b % pool.length]]
    const next = sized(() => apply(each, x, y, inputs, ops))
    if (next !== null) pool.push(next)
  }
  return pool.slice(-2)
}

/** Nothing for results that are larger than tests should be, or have too many axes. */
const sized = (f: () => NdArray): NdArray | null => {
  const result = f()
  return elements(result.shape) > most || result.ndim > 6 ? null : result
}

const inputsOf = ({ shapes, seed, exponents, wild }: Sample, dtype: 'float32' | 'float64'): readonly NdArray[] =>
  shapes.map((s, i) => generate(dtype, s, (j) => {
    const strange = wild.includes(i) && j === seed % Math.max(1, elements(s))
    return strange ? [Infinity, -Infinity, NaN][seed % 3] : noise(seed + i, j) * 10 ** exponents[i]
  }))

const absolute = (x: NdArray): NdArray => wrap({ shape: x.shape, dtype: 'float64', weak: false }, Float64Array.from(x.toTypedArray(), Math.abs))
const doubled = (x: NdArray): NdArray => np.astype(x, 'float64')

export interface Check {
  readonly dtype: 'float32' | 'float64'
  readonly model: Model
  readonly loose: boolean
}

/** What has been planned of the sample: how many programs came out changed. */
export interface Counts {
  planned: number
}

/** Throws unless the planned program gives what the original gives, to within the rounding of all that is added up. */
export const checkSample = (sample: Sample, { dtype, model, loose }: Check, counts?: Counts): void => {
  const args = inputsOf(sample, dtype)
  const traced = ir.simplify(makeJaxpr(program(sample, real))(...args))
  const planned = ir.check(contract(ir.check(settled(traced)), model, loose))
  if (counts !== undefined && planned !== settled(traced)) counts.planned++
  const found = ir.evaluate(planned, args)
  const expected = program(sample, real)(...args.map(doubled))
  const bounds = sample.wild.length > 0 ? expected : program(sample, magnitude)(...args.map(absolute))
  const epsilon = dtype === 'float32' ? 2 ** -24 : 2 ** -53
  found.forEach((x, i) => {
    const [got, want, bound] = [x, expected[i], bounds[i]].map((each) => each.toTypedArray())
    got.forEach((value, j) => {
      const fail = (why: string): never => {
        throw new Error(`${why}: got ${value} where ${want[j]} is expected (output ${i}, element ${j})\n${ir.show(traced)}\n→\n${ir.show(planned)}`)
      }
      // Where something overflows on the way, another order may not.
      if (sample.wild.length === 0 && !Number.isFinite(bound[j])) return
      if (Number.isFinite(value) !== Number.isFinite(want[j])) fail('finite or not')
      if (Number.isFinite(value) && sample.wild.length === 0 && !(Math.abs(value - want[j]) <= 256 * epsilon * bound[j] + 1e-300)) {
        fail(`further off than ${256 * epsilon * bound[j]}`)
      }
    })
  })
}

/** Every value is worth avoiding, and kernels cost what they move. */
export const eager: Model = { products: 55e9, loops: 7e9, bandwidth: 30e9, overhead: 0, threshold: 0 }

/** Memory is so slow that whatever can be opened is. */
export const reckless: Model = { products: 1e12, loops: 1e12, bandwidth: 1e6, overhead: 0, threshold: 0 }

export const checks: readonly Check[] = [
  { dtype: 'float64', model: eager, loose: false },
  { dtype: 'float64', model: reckless, loose: false },
  { dtype: 'float64', model: reckless, loose: true },
  { dtype: 'float32', model: eager, loose: false },
  { dtype: 'float32', model: reckless, loose: false }
]
