import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { widen } from '../numpy/promote.js'
import { struct } from './init.js'
import { constant, glorotUniform, ones, type Initializer } from './initializers.js'
import type { Layer } from './layer.js'

/** The parameters of `prelu`: the slopes below zero, one per unit or one for all. */
export interface Slope {
  readonly slope: NdArray
}

/**
 * The rectifier that learns its slope below zero (He et al., 2015), one per unit along the last axis; it starts at
 * `initial`, ¼ unless given.
 *
 * @example
 * prelu(2).apply({ slope: np.array([0.5, 0.1]) })(np.array([-2, -2])) // [-1, -0.2]
 */
export const prelu = (units: number, initial = 0.25): Layer<Slope> => ({
  init: struct({ slope: constant(initial)([units]) }),
  apply: (p) => (x) => np.where(np.greaterEqual(x, 0), x, np.multiply(p.slope, x))
})

/**
 * The greatest of every `k` neighbours along the last axis, which becomes k times shorter (Goodfellow et al., 2013). Behind a
 * linear layer it learns a convex function: with k = 2 the rectifier, the absolute value. Throws ShapeError where k does not divide
 * the size.
 *
 * @example
 * maxout(2)(np.array([1, -1, 3, 5])) // [1, 5]
 */
export const maxout = (k: number) => (x: ArrayLike): NdArray => {
  if (!Number.isSafeInteger(k) || k < 1) throw new ArgumentError('maxout', 'a positive number of pieces', k)
  const a = widen('maxout', x, 'number')
  const units = (a.shape.at(-1) ?? NaN) / k
  if (!Number.isInteger(units)) throw new ShapeError('maxout', `a last axis whose size is a multiple of ${k}`, a)
  return lax.reduceMax(lax.reshape(a, [...a.shape.slice(0, -1), units, k]), [a.ndim])
}

/** The parameters of `radialBasis`: centres of shape [units, inputs], widths of shape [units]. */
export interface RadialBasis {
  readonly centre: NdArray
  readonly width: NdArray
}

/**
 * Radial basis functions `exp(−‖x − cᵢ‖² / σᵢ²)` of inputs along the last axis: templates that answer near their
 * centres only.
 *
 * @example
 * const layer = radialBasis(2, 1)
 * layer.apply({ centre: np.array([[1, 1]]), width: np.array([1]) })(np.array([[1, 1], [1, 2]])) // [[1], [0.3679]]
 */
export const radialBasis = (inputs: number, units: number, centre: Initializer = glorotUniform): Layer<RadialBasis> => ({
  init: struct({ centre: checkFunction('radialBasis', 'an initialiser of centres', centre)([units, inputs]), width: ones([units]) }),
  apply: (p) => (x) => {
    const distances = np.sum(np.square(np.subtract(np.expandDims(x, -2), p.centre)), { axis: -1 })
    return np.exp(np.negative(np.divide(distances, np.square(p.width))))
  }
})
