import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storageOf } from '../../src/array/ndarray.js'
import { donatedTo, planned } from '../../src/backend/plan.js'
import { Strands } from '../../src/backend/schedule/buffers/strands.js'
import type { Life } from '../../src/backend/schedule/buffers/sharing.js'
import type { Buffer } from '../../src/backend/schedule/kernel.js'
import type { KernelLine } from '../../src/backend/schedule/lines.js'
import { compile, type Executable } from '../../src/backend/wasm/runtime/executable.js'
import { Heap } from '../../src/backend/wasm/runtime/heap.js'
import type { NdArray } from '../../src/core/array.js'
import { debug, DonatedError, grad, jit, lax, nn, np, optim, profile } from '../../src/index.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { stage } from '../../src/ir/stage.js'
import { noiseLike } from '../support/arrays.js'

/*
 * Results in the places of operands: what is written, where it is, and that values do not tell.
 */

const noisy = (shape: readonly number[], seed = 0): NdArray => noiseLike({ shape, dtype: 'float32' }, seed)

const numbers = (x: NdArray): readonly number[] => Array.from(x.toTypedArray())

const inner = (lines: readonly KernelLine[], name: string): KernelLine => {
  const all = lines.flatMap(function within(line): readonly KernelLine[] {
    return [line, ...line.within.flatMap(([, nested]) => nested.flatMap(within))]
  })
  const found = all.find((line) => line.name === name)
  if (found === undefined) throw new Error(`no ${name} in ${all.map((line) => line.name).join(', ')}`)
  return found
}

const [rows, columns] = [10_000, 64]
const table = 4 * rows * columns

describe('a loop that fills an array row by row', () => {
  const scaled = (v: NdArray, i: NdArray): NdArray => np.multiply(v, np.astype(i, 'float32'))
  const fills: Readonly<Record<string, (v: NdArray) => NdArray>> = {
    dynamic_update_slice: (v) => lax.foriLoop(0, rows, (i, a: NdArray) =>
      lax.dynamicUpdateSlice(a, np.expandDims(scaled(v, i), 0), [i, 0]), np.zeros([rows, columns])),
    scatter: (v) => lax.foriLoop(0, rows, (i, a: NdArray) => np.at(a, i).set(scaled(v, i)), np.zeros([rows, columns])),
    scatter_add: (v) => lax.foriLoop(0, rows, (i, a: NdArray) => np.at(a, i).add(scaled(v, i)), np.zeros([rows, columns])),
    'while': (v) => lax.whileLoop(([i]: readonly [NdArray, NdArray]) => np.less(i, rows), ([i, a]) =>
      [np.add(i, 1), lax.dynamicUpdateSlice(a, np.expandDims(scaled(v, i), 0), [i, 0])] as const,
    [np.array(0, { dtype: 'int32' }), np.zeros([rows, columns])] as const)[1],
    'cond in scan': (v) => lax.foriLoop(0, rows, (i, a: NdArray) => lax.cond(np.greaterEqual(i, 0),
      (b: NdArray) => lax.dynamicUpdateSlice(b, np.expandDims(scaled(v, i), 0), [i, 0]), (b: NdArray) => b, a), np.zeros([rows, columns]))
  }

  test.each(Object.entries(fills))('%s writes its rows only', (name, fill) => {
    const filled = jit(fill)
    const v = noisy([columns])
    const plan = filled.lower(v).schedule()
    const update = inner(plan.kernels, name.startsWith('scatter') ? name : 'dynamic_update_slice')
    expect(update.writes).toBe(4 * columns)
    expect(update.computes).toMatch(/, in place$/)
    expect(plan.cost.arenaBytes).toBeLessThan(name === 'scatter_add' ? table : table / 2)
    const loop = inner(plan.kernels, name === 'while' ? name : 'scan')
    expect(loop.writes).toBeLessThan(name === 'while' ? 100 * columns : 3 * table)
    const [got, [...w]] = [filled(v).toTypedArray(), numbers(v)]
    for (const i of [0, 1, 2, 4999, rows - 1]) {
      expect(Array.from(got.subarray(i * columns, (i + 1) * columns), (x) => x + 0)).toEqual(w.map((x) => Math.fround(x * i) + 0))
    }
  })

  test('reads the row before it', () => {
    const sums = jit((v: NdArray) => lax.foriLoop(1, 50, (i, a: NdArray) =>
      lax.dynamicUpdateSlice(a, np.add(lax.dynamicSlice(a, [np.subtract(i, 1), 0], [1, 3]), v), [i, 0]), np.zeros([50, 3])))
    expect(sums(np.ones([3])).toList()).toEqual(Array.from({ length: 50 }, (_, i) => [i, i, i]))
  })

  test('keeps what is needed later', () => {
    const both = jit((a: NdArray, v: NdArray) => [lax.foriLoop(0, 3, (i, b: NdArray) => lax.dynamicUpdateSlice(b, v, [i, 0]), a), np.sum(a)] as const)
    const a = noisy([4, 300])
    const before = numbers(a)
    const [changed, sum] = both(a, np.ones([1, 300]))
    expect(numbers(a)).toEqual(before)
    expect(numbers(changed)).toEqual([...Array<number>(900).fill(1), ...before.slice(900)])
    expect(sum.item()).toBeCloseTo(before.reduce((x, y) => x + y), 3)
  })
})

