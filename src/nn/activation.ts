import type { ArrayLike, NdArray } from '../core/array.js'
import type { DType } from '../core/dtype.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxes, normalAxis } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { indicesOf } from '../numpy/indices.js'
import { unary, widen, type Unary } from '../numpy/promote.js'
import { belowGreatest, spreadBack } from './shift.js'

/*
 * Functions of an array, elementwise or along an axis. All of them take anything for an array, make floats of integers, and have
 * the values and derivatives of jax.nn, at kinks too; at infinities, where some of these are NaN, they have the limits.
 */

const zero = (x: NdArray): NdArray => lax.fullLike(x, 0)

/** A comparison that NaN fails keeps NaN. The derivative at 0 is 0. */
const rectified = (x: NdArray): NdArray => lax.select(lax.le(x, 0), zero(x), x)

/** A function that is the rectifier, to the last bit, from a bound on: there, products of infinity and 0 would be NaN. */
const rectifiedFrom = (bound: number, f: (x: NdArray) => NdArray) => (x: NdArray): NdArray => {
  const far = lax.ge(lax.abs(x), bound)
  return lax.select(far, rectified(x), f(lax.select(far, zero(x), x)))
}

/**
 * The rectifier `max(x, 0)`. Its derivative at 0 is 0. `jax.nn.relu`.
 *
 * @example
 * relu([-1, 0, 2]) // [0, 0, 2]
 */
export const relu: Unary = unary('relu', rectified)

const rectified6 = (x: NdArray): NdArray => lax.select(lax.ge(x, 6), lax.fullLike(x, 6), rectified(x))

/** `min(max(x, 0), 6)`. Its derivatives at 0 and 6 are 0. `jax.nn.relu6`. */
export const relu6: Unary = unary('relu6', rectified6)

/** The rectifier that lets both signs pass: `|x|`. Its derivative at 0 is 1. */
export const absRectifier: Unary = unary('absRectifier', lax.abs)

const number = (who: string, name: string, x: number): number => {
  if (typeof x !== 'number' || Number.isNaN(x)) throw new ArgumentError(who, `a number as ${name}`, x)
  return x
}

/** The slope of a leaky rectifier. */
export interface LeakyOptions {
  /** The derivative below 0; 0.01 by default. */
  readonly negativeSlope?: number
}

/**
 * `x` above zero and a little of it below, so that no unit dies. Its derivative at 0 is 1. `jax.nn.leaky_relu`.
 *
 * @example
 * leakyRelu([-10, 2]) // [-0.1, 2]
 * leakyRelu([-10, 2], { negativeSlope: 0.1 }) // [-1, 2]
 */
export const leakyRelu = (x: ArrayLike, options: LeakyOptions = {}): NdArray => {
  checkOptions('leakyRelu', options, ['negativeSlope'])
  const slope = number('leakyRelu', 'negativeSlope', options.negativeSlope ?? 0.01)
  const a = widen('leakyRelu', x, 'float')
  return lax.select(lax.ge(a, 0), a, lax.mul(a, slope))
}

/** The limit of an exponential unit. */
export interface AlphaOptions {
  /** The function falls to −alpha; 1 by default. */
  readonly alpha?: number
}

/** The exponential is taken where it is used only: elsewhere it would overflow. */
const expm1Below = (x: NdArray): NdArray => lax.expm1(lax.select(lax.gt(x, 0), zero(x), x))

const exponential = (x: NdArray, alpha: number): NdArray =>
  lax.select(lax.gt(x, 0), x, alpha === 1 ? expm1Below(x) : lax.mul(expm1Below(x), alpha))

/**
 * The exponential linear unit: `x` above zero, `alpha (eˣ − 1)` below (Clevert et al., 2015). `jax.nn.elu`.
 *
 * @example
 * elu([-1, 2]) // [-0.632, 2]
 */
export const elu = (x: ArrayLike, options: AlphaOptions = {}): NdArray => {
  checkOptions('elu', options, ['alpha'])
  return exponential(widen('elu', x, 'float'), number('elu', 'alpha', options.alpha ?? 1))
}

/** The exponential unit whose derivative is continuous for every `alpha`: `alpha (e^(x/alpha) − 1)` below zero. `jax.nn.celu`. */
export const celu = (x: ArrayLike, options: AlphaOptions = {}): NdArray => {
  checkOptions('celu', options, ['alpha'])
  const alpha = number('celu', 'alpha', options.alpha ?? 1)
  const a = widen('celu', x, 'float')
  return lax.select(lax.gt(a, 0), a, lax.mul(expm1Below(lax.div(a, alpha)), alpha))
}

