import type { ArrayLike, NdArray } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxis } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { take } from '../numpy/take.js'
import { checkInteger } from '../numpy/options.js'
import { arrayOf } from '../numpy/promote.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'

/** What a permutation rearranges. */
export interface PermutationOptions {
  /** The axis whose slices are rearranged; 0 by default. */
  readonly axis?: number
  /** Whether each line along the axis is rearranged in its own way; false by default. */
  readonly independent?: boolean
}

/** A random rearrangement. */
export type Permutation = (key: NdArray, x: number | ArrayLike, options?: PermutationOptions) => NdArray

/** Sorted by random words, in as many rounds as make equal words unlikely to matter. */
export const shuffled = (layout: Layout, key: NdArray, x: NdArray, axis: number): NdArray => {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1))
  let [current, out] = [key, x]
  for (let i = 0; i < rounds; i++) {
    const keys = layout.keys(current, 2)
    current = lax.indexInDim(keys, 0, 0, false)
    const order = lax.reshape(layout.words(lax.indexInDim(keys, 1, 0, false), x.size), x.shape)
    out = lax.sortMany([order, out], { dimension: axis })[1]
  }
  return out
}

/** The slices of `x` along an axis in random order. */
export const rearranged = (layout: Layout, key: NdArray, x: NdArray, axis: number): NdArray =>
  x.ndim === 1 ? shuffled(layout, key, x, 0) : take(x, shuffled(layout, key, lax.iota('int32', x.shape[axis]), 0), { axis })

/** `permutation` in any layout. */
export const permutationIn = (layout: Layout): Permutation => (key, x, options = {}) => {
  const k = checkKey('permutation', key)
  checkOptions('permutation', options, ['axis', 'independent'])
  const { axis = 0, independent = false } = options
  if (typeof x === 'number') {
    normalAxis('permutation', axis, 1)
    return shuffled(layout, k, lax.iota('int32', checkInteger('permutation', 'number of elements', x, 0)), 0)
  }
  const array = arrayOf('permutation', x)
  if (array.ndim === 0) throw new ShapeError('permutation', 'a number that is known, or an array with an axis to rearrange', array)
  const at = normalAxis('permutation', axis, array.ndim)
  return independent ? shuffled(layout, k, array, at) : rearranged(layout, k, array, at)
}

/**
 * The numbers 0, 1, … n − 1 in random order (int32), or an array with the slices along an axis in random order; with
 * `independent` every line along the axis is rearranged in its own way. `jax.random.permutation`.
 *
 * @example
 * random.permutation(random.key(1), 5) // [3, 2, 0, 1, 4]
 * random.permutation(random.key(1), [[1, 2], [3, 4], [5, 6]]) // [[5, 6], [1, 2], [3, 4]]
 */
export const permutation: Permutation = permutationIn(partitionable)
