import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxes, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import * as random from '../random/index.js'
import type { LeakyOptions } from './activation.js'
import { finite, initializer, type Initializer } from './initializer.js'

export { deltaOrthogonal, identity, orthogonal } from './orthogonal.js'
export type { Initializer } from './initializer.js'

/**
 * Copies of a number; the key is not used. `jax.nn.initializers.constant`.
 *
 * @example
 * initializers.constant(0.1)([3])(random.key(0)) // [0.1, 0.1, 0.1]
 */
export const constant = (value: number): Initializer => {
  finite('constant', 'number', value)
  return initializer('constant', (_, shape, dtype) => lax.full(shape, value, dtype))
}

/** Zeros; the key is not used. `jax.nn.initializers.zeros`. */
export const zeros: Initializer = initializer('zeros', (_, shape, dtype) => lax.full(shape, 0, dtype))

/** Ones; the key is not used. `jax.nn.initializers.ones`. */
export const ones: Initializer = initializer('ones', (_, shape, dtype) => lax.full(shape, 1, dtype))

/**
 * Normal with mean 0 and a standard deviation, 0.01 unless given. `jax.nn.initializers.normal`.
 *
 * @example
 * initializers.normal(2)([2])(random.key(0)) // [3.2453, 4.0505]
 */
export const normal = (stddev = 0.01): Initializer => {
  finite('normal', 'standard deviation', stddev)
  return initializer('normal', (key, shape, dtype) => lax.mul(random.normal(key, shape, { dtype }), stddev))
}

/** Uniform from 0 to `scale`, 0.01 unless given. `jax.nn.initializers.uniform`. */
export const uniform = (scale = 0.01): Initializer => {
  finite('uniform', 'scale', scale)
  return initializer('uniform', (key, shape, dtype) => lax.mul(random.uniform(key, shape, { dtype }), scale))
}

/** Where `truncatedNormal` cuts, in standard deviations. */
export interface TruncationOptions {
  /** −2 by default. */
  readonly lower?: number
  /** 2 by default. */
  readonly upper?: number
}

/**
 * Normal samples between two and minus two, times `stddev`, 0.01 unless given: the standard deviation after truncation is
 * 0.88 `stddev`. `jax.nn.initializers.truncated_normal`.
 */
export const truncatedNormal = (stddev = 0.01, options: TruncationOptions = {}): Initializer => {
  finite('truncatedNormal', 'standard deviation', stddev)
  checkOptions('truncatedNormal', options, ['lower', 'upper'])
  const { lower = -2, upper = 2 } = options
  if (!(lower < upper)) throw new ArgumentError('truncatedNormal', 'lower < upper', [lower, upper])
  return initializer('truncatedNormal', (key, shape, dtype) =>
    lax.mul(random.truncatedNormal(key, lower, upper, shape, { dtype }), stddev))
}

/** How `varianceScaling` chooses the variance, and draws. */
export interface VarianceOptions {
  /** What the variance is multiplied by; 1 by default. */
  readonly scale?: number
  /** What the variance is divided by: the number of inputs of a unit, of its outputs, or their mean. `fanIn` by default. */
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAvg'
  /** `truncatedNormal` by default, cut at two standard deviations and widened to the variance. */
  readonly distribution?: 'truncatedNormal' | 'normal' | 'uniform'
  /** The axis, or axes, of the inputs; the last but one by default. */
  readonly inAxis?: number | readonly number[]
  /** The axis, or axes, of the outputs; the last by default. All others are the window of a convolution. */
  readonly outAxis?: number | readonly number[]
}

/** The standard deviation of a standard normal variable that is cut at −2 and 2. */
const truncatedDeviation = 0.87962566103423978

const modes = ['fanIn', 'fanOut', 'fanAvg'] as const
const distributions = ['truncatedNormal', 'normal', 'uniform'] as const

/** How many inputs a unit has, and how many units an input feeds. */
const fans = (
  shape: Shape, inputs: readonly number[], outputs: readonly number[]
): Readonly<Record<'fanIn' | 'fanOut' | 'fanAvg', number>> => {
  const product = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis]))
  const [ins, outs] = [product(inputs), product(outputs)]
  const window = sizeOf(shape.filter((_, axis) => !inputs.includes(axis) && !outputs.includes(axis)))
  return { fanIn: ins * window, fanOut: outs * window, fanAvg: ((ins + outs) * window) / 2 }
}

