import { checkArray } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { promoteAll, widen } from '../numpy/promote.js'
import { checkCount, checkFeatures, checkFloat, parameter } from './check.js'
import { struct } from './init.js'
import { checkInitializer } from './initializer.js'
import { constant, glorotUniform, normal, ones, uniform, type Initializer } from './initializers.js'
import type { Layer } from './layer.js'
import { affineLayer, type Linear, type LinearOptions } from './linear.js'

/** The parameters of `prelu`: the slopes below zero, one per unit or one for all. */
export interface Slope {
  readonly slope: NdArray
}

/** How `prelu` draws its slopes. */
export interface PreluOptions {
  /** Draws the slopes; a quarter by default. */
  readonly slope?: Initializer
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/**
 * The rectifier that learns its slope below zero (He et al., 2015): one per unit along the last axis, or with `prelu(1)` one for
 * all. `torch.nn.PReLU`. Throws ArgumentError unless `units` is a positive integer, ShapeError for an input of another number of
 * units, ShapeError and TreeError for other parameters.
 *
 * @example
 * prelu(2).apply({ slope: np.array([0.5, 0.1]) })(np.array([-2, -2])) // [-1, -0.2]
 */
export const prelu = (units: number, options: PreluOptions = {}): Layer<Slope> => {
  checkCount('prelu', 'units', units)
  checkOptions('prelu', options, ['slope', 'dtype'])
  const { slope = constant(0.25), dtype = 'float32' } = options
  checkFloat('prelu', dtype)
  const who = `prelu(${units})`
  return {
    init: struct({ slope: checkInitializer('prelu', 'slope', slope)([units], dtype) }),
    apply: (p) => (x) => {
      const slopes = parameter(who, p, 'slope', [units])
      const active = np.greaterEqual(units === 1 ? checkArray(who, x) : checkFeatures(who, x, units), 0)
      return np.where(active, x, np.multiply(units === 1 ? np.reshape(slopes, []) : slopes, np.where(active, 0, x)))
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
  checkCount('maxout', 'pieces', k)
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
  checkCount('maxoutLinear', 'pieces', k)
  const greatest = maxout(k)
  const who = `maxoutLinear(${inputs}, ${units}, ${k})`
  const { init, apply } = affineLayer('maxoutLinear', who, inputs, k * units, options) as Layer<Linear> // with a bias
  return { init, apply: (p) => (x) => greatest(apply(p)(x)) }
}

/** The parameters of `radialBasis`: centres of shape [units, inputs], widths of shape [units]. */
export interface RadialBasis {
  readonly centre: NdArray
  readonly width: NdArray
}

/** How `radialBasis` draws its parameters. */
export interface RadialBasisOptions {
  /** Draws the centres; `glorotUniform` by default. */
  readonly centre?: Initializer
  /** Draws the widths; ones by default. */
  readonly width?: Initializer
  /** float32 by default. */
  readonly dtype?: FloatDType
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
 * centres only (Broomhead & Lowe, 1988). `features.gaussian` is the same with centres that are given. Throws ArgumentError for sizes
 * that are no positive integers, ShapeError for an input of another size, ShapeError and TreeError for other parameters.
 *
 * @example
 * const layer = radialBasis(2, 1)
 * layer.apply({ centre: np.array([[1, 1]]), width: np.array([1]) })(np.array([[1, 1], [1, 2]])) // [[1], [0.3679]]
 */
export const radialBasis = (inputs: number, units: number, options: RadialBasisOptions = {}): Layer<RadialBasis> => {
  checkCount('radialBasis', 'inputs', inputs)
  checkCount('radialBasis', 'units', units)
  checkOptions('radialBasis', options, ['centre', 'width', 'dtype'])
  const { centre = glorotUniform, width = ones, dtype = 'float32' } = options
  checkFloat('radialBasis', dtype)
  const who = `radialBasis(${inputs}, ${units})`
  return {
    init: struct({
      centre: checkInitializer('radialBasis', 'centre', centre)([units, inputs], dtype),
      width: checkInitializer('radialBasis', 'width', width)([units], dtype)
    }),
    apply: (p) => (x) => {
      const [centres, widths] = [parameter(who, p, 'centre', [units, inputs]), parameter(who, p, 'width', [units])]
      const [a, c, w] = promoteAll(who, [checkFeatures(who, x, inputs), centres, widths], 'float')
      return radial(a, c, w)
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
  checkCount('cosine', 'units', units)
  checkOptions('cosine', options, ['weight', 'bias', 'dtype'])
  const drawn = { weight: normal(1), bias: uniform(2 * Math.PI), ...options }
  const { init, apply } = affineLayer('cosine', `cosine(${inputs}, ${units})`, inputs, units, drawn) as Layer<Linear> // with a bias
  return { init, apply: (p) => (x) => np.cos(apply(p)(x)) }
}