/** The self-normalising exponential unit: keeps mean 0 and variance 1 through layers (Klambauer et al., 2017). `jax.nn.selu`. */
export const selu: Unary = unary('selu', (x) => lax.mul(exponential(x, 1.6732632423543772), 1.0507009873554805))

/** `log(1 + eˣ)` without overflow: the exponent is never positive. Its derivative at 0 is ½ and at ±∞ 1 and 0. */
const smooth = (x: NdArray): NdArray =>
  lax.add(lax.select(lax.ge(x, 0), x, zero(x)), lax.log1p(lax.exp(lax.neg(lax.abs(x)))))

/**
 * The smooth rectifier `log(1 + eˣ)`, exact for large and for small arguments. `jax.nn.softplus`.
 *
 * @example
 * softplus([-1000, 3, 1000]) // [0, 3.0486, 1000]
 */
export const softplus: Unary = unary('softplus', smooth)

/**
 * The logistic function `1 / (1 + e⁻ˣ)`. `jax.nn.sigmoid`.
 *
 * @example
 * sigmoid([-1000, 0, 1]) // [0, 0.5, 0.7311]
 */
export const sigmoid: Unary = unary('sigmoid', lax.logistic)

/** `log sigmoid(x)`, exact where the sigmoid underflows. `jax.nn.log_sigmoid`. */
export const logSigmoid: Unary = unary('logSigmoid', (x) => lax.neg(smooth(lax.neg(x))))

/** The hyperbolic tangent, `2 sigmoid(2x) − 1`. `jax.nn.tanh`. */
export const tanh: Unary = unary('tanh', lax.tanh)

/** `x sigmoid(βx)`. */
const gated = (beta: number): ((x: NdArray) => NdArray) =>
  rectifiedFrom(1000 / beta, (x) => lax.mul(x, lax.logistic(beta === 1 ? x : lax.mul(x, beta))))

/** The sigmoid linear unit `x sigmoid(x)` (Elfwing et al., 2017). `jax.nn.silu`. */
export const silu: Unary = unary('silu', gated(1))

/** How sharp the bend of `swish` is. */
export interface BetaOptions {
  /** Near 0 the function is x/2, for large ones the rectifier; 1, which makes it `silu`, by default. */
  readonly beta?: number
}

/**
 * `x sigmoid(βx)` (Ramachandran et al., 2017). Throws ArgumentError unless β is positive.
 *
 * @example
 * swish([-1, 2]) // [-0.2689, 1.7616]
 * swish([-1, 2], { beta: 4 }) // [-0.018, 1.9993]
 */
export const swish = (x: ArrayLike, options: BetaOptions = {}): NdArray => {
  checkOptions('swish', options, ['beta'])
  const { beta = 1 } = options
  if (!(beta > 0 && Number.isFinite(beta))) throw new ArgumentError('swish', 'a positive beta', beta)
  return gated(beta)(widen('swish', x, 'float'))
}

/**
 * `x tanh(softplus(x))` (Misra, 2019). `jax.nn.mish`.
 *
 * @example
 * mish([-1, 2]) // [-0.3034, 1.944]
 */
export const mish: Unary = unary('mish', rectifiedFrom(1000, (x) => lax.mul(x, lax.tanh(smooth(x)))))

/** Which of the two forms `gelu` has. */
export interface GeluOptions {
  /** By tanh (true, the default), or exactly by the error function. */
  readonly approximate?: boolean
}

const exactGelu = rectifiedFrom(64, (x) => lax.mul(lax.mul(x, 0.5), lax.erfc(lax.mul(x, -Math.SQRT1_2))))

const tanhGelu = rectifiedFrom(64, (x) => {
  const cubic = lax.add(x, lax.mul(lax.mul(lax.mul(x, x), x), 0.044715))
  // (1 + tanh(u)) / 2 = sigmoid(2u), which does not cancel in the lower tail
  return lax.mul(x, lax.logistic(lax.mul(cubic, 2 * Math.sqrt(2 / Math.PI))))
})

/**
 * The Gaussian error linear unit `x Φ(x)` (Hendrycks & Gimpel, 2016): by its approximation
 * `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`, or with `{ approximate: false }` exactly. `jax.nn.gelu`.
 *
 * @example
 * gelu([-1, 1]) // [-0.1588, 0.8412]
 * gelu([-1, 1], { approximate: false }) // [-0.1587, 0.8413]
 */
export const gelu = (x: ArrayLike, options: GeluOptions = {}): NdArray => {
  checkOptions('gelu', options, ['approximate'])
  return (options.approximate === false ? exactGelu : tanhGelu)(widen('gelu', x, 'float'))
}

/** −1 below −1, 1 above 1, `x` between. Its derivatives at ±1 are 1. `jax.nn.hard_tanh`. */
export const hardTanh: Unary = unary('hardTanh', (x) =>
  lax.select(lax.gt(x, 1), lax.fullLike(x, 1), lax.select(lax.lt(x, -1), lax.fullLike(x, -1), x)))

