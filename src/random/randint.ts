import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { byteSize, isInteger, maxValue, minValue, type DType } from '../core/dtype.js'
import { ArgumentError, DTypeError } from '../core/errors.js'
import { broadcastShapes, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded } from '../numpy/promote.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { integerDType, shapeOf, type IntegerOptions } from './options.js'
import { checkFits } from './parameters.js'

/** A sampler of integers between bounds. */
export type Randint = (key: NdArray, shape: Shape, minval: number | NdArray, maxval: number | NdArray, options?: IntegerOptions) => NdArray

/** A bound within the range given, in the dtype given. */
const clipped = (bound: number | NdArray, least: number, most: number, dtype: DType): NdArray => {
  if (typeof bound === 'number') return lax.full([], Math.min(Math.max(bound, least), most), dtype)
  const [low, high] = [Math.max(least, minValue(bound.dtype)), Math.min(most, maxValue(bound.dtype))]
  return lax.convertElementType(lax.clamp(low, bound, high), dtype)
}

const checkBound = (name: string, bound: number | NdArray): void => {
  const wanted = `an integer ${name}`
  if (typeof bound === 'number' ? !Number.isSafeInteger(bound) : !isArray(bound)) throw new ArgumentError('randint', wanted, bound)
  if (typeof bound !== 'number' && !isInteger(bound.dtype)) throw new DTypeError('randint', wanted, bound)
}

/** Where a bound lies above the range of the dtype; null if it cannot. */
const above = (bound: number | NdArray, dtype: DType): NdArray | null => {
  const most = maxValue(dtype)
  if (typeof bound === 'number') return bound > most ? lax.full([], 1, 'bool') : null
  return maxValue(bound.dtype) > most ? lax.gt(bound, most) : null
}

/** Integers of 32 bits from `least`, for each sample, to below `least + span`; a span of 0 stands for 2³². */
const ranged = (layout: Layout, key: NdArray, shape: Shape, least: NdArray, span: NdArray): NdArray => {
  const keys = layout.keys(key, 2)
  const draw = (i: number): NdArray => lax.reshape(layout.words(lax.indexInDim(keys, i, 0, false), sizeOf(shape)), shape)
  const [high, low] = [draw(0), draw(1)]
  // (2³² high + low) mod span, by way of 2³² mod span = (2¹⁶ mod span)² mod span
  const root = lax.rem(lax.fullLike(span, 2 ** 16), span)
  const weight = expanded(lax.rem(lax.mul(root, root), span), shape)
  const modulus = expanded(span, shape)
  const offset = lax.rem(lax.add(lax.mul(lax.rem(high, modulus), weight), lax.rem(low, modulus)), modulus)
  return lax.add(expanded(least, shape), lax.convertElementType(offset, least.dtype))
}

/** `randint` in any layout. */
export const randintIn = (layout: Layout): Randint => (key, shape, minval, maxval, options = {}) => {
  const k = checkKey('randint', key)
  const sizes = shapeOf('randint', shape)
  const dtype = integerDType('randint', options)
  checkBound('minval', minval)
  checkBound('maxval', maxval)
  const small = byteSize(dtype) < 4
  const wide = small ? 'int32' : dtype
  const [first, last] = [minValue(dtype), maxValue(dtype)]
  const bounds = [clipped(minval, first, last, wide), clipped(maxval, first, small ? last + 1 : last, wide)]
  for (const bound of bounds) checkFits('randint', bound, sizes)
  const common = broadcastShapes('randint', bounds.map((bound) => bound.shape))
  const [least, most] = bounds.map((bound) => expanded(bound, common))
  const empty = lax.le(most, least)
  const difference = lax.convertElementType(lax.sub(most, least), 'uint32')
  const span = lax.select(empty, lax.fullLike(difference, 1), difference)
  const over = small ? null : above(maxval, dtype)
  const full = over === null ? span : lax.select(lax.bitwiseAnd(expanded(over, common), lax.bitwiseNot(empty)), lax.add(span, 1), span)
  return lax.convertElementType(ranged(layout, k, sizes, least, full), dtype)
}

/**
 * Integers from `minval`, included, to `maxval`, excluded: numbers, or integer arrays that broadcast to the shape. Bounds
 * outside of the dtype are clipped, but a `maxval` above it lets its greatest value come; where there is nothing between
 * the bounds, all are `minval`. Values are very slightly uneven where the difference is no power of two.
 * `jax.random.randint`. Throws ArgumentError for fractions, DTypeError for floats.
 *
 * @example
 * random.randint(random.key(0), [5], 0, 10) // [9, 0, 2, 3, 1]
 * random.randint(random.key(0), [3], 0, 256, { dtype: 'uint8' }) // [101, 80, 200]
 */
export const randint: Randint = randintIn(partitionable)
