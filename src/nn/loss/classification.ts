import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes, normalAxis, range, without } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { truth } from '../../numpy/compare.js'
import { arrayOf, promoteAll, widen } from '../../numpy/promote.js'
import { relu, softplus } from '../activation.js'
import { binaryLabels, checkLabels, classesOf, labelsOf, orNaN } from './labels.js'
import { reduceLoss, type LossOptions } from './reduction.js'

/** What losses over classes take last. */
export interface ClassOptions extends LossOptions {
  /** The axis of the classes; the last one by default. */
  readonly axis?: number
}

/** Sum over an axis of the elements where the mask holds: no product with the others, which may be infinite. */
const sumWhere = (mask: NdArray, x: NdArray, axis: number): NdArray => lax.reduceSum(lax.select(mask, x, lax.fullLike(x, 0)), [axis])

/**
 * The negative log-likelihood `−Σ pᵢ log softmax(z)ᵢ` of logits `z`, averaged over the batch. Labels of integer dtype are classes, of
 * shape [...batch]; floating labels are distributions, of the shape of the logits. It neither overflows nor underflows; its
 * gradient is `softmax(z) − p`.
 *
 * Throws ArgumentError for a class out of range, saying which and where; under `jit` and `vmap` such a label gives NaN.
 * Throws ShapeError where labels do not fit the logits, DTypeError for booleans.
 *
 * @example
 * const logits = np.array([[0, 0], [0, 1000]])
 * loss.softmaxCrossEntropy(logits, np.array([0, 1], { dtype: 'int32' })) // 0.3466
 * loss.softmaxCrossEntropy(logits, np.array([[1, 0], [0, 1]]), { reduction: 'none' }) // [0.6931, 0]
 */
export const softmaxCrossEntropy = (logits: ArrayLike, labels: ArrayLike, options: ClassOptions = {}): NdArray => {
  const who = 'softmaxCrossEntropy'
  checkOptions(who, options, ['reduction', 'axis'])
  const z = widen(who, logits, 'float')
  if (z.ndim === 0) throw new ShapeError(who, 'logits with an axis of classes', z)
  const axis = normalAxis(who, options.axis ?? -1, z.ndim)
  const batch = without(range(z.ndim), [axis])
  const given = labelsOf(who, labels, without(z.shape, [axis]))
  // A shift changes neither value nor derivative: the greatest exponent becomes 0.
  const shifted = lax.sub(z, lax.broadcastInDim(lax.stopGradient(lax.reduceMax(z, [axis])), z.shape, batch))
  const logSum = lax.log(lax.reduceSum(lax.exp(shifted), [axis]))
  if (!isFloat(given.dtype)) {
    const { mask, valid } = classesOf(who, given, z, axis)
    return reduceLoss(who, orNaN(lax.sub(logSum, sumWhere(mask, shifted, axis)), valid), options.reduction)
  }
  if (!equalShapes(given.shape, z.shape)) {
    throw new ShapeError(who, `a distribution per example, shape [${z.shape.join(',')}] (classes have an integer dtype)`, given)
  }
  const [surprise, p] = promoteAll(who, [lax.sub(lax.broadcastInDim(logSum, z.shape, batch), shifted), given])
  return reduceLoss(who, sumWhere(lax.ne(p, 0), lax.mul(p, surprise), axis), options.reduction)
}

/**
 * The negative log-likelihood of two classes, from the logit `z` of class 1, averaged over all elements: `softplus((1 − 2y) z)` for
 * labels 0 and 1, `softplus(z) − y z` for probabilities `y` in between. It is exact however confident the logit; its gradient is
 * `sigmoid(z) − y`. Labels have the logits' shape. Throws ArgumentError for labels outside of [0, 1] (under `jit` and
 * `vmap` they are not checked), ShapeError for other shapes.
 *
 * @example
 * loss.sigmoidBinaryCrossEntropy(np.array([3, 1000]), [0, 1], { reduction: 'none' }) // [3.0486, 0]
 */
