import { describe, expect, test } from 'vitest'
import {
  ArgumentError, checkGrads, CotangentError, explain, grad, ir, jit, lax, nn, np, optim, profile, random, valueAndGrad, vmap
} from '../src/index.js'
import * as data from '../src/data/index.js'
import * as io from '../src/io/index.js'
import * as linalg from '../src/linalg/index.js'
import * as train from '../src/train/index.js'

/*
 * Every public function that takes options refuses those that nobody reads. Such functions are found by their parameters' names.
 */

type Fn = (...args: readonly unknown[]) => unknown

const isFunction = (x: unknown): x is Fn => typeof x === 'function'

/** The parameters as the source has them, split at the commas between them. */
const parametersOf = (f: Fn): readonly string[] => {
  const text = String(f).replace(/^async\s*/, '')
  if (!text.startsWith('(')) return []
  const found: string[] = []
  let depth = 0
  let part = ''
  for (const c of text) {
    if (')]}'.includes(c) && --depth === 0) break
    if (c === ',' && depth === 1) {
      found.push(part)
      part = ''
    } else if (depth > 0) part += c
    if ('([{'.includes(c)) depth++
  }
  return [...found, part].map((parameter) => parameter.trim())
}

const namesOptions = (parameter: string): boolean => /^(options|given)\b/.test(parameter)

interface Taker {
  readonly name: string
  readonly f: Fn
  /** The position of the options. */
  readonly at: number
}

const takersIn = (prefix: string, namespace: object): readonly Taker[] =>
  Object.entries(namespace).flatMap(([key, value]: [string, unknown]): readonly Taker[] => {
    const name = `${prefix}.${key}`
    if (typeof value === 'object' && value !== null && !('shape' in value) && !Array.isArray(value)) return takersIn(name, value)
    if (!isFunction(value) || /^class\b/.test(String(value))) return []
    const at = parametersOf(value).findIndex(namesOptions)
    return at < 0 ? [] : [{ name, f: value, at }]
  })

const identity = (x: unknown): unknown => x

const takers: readonly Taker[] = [
  ...Object.entries({ np, lax, nn, optim, random, linalg, data, io, train }).flatMap(([name, namespace]) => takersIn(name, namespace)),
  { name: 'grad.with', f: grad.with as Fn, at: 0 },
  { name: 'valueAndGrad.with', f: valueAndGrad.with as Fn, at: 0 },
  { name: 'vmap', f: vmap as Fn, at: 1 },
  { name: 'jit', f: jit as Fn, at: 1 },
  { name: 'profile', f: profile as Fn, at: 1 },
  { name: 'vmap.with', f: (options) => (vmap.with as (o: unknown) => Fn)(options)(identity), at: 0 },
  { name: 'profile.with', f: (options) => (profile.with as (o: unknown) => Fn)(options)(identity), at: 0 },
  { name: 'jit.with', f: (options) => (jit.with as (o: unknown) => Fn)(options)(identity), at: 0 },
  { name: 'checkGrads', f: checkGrads as Fn, at: 1 },
  { name: 'checkGrads.report', f: checkGrads.report as Fn, at: 1 },
  { name: 'explain', f: explain as Fn, at: 1 },
  { name: 'ir.mermaid', f: ir.mermaid as Fn, at: 1 },
  { name: 'ir.dot', f: ir.dot as Fn, at: 1 }
]

/** What stands before the options: functions that look at other arguments first find something here that they take. */
const pool: readonly unknown[] = [
  np.ones([3, 3]), random.key(0), 2, [2, 3], np.ones([3]), 0, [[1, 2], [3, 4]], np.array([0, 1], { dtype: 'int32' }), identity,
  'max', 'SAME', np.ones([1, 1, 4, 4]), [1, 1], 0.5, nn.rnnCell(1, 1)
]

const combinations = (count: number): readonly (readonly unknown[])[] =>
  count === 0 ? [[]] : combinations(count - 1).flatMap((rest) => pool.map((x) => [...rest, x]))

const thrownBy = (f: Fn, args: readonly unknown[]): unknown => {
  try {
    return f(...args)
  } catch (error) {
    return error
  }
}

/** Arguments with which the function comes to look at its options. */
const argumentsFor = ({ f, at }: Taker, options: unknown, message: RegExp): readonly unknown[] | undefined =>
  combinations(at).find((before) => {
    const error = thrownBy(f, [...before, options])
    return error instanceof ArgumentError && message.test(error.message)
  })

const unknown = /: expected options among [\w, ]+, got the unknown option "nobodyReadsThis"$/
const noOptions = /: expected an object of options \([\w, ]+\), got /

describe('options', () => {
  test('are found in every namespace', () => {
    for (const [name, least] of [['np', 80], ['lax', 10], ['nn', 12], ['optim', 15], ['random', 15]] as const) {
      expect(takers.filter((taker) => taker.name.startsWith(`${name}.`)).length, name).toBeGreaterThanOrEqual(least)
    }
  })

  test.each(takers)('$name', (taker) => {
    const before = argumentsFor(taker, { nobodyReadsThis: 1 }, unknown)
    expect(before, 'it refuses an unknown option').toBeDefined()
    if (before === undefined) return
    for (const wrong of [null, 'text', 3, [], np.array(0), new Map(), new Date(0)]) {
      const error = thrownBy(taker.f, [...before, wrong])
      expect(error).toBeInstanceOf(CotangentError)
      expect(String(error)).toMatch(noOptions)
    }
  })
})
