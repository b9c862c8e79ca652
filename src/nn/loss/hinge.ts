import type { ArrayLike, NdArray } from '../../core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes, without } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { arrayOf, promoteAll, widen } from '../../numpy/promote.js'
import { relu } from '../activation.js'
import { spreadBack } from '../shift.js'
import type { ClassOptions } from './crossentropy.js'
import { checkLabels, classAxis, classesOf, labelsOf, orNaN } from './labels.js'
import { reduceLoss, sumWhere, type LossOptions } from './reduction.js'

/** What the hinge loss of two classes takes last. */
export interface HingeOptions extends LossOptions {
  /** Whether what is missing of the margin is squared, which makes the loss smooth; false by default. */
  readonly squared?: boolean
}

/** What is missing, or its square. */
const missing = (gap: NdArray, squared = false): NdArray => {
  const short = relu(gap)
  return squared ? lax.mul(short, short) : short
}

/**
 * The hinge loss `max(0, 1 − y s)` of scores and labels −1 and 1, averaged over all elements: no loss from a margin of 1
 * on. Its derivative at the margin is 0. Squared it is `max(0, 1 − y s)²`. Throws ArgumentError for other labels (under `jit` and
 * `vmap` they are not checked), ShapeError for other shapes and for a mean over no examples.
 *
 * @example
 * loss.hinge(np.array([2, 0.5, -1]), [1, 1, 1], { reduction: 'none' }) // [0, 0.5, 2]
 * loss.hinge(np.array([2, 0.5, -1]), [1, 1, 1], { reduction: 'none', squared: true }) // [0, 0.25, 4]
 */
export const hinge = (scores: ArrayLike, labels: ArrayLike, options: HingeOptions = {}): NdArray => {
  checkOptions('hinge', options, ['reduction', 'squared'])
  const given = arrayOf('hinge', labels)
  if (given.dtype === 'bool') throw new DTypeError('hinge', 'labels -1 and 1', given)
  const [s, y] = promoteAll('hinge', [scores, given], 'float')
  if (!equalShapes(s.shape, y.shape)) throw new ShapeError('hinge', `one label per score, shape [${s.shape.join(',')}]`, y)
  checkLabels('hinge', given, 'labels -1 and 1', (label) => label === 1 || label === -1)
  return reduceLoss('hinge', missing(lax.sub(1, lax.mul(y, s)), options.squared), options.reduction)
}

/** What the multi-class hinge loss takes last. */
export interface MarginOptions extends ClassOptions, HingeOptions {
  /** By how much the right class has to win; 1 by default. */
  readonly margin?: number
}

/**
 * The multi-class hinge loss of a support vector machine (Weston & Watkins, 1999), averaged over the batch:
 * `Σ max(0, sᵢ − s_y + margin)` over all classes but the right one, `y`; squared, the sum is of squares. Classes as for
 * `softmaxCrossEntropy`, of integer dtype. `torch.nn.functional.multi_margin_loss` is the mean over all classes, the right one included.
 *
 * @example
 * loss.multiclassHinge(np.array([3.2, 5.1, -1.7]), 0) // 2.9
 */
export const multiclassHinge = (scores: ArrayLike, labels: ArrayLike, options: MarginOptions = {}): NdArray => {
  const who = 'multiclassHinge'
  checkOptions(who, options, ['reduction', 'axis', 'margin', 'squared'])
  const { margin = 1, reduction, squared } = options
  if (!(margin >= 0)) throw new ArgumentError(who, 'a margin of at least 0', margin)
  const s = widen(who, scores, 'float')
  const axis = classAxis(who, s, options.axis)
  const { mask, valid } = classesOf(who, labelsOf(who, labels, without(s.shape, [axis])), s, axis)
  const right = spreadBack(sumWhere(mask, s, axis), s.shape, [axis])
  const gap = lax.select(mask, lax.fullLike(s, 0), lax.add(lax.sub(s, right), margin))
  return reduceLoss(who, orNaN(lax.reduceSum(missing(gap, squared), [axis]), valid), reduction)
}