describe('carries', () => {
  test('that are handed on are not copied', () => {
    const f = jit((w: NdArray, h: NdArray, xs: NdArray) => lax.scan(([u, state]: readonly [NdArray, NdArray], x: NdArray) => {
      const next = np.tanh(np.add(np.matmul(state, u), x))
      return [[u, next] as const, np.sum(next)] as const
    }, [w, h] as const, xs))
    const [w, h, xs] = [noisy([40, 40]), noisy([5, 40], 1), noisy([30, 5, 40], 2)]
    const step = inner(f.lower(w, h, xs).schedule().kernels, 'scan').within[0][1]
    for (const { name, writes } of step) expect([name, writes < 4 * 40 * 40]).toEqual([name, true])
    expect(numbers(f(w, h, xs)[0][0])).toEqual(numbers(w))
  })

  test('that change places, and that start as one array', () => {
    const f = jit((x: NdArray, y: NdArray) => lax.foriLoop(0, 5, (i, [a, b, c, d]: readonly NdArray[]) => {
      return [b, a, np.add(c, 1), np.multiply(d, np.astype(i, 'float32'))]
    }, [x, y, x, x]))
    const [x, y] = [noisy([300]), noisy([300], 1)]
    const [a, b, c, d] = f(x, y).map(numbers)
    expect([a, b]).toEqual([numbers(y), numbers(x)])
    expect(c).toEqual(numbers(x).map((v) => [1, 2, 3, 4, 5].reduce((sum) => Math.fround(sum + 1), v)))
    expect(d.every((v) => v === 0)).toBe(true)
  })

  test('whose old values are read after the new ones are there', () => {
    const f = jit((x: NdArray) => lax.foriLoop(0, 4, (_, [a, b]: readonly NdArray[]) => {
      const next = np.multiply(a, 2)
      return [next, np.add(np.add(a, np.flip(next)), b)]
    }, [x, np.zeros([400])]))
    const x = noisy([400])
    let [a, b] = [numbers(x), Array<number>(400).fill(0)]
    for (let i = 0; i < 4; i++) {
      const next = a.map((v) => 2 * v)
      b = b.map((v, k) => Math.fround(Math.fround(a[k] + next[399 - k]) + v))
      a = next
    }
    expect(f(x).map(numbers)).toEqual([a, b])
  })

  test('of whiles that take no step', () => {
    const f = jit((x: NdArray) => lax.whileLoop((a: NdArray) => np.greater(np.sum(a), 1e9), (a: NdArray) => np.multiply(np.flip(a), 2), x))
    const x = noisy([500])
    expect(numbers(f(x))).toEqual(numbers(x))
  })
})

