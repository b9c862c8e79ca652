import type { NdArray } from '../core/array.js'

/** What is a leaf by its type alone. Instances of a class of your own are leaves too, but look like objects to the type checker. */
export type Opaque =
  | NdArray | number | boolean | bigint | symbol
  | ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
  | ArrayBufferView | ArrayBufferLike | Date | RegExp | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | PromiseLike<unknown>

/** What belongs to a tree's structure and has no leaves. */
export type Empty = string | null | undefined

/** The type of a tree's leaves: `Leaf<{ w: NdArray; rates: number[] }>` is `NdArray | number`. */
export type Leaf<T> =
  unknown extends T ? unknown
  : T extends Empty ? never
  : T extends Opaque ? T
  : T extends readonly (infer E)[] ? Leaf<E>
  : { [K in keyof T]-?: Leaf<T[K]> }[keyof T & (string | number)]

/** The same tree with leaves of type B in place of those of type A, and nodes that are readonly. */
export type MapLeaves<T, A, B> =
  unknown extends T ? unknown
  : T extends Empty ? T
  : T extends Opaque ? B
  : T extends readonly unknown[] ? { readonly [K in keyof T]: MapLeaves<T[K], A, B> }
  : unknown extends A ? { readonly [K in keyof T]: MapLeaves<T[K], A, B> }
  : T extends A ? B
  : { readonly [K in keyof T]: MapLeaves<T[K], A, B> }

/**
 * The type of a tree whose leaves a function from A to B has replaced. It is the tree's own type if the function takes
 * arrays to arrays, or A to A (as everywhere at a transform's boundary, a number is then an array of no axes).
 */
export type Mapped<T, A, B> = [NdArray, B] extends [A, NdArray] ? T : [A, B] extends [B, A] ? T : MapLeaves<T, A, B>

declare const whole: unique symbol

/** A part of a tree: the tree with `null` in place of the leaves that other parts hold. It remembers the type of the whole. */
export type Part<T> = NullableLeaves<T> & { readonly [whole]?: T }

type NullableLeaves<T> =
  unknown extends T ? unknown
  : T extends Empty ? T
  : T extends Opaque ? T | null
  : { readonly [K in keyof T]: NullableLeaves<T[K]> }
