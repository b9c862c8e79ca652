import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { examplesOf, fitting, withArrays } from './features.js'
import type { Invertible } from './preprocessor.js'

/** What is scaled together. */
export interface ScaleOptions {
  /**
   * The axes along which statistics are taken, axis 0 among them. By default it is axis 0 alone, so that every feature has
   * its own. For images [n, height, width, channels], `[0, 1, 2]` scales channels, and `[0, 1, 2, 3]` all pixels alike.
   */
  readonly axis?: number | readonly number[]
}

/** The examples, and the axes of their statistics. */
const opened = (who: string, x: ArrayLike, { axis = 0 }: ScaleOptions): readonly [NdArray, readonly number[]] => {
  const array = examplesOf(who, x)
  const axes = normalAxes(who, axis, array.ndim)
  if (!axes.includes(0)) throw new ArgumentError(who, 'axis 0, that of the examples, among the axes', axes)
  return [array, axes]
}

/** A statistic with axes of size 1 where it was taken, but without the axis of examples. */
const perExample = (statistic: NdArray): NdArray => np.squeeze(statistic, [0])

/** 1 in the place of 0: what does not vary is not scaled. */
const orOne = (scale: NdArray): NdArray => lax.select(lax.eq(scale, 0), lax.fullLike(scale, 1), scale)

/** What `standardise` remembers: mean and standard deviation of every feature; the deviation of a constant one is 0. */
export interface Standardised {
  readonly mean: NdArray
  readonly deviation: NdArray
}

/**
 * Features of mean 0 and variance 1: `(x − μ)/σ` with the population's `σ² = 1/n Σ (x − μ)²`. A feature that is the same in all
 * examples is left at zero: it is centred and not divided. The shape behind the axis of examples is free; integers become float32.
 * (scikit-learn: `StandardScaler`.)
 *
 * Throws ShapeError where there is no example, or features are not those of the fit.
 *
 * @example
 * const scale = data.standardise()
 * const state = scale.fit([[1, 7], [3, 7], [5, 7]]) // { mean: [3, 7], deviation: [1.633, 0] }
 * scale.apply(state)([[1, 7], [3, 7], [5, 8]]) // [[-1.2247, 0], [0, 0], [1.2247, 1]]
 */
export const standardise = (options: ScaleOptions = {}): Invertible<Standardised> => {
  const who = 'standardise'
  checkOptions(who, options, ['axis'])
  return withArrays(who, ['mean', 'deviation'], {
    fit: (given) => {
      const [x, axis] = opened(who, given, options)
      const over = { axis, keepdims: true }
      // From the least value, in units of the range: squares neither overflow nor vanish, and the mean of equal numbers is that number.
      const least = lax.stopGradient(np.min(x, over))
      const range = lax.stopGradient(orOne(np.subtract(np.max(x, over), least)))
      const share = np.divide(np.subtract(x, least), range)
      const middle = np.mean(share, over)
      const variance = np.mean(np.square(np.subtract(share, middle)), over)
      const root = np.where(lax.eq(variance, 0), 0, np.sqrt(orOne(variance))) // the root has no derivative at 0
      return { mean: perExample(np.add(least, np.multiply(middle, range))), deviation: perExample(np.multiply(root, range)) }
    },
    apply: ({ mean, deviation }) => (x) => np.divide(np.subtract(fitting(who, x, mean.shape), mean), orOne(deviation)),
    invert: ({ mean, deviation }) => (y) => np.add(np.multiply(fitting(who, y, mean.shape), orOne(deviation)), mean)
  })
}

/** What `minMax` remembers: the least and the greatest value of every feature. */
export interface Extremes {
  readonly min: NdArray
  readonly max: NdArray
}

/** Where `minMax` leads. */
export interface MinMaxOptions extends ScaleOptions {
  /** Where the least and the greatest value go; `[0, 1]` by default. */
  readonly range?: readonly [low: number, high: number]
}

/**
 * Features moved and scaled so that their training values fill a range: `a + (b − a)(x − min)/(max − min)`. A feature that is the
 * same in all examples goes to `a`. Values beyond those of the fit go beyond the range. (scikit-learn: `MinMaxScaler`.)
 *
 * Throws ArgumentError unless a < b, ShapeError as `standardise`.
 *
 * @example
 * const scale = data.minMax()
 * const state = scale.fit([1, 3, 5]) // { min: 1, max: 5 }
 * scale.apply(state)([1, 3, 5, 9]) // [0, 0.5, 1, 2]
 * data.minMax({ range: [-1, 1] }).apply(state)([1, 3, 5]) // [-1, 0, 1]
 */
export const minMax = (options: MinMaxOptions = {}): Invertible<Extremes> => {
  const who = 'minMax'
  checkOptions(who, options, ['axis', 'range'])
  const { range = [0, 1] } = options
  const [low, high]: readonly unknown[] = Array.isArray(range) ? range : [] // callers without types pass anything
  if (typeof low !== 'number' || typeof high !== 'number' || !Number.isFinite(high - low) || !(low < high)) {
    throw new ArgumentError(who, 'a range [low, high] of finite numbers, low < high', range)
  }
  const span = ({ min, max }: Extremes): NdArray => orOne(np.subtract(max, min))
  return withArrays(who, ['min', 'max'], {
    fit: (given) => {
      const [x, axis] = opened(who, given, options)
      const over = { axis, keepdims: true }
      return { min: perExample(np.min(x, over)), max: perExample(np.max(x, over)) }
    },
    apply: (state) => (x) => {
      const share = np.divide(np.subtract(fitting(who, x, state.min.shape), state.min), span(state))
      return np.add(np.multiply(share, high - low), low)
    },
    invert: (state) => (y) => {
      const share = np.divide(np.subtract(fitting(who, y, state.min.shape), low), high - low)
      return np.add(np.multiply(share, span(state)), state.min)
    }
  })
}

/** What `centre` remembers. */
export interface Centred {
  readonly mean: NdArray
}

/**
 * Features of mean 0: `x − μ`.
 *
 * @example
 * const middle = data.centre()
 * middle.apply(middle.fit([[1, 0], [3, 4]]))([[1, 0], [3, 4]]) // [[-1, -2], [1, 2]]
 */
export const centre = (options: ScaleOptions = {}): Invertible<Centred> => {
  const who = 'centre'
  checkOptions(who, options, ['axis'])
  return withArrays(who, ['mean'], {
    fit: (given) => {
      const [x, axis] = opened(who, given, options)
      return { mean: perExample(np.mean(x, { axis, keepdims: true })) }
    },
    apply: ({ mean }) => (x) => np.subtract(fitting(who, x, mean.shape), mean),
    invert: ({ mean }) => (y) => np.add(fitting(who, y, mean.shape), mean)
  })
}