describe('stacks', () => {
  test('are made once, of parts that stay in loops', () => {
    const cell = (w: NdArray) => (state: NdArray, x: NdArray): readonly [NdArray, null] => {
      const [gate, next] = np.split(np.add(np.matmul(state, w), x), 2, { axis: -1 })
      return [np.multiply(nn.sigmoid(gate), np.tanh(next)), null]
    }
    const f = jit(grad((w: NdArray, h: NdArray, xs: NdArray) => np.sum(lax.scan(cell(w), h, xs)[0])))
    const args = [np.multiply(noisy([40, 80]), 0.1), noisy([5, 40], 1), noisy([30, 5, 80], 2)] as const
    const scans = f.lower(...args).schedule().kernels.filter(({ name }) => name === 'scan').map(({ within }) => within[0][1])
    expect(scans.length).toBe(2)
    for (const { name, computes } of scans.flat()) expect([name, computes === 'copy' || name === 'split']).toEqual([name, false])
    const plain = grad((w: NdArray) => {
      let h: NdArray = args[1]
      for (const x of args[2]) [h] = cell(w)(h, x)
      return np.sum(h)
    })(args[0])
    const [a, b] = [numbers(f(...args)), numbers(plain)]
    a.forEach((x, i) => expect(x).toBeCloseTo(b[i], 3))
  })
})

describe('more buffers than a function has parameters', () => {
  const many = Array.from({ length: 1200 }, (_, k) => noisy([2], k))
  const sum = (xs: readonly NdArray[]): NdArray => np.sum(np.concatenate(xs))
  const cases: Readonly<Record<string, (xs: readonly NdArray[]) => readonly NdArray[]>> = {
    concatenate: (xs) => [np.concatenate(xs)],
    barrier: (xs) => lax.optimizationBarrier(xs),
    scan: (xs) => lax.foriLoop(0, 3, (_, each: readonly NdArray[]) => each.map((x, k) =>
      (k % 3 === 0 ? np.add(x, 1) : k % 3 === 1 ? np.add(x, each[k - 1]) : x)), xs),
    'while': (xs) => lax.whileLoop((each: readonly NdArray[]) => np.less(sum(each), 3000),
      (each) => each.map((x, k) => (k % 2 === 0 ? np.add(x, 1) : np.flip(x))), xs),
    cond: (xs) => lax.cond(np.less(sum(xs), 0), (each: readonly NdArray[]) => each, (each) => each.map((x) => np.multiply(x, 2)), xs)
  }

  test.each(Object.entries(cases))('%s', (_, f) => {
    const jitted = jit(f)
    expect(jitted.lower(many).cost().host).toBe(0)
    const [got, want] = [jitted(many), f(many)]
    expect(got.map(numbers)).toEqual(want.map(numbers))
  })
})

describe('arenas', () => {
  test('of softmax hold one matrix', () => {
    const f = jit((x: NdArray) => {
      const y = np.matmul(x, x)
      const e = np.exp(np.subtract(y, np.max(y, { axis: 1, keepdims: true })))
      return np.square(np.divide(e, np.sum(e, { axis: 1, keepdims: true })))
    })
    const { cost, kernels } = f.lower(noisy([256, 256])).schedule()
    expect(cost.arenaBytes).toBe(4 * 256 * 256) // what the product packs: the rest is in the place of the result
    expect(kernels.length).toBe(2)
  })

  test('have no place for what a barrier hands on', () => {
    const f = jit((x: NdArray) => {
      const [y] = lax.optimizationBarrier([x])
      return np.add(np.matmul(y, y), np.sum(y))
    })
    const { kernels } = f.lower(noisy([64, 64])).schedule()
    expect(kernels.map(({ name }) => name)).not.toContain('optimization_barrier')
    expect(f(np.ones([3, 3])).toList()).toEqual(Array.from({ length: 3 }, () => [12, 12, 12]))
  })
})

