import { describe, expect, test } from 'vitest'
import { contract } from '../../../src/backend/passes/contraction/contraction.js'
import { termKey } from '../../../src/backend/passes/contraction/key.js'
import { Labels, type Factor, type Term } from '../../../src/backend/passes/contraction/form.js'
import type { Jaxpr } from '../../../src/core/primitive.js'
import { sizeOf } from '../../../src/core/shape.js'
import { variable } from '../../../src/ir/jaxpr.js'
import { debug, ir, lax, makeJaxpr, np, type NdArray } from '../../../src/index.js'
import { allClose } from '../../support/close.js'
import { arrayOf, f64, noiseLike } from '../../support/arrays.js'
import { eager } from './random.js'

const array = (dtype: 'float32' | 'float64', seed: number, ...shape: readonly number[]): NdArray => noiseLike({ dtype, shape }, seed)

type Fn = (...args: readonly NdArray[]) => NdArray

const plannedOf = (f: Fn, args: readonly NdArray[], loose = false): Jaxpr =>
  ir.simplify(ir.check(contract(ir.simplify(makeJaxpr(f)(...args)), eager, loose)))

const largest = ({ eqns }: Jaxpr): number => Math.max(...eqns.map(({ outputs }) => sizeOf(outputs[0].aval.shape)))

const spread = (x: NdArray, shape: readonly number[], dims: readonly number[]): NdArray => lax.broadcastInDim(x, shape, dims)

/** One example or two of every rule, with the most elements of a value that are left. */
const [B, J, K] = [5, 6, 7]
const outer: Fn = (x, d) => lax.dotGeneral(x, d, { batch: [[0], [0]] })
const over: Fn = (c) => spread(c, [B, J, K], [0])
const flat: Fn = (x) => lax.reshape(x, [B, J * K])

interface Example { readonly name: string; readonly f: Fn; readonly args: readonly (readonly number[])[]; readonly most: number }

const [xd, xdc] = [[[B, J], [B, K]], [[B, J], [B, K], [B]]]
const rules: readonly Example[] = [
  { name: 'a product that is squared and summed', f: (x, d) => lax.reduceSum(lax.square(outer(x, d)), [1, 2]), args: xd, most: B * K },
  { name: 'a product that is weighted and summed', f: (x, d, c) => lax.reduceSum(lax.mul(outer(x, d), over(c)), [0]), args: xdc, most: J * K },
  { name: 'a product that is divided', f: (x, d, c) => lax.reduceSum(lax.div(outer(x, d), over(c)), [0]), args: xdc, most: J * K },
  { name: 'a third power', f: (x, d) => lax.reduceSum(lax.integerPow(outer(x, d), 3), [1, 2]), args: xd, most: B * K },
  { name: 'a sign and a number', f: (x, d) => lax.reduceSum(lax.mul(lax.neg(outer(x, d)), 3), [0]), args: xd, most: J * K },
  { name: 'a copy that is summed', f: (x) => lax.reduceSum(spread(x, [J, K, B], [0]), [1, 2]), args: [[J]], most: J },
  { name: 'a product of copies', f: (x, y) => lax.mul(spread(x, [J, K], [0]), spread(y, [J, K], [0])), args: [[J], [J]], most: J * K },
  {
    name: 'a product over an axis that is split',
    f: (x, d) => lax.reduceSum(lax.square(lax.reshape(flat(outer(x, d)), [B, 2, 3, K])), [1, 2, 3]), args: xd, most: B * K
  },
  {
    name: 'a product that is transposed', args: xd, most: B * K,
    f: (x, d) => lax.reduceSum(lax.square(lax.transpose(outer(x, d), [2, 0, 1])), [0, 2])
  },
  {
    name: 'a choice', args: xdc, most: J * K,
    f: (x, d, c) => lax.reduceSum(lax.select(over(lax.gt(c, 0)), outer(x, d), lax.mul(outer(x, d), over(c))), [0])
  },
  {
    name: 'parts put together', args: [[B, J], [B, K], [B, K]], most: B * K,
    f: (x, d, e) => lax.reduceSum(lax.square(lax.concatenate([flat(outer(x, d)), flat(outer(x, e))], 1)), [1])
  },
  {
    name: 'products of products', args: [[3, 40], [3, 40], [40, 40]], most: 40 * 3,
    f: (x, d, c) => lax.dotGeneral(lax.dotGeneral(x, d, { contract: [[0], [0]] }), c, { contract: [[0, 1], [0, 1]] })
  }
]

