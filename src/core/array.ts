import type { Aval } from './aval.js'
import type { DType, TypedArray } from './dtype.js'
import type { Shape } from './shape.js'

export declare const brand: unique symbol

/** Nested lists of numbers or booleans, as arrays are written and read. */
export type NestedList = number | boolean | readonly NestedList[]

/** What operations take for an array. */
export type ArrayLike = NdArray | NestedList | TypedArray

/**
 * An immutable array, or a value traced in its place: user functions need no other type.
 * It has a shape, a dtype and elements; operations are functions (`np.add(x, y)`), not methods.
 */
export interface NdArray extends Iterable<NdArray> {
  readonly [brand]: 'NdArray'
  readonly shape: Shape
  readonly dtype: DType
  /** It came from a bare number: its dtype yields to those of arrays. */
  readonly weak: boolean
  /** Number of axes. */
  readonly ndim: number
  /** Number of elements. */
  readonly size: number
  readonly aval: Aval
  /** The one element as a number (booleans as 0 or 1). Throws ShapeError if there are several, TracerError under jit or vmap. */
  item(): number
  /** The elements as nested lists of numbers, or of booleans. Throws TracerError under jit or vmap. */
  toList(): NestedList
  /** A copy of the elements in row-major order. Throws TracerError under jit or vmap. */
  toTypedArray(): TypedArray
  /** The slices along the leading axis, so that `const [a, b] = random.split(key)` works. */
  [Symbol.iterator](): Iterator<NdArray>
  /** Numbers where JavaScript wants one (`+x`), text where it wants text. Throws TracerError under jit or vmap. */
  [Symbol.toPrimitive](hint: string): number | string
  toString(): string
  /** What `JSON.stringify` writes: `toList()`. JSON has neither NaN nor infinities: they become null. */
  toJSON(): NestedList
}

/** Where an array's elements lie. They are dense, in row-major order, and never change while a handle is alive. */
export interface Storage {
  readonly dtype: DType
  readonly size: number
  /** The elements, not to be written to, and not to be kept beyond the next operation. */
  read(): TypedArray
  /** Nobody will read it any more: what it takes up may be used again. */
  release(): void
}
