import { checkArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { range, sizeOf } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { checkInteger } from '../../numpy/options.js'
import { widen } from '../../numpy/promote.js'
import { checkCount } from '../check.js'
import type { Choice } from '../initializer.js'
import type { Layer } from '../layer.js'
import { affine, affineOptions, type Affine, type AffineOptions } from './affine.js'
import { centred, checkEps, unitSquare } from './normalize.js'

/** Over what group and instance normalisation go, and their parameters. */
export interface GroupNormOptions<S extends Choice = Choice, B extends Choice = Choice> extends AffineOptions<S, B> {
  /** How many axes of space there are before the channels: 2 in images [...batch, height, width, channels], 0 in vectors. */
  readonly rank: number
  /** What is added to the variance; 1e-5 by default. */
  readonly eps?: number
}

const grouped = <S extends Choice, B extends Choice>(
  kind: string, who: string, groups: number, features: number, options: GroupNormOptions<S, B>
): Layer<Affine<S, B>> => {
  checkOptions(kind, options, [...affineOptions, 'rank'], true)
  checkCount(kind, 'groups', groups)
  checkCount(kind, 'features', features)
  if (features % groups !== 0) throw new ArgumentError(kind, `a number of groups that divides ${features} features`, groups)
  const rank = checkInteger(kind, 'rank', options.rank, 0)
  const eps = checkEps(kind, options.eps ?? 1e-5)
  const size = features / groups
  const expected = `an input of shape [...batch, ${'size, '.repeat(rank)}${features}]`
  const check = (x: NdArray): void => {
    if (checkArray(who, x).ndim <= rank || x.shape.at(-1) !== features) throw new ShapeError(who, expected, x)
    if (size * sizeOf(x.shape.slice(x.ndim - 1 - rank, -1)) === 1) {
      throw new ShapeError(who, 'more than one element to normalise together', x)
    }
  }
  const { init, map } = affine(kind, who, [features], options)
  return {
    init,
    apply: (params) => (x) => {
      check(x)
      const axes = [...range(rank, x.ndim - 1 - rank), x.ndim]
      const a = lax.reshape(widen(who, x, 'float'), [...x.shape.slice(0, -1), groups, size])
      return map(params, lax.reshape(unitSquare(centred(a, axes), axes, eps), x.shape))
    }
  }
}

/**
 * Group normalisation (Wu & He, 2018): the channels, which are the last axis, are cut into groups of neighbours, and each group of
 * an example has mean 0 and variance 1 over its channels and the axes of space; then a scale and a bias per channel. With one
 * group it is layer normalisation with parameters per channel. `torch.nn.GroupNorm`, channels last.
 *
 * Throws ArgumentError where the groups do not divide the features, ShapeError for inputs of other shapes and where a group has
 * one element only.
 *
 * @example
 * const layer = nn.groupNorm(2, 4, { rank: 0 })
 * layer.apply(layer.init(random.key(0)))(np.array([[1, 3, 0, 8]])) // [[-1, 1, -1, 1]]
 */
export const groupNorm = <const S extends Choice = true, const B extends Choice = true>(
  groups: number, features: number, options: GroupNormOptions<S, B>
): Layer<Affine<S, B>> => grouped('groupNorm', `groupNorm(${groups}, ${features})`, groups, features, options)

/**
 * Instance normalisation (Ulyanov et al., 2016): every channel of every example has mean 0 and variance 1 over the axes of space;
 * then a scale and a bias per channel. `torch.nn.InstanceNorm2d` with `affine`, channels last. Throws ShapeError for inputs of
 * other shapes and where there is one position only.
 *
 * @example
 * const layer = nn.instanceNorm(2, { rank: 1, scale: false, bias: false })
 * layer.apply({})(np.array([[1, 0], [3, 8]])) // [[-1, -1], [1, 1]]
 */
export const instanceNorm = <const S extends Choice = true, const B extends Choice = true>(
  features: number, options: GroupNormOptions<S, B>
): Layer<Affine<S, B>> => grouped('instanceNorm', `instanceNorm(${features})`, features, features, options)