describe('rules: nothing larger is made, and values agree', () => {
  test.each(rules)('$name', ({ f, args, most }) => {
    const arrays = args.map((shape, i) => array('float64', i, ...shape))
    const planned = plannedOf(f, arrays)
    expect(largest(planned)).toBeLessThanOrEqual(most)
    allClose('value', ir.evaluate(planned, arrays), [f(...arrays)], 1e-14)
  })
})

test('a callback gets what is put together in one piece', () => {
  const [x, d] = [array('float64', 1, B, J), array('float64', 2, B, K)]
  const seen: NdArray[] = []
  const f: Fn = (a, b) => {
    const joined = lax.concatenate([flat(outer(a, b)), flat(outer(a, b))], 1)
    debug.callback((value: NdArray) => void seen.push(value), joined)
    return lax.reduceSum(lax.square(joined), [1])
  }
  const planned = plannedOf(f, [x, d])
  const [norms] = ir.evaluate(planned, [x, d])
  allClose('value', [norms, seen[0]], [f(x, d), seen[1]], 1e-14)
})

describe('cancellation', () => {
  /** The norms of outer products less nearly the same, of which a part ε is left. */
  const differences: Fn = (x, d, w) => lax.sqrt(lax.reduceSum(lax.square(lax.sub(outer(x, d), lax.mul(outer(x, d), spread(w, [8, 32, 32], [0])))), [1, 2]))

  test.each([1e-3, 1e-4])('sums of squares of differences of %s are as exact as before in float32', (epsilon) => {
    const arrays = [array('float32', 1, 8, 32), array('float32', 2, 8, 32), arrayOf('float32', [8], new Array<number>(8).fill(1 - epsilon))]
    const exact = differences(...arrays.map((x) => np.astype(x, 'float64')))
    const errors = [differences(...arrays), ...ir.evaluate(plannedOf(differences, arrays), arrays)].map((found) =>
      Math.max(...[...found.toTypedArray()].map((value, i) => Math.abs(value / exact.toTypedArray()[i] - 1))))
    expect(errors[1]).toBeLessThan(2 * errors[0] + 1e-6)
  })

  const decay: Fn = (x, d, w) => lax.sqrt(lax.reduceSum(lax.square(lax.sub(outer(x, d), spread(w, [4, 48, 48], [1, 2]))), [1, 2]))

  test.each([1e-3, 1e-4])('a decay that takes all but %s of a gradient away is opened in float64, where float32 has it', (epsilon) => {
    const [x, d] = [array('float32', 1, 4, 48), array('float32', 2, 4, 48)]
    const row = (y: NdArray): NdArray => lax.reshape(lax.slice(y, [0, 0], [1, 48]), [48])
    const w = lax.mul(lax.dotGeneral(row(x), row(d)), 1 - epsilon)
    const arrays = [x, d, w]
    const planned = plannedOf(decay, arrays)
    expect(largest(planned)).toBeLessThan(4 * 48 * 48)
    const exact = decay(...arrays.map((y) => np.astype(y, 'float64'))).toTypedArray()
    ir.evaluate(planned, arrays)[0].toTypedArray().forEach((value, i) => expect(Math.abs(value / exact[i] - 1)).toBeLessThan(2e-6))
  })

  test('a norm of nothing is 0 or nearly so, never NaN', () => {
    const [x, d] = [array('float32', 1, 4, 48), array('float32', 2, 1, 48)]
    const same = lax.broadcastInDim(lax.reshape(lax.slice(x, [0, 0], [1, 48]), [48]), [4, 48], [1])
    const arrays = [same, lax.broadcastInDim(lax.reshape(d, [48]), [4, 48], [1]), lax.dotGeneral(lax.reshape(lax.slice(same, [0, 0], [1, 48]), [48]), lax.reshape(d, [48]))]
    const [found] = ir.evaluate(plannedOf(decay, arrays), arrays)
    found.toTypedArray().forEach((value) => expect(value >= 0 && value < 1e-5).toBe(true))
  })

  test('in float64 sums that may cancel are opened only where that is asked for', () => {
    const arrays = [array('float64', 1, 4, 48), array('float64', 2, 4, 48), array('float64', 3, 48, 48)]
    expect(largest(plannedOf(decay, arrays))).toBe(4 * 48 * 48)
    expect(largest(plannedOf(decay, arrays, true))).toBeLessThan(4 * 48 * 48)
  })

  test('x − x stays, so that what is not finite is seen', () => {
    const f: Fn = (x, d) => lax.reduceSum(lax.sub(outer(x, d), outer(x, d)), [0, 1, 2])
    const arrays = [array('float64', 1, 2, 8), array('float64', 2, 2, 8)]
    const infinite = arrayOf('float64', [2, 8], [...arrays[0].toTypedArray()].with(3, Infinity))
    const planned = plannedOf(f, arrays)
    expect(ir.evaluate(planned, arrays)[0].item()).toBe(0)
    expect(ir.evaluate(planned, [infinite, arrays[1]])[0].item()).toBeNaN()
  })
})

