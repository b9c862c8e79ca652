import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { scanP } from '../../src/control/loops/scan.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import type { ScanParams } from '../../src/control/loop.js'
import { avalsOf, subjaxprs } from '../../src/ir/jaxpr.js'
import { stage } from '../../src/ir/stage.js'
import { grad, hessian, jit, jvp, lax, makeJaxpr, np, ShapeStruct, vmap, type NdArray } from '../../src/index.js'
import { linearizeArrays } from '../../src/transform/differentiate.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { Trial } from '../laws/row.js'
import { control, scans } from '../laws/rows/control.js'
import { drawing, numRuns } from '../support/arbitrary.js'
import { generate, noise } from '../support/arrays.js'
import { named, programOf, scanParams, scansOf, stacked } from './programs.js'
import { gru, lstm, rnn, tied } from './recurrences.js'

const random = (seed: number, ...shape: readonly number[]): NdArray => generate('float64', shape, (i) => noise(seed, i) / 2)

const weights = { w: random(1, 4, 4), u: random(2, 4, 3) }
const gates = { w: random(1, 16, 7), b: random(2, 16) }
const many = Object.fromEntries(['wr', 'wz', 'wn', 'ur', 'uz', 'un'].map((name, i) => [name, random(i, 4, name.startsWith('w') ? 4 : 3)]))
/** With the number of arrays that the gradient stacks: states, gates and inputs of products that are no inputs of the loop. */
const recurrent = [
  { name: 'rnn', f: rnn, params: weights, residuals: 1 }, { name: 'tied', f: tied, params: weights, residuals: 1 },
  { name: 'lstm', f: lstm, params: gates, residuals: 7 }, { name: 'gru', f: gru, params: many, residuals: 4 }
] as const

/** Bytes of the arrays that the derivative of a function keeps until it is needed, each counted once. */
const kept = (f: (args: readonly NdArray[]) => readonly NdArray[], args: readonly NdArray[]): number => {
  const { linear } = linearizeArrays(f, args, args.map(() => true))
  return [...new Set(linear.captured)].reduce((sum, x) => sum + x.toTypedArray().byteLength, 0)
}

/** Stacked outputs of a scan, from one on, that are there in vain. */
const wasted = ({ jaxpr: body, constants, carries }: ScanParams, from: number): readonly string[] => {
  const outs = body.outputs.slice(carries)
  const given = new Set<unknown>([...body.inputs.slice(0, constants), ...body.inputs.slice(constants + carries)])
  return outs.slice(from - carries).flatMap((atom, k) => {
    if (outs.indexOf(atom) < from - carries + k) return [`residual ${k} twice`]
    return atom.kind === 'literal' || given.has(atom) ? [`residual ${k}, which is an input`] : []
  })
}

/** Equations in the body of a scan that are the same in every step. */
const invariants = (body: Jaxpr, constants: number): readonly string[] => {
  const fixed = new Set<unknown>(body.inputs.slice(0, constants))
  return body.eqns.flatMap((eqn) => {
    if (!eqn.inputs.every((atom) => atom.kind === 'literal' || fixed.has(atom))) return []
    for (const v of eqn.outputs) fixed.add(v)
    return [eqn.primitive.name]
  })
}

