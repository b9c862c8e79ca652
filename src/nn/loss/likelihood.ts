import type { ArrayLike, NdArray } from '../../core/array.js'
import { ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { promoteAll, spread } from '../../numpy/promote.js'
import { logSoftmax } from '../activation.js'
import { logSumExp } from '../shift.js'
import { reduceLoss, type LossOptions } from './reduction.js'
import { residuals } from './regression.js'

/** The variance that a Gaussian likelihood assumes. */
export interface GaussianOptions extends LossOptions {
  /** log σ², a number or an array that broadcasts to the prediction (learned, it keeps σ² positive); 0 by default. */
  readonly logVariance?: ArrayLike
}

/** `(t − μ)²/σ²`: an error of 0 costs nothing, in value and derivative, even where 1/σ overflows. */
export const squaredDistance = (error: NdArray, logVariance: NdArray): NdArray => {
  const lost = lax.bitwiseAnd(lax.eq(error, 0), lax.lt(logVariance, error.dtype === 'float64' ? -1418 : -177))
  const scaled = lax.mul(error, lax.exp(lax.mul(lax.select(lost, lax.fullLike(logVariance, 0), logVariance), -0.5)))
  return lax.mul(scaled, scaled)
}

/** `½ (log 2πσ² + (t − μ)²/σ²)`; a quotient that overflows outweighs any logarithm. */
const negativeLogDensity = (error: NdArray, logVariance: NdArray): NdArray => {
  const quotient = squaredDistance(error, logVariance)
  const exponent = lax.select(lax.eq(quotient, Infinity), quotient, lax.add(quotient, logVariance))
  return lax.mul(lax.add(exponent, Math.log(2 * Math.PI)), 0.5)
}

/**
 * The negative log-likelihood `½ (log 2πσ² + (t − μ)²/σ²)` of a Gaussian, averaged over all elements. With unit variance
 * half the mean squared error and a constant. Throws ShapeError unless prediction and target have one shape, and for a mean over
 * no elements.
 *
 * @example
 * loss.gaussian(np.array([0]), np.array([0])) // 0.9189
 * loss.gaussian(np.array([0]), np.array([2]), { logVariance: Math.log(4) }) // 2.1121
 */
export const gaussian = (mean: ArrayLike, target: ArrayLike, options: GaussianOptions = {}): NdArray => {
  checkOptions('gaussian', options, ['reduction', 'logVariance'])
  const { logVariance = 0, reduction } = options
  const [error, given] = promoteAll('gaussian', [residuals('gaussian', mean, target), logVariance])
  return reduceLoss('gaussian', negativeLogDensity(error, spread('gaussian: logVariance', given, error.shape)), reduction)
}

/** A mixture of `k` Gaussians over vectors of size `d`, one for each example of a batch or one for all. */
export interface Mixture {
  /** How probable each component is, through softmax: [..., k]. */
  readonly logits: NdArray
  /** Where each component lies: [..., k, d]. */
  readonly means: NdArray
  /** log σ² along each axis, [..., k, d], or one for all axes, [..., k, 1]. */
  readonly logVariances: NdArray
}

/**
 * The negative log-likelihood `−log Σₖ πₖ N(t; μₖ, σₖ²)` of a mixture of Gaussians with `π = softmax(logits)`, of targets [..., d],
 * averaged over the batch: the loss of a mixture density network (Bishop, 1994), or with parameters without a batch that of
 * a density. A component so far away that its density underflows has no gradient. Throws ShapeError for shapes that do not fit
 * and for a mean over no examples.
 *
 * @example
 * const mixture = { logits: np.zeros([2]), means: np.array([[-1], [1]]), logVariances: np.zeros([2, 1]) }
 * loss.gaussianMixture(mixture, np.array([[0], [1]]), { reduction: 'none' }) // [1.4189, 1.4852]
 */
export const gaussianMixture = (mixture: Mixture, target: ArrayLike, options: LossOptions = {}): NdArray => {
  const who = 'gaussianMixture'
  checkOptions(who, options, ['reduction'])
  const [logits, means, variances, t] = promoteAll(who, [mixture.logits, mixture.means, mixture.logVariances, target], 'float')
  const size = t.shape.at(-1)
  if (size === undefined) throw new ShapeError(who, 'targets of shape [..., d]', t)
  if (means.ndim < 2 || means.shape.at(-1) !== size) throw new ShapeError(who, `means of shape [..., k, ${size}]`, means)
  const [batch, count] = [t.shape.slice(0, -1), means.shape[means.ndim - 2]]
  if (logits.ndim === 0 || logits.shape.at(-1) !== count) throw new ShapeError(who, `logits of shape [..., ${count}]`, logits)
  const shape = [...batch, count, size]
  const error = lax.sub(spread(who, lax.expandDims(t, [t.ndim - 1]), shape), spread(who, means, shape))
  const logVariance = spread(who, variances, shape)
  const far = lax.eq(negativeLogDensity(error, logVariance), Infinity)
  const near = (x: NdArray): NdArray => lax.select(far, lax.fullLike(x, 0), x)
  const apart = lax.select(far, lax.fullLike(error, Infinity), negativeLogDensity(near(error), near(logVariance)))
  const joint = lax.sub(spread(who, logSoftmax(logits), [...batch, count]), lax.reduceSum(apart, [shape.length - 1]))
  return reduceLoss(who, lax.neg(logSumExp(joint, [batch.length])), options.reduction)
}
