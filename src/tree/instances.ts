import type { HKT } from 'fp-ts/HKT'
import type { Applicative } from 'fp-ts/lib/Applicative.js'
import { fromEquals, type Eq } from 'fp-ts/lib/Eq.js'
import type { Foldable1 } from 'fp-ts/lib/Foldable.js'
import type { FoldableWithIndex1 } from 'fp-ts/lib/FoldableWithIndex.js'
import type { Functor1 } from 'fp-ts/lib/Functor.js'
import type { FunctorWithIndex1 } from 'fp-ts/lib/FunctorWithIndex.js'
import type { Monoid } from 'fp-ts/lib/Monoid.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import type { Show } from 'fp-ts/lib/Show.js'
import type { PipeableTraverse1, Traversable1 } from 'fp-ts/lib/Traversable.js'
import type { PipeableTraverseWithIndex1, TraversableWithIndex1 } from 'fp-ts/lib/TraversableWithIndex.js'
import type { Path } from '../core/errors.js'
import { flatten } from './pytree.js'
import { place, type TreeDef } from './treedef.js'
import type { Leaf } from './types.js'

/**
 * A flattened tree: its structure, and its leaves in the order of that structure. It may hold leaves of any type, which
 * the type of a raw tree fixes, and so it is a lawful functor of them.
 */
export interface Flat<A> {
  readonly treedef: TreeDef
  readonly leaves: readonly A[]
}

/** The name of `Flat` among the type constructors of fp-ts. */
export const URI = 'cotangent/Flat'
/** The name of `Flat` among the type constructors of fp-ts. */
export type URI = typeof URI

declare module 'fp-ts/HKT' {
  interface URItoKind<A> {
    readonly [URI]: Flat<A>
  }
}

/**
 * Flattens a tree.
 *
 * @example
 * fromTree({ w: 1, b: [2, 3] }).leaves // [2, 3, 1]
 */
export const fromTree = <T>(tree: T): Flat<Leaf<T>> => {
  const [leaves, treedef] = flatten(tree)
  return { treedef, leaves }
}

/**
 * The tree with this structure and these leaves. Throws TreeError if their numbers differ.
 *
 * @example
 * toTree(map((x: number) => x > 1)(fromTree({ w: 1, b: [2, 3] }))) // { b: [true, true], w: false }
 */
export const toTree = (flat: Flat<unknown>): unknown => flat.treedef.unflatten(flat.leaves)

/** The same structure over other leaves. */
const over = (flat: Flat<unknown>) => <B>(leaves: readonly B[]): Flat<B> => ({ treedef: flat.treedef, leaves })

/** Functions of a path, as functions of an index among the leaves. */
const atIndex = <A extends readonly unknown[], B>(
  flat: Flat<unknown>,
  f: (path: Path, ...rest: A) => B
): ((i: number, ...rest: A) => B) => {
  const paths = flat.treedef.paths()
  return (i, ...rest) => f(paths[i], ...rest)
}

/** Applies a function to every leaf. */
export const map = <A, B>(f: (a: A) => B) => (fa: Flat<A>): Flat<B> => over(fa)(RA.map(f)(fa.leaves))

/** Applies a function to every leaf and its path. */
export const mapWithIndex = <A, B>(f: (path: Path, a: A) => B) => (fa: Flat<A>): Flat<B> =>
  over(fa)(RA.mapWithIndex(atIndex(fa, f))(fa.leaves))

/** Folds the leaves from the first to the last. */
export const reduce = <A, B>(b: B, f: (b: B, a: A) => B) => (fa: Flat<A>): B => RA.reduce(b, f)(fa.leaves)

/** Folds the leaves and their paths from the first to the last. */
export const reduceWithIndex = <A, B>(b: B, f: (path: Path, b: B, a: A) => B) => (fa: Flat<A>): B =>
  RA.reduceWithIndex(b, atIndex(fa, f))(fa.leaves)

/** Folds the leaves from the last to the first. */
export const reduceRight = <A, B>(b: B, f: (a: A, b: B) => B) => (fa: Flat<A>): B => RA.reduceRight(b, f)(fa.leaves)

/** Folds the leaves and their paths from the last to the first. */
export const reduceRightWithIndex = <A, B>(b: B, f: (path: Path, a: A, b: B) => B) => (fa: Flat<A>): B =>
  RA.reduceRightWithIndex(b, atIndex(fa, f))(fa.leaves)

/** Maps the leaves into a monoid and joins them there. */
export const foldMap = <M>(M: Monoid<M>) => <A>(f: (a: A) => M) => (fa: Flat<A>): M => RA.foldMap(M)(f)(fa.leaves)

