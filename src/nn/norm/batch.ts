import { checkArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { axisSizeOf } from '../../core/axes.js'
import { ArgumentError, quoted, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { normalAxis, range, without } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { checkInteger, checkWord } from '../../numpy/options.js'
import { widen } from '../../numpy/promote.js'
import { checkCount } from '../check.js'
import { checkContext } from '../context.js'
import type { Choice } from '../initializer.js'
import type { StatefulLayer } from '../stateful.js'
import { affine, affineOptions, type Affine, type AffineOptions } from './affine.js'
import { checkEps } from './normalize.js'

/** What batch normalisation remembers: running averages of shape [features]. */
export interface RunningStatistics {
  readonly mean: NdArray
  readonly variance: NdArray
}

/** How batch normalisation keeps its averages, and its parameters. */
export interface BatchNormOptions<S extends Choice = Choice, B extends Choice = Choice> extends AffineOptions<S, B> {
  /** How much of the running averages stays at each step, from 0 to 1; 0.99 by default. PyTorch counts the rest: its 0.1 is 0.9 here. */
  readonly momentum?: number
  /** The variance that is averaged: of the `population`, the default (Flax), or of the `sample`, with n − 1 for n (PyTorch). */
  readonly runningVariance?: 'population' | 'sample'
  /** The axis of the features; the last by default. */
  readonly axis?: number
  /** The name of an axis that a vmap maps, over which statistics are taken too. */
  readonly axisName?: string
  /** What is added to the variance; 1e-5 by default. */
  readonly eps?: number
}

/**
 * Batch normalisation (Ioffe & Szegedy, 2015), with state: in training each feature has mean 0 and variance 1 over all axes but its
 * own, `(x − mean) / √(variance + eps)` by the statistics of the batch, and running averages of them become the next state,
 * `momentum · old + (1 − momentum) · new`; in evaluation these averages are used. Then a scale and a bias per feature.
 * `flax.linen.BatchNorm`; `torch.nn.BatchNorm1d` and its like with `{ momentum: 0.9, runningVariance: 'sample' }`.
 *
 * Under `vmap` each example is a batch by itself, unless the mapped axis has the name `axisName`: then the statistics are those of
 * all examples, and the state is the same for each.
 *
 * Throws ShapeError for inputs with another number of features, and in training where there is one element per feature only;
 * ArgumentError for a momentum outside [0, 1], a negative eps and unknown options; and as `checkContext` for contexts.
 *
 * @example
 * const layer = nn.batchNorm(2)
 * const params = layer.init(random.key(0))
 * const x = np.array([[1, 2], [3, 4], [5, 9]])
 * const [y, state] = layer.apply(params, { mode: 'train', state: layer.state })(x)
 * y // [[-1.2247, -1.019], [0, -0.3397], [1.2247, 1.3587]]
 * state // { mean: [0.03, 0.05], variance: [1.0167, 1.0767] }
 * layer.apply(params, { mode: 'evaluate', state })(np.array([1, 2]))[0] // [0.962, 1.8793]
 */
export const batchNorm = <const S extends Choice = true, const B extends Choice = true>(
  features: number, options: BatchNormOptions<S, B> = {}
): StatefulLayer<Affine<S, B>, RunningStatistics> => {
  checkOptions('batchNorm', options, [...affineOptions, 'momentum', 'runningVariance', 'axis', 'axisName'])
  checkCount('batchNorm', 'features', features)
  const { momentum = 0.99, runningVariance = 'population', axis = -1, axisName, eps = 1e-5, dtype = 'float32' } = options
  if (!(momentum >= 0 && momentum <= 1)) throw new ArgumentError('batchNorm', 'a momentum from 0 to 1', quoted(momentum))
  checkWord('batchNorm', 'runningVariance', ['population', 'sample'], runningVariance)
  checkInteger('batchNorm', 'axis', axis)
  checkEps('batchNorm', eps)
  if (axisName !== undefined && typeof axisName !== 'string') throw new ArgumentError('batchNorm', 'a text as axisName', axisName)
  const who = `batchNorm(${features})`
  const { init, map } = affine('batchNorm', who, [features], options)
  const state: RunningStatistics = Object.freeze({
    mean: lax.full([features], 0, dtype),
    variance: lax.full([features], 1, dtype)
  })
  /** The axis of the features, and all others. */
  const axesOf = (x: NdArray): readonly [own: number, others: readonly number[]] => {
    const own = checkArray(who, x).ndim === 0 ? 0 : normalAxis(who, axis, x.ndim)
    if (x.shape[own] !== features) throw new ShapeError(who, `an input with ${features} features along axis ${axis}`, x)
    return [own, without(range(x.ndim), [own])]
  }
  /** The mean of each feature. */
  const mean = (x: NdArray, others: readonly number[]): NdArray => {
    const local = np.mean(x, { axis: others })
    return axisName === undefined ? local : lax.pmean(local, axisName)
  }
  /** How many elements a feature has in training. */
  const countOf = (x: NdArray): number => {
    const count = (x.size / features) * (axisName === undefined ? 1 : axisSizeOf(who, axisName))
    if (count < 2) throw new ShapeError(who, 'more than one element per feature in training (axisName counts those of a vmap)', x)
    return count
  }
  /** A running average that has the dtype that it had. */
  const average = (old: NdArray, now: NdArray): NdArray =>
    np.astype(np.add(np.multiply(old, momentum), np.multiply(now, 1 - momentum)), old.dtype)
  return {
    init,
    state,
    apply: (params, context) => {
      const { mode, state: old } = checkContext(who, context, state)
      return (x) => {
        const [own, others] = axesOf(x)
        const a = widen(who, x, 'float')
        const along = (v: NdArray): NdArray => lax.expandDims(v, others)
        const outcome = (difference: NdArray, variance: NdArray): NdArray => {
          const y = np.multiply(difference, along(lax.rsqrt(np.add(variance, eps))))
          return own === y.ndim - 1 ? map(params, y) : np.moveaxis(map(params, np.moveaxis(y, own, -1)), -1, own)
        }
        if (mode === 'evaluate') return [outcome(np.subtract(a, along(old.mean)), old.variance), Object.freeze({ ...old })]
        const count = countOf(a)
        const centre = mean(a, others)
        const difference = np.subtract(a, along(centre))
        const variance = mean(lax.square(difference), others)
        const estimate = runningVariance === 'sample' ? np.multiply(variance, count / (count - 1)) : variance
        const next = Object.freeze({ mean: average(old.mean, centre), variance: average(old.variance, estimate) })
        return [outcome(difference, variance), next]
      }
    }
  }
}