/** A program for a heap of its own, with arguments donated. */
const consuming = (f: (...xs: readonly NdArray[]) => readonly NdArray[], args: readonly NdArray[], donated: readonly number[], heap: Heap): Executable => {
  const { jaxpr } = stage((xs) => [...f(...xs)], args.map((x) => x.aval))
  const plan = planned(jaxpr)
  const run = compile(plan.segment, { heap, who: 'jit(test)' }, donatedTo(plan, donated))
  return (given, spared) => plan.results(given, run(plan.reads(given), spared))
}

describe('donated arguments', () => {
  const heap = new Heap(256)
  const size = 5000
  const place = (x: NdArray): number | undefined => heap.addressOf(storageOf(x))
  const update = (p: NdArray, m: NdArray, g: NdArray): readonly NdArray[] => {
    const next = np.add(np.multiply(m, 0.5), g)
    return [np.subtract(p, next), next]
  }
  const expected = (p: NdArray, m: NdArray, g: NdArray): readonly (readonly number[])[] => {
    const [a, b, c] = [p, m, g].map(numbers)
    const next = a.map((_, i) => Math.fround(Math.fround(b[i] * 0.5) + c[i]))
    return [a.map((x, i) => Math.fround(x - next[i])), next]
  }
  const args = (): readonly [NdArray, NdArray, NdArray] => [noisy([size]), noisy([size], 1), noisy([size], 2)]
  const step = consuming((p, m, g) => update(p, m, g), args(), [0, 1], heap)
  const resident = (): readonly NdArray[] => step(args())

  test('give their places to results', () => {
    const [p, m] = resident()
    const g = noisy([size], 3)
    const [before, want] = [[place(p), place(m)], expected(p, m, g)]
    const results = step([p, m, g])
    expect(results.map(place)).toEqual(before)
    expect(results.map(numbers)).toEqual(want)
    expect(() => p.toTypedArray()).toThrow(DonatedError)
  })

  test('give their places to products that are added to them', () => {
    const add = (z: NdArray, x: NdArray, w: NdArray): readonly NdArray[] => [np.add(z, np.reshape(np.matmul(x, w), [size]))]
    const factors = (): readonly [NdArray, NdArray] => [noisy([20, 9], 3), noisy([9, 250], 4)]
    const [z] = resident()
    expect(jit(add).lower(z, ...factors()).schedule().kernels.map(({ computes }) => computes)).toEqual(['mul →sum | add'])
    const [before, [want]] = [place(z), jit(add)(np.array(numbers(z)), ...factors())]
    const [sum] = consuming(add, [z, ...factors()], [0], heap)([z, ...factors()])
    expect(place(sum)).toBe(before)
    expect(numbers(sum)).toEqual(numbers(want))
  })

  test('take no more memory, step after step', () => {
    const g = noisy([size], 3)
    let state = step([...resident(), g])
    const { taken } = heap
    for (let i = 0; i < 1000; i++) {
      state = step([...state, g])
      expect(heap.taken).toBe(taken)
    }
  })

  test('that are passed twice, or that are spared, are copied', () => {
    const [x] = resident()
    const values = numbers(x)
    const want = expected(x, x, x)
    const results = step([x, x, x])
    expect(results.map(numbers)).toEqual(want)
    expect(numbers(x)).toEqual(values)
    const [p, m] = results
    const [old, g] = [[numbers(p), numbers(m)], noisy([size], 5)]
    const other = expected(p, m, g)
    expect(step([p, m, g], new Set([p, m])).map(numbers)).toEqual(other)
    expect([numbers(p), numbers(m)]).toEqual(old)
  })

  test('change nothing that shares their shape', () => {
    fc.assert(fc.property(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), fc.boolean(), (which, inHeap) => {
      const pool = inHeap ? [...resident(), ...resident()] : [0, 1, 2, 3].map((seed) => noisy([size], seed))
      const [p, m, g] = which.map((k) => pool[k])
      const want = expected(p, m, g)
      const before = pool.map(numbers)
      expect(step([p, m, g]).map(numbers)).toEqual(want)
      pool.forEach((x, k) => {
        const given = which.slice(0, 2).includes(k) && which[2] !== k
        if (!given || !inHeap) expect(numbers(x)).toEqual(before[k])
      })
    }), { numRuns: 60 })
  })

  test('are there still if there is no memory for the results', () => {
    const small = new Heap(64)
    const wide = noisy([1200])
    const [x] = consuming((y) => [np.add(y, 1)], [wide], [0], small)([wide])
    const outer = consuming((y) => [np.multiply(y, 2), np.multiply(np.expandDims(y, 1), np.expandDims(y, 0))], [x], [0], small)
    const before = numbers(x)
    expect(() => outer([x])).toThrow('jit(test): expected room in memory')
    expect(numbers(x)).toEqual(before)
  })

  test('of jitted functions: parameters and moments of an optimizer', () => {
    const adam = optim.adam(0.1)
    const parameters = { w: noisy([60, 50]), b: noisy([50], 1) }
    const apply = (state: optim.State<typeof parameters>, g: typeof parameters): optim.State<typeof parameters> => optim.step(adam)(state, g)
    const [plain, donating] = [jit(apply), jit(apply, { donate: [0] })]
    const start = (): optim.State<typeof parameters> => jit((p: typeof parameters) => optim.init(adam)(p))(parameters)
    let [a, b] = [start(), start()]
    for (let i = 0; i < 5; i++) {
      const g = { w: noisy([60, 50], 10 + i), b: noisy([50], 20 + i) }
      a = plain(a, g)
      b = donating(b, g)
    }
    expect(numbers(b.params.w)).toEqual(numbers(a.params.w))
    expect(numbers(b.params.b)).toEqual(numbers(a.params.b))
    const { arenaBytes } = donating.lower(a, parameters).cost()
    expect(arenaBytes).toBeLessThan(4 * 60 * 50)
  })

  test('that callbacks read too, or that are results, are copied', () => {
    const f = jit((x: NdArray, y: NdArray) => {
      const z = np.multiply(x, 2)
      debug.callback((v: NdArray) => void seen.push(numbers(v)[0]), x)
      return [np.add(z, y), y, np.add(y, 1)] as const
    }, { donate: [0, 1] })
    const seen: number[] = []
    const grow = jit((x: NdArray) => np.add(x, 1))
    const [x, y] = [grow(noisy([size])), grow(noisy([size], 1))]
    const [a, b] = [numbers(x), numbers(y)]
    const [sum, same, more] = f(x, y)
    expect(seen).toEqual([a[0]])
    expect([numbers(same), numbers(more)]).toEqual([b, b.map((v) => Math.fround(v + 1))])
    expect(numbers(sum)).toEqual(a.map((v, i) => Math.fround(2 * v + b[i])))
    expect(() => x.toList()).toThrow(DonatedError)
    expect(numbers(y)).toEqual(b)
  })

  test('of a function that is profiled stay', () => {
    const f = jit((x: NdArray) => np.multiply(x, 2), { donate: [0] })
    const x = jit((y: NdArray) => np.add(y, 1))(noisy([size]))
    const before = numbers(x)
    profile(f)(x)
    expect(numbers(x)).toEqual(before)
  })
})

