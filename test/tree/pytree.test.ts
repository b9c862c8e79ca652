import * as O from 'fp-ts/lib/Option.js'
import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { TreeError } from '../../src/core/errors.js'
import { flatten, leaves, register, structure, unflatten } from '../../src/tree/index.js'
import { Opaque, Pair, reversed, tree } from './arbitrary.js'

const law = (name: string, holds: (t: unknown) => void): void => {
  test(name, () => fc.assert(fc.property(tree, (t) => holds(t))))
}

/** The value at a path, by nothing but property access. */
const follow = (t: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((node, step) => (node as Readonly<Record<string | number, unknown>>)[step], t)

const isDeepFrozen = (t: unknown): boolean => {
  if (t instanceof Pair) return isDeepFrozen(t.first) && isDeepFrozen(t.second)
  if (!Array.isArray(t) && (typeof t !== 'object' || t === null || Object.getPrototypeOf(t) !== Object.prototype)) return true
  return Object.isFrozen(t) && Object.values(t).every(isDeepFrozen)
}

describe('flatten', () => {
  law('unflatten is its inverse', (t) => {
    const [found, def] = flatten(t)
    const again = unflatten(def)(found)
    expect(again).toEqual(t)
    expect(structure(again).equals(def)).toBe(true)
    expect(leaves(again).every((leaf, i) => Object.is(leaf, found[i]))).toBe(true)
    expect(isDeepFrozen(again)).toBe(true)
  })

  law('the order of fields is irrelevant', (t) => {
    const [found, def] = flatten(t)
    const [others, other] = flatten(reversed(t))
    expect(others).toEqual(found)
    expect(other.equals(def)).toBe(true)
    expect(other.key).toBe(def.key)
  })

  law('each path leads to its leaf', (t) => {
    const [found, def] = flatten(t)
    expect(def.size).toBe(found.length)
    expect(def.paths().map((path) => follow(t, path))).toEqual(found)
  })

  test('keys are equal exactly if structures are', () => {
    fc.assert(fc.property(tree, tree, (a, b) => {
      const [x, y] = [structure(a), structure(b)]
      expect(x.key === y.key).toBe(x.equals(y))
    }))
  })

  test('keys tell apart what is close', () => {
    const close = [
      1, null, undefined, '', '*', 'n', 'null', [], [[]], {}, [1], [1, 1], [[1], 1], { 0: 1 }, { a: 1 }, { a: null }, { a: undefined },
      { a: 'b' }, { a: { b: 1 } }, { 'a:*,b': 1 }, { a: 1, b: 1 }, ['*,*'], ['a', 'b'], ['a","b'], '\ud800', '\\ud800',
      new Pair(1, 1, 'x'), new Pair(1, 1, 'y'), new Pair(1, null, 'x'), [new Pair(1, 1, 'x')]
    ]
    expect(new Set(close.map((t) => structure(t).key)).size).toBe(close.length)
    close.forEach((a, i) => close.forEach((b, j) => expect(structure(a).equals(structure(b))).toBe(i === j)))
  })

  test('what is a leaf', () => {
    class Own extends Array<number> {}
    const opaque = [1, NaN, true, 2n, Symbol('s'), Math.sin, Opaque, new Opaque(1), new Float32Array(2), new Map(), new Date(), new Own(), /x/]
    expect(leaves(opaque)).toEqual(opaque)
    expect(leaves([null, undefined, 'text', [], {}])).toEqual([])
  })

  test('objects without prototype and those of another realm are nodes', () => {
    const bare = Object.assign(Object.create(null) as object, { b: 1, a: 2 })
    expect(unflatten(structure(bare))([3, 4])).toStrictEqual({ a: 3, b: 4 })
    expect(leaves(runInNewContext('({ a: [1, { b: 2 }] })'))).toEqual([1, 2])
    expect(leaves(runInNewContext('new Date()'))).toHaveLength(1)
  })

  test('the fields of Object.prototype are keys like any other', () => {
    const odd = JSON.parse('{ "__proto__": { "x": 1 }, "constructor": 2 }') as object
    const again = unflatten(structure(odd))([3, 4])
    expect(JSON.stringify(again)).toBe('{"__proto__":{"x":3},"constructor":4}')
    expect(Object.getPrototypeOf(again)).toBe(Object.prototype)
  })

  test('tagged unions of fp-ts are trees', () => {
    expect(structure(O.some(1)).equals(structure(O.some(2)))).toBe(true)
    expect(structure(O.some(1)).equals(structure(O.none))).toBe(false)
    expect(unflatten(structure(O.some([1, 2])))([3, 4])).toEqual(O.some([3, 4]))
  })

  test('many shapes of objects do not confuse each other', () => {
    for (let i = 0; i < 3000; i++) {
      const keys = ['z', ...Array.from({ length: 1 + i % 3 }, (_, k) => `k${(i * 7 + k * 13) % 900}`)]
      const t = Object.fromEntries(keys.map((key, k) => [i % 2 === 0 ? key : key + key, k]))
      expect(unflatten(structure(t))(leaves(t))).toEqual(t)
    }
  })

  test('prints the structure', () => {
    expect(String(structure({ w: 1, b: [2, null, undefined], 'odd key': "it's", e: {} }))).toBe(
      "{ b: [*, null, undefined], e: {}, \"odd key\": 'it\\'s', w: * }"
    )
    expect(String(structure(new Pair(1, [2], 'x')))).toBe('Pair(first: *, second: [*])')
    expect(String(structure(3))).toBe('*')
  })

  test('refuses cycles, with the way round', () => {
    const cyclic: { a: unknown[] } = { a: [1] }
    cyclic.a.push({ back: cyclic.a })
    expect(() => flatten(cyclic)).toThrow(new TreeError('tree', 'a finite tree', 'a cycle back to a', ['a', 1, 'back']))
    const self: { it?: unknown } = {}
    self.it = self
    expect(() => flatten(self)).toThrow('tree: expected a finite tree, got a cycle back to the root at it')
    const looping = new Pair(1, [], 'x')
    ;(looping.second as unknown[]).push(looping)
    expect(() => flatten(looping)).toThrow('a cycle back to the root at second[0]')
  })

  test('shared subtrees are no cycles', () => {
    const shared = { x: 1 }
    expect(leaves([shared, shared, { y: shared }])).toEqual([1, 1, 1])
  })

  test('refuses trees that are too deep, not those that are merely deep', () => {
    const nest = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((t) => [t], 1)
    expect(flatten(nest(1000))[1].unflatten([2])).toBeDefined()
    expect(() => flatten(nest(1100))).toThrow('tree: expected at most 1000 levels, got a deeper tree')
    expect(() => flatten(nest(100_000))).toThrow(TreeError)
  })

  test('refuses objects with symbols as keys', () => {
    expect(() => flatten([{ [Symbol('hidden')]: 1 }])).toThrow(TreeError)
    expect(leaves(Object.defineProperty({ a: 1 }, Symbol('hidden'), { value: 2, enumerable: false }))).toEqual([1])
  })

  test('refuses a number of leaves that does not fit', () => {
    expect(() => structure({ w: 1, b: 2 }).unflatten([1])).toThrow('unflatten: expected 2 leaves for { b: *, w: * }, got 1')
  })
})

describe('register', () => {
  test('instances are nodes, by exactly their class', () => {
    class Sub extends Pair {}
    expect(leaves(new Pair(1, { a: 2 }, 'x'))).toEqual([1, 2])
    expect(leaves(new Sub(1, 2, 'x'))).toHaveLength(1)
    expect(structure(new Pair(1, 2, 'x')).unflatten([3, 4])).toEqual(new Pair(3, 4, 'x'))
  })

  test('holds for classes whose instances were leaves before', () => {
    class Late {
      readonly x = 1
    }
    expect(leaves([new Late(), new Late()])).toHaveLength(2)
    register(Late, { flatten: (l) => [[l.x, l.x], null], unflatten: () => new Late() })
    expect(leaves([new Late(), new Late()])).toEqual([1, 1, 1, 1])
    expect(structure(new Late()).paths()).toEqual([[0], [1]])
  })

  test('structures compare by aux, with Object.is or the given equality', () => {
    class Boxed {
      readonly aux: unknown
      constructor(aux: unknown) {
        this.aux = aux
      }
    }
    class Shaped extends Boxed {}
    register(Boxed, { flatten: (b) => [[], b.aux], unflatten: (aux) => new Boxed(aux) })
    register(Shaped, {
      flatten: (b) => [[], b.aux as readonly number[]],
      unflatten: (aux) => new Shaped(aux),
      equals: (a, b) => a.join() === b.join()
    })
    const same = (a: unknown, b: unknown): boolean => {
      const [x, y] = [structure(a), structure(b)]
      expect(x.key === y.key).toBe(x.equals(y))
      return x.equals(y)
    }
    const object = {}
    const aux = [0, -0, NaN, 1, '1', 1n, null, undefined, true, object, {}, Math.sin, Symbol.iterator, Symbol.for('x')]
    aux.forEach((a, i) => aux.forEach((b, j) => expect(same(new Boxed(a), new Boxed(b))).toBe(i === j)))
    expect(same(new Shaped([1, 2]), new Shaped([1, 2]))).toBe(true)
    expect(same(new Shaped([1, 2]), new Shaped([2, 1]))).toBe(false)
    expect(same(new Shaped([1]), new Boxed([1]))).toBe(false)
  })

  test('refuses a second registration and the built-in nodes', () => {
    const rules = { flatten: (): readonly [readonly unknown[], null] => [[], null], unflatten: () => new Pair(1, 2, 'x') }
    expect(() => register(Pair, rules)).toThrow('register: expected a class that is not registered yet, got Pair')
    expect(() => register(Object, rules)).toThrow(TreeError)
    expect(() => register<unknown[], null>(Array, { ...rules, unflatten: () => [] })).toThrow(TreeError)
  })
})