const steps = (x: NdArray): NdArray => lax.div(rectified6(lax.add(x, 3)), 6)

/** The piecewise linear sigmoid `relu6(x + 3) / 6`. `jax.nn.hard_sigmoid`. */
export const hardSigmoid: Unary = unary('hardSigmoid', steps)

/** `x hardSigmoid(x)`. `jax.nn.hard_silu`. */
export const hardSilu: Unary = unary('hardSilu', rectifiedFrom(3, (x) => lax.mul(x, steps(x))))

/** `x / (1 + |x|)`. `jax.nn.soft_sign`. */
export const softSign: Unary = unary('softSign', (x) => {
  const far = lax.eq(lax.abs(x), Infinity)
  const near = lax.select(far, zero(x), x)
  return lax.select(far, lax.sign(x), lax.div(near, lax.add(lax.abs(near), 1)))
})

/** Along which axes. */
export interface AxesOptions {
  /** The last axis by default. */
  readonly axis?: number | readonly number[]
}

/** `f` of the array and its axes that are summed over, and a function that copies sums along these. */
const along = (
  who: string,
  f: (shifted: NdArray, sum: (x: NdArray) => NdArray) => NdArray
) => (x: ArrayLike, options: AxesOptions = {}): NdArray => {
  checkOptions(who, options, ['axis'])
  const a = widen(who, x, 'float')
  if (a.ndim === 0) throw new ShapeError(who, 'an array with at least one axis', a)
  const axes = normalAxes(who, options.axis ?? -1, a.ndim)
  if (a.size === 0) return a
  return f(belowGreatest(a, axes), (y) => spreadBack(lax.reduceSum(y, axes), a.shape, axes))
}

/** A function along axes, the last one unless others are given. */
export type Along = (x: ArrayLike, options?: AxesOptions) => NdArray

/**
 * Exponentials that sum to 1 along an axis; adding a constant changes nothing, and nothing overflows. Logits of minus infinity
 * get nothing, those of plus infinity share all. `jax.nn.softmax`.
 *
 * @example
 * softmax([1000, 1001, 1002]) // [0.09, 0.2447, 0.6652]
 */
export const softmax: Along = along('softmax', (x, sum) => {
  const exponentials = lax.exp(x)
  return lax.div(exponentials, sum(exponentials))
})

/**
 * The logarithm of `softmax`, exact where that underflows. `jax.nn.log_softmax`.
 *
 * @example
 * logSoftmax([0, 1000]) // [-1000, 0]
 */
export const logSoftmax: Along = along('logSoftmax', (x, sum) => lax.sub(x, lax.log(sum(lax.exp(x)))))

/** Along which axis. */
export interface AxisOption {
  /** The last axis by default. */
  readonly axis?: number
}

/** The first half along an axis times the sigmoid of the second. `jax.nn.glu`. Throws ShapeError for an odd size. */
export const glu = (x: ArrayLike, options: AxisOption = {}): NdArray => {
  checkOptions('glu', options, ['axis'])
  const a = widen('glu', x, 'float')
  const axis = normalAxis('glu', options.axis ?? -1, a.ndim)
  const half = a.shape[axis] / 2
  if (!Number.isInteger(half)) throw new ShapeError('glu', `an even size of axis ${axis}`, a)
  const [value, gate] = lax.split(a, [half, half], axis)
  return lax.mul(value, lax.logistic(gate))
}

/** How `oneHot` lays out its result. */
export interface OneHotOptions {
  /** float32 by default. */
  readonly dtype?: DType
  /** Where the axis of classes goes; last by default. */
  readonly axis?: number
}

/**
 * 1 at the class, 0 elsewhere, along a new axis; all zeros for a class out of range. `jax.nn.one_hot`.
 *
 * @example
 * oneHot([0, 2], 3) // [[1, 0, 0], [0, 0, 1]]
 */
export const oneHot = (labels: ArrayLike, classes: number, options: OneHotOptions = {}): NdArray => {
  checkOptions('oneHot', options, ['dtype', 'axis'])
  if (!Number.isSafeInteger(classes) || classes < 0) throw new ArgumentError('oneHot', 'a natural number of classes', classes)
  const index = indicesOf('oneHot', labels)
  const axis = normalAxis('oneHot', options.axis ?? -1, index.ndim + 1)
  const shape = [...index.shape.slice(0, axis), classes, ...index.shape.slice(axis)]
  return lax.convertElementType(lax.eq(spreadBack(index, shape, [axis]), lax.iota('int32', shape, axis)), options.dtype ?? 'float32')
}