describe('operands that are read again when a result is written over them', () => {
  const steps: readonly (readonly [string, (s: NdArray) => readonly [NdArray, NdArray]])[] = [
    ['by a copy', (s) => [np.exp(np.negative(s)), s]],
    ['by a sum', (s) => [np.exp(np.negative(s)), np.add(s, 1)]],
    ['by another exponential', (s) => [np.exp(np.negative(s)), np.exp(s)]],
    ['by a sigmoid', (s) => [nn.sigmoid(s), np.multiply(s, nn.sigmoid(s))]],
    ['by what depends on a shared value', (s) => [np.exp(np.subtract(np.sin(s), 1)), np.multiply(np.sin(s), s)]]
  ]
  test.each(steps)('%s', (_, step) => {
    const f = (x: NdArray): readonly NdArray[] => lax.scan((s: NdArray) => step(s), x, null, { length: 3 })
    for (const size of [3, 4, 8, 15, 16, 17, 27, 32, 40, 63, 100]) {
      const x = noisy([size])
      const { jaxpr } = stage(([y]) => [...f(y)], [x.aval])
      const expected = evaluate(jaxpr, [x])
      jit(f)(x).forEach((got, k) => numbers(got).forEach((value, i) => expect(value).toBeCloseTo(numbers(expected[k])[i], 5)))
    }
  })
})

