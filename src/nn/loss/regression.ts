import type { ArrayLike, NdArray } from '../../core/array.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { promoteAll } from '../../numpy/promote.js'
import { reduceLoss, type LossOptions } from './reduction.js'

/** Prediction − target. Throws ShapeError for different shapes, which NumPy would broadcast: [n] against [n, 1] is a mistake. */
export const residuals = (who: string, prediction: ArrayLike, target: ArrayLike): NdArray => {
  const [p, t] = promoteAll(who, [prediction, target], 'float')
  if (!equalShapes(p.shape, t.shape)) throw new ShapeError(who, 'a prediction and a target of one shape', [p, t])
  return lax.sub(p, t)
}

/**
 * The squared error `(p − t)²`, averaged over all elements. The constant that minimises it is the mean. Throws ShapeError
 * unless the shapes agree, and for a mean over no elements.
 *
 * @example
 * loss.meanSquared(np.array([1, 2]), np.array([1, 4])) // 2
 * loss.meanSquared(np.array([1, 2]), np.array([1, 4]), { reduction: 'none' }) // [0, 4]
 */
export const meanSquared = (prediction: ArrayLike, target: ArrayLike, options: LossOptions = {}): NdArray => {
  checkOptions('meanSquared', options, ['reduction'])
  return reduceLoss('meanSquared', np.square(residuals('meanSquared', prediction, target)), options.reduction)
}

/**
 * The absolute error `|p − t|`, averaged over all elements. The constant that minimises it is the median.
 *
 * @example
 * loss.meanAbsolute(np.array([1, 2]), np.array([1, 4])) // 1
 */
export const meanAbsolute = (prediction: ArrayLike, target: ArrayLike, options: LossOptions = {}): NdArray => {
  checkOptions('meanAbsolute', options, ['reduction'])
  return reduceLoss('meanAbsolute', np.abs(residuals('meanAbsolute', prediction, target)), options.reduction)
}

/** Where the Huber loss becomes linear. */
export interface HuberOptions extends LossOptions {
  /** 1 by default. */
  readonly delta?: number
}

/**
 * Huber's loss (1964): half the squared error up to `delta`, beyond it linear, `delta (|p − t| − delta/2)`, so that outliers
 * pull with bounded force; averaged over all elements.
 *
 * @example
 * loss.huber(np.array([0.5, 3]), np.array([0, 0]), { reduction: 'none' }) // [0.125, 2.5]
 */
export const huber = (prediction: ArrayLike, target: ArrayLike, options: HuberOptions = {}): NdArray => {
  checkOptions('huber', options, ['reduction', 'delta'])
  const { delta = 1, reduction } = options
  if (!(delta > 0)) throw new ArgumentError('huber', 'a positive delta', delta)
  const error = np.abs(residuals('huber', prediction, target))
  const near = lax.min(error, delta)
  return reduceLoss('huber', lax.add(lax.mul(lax.mul(near, near), 0.5), lax.mul(lax.sub(error, near), delta)), reduction)
}
