import { describe, expect, test } from 'vitest'
import { isArray } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import { TracerError } from '../../src/core/errors.js'
import * as lax from '../../src/lax/index.js'
import * as np from '../../src/numpy/index.js'
import { jvp } from '../../src/transform/forward.js'
import { vjp } from '../../src/transform/reverse.js'
import { ways, type Run } from '../support/ways.js'
import { cases, check, functionOf, promotions, type Case } from './golden.js'

/** Functions whose results have shapes that depend on elements: there are no programs for them. */
const dynamic: ReadonlySet<string> = new Set(['unique', 'nonzero', 'flatnonzero', 'argwhere'].map((name) => `numpy.${name}`))

const named = (list: readonly Case[]): readonly (readonly [string, Case])[] => list.map((each) => [each.name, each])

describe.each(ways)('values are those of JAX, %s', (how, run) => {
  test.each(named(cases('numpy').filter(({ fn }) => fn.startsWith('numpy.'))))('%s', (_, each) => {
    if (how !== 'at once' && dynamic.has(each.name)) expect(() => run(functionOf(each))(...each.args)).toThrow(TracerError)
    else check(each.name, run(functionOf(each))(...each.args), each.out, each.tol)
  })
})

describe.each(ways)('elements are those of JAX, %s', (_, run) => {
  test.each(named(cases('elementwise').filter(({ fn }) => fn.startsWith('numpy.'))))('%s', (__, each) => {
    check(each.name, run(functionOf(each))(...each.args), each.out, { ulp: each.ulp ?? 0 })
  })
})

describe('promotion is that of JAX', () => {
  test.each(promotions())('$name', ({ fn, args, out }) => {
    const [x, y] = args.map(([dtype, weak]) => lax.full([], 1, dtype, weak))
    const result = fn === 'add' ? np.add : np.divide
    for (const [, run] of ways) {
      const { dtype, weak } = run((a: NdArray, b: NdArray) => result(a, b))(x, y)
      expect([dtype, weak]).toEqual(out)
    }
  })
})

type Arrays = readonly NdArray[]

/** The golden derivatives. */
const derivatives = (run: Run, each: Case, f: (...args: Arrays) => NdArray, moving: Arrays, tol: Case['tol']): void => {
  const { tangents, cotangent, grad } = each
  if (tangents !== undefined && each.jvp !== undefined) {
    check(`jvp of ${each.name}`, run((xs: Arrays, dxs: Arrays) => jvp(f)(xs, dxs)[1])(moving, tangents), each.jvp, tol)
  }
  if (cotangent !== undefined && grad !== undefined) {
    check(`vjp of ${each.name}`, run((xs: Arrays, ct: NdArray) => vjp(f)(...xs)[1](ct))(moving, cotangent), grad, tol)
  }
}

const trap = (x: np.Nested): NdArray => np.where(np.greater(x as NdArray, 0), np.log(x as NdArray), 0)

const guarded = (x: np.Nested): NdArray => {
  const positive = np.greater(x as NdArray, 0)
  return np.where(positive, np.log(np.where(positive, x as NdArray, 1)), 0)
}

/**
 * Where we differ, on purpose: `logaddexp` of two equal infinities has the derivative of any other tie, ½ and ½ (there 1 and 1,
 * or NaN).
 */
const differing: Readonly<Record<string, readonly number[]>> = { 'numpy.logaddexp': [1, 2] }

/** The case without some elements of its vectors. */
const reduced = (each: Case, left: readonly number[] | undefined): Case => {
  if (left === undefined) return each
  const kept = (x: NdArray): NdArray => np.take(x, Int32Array.from(x.toTypedArray().keys()).filter((i) => !left.includes(i)))
  const all = <T>(x: T): T => (isArray(x) ? kept(x) : Array.isArray(x) ? x.map(all) : x) as T // vectors stay vectors
  return { ...each, args: all(each.args), out: all(each.out), ...Object.fromEntries(
    (['tangents', 'jvp', 'cotangent', 'grad'] as const).map((field) => [field, all(each[field])])) }
}

/** Cases that say in their names what they compute. */
const spoken: Readonly<Record<string, (...args: readonly NdArray[]) => NdArray>> = {
  'numpy.where mask true,false,true': (x, y) => np.where([true, false, true], x, y),
  'numpy.where x > 0 then log x else 0: the classical trap': trap,
  'numpy.where guarded twice': guarded
}

describe.each(ways)('derivatives at kinks are those of JAX, %s', (_, run) => {
  test.each(named(cases('kinks').filter(({ fn }) => fn.startsWith('numpy.'))))('%s', (__, whole) => {
    const each = reduced(whole, differing[whole.name])
    const f = spoken[each.name] ?? (functionOf(each) as (...args: readonly NdArray[]) => NdArray) // one result
    const args = each.args as readonly NdArray[] // no lists
    const tol = { abs: 1e-14, rel: 1e-13 }
    check(each.name, run(f)(...args), each.out, tol)
    derivatives(run, each, f, args, tol)
  })
})

interface RawRange {
  readonly slice: readonly [number | null, number | null, number | null]
}

const itemOf = (item: unknown): np.IndexItem =>
  typeof item === 'object' && item !== null && 'slice' in item ? (item as RawRange).slice : (item as np.IndexItem) // as the file has it

const indexOf = ({ params }: Case): np.Index => (params?.['index'] as readonly unknown[]).map(itemOf)

/** The function of a golden case of indexing, over its operand and updates. */
const indexing = (each: Case): ((...args: readonly NdArray[]) => NdArray) => {
  const { fn, params = {} } = each
  if (fn === 'index') return (x) => np.slice(x, indexOf(each))
  const mode = params['mode'] === undefined ? {} : { mode: params['mode'] as 'clip' }
  const op = params['op'] as 'get' | 'set' // or another
  if (op === 'get') return (x) => np.at(x, indexOf(each)).get(mode)
  return (x, updates) => np.at(x, indexOf(each))[op](updates ?? (params['value'] as number), mode)
}

/** Positions beyond the ends, whose derivative JAX leaves unspecified: ours is that of the element read. */
const beyond: ReadonlySet<string> = new Set(['index cube [..., [0, 3], 1]'])

describe.each(ways)('indexing is that of JAX, %s', (_, run) => {
  const own = cases('gather').filter(({ fn }) => fn === 'index' || fn === 'at' || fn.startsWith('take'))
  test.each(named(own))('%s', (__, each) => {
    const args = each.args.filter((x) => isArray(x))
    const isTake = each.fn.startsWith('take')
    const f = isTake ? (functionOf(each) as (...args: readonly NdArray[]) => NdArray) : indexing(each) // one result
    const tol = { abs: 1e-15, rel: 1e-14 }
    check(each.name, run(f)(...args), each.out, tol)
    const [x, indices] = args
    if (beyond.has(each.name)) return
    if (isTake) derivatives(run, each, (moving) => f(moving, indices), [x], tol)
    else derivatives(run, each, f, args, tol)
  })
})
