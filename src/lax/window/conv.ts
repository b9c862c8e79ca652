import { offsetsOf, sumOfProducts } from '../../array/matmul.js'
import { checkArray, scalar, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate, type DType } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkOptions } from '../../core/options.js'
import type { Primitive, Unknown } from '../../core/primitive.js'
import { range, sizeOf, stridesOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { reshaped, zerosLike } from '../broadcast.js'
import {
  checkConvNumbers, checkPairs, checkPositive, convDimensionNumbers, dilated, paddingPairs, windowCount,
  type ConvDimensionNumbers, type ConvLetters, type Pair, type WindowPadding
} from './convdims.js'
import { convertElementType } from '../elementwise/convert.js'
import { factorData, productType } from '../dot.js'
import { reshape } from '../movement/reshape.js'
import { rev } from '../movement/reverse.js'
import { known, primitive } from '../rule.js'
import { padP, type Padding } from '../movement/slice.js'
import { transpose } from '../movement/transpose.js'

export interface ConvParams {
  readonly windowStrides: readonly number[]
  readonly padding: readonly Pair[]
  readonly lhsDilation: readonly number[]
  readonly rhsDilation: readonly number[]
  readonly dimensionNumbers: ConvDimensionNumbers
  /** Features fall into so many groups, which do not mix. */
  readonly featureGroupCount: number
  /** The batch falls into so many groups, each with output features of its own: the gradient of feature groups. */
  readonly batchGroupCount: number
  readonly preferredElementType: DType | null
}

const who = 'convGeneralDilated'

const pick = (shape: Shape, spec: readonly number[]): Shape => spec.map((axis) => shape[axis])

/** Sizes along space: of the padded and dilated image, of the dilated kernel, of the result. */
const spaceOf = (lhs: Shape, rhs: Shape, p: ConvParams): Readonly<Record<'image' | 'kernel' | 'out', Shape>> => {
  const { lhsSpec, rhsSpec } = p.dimensionNumbers
  const image = pick(lhs, lhsSpec.slice(2)).map((size, d) => p.padding[d][0] + dilated(size, p.lhsDilation[d]) + p.padding[d][1])
  const kernel = pick(rhs, rhsSpec.slice(2)).map((size, d) => dilated(size, p.rhsDilation[d]))
  return { image, kernel, out: image.map((size, d) => windowCount(size, kernel[d], p.windowStrides[d])) }
}

const checkGroups = (lhs: Aval, rhs: Aval, { dimensionNumbers, featureGroupCount, batchGroupCount }: ConvParams): void => {
  const { lhsSpec, rhsSpec } = dimensionNumbers
  for (const count of [featureGroupCount, batchGroupCount]) {
    if (!Number.isInteger(count) || count < 1) throw new ArgumentError(who, 'positive group counts', count)
  }
  if (featureGroupCount > 1 && batchGroupCount > 1) {
    throw new ArgumentError(who, 'feature groups or batch groups, not both', `${featureGroupCount} and ${batchGroupCount}`)
  }
  if (lhs.shape[lhsSpec[1]] !== rhs.shape[rhsSpec[1]] * featureGroupCount) {
    throw new ShapeError(who, `as many input features as the kernel has, times ${featureGroupCount}`, [lhs, rhs])
  }
  if (rhs.shape[rhsSpec[0]] % (featureGroupCount * batchGroupCount) !== 0) {
    throw new ShapeError(who, 'output features that the group count divides', rhs)
  }
  if (lhs.shape[lhsSpec[0]] % batchGroupCount !== 0) throw new ShapeError(who, `a batch that ${batchGroupCount} divides`, lhs)
}

/** A convolution: at each place of the kernel over the image, the sum of products with what lies under it. */
export const convGeneralDilatedP: Primitive<'conv_general_dilated', ConvParams> = primitive<'conv_general_dilated', ConvParams>(
  'conv_general_dilated',
  {
    abstract([lhs, rhs], params) {
      const rank = lhs.shape.length
      const { dimensionNumbers, preferredElementType } = params
      if (rank < 2 || rhs.shape.length !== rank) throw new ShapeError(who, 'operands of one rank, at least 2', [lhs, rhs])
      if (lhs.dtype === 'bool') throw new DTypeError(who, 'numbers, not booleans', lhs)
      const dtype = productType(who, lhs, rhs, preferredElementType)
      checkConvNumbers(who, dimensionNumbers, rank)
      checkPositive(who, 'windowStrides', params.windowStrides, rank - 2)
      checkPositive(who, 'lhsDilation', params.lhsDilation, rank - 2)
      checkPositive(who, 'rhsDilation', params.rhsDilation, rank - 2)
      checkPairs(who, params.padding, rank - 2)
      checkGroups(lhs, rhs, params)
      const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers
      const space = spaceOf(lhs.shape, rhs.shape, params).out
      const sizes = [lhs.shape[lhsSpec[0]] / params.batchGroupCount, rhs.shape[rhsSpec[0]], ...space]
      const shape = new Array<number>(rank)
      outSpec.forEach((axis, i) => (shape[axis] = sizes[i]))
      return { shape, dtype, weak: lhs.weak && rhs.weak && preferredElementType === null }
    },
    impl: convolve,
    rules: ['linear', 'linear'],
    transpose: [
      (ct, operands, params) => imageCotangent(ct, operands, params),
      (ct, operands, params) => kernelCotangent(ct, operands, params)
    ],
    batch(size, [lhs, rhs], [l, r], params) {
      const { dimensionNumbers: { lhsSpec, rhsSpec, outSpec }, featureGroupCount, batchGroupCount } = params
      if (size === 0) {
        const example = ({ aval }: NdArray, batched: boolean): Aval => (batched ? reshaped(aval, aval.shape.slice(1)) : aval)
        const [out] = convGeneralDilatedP.abstract([example(lhs, l), example(rhs, r)], params)
        return zerosLike({ aval: reshaped(out, [0, ...out.shape]) })
      }
      if (l && r) {
        // The mapped axis makes groups that do not mix.
        const byBatch = batchGroupCount > 1
        const out = bind1(convGeneralDilatedP, [joinLeading(lhs, lhsSpec[byBatch ? 0 : 1]), joinLeading(rhs, rhsSpec[0])], {
          ...params,
          featureGroupCount: byBatch ? 1 : featureGroupCount * size,
          batchGroupCount: byBatch ? batchGroupCount * size : 1
        })
        return splitLeading(out, outSpec[1], size)
      }
      if (l) {
        const out = bind1(convGeneralDilatedP, [joinLeading(lhs, lhsSpec[0], batchGroupCount), rhs], params)
        return splitLeading(out, outSpec[0], size)
      }
      const groups = featureGroupCount * batchGroupCount
      const out = bind1(convGeneralDilatedP, [lhs, joinLeading(rhs, rhsSpec[0], groups)], params)
      return splitLeading(out, outSpec[1], size, groups)
    }
  }
)

/**
 * The leading axis joined with another, which is `axis` of the rest: for each of `groups` parts of that axis, all
 * positions of the leading one, and within them the part.
 */
const joinLeading = (x: NdArray, axis: number, groups = 1): NdArray => {
  const [size, ...rest] = x.shape
  const split = reshape(x, [size, ...rest.slice(0, axis), groups, rest[axis] / groups, ...rest.slice(axis + 1)])
  const moved = transpose(split, [...range(axis + 1, 1), 0, ...range(rest.length - axis, axis + 2)])
  return reshape(moved, rest.with(axis, size * rest[axis]))
}

/** Undoes `joinLeading`. */
const splitLeading = (x: NdArray, axis: number, size: number, groups = 1): NdArray => {
  const part = x.shape[axis] / size / groups
  const split = reshape(x, [...x.shape.slice(0, axis), groups, size, part, ...x.shape.slice(axis + 1)])
  const moved = transpose(split, [axis + 1, ...range(axis + 1), ...range(x.ndim - axis, axis + 2)])
  return reshape(moved, [size, ...x.shape.with(axis, groups * part)])
}

/** An axis along which both operands of the sum of products, or one and the result, advance. */
interface Walk {
  readonly size: number
  readonly step: number
  readonly other: number
}

/** Sums of products over patches, which are addressed in the padded image rather than copied out. */
function convolve([lhs, rhs]: readonly NdArray[], params: ConvParams, out: Aval): NdArray {
  const { featureGroupCount, batchGroupCount, windowStrides, rhsDilation } = params
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const data = allocate(out.dtype, sizeOf(out.shape))
  if (data.length === 0) return wrap(out, data)

  const config = new Array<Padding>(lhs.ndim).fill([0, 0, 0])
  params.padding.forEach(([low, high], d) => (config[lhsSpec[d + 2]] = [low, high, params.lhsDilation[d] - 1]))
  const shape = [...lhs.shape]
  spaceOf(lhs.shape, rhs.shape, params).image.forEach((size, d) => (shape[lhsSpec[d + 2]] = size))
  const plain = config.every((padding) => padding.every((n) => n === 0))
  const zero = scalar(0, lhs.dtype)
  const [image] = plain ? [lhs] : padP.impl([lhs, zero], { paddingConfig: config }, [reshaped(lhs.aval, shape)])

  const ls = pick(stridesOf(shape), lhsSpec)
  const rs = pick(stridesOf(rhs.shape), rhsSpec)
  const os = pick(stridesOf(out.shape), outSpec)
  const [sizes, kernel] = [pick(out.shape, outSpec), pick(rhs.shape, rhsSpec)]
  const groups = featureGroupCount * batchGroupCount
  const features = kernel[0] / groups
  const lhsGroup = batchGroupCount > 1 ? sizes[0] * ls[0] : kernel[1] * ls[1]
  const space = range(lhsSpec.length - 2)
  // Axes in the order of the image's memory.
  const inOrder = (walks: readonly Walk[]): readonly Walk[] => walks.toSorted((a, b) => b.step - a.step)
  const rows = inOrder([
    { size: sizes[0], step: ls[0], other: os[0] },
    ...space.map((d) => ({ size: sizes[d + 2], step: ls[d + 2] * windowStrides[d], other: os[d + 2] }))
  ])
  const depth = inOrder([
    { size: kernel[1], step: ls[1], other: rs[1] },
    ...space.map((d) => ({ size: kernel[d + 2], step: ls[d + 2] * rhsDilation[d], other: rs[d + 2] }))
  ])
  const table = (walks: readonly Walk[], key: 'step' | 'other'): Int32Array =>
    offsetsOf(walks.map((walk) => walk.size), walks.map((walk) => walk[key]), range(walks.length))
  const every = (count: number, stride: number): Int32Array => offsetsOf([count], [stride], [0])
  const left = { batch: every(groups, lhsGroup), free: table(rows, 'step'), depth: table(depth, 'step') }
  const right = { batch: every(groups, features * rs[0]), free: every(features, rs[0]), depth: table(depth, 'other') }
  const target = { batch: every(groups, features * os[1]), rows: table(rows, 'other'), columns: every(features, os[1]) }
  const [a, b] = [factorData(image, out.dtype), factorData(rhs, out.dtype)]
  sumOfProducts({ data: a, ...left }, { data: b, ...right }, { data, ...target }, out.dtype)
  return wrap(out, data)
}

const swapped = ([first, second, ...space]: readonly number[]): readonly number[] => [second, first, ...space]

/** The result's cotangent convolved with the kernel turned round, strides become dilation of the image. */
const imageCotangent = (ct: NdArray, [x, y]: readonly (NdArray | Unknown)[], params: ConvParams): NdArray => {
  if (ct.size === 0) return zerosLike(x)
  const { featureGroupCount, batchGroupCount, lhsDilation, rhsDilation, windowStrides } = params
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const groups = featureGroupCount * batchGroupCount
  const kernel = convertElementType(known(y), ct.dtype)
  const padding = rhsSpec.slice(2).map((axis, d): Pair => {
    const window = dilated(kernel.shape[axis], rhsDilation[d])
    const low = window - 1 - params.padding[d][0]
    const total = dilated(x.aval.shape[lhsSpec[d + 2]], lhsDilation[d]) + window - 1 - dilated(ct.shape[outSpec[d + 2]], windowStrides[d])
    return [low, total - low]
  })
  const grouped = groups === 1 ? kernel : joinLeading(splitLeading(kernel, rhsSpec[0], groups), rhsSpec[1])
  const out = bind1(convGeneralDilatedP, [ct, rev(grouped, rhsSpec.slice(2))], {
    windowStrides: lhsDilation,
    padding,
    lhsDilation: windowStrides,
    rhsDilation,
    dimensionNumbers: { lhsSpec: outSpec, rhsSpec: swapped(rhsSpec), outSpec: lhsSpec },
    featureGroupCount: groups,
    batchGroupCount: 1,
    preferredElementType: null
  })
  const whole = batchGroupCount === 1 ? out : joinLeading(splitLeading(out, lhsSpec[1], batchGroupCount), lhsSpec[0])
  return convertElementType(whole, x.aval.dtype)
}

/** The image convolved with the result's cotangent: batch and features change places, as do strides and the kernel's dilation. */
const kernelCotangent = (ct: NdArray, [x, y]: readonly (NdArray | Unknown)[], params: ConvParams): NdArray => {
  if (ct.size === 0) return zerosLike(y)
  const { featureGroupCount, batchGroupCount, lhsDilation, rhsDilation, windowStrides } = params
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers
  const image = convertElementType(known(x), ct.dtype)
  const padding = rhsSpec.slice(2).map((axis, d): Pair => {
    const [low] = params.padding[d]
    const total = dilated(ct.shape[outSpec[d + 2]], windowStrides[d]) - dilated(image.shape[lhsSpec[d + 2]], lhsDilation[d])
    return [low, total + dilated(y.aval.shape[axis], rhsDilation[d]) - 1 - low]
  })
  const out = bind1(convGeneralDilatedP, [image, ct], {
    windowStrides: rhsDilation,
    padding,
    lhsDilation,
    rhsDilation: windowStrides,
    dimensionNumbers: { lhsSpec: swapped(lhsSpec), rhsSpec: swapped(outSpec), outSpec: swapped(rhsSpec) },
    featureGroupCount: batchGroupCount,
    batchGroupCount: featureGroupCount,
    preferredElementType: null
  })
  return convertElementType(out, y.aval.dtype)
}

export interface ConvOptions {
  /** Steps between neighbouring places of the kernel, one for each axis of space; 1 unless given. */
  readonly windowStrides?: readonly number[]
  /** `'VALID'` unless given. */
  readonly padding?: WindowPadding
  /** How far apart the image's elements are set, with zeros between them; 1 unless given. */
  readonly lhsDilation?: readonly number[]
  /** How far apart the kernel's elements are set; 1 unless given. */
  readonly rhsDilation?: readonly number[]
  /** Which axes are which; unless given batch, features, then space: `['NCHW', 'OIHW', 'NCHW']`. */
  readonly dimensionNumbers?: ConvLetters | ConvDimensionNumbers
  readonly featureGroupCount?: number
  readonly batchGroupCount?: number
  /** The dtype of the result, in which terms are summed: at least as wide as the operands'. */
  readonly preferredElementType?: DType
}

const convOptions = [
  'windowStrides', 'padding', 'lhsDilation', 'rhsDilation', 'dimensionNumbers', 'featureGroupCount', 'batchGroupCount',
  'preferredElementType'
]

/**
 * The general convolution (cross-correlation: the kernel is not turned round) over any number of axes of space, with
 * strides, padding, dilation of either operand, and groups. JAX's `lax.conv_general_dilated`. Throws ShapeError where
 * sizes do not fit, ArgumentError for padding by name together with a dilated image.
 *
 * @example
 * const image = np.array([[[1, 2, 3, 4]]])
 * lax.convGeneralDilated(image, np.array([[[1, 10]]])) // [[[21, 32, 43]]]
 * lax.convGeneralDilated(image, np.array([[[1, 10]]]), { windowStrides: [2], padding: 'SAME' }) // [[[21, 43]]]
 */
export const convGeneralDilated = (lhs: NdArray, rhs: NdArray, options: ConvOptions = {}): NdArray => {
  checkOptions(who, options, convOptions)
  const rank = checkArray(who, lhs).ndim
  if (rank < 2 || checkArray(who, rhs).ndim !== rank) throw new ShapeError(who, 'operands of one rank, at least 2', [lhs, rhs])
  const ones = range(rank - 2).map(() => 1)
  const { windowStrides = ones, padding = 'VALID', lhsDilation = ones, rhsDilation = ones } = options
  const dimensionNumbers = convDimensionNumbers(who, rank, options.dimensionNumbers)
  if (typeof padding === 'string' && lhsDilation.some((factor) => factor !== 1)) {
    throw new ArgumentError(who, 'padding in numbers where the image is dilated (or convTranspose)', `'${padding}'`)
  }
  checkPositive(who, 'windowStrides', windowStrides, rank - 2)
  checkPositive(who, 'lhsDilation', lhsDilation, rank - 2)
  checkPositive(who, 'rhsDilation', rhsDilation, rank - 2)
  const kernel = pick(rhs.shape, dimensionNumbers.rhsSpec.slice(2)).map((size, d) => dilated(size, rhsDilation[d]))
  return bind1(convGeneralDilatedP, [lhs, rhs], {
    windowStrides,
    padding: paddingPairs(who, padding, pick(lhs.shape, dimensionNumbers.lhsSpec.slice(2)), kernel, windowStrides),
    lhsDilation,
    rhsDilation,
    dimensionNumbers,
    featureGroupCount: options.featureGroupCount ?? 1,
    batchGroupCount: options.batchGroupCount ?? 1,
    preferredElementType: options.preferredElementType ?? null
  })
}

/**
 * The convolution of images [batch, features, …space] with a kernel [output features, input features, …space]. JAX's
 * `lax.conv`. Throws ShapeError where sizes do not fit.
 *
 * @example
 * lax.conv(np.array([[[1, 2, 3, 4]]]), np.array([[[1, 10]]]), [1], 'VALID') // [[[21, 32, 43]]]
 */
export const conv = (lhs: NdArray, rhs: NdArray, windowStrides: readonly number[], padding: WindowPadding): NdArray =>
  convGeneralDilated(lhs, rhs, { windowStrides, padding })

/** The padding of a transposed convolution that undoes the shape change of one with padding by name. */
export const transposedPadding = (padding: 'SAME' | 'VALID', window: number, stride: number): Pair => {
  const total = window + stride - 2 + (padding === 'VALID' ? Math.max(window - stride, 0) : 0)
  const low = padding === 'VALID' || stride > window - 1 ? window - 1 : Math.ceil(total / 2)
  return [low, total - low]
}

export interface ConvTransposeOptions {
  /** How far apart the kernel's elements are set; 1 unless given. */
  readonly rhsDilation?: readonly number[]
  /** Which axes are which; unless given space lies between batch and features: `['NHWC', 'HWIO', 'NHWC']`. */
  readonly dimensionNumbers?: ConvLetters | ConvDimensionNumbers
  /** The kernel is that of the convolution to be transposed: it is turned round, and its features change places. */
  readonly transposeKernel?: boolean
  readonly preferredElementType?: DType
}

/**
 * A convolution with fractional strides, as it enlarges images: the elements of the image are set `strides` apart.
 * `'SAME'` and `'VALID'` name the padding of the convolution whose shapes this one inverts; pairs are the padding of the
 * dilated image itself. JAX's `lax.conv_transpose`. Throws ShapeError where sizes do not fit.
 *
 * @example
 * lax.convTranspose(np.array([[[1], [2]]]), np.array([[[1]], [[10]]]), [2], 'VALID') // [[[10], [1], [20], [2]]]
 */
export const convTranspose = (
  lhs: NdArray,
  rhs: NdArray,
  strides: readonly number[],
  padding: 'SAME' | 'VALID' | readonly Pair[],
  options: ConvTransposeOptions = {}
): NdArray => {
  checkOptions('convTranspose', options, ['rhsDilation', 'dimensionNumbers', 'transposeKernel', 'preferredElementType'])
  const rank = checkArray('convTranspose', lhs).ndim
  if (rank < 2 || checkArray('convTranspose', rhs).ndim !== rank) {
    throw new ShapeError('convTranspose', 'operands of one rank, at least 2', [lhs, rhs])
  }
  const { rhsDilation = range(rank - 2).map(() => 1), transposeKernel = false, preferredElementType } = options
  const image = [0, rank - 1, ...range(rank - 2, 1)]
  const channelsLast = { lhsSpec: image, rhsSpec: [rank - 1, rank - 2, ...range(rank - 2)], outSpec: image }
  const dimensionNumbers = convDimensionNumbers('convTranspose', rank, options.dimensionNumbers ?? channelsLast)
  const { rhsSpec } = dimensionNumbers
  checkPositive('convTranspose', 'strides', strides, rank - 2)
  return convGeneralDilated(lhs, transposeKernel ? rev(rhs, rhsSpec.slice(2)) : rhs, {
    padding: typeof padding === 'string'
      ? strides.map((stride, d) => transposedPadding(padding, dilated(rhs.shape[rhsSpec[d + 2]], rhsDilation[d]), stride))
      : padding,
    lhsDilation: strides,
    rhsDilation,
    dimensionNumbers: transposeKernel ? { ...dimensionNumbers, rhsSpec: swapped(rhsSpec) } : dimensionNumbers,
    ...(preferredElementType !== undefined && { preferredElementType })
  })
}
