import type { ArrayLike, NdArray } from '../core/array.js'
import type { Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded } from '../numpy/promote.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { floatDType, sampler, type Draw, type FloatOptions, type Sampler } from './options.js'
import { parameter, shapeFor } from './parameters.js'
import { fractions, stretched, symmetric } from './uniform.js'

/** The quantile of the normal distribution at (1 + u)/2. */
const quantile = (u: NdArray): NdArray => lax.mul(lax.erfInvGiles(u), Math.SQRT2)

/** Samples of mean 0 and variance 1. */
export const normals: Draw = (layout, key, shape, dtype) => quantile(symmetric(layout, key, shape, dtype))

/** `normal` in any layout. */
export const normalIn: (layout: Layout) => Sampler = sampler('normal', normals)

/**
 * Samples of the standard normal distribution. `jax.random.normal`: bit for bit in float32, and but for one sample
 * in two thousand, which is an ulp or two off, in float64.
 *
 * @example
 * random.normal(random.key(0), [3]) // [1.6226, 2.0253, -0.4336]
 */
export const normal: Sampler = normalIn(partitionable)

/** A sampler of a normal distribution between bounds. */
export type TruncatedNormal = (key: NdArray, lower: ArrayLike, upper: ArrayLike, shape?: Shape, options?: FloatOptions) => NdArray

/** `truncatedNormal` in any layout. */
export const truncatedNormalIn = (layout: Layout): TruncatedNormal => (key, lower, upper, shape, options = {}) => {
  const k = checkKey('truncatedNormal', key)
  const dtype = floatDType('truncatedNormal', options)
  const sizes = shapeFor('truncatedNormal', shape, [lower, upper])
  const [low, high] = [lower, upper].map((bound) => parameter('truncatedNormal', bound, sizes, dtype))
  const [least, most] = [low, high].map((bound) => lax.erf(lax.div(bound, Math.SQRT2)))
  const x = quantile(stretched(fractions(layout, k, sizes, dtype), least, most))
  const inside = (bound: NdArray, towards: number): NdArray => {
    const limit = lax.nextafter(bound, towards)
    return limit.ndim === 0 ? limit : expanded(limit, sizes)
  }
  return lax.clamp(inside(low, Infinity), x, inside(high, -Infinity))
}

/**
 * Samples of the standard normal distribution between two bounds, both excluded, which broadcast to the shape; their common
 * shape unless one is given. Differentiable with respect to the bounds. `jax.random.truncated_normal`.
 *
 * @example
 * random.truncatedNormal(random.key(0), -2, 2, [3]) // [1.456, 1.7147, -0.4127]
 */
export const truncatedNormal: TruncatedNormal = truncatedNormalIn(partitionable)
