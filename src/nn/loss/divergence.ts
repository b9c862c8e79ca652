import type { ArrayLike, NdArray } from '../../core/array.js'
import { ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { alignAll, promoteAll } from '../../numpy/promote.js'
import { logSoftmax } from '../activation.js'
import type { ClassOptions } from './crossentropy.js'
import { checkLabels, classAxis } from './labels.js'
import { squaredDistance } from './likelihood.js'
import { reduceLoss, weigh, type LossOptions } from './reduction.js'

/**
 * The Kullback–Leibler divergence `Σ pᵢ (log pᵢ − log softmax(z)ᵢ)` of logits `z` from distributions `p` of the same shape, averaged
 * over the batch: what `softmaxCrossEntropy` is above the entropy of `p`. Logarithms of probabilities are logits too.
 * `optax.losses.kl_divergence`. Throws ArgumentError for a negative probability (under `jit` and `vmap` they are not checked),
 * ShapeError for other shapes and for a mean over no examples.
 *
 * @example
 * loss.kullbackLeibler(np.array([0, 0]), [0.5, 0.5]) // 0
 * loss.kullbackLeibler(np.log([0.25, 0.75]), [1, 0]) // 1.3863
 */
export const kullbackLeibler = (logits: ArrayLike, target: ArrayLike, options: ClassOptions = {}): NdArray => {
  const who = 'kullbackLeibler'
  checkOptions(who, options, ['reduction', 'axis'])
  const [z, p] = promoteAll(who, [logits, target], 'float')
  const axis = classAxis(who, z, options.axis)
  if (!equalShapes(z.shape, p.shape)) throw new ShapeError(who, `a distribution per example, shape [${z.shape.join(',')}]`, p)
  checkLabels(who, p, 'probabilities of at least 0', (label) => !(label < 0))
  // p log p is 0 at 0, and so is its part of the derivative
  const none = lax.eq(p, 0)
  const negentropy = lax.mul(p, lax.log(lax.select(none, lax.fullLike(p, 1), p)))
  return reduceLoss(who, lax.reduceSum(lax.sub(negentropy, weigh(who, p, logSoftmax(z, { axis }))), [axis]), options.reduction)
}

/** A Gaussian in every element. */
export interface Normal {
  readonly mean: ArrayLike
  /** log σ². */
  readonly logVariance: ArrayLike
}

/** What a divergence of Gaussians takes last. */
export interface GaussianDivergenceOptions extends LossOptions {
  /** From which Gaussian, with parameters that broadcast; the standard one, `{ mean: 0, logVariance: 0 }`, by default. */
  readonly prior?: Normal
}

/**
 * The Kullback–Leibler divergence `½ (log s²/σ² + (σ² + (μ − m)²)/s² − 1)` of the Gaussian `N(μ, σ²)` from a prior `N(m, s²)`,
 * averaged over all elements: what a variational autoencoder pays for its code (Kingma & Welling, 2013, appendix B), there summed
 * over the axis of the code. Throws ShapeError for shapes that do not broadcast, and for a mean over no elements.
 *
 * @example
 * loss.gaussianKullbackLeibler({ mean: np.array([0, 1]), logVariance: np.zeros([2]) }, { reduction: 'none' }) // [0, 0.5]
 */
export const gaussianKullbackLeibler = (posterior: Normal, options: GaussianDivergenceOptions = {}): NdArray => {
  const who = 'gaussianKullbackLeibler'
  checkOptions(who, options, ['reduction', 'prior'])
  const { prior = { mean: 0, logVariance: 0 }, reduction } = options
  const [mean, logVariance, centre, scale] = alignAll(
    who, [posterior.mean, posterior.logVariance, prior.mean, prior.logVariance], 'float')
  const ratio = lax.sub(logVariance, scale)
  const distance = squaredDistance(lax.sub(mean, centre), scale)
  // e^r − 1 − r
  const width = lax.select(lax.eq(ratio, Infinity), ratio, lax.sub(lax.expm1(ratio), ratio))
  return reduceLoss(who, lax.mul(lax.add(width, distance), 0.5), reduction)
}