export const sigmoidBinaryCrossEntropy = (logits: ArrayLike, labels: ArrayLike, options: LossOptions = {}): NdArray => {
  const who = 'sigmoidBinaryCrossEntropy'
  checkOptions(who, options, ['reduction'])
  const z = widen(who, logits, 'float')
  const given = binaryLabels(who, labels, z)
  if (!isFloat(given.dtype)) return reduceLoss(who, softplus(lax.select(truth(given), lax.neg(z), z)), options.reduction)
  const [a, y] = promoteAll(who, [z, given])
  // softplus(z) − y z, where neither part cancels the other: max(z, 0) − y z is 0 for a sure and right logit
  const linear = lax.mul(a, lax.sub(lax.select(lax.ge(a, 0), lax.fullLike(a, 1), lax.fullLike(a, 0)), y))
  return reduceLoss(who, lax.add(linear, lax.log1p(lax.exp(lax.neg(lax.abs(a))))), options.reduction)
}

/** The likelihood's name: `sigmoidBinaryCrossEntropy`. */
export const bernoulli: typeof sigmoidBinaryCrossEntropy = sigmoidBinaryCrossEntropy

/**
 * The hinge loss `max(0, 1 − y s)` of scores and labels −1 and 1, averaged over all elements: no loss from a margin of 1
 * on. Its derivative at the margin is 0. Throws ArgumentError for other labels (under `jit` and `vmap` they are not checked).
 *
 * @example
 * loss.hinge(np.array([2, 0.5, -1]), [1, 1, 1], { reduction: 'none' }) // [0, 0.5, 2]
 */
export const hinge = (scores: ArrayLike, labels: ArrayLike, options: LossOptions = {}): NdArray => {
  checkOptions('hinge', options, ['reduction'])
  const given = arrayOf('hinge', labels)
  if (given.dtype === 'bool') throw new DTypeError('hinge', 'labels -1 and 1', given)
  const [s, y] = promoteAll('hinge', [scores, given], 'float')
  if (!equalShapes(s.shape, y.shape)) throw new ShapeError('hinge', `one label per score, shape [${s.shape.join(',')}]`, y)
  checkLabels('hinge', given, 'labels -1 and 1', (label) => label === 1 || label === -1)
  return reduceLoss('hinge', relu(lax.sub(1, lax.mul(y, s))), options.reduction)
}

/** What the multi-class hinge loss takes last. */
export interface MarginOptions extends ClassOptions {
  /** By how much the right class has to win; 1 by default. */
  readonly margin?: number
}

/**
 * The multi-class hinge loss of a support vector machine (Weston & Watkins, 1999), averaged over the batch:
 * `Σ max(0, sᵢ − s_y + margin)` over all classes but the right one, `y`. Classes as for `softmaxCrossEntropy`, of integer dtype.
 *
 * @example
 * loss.multiclassHinge(np.array([3.2, 5.1, -1.7]), 0) // 2.9
 */
export const multiclassHinge = (scores: ArrayLike, labels: ArrayLike, options: MarginOptions = {}): NdArray => {
  const who = 'multiclassHinge'
  checkOptions(who, options, ['reduction', 'axis', 'margin'])
  const { margin = 1, reduction } = options
  if (!(margin >= 0)) throw new ArgumentError(who, 'a margin of at least 0', margin)
  const s = widen(who, scores, 'float')
  if (s.ndim === 0) throw new ShapeError(who, 'scores with an axis of classes', s)
  const axis = normalAxis(who, options.axis ?? -1, s.ndim)
  const { mask, valid } = classesOf(who, labelsOf(who, labels, without(s.shape, [axis])), s, axis)
  const right = lax.broadcastInDim(sumWhere(mask, s, axis), s.shape, without(range(s.ndim), [axis]))
  const excess = relu(lax.add(lax.sub(s, right), margin))
  return reduceLoss(who, orNaN(lax.reduceSum(lax.select(mask, lax.fullLike(excess, 0), excess), [axis]), valid), reduction)
}