/** Maps the leaves and their paths into a monoid and joins them there. */
export const foldMapWithIndex = <M>(M: Monoid<M>) => <A>(f: (path: Path, a: A) => M) => (fa: Flat<A>): M =>
  RA.foldMapWithIndex(M)(atIndex(fa, f))(fa.leaves)

/** Runs an effect for every leaf and collects the results in a tree of the same structure. */
export const traverse: PipeableTraverse1<URI> = <F>(F: Applicative<F>) => <A, B>(f: (a: A) => HKT<F, B>) => {
  const traverseLeaves = RA.traverse(F)(f)
  return (fa: Flat<A>): HKT<F, Flat<B>> => F.map(traverseLeaves(fa.leaves), over(fa))
}

/** Runs an effect for every leaf and its path and collects the results in a tree of the same structure. */
export const traverseWithIndex: PipeableTraverseWithIndex1<URI, Path> =
  <F>(F: Applicative<F>) => <A, B>(f: (path: Path, a: A) => HKT<F, B>) => (fa: Flat<A>): HKT<F, Flat<B>> =>
    F.map(RA.traverseWithIndex(F)(atIndex(fa, f))(fa.leaves), over(fa))

/** Runs the effects that are the leaves and collects their results in a tree of the same structure. */
export const sequence: Traversable1<URI>['sequence'] = <F>(F: Applicative<F>) => <A>(fa: Flat<HKT<F, A>>): HKT<F, Flat<A>> =>
  F.map(RA.sequence(F)(fa.leaves), over(fa))

/** Flattened trees are a functor of their leaves. */
export const Functor: Functor1<URI> = {
  URI,
  map: (fa, f) => map(f)(fa)
}

/** A functor that tells the path of each leaf. */
export const FunctorWithIndex: FunctorWithIndex1<URI, Path> = {
  ...Functor,
  mapWithIndex: (fa, f) => mapWithIndex(f)(fa)
}

/** Flattened trees can be folded, in the order of their leaves. */
export const Foldable: Foldable1<URI> = {
  URI,
  reduce: (fa, b, f) => reduce(b, f)(fa),
  foldMap: (M) => (fa, f) => foldMap(M)(f)(fa),
  reduceRight: (fa, b, f) => reduceRight(b, f)(fa)
}

/** A fold that tells the path of each leaf. */
export const FoldableWithIndex: FoldableWithIndex1<URI, Path> = {
  ...Foldable,
  reduceWithIndex: (fa, b, f) => reduceWithIndex(b, f)(fa),
  foldMapWithIndex: (M) => (fa, f) => foldMapWithIndex(M)(f)(fa),
  reduceRightWithIndex: (fa, b, f) => reduceRightWithIndex(b, f)(fa)
}

/** Flattened trees can be traversed with effects, in the order of their leaves. */
export const Traversable: Traversable1<URI> = {
  ...Functor,
  ...Foldable,
  traverse: <F>(F: Applicative<F>) => <A, B>(ta: Flat<A>, f: (a: A) => HKT<F, B>): HKT<F, Flat<B>> => traverse(F)(f)(ta),
  sequence
}

/** A traversal that tells the path of each leaf. */
export const TraversableWithIndex: TraversableWithIndex1<URI, Path> = {
  ...Traversable,
  ...FunctorWithIndex,
  ...FoldableWithIndex,
  traverseWithIndex: <F>(F: Applicative<F>) => <A, B>(ta: Flat<A>, f: (path: Path, a: A) => HKT<F, B>): HKT<F, Flat<B>> =>
    traverseWithIndex(F)(f)(ta)
}

/** Equality of structures. */
export const eqTreeDef: Eq<TreeDef> = fromEquals((a, b) => a.equals(b))

/**
 * Flattened trees are equal if their structures are and their leaves are, one by one.
 *
 * @example
 * getEq<number>({ equals: (a, b) => a === b }).equals(fromTree({ x: 1, y: 2 }), fromTree({ y: 2, x: 1 })) // true
 */
export const getEq = <A>(leaf: Eq<A>): Eq<Flat<A>> => {
  const { equals } = RA.getEq(leaf)
  return fromEquals((a, b) => a.treedef.equals(b.treedef) && equals(a.leaves, b.leaves))
}

/**
 * Flattened trees as text: every leaf after its path.
 *
 * @example
 * getShow<number>({ show: String }).show(fromTree({ w: 1, b: [2] })) // b[0]: 2, w: 1
 */
export const getShow = <A>(leaf: Show<A>): Show<Flat<A>> => ({
  show: (fa) => fa.treedef.paths().map((path, i) => `${place(path)}: ${leaf.show(fa.leaves[i])}`).join(', ')
})
