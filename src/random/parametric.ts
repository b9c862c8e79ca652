import type { ArrayLike, NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded } from '../numpy/promote.js'
import { exponentials } from './continuous.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { normals } from './normal.js'
import { floatDType, type FloatOptions } from './options.js'
import { parameter, shapeFor } from './parameters.js'
import { fractions } from './uniform.js'

/*
 * Distributions whose parameters change more than location and scale. Samples are differentiable with respect to them.
 */

/** A sampler with one parameter: it broadcasts to the shape of the samples, which is its own unless one is given. */
export type OneParameter = (key: NdArray, parameter: ArrayLike, shape?: Shape, options?: FloatOptions) => NdArray

/** A sampler with two parameters: they broadcast to the shape of the samples, which is their common one unless one is given. */
export type TwoParameters = (key: NdArray, first: ArrayLike, second: ArrayLike, shape?: Shape, options?: FloatOptions) => NdArray

/** A sampler with three parameters. */
export type ThreeParameters = (
  key: NdArray, first: ArrayLike, second: ArrayLike, third: ArrayLike, shape?: Shape, options?: FloatOptions
) => NdArray

type DrawWith = (layout: Layout, key: NdArray, parameters: readonly NdArray[], shape: Shape, dtype: FloatDType) => NdArray

const drawn =
  (who: string, draw: DrawWith, layout: Layout) =>
  (key: NdArray, parameters: readonly ArrayLike[], shape: Shape | undefined, options: FloatOptions = {}): NdArray => {
    const k = checkKey(who, key)
    const dtype = floatDType(who, options)
    const sizes = shapeFor(who, shape, parameters)
    return draw(layout, k, parameters.map((x) => expanded(parameter(who, x, sizes, dtype), sizes)), sizes, dtype)
  }

const one = (who: string, draw: DrawWith) => (layout: Layout): OneParameter => (key, a, shape, options) =>
  drawn(who, draw, layout)(key, [a], shape, options)

const two = (who: string, draw: DrawWith) => (layout: Layout): TwoParameters => (key, a, b, shape, options) =>
  drawn(who, draw, layout)(key, [a, b], shape, options)

const three = (who: string, draw: DrawWith) => (layout: Layout): ThreeParameters => (key, a, b, c, shape, options) =>
  drawn(who, draw, layout)(key, [a, b, c], shape, options)

/** `lognormal` in any layout. */
export const lognormalIn: (layout: Layout) => OneParameter = one('lognormal', (layout, key, [sigma], shape, dtype) =>
  lax.exp(lax.mul(normals(layout, key, shape, dtype), sigma)))

/**
 * Samples whose logarithm is normal, of mean 0 and standard deviation `sigma`. `jax.random.lognormal`.
 *
 * @example
 * random.lognormal(random.key(0), 0.5, [3]) // [2.2509, 2.7528, 0.8051]
 */
export const lognormal: OneParameter = lognormalIn(partitionable)

/** `pareto` in any layout. */
export const paretoIn: (layout: Layout) => OneParameter = one('pareto', (layout, key, [b], shape, dtype) =>
  lax.exp(lax.div(exponentials(layout, key, shape, dtype), b)))

/**
 * Samples of the Pareto distribution with exponent `b` and scale 1. `jax.random.pareto`.
 *
 * @example
 * random.pareto(random.key(0), 3, [3]) // [2.6735, 3.6007, 1.1441]
 */
export const pareto: OneParameter = paretoIn(partitionable)

/** `rayleigh` in any layout. */
export const rayleighIn: (layout: Layout) => OneParameter = one('rayleigh', (layout, key, [scale], shape, dtype) =>
  lax.mul(scale, lax.sqrt(lax.mul(lax.log(fractions(layout, key, shape, dtype)), -2))))

/**
 * Samples of the Rayleigh distribution: lengths of normal vectors of two components. `jax.random.rayleigh`.
 *
 * @example
 * random.rayleigh(random.key(0), 1, [3]) // [0.3279, 0.2081, 1.4844]
 */
export const rayleigh: OneParameter = rayleighIn(partitionable)

/** `wald` in any layout. */
export const waldIn: (layout: Layout) => OneParameter = one('wald', (layout, key, [mean], shape, dtype) => {
  const keys = layout.keys(key, 2)
  const v = normals(layout, lax.indexInDim(keys, 0, 0, false), shape, dtype)
  const z = fractions(layout, lax.indexInDim(keys, 1, 0, false), shape, dtype)
  const y = lax.mul(v, v)
  const square = lax.mul(mean, mean)
  const root = lax.sqrt(lax.add(lax.mul(lax.mul(mean, 4), y), lax.mul(square, lax.mul(y, y))))
  const x = lax.sub(lax.add(mean, lax.div(lax.mul(square, y), 2)), lax.mul(lax.div(mean, 2), root))
  return lax.select(lax.le(z, lax.div(mean, lax.add(mean, x))), x, lax.div(square, x))
})

/**
 * Samples of the Wald (inverse Gaussian) distribution with the mean given and scale 1 (Michael, Schucany & Haas, 1976).
 * `jax.random.wald`.
 *
 * @example
 * random.wald(random.key(0), 2, [3]) // [0.5334, 0.5981, 0.7255]
 */
export const wald: OneParameter = waldIn(partitionable)

/** `weibullMin` in any layout. */
export const weibullMinIn: (layout: Layout) => TwoParameters = two('weibullMin', (layout, key, [scale, concentration], shape, dtype) =>
  lax.mul(lax.pow(exponentials(layout, key, shape, dtype), lax.div(1, concentration)), scale))

/**
 * Samples of the Weibull distribution: `scale` times powers `1/concentration` of exponential samples.
 * `jax.random.weibull_min`.
 *
 * @example
 * random.weibullMin(random.key(0), 1, 2, [3]) // [1.7176, 1.9605, 0.6355]
 */
export const weibullMin: TwoParameters = weibullMinIn(partitionable)

/** `triangular` in any layout. */
export const triangularIn: (layout: Layout) => ThreeParameters = three('triangular', (layout, key, [left, mode, right], shape, dtype) => {
  const u = fractions(layout, key, shape, dtype)
  const width = lax.sub(right, left)
  const rise = lax.sub(mode, left)
  const rising = lax.add(left, lax.sqrt(lax.mul(lax.mul(u, width), rise)))
  const falling = lax.sub(right, lax.sqrt(lax.mul(lax.mul(lax.sub(1, u), width), lax.sub(right, mode))))
  return lax.select(lax.lt(u, lax.div(rise, width)), rising, falling)
})

/**
 * Samples of the triangular distribution with ends `left` and `right` and peak `mode`. `jax.random.triangular`.
 *
 * @example
 * random.triangular(random.key(0), 0, 1, 4, [3]) // [3.2075, 3.493, 1.1694]
 */
export const triangular: ThreeParameters = triangularIn(partitionable)