const scaled = (who: string, options: VarianceOptions): Initializer => {
  checkOptions(who, options, ['scale', 'mode', 'distribution', 'inAxis', 'outAxis'])
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', inAxis = -2, outAxis = -1 } = options
  if (!(scale > 0 && Number.isFinite(scale))) throw new ArgumentError(who, 'a positive scale', scale)
  if (!modes.includes(mode)) throw new ArgumentError(who, `a mode among ${modes.join(', ')}`, mode)
  if (!distributions.includes(distribution)) throw new ArgumentError(who, `a distribution among ${distributions.join(', ')}`, distribution)
  const variance = (shape: Shape): number => {
    if (shape.length < 2) throw new ShapeError(who, 'a shape with an axis of inputs and an axis of outputs', [...shape])
    return scale / Math.max(fans(shape, normalAxes(who, inAxis, shape.length), normalAxes(who, outAxis, shape.length))[mode], 1)
  }
  return initializer(
    who,
    (key, shape, dtype) => {
      // every factor is rounded to the dtype, as JAX does
      const round = dtype === 'float32' ? Math.fround : (x: number) => x
      const v = round(variance(shape))
      switch (distribution) {
        case 'uniform': return lax.mul(random.uniform(key, shape, { dtype, minval: -1 }), round(Math.sqrt(round(3 * v))))
        case 'normal': return lax.mul(random.normal(key, shape, { dtype }), round(Math.sqrt(v)))
        case 'truncatedNormal':
          return lax.mul(random.truncatedNormal(key, -2, 2, shape, { dtype }), round(round(Math.sqrt(v)) / round(truncatedDeviation)))
      }
    },
    variance
  )
}

/**
 * Draws with mean 0 and the variance `scale / fan`, whatever the distribution, so that signals keep their size through
 * layers. `jax.nn.initializers.variance_scaling`, bit for bit. Convolution windows of layout [height, width, in, out] need no
 * axes; those of layout [out, in, height, width] are `{ inAxis: 1, outAxis: 0 }`. Throws ShapeError for shapes of less than two
 * axes.
 *
 * @example
 * const he = initializers.varianceScaling({ scale: 2, distribution: 'uniform', inAxis: 1, outAxis: 0 })
 * he([16, 3, 5, 5])(random.key(0)).shape // [16, 3, 5, 5]
 */
export const varianceScaling = (options: VarianceOptions = {}): Initializer => scaled('varianceScaling', options)

const gains = { linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, selu: 3 / 4 } as const

/**
 * The factor of the standard deviation that makes up for what an activation takes from a signal: `varianceScaling` with the
 * scale `gain²` keeps its variance. `leakyRelu` takes its slope. `torch.nn.init.calculate_gain`. Throws ArgumentError for other names.
 *
 * @example
 * initializers.gain('relu') // 1.4142
 * initializers.gain('leakyRelu', { negativeSlope: 0.1 }) // 1.4072
 * const xavier = initializers.varianceScaling({ scale: initializers.gain('tanh') ** 2, mode: 'fanAvg' })
 */
export const gain = (activation: keyof typeof gains | 'leakyRelu', options: LeakyOptions = {}): number => {
  checkOptions('gain', options, ['negativeSlope'])
  if (activation === 'leakyRelu') return Math.sqrt(2 / (1 + finite('gain', 'negativeSlope', options.negativeSlope ?? 0.01) ** 2))
  if (!Object.hasOwn(gains, activation)) {
    throw new ArgumentError('gain', `an activation among ${Object.keys(gains).join(', ')}, leakyRelu`, quoted(activation))
  }
  return gains[activation]
}

/** Normal, cut at two deviations, with variance 1/fanIn (LeCun et al., 1998). `jax.nn.initializers.lecun_normal`, bit for bit. */
export const lecunNormal: Initializer = scaled('lecunNormal', {})

/** Uniform with variance 1/fanIn (LeCun et al., 1998). `jax.nn.initializers.lecun_uniform`, bit for bit. */
export const lecunUniform: Initializer = scaled('lecunUniform', { distribution: 'uniform' })

/**
 * Normal, cut at two deviations, with variance 2/(fanIn + fanOut) (Glorot & Bengio, 2010).
 * `jax.nn.initializers.glorot_normal`, bit for bit.
 */
export const glorotNormal: Initializer = scaled('glorotNormal', { mode: 'fanAvg' })

/**
 * Uniform with variance 2/(fanIn + fanOut) (Glorot & Bengio, 2010): between ±√(6/(fanIn + fanOut)).
 * `jax.nn.initializers.glorot_uniform`, bit for bit.
 *
 * @example
 * initializers.glorotUniform([2, 2])(random.key(0)) // [[1.0966, 1.1723], [-0.4108, -0.0767]]
 */
export const glorotUniform: Initializer = scaled('glorotUniform', { mode: 'fanAvg', distribution: 'uniform' })

/** Glorot's first name: `glorotNormal`. */
export const xavierNormal: Initializer = glorotNormal

/** Glorot's first name: `glorotUniform`. */
export const xavierUniform: Initializer = glorotUniform

/** Normal, cut at two deviations, with variance 2/fanIn, for rectifiers (He et al., 2015). `jax.nn.initializers.he_normal`, bit for bit. */
export const heNormal: Initializer = scaled('heNormal', { scale: 2 })

/** Uniform with variance 2/fanIn, for rectifiers (He et al., 2015). `jax.nn.initializers.he_uniform`, bit for bit. */
export const heUniform: Initializer = scaled('heUniform', { scale: 2, distribution: 'uniform' })
