import { checkArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { isDType, isFloat, type FloatDType } from '../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as np from '../numpy/index.js'
import { struct, type Init } from './init.js'
import { glorotUniform, zeros, type Initializer } from './initializers.js'
import type { Layer } from './layer.js'

/** The parameters of an affine map: `weight` of shape [inputs, outputs], `bias` of shape [outputs]. */
export interface Linear {
  readonly weight: NdArray
  readonly bias: NdArray
}

/** The parameters of a linear map without bias. */
export interface Weight {
  readonly weight: NdArray
}

/** How `linear` draws its parameters. */
export interface LinearOptions {
  /** Draws the weight; `glorotUniform` by default. */
  readonly weight?: Initializer
  /** Draws the bias, zeros by default (`initializers.constant(0.1)` starts rectifiers in their active half); `false`: there is none. */
  readonly bias?: Initializer | boolean
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/** The layer `linear`, with or without bias. */
export interface LinearLayer {
  (inputs: number, outputs: number, options: LinearOptions & { readonly bias: false }): Layer<Weight>
  (inputs: number, outputs: number, options?: LinearOptions & { readonly bias?: Initializer | true }): Layer<Linear>
}

const checkSize = (name: string, size: number): void => {
  if (!Number.isSafeInteger(size) || size < 1) throw new ArgumentError('linear', `a positive integer of ${name}`, size)
}

const checkDType = (dtype: FloatDType): void => {
  if (!isDType(dtype) || !isFloat(dtype)) throw new DTypeError('linear', 'float32 or float64', dtype)
}

/**
 * The affine map `x W + b` along the last axis: inputs of shape [..., inputs] become outputs of shape [..., outputs].
 * With `bias: false` the parameters are the weight alone. Throws ArgumentError for sizes that are no positive integers and for
 * unknown options, ShapeError for an input whose last axis has another size.
 *
 * @example
 * const layer = linear(3, 2)
 * const params = layer.init(random.key(0))
 * params.bias // [0, 0]
 * layer.apply({ weight: np.ones([3, 2]), bias: np.array([0, 1]) })(np.array([1, 2, 3])) // [6, 7]
 */
export const linear = ((inputs: number, outputs: number, options: LinearOptions = {}): Layer<Linear> | Layer<Weight> => {
  checkSize('inputs', inputs)
  checkSize('outputs', outputs)
  checkOptions('linear', options, ['weight', 'bias', 'dtype'])
  const { weight = glorotUniform, bias = true, dtype = 'float32' } = options
  checkDType(dtype)
  const product = (p: Weight, x: NdArray): NdArray => {
    const who = `linear(${inputs}, ${outputs})`
    if (checkArray(who, x).shape.at(-1) !== inputs) throw new ShapeError(who, `an input whose last axis has size ${inputs}`, x)
    return np.matmul(x, p.weight)
  }
  const weights: Init<NdArray> = weight([inputs, outputs], dtype)
  if (bias === false) return { init: struct({ weight: weights }), apply: (p: Weight) => (x: NdArray) => product(p, x) }
  const start = bias === true ? zeros : bias
  return {
    init: struct({ weight: weights, bias: start([outputs], dtype) }),
    apply: (p: Linear) => (x: NdArray) => np.add(product(p, x), p.bias)
  }
}) as LinearLayer // the two signatures say which options give which parameters
