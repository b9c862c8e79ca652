import { checkArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { FloatDType } from '../../core/dtype.js'
import { ArgumentError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import { range, sizeOf, type Shape } from '../../core/shape.js'
import { transposedPadding } from '../../lax/window/conv.js'
import { dilated, type Pair } from '../../lax/window/convdims.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { promoteAll } from '../../numpy/promote.js'
import { checkCount, checkFloat, parameter } from '../check.js'
import { struct } from '../init.js'
import { checkInitializer, chosen, type Choice, type Initializer } from '../initializer.js'
import { glorotUniform, zeros } from '../initializers.js'
import type { Layer } from '../layer.js'
import type { Weight } from '../linear.js'
import {
  checkLeast, checkPadding, checkWindow, pairsOf, perAxis, spaceOf, type Padding, type PerAxis, type ResolvedPadding
} from './window.js'

/** The parameters of a convolution: `weight` of shape [...window, inputs / groups, outputs], `bias` of shape [outputs]. */
export interface Conv {
  readonly weight: NdArray
  readonly bias: NdArray
}

/** How a convolution slides, and how it draws its parameters. */
export interface ConvOptions {
  /** Steps between neighbouring places of the window; for `convTranspose` how far apart the input is set. 1 by default. */
  readonly stride?: PerAxis
  /** `'SAME'` by default. */
  readonly padding?: Padding
  /** How far apart the elements of the window are set; 1 by default. */
  readonly dilation?: PerAxis
  /** Channels fall into so many groups that do not mix; 1 by default. As many as inputs make a depthwise convolution. */
  readonly groups?: number
  /** Draws the weight; `glorotUniform` by default. */
  readonly weight?: Initializer
  /** Draws the bias, zeros by default; `false`: there is none. */
  readonly bias?: Choice
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/** The layers `conv` and `convTranspose`, with or without bias. */
export interface ConvLayer {
  (inputs: number, outputs: number, window: readonly number[], options: ConvOptions & { readonly bias: false }): Layer<Weight>
  (
    inputs: number, outputs: number, window: readonly number[], options?: ConvOptions & { readonly bias?: Initializer | true }
  ): Layer<Conv>
}

const optionNames = ['stride', 'padding', 'dilation', 'groups', 'weight', 'bias', 'dtype']

/** How the window slides. */
interface Slide {
  readonly who: string
  /** Sizes of the window, dilated. */
  readonly sizes: Shape
  readonly stride: readonly number[]
  readonly padding: ResolvedPadding
}

/** What tells the two layers apart: steps of the window, how far apart the image is set, and the padding around that. */
type Geometry = (x: NdArray, space: Shape, slide: Slide) => Pick<lax.ConvOptions, 'windowStrides' | 'lhsDilation' | 'padding'>

const convolution = (kind: string, geometry: Geometry): ConvLayer =>
  ((inputs: number, outputs: number, window: readonly number[], options: ConvOptions = {}): Layer<Conv> | Layer<Weight> => {
    checkCount(kind, 'inputs', inputs)
    checkCount(kind, 'outputs', outputs)
    const rank = checkWindow(kind, window).length
    checkOptions(kind, options, optionNames)
    const { groups = 1, weight = glorotUniform, bias = true, dtype = 'float32' } = options
    const stride = perAxis(kind, 'stride', options.stride ?? 1, rank)
    const padding = checkPadding(kind, options.padding ?? 'SAME', rank)
    const dilation = perAxis(kind, 'dilation', options.dilation ?? 1, rank)
    checkCount(kind, 'groups', groups)
    if (inputs % groups !== 0 || outputs % groups !== 0) {
      throw new ArgumentError(kind, `groups that divide ${inputs} inputs and ${outputs} outputs`, groups)
    }
    checkFloat(kind, dtype)
    const who = `${kind}(${inputs}, ${outputs}, [${window.join(', ')}])`
    const shape = [...window, inputs / groups, outputs]
    const image = [0, rank + 1, ...range(rank, 1)]
    const shared: lax.ConvOptions = {
      rhsDilation: dilation,
      dimensionNumbers: { lhsSpec: image, rhsSpec: [rank + 1, rank, ...range(rank)], outSpec: image },
      featureGroupCount: groups
    }
    const slide: Slide = { who, sizes: window.map((size, d) => dilated(size, dilation[d])), stride, padding }
    const convolve = (p: Weight, given: NdArray): NdArray => {
      const space = spaceOf(who, checkArray(who, given), rank, inputs)
      const [x, kernel] = promoteAll(who, [given, parameter(who, p, 'weight', shape)])
      const batch = x.shape.slice(0, -rank - 1)
      const y = lax.convGeneralDilated(lax.reshape(x, [sizeOf(batch), ...space, inputs]), kernel, {
        ...shared, ...geometry(x, space, slide)
      })
      return lax.reshape(y, [...batch, ...y.shape.slice(1)])
    }
    const weights = checkInitializer(kind, 'weight', weight)(shape, dtype)
    const start = chosen(kind, 'bias', bias, zeros)
    if (start === undefined) return { init: struct({ weight: weights }), apply: (p: Weight) => (x: NdArray) => convolve(p, x) }
    return {
      init: struct({ weight: weights, bias: start([outputs], dtype) }),
      apply: (p: Conv) => (x: NdArray) => np.add(convolve(p, x), parameter(who, p, 'bias', [outputs]))
    }
  }) as ConvLayer // the two signatures say which options give which parameters

/**
 * The convolution (cross-correlation, as everywhere in the field) with a window of one to three axes of space: inputs of shape
 * [...batch, ...space, inputs] become [...batch, ...space', outputs], with any number of batch axes or none. Along an axis,
 * `'SAME'` gives ⌈size / stride⌉ places, other padding ⌊(size + padding − dilation (window − 1) − 1) / stride⌋ + 1.
 * `flax.linen.Conv`, and with channels last PyTorch's `Conv1d` to `Conv3d`, whose weights become ours by
 * `np.transpose(w, [2, 3, 1, 0])` (in 1-d `[2, 1, 0]`, in 3-d `[2, 3, 4, 1, 0]`).
 *
 * Throws ArgumentError for sizes that are no positive integers, unknown padding and options, and groups that do not divide inputs
 * and outputs; ShapeError for inputs with other channels or too few axes and for windows larger than the padded input, ShapeError
 * and TreeError for other parameters.
 *
 * @example
 * const edges = conv(1, 1, [2], { padding: 'VALID', bias: false })
 * const params = { weight: np.array([[[-1]], [[1]]]) }
 * edges.apply(params)(np.array([[0], [0], [5], [5]])) // [[0], [5], [0]]
 *
 * const net = chain(conv(1, 8, [3, 3], { stride: 2 }), relu, flatten(), linear(14 * 14 * 8, 10))
 * net.apply(net.init(random.key(0)))(np.zeros([32, 28, 28, 1])).shape // [32, 10]
 */
export const conv: ConvLayer = convolution('conv', (x, space, { who, sizes, stride, padding }) => ({
  windowStrides: stride,
  padding: pairsOf(who, x, space, padding, sizes, stride)
}))

/** The padding of the dilated image. Throws ShapeError where there would be no place for a window. */
const transposedPairs = (x: NdArray, space: Shape, { who, sizes, stride, padding }: Slide): readonly Pair[] => {
  if (typeof padding === 'string') {
    checkLeast(who, x, space, space.map(() => 1))
    return sizes.map((size, d) => transposedPadding(padding, size, stride[d]))
  }
  const missing = (d: number): number => sizes[d] - 1 - padding[d][0] - padding[d][1]
  checkLeast(who, x, space, stride.map((step, d) => Math.max(1, Math.ceil(missing(d) / step) + 1)))
  return padding
}

/**
 * The transposed convolution, which enlarges images: the elements of the input are set `stride` apart, zeros between them, and the
 * window slides over that by steps of 1. From [...batch, ...space, inputs] to [...batch, ...space', outputs]: with `'SAME'` sizes
 * are multiplied by the stride, with `'VALID'` they become `size stride + max(w − stride, 0)`, w being `dilation (window − 1) + 1`;
 * padding in numbers is that of the spread-out input. `flax.linen.ConvTranspose`, which is `jax.lax.conv_transpose`.
 *
 * With the weight turned round and its channels swapped it is the adjoint of a convolution, what PyTorch's `ConvTranspose1d` to
 * `ConvTranspose3d` compute: its weights become ours by `np.flip(np.transpose(w, [2, 3, 0, 1]), { axis: [0, 1] })`, and its
 * `padding` p and `output_padding` o are our padding `[w − 1 − p, w − 1 − p + o]` along each axis. Throws as `conv` does.
 *
 * @example
 * const spread = convTranspose(1, 1, [2], { stride: 2, bias: false })
 * spread.apply({ weight: np.array([[[1]], [[10]]]) })(np.array([[1], [2]])) // [[10], [1], [20], [2]]
 */
export const convTranspose: ConvLayer = convolution('convTranspose', (x, space, slide) => ({
  lhsDilation: slide.stride,
  padding: transposedPairs(x, space, slide)
}))
