import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TreeError } from '../../src/core/errors.js'
import { at, register, type At } from '../../src/tree/index.js'
import { Opaque } from './arbitrary.js'

interface Model {
  readonly body: readonly { readonly w: number; readonly 'odd key': number }[]
  readonly out: { readonly b: number; readonly skip: null | { readonly w: number } }
}

const model: Model = { body: [{ w: 1, 'odd key': 2 }, { w: 3, 'odd key': 4 }], out: { b: 5, skip: null } }
const inner = at((m: Model) => m.body[1]['odd key'])

describe('at', () => {
  test('follows the laws of lenses', () => {
    fc.assert(fc.property(fc.integer(), fc.integer(), (x, y) => {
      expect(inner.get(inner.set(x)(model))).toBe(x)
      expect(inner.set(inner.get(model))(model)).toBe(model)
      expect(inner.set(y)(inner.set(x)(model))).toEqual(inner.set(y)(model))
      expect(inner.modify((n) => n + x)(model)).toEqual(inner.set(4 + x)(model))
    }))
  })

  test('changes one place; other branches keep their identity, the result is frozen, the tree is not changed', () => {
    const next = inner.set(0)(model)
    expect(next).toEqual({ ...model, body: [model.body[0], { w: 3, 'odd key': 0 }] })
    expect(next.body[0]).toBe(model.body[0])
    expect(next.out).toBe(model.out)
    expect([next, next.body, next.body[1], next.out].every(Object.isFrozen)).toBe(true)
    expect(model.body[1]['odd key']).toBe(4)
    expect(inner.path).toEqual(['body', 1, 'odd key'])
  })

  test('replaces subtrees, and the whole', () => {
    expect(at((m: Model) => m.out.skip).set({ w: 1 })(model).out).toEqual({ b: 5, skip: { w: 1 } })
    expect(at((m: Model) => m).set(model)({ ...model, body: [] })).toBe(model)
    expect(at(({ out: { b } }: Model) => b).get(model)).toBe(5)
  })

  test('a key may be __proto__', () => {
    const odd = JSON.parse('{ "__proto__": { "x": 1 } }') as { readonly ['__proto__']: { readonly x: number } }
    expect(JSON.stringify(at((t: typeof odd) => t['__proto__'].x).set(2)(odd))).toBe('{"__proto__":{"x":2}}')
  })

  test('goes through registered classes by the names of their children', () => {
    class Layer {
      readonly weight: number
      constructor(weight: number) {
        this.weight = weight
      }
    }
    register(Layer, { flatten: (l) => [[l.weight], null], unflatten: (_, [w]) => new Layer(w as number), names: () => ['weight'] })
    const weight = at((t: readonly Layer[]) => t[0].weight)
    expect(weight.set(2)([new Layer(1)])).toEqual([new Layer(2)])
    expect(weight.get([new Layer(1)])).toBe(1)
  })

  test('refuses trees without such a place', () => {
    const loose = at((t: { a: { b: number }[] }) => t.a[1].b) as unknown as At<unknown, unknown>
    expect(() => loose.get({ a: [1] })).toThrow('at: expected a node with [1], got an array of 1 at a')
    expect(() => loose.get({ x: 1, y: 2 })).toThrow('at: expected a node with a, got { x, y } at the root')
    expect(() => loose.set(0)({ a: [1, null] })).toThrow('at: expected a node with b, got null at a[1]')
    expect(() => loose.set(0)({ a: [1, new Opaque(3)] })).toThrow('at: expected a node with b, got an instance of Opaque at a[1]')
    expect(() => at((t: number[]) => t.length).get([1])).toThrow('at: expected a node with length, got an array of 1 at the root')
  })

  test.each<[string, (t: { a: number[]; f: () => number }) => unknown]>([
    ['a call at f', (t) => t.f()],
    ['a call at a.at', (t) => t.a.at(-1)],
    ['the use of Symbol(Symbol.toPrimitive) at a[0]', (t) => t.a[0] + 1],
    ['the use of Symbol(Symbol.iterator) at a', ({ a: [first] }) => first],
    ['an assignment at a', (t) => { t.a[0] = 1 }],
    ['a look at all keys at the root', (t) => ({ ...t })],
    ['the operator `in` at a', (t) => 0 in t.a],
    ['3', () => 3],
    ['function sin', () => Math.sin],
    ['[function a, function b]', () => [function a() { /* nothing */ }, function b() { /* nothing */ }]]
  ])('refuses selectors that do something else: %s', (got, selector) => {
    expect(() => at(selector)).toThrow(TreeError)
    expect(() => at(selector)).toThrow(`got ${got}`)
  })
})
