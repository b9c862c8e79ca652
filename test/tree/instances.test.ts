import type { Applicative1 } from 'fp-ts/lib/Applicative.js'
import * as Const from 'fp-ts/lib/Const.js'
import * as E from 'fp-ts/lib/Either.js'
import { identity, pipe } from 'fp-ts/lib/function.js'
import * as I from 'fp-ts/lib/Identity.js'
import * as N from 'fp-ts/lib/number.js'
import * as O from 'fp-ts/lib/Option.js'
import * as S from 'fp-ts/lib/string.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { showPath } from '../../src/core/errors.js'
import {
  eqTreeDef, Foldable, foldMap, FoldableWithIndex, fromTree, Functor, FunctorWithIndex, getEq, getShow, map, mapWithIndex, reduce,
  sequence, toTree, Traversable, TraversableWithIndex, traverse, traverseWithIndex, type Flat
} from '../../src/tree/instances.js'
import { numbers, tree } from './arbitrary.js'

const flat: fc.Arbitrary<Flat<number>> = numbers.map((t) => fromTree(t) as Flat<number>) // all leaves of the arbitrary are numbers
const eq = getEq(N.Eq)

const law = (name: string, holds: (fa: Flat<number>, f: (x: number) => number, g: (x: number) => number) => void): void => {
  const f = fc.func(fc.integer())
  test(name, () => fc.assert(fc.property(flat, f, f, (fa, f, g) => {
    holds(fa, f, g)
  })))
}

const option = (f: (x: number) => number) => (x: number): O.Option<number> => f(x) % 5 === 0 ? O.none : O.some(f(x))

/** Two layers of Option as one applicative functor. */
const nested: Applicative1<'Nested'> = {
  URI: 'Nested',
  of: (a) => O.some(O.some(a)),
  map: (fa, f) => pipe(fa, O.map(O.map(f))),
  ap: (fab, fa) => pipe(fab, O.map((gab) => (ga: O.Option<never>) => pipe(gab, O.ap(ga))), O.ap(fa as O.Option<O.Option<never>>))
}

declare module 'fp-ts/HKT' {
  interface URItoKind<A> {
    readonly Nested: O.Option<O.Option<A>>
  }
}

describe('Flat', () => {
  test('is the tree, flattened', () => {
    fc.assert(fc.property(tree, (t) => {
      expect(toTree(fromTree(t))).toEqual(t)
    }))
  })
})

describe('Functor', () => {
  law('identity', (fa) => expect(Functor.map(fa, identity)).toEqual(fa))
  law('composition', (fa, f, g) => expect(Functor.map(fa, (x) => g(f(x)))).toEqual(pipe(fa, map(f), map(g))))
  law('with index', (fa, f) => {
    expect(FunctorWithIndex.mapWithIndex(fa, (_, x) => f(x))).toEqual(map(f)(fa))
    expect(mapWithIndex((path) => path)(fa).leaves).toEqual(fa.treedef.paths())
  })
})

describe('Foldable', () => {
  law('reduce, reduceRight and foldMap agree', (fa, f) => {
    const text = (x: number): string => `${f(x)} `
    const folded = foldMap(S.Monoid)(text)(fa)
    expect(Foldable.reduce(fa, '', (s, x) => s + text(x))).toBe(folded)
    expect(Foldable.reduceRight(fa, '', (x, s) => text(x) + s)).toBe(folded)
    expect(Foldable.foldMap(S.Monoid)(fa, text)).toBe(folded)
  })
  law('with index', (fa) => {
    const text = (path: readonly (string | number)[], x: number): string => `${showPath(path)}${x} `
    const folded = FoldableWithIndex.foldMapWithIndex(S.Monoid)(fa, text)
    expect(folded).toBe(fa.leaves.map((x, i) => text(fa.treedef.paths()[i], x)).join(''))
    expect(FoldableWithIndex.reduceWithIndex(fa, '', (path, s, x) => s + text(path, x))).toBe(folded)
    expect(FoldableWithIndex.reduceRightWithIndex(fa, '', (path, x, s) => text(path, x) + s)).toBe(folded)
  })
})

describe('Traversable', () => {
  law('identity', (fa, f) => expect(Traversable.traverse(I.Applicative)(fa, f)).toEqual(map(f)(fa)))
  law('naturality', (fa, f) => {
    const toEither = E.fromOption(() => 'none')
    expect(toEither(traverse(O.Applicative)(option(f))(fa))).toEqual(traverse(E.Applicative)((x: number) => toEither(option(f)(x)))(fa))
  })
  law('composition', (fa, f, g) => {
    const inner = pipe(fa, traverse(O.Applicative)(option(f)), O.map(traverse(O.Applicative)(option(g))))
    expect(traverse(nested)((x: number) => pipe(x, option(f), O.map(option(g))))(fa)).toEqual(inner)
  })
  law('foldMap is the traversal with constants', (fa, f) => {
    const constant = traverse(Const.getApplicative(S.Monoid))((x: number) => Const.make<string, number>(String(f(x))))(fa)
    expect(constant).toBe(foldMap(S.Monoid)((x: number) => String(f(x)))(fa))
  })
  law('sequence is traverse with identity', (fa, f) => {
    expect(sequence(O.Applicative)(map(option(f))(fa))).toEqual(traverse(O.Applicative)(option(f))(fa))
    expect(Traversable.sequence(O.Applicative)(map(option(f))(fa))).toEqual(traverse(O.Applicative)(option(f))(fa))
  })
  law('with index', (fa, f) => {
    expect(traverseWithIndex(O.Applicative)((_, x: number) => option(f)(x))(fa)).toEqual(traverse(O.Applicative)(option(f))(fa))
    expect(TraversableWithIndex.traverseWithIndex(I.Applicative)(fa, (path) => path)).toEqual(mapWithIndex((path) => path)(fa))
  })
})

describe('Eq and Show', () => {
  test('equivalence', () => {
    fc.assert(fc.property(flat, flat, (a, b) => {
      expect(eq.equals(a, a)).toBe(true)
      expect(eq.equals(a, b)).toBe(eq.equals(b, a))
      expect(eq.equals(a, map((x: number) => x)(a))).toBe(true)
      expect(eqTreeDef.equals(a.treedef, b.treedef)).toBe(a.treedef.key === b.treedef.key)
    }))
  })

  test('tells leaves and structures apart', () => {
    expect(eq.equals(fromTree({ a: 1, b: 2 }), fromTree({ b: 2, a: 1 }))).toBe(true)
    expect(eq.equals(fromTree({ a: 1, b: 2 }), fromTree({ a: 1, b: 3 }))).toBe(false)
    expect(eq.equals(fromTree({ a: 1 }), fromTree([1]))).toBe(false)
    expect(getShow(N.Show).show(fromTree({ w: [1, 2], b: 3 }))).toBe('b: 3, w[0]: 1, w[1]: 2')
  })
})

test('the types are those of fp-ts', () => {
  const f = fromTree({ w: 1, b: [true] })
  expectTypeOf(f).toEqualTypeOf<Flat<number | boolean>>()
  expectTypeOf(pipe(f, map(String))).toEqualTypeOf<Flat<string>>()
  expectTypeOf(pipe(f, reduce(0, (n, x) => n + Number(x)))).toEqualTypeOf<number>()
  expectTypeOf(pipe(f, traverse(O.Applicative)((x) => O.some(String(x))))).toEqualTypeOf<O.Option<Flat<string>>>()
})
