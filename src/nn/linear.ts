import type { NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import * as np from '../numpy/index.js'
import { checkCount, checkFeatures, checkFloat, parameter } from './check.js'
import { struct } from './init.js'
import { checkInitializer, chosen, type Choice, type Initializer } from './initializer.js'
import { glorotUniform, zeros } from './initializers.js'
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
  readonly bias?: Choice
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/** The layer `linear`, with or without bias. */
export interface LinearLayer {
  (inputs: number, outputs: number, options: LinearOptions & { readonly bias: false }): Layer<Weight>
  (inputs: number, outputs: number, options?: LinearOptions & { readonly bias?: Initializer | true }): Layer<Linear>
}

/** The layer under another name: of its kind when it is made, and with its sizes when it is applied. */
export const affineLayer = (
  kind: string, who: string, inputs: number, outputs: number, options: LinearOptions
): Layer<Linear> | Layer<Weight> => {
  checkCount(kind, 'inputs', inputs)
  checkCount(kind, 'outputs', outputs)
  checkOptions(kind, options, ['weight', 'bias', 'dtype'])
  const { weight = glorotUniform, bias = true, dtype = 'float32' } = options
  checkFloat(kind, dtype)
  const weights = checkInitializer(kind, 'weight', weight)([inputs, outputs], dtype)
  const start = chosen(kind, 'bias', bias, zeros)
  const product = (p: Weight, x: NdArray): NdArray =>
    np.matmul(checkFeatures(who, x, inputs), parameter(who, p, 'weight', [inputs, outputs]))
  if (start === undefined) return { init: struct({ weight: weights }), apply: (p: Weight) => (x: NdArray) => product(p, x) }
  return {
    init: struct({ weight: weights, bias: start([outputs], dtype) }),
    apply: (p: Linear) => (x: NdArray) => np.add(product(p, x), parameter(who, p, 'bias', [outputs]))
  }
}

/**
 * The affine map `x W + b` along the last axis: inputs of shape [..., inputs] become outputs of shape [..., outputs].
 * With `bias: false` the parameters are the weight alone. Throws ArgumentError for sizes that are no positive integers and for
 * unknown options, ShapeError for an input whose last axis has another size, ShapeError and TreeError for other parameters.
 *
 * @example
 * const layer = linear(3, 2)
 * const params = layer.init(random.key(0))
 * params.bias // [0, 0]
 * layer.apply({ weight: np.ones([3, 2]), bias: np.array([0, 1]) })(np.array([1, 2, 3])) // [6, 7]
 */
export const linear = ((inputs: number, outputs: number, options: LinearOptions = {}) =>
  affineLayer('linear', `linear(${inputs}, ${outputs})`, inputs, outputs, options)
) as LinearLayer // the two signatures say which options give which parameters