describe('range', () => {
  test.each([[1e25, 1e-25], [1e-25, 1e25], [1e-30, 1e20]])('norms of products of %s and %s neither overflow nor underflow in float32', (a, b) => {
    const f: Fn = (x, d) => lax.sqrt(lax.reduceSum(lax.square(outer(x, d)), [1, 2]))
    const arrays = [lax.mul(array('float32', 1, 4, 32), a), lax.mul(array('float32', 2, 4, 32), b)]
    const planned = plannedOf(f, arrays)
    expect(largest(planned)).toBeLessThan(4 * 32 * 32)
    const exact = f(...arrays.map((x) => np.astype(x, 'float64'))).toTypedArray()
    ir.evaluate(planned, arrays)[0].toTypedArray().forEach((value, i) => expect(Math.abs(value / exact[i] - 1)).toBeLessThan(2e-7))
  })
})

describe('keys', () => {
  const labels = new Labels()
  const [x, d] = [variable(f64(0).aval), variable(f64(0).aval)]
  const [b, t, u, j, k, l] = [2, 3, 3, 4, 5, 5].map((size) => labels.make(size))
  const factor = (atom: typeof x, ...axes: readonly number[]): Factor => ({ atom, axes: axes.map((label) => [label]), inverse: false, within: [] })
  const term = (...factors: readonly Factor[]): Term => ({ coefficient: 1, factors })

  test('are the same for any order of factors and any names of labels', () => {
    const gram = [factor(x, b, t, j), factor(d, b, t, k), factor(x, b, u, j), factor(d, b, u, k)]
    const renamed = [factor(d, b, t, l), factor(x, b, u, j), factor(d, b, u, l), factor(x, b, t, j)]
    const keys = [gram, gram.toReversed(), renamed, renamed.toReversed()].map((factors) => termKey(term(...factors), [b]))
    expect(new Set(keys).size).toBe(1)
  })

  test('differ where terms do', () => {
    const terms = [
      term(factor(x, b, t, j), factor(x, b, t, j)), term(factor(x, b, t, j), factor(x, b, u, j)), term(factor(x, b, t, j)),
      term(factor(x, b, t, j), factor(d, b, t, j)), term(factor(x, b, t, j), { ...factor(d, b), inverse: true }), term(factor(x, b, t, j), factor(d, b))
    ]
    expect(new Set(terms.map((each) => termKey(each, [b]))).size).toBe(terms.length)
  })
})