describe('buffers that share memory', () => {
  test('are apart from each other, all of them', () => {
    const life = fc.record({ birth: fc.nat(5), more: fc.nat(3), ends: fc.boolean() })
    fc.assert(fc.property(fc.array(life, { minLength: 2, maxLength: 9 }), fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 40, size: 'max' }), (list, joins) => {
      const buffers = list.map((_, id): Buffer => ({ id, dtype: 'float32', size: 1 }))
      const lives = list.map(({ birth, more, ends }): Life => ({ birth, death: ends ? birth + more : Infinity }))
      const [of, touching] = [new Map(buffers.map((buffer, i) => [buffer, lives[i]])), new Set(joins.map(([a, b]) => `${a} ${b}`))]
      const apart = (a: Buffer, b: Buffer): boolean => {
        const [x, y] = [lives[a.id], lives[b.id]]
        if (x.death < y.birth || y.death < x.birth) return true
        return (x.death === y.birth && touching.has(`${a.id} ${b.id}`)) || (y.death === x.birth && touching.has(`${b.id} ${a.id}`))
      }
      const strands = new Strands({ of, aliases: [], apart })
      for (const [a, b] of joins) if (a < list.length && b < list.length) strands.join(buffers[a], buffers[b])
      for (const buffer of buffers) {
        for (const other of strands.of(buffer)) if (other !== buffer && !apart(buffer, other)) throw new Error(`${buffer.id} and ${other.id}`)
      }
    }), { numRuns: 2000 })
  })

  test('a row kernel that keeps one value for its next phase, another for good', () => {
    const f = (x: NdArray): readonly NdArray[] => {
      const shares = nn.softmax(np.sum(x, { axis: 0 }))
      const twice = np.add(shares, shares)
      return [np.at(shares, [0]).add(np.slice(twice, [1])), shares, twice]
    }
    const x = noisy([2, 12, 6])
    const [expected, got] = [f(x), jit(f)(x)].map((outs) => outs.map(numbers))
    got.forEach((values, k) => {
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[k][i], 6))
    })
  })
})

describe('memory in a synchronous loop of 100,000 steps', () => {
  test.each([true, false])('with donation: %s', (donate) => {
    const heap = new Heap()
    const x = noisy([1000])
    const half = consuming((y, z) => [np.add(np.multiply(y, 0.5), z)], [x, x], donate ? [0] : [], heap)
    let state: NdArray = half([x, x])[0]
    for (let i = 0; i < 100_000; i++) [state] = half([state, x])
    expect(heap.memory.buffer.byteLength).toBeLessThan(donate ? 2 ** 21 : 2 ** 29)
    expect(numbers(state)[0]).toBeCloseTo(2 * numbers(x)[0], 5)
  })
})
