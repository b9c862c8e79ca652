import fc from 'fast-check'
import { pipe } from 'fp-ts/lib/function.js'
import * as S from 'fp-ts/lib/string.js'
import { describe, expect, test } from 'vitest'
import { TreeError } from '../../src/core/errors.js'
import {
  all, any, combine, compareStructures, equalStructure, foldMap, leaves, map, mapWithPath, partition, partitionWithPath, reduce,
  showPath, size, structure, transpose, zipWith, type Part
} from '../../src/tree/index.js'
import { broadcastPrefix } from '../../src/tree/prefix.js'
import { leaf, numbers, tree, treeOf } from './arbitrary.js'

const double = (x: number): number => 2 * x
const negate = (x: number): number => -x

describe('map', () => {
  test('keeps identity and composition', () => {
    fc.assert(fc.property(numbers, (t) => {
      expect(map((x: number) => x)(t)).toEqual(t)
      expect(map((x: number) => negate(double(x)))(t)).toEqual(pipe(t, map(double), map(negate)))
    }))
  })

  test('keeps the structure', () => {
    fc.assert(fc.property(tree, (t) => {
      expect(equalStructure(map(() => 0)(t), t)).toBe(true)
    }))
  })

  test('mapWithPath tells each leaf its path', () => {
    fc.assert(fc.property(tree, (t) => {
      const functions = leaves(mapWithPath((path) => () => path)(t)) as readonly (() => unknown)[] // functions are leaves
      expect(functions.map((f) => f())).toEqual(structure(t).paths())
    }))
    expect(mapWithPath((path, x: number) => Symbol.for(`${showPath(path)} ${x}`))({ a: [1], 'b c': 2 })).toEqual({
      a: [Symbol.for('a[0] 1')], 'b c': Symbol.for('["b c"] 2')
    })
  })
})

describe('zipWith', () => {
  test('is map where both trees are the same', () => {
    fc.assert(fc.property(numbers, (t) => {
      expect(zipWith((x: number, y: number) => x + y)(t, t)).toEqual(map(double)(t))
    }))
  })

  test('says where the trees differ', () => {
    const add = zipWith((x: number, y: number) => x + y) as (a: unknown, b: unknown) => unknown
    const message = (a: unknown, b: unknown): string => {
      try {
        return String(add(a, b))
      } catch (error) {
        expect(error).toBeInstanceOf(TreeError)
        return (error as TreeError).message.replace(/^zipWith: expected the first tree and the second to have the same structure, got /, '')
      }
    }
    expect(message({ a: [1, 2] }, { a: [1, null] })).toBe('* and null at a[1]')
    expect(message(1, [1])).toBe('* and [*] at the root')
    expect(message({ a: 1, b: [1], c: 'x', e: { f: 1 } }, { a: 1, b: [1, 2], c: 'y', d: { g: 1 }, e: null })).toBe(
      "4 differences: nothing and * at b[1]; 'x' and 'y' at c; nothing and { g: * } at d; { f: * } and null at e"
    )
    expect(message({}, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`long${i}`, i])))).toContain('30 differences')
  })

  test('structures differ somewhere exactly if they are not equal', () => {
    fc.assert(fc.property(tree, tree, (a, b) => {
      const [x, y] = [structure(a), structure(b)]
      const differences = compareStructures(x, y)
      expect(differences.length === 0).toBe(x.equals(y))
      expect(compareStructures(y, x).map(({ path, left, right }) => ({ path, left: right, right: left }))).toEqual(differences)
    }))
  })
})

describe('folds', () => {
  test('visit the leaves in order', () => {
    fc.assert(fc.property(tree, (t) => {
      expect(reduce((seen: readonly unknown[], x: unknown) => [...seen, x], [])(t)).toEqual(leaves(t))
      expect(foldMap(S.Monoid)((x: unknown) => `${typeof x} `)(t)).toBe(leaves(t).map((x) => `${typeof x} `).join(''))
      expect(size(t)).toBe(leaves(t).length)
    }))
  })

  test('all and any are dual', () => {
    fc.assert(fc.property(numbers, (t) => {
      const positive = (x: number): boolean => x > 0
      expect(all(positive)(t)).toBe(!any((x: number) => !positive(x))(t))
    }))
  })
})

