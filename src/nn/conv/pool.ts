import type { ArrayLike, NdArray } from '../../core/array.js'
import { ArgumentError } from '../../core/errors.js'
import { withName } from '../../core/name.js'
import { checkOptions } from '../../core/options.js'
import { range, sizeOf, type Shape } from '../../core/shape.js'
import type { Pair } from '../../lax/window/convdims.js'
import * as lax from '../../lax/index.js'
import { arrayOf, widen, type Unary } from '../../numpy/promote.js'
import { checkLeast, checkPadding, checkRank, checkWindow, pairsOf, perAxis, spaceOf, type Padding, type PerAxis } from './window.js'

/** How the window of a pool slides. */
export interface PoolOptions {
  /** Steps between neighbouring places of the window; the window's sizes by default, so that places do not overlap. */
  readonly stride?: PerAxis
  /** `'VALID'` by default. In numbers it is less than the window, so that no place holds padding only. */
  readonly padding?: Padding
}

/** How an average pool slides, and what it divides by. */
export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as zeros, as by default; `false`: averages are over the elements that are there. */
  readonly countPadding?: boolean
}

/** Windows over some axes, as `lax.reduceWindow` takes them. */
interface Windows {
  readonly windowDimensions: Shape
  readonly windowStrides: Shape
  readonly padding: readonly Pair[]
}

/** Checks the window and its options; the result gives the windows over the axes of space of an input, and a name. */
const windowsOver = (
  kind: string, window: readonly number[], options: PoolOptions
): readonly [who: string, over: (x: NdArray) => Windows] => {
  const rank = checkWindow(kind, window).length
  const stride = perAxis(kind, 'stride', options.stride ?? window, rank)
  const padding = checkPadding(kind, options.padding ?? 'VALID', rank)
  if (typeof padding !== 'string' && padding.some((pair, d) => Math.max(...pair) >= window[d])) {
    throw new ArgumentError(kind, `padding less than the window [${window.join(', ')}]`, padding)
  }
  const who = `${kind}([${window.join(', ')}])`
  return [who, (x) => ({
    windowDimensions: window,
    windowStrides: stride,
    padding: pairsOf(who, x, spaceOf(who, x, rank), padding, window, stride)
  })]
}

/** A reduction over windows that leaves the batch and the channels alone. */
const reduce = (x: NdArray, reduction: 'sum' | 'max', { windowDimensions, windowStrides, padding }: Windows): NdArray => {
  const batch = range(x.ndim - windowDimensions.length - 1)
  const ones = batch.map(() => 1)
  return lax.reduceWindow(x, reduction, {
    windowDimensions: [...ones, ...windowDimensions, 1],
    windowStrides: [...ones, ...windowStrides, 1],
    padding: [...batch.map((): Pair => [0, 0]), ...padding, [0, 0]]
  })
}

/**
 * The greatest element under each place of a window over one to three axes of space, for every channel: [...batch, ...space,
 * channels] becomes [...batch, ...space', channels]. Of equal ones the first in the window gets the derivative, as in JAX. A place at
 * the border takes what is there. `flax.linen.max_pool`; with channels last PyTorch's `MaxPool1d` to `MaxPool3d`.
 *
 * Throws ArgumentError for sizes that are no positive integers, unknown options, unknown padding and such that is as large as the
 * window; ShapeError for inputs with too few axes or smaller than the window.
 *
 * @example
 * maxPool([2])([[1], [3], [2], [0]]) // [[3], [2]]
 * maxPool([3], { stride: 1, padding: 'SAME' })([[1], [3], [2], [0]]) // [[3], [3], [3], [2]]
 */
export const maxPool = (window: readonly number[], options: PoolOptions = {}): Unary => {
  checkOptions('maxPool', options, ['stride', 'padding'])
  const [who, over] = windowsOver('maxPool', window, options)
  return withName(who, (x: ArrayLike) => {
    const a = widen(who, x, 'number')
    return reduce(a, 'max', over(a))
  })
}

