import type { NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkWord } from '../numpy/options.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { floatDType, sampler, shapeOf, type Draw, type FloatOptions, type Sampler } from './options.js'
import { normals } from './normal.js'
import { fractions, positive, stretched, symmetric, tiny } from './uniform.js'

/*
 * Distributions without parameters, most of them quantile functions of uniform samples. Scale and move them by arithmetic.
 */

/** 2⁻²³ and 2⁻⁵²: the distance of uniform samples, and of 1 from the next number. */
const step: Readonly<Record<FloatDType, number>> = { float32: 2 ** -23, float64: 2 ** -52 }

/** Samples of rate 1. */
export const exponentials: Draw = (layout, key, shape, dtype) => lax.neg(lax.log1p(lax.neg(fractions(layout, key, shape, dtype))))

/** `exponential` in any layout. */
export const exponentialIn: (layout: Layout) => Sampler = sampler('exponential', exponentials)

/**
 * Samples of the exponential distribution of rate 1. `jax.random.exponential`.
 *
 * @example
 * random.exponential(random.key(0), [3]) // [2.9501, 3.8434, 0.4039]
 */
export const exponential: Sampler = exponentialIn(partitionable)

/** `laplace` in any layout. */
export const laplaceIn: (layout: Layout) => Sampler = sampler('laplace', (layout, key, shape, dtype) => {
  const u = symmetric(layout, key, shape, dtype)
  return lax.mul(lax.sign(u), lax.log1p(lax.neg(lax.abs(u))))
})

/**
 * Samples of the Laplace distribution of mean 0 and scale 1. `jax.random.laplace`.
 *
 * @example
 * random.laplace(random.key(0), [3]) // [-2.257, -3.1503, 0.4086]
 */
export const laplace: Sampler = laplaceIn(partitionable)

/** `logistic` in any layout. */
export const logisticIn: (layout: Layout) => Sampler = sampler('logistic', (layout, key, shape, dtype) => {
  const u = positive(layout, key, shape, dtype)
  return lax.sub(lax.log(u), lax.log1p(lax.neg(u)))
})

/**
 * Samples of the logistic distribution of mean 0 and scale 1. `jax.random.logistic`.
 *
 * @example
 * random.logistic(random.key(0), [3]) // [2.8964, 3.8218, -0.6978]
 */
export const logistic: Sampler = logisticIn(partitionable)

/** `cauchy` in any layout. */
export const cauchyIn: (layout: Layout) => Sampler = sampler('cauchy', (layout, key, shape, dtype) => {
  const [least, most] = [step[dtype], 1].map((bound) => lax.full([], bound, dtype))
  const u = stretched(fractions(layout, key, shape, dtype), least, most)
  return lax.tan(lax.mul(lax.sub(u, 0.5), Math.PI))
})

/**
 * Samples of the Cauchy distribution of median 0 and scale 1. `jax.random.cauchy`.
 *
 * @example
 * random.cauchy(random.key(0), [3]) // [6.0275, 14.8379, -0.5817]
 */
export const cauchy: Sampler = cauchyIn(partitionable)

/** `maxwell` in any layout. */
export const maxwellIn: (layout: Layout) => Sampler = sampler('maxwell', (layout, key, shape, dtype) => {
  const x = normals(layout, key, [...shape, 3], dtype)
  return lax.sqrt(lax.reduceSum(lax.mul(x, x), [shape.length]))
})

/**
 * Samples of the Maxwell distribution of scale 1: lengths of normal vectors of three components. `jax.random.maxwell`.
 *
 * @example
 * random.maxwell(random.key(0), [2]) // [2.6311, 0.991]
 */
export const maxwell: Sampler = maxwellIn(partitionable)

/** One draw for each sample, or two. */
export type Mode = 'low' | 'high'

/** How many bits a Gumbel sample is made of. */
export interface ModeOption {
  /** `low` (one draw) by default; `high` takes two draws and reaches events of probability below 10⁻⁷ in float32. */
  readonly mode?: Mode
}

/** How Gumbel samples are drawn. */
export interface GumbelOptions extends FloatOptions, ModeOption {}

/** A sampler of the Gumbel distribution. */
export type Gumbel = (key: NdArray, shape?: Shape, options?: GumbelOptions) => NdArray

/** Checks the option `mode`, and gives it. */
export const modeOf = (who: string, options: ModeOption): Mode => checkWord(who, 'mode', ['low', 'high'], options.mode ?? 'low')

/** Two uniform samples for each one, the second finer than the spacing of the first. */
export const finer: (...args: Parameters<Draw>) => readonly [coarse: NdArray, fine: NdArray] = (layout, key, shape, dtype) => {
  const both = fractions(layout, key, [2, ...shape], dtype)
  return [lax.indexInDim(both, 0, 0, false), lax.mul(lax.indexInDim(both, 1, 0, false), step[dtype])]
}

/** Samples of location 0 and scale 1. */
export const gumbels = (mode: Mode): Draw => (layout, key, shape, dtype) => {
  if (mode === 'low') return lax.neg(lax.log(lax.neg(lax.log(positive(layout, key, shape, dtype)))))
  const [coarse, fine] = finer(layout, key, shape, dtype)
  const x = lax.select(lax.ge(coarse, 0.5), coarse, lax.add(lax.add(coarse, fine), tiny[dtype]))
  return lax.neg(lax.log(lax.neg(lax.log1p(lax.neg(x)))))
}

/** `gumbel` in any layout. */
export const gumbelIn = (layout: Layout): Gumbel => (key, shape = [], options = {}) => {
  const k = checkKey('gumbel', key)
  const sizes = shapeOf('gumbel', shape)
  const dtype = floatDType('gumbel', options, ['dtype', 'mode'])
  return gumbels(modeOf('gumbel', options))(layout, k, sizes, dtype)
}

/**
 * Samples of the Gumbel distribution of location 0 and scale 1: what added to logits makes their argmax a sample of the
 * categories. `jax.random.gumbel`.
 *
 * @example
 * random.gumbel(random.key(0), [3]) // [2.9234, 3.8326, -0.0969]
 */
export const gumbel: Gumbel = gumbelIn(partitionable)