describe('partition', () => {
  test('combine puts the parts together again, in either order', () => {
    fc.assert(fc.property(tree, fc.func(fc.boolean()), (t, choose) => {
      const [a, b] = partition((x: unknown) => choose(typeof x))(t)
      expect(combine(a, b)).toEqual(t)
      expect(combine(b, a)).toEqual(t)
      expect(size(a) + size(b)).toBe(size(t))
    }))
  })

  test('splits by path as well', () => {
    const [head, rest] = partitionWithPath(([field]) => field === 'head')({ body: { w: 1 }, head: { w: 2 } })
    expect([head, rest]).toEqual([{ body: { w: null }, head: { w: 2 } }, { body: { w: 1 }, head: { w: null } }])
  })

  test('null takes a whole subtree of the other part; the first of two leaves wins', () => {
    const join = combine as (a: unknown, b: unknown) => unknown
    expect(join({ a: null, b: [1] }, { a: { w: 2 }, b: null })).toEqual({ a: { w: 2 }, b: [1] })
    expect(join([1, null, null], [2, 3, null])).toEqual([1, 3, null])
    expect(join(null, null)).toBe(null)
  })

  test('refuses parts that do not fit', () => {
    const join = combine as (a: unknown, b: unknown) => unknown
    expect(() => join({ a: null, b: 1 }, { a: 1 })).toThrow(
      'combine: expected the first part and the second to have the same structure, got * and nothing at b'
    )
    expect(() => join({ a: null }, { b: null })).toThrow('2 differences: null and nothing at a; nothing and null at b')
    expect(() => join([1], [[1]])).toThrow(TreeError)
  })
})

describe('transpose', () => {
  test('is its own inverse', () => {
    fc.assert(fc.property(treeOf(fc.constant(0)), treeOf(fc.constant(0)), (o, i) => {
      const [outer, inner] = [structure(o), structure(i)]
      fc.pre(outer.size > 0 && inner.size > 0)
      const count = { n: 0 }
      const t = map(() => map(() => count.n++)(i))(o)
      expect(transpose(inner, outer)(transpose(outer, inner)(t))).toEqual(t)
    }))
  })

  test('says where the tree is not so built', () => {
    expect(() => transpose(structure([0, 0]), structure({ w: 0 }))([{ w: 1 }, {}] as never)).toThrow(
      'transpose: expected the tree and `inner` inside `outer` to have the same structure, got nothing and * at [1].w'
    )
  })
})

describe('broadcastPrefix', () => {
  test('a leaf goes to every leaf of the subtree in its place', () => {
    fc.assert(fc.property(tree, fc.integer(), (t, axis) => {
      const full = structure(t)
      expect(broadcastPrefix('vmap', axis, full)).toEqual(leaves(t).map(() => axis))
      expect(broadcastPrefix('vmap', [axis, { x: null }], structure([t, { x: t }]))).toEqual([
        ...leaves(t).map(() => axis), ...leaves(t).map(() => null)
      ])
    }))
  })

  test('a tree is a prefix of itself', () => {
    fc.assert(fc.property(treeOf(leaf), (t) => {
      expect(broadcastPrefix('vmap', t, structure(t), () => false)).toEqual(leaves(t))
    }))
  })

  test('says where it does not fit', () => {
    const full = structure([{ w: 1, b: 2 }, [3, 4], 5])
    expect(() => broadcastPrefix('vmap', [{ w: 0, c: 1 }, [0], [1]], full)).toThrow(
      'vmap: expected a prefix of [{ b: *, w: * }, [*, *], *], got nothing instead of * at [0].b; * instead of nothing at [0].c; ' +
      'nothing instead of * at [1][1]; [*] instead of * at [2]'
    )
    expect(() => broadcastPrefix('vmap', [0, 'x', undefined], full)).toThrow("'x' instead of [*, *] at [1]; undefined instead of * at [2]")
    expect(() => broadcastPrefix('vmap', 'x', structure('y'))).toThrow("'x' instead of 'y' at the root")
  })

  test('takes for leaves what the caller says', () => {
    const axes = (x: unknown): boolean => Array.isArray(x) && x.every((n) => typeof n === 'number')
    expect(broadcastPrefix('shard', { a: [0, 1], b: [2] }, structure({ a: [1, 1, 1], b: 1 }), axes)).toEqual([[0, 1], [0, 1], [0, 1], [2]])
  })
})

test('the type of a part leads back to the whole', () => {
  const whole = { w: 1, layers: [{ b: 2 }] as const }
  const [a, b]: readonly [Part<typeof whole>, Part<typeof whole>] = partition((x: number) => x > 1)(whole)
  expect(combine(a, b).layers[0].b).toBe(2)
})
