import type { Monoid } from 'fp-ts/lib/Monoid.js'
import type { NdArray } from '../core/array.js'
import type { Path } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { requireSameStructure } from './compare.js'
import { flatten, structure } from './pytree.js'
import type { Mapped } from './types.js'

/** The leaves as the function that receives them declares them; a tree whose leaves are others is the caller's mistake. */
const flat = <A>(who: string, f: unknown, tree: unknown): readonly [readonly A[], ReturnType<typeof structure>] => {
  checkFunction(who, 'a function of leaves', f)
  return flatten(tree) as readonly [readonly A[], ReturnType<typeof structure>]
}

/**
 * The tree with the function applied to every leaf. (JAX: `tree.map`.)
 *
 * @example
 * map((x: number) => 2 * x)({ w: 1, b: [2, null] }) // { b: [4, null], w: 2 }
 */
export const map = <B, A = NdArray>(f: (leaf: A) => B) => <T>(tree: T): Mapped<T, A, B> => {
  const [leaves, def] = flat<A>('map', f, tree)
  return def.unflatten(leaves.map((leaf) => f(leaf))) as Mapped<T, A, B> // the same structure, with leaves from f
}

/**
 * The tree with the function applied to every leaf and the path that leads to it. (JAX: `tree.map_with_path`.)
 *
 * @example
 * mapWithPath((path, x: number) => `${showPath(path)} = ${x}`)({ w: [1, 2] }) // { w: ['w[0] = 1', 'w[1] = 2'] }
 */
export const mapWithPath = <B, A = NdArray>(f: (path: Path, leaf: A) => B) => <T>(tree: T): Mapped<T, A, B> => {
  const [leaves, def] = flat<A>('mapWithPath', f, tree)
  const paths = def.paths()
  return def.unflatten(leaves.map((leaf, i) => f(paths[i], leaf))) as Mapped<T, A, B> // the same structure, with leaves from f
}

/**
 * Two trees of the same structure, combined leaf by leaf. Throws TreeError that lists every path at which they differ.
 *
 * @example
 * zipWith((x: number, y: number) => x - y)({ w: 5, b: [3] }, { b: [1], w: 2 }) // { b: [2], w: 3 }
 */
export const zipWith = <C, A = NdArray, B = NdArray>(f: (a: A, b: B) => C) =>
  <T>(a: T, b: NoInfer<Mapped<T, A, B>>): Mapped<T, A, C> => {
    const [lefts, def] = flat<A>('zipWith', f, a)
    const [rights, other] = flat<B>('zipWith', f, b)
    requireSameStructure('zipWith', def, other)
    return def.unflatten(lefts.map((left, i) => f(left, rights[i]))) as Mapped<T, A, C> // the same structure, with leaves from f
  }

/**
 * The leaves folded from the first to the last. (JAX: `tree.reduce`.)
 *
 * @example
 * reduce((sum, x: number) => sum + x, 0)({ w: 1, b: [2, 3] }) // 6
 */
export const reduce = <R, A = NdArray>(f: (accumulated: R, leaf: A) => R, initial: R) => (tree: unknown): R =>
  flat<A>('reduce', f, tree)[0].reduce((accumulated, leaf) => f(accumulated, leaf), initial)

/**
 * The leaves mapped into a monoid and joined there.
 *
 * @example
 * foldMap({ concat: (a: string, b: string) => a + b, empty: '' })((x: number) => `<${x}>`)([1, { b: 2 }]) // <1><2>
 */
export const foldMap = <M>(monoid: Monoid<M>) => <A = NdArray>(f: (leaf: A) => M): ((tree: unknown) => M) =>
  reduce((joined: M, leaf: A) => monoid.concat(joined, checkFunction('foldMap', 'a function of leaves', f)(leaf)), monoid.empty)

/**
 * Whether the predicate holds for every leaf.
 *
 * @example
 * all((x: number) => x > 0)({ w: 1, b: [2, null] }) // true
 */
export const all = <A = NdArray>(predicate: (leaf: A) => boolean) => (tree: unknown): boolean =>
  flat<A>('all', predicate, tree)[0].every((leaf) => predicate(leaf))

/**
 * Whether the predicate holds for some leaf.
 *
 * @example
 * any((x: number) => x > 1)({ w: 1, b: [2, null] }) // true
 */
export const any = <A = NdArray>(predicate: (leaf: A) => boolean) => (tree: unknown): boolean =>
  flat<A>('any', predicate, tree)[0].some((leaf) => predicate(leaf))

/**
 * Number of leaves. An array counts as one, whatever its own size.
 *
 * @example
 * size({ w: 1, b: [2, null, 'text'] }) // 2
 */
export const size = (tree: unknown): number => structure(tree).size

/**
 * Whether two trees have the same structure: the same nodes, fields and strings, whatever their leaves.
 *
 * @example
 * equalStructure({ w: 1, b: 2 }, { b: 3, w: 4 }) // true
 */
export const equalStructure = (a: unknown, b: unknown): boolean => structure(a).equals(structure(b))
