import { checkArray } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { widen } from '../numpy/promote.js'
import { struct } from './init.js'
import { constant, glorotUniform, normal, ones, uniform, type Initializer } from './initializers.js'
import type { Layer } from './layer.js'
import { linear, type Linear, type LinearOptions } from './linear.js'

const checkCount = (who: string, what: string, count: number): void => {
  if (!Number.isSafeInteger(count) || count < 1) throw new ArgumentError(who, `a positive integer of ${what}`, quoted(count))
}

/** The parameters of `prelu`: the slopes below zero, one per unit or one for all. */
export interface Slope {
  readonly slope: NdArray
}

/**
 * The rectifier that learns its slope below zero (He et al., 2015): one per unit along the last axis, or with `prelu(1)` one for
 * all. It starts at `initial`, ¼ unless given. `torch.nn.PReLU`. Throws ShapeError for an input of another number of units.
 *
 * @example
 * prelu(2).apply({ slope: np.array([0.5, 0.1]) })(np.array([-2, -2])) // [-1, -0.2]
 */
export const prelu = (units: number, initial = 0.25): Layer<Slope> => {
  checkCount('prelu', 'units', units)
  return {
    init: struct({ slope: constant(initial)([units]) }),
    apply: (p) => (x) => {
      const active = np.greaterEqual(checkArray('prelu', x), 0)
      if (units !== 1 && x.shape.at(-1) !== units) throw new ShapeError(`prelu(${units})`, `an input whose last axis has size ${units}`, x)
      return np.where(active, x, np.multiply(p.slope, np.where(active, 0, x)))
    }
  }
}

/**
 * The greatest of every `k` neighbours along the last axis, which becomes k times shorter (Goodfellow et al., 2013). Behind a
 * linear layer (`maxoutLinear` is both) it learns a convex function: with k = 2 the rectifier, the absolute value. Equal
 * ones share the derivative. Throws ShapeError where k does not divide the size.
 *
 * @example
 * maxout(2)(np.array([1, -1, 3, 5])) // [1, 5]
 */
export const maxout = (k: number) => {
  if (!Number.isSafeInteger(k) || k < 1) throw new ArgumentError('maxout', 'a positive number of pieces', k)
  return (x: ArrayLike): NdArray => {
    const a = widen('maxout', x, 'number')
    const units = (a.shape.at(-1) ?? NaN) / k
    if (!Number.isInteger(units)) throw new ShapeError('maxout', `a last axis whose size is a multiple of ${k}`, a)
    return lax.reduceMax(lax.reshape(a, [...a.shape.slice(0, -1), units, k]), [a.ndim])
  }
}

/**
 * The layer of maxout units (Goodfellow et al., 2013): the greatest of `k` affine maps each, `maxᵢ (x Wᵢ + bᵢ)`. Its parameters are
 * those of `linear(inputs, k · units)`: unit u has the columns from k u on.
 *
 * @example
 * const layer = maxoutLinear(1, 1, 2)
 * const absolute = { weight: np.array([[1, -1]]), bias: np.zeros([2]) }
 * layer.apply(absolute)(np.array([[-3], [2]])) // [[3], [2]]
 */
export const maxoutLinear = (
  inputs: number, units: number, k = 2, options: LinearOptions & { readonly bias?: Initializer | true } = {}
): Layer<Linear> => {
  checkCount('maxoutLinear', 'units', units)
  checkOptions('maxoutLinear', options, ['weight', 'bias', 'dtype'])
  const greatest = maxout(k)
  const { init, apply } = linear(inputs, k * units, options)
  return { init, apply: (p) => (x) => greatest(apply(p)(x)) }
}

/** The parameters of `radialBasis`: centres of shape [units, inputs], widths of shape [units]. */
export interface RadialBasis {
  readonly centre: NdArray
  readonly width: NdArray
}

/** `exp(−‖x − cᵢ‖² / σᵢ²)` of vectors [..., inputs], centres [units, inputs] and widths [units]. */
export const radial = (x: NdArray, centre: NdArray, width: NdArray): NdArray => {
  const apart = np.subtract(np.expandDims(x, -2), centre)
  const scale = np.broadcastTo(np.expandDims(width, -1), apart.shape)
  // e^(−10⁶) is 0 in every dtype, and so are its derivatives, which infinite distances would make 0 · ∞
  const far = lax.ge(lax.abs(apart), lax.mul(lax.abs(scale), 1000))
  const near = lax.div(lax.select(far, lax.fullLike(apart, 0), apart), scale)
  return np.exp(np.negative(np.sum(lax.select(far, lax.fullLike(apart, 1e6), lax.square(near)), { axis: -1 })))
}

/**
 * Radial basis functions `exp(−‖x − cᵢ‖² / σᵢ²)` of inputs along the last axis: templates that answer near their
 * centres only (Broomhead & Lowe, 1988). Widths start at 1. `features.gaussian` is the same with centres that are given.
 *
 * @example
 * const layer = radialBasis(2, 1)
 * layer.apply({ centre: np.array([[1, 1]]), width: np.array([1]) })(np.array([[1, 1], [1, 2]])) // [[1], [0.3679]]
 */
export const radialBasis = (inputs: number, units: number, centre: Initializer = glorotUniform): Layer<RadialBasis> => {
  checkCount('radialBasis', 'inputs', inputs)
  checkCount('radialBasis', 'units', units)
  checkFunction('radialBasis', 'an initialiser of centres', centre)
  return {
    init: struct({ centre: centre([units, inputs]), width: ones([units]) }),
    apply: (p) => (x) => {
      if (checkArray('radialBasis', x).shape.at(-1) !== inputs) {
        throw new ShapeError(`radialBasis(${inputs}, ${units})`, `an input whose last axis has size ${inputs}`, x)
      }
      return radial(x, p.centre, p.width)
    }
  }
}

/**
 * The layer of cosine units `cos(x W + b)`. As it is drawn, weights standard normal and phases uniform from 0 to 2π, products of
 * its outputs average to Gaussian kernels: random Fourier features (Rahimi & Recht, 2007).
 *
 * @example
 * cosine(1, 2).apply({ weight: np.array([[1, 2]]), bias: np.zeros([2]) })(np.array([Math.PI])) // [-1, 1]
 */
export const cosine = (
  inputs: number, units: number, options: LinearOptions & { readonly bias?: Initializer | true } = {}
): Layer<Linear> => {
  checkOptions('cosine', options, ['weight', 'bias', 'dtype'])
  const { init, apply } = linear(inputs, units, { weight: normal(1), bias: uniform(2 * Math.PI), ...options })
  return { init, apply: (p) => (x) => np.cos(apply(p)(x)) }
}
