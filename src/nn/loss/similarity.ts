import type { ArrayLike, NdArray } from '../../core/array.js'
import { ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes, normalAxis } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { promoteAll } from '../../numpy/promote.js'
import { spreadBack } from '../shift.js'
import { reduceLoss, type LossOptions } from './reduction.js'

/** What the cosine distance takes last. */
export interface CosineOptions extends LossOptions {
  /** The axis of the vectors; the last one by default. */
  readonly axis?: number
}

/** The vectors along an axis, each of length 1; a vector of zeros stays as it is. */
const directions = (x: NdArray, axis: number): NdArray => {
  const back = (y: NdArray): NdArray => spreadBack(y, x.shape, [axis])
  const orOne = (y: NdArray): NdArray => lax.select(lax.eq(y, 0), lax.fullLike(y, 1), y)
  // a direction has no scale: dividing by the greatest component first, squares neither overflow nor vanish
  const scaled = lax.div(x, back(orOne(lax.stopGradient(lax.reduceMax(lax.abs(x), [axis])))))
  return lax.div(scaled, back(lax.sqrt(orOne(lax.reduceSum(lax.mul(scaled, scaled), [axis])))))
}

/**
 * One minus the cosine of the angle between vectors along an axis, averaged over the batch: 0 for the same direction, 2 for
 * opposite ones, 1 where a vector is zero. `optax.losses.cosine_distance`. Throws ShapeError unless the shapes agree, and for a mean
 * over no vectors.
 *
 * @example
 * loss.cosineDistance(np.array([[1, 0], [3, 4]]), np.array([[0, 2], [6, 8]]), { reduction: 'none' }) // [1, 0]
 */
export const cosineDistance = (prediction: ArrayLike, target: ArrayLike, options: CosineOptions = {}): NdArray => {
  const who = 'cosineDistance'
  checkOptions(who, options, ['reduction', 'axis'])
  const [p, t] = promoteAll(who, [prediction, target], 'float')
  if (p.ndim === 0 || !equalShapes(p.shape, t.shape)) throw new ShapeError(who, 'predictions and targets of one shape, vectors', [p, t])
  const axis = normalAxis(who, options.axis ?? -1, p.ndim)
  const cosine = lax.reduceSum(lax.mul(directions(p, axis), directions(t, axis)), [axis])
  return reduceLoss(who, lax.sub(1, cosine), options.reduction)
}
