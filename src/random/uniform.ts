import type { ArrayLike, NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { broadcastShapes, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded } from '../numpy/promote.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { floatDType, shapeOf, type Draw, type FloatOptions } from './options.js'
import { parameter } from './parameters.js'

/*
 * A float between 1 and 2 has a fixed exponent and a mantissa of equally likely bits; take 1 away.
 */

const singles = (layout: Layout, key: NdArray, count: number): NdArray => {
  const mantissa = lax.shiftRightLogical(layout.words(key, count), 9)
  return lax.bitcastConvertType(lax.bitwiseOr(mantissa, 0x3f800000), 'float32')
}

const doubles = (layout: Layout, key: NdArray, count: number): NdArray => {
  const [high, low] = layout.pairs(key, count)
  const top = lax.bitwiseOr(lax.shiftRightLogical(high, 12), 0x3ff00000)
  const bottom = lax.bitwiseOr(lax.shiftLeft(high, 20), lax.shiftRightLogical(low, 12))
  return lax.bitcastConvertType(lax.concatenate([bottom, top].map((word) => lax.reshape(word, [count, 1])), 1), 'float64')
}

/** Uniform from 0, included, to 1, excluded: multiples of 2⁻²³ or 2⁻⁵². */
export const fractions: Draw = (layout, key, shape, dtype) => {
  const between = dtype === 'float32' ? singles : doubles
  return lax.reshape(lax.sub(between(layout, key, sizeOf(shape)), 1), shape)
}

const nearest: Readonly<Record<FloatDType, number>> = { float32: 1 - 2 ** -24, float64: 1 - 2 ** -53 }

/** Uniform between −1 and 1, both excluded. The difference of the bounds rounds to 2. */
export const symmetric: Draw = (layout, key, shape, dtype) =>
  lax.max(lax.sub(lax.mul(fractions(layout, key, shape, dtype), 2), nearest[dtype]), -nearest[dtype])

/** The least positive normal number. */
export const tiny: Readonly<Record<FloatDType, number>> = { float32: 2 ** -126, float64: 2 ** -1022 }

/** Uniform between 0 and 1, both excluded. The difference of the bounds, 1 and the least normal number, rounds to 1. */
export const positive: Draw = (layout, key, shape, dtype) => lax.add(fractions(layout, key, shape, dtype), tiny[dtype])

/**
 * u·(max − min) + min, not below min; the bounds broadcast to u. In float32 product and sum are rounded once, as XLA's are:
 * products of two are exact in float64.
 */
export const stretched = (u: NdArray, minval: NdArray, maxval: NdArray): NdArray => {
  const common = broadcastShapes('uniform', [minval.shape, maxval.shape])
  const span = lax.sub(expanded(maxval, common), expanded(minval, common))
  const wide = (x: NdArray): NdArray => expanded(lax.convertElementType(x, 'float64'), u.shape)
  const point = lax.convertElementType(lax.add(lax.mul(wide(u), wide(span)), wide(minval)), u.dtype)
  return lax.max(expanded(minval, u.shape), point)
}

/** Where `uniform` draws from. */
export interface UniformOptions extends FloatOptions {
  /** The least value; 0 by default. A number, or an array that broadcasts to the shape. */
  readonly minval?: ArrayLike
  /** The value that all stay below, but for rounding; 1 by default. A number, or an array that broadcasts to the shape. */
  readonly maxval?: ArrayLike
}

/** A sampler between bounds. */
export type Uniform = (key: NdArray, shape?: Shape, options?: UniformOptions) => NdArray

/** `uniform` in any layout. */
export const uniformIn = (layout: Layout): Uniform => (key, shape = [], options = {}) => {
  const k = checkKey('uniform', key)
  const sizes = shapeOf('uniform', shape)
  const dtype = floatDType('uniform', options, ['dtype', 'minval', 'maxval'])
  const { minval = 0, maxval = 1 } = options
  const u = fractions(layout, k, sizes, dtype)
  if (minval === 0 && maxval === 1) return u
  return stretched(u, parameter('uniform', minval, sizes, dtype), parameter('uniform', maxval, sizes, dtype))
}

/**
 * Uniform samples, from `minval` (0), included, to `maxval` (1), excluded; differentiable with respect to both.
 * `jax.random.uniform`, bit for bit; in float64 with bounds, to the rounding of a product.
 *
 * @example
 * random.uniform(random.key(0), [3]) // [0.9477, 0.9786, 0.3323]
 * random.uniform(random.key(0), [3], { minval: -1, maxval: [1, 10, 100] }) // [0.8953, 9.7644, 32.5614]
 */
export const uniform: Uniform = uniformIn(partitionable)
