import type { NdArray } from '../core/array.js'
import { checkOptions } from '../core/options.js'
import { sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkInteger, checkWord } from '../numpy/options.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { shapeOf } from './options.js'

/** A key to many. */
export type Split = (key: NdArray, shape?: number | Shape) => NdArray

/** `split` in any layout. */
export const splitIn = (layout: Layout): Split => (key, shape = 2) => {
  const k = checkKey('split', key)
  const sizes = typeof shape === 'number' ? [checkInteger('split', 'number of keys', shape, 0)] : shapeOf('split', shape)
  return lax.reshape(layout.keys(k, sizeOf(sizes)), [...sizes, 2])
}

/**
 * New keys, as many as asked for (2 by default) or as fill a shape, along new leading axes. A key is to be used once: split
 * it, and use what comes of it. `jax.random.split`.
 *
 * @example
 * const [first, second] = random.split(random.key(0))
 * first // [1797259609, 2579123966]
 * random.split(second, [2, 3]).shape // [2, 3, 2]
 */
export const split: Split = splitIn(partitionable)

/** The dtype of `bits`. */
export interface BitsOptions {
  /** uint32 by default. */
  readonly dtype?: 'uint8' | 'uint32'
}

/** A sampler of random bits. */
export type Bits = (key: NdArray, shape?: Shape, options?: BitsOptions) => NdArray

/** `bits` in any layout. */
export const bitsIn = (layout: Layout): Bits => (key, shape = [], options = {}) => {
  const k = checkKey('bits', key)
  const sizes = shapeOf('bits', shape)
  checkOptions('bits', options, ['dtype'])
  const dtype = checkWord('bits', 'dtype', ['uint8', 'uint32'], options.dtype ?? 'uint32')
  return lax.reshape(dtype === 'uint8' ? layout.bytes(k, sizeOf(sizes)) : layout.words(k, sizeOf(sizes)), sizes)
}

/**
 * Random bits: integers uniform over all values of an unsigned dtype. `jax.random.bits`.
 *
 * @example
 * random.bits(random.key(0), [3]) // [4070199207, 4202968722, 1427181096]
 * random.bits(random.key(0), [3], { dtype: 'uint8' }) // [167, 146, 40]
 */
export const bits: Bits = bitsIn(partitionable)
