import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes, without } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { truth } from '../../numpy/compare.js'
import { arrayOf, promoteAll, spread, widen } from '../../numpy/promote.js'
import { softplus } from '../activation.js'
import { belowGreatest, spreadBack } from '../shift.js'
import { binaryLabels, checkWeights, classAxis, classesOf, labelsOf, orNaN } from './labels.js'
import { reduceLoss, sumWhere, weigh, type LossOptions } from './reduction.js'

/** What losses over classes take last. */
export interface ClassOptions extends LossOptions {
  /** The axis of the classes; the last one by default. */
  readonly axis?: number
}

/** What the cross-entropy of several classes takes last. */
export interface CrossEntropyOptions extends ClassOptions {
  /** The share of each label that is spread evenly over all classes (Szegedy et al., 2016), in [0, 1); 0 by default. */
  readonly smoothing?: number
  /** How much each class counts, one number per class; 1 by default. */
  readonly weights?: ArrayLike
}

/** One weight per class, along the axis of classes. */
const classWeights = (who: string, weights: ArrayLike, z: NdArray, axis: number): NdArray => {
  const w = widen(who, weights, 'float')
  if (w.ndim !== 1 || w.size !== z.shape[axis]) throw new ShapeError(who, `one weight per class, shape [${z.shape[axis]}]`, w)
  checkWeights(who, w)
  return lax.broadcastInDim(w, z.shape, [axis])
}

/**
 * The negative log-likelihood `−Σ pᵢ log softmax(z)ᵢ` of logits `z`, averaged over the batch. Labels of integer dtype are classes, of
 * shape [...batch]; floating labels are distributions, of the shape of the logits. It neither overflows nor underflows; its
 * gradient is `softmax(z) − p`. Logarithms of probabilities are logits too: they give `−Σ pᵢ log qᵢ`.
 *
 * Weights count the terms of each class so many times; the mean over labels that are classes then divides by the sum of their
 * weights. Smoothing ε makes `(1 − ε) p + ε/classes` of every label. `torch.nn.functional.cross_entropy`.
 *
 * Throws ArgumentError for a class out of range, saying which and where; under `jit` and `vmap` such a label gives NaN.
 * Throws ShapeError where labels or weights do not fit the logits and for a mean over no examples, DTypeError for booleans.
 *
 * @example
 * const logits = np.array([[0, 0], [0, 1000]])
 * loss.softmaxCrossEntropy(logits, np.array([0, 1], { dtype: 'int32' })) // 0.3466
 * loss.softmaxCrossEntropy(logits, np.array([[1, 0], [0, 1]]), { reduction: 'none' }) // [0.6931, 0]
 * loss.softmaxCrossEntropy(np.array([0, 1]), 1, { smoothing: 0.1 }) // 0.3633
 */
export const softmaxCrossEntropy = (logits: ArrayLike, labels: ArrayLike, options: CrossEntropyOptions = {}): NdArray => {
  const who = 'softmaxCrossEntropy'
  checkOptions(who, options, ['reduction', 'axis', 'smoothing', 'weights'])
  const { reduction, smoothing = 0 } = options
  if (!(smoothing >= 0 && smoothing < 1)) throw new ArgumentError(who, 'smoothing in [0, 1)', smoothing)
  const z = widen(who, logits, 'float')
  const axis = classAxis(who, z, options.axis)
  const given = labelsOf(who, labels, without(z.shape, [axis]))
  const shifted = belowGreatest(z, [axis])
  const logSum = lax.log(lax.reduceSum(lax.exp(shifted), [axis]))
  // −log softmax, each class as often as it counts
  const surprise = lax.sub(spreadBack(logSum, z.shape, [axis]), shifted)
  const weights = options.weights === undefined ? undefined : classWeights(who, options.weights, z, axis)
  const weighted = weights === undefined ? surprise : weigh(who, weights, surprise)
  const even = smoothing / z.shape[axis]
  if (!isFloat(given.dtype)) {
    const { mask, valid } = classesOf(who, given, z, axis)
    const hard = sumWhere(mask, weighted, axis)
    const losses = smoothing === 0 ? hard : lax.add(lax.mul(hard, 1 - smoothing), lax.mul(lax.reduceSum(weighted, [axis]), even))
    return reduceLoss(who, orNaN(losses, valid), reduction, weights === undefined ? undefined : sumWhere(mask, weights, axis))
  }
  if (!equalShapes(given.shape, z.shape)) {
    throw new ShapeError(who, `a distribution per example, shape [${z.shape.join(',')}] (classes have an integer dtype)`, given)
  }
  const target = smoothing === 0 ? given : lax.add(lax.mul(given, 1 - smoothing), even)
  return reduceLoss(who, lax.reduceSum(weigh(who, target, weighted), [axis]), reduction)
}

