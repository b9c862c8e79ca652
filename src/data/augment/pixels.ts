import type { NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { expanded } from '../../numpy/promote.js'
import { count, nonNegative } from '../../optim/checks.js'
import { foldIn } from '../../random/key.js'
import { normal } from '../../random/normal.js'
import { drawInteger, perImage, type Augmentation } from './image.js'

/** How strong the noise is. */
export interface NoiseOptions {
  /** Standard deviation of the noise, at least 0. */
  readonly deviation: number
}

/**
 * Gaussian noise on every pixel and channel. Throws DTypeError for integer images.
 *
 * @example
 * data.noise({ deviation: 0.1 })(random.key(0))(np.zeros([1, 2, 1])).toList() // [[[0.1623], [0.2025]]]
 */
export const noise = (options: NoiseOptions): Augmentation => {
  checkOptions('noise', options, ['deviation'], true)
  const deviation = nonNegative('noise', 'deviation', options.deviation)
  return perImage('noise', 'float', (key, image) => {
    const dtype = isFloat(image.dtype) ? image.dtype : 'float32' // perImage has seen to it
    return lax.add(image, lax.mul(normal(key, image.shape, { dtype }), deviation))
  })
}

/** What `cutout` takes away. */
export interface CutoutOptions {
  /** The side of the square in pixels. */
  readonly size: number
}

/**
 * A square of zeros in each image, in all its channels, its middle on any pixel: near a border part of it lies outside (DeVries & Taylor,
 * "Improved Regularization of Convolutional Neural Networks with Cutout", 2017).
 *
 * @example
 * np.squeeze(data.cutout({ size: 2 })(random.key(0))(np.ones([3, 3, 1]))) // [[1, 0, 0], [1, 0, 0], [1, 1, 1]]
 */
export const cutout = (options: CutoutOptions): Augmentation => {
  checkOptions('cutout', options, ['size'], true)
  const size = count('cutout', 'size', options.size)
  return perImage('cutout', 'any', (key, image) => {
    const within = (axis: number): NdArray => {
      const sides = image.shape.slice(0, 2)
      const start = lax.sub(drawInteger(foldIn(key, axis), [0, sides[axis] - 1]), Math.floor(size / 2))
      const place = lax.sub(lax.iota('int32', sides, axis), expanded(start, sides))
      return lax.bitwiseAnd(lax.ge(place, 0), lax.lt(place, size))
    }
    const cut = lax.bitwiseAnd(within(0), within(1))
    return np.where(lax.expandDims(cut, [2]), lax.fullLike(image, 0), image)
  })
}
