import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { insertAt, normalAxis, range, sizeOf, without, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { expanded } from '../numpy/promote.js'
import { gumbels, modeOf, type ModeOption } from './continuous.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { shapeOf } from './options.js'
import { fits, floating } from './parameters.js'

/** How categories are drawn. */
export interface CategoricalOptions extends ModeOption {
  /** The axis of the logits along which the categories lie; −1 by default. */
  readonly axis?: number
  /** The shape of the result: that of the logits without the axis by default, which it may have before it or broadcast. */
  readonly shape?: Shape
  /** Whether samples along the leading axes of `shape` can be equal; true by default. */
  readonly replace?: boolean
}

/** A sampler of categories. */
export type Categorical = (key: NdArray, logits: ArrayLike, options?: CategoricalOptions) => NdArray

/** `categorical` in any layout. */
export const categoricalIn = (layout: Layout): Categorical => (key, logits, options = {}) => {
  const k = checkKey('categorical', key)
  checkOptions('categorical', options, ['axis', 'shape', 'replace', 'mode'])
  const { axis = -1, replace = true } = options
  const scores = floating('categorical', logits)
  const at = normalAxis('categorical', axis, scores.ndim)
  const count = scores.shape[at]
  if (count === 0) throw new ShapeError('categorical', `categories along axis ${at}`, scores)
  const batch = without(scores.shape, [at])
  const shape = options.shape === undefined ? batch : shapeOf('categorical', options.shape)
  if (!fits(batch, shape)) throw new ShapeError('categorical', `a shape to which [${batch.join(',')}] broadcasts`, [...shape])
  const lead = shape.slice(0, shape.length - batch.length)
  const noise = gumbels(modeOf('categorical', options))

  if (replace) {
    const whole = insertAt(shape, lead.length + at, count)
    return lax.argmax(lax.add(noise(layout, k, whole, scores.dtype), expanded(scores, whole)), lead.length + at)
  }
  const wanted = sizeOf(lead)
  if (wanted > count) throw new ArgumentError('categorical', `at most ${count} samples without replacement`, wanted)
  const noisy = lax.add(scores, noise(layout, k, scores.shape, scores.dtype))
  const last = lax.transpose(noisy, [...without(range(scores.ndim), [at]), at])
  const [, best] = lax.topK(last, wanted)
  return lax.reshape(lax.transpose(best, [batch.length, ...range(batch.length)]), shape)
}

/**
 * Categories (int32) with probabilities proportional to the exponential of the logits along an axis. A `shape` with leading
 * axes gives many samples, with `replace: false` different ones. `jax.random.categorical`.
 *
 * @example
 * random.categorical(random.key(0), [0, 1, 2]) // 1
 * random.categorical(random.key(0), [[0, 9], [9, 0]], { shape: [3, 2] }) // [[1, 0], [1, 0], [1, 0]]
 */
export const categorical: Categorical = categoricalIn(partitionable)
