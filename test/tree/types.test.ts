import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import { describe, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import {
  at, combine, flatten, leaves, map, mapWithPath, partition, structure, transpose, update, zipWith, type At, type Leaf, type MapLeaves,
  type Part, type TreeDef
} from '../../src/tree/index.js'

interface Linear {
  readonly weight: NdArray
  readonly bias: NdArray
}
type Net = readonly [Linear, null, Linear]
interface Mixed {
  w: NdArray
  rate: number
  name: 'adam'
  next?: { steps: number[] } | null
}
interface List {
  readonly head: number
  readonly tail: List | null
}

declare const negative: (x: NdArray) => NdArray
declare const anyArray: (x: NdArray | number) => NdArray
declare const net: Net
declare const mixed: Mixed

/** The body is checked, never run. */
const types = (_: () => void): void => { /* nothing */ }

describe('types', () => {
  test('leaves', () => {
    expectTypeOf<Leaf<Net>>().toEqualTypeOf<NdArray>()
    expectTypeOf<Leaf<Mixed>>().toEqualTypeOf<NdArray | number>()
    expectTypeOf<Leaf<O.Option<boolean>>>().toEqualTypeOf<boolean>()
    expectTypeOf<Leaf<null>>().toEqualTypeOf<never>()
    expectTypeOf<Leaf<unknown>>().toEqualTypeOf<unknown>()
    expectTypeOf<Leaf<readonly (() => void)[]>>().toEqualTypeOf<() => void>()
    types(() => {
      expectTypeOf(leaves(net)).toEqualTypeOf<readonly NdArray[]>()
      expectTypeOf(flatten(net)).toEqualTypeOf<readonly [leaves: readonly NdArray[], treedef: TreeDef<Net>]>()
      expectTypeOf(structure(net).unflatten([])).toEqualTypeOf<Net>()
      expectTypeOf<TreeDef<Net>>().toExtend<TreeDef>()
    })
  })

  test('map', () => {
    types(() => {
      expectTypeOf(map(negative)(net)).toEqualTypeOf<Net>()
      expectTypeOf(pipe(net, map(anyArray))).toEqualTypeOf<Net>()
      expectTypeOf(pipe(net, map((x) => x.shape.length))).toEqualTypeOf<
        readonly [{ readonly weight: number; readonly bias: number }, null, { readonly weight: number; readonly bias: number }]
      >()
      expectTypeOf(pipe(mixed, map((x: NdArray | number) => String(x).length > 1))).toEqualTypeOf<{
        readonly w: boolean
        readonly rate: boolean
        readonly name: 'adam'
        readonly next?: { readonly steps: readonly boolean[] } | null
      }>()
      expectTypeOf(map((x: number) => x + 1)({ a: 1, b: [2] })).toEqualTypeOf<{ a: number; b: number[] }>()
      expectTypeOf(mapWithPath((path, x) => (path.length > 1 ? x : negative(x)))(net)).toEqualTypeOf<Net>()
      expectTypeOf(map((x: NdArray) => x.shape)({ a: net[0], o: O.some(net[0].bias) })).toExtend<{ readonly a: unknown }>()
    })
    expectTypeOf<MapLeaves<List, number, string>['tail']>().toExtend<{ readonly head: string } | null>()
    expectTypeOf<MapLeaves<{ d: Date }, Date, number>>().toEqualTypeOf<{ readonly d: number }>()
    class Own {
      readonly x = 1
    }
    expectTypeOf<MapLeaves<{ o: Own }, Own, number>>().toEqualTypeOf<{ readonly o: number }>()
  })

  test('map within a generic function', () => {
    const flip = <P>(p: P): P => map(negative)(p)
    const both = <P>(p: P, q: P): P => zipWith((x, _y) => negative(x))(p, q)
    const first = <P>(p: P): readonly NdArray[] => flatten(p)[0] as readonly NdArray[]
    const split = <P>(p: P): P => {
      const [a, b] = partition((x) => x.ndim > 1)(p)
      return combine(a, b)
    }
    expectTypeOf(flip<Net>).returns.toEqualTypeOf<Net>()
    expectTypeOf(both<Net>).returns.toEqualTypeOf<Net>()
    expectTypeOf(split<Net>).returns.toEqualTypeOf<Net>()
    expectTypeOf(first<Net>).returns.toEqualTypeOf<readonly NdArray[]>()
  })

  test('zipWith', () => {
    types(() => {
      expectTypeOf(zipWith((x, _y) => negative(x))(net, net)).toEqualTypeOf<Net>()
      expectTypeOf(zipWith((x: NdArray, n: number) => x.ndim > n)([net[0].bias], [1])).toEqualTypeOf<readonly boolean[]>()
      // @ts-expect-error the second tree has another structure
      zipWith((x, _y) => negative(x))(net, [net[0]])
    })
  })

  test('partition and combine', () => {
    types(() => {
      const [a, b] = partition((x) => x.ndim > 1)(net)
      expectTypeOf(a).toEqualTypeOf<Part<Net>>()
      expectTypeOf(a[0].weight).toEqualTypeOf<NdArray | null>()
      expectTypeOf(combine(a, b)).toEqualTypeOf<Net>()
      expectTypeOf(combine(map(negative)(a), b)).toEqualTypeOf<Net>()
    })
  })

  test('transpose', () => {
    types(() => {
      const turn = transpose(structure({ a: 0, b: 0 }), structure([0, 0] as const))
      expectTypeOf(turn).parameter(0).toEqualTypeOf<{ readonly a: readonly [0, 0]; readonly b: readonly [0, 0] }>()
      const turned: readonly [{ a: number; b: number }, { a: number; b: number }] = turn({ a: [0, 0], b: [0, 0] })
      expectTypeOf(turned[1].b).toEqualTypeOf<number>()
    })
  })

  test('at and update', () => {
    expectTypeOf(at((n: Net) => n[2].bias)).toEqualTypeOf<At<Net, NdArray>>()
    types(() => {
      expectTypeOf(pipe(net, at((n: Net) => n[2].bias).set(net[0].bias))).toEqualTypeOf<Net>()
      expectTypeOf(pipe(net, update((d) => { d[0].bias = d[2].bias }))).toEqualTypeOf<Net>()
      // @ts-expect-error arrays are not written to
      update<Net>((d) => { d[0].bias.shape[0] = 1 })
    })
  })
})
