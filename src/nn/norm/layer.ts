import { checkArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { equalShapes, range, type Shape } from '../../core/shape.js'
import { widen } from '../../numpy/promote.js'
import { checkCount } from '../check.js'
import type { Choice } from '../initializer.js'
import type { Layer } from '../layer.js'
import { affine, affineOptions, type Affine, type AffineOptions } from './affine.js'
import { centred, checkEps, unitSquare } from './normalize.js'

/** What layer normalisation adds to the variance, and its parameters. */
export interface LayerNormOptions<S extends Choice = Choice, B extends Choice = Choice> extends AffineOptions<S, B> {
  /** What is added to the variance; 1e-5 by default. */
  readonly eps?: number
}

/** What RMS normalisation adds to the mean square, and its parameter. */
export interface RmsNormOptions<S extends Choice = Choice> extends Omit<AffineOptions<S, false>, 'bias'> {
  /** What is added to the mean square; by default the distance from 1 to the next number of the input's dtype, as in PyTorch. */
  readonly eps?: number
}

/** The sizes of the last axes as a list. */
const sizesOf = (who: string, features: number | Shape): Shape => {
  if (!Array.isArray(features)) return [checkCount(who, 'features', features as number)] // a shape is an array
  if (features.length === 0) throw new ArgumentError(who, 'the size of one axis or of several', features)
  return features.map((size: number) => checkCount(who, 'features', size))
}

/** Checks that an input's last axes have the shape, and gives these axes. */
const lastAxes = (who: string, shape: Shape, x: NdArray): readonly number[] => {
  const from = checkArray(who, x).ndim - shape.length
  if (from >= 0 && equalShapes(x.shape.slice(from), shape)) return range(shape.length, from)
  throw new ShapeError(who, `an input whose last axes have the sizes [${shape.join(',')}]`, x)
}

/**
 * Layer normalisation (Ba et al., 2016): every example has mean 0 and variance 1 over the last axis, of size `features`, or over
 * the last axes, of the sizes given; then scale and bias of that shape. Training and evaluation do the same.
 * `torch.nn.LayerNorm`. Throws ArgumentError for sizes that are no positive integers, a negative eps and unknown options,
 * ShapeError for an input whose last axes have other sizes.
 *
 * @example
 * const layer = nn.layerNorm(3)
 * layer.apply(layer.init(random.key(0)))(np.array([[1, 3, 5], [0, 0, 3]])) // [[-1.2247, 0, 1.2247], [-0.7071, -0.7071, 1.4142]]
 */
export const layerNorm = <const S extends Choice = true, const B extends Choice = true>(
  features: number | Shape, options: LayerNormOptions<S, B> = {}
): Layer<Affine<S, B>> => {
  checkOptions('layerNorm', options, affineOptions)
  const shape = sizesOf('layerNorm', features)
  const eps = checkEps('layerNorm', options.eps ?? 1e-5)
  const who = `layerNorm(${shape.join(', ')})`
  const { init, map } = affine('layerNorm', who, shape, options)
  return {
    init,
    apply: (params) => (x) => {
      const axes = lastAxes(who, shape, x)
      return map(params, unitSquare(centred(widen(who, x, 'float'), axes), axes, eps))
    }
  }
}

/**
 * Root-mean-square normalisation (Zhang & Sennrich, 2019): `x / √(mean(x²) + eps)` over the last axis, of size `features`, or
 * the last axes, of the sizes given; then a scale of that shape. Like `layerNorm`, but nothing is subtracted or added.
 * `torch.nn.RMSNorm`. Throws as `layerNorm`.
 *
 * @example
 * const layer = nn.rmsNorm(2)
 * layer.apply(layer.init(random.key(0)))(np.array([3, 4])) // [0.8485, 1.1314]
 */
export const rmsNorm = <const S extends Choice = true>(
  features: number | Shape, options: RmsNormOptions<S> = {}
): Layer<Affine<S, false>> => {
  checkOptions('rmsNorm', options, affineOptions.filter((name) => name !== 'bias'))
  const shape = sizesOf('rmsNorm', features)
  const { eps } = options
  if (eps !== undefined) checkEps('rmsNorm', eps)
  const who = `rmsNorm(${shape.join(', ')})`
  const { init, map } = affine<S, false>('rmsNorm', who, shape, { ...options, bias: false })
  return {
    init,
    apply: (params) => (x) => {
      const axes = lastAxes(who, shape, x)
      const a = widen(who, x, 'float')
      return map(params, unitSquare(a, axes, eps ?? (a.dtype === 'float64' ? 2 ** -52 : 2 ** -23)))
    }
  }
}
