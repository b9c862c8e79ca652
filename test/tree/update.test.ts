import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { TreeError } from '../../src/core/errors.js'
import { leaves, map, update, type Draft } from '../../src/tree/index.js'
import { Opaque, Pair, tree } from './arbitrary.js'

interface Mlp {
  readonly body: readonly [{ readonly w: Opaque }, null]
  readonly out: { readonly w: Opaque; readonly b: Opaque; readonly extra?: readonly number[] }
}

const mlp = (): Mlp => ({ body: [{ w: new Opaque(1) }, null], out: { w: new Opaque(2), b: new Opaque(3) } })

describe('update', () => {
  test('changes what the recipe changes; other branches and leaves keep their identity', () => {
    const start = mlp()
    const bias = new Opaque(9)
    const next = update<Mlp>((d) => { d.out.b = bias })(start)
    expect(next.out.b).toBe(bias)
    expect(next.out.w).toBe(start.out.w)
    expect(next.body).toBe(start.body)
    expect(start.out.b).toEqual(new Opaque(3))
    expect([next, next.out, next.body, next.body[0]].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(bias)).toBe(false)
  })

  test('a recipe that does nothing gives the tree itself', () => {
    fc.assert(fc.property(tree, (t) => {
      const whole = [t, { t }]
      expect(update(() => { /* nothing */ })(whole)).toBe(whole)
    }))
  })

  test('leaves are handed over as they are', () => {
    const leaf = [new Opaque(1), new Float32Array(2), Math.sin, new Date(0), new Pair(1, 2, 'x')]
    update<typeof leaf>((d) => { d.forEach((x, i) => expect(x).toBe(leaf[i])) })(leaf)
    const untouched = update<{ m: Map<number, number>; n: number }>((d) => { d.n = 1 })({ m: new Map(), n: 0 })
    expect(untouched.m.set(1, 2).size).toBe(1)
  })

  test('works on frozen trees, arrays, and objects without prototype', () => {
    const frozen = map((_: Opaque) => new Opaque(0))(mlp())
    expect(update<Mlp>((d) => { d.out.extra = [1] })(frozen).out.extra).toEqual([1])
    expect(update<readonly number[]>((d) => { d.push(3); d[0] = 0 })(Object.freeze([1, 2]))).toEqual([0, 2, 3])
    const bare = Object.assign(Object.create(null) as { a: { b: number } }, { a: { b: 1 } })
    expect(leaves(update<typeof bare>((d) => { d.a.b = 2 })(bare))).toEqual([2])
  })

  test('what a recipe returns does not matter', () => {
    expect(update<readonly number[]>((d) => d.push(2))([1])).toEqual([1, 2])
  })

  test('refuses leaves and asynchronous recipes', () => {
    const nothing = update(() => { /* nothing */ })
    for (const t of [1, null, undefined, 'text', new Opaque(1), new Pair(1, 2, 'x')]) expect(() => nothing(t)).toThrow(TreeError)
    const later: () => unknown = () => Promise.resolve()
    expect(() => update(later)([1])).toThrow('update: expected a recipe that is done when it returns, got a promise')
  })

  test('drafts may be written to, down to the arrays', () => {
    interface Net {
      readonly w: NdArray
      readonly layers: readonly [{ readonly b: NdArray | null }, null]
      readonly rates: readonly number[]
      readonly note?: string
      readonly act: (x: number) => number
    }
    expectTypeOf<Draft<Net>>().toEqualTypeOf<{
      w: NdArray
      layers: [{ b: NdArray | null }, null]
      rates: number[]
      note?: string
      act: (x: number) => number
    }>()
  })
})
