import fc from 'fast-check'
import { expect, test } from 'vitest'
import { donatedTo, planned } from '../../src/backend/plan.js'
import { compile } from '../../src/backend/wasm/runtime/executable.js'
import { Heap } from '../../src/backend/wasm/runtime/heap.js'
import type { NdArray } from '../../src/core/array.js'
import { range } from '../../src/core/shape.js'
import { debug, DonatedError, lax, MemoryError, np } from '../../src/index.js'
import { stage } from '../../src/ir/stage.js'
import { numRuns } from '../support/arbitrary.js'
import { arrayOf, noise } from '../support/arrays.js'

/*
 * Programs in any order over arrays that stay in a small memory: results of some are operands of others, some operands are donated, are
 * passed twice, are results as they came; callbacks run programs themselves, or throw. Whatever happens, arrays that were not donated
 * keep their elements.
 */

type Values = readonly number[]

interface Kind {
  readonly f: (a: NdArray, b: NdArray) => readonly NdArray[]
  readonly model: (a: Values, b: Values) => readonly Values[]
}

/** What the callback does, if a program has one. */
let inside: () => void = () => undefined

const zip = (f: (x: number, y: number) => number) => (a: Values, b: Values): Values => a.map((x, i) => f(x, b[i]) | 0)
const [plus, minus] = [zip((x, y) => x + y), zip((x, y) => x - y)]
const told = (a: NdArray): void => debug.callback(() => inside(), a)

const kinds: readonly Kind[] = [
  { f: (a, b) => [np.add(a, b)], model: (a, b) => [plus(a, b)] },
  { f: (a, b) => [np.add(a, b), np.subtract(a, b)], model: (a, b) => [plus(a, b), minus(a, b)] },
  { f: (a, b) => [np.subtract(b, a), a], model: (a, b) => [minus(b, a), a] },
  { f: (a, b) => [b, a], model: (a, b) => [b, a] },
  { f: (a) => [np.negative(a)], model: (a) => [a.map((x) => -x | 0)] },
  {
    f: (a, b) => [lax.foriLoop(0, 3, (_, c: NdArray) => np.add(np.multiply(c, 2), b), a)],
    model: (a, b) => [range(3).reduce<Values>((c) => zip((x, y) => 2 * x + y)(c, b), a)]
  },
  {
    f: (a, b) => [lax.dynamicUpdateSlice(a, lax.slice(b, [0], [7]), [5]), np.add(b, 1)],
    model: (a, b) => [a.map((x, i) => (i >= 5 && i < 12 ? b[i - 5] : x)), b.map((x) => (x + 1) | 0)]
  },
  { f: (a, b) => [np.sort(a), np.flip(b)], model: (a, b) => [a.toSorted((x, y) => x - y), b.toReversed()] },
  {
    f: (a, b) => {
      const c = np.add(a, 3)
      told(c)
      return [np.subtract(c, b), np.multiply(a, 2)]
    },
    model: (a, b) => [zip((x, y) => x + 3 - y)(a, b), a.map((x) => (2 * x) | 0)]
  },
  {
    f: (a, b) => [lax.foriLoop(0, 2, (_, c: NdArray) => {
      told(c)
      return np.add(c, b)
    }, a)],
    model: (a, b) => [plus(plus(a, b), b)]
  }
]

type Program = (given: readonly [NdArray, NdArray]) => readonly NdArray[]

/** The programs, each for what is donated to it. */
const programsOf = (heap: Heap, size: number): ((kind: number, donated: readonly number[]) => Program) => {
  const made = new Map<string, Program>()
  const like = arrayOf('int32', [size], new Array<number>(size).fill(0))
  return (kind, donated) => {
    const key = `${kind} ${donated.join()}`
    const known = made.get(key)
    if (known !== undefined) return known
    const { jaxpr } = stage(([a, b]) => [...kinds[kind].f(a, b)], [like.aval, like.aval])
    const plan = planned(jaxpr)
    const none: readonly NdArray[] = []
    const { segment } = plan
    const run = segment.eqns.length === 0 ? () => none : compile(segment, { heap, who: 'jit(test)' }, donatedTo(plan, donated))
    const program: Program = (given) => plan.results(given, run(plan.reads(given)))
    made.set(key, program)
    return program
  }
}

interface Entry {
  readonly array: NdArray
  readonly values: Values
}

const step = fc.record({
  kind: fc.nat(kinds.length - 1), a: fc.nat(40), b: fc.nat(40), donated: fc.subarray([0, 1]),
  callback: fc.constantFrom('nothing', 'runs', 'throws'), other: fc.nat(kinds.length - 1), gifts: fc.subarray([0, 1]),
  view: fc.boolean()
})

const check = ({ array, values }: Entry): void => {
  const got = array.toTypedArray()
  const at = values.findIndex((value, i) => got[i] !== value)
  if (at >= 0 || got.length !== values.length) throw new Error(`element ${at}: ${got[at]}, expected ${values[at]}`)
}

test.each([60, 1000, 20_000])('arrays of %i elements keep them', { timeout: 60_000 }, (size) => {
  const heap = new Heap(32)
  const programs = programsOf(heap, size)
  /** An array of its own. */
  const first = (seed: number): Entry => {
    const values = range(size).map((i) => Math.round(1e9 * noise(seed, i)))
    return { array: arrayOf('int32', [size], values), values }
  }
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), (steps) => {
    let pool: readonly Entry[] = [first(1), first(2)]
    const pick = (k: number): Entry => pool[k % pool.length]
    const call = (kind: number, [a, b]: readonly [Entry, Entry], donated: readonly number[]): void => {
      const given = [a, b] as const
      const gone = new Set(donated.map((k) => given[k].array))
      const gifts = pool.filter(({ array }) => gone.has(array))
      pool = [...pool.filter(({ array }) => !gone.has(array)), first(3)]
      try {
        const results = programs(kind, donated)([a.array, b.array])
        const values = kinds[kind].model(a.values, b.values)
        const fresh = results.map((array, k) => ({ array, values: values[k] }))
        pool = [...pool, ...fresh.filter(({ array }) => !pool.some((each) => each.array === array))]
      } catch (error) {
        // While programs run, what they may read stays in its place: there callbacks may find no room.
        if (!(error instanceof MemoryError) && (error as Error).message !== 'mine') throw error
        pool = [...pool, ...gifts.filter((gift) => {
          try {
            check(gift)
            return true // it was not taken
          } catch (reason) {
            expect(reason).toBeInstanceOf(DonatedError)
            return false
          }
        })]
      }
    }
    for (const { kind, a, b, donated, callback, other, gifts, view } of steps) {
      inside = () => {
        const outer = inside
        inside = () => undefined
        if (callback === 'throws') throw new Error('mine')
        if (callback === 'runs') call(other, [pick(b), pick(a + 1)], gifts)
        inside = outer
      }
      const [x, y] = [pick(a), pick(b)]
      call(kind, [x, y], donated)
      if (!view || size >= 16_384) continue // which would be a program in another memory
      pool = [...pool, { ...pick(b), array: np.reshape(np.reshape(pick(b).array, [2, -1]), [-1]) }]
    }
    pool.forEach(check)
  }), { numRuns: numRuns(size > 1000 ? 30 : 60) })
  expect(heap.memory.buffer.byteLength).toBeLessThanOrEqual(32 * 65536)
})