describe('what the backward pass of a scan keeps', () => {
  test.each(recurrent)('grows by the same number of bytes with every step: $name', ({ f, params }) => {
    const list = Object.values(params)
    const bytes = (n: number): number =>
      kept(([xs, ...each]) => [f(Object.fromEntries(Object.keys(params).map((name, i) => [name, each[i]])), xs)], [random(9, n, 3), ...list])
    const [ten, hundred, thousand] = [10, 100, 1000].map(bytes)
    const step = (hundred - ten) / 90
    expect(thousand - hundred).toBe(900 * step)
    expect(step).toBeGreaterThan(0)
    expect(ten - 10 * step).toBeLessThanOrEqual(list.reduce((sum, x) => sum + 8 * x.size, 0) + 64 * 8) // the rest is the parameters
  })

  test('is of an RNN the state before and after each step, and the inputs', () => {
    const bytes = (n: number): number => kept(([w, u, xs]) => [rnn({ w, u }, xs)], [weights.w, weights.u, random(9, n, 3)])
    expect((bytes(100) - bytes(10)) / 90).toBe(8 * (4 + 4 + 3 + 4)) // and 2 h, from the square
  })

  test.each(recurrent)('is stacked once, and never what was there: $name', ({ f, params, residuals }) => {
    expect(stacked(programOf(grad(f), params, random(9, 5, 3))) - stacked(programOf(f, params, random(9, 5, 3)))).toBe(residuals)
    const all = scansOf(programOf(grad(f), params, random(9, 5, 3)))
    expect(all).toHaveLength(2)
    for (const { params: { jaxpr, constants } } of all) expect(invariants(jaxpr, constants)).toEqual([])
    expect(wasted(all[0].params, all[0].params.carries)).toEqual([])
  })

  test('of a linear loop, does not depend on its length', () => {
    const decay = (length: number) => ([x]: readonly NdArray[]): readonly NdArray[] =>
      [lax.scan((c: NdArray) => [np.mul(c, 0.5), null] as const, x, null, { length })[0]]
    expect(kept(decay(1000), [random(1, 4)])).toBe(kept(decay(10), [random(1, 4)]))
    expect(stacked(programOf(grad((x: NdArray) => np.sum(decay(100)([x])[0])), random(1, 4)))).toBe(0)
  })

  test('integers that the carry counts are kept at most once', () => {
    const f = (x: NdArray): NdArray => {
      const step = ([v, n]: readonly [NdArray, NdArray]): readonly [readonly [NdArray, NdArray], null] =>
        [[np.mul(v, np.sin(np.astype(n, 'float64'))), np.add(n, 1)], null]
      return lax.scan(step, [x, np.array(0, { dtype: 'int32' })] as const, null, { length: 6 })[0][0]
    }
    const program = programOf(grad(f), random(1))
    expect(stacked(program)).toBeLessThanOrEqual(1)
  })

  test('is, of random scans, stacked once; and what is the same in each step is computed before', () => {
    const trials = scans(drawing('float64', false), 'kinked', 0).map((example) => new Trial(scanP, control.scan, example))
    fc.assert(fc.property(trials, ({ f, operands, params }) => {
      const nonzero = operands.map((x) => x.dtype === 'float64')
      const { jaxpr } = stage((args) => {
        const [outs, pullback] = vjpArrays(f, args, nonzero)
        return pullback(outs.map((y) => (y.dtype === 'float64' ? y : null))).filter((ct) => ct !== null)
      }, avalsOf(operands))
      const [forward, ...rest] = jaxpr.eqns.filter(({ primitive }) => primitive === scanP).map(scanParams)
      if (rest.length === 0) return
      for (const { jaxpr: body, constants } of [forward, ...rest]) expect(invariants(body, constants)).toEqual([])
      expect(wasted(forward, (params as ScanParams).jaxpr.outputs.length)).toEqual([]) // the params of a scan
    }), { numRuns: numRuns(150) })
  })
})

/** Equations of nested calls, each jaxpr counted once. */
const size = (jaxpr: Jaxpr, seen = new Set<Jaxpr>()): number => {
  if (seen.has(jaxpr)) return 0
  seen.add(jaxpr)
  return jaxpr.eqns.reduce((sum, eqn) => sum + 1 + subjaxprs(eqn).reduce((inner, each) => inner + size(each, seen), 0), 0)
}

describe('the cost of loops', () => {
  test('2,000 steps need no deep stack, nor do their derivatives', () => {
    const xs = random(9, 2000, 3)
    const small = { w: weights.w, u: weights.u }
    expect(rnn(small, xs).item()).toBeGreaterThan(0)
    expect(grad(rnn)(small, xs)['w'].shape).toEqual([4, 4])
    expect(jvp((x: NdArray) => rnn(small, x))([xs], [xs])[1].shape).toEqual([])
    const long = lax.whileLoop((n: NdArray) => np.less(n, 20_000), (n: NdArray) => np.add(n, 1), np.array(0, { dtype: 'int32' }))
    expect(long.item()).toBe(20_000)
  })

  test('a body is traced once, however long the loop, and once more where it promotes its carry', () => {
    let count = 0
    const step = (c: NdArray, x: NdArray): readonly [NdArray, NdArray] => {
      count++
      return [np.add(c, x), c]
    }
    lax.scan(step, np.array(0), np.ones([50]))
    expect(count).toBe(1)
    const [sum] = lax.scan(step, np.asArray(0), np.ones([5], { dtype: 'float64' }))
    expect([count, sum.dtype]).toEqual([3, 'float64'])
  })

  test('a function jitted outside is traced and transformed once, however often a body calls it', () => {
    let count = 0
    const f = jit((x: NdArray) => {
      count++
      return np.sin(np.mul(x, x))
    })
    const looped = (calls: number) => (x: NdArray): NdArray =>
      lax.scan((c: NdArray) => [Array.from({ length: calls }).reduce<NdArray>((y) => f(y), c), null] as const, x, null, { length: 3 })[0]
    const cost = (calls: number): number => size(makeJaxpr(grad(looped(calls)))(new ShapeStruct([], 'float64')))
    const [two, four, eight] = [2, 4, 8].map(cost)
    expect(count).toBe(1)
    expect(eight - four).toBe(2 * (four - two))
    expect(grad(looped(2))(random(3)).toList()).toBeTypeOf('number')
  })

  test('of calls within calls within loops is linear in their depth', () => {
    const deep = (depth: number): ((x: NdArray) => NdArray) => {
      if (depth === 0) return (x) => np.sin(x)
      const inner = deep(depth - 1)
      return jit((x: NdArray) => np.mul(inner(x), 0.5))
    }
    const inLoop = (depth: number) => (x: NdArray): NdArray => lax.scan((c: NdArray) => [deep(depth)(c), null] as const, x, null, { length: 2 })[0]
    const loops = (depth: number): ((x: NdArray) => NdArray) =>
      depth === 0 ? (x) => np.sin(x) : (x) => lax.scan((c: NdArray) => [loops(depth - 1)(c), null] as const, x, null, { length: 2 })[0]
    for (const nest of [inLoop, loops]) {
      const cost = (f: (x: NdArray) => NdArray): number => size(makeJaxpr(f)(new ShapeStruct([], 'float64')))
      for (const transform of [grad, (f: (x: NdArray) => NdArray) => hessian(f), (f: (x: NdArray) => NdArray) => grad(jit(grad(f)))]) {
        const [two, four, six] = [2, 4, 6].map((depth) => cost(transform(nest(depth))))
        expect(six - four).toBeLessThanOrEqual(1.2 * (four - two) + 4)
      }
    }
  })
})

