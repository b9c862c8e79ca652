import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lax, type NdArray } from '../../src/index.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { stageClosed } from '../../src/ir/stage.js'
import { f32, i32 } from '../support/arrays.js'
import { numRuns } from '../support/arbitrary.js'
import { agree, compare } from './agreement.js'
import { fuzzed, Fuzzed, fuzzedLarge } from './fuzz.js'

test('random programs compute compiled what the reference computes', () => {
  fc.assert(fc.property(fuzzed, ({ jaxpr, args }) => {
    expect(agree(jaxpr, args)).not.toBe('')
  }), { numRuns: numRuns(500) })
}, 60_000)

test('over large arrays, too', () => {
  fc.assert(fc.property(fuzzedLarge, ({ jaxpr, args }) => {
    expect(agree(jaxpr, args)).not.toBe('')
  }), { numRuns: numRuns(10), seed: 7 }) // others by `npm run fuzz -- large`
}, 60_000)

type Program = (...xs: readonly NdArray[]) => readonly NdArray[]

/** Programs that were found to differ. */
const found: readonly (readonly [string, Program, readonly NdArray[]])[] = [
  ['tanh of a negative zero', (x) => [lax.tanh(x)], [f32([-0, 0, 0.5])]],
  ['powers below zero of what has squares beyond the range', (x) => [-1, -2, -3, -4].map((n) => lax.integerPow(x, n)), [f32([-1e20, 2e-20, 3e-19, 1e13, 0.3])]]
]

test.each(found)('%s', (_, f, args) => {
  expect(agree(stageClosed((xs) => f(...xs), avalsOf(args)), args)).not.toBe('unstable')
})

describe('the comparison', () => {
  const compared = (f: Program, args: readonly NdArray[], got: readonly NdArray[]): (() => unknown) =>
    () => compare(stageClosed((xs) => f(...xs), avalsOf(args)), args, got)
  const x = f32([1, -3, 2.5])

  test('notices what is wrong', () => {
    expect(compared((y) => [lax.exp(y)], [x], [f32([Math.E, Math.exp(-3), Math.exp(2.5) * (1 + 1e-5)])])).toThrow(/element 2: compiled/)
    expect(compared((y) => [lax.rev(y, [0])], [x], [f32([2.5, -3, 1 + 2 ** -23])])).toThrow('may be 0 apart')
    expect(compared((y) => [lax.argmax(y, 0)], [x], [i32(1)])).toThrow('reference 2')
    expect(compared((y) => [lax.mul(y, 0)], [x], [f32([0, 0, 0])])).toThrow('compiled 0, reference -0')
    expect(compared((y) => [lax.log(y)], [x], [f32([0, 1, Math.log(2.5)])])).toThrow('reference NaN')
  })

  test('allows what rounding may change', () => {
    expect(compared((y) => [lax.exp(y)], [x], [f32([Math.E * (1 + 2 ** -23), Math.exp(-3), Math.exp(2.5)])])()).toBe('close')
    const unsure: Program = (y) => [lax.gt(lax.exp(lax.log(y)), 2.5)]
    expect(compared(unsure, [x], [lax.gt(x, 2)])()).toMatch(/unstable|exact/)
  })
})

test('a failure prints what runs again', () => {
  const [program] = fc.sample(fuzzed, { numRuns: 1, seed: 3 })
  const data = fc.stringify(program).trimEnd().split('\n').at(-1) ?? ''
  expect(fc.stringify(new Fuzzed(JSON.parse(data) as Fuzzed['recipe']))).toBe(fc.stringify(program)) // it was written by the program
})
