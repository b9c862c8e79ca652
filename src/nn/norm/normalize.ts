import type { ArrayLike, NdArray } from '../../core/array.js'
import { ArgumentError, quoted } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { widen } from '../../numpy/promote.js'

/** Along which axes an array is normalised, and how. */
export interface NormalizeOptions {
  /** An axis or several; the last by default. */
  readonly axis?: number | readonly number[]
  /** What is added to the variance, so that the root is never of zero; 1e-5 by default. */
  readonly eps?: number
  /** Whether the mean is subtracted; true by default. Without, it is the mean square that becomes one. */
  readonly centre?: boolean
}

/** Checks what is added to a variance. */
export const checkEps = (who: string, eps: number): number => {
  if (!(Number.isFinite(eps) && eps >= 0)) throw new ArgumentError(who, 'a finite eps of at least 0', quoted(eps))
  return eps
}

/** Floats divided by the root of their mean square along axes. */
export const unitSquare = (x: NdArray, axis: number | readonly number[], eps: number): NdArray =>
  np.multiply(x, lax.rsqrt(np.add(np.mean(lax.square(x), { axis, keepdims: true }), eps)))

/** Floats less their mean along axes. */
export const centred = (x: NdArray, axis: number | readonly number[]): NdArray => np.subtract(x, np.mean(x, { axis, keepdims: true }))

/**
 * An array with mean 0 and variance 1 along axes: `(x − mean) / √(variance + eps)`, with the variance of the population, computed
 * from the differences, so that a large mean does no harm. `jax.nn.standardize`. Throws ArgumentError for a negative eps and
 * for unknown options, ShapeError for axes that are none.
 *
 * @example
 * normalize([1, 3, 5]) // [-1.2247, 0, 1.2247]
 * normalize([[1, 2], [3, 4], [5, 9]], { axis: 0 }) // [[-1.2247, -1.019], [0, -0.3397], [1.2247, 1.3587]]
 * normalize([3, 4], { centre: false }) // [0.8485, 1.1314]
 */
export const normalize = (x: ArrayLike, options: NormalizeOptions = {}): NdArray => {
  checkOptions('normalize', options, ['axis', 'eps', 'centre'])
  const { axis = -1, eps = 1e-5, centre = true } = options
  checkEps('normalize', eps)
  const a = widen('normalize', x, 'float')
  return unitSquare(centre ? centred(a, axis) : a, axis, eps)
}