describe('what a batch does not reach stays as it was', () => {
  const shapes = (jaxpr: Jaxpr, name: string): readonly (readonly number[])[] => named(jaxpr, name)[0].outputs.map(({ aval }) => aval.shape)

  test('the carry of a scan, and its constants', () => {
    const f = (x: NdArray, w: NdArray): NdArray => {
      const step = ([n, v, t]: readonly [NdArray, NdArray, NdArray]): readonly [readonly [NdArray, NdArray, NdArray], NdArray] =>
        [[np.add(n, 1), np.mul(v, w), np.add(t, np.sum(np.mul(w, w)))], v]
      const [[n, v, t]] = lax.scan(step, [np.array(0, { dtype: 'int32' }), x, np.array(0, { dtype: 'float64' })] as const, null, { length: 3 })
      return np.add(np.add(np.sum(v), n), t)
    }
    const program = programOf(vmap(f, { in: [0, null] }), random(1, 5, 2), random(2, 2))
    expect(shapes(program, 'scan').map((shape) => shape.join()).sort()).toEqual(['', '', '5,2'])
  })

  test('the carry of a while loop whose test is not batched', () => {
    const f = (x: NdArray): NdArray => {
      const body = ([n, v]: readonly [NdArray, NdArray]): readonly [NdArray, NdArray] => [np.add(n, 1), np.mul(v, x)]
      return lax.whileLoop(([n]: readonly [NdArray, NdArray]) => np.less(n, 3), body, [np.array(0, { dtype: 'int32' }), x] as const)[1]
    }
    expect(shapes(programOf(vmap(f), random(1, 5)), 'while')).toEqual([[], [5]])
  })

  test('a carry that comes to depend on the batch in the second step', () => {
    const f = (x: NdArray): NdArray => {
      const step = ([, b]: readonly [NdArray, NdArray]): readonly [readonly [NdArray, NdArray], null] => [[b, np.add(b, x)], null]
      const zero = np.array(0, { dtype: 'float64' })
      return lax.scan(step, [zero, zero] as const, null, { length: 4 })[0][0]
    }
    const xs = random(1, 3)
    expect(vmap(f)(xs).toList()).toEqual(np.mul(xs, 3).toList())
    expect(grad((x: NdArray) => np.sum(vmap(f)(x)))(xs).toList()).toEqual([3, 3, 3])
  })

  test('the outputs of a branch, and the branch itself if the index is not batched', () => {
    const f = (p: NdArray, x: NdArray, y: NdArray): readonly [NdArray, NdArray] =>
      lax.cond(p, (a: NdArray, b: NdArray) => [np.sin(a), b] as const, (a: NdArray, b: NdArray) => [a, np.cos(b)] as const, x, y)
    const batched = makeJaxpr(vmap((x: NdArray) => f(np.greater(1, 0), x, random(2))))(random(1, 3))
    expect(shapes(batched, 'cond')).toEqual([[3], []])
    const selected = makeJaxpr(vmap(f))(np.greater(random(3, 4), 0), random(1, 4), random(2, 4))
    expect([named(selected, 'cond').length, named(selected, 'select_n').length]).toEqual([0, 2])
  })

  test('dead code does not outlive its use: a carry that nobody reads goes, one that another needs stays', () => {
    const f = (x: NdArray): NdArray => {
      type Carry = readonly [NdArray, NdArray, NdArray]
      const step = ([a, b, c]: Carry): readonly [Carry, NdArray] => [[np.add(a, b), np.mul(b, 2), np.sin(c)], c]
      return lax.scan(step, [x, x, x] as const, null, { length: 3 })[0][0]
    }
    const [{ eqn, params }] = scansOf(programOf(f, random(1)))
    expect([eqn.outputs.length, params.carries, params.jaxpr.eqns.length]).toEqual([2, 2, 2])
  })
})
