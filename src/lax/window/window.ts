import { offsetsOf } from '../../array/matmul.js'
import { dataOf, scalar } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { TypedArray } from '../../core/dtype.js'
import { range, stridesOf, type Shape } from '../../core/shape.js'
import { reshaped } from '../broadcast.js'
import { padP } from '../movement/slice.js'
import { checkPairs, checkPositive, dilated, windowCount, type Pair } from './convdims.js'

/*
 * Windows that slide along every axis.
 */

export interface WindowParams {
  readonly windowDimensions: readonly number[]
  readonly windowStrides: readonly number[]
  readonly padding: readonly Pair[]
  /** How far apart the array's elements are set. */
  readonly baseDilation: readonly number[]
  /** How far apart a window's elements are. */
  readonly windowDilation: readonly number[]
}

/** The shape of the padded and dilated array, and how many windows there are along each axis. */
const geometry = (shape: Shape, p: WindowParams): Readonly<Record<'base' | 'out', Shape>> => {
  const base = shape.map((size, i) => p.padding[i][0] + dilated(size, p.baseDilation[i]) + p.padding[i][1])
  const window = p.windowDimensions.map((size, i) => dilated(size, p.windowDilation[i]))
  return { base, out: base.map((size, i) => windowCount(size, window[i], p.windowStrides[i])) }
}

/** Checks the params, and gives the shape of the result. */
export const windowShape = (who: string, shape: Shape, p: WindowParams): Shape => {
  for (const word of ['windowDimensions', 'windowStrides', 'baseDilation', 'windowDilation'] as const) {
    checkPositive(who, word, p[word], shape.length)
  }
  checkPairs(who, p.padding, shape.length)
  return geometry(shape, p).out
}

/** The padded array, and where in it the windows and their elements lie. */
export interface Windows {
  readonly data: TypedArray
  /** Where each window starts. */
  readonly starts: Int32Array
  /** Where each element of a window lies, from its start, in row-major order. */
  readonly steps: Int32Array
}

/** The windows of an array, with `fill` for padding and dilation; there is at least one. */
export const windowsOf = (x: NdArray, out: Shape, fill: number, p: WindowParams): Windows => {
  const { base } = geometry(x.shape, p)
  const config = p.padding.map(([low, high], i) => [low, high, p.baseDilation[i] - 1] as const)
  const plain = config.every((padding) => padding.every((n) => n === 0))
  const [padded] = plain ? [x] : padP.impl([x, scalar(fill, x.dtype)], { paddingConfig: config }, [reshaped(x.aval, base)])
  const strides = stridesOf(base)
  const axes = range(base.length)
  return {
    data: dataOf(padded),
    starts: offsetsOf(out, strides.map((stride, i) => stride * p.windowStrides[i]), axes),
    steps: offsetsOf(p.windowDimensions, strides.map((stride, i) => stride * p.windowDilation[i]), axes)
  }
}

/** The same windows under a new leading axis. */
export const leading = (p: WindowParams): WindowParams => ({
  windowDimensions: [1, ...p.windowDimensions],
  windowStrides: [1, ...p.windowStrides],
  padding: [[0, 0], ...p.padding],
  baseDilation: [1, ...p.baseDilation],
  windowDilation: [1, ...p.windowDilation]
})
