import type { ArrayLike, NdArray } from '../core/array.js'
import type { DType } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import type { Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { finer, modeOf, type ModeOption } from './continuous.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { integerDType, shapeOf, type IntegerOptions } from './options.js'
import { fitted, floating, shapeFor } from './parameters.js'
import { fractions } from './uniform.js'

/** A sampler of booleans. */
export type Bernoulli = (key: NdArray, p?: ArrayLike, shape?: Shape, options?: ModeOption) => NdArray

/** `bernoulli` in any layout. */
export const bernoulliIn = (layout: Layout): Bernoulli => (key, p = 0.5, shape, options = {}) => {
  const k = checkKey('bernoulli', key)
  checkOptions('bernoulli', options, ['mode'])
  const chance = floating('bernoulli', p)
  const sizes = shapeFor('bernoulli', shape, [chance])
  const limit = fitted('bernoulli', chance, sizes)
  if (modeOf('bernoulli', options) === 'low') return lax.lt(fractions(layout, k, sizes, chance.dtype), limit)
  const [coarse, fine] = finer(layout, k, sizes, chance.dtype)
  return lax.lt(fine, lax.sub(limit, coarse))
}

/**
 * Booleans that are true with probability `p` (½): a number, or an array that broadcasts to the shape, which is its own
 * unless one is given. `mode` is that of `gumbel`. `jax.random.bernoulli`.
 *
 * @example
 * random.bernoulli(random.key(0), 0.5, [3]) // [false, false, true]
 * random.bernoulli(random.key(0), [0, 0.99, 1]) // [false, true, true]
 */
export const bernoulli: Bernoulli = bernoulliIn(partitionable)

/** A sampler of integers without bounds. */
export type IntegerSampler = (key: NdArray, shape?: Shape, options?: IntegerOptions) => NdArray

const signs = (layout: Layout, key: NdArray, shape: Shape, dtype: DType): NdArray => {
  const heads = lax.lt(fractions(layout, key, shape, 'float32'), 0.5)
  return lax.sub(lax.mul(lax.convertElementType(heads, dtype), 2), 1)
}

/** `rademacher` in any layout. */
export const rademacherIn = (layout: Layout): IntegerSampler => (key, shape = [], options = {}) =>
  signs(layout, checkKey('rademacher', key), shapeOf('rademacher', shape), integerDType('rademacher', options))

/**
 * Signs: 1 and −1, equally likely. `jax.random.rademacher`.
 *
 * @example
 * random.rademacher(random.key(0), [3]) // [-1, -1, 1]
 */
export const rademacher: IntegerSampler = rademacherIn(partitionable)

/** A sampler of the geometric distribution. */
export type Geometric = (key: NdArray, p: ArrayLike, shape?: Shape, options?: IntegerOptions) => NdArray

/** `geometric` in any layout. */
export const geometricIn = (layout: Layout): Geometric => (key, p, shape, options = {}) => {
  const k = checkKey('geometric', key)
  const dtype = integerDType('geometric', options)
  const chance = floating('geometric', p)
  const sizes = shapeFor('geometric', shape, [chance])
  const u = fractions(layout, k, sizes, chance.dtype)
  const safe = lax.select(lax.eq(u, 0), lax.fullLike(u, 1), u)
  const failures = lax.floor(lax.div(lax.log(safe), fitted('geometric', lax.log1p(lax.neg(chance)), sizes)))
  return lax.convertElementType(lax.add(failures, 1), dtype)
}

/**
 * How many trials of probability `p` it takes until one succeeds, 1 at least. `jax.random.geometric`.
 *
 * @example
 * random.geometric(random.key(0), 0.25, [3]) // [1, 1, 4]
 */
export const geometric: Geometric = geometricIn(partitionable)