/**
 * The mean under each place of a window, for every channel; shapes and errors are those of `maxPool`. Padding counts as zeros
 * unless `countPadding` is false. `flax.linen.avg_pool`; with channels last PyTorch's `AvgPool1d` to `AvgPool3d`.
 *
 * @example
 * averagePool([2])([[1], [3], [2], [0]]) // [[2], [1]]
 * averagePool([2], { stride: 1, padding: 1 })([[2], [4]]) // [[1], [3], [2]]
 * averagePool([2], { stride: 1, padding: 1, countPadding: false })([[2], [4]]) // [[2], [3], [4]]
 */
export const averagePool = (window: readonly number[], options: AveragePoolOptions = {}): Unary => {
  checkOptions('averagePool', options, ['stride', 'padding', 'countPadding'])
  const [who, over] = windowsOver('averagePool', window, options)
  const { countPadding = true } = options
  return withName(who, (x: ArrayLike) => {
    const a = widen(who, x, 'float')
    const windows = over(a)
    const sums = reduce(a, 'sum', windows)
    if (countPadding) return lax.div(sums, sizeOf(window))
    const ones = lax.full(a.shape.slice(-window.length - 1, -1), 1, a.dtype)
    const counts = lax.reduceWindow(ones, 'sum', windows)
    return lax.div(sums, lax.broadcastInDim(counts, sums.shape, range(window.length, sums.ndim - window.length - 1)))
  })
}

/** The axes of space of an input. Throws ShapeError where there are too few axes or no elements. */
const spaceAxes = (who: string, x: NdArray, rank: number): readonly number[] => {
  const space = spaceOf(who, x, rank)
  checkLeast(who, x, space, space.map(() => 1))
  return range(rank, x.ndim - rank - 1)
}

/**
 * The greatest element of every channel, over the last `rank` axes before the channels: [...batch, height, width, channels]
 * becomes [...batch, channels]. Equal ones share the derivative. Throws ArgumentError for a rank that is not 1, 2 or 3, ShapeError
 * for inputs with too few axes or without elements in space.
 *
 * @example
 * globalMaxPool()([[[1, 2], [3, 0]]]) // [3, 2]
 */
export const globalMaxPool = (rank = 2): Unary => {
  checkRank('globalMaxPool', rank)
  const who = `globalMaxPool(${rank})`
  return withName(who, (x: ArrayLike) => {
    const a = widen(who, x, 'number')
    return lax.reduceMax(a, spaceAxes(who, a, rank))
  })
}

/**
 * The mean of every channel, over the last `rank` axes before the channels (Lin et al., 2013); shapes and errors are those of
 * `globalMaxPool`.
 *
 * @example
 * globalAveragePool()([[[1, 2], [3, 0]]]) // [2, 1]
 * globalAveragePool(1)([[1, 2], [3, 0]]) // [2, 1]
 */
export const globalAveragePool = (rank = 2): Unary => {
  checkRank('globalAveragePool', rank)
  const who = `globalAveragePool(${rank})`
  return withName(who, (x: ArrayLike) => {
    const a = widen(who, x, 'float')
    const axes = spaceAxes(who, a, rank)
    return lax.div(lax.reduceSum(a, axes), sizeOf(axes.map((axis) => a.shape[axis])))
  })
}

/**
 * Every element as often as the factors say along the last axes before the channels, one to three: [...batch, height, width,
 * channels] becomes [...batch, 2 height, 2 width, channels] by `upsample([2, 2])`. PyTorch's `Upsample` in mode `nearest`. Throws
 * ArgumentError for factors that are no positive integers, ShapeError for inputs with too few axes.
 *
 * @example
 * upsample([2])([[1], [3]]) // [[1], [1], [3], [3]]
 */
export const upsample = (factors: readonly number[]): Unary => {
  const rank = checkWindow('upsample', factors, 'factors').length
  const who = `upsample([${factors.join(', ')}])`
  return withName(who, (x: ArrayLike) => {
    const a = arrayOf(who, x)
    const space = spaceOf(who, a, rank)
    const batch = a.shape.slice(0, -rank - 1)
    const channels = a.shape.slice(-1)
    // Behind each axis of space a new one for the copies.
    const split = [...batch, ...space.flatMap((size, d) => [size, factors[d]]), ...channels]
    const old = [...range(batch.length), ...space.map((_, d) => batch.length + 2 * d), split.length - 1]
    return lax.reshape(lax.broadcastInDim(a, split, old), [...batch, ...space.map((size, d) => size * factors[d]), ...channels])
  })
}
