import { scan } from '../control/loops/loops.js'
import type { NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import { range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import * as random from '../random/index.js'
import { jvp } from '../transform/forward.js'
import { vjp } from '../transform/reverse.js'
import { vmap } from '../transform/vmap.js'
import { tanh } from './activation.js'
import { checkCount } from './check.js'
import { struct, type Key } from './init.js'
import { glorotUniform, zeros, type Initializer } from './initializers.js'
import type { Pointwise } from './layer.js'

/** A deep stack of equal layers, and what goes in. */
export interface StackOptions {
  /** 50 by default. */
  readonly layers?: number
  /** Units of each layer, and inputs; 128 by default. */
  readonly width?: number
  /** How many inputs are drawn, standard normal; 64 by default. */
  readonly examples?: number
  /** An elementwise function; `tanh` by default. */
  readonly activation?: Pointwise
  /** Draws the weights; `glorotUniform` by default. */
  readonly weight?: Initializer
  /** Draws the biases; zeros by default. */
  readonly bias?: Initializer
  /** float32 by default; signals that die or explode reach further in float64. */
  readonly dtype?: FloatDType
}

/** What passes through a stack: arrays of shape [layers, examples, width]. */
export interface Propagation {
  /** What each layer gives. */
  readonly activations: NdArray
  /** The derivative of the activation at what each unit receives: near 0 where the unit is saturated. */
  readonly slopes: NdArray
  /** The gradient with respect to what each layer gives; of the last layer it is drawn, standard normal. */
  readonly gradients: NdArray
}

/**
 * Sends a signal through a deep stack `x ← f(x W + b)` whose parameters were just drawn, and a gradient back: what an initialiser
 * does to a net before any training (Glorot & Bengio, 2010; He et al., 2015). A pure function of the key: `jit` and `vmap` take it.
 * Throws ArgumentError for sizes that are no positive integers.
 *
 * @example
 * const { activations } = signals.propagate(random.key(0), { layers: 3, width: 5, examples: 4 })
 * activations.shape // [3, 4, 5]
 */
export const propagate = (key: Key, options: StackOptions = {}): Propagation => {
  const who = 'propagate'
  checkOptions(who, options, ['layers', 'width', 'examples', 'activation', 'weight', 'bias', 'dtype'])
  const { layers = 50, width = 128, examples = 64, activation = tanh, weight = glorotUniform, bias = zeros, dtype = 'float32' } = options
  for (const [name, size] of Object.entries({ layers, width, examples })) checkCount(who, name, size)
  checkFunction(who, 'a function as activation', activation)
  const draw = struct({ weight: weight([width, width], dtype), bias: bias([width], dtype) })
  // The gradient with respect to what a layer gives is that with respect to a nudge added to it.
  const layer = (x: NdArray, [own, nudge]: readonly [NdArray, NdArray]): readonly [NdArray, readonly [NdArray, NdArray]] => {
    const p = draw(own)
    const received = np.add(np.matmul(x, p.weight), p.bias)
    const y = np.add(activation(received), nudge)
    return [y, [received, y]]
  }
  const keys = random.split(random.foldIn(key, 0), layers)
  const run = (nudges: NdArray): readonly [NdArray, readonly [NdArray, NdArray]] =>
    scan(layer, random.normal(random.foldIn(key, 1), [examples, width], { dtype }), [keys, nudges] as const)
  const none = np.zeros([layers, examples, width], { dtype })
  const [[, [received, activations]], pullback] = vjp(run)(none)
  const [gradients] = pullback([random.normal(random.foldIn(key, 2), [examples, width], { dtype }), [none, none]])
  const [, slopes] = jvp(activation)([received], [np.onesLike(received)])
  return { activations, slopes, gradients }
}

const checkLayers = (who: string, x: NdArray): NdArray => {
  if (x.ndim === 0 || x.size === 0) throw new ShapeError(who, 'an array with a leading axis of layers, not empty', x)
  return x
}

/**
 * The variance over all examples and units, layer by layer: it stays near 1 where an initialiser fits the activation, dies out or
 * explodes where it does not.
 *
 * @example
 * const through = signals.propagate(random.key(0), { weight: initializers.normal(0.01), layers: 2, width: 100 })
 * signals.variances(through.activations) // [0.0101, 1.0546e-4]
 */
export const variances = (x: NdArray): NdArray => np.var(checkLayers('variances', x), { axis: range(x.ndim - 1, 1) })

/** From which slope down a unit counts as saturated. */
export interface SaturationOptions {
  /** 0.05 by default. */
  readonly threshold?: number
}

/**
 * The share of units, layer by layer, whose activation has a slope of magnitude below a threshold: they hardly learn.
 *
 * @example
 * const { slopes } = signals.propagate(random.key(0), { weight: initializers.normal(1), layers: 2, width: 100 })
 * signals.saturation(slopes) // [0.8256, 0.828]
 */
export const saturation = (slopes: NdArray, options: SaturationOptions = {}): NdArray => {
  checkOptions('saturation', options, ['threshold'])
  const { threshold = 0.05 } = options
  if (!(threshold > 0)) throw new ArgumentError('saturation', 'a positive threshold', threshold)
  return np.mean(np.less(np.abs(checkLayers('saturation', slopes)), threshold), { axis: range(slopes.ndim - 1, 1) })
}

/** The bins of histograms. */
export interface HistogramsOptions {
  /** How many of equal width; 20 by default. */
  readonly bins?: number
  /** From where to where they reach, what lies outside is not counted; from the least to the greatest element by default. */
  readonly range?: readonly [low: number, high: number]
}

/**
 * A histogram of each layer over the same bins: counts [layers, bins] and the edges [bins + 1]. Saturated units show at the ends of
 * those of activations, vanishing gradients in the middle of those of gradients.
 *
 * @example
 * const [counts, edges] = signals.histograms(np.array([[0, 1, 1], [4, 0, 4]]), { bins: 2 })
 * counts // [[3, 0], [1, 2]]
 * edges // [0, 2, 4]
 */
export const histograms = (x: NdArray, options: HistogramsOptions = {}): readonly [counts: NdArray, edges: NdArray] => {
  checkOptions('histograms', options, ['bins', 'range'])
  const [, edges] = np.histogram(checkLayers('histograms', x), { bins: 20, ...options })
  const rows = lax.reshape(x, [x.shape[0], x.size / x.shape[0]])
  return [vmap((row: NdArray) => np.histogram(row, { bins: edges })[0])(rows), edges]
}