/** The likelihood's name: `softmaxCrossEntropy`, of logits or of logarithms of probabilities. */
export const categorical: typeof softmaxCrossEntropy = softmaxCrossEntropy

/** What the cross-entropy of two classes takes last. */
export interface BinaryOptions extends LossOptions {
  /** How much class 1 counts, a number or an array that broadcasts to the logits; 1 by default. */
  readonly positiveWeight?: ArrayLike
}

/**
 * The negative log-likelihood of two classes, from the logit `z` of class 1, averaged over all elements: `softplus((1 − 2y) z)` for
 * labels 0 and 1, `softplus(z) − y z` for probabilities `y` in between. It is exact however confident the logit; its gradient is
 * `sigmoid(z) − y`. Labels have the logits' shape. A positive weight `w` gives `(1 − y) softplus(z) + w y softplus(−z)`.
 * `torch.nn.functional.binary_cross_entropy_with_logits`. Throws ArgumentError for labels outside of [0, 1] (under `jit` and
 * `vmap` they are not checked) and negative weights, ShapeError for other shapes and for a mean over no examples.
 *
 * @example
 * loss.sigmoidBinaryCrossEntropy(np.array([3, 1000]), [0, 1], { reduction: 'none' }) // [3.0486, 0]
 * loss.sigmoidBinaryCrossEntropy(np.array([0]), [1], { positiveWeight: 2 }) // 1.3863
 */
export const sigmoidBinaryCrossEntropy = (logits: ArrayLike, labels: ArrayLike, options: BinaryOptions = {}): NdArray => {
  const who = 'sigmoidBinaryCrossEntropy'
  checkOptions(who, options, ['reduction', 'positiveWeight'])
  const { reduction, positiveWeight } = options
  const z = widen(who, logits, 'float')
  const given = binaryLabels(who, labels, z)
  if (positiveWeight === undefined && !isFloat(given.dtype)) {
    return reduceLoss(who, softplus(lax.select(truth(given), lax.neg(z), z)), reduction)
  }
  const weight = positiveWeight === undefined ? undefined : arrayOf(who, positiveWeight)
  if (weight !== undefined) checkWeights(who, weight)
  const [a, y, w] = promoteAll(who, weight === undefined ? [z, given] : [z, given, weight])
  // softplus(±z) is max(±z, 0) and a tail; one of the two maxima is 0, so that nothing cancels
  const [negative, positive] = [lax.sub(1, y), w === undefined ? y : lax.mul(y, spread(who, w, a.shape))]
  const linear = weigh(who, lax.select(lax.ge(a, 0), negative, lax.neg(positive)), a)
  const tail = lax.log1p(lax.exp(lax.neg(lax.abs(a))))
  return reduceLoss(who, lax.add(linear, w === undefined ? tail : lax.mul(lax.add(negative, positive), tail)), reduction)
}

/** The likelihood's name: `sigmoidBinaryCrossEntropy`. */
export const bernoulli: typeof sigmoidBinaryCrossEntropy = sigmoidBinaryCrossEntropy
