import type { NdArray } from '../core/array.js'
import { range, without, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'

/** A reduced array copied along the axes that it has lost, so that it has a shape again. */
export const spreadBack = (reduced: NdArray, shape: Shape, axes: readonly number[]): NdArray =>
  lax.broadcastInDim(reduced, shape, without(range(shape.length), axes))

/**
 * The array minus its greatest element along axes: its exponentials do not overflow, and neither values nor derivatives of what
 * ignores shifts change. Plus infinity becomes 0 with derivative 0 (∞ − ∞ would be NaN), all else beside it minus infinity.
 */
export const belowGreatest = (x: NdArray, axes: readonly number[]): NdArray => {
  const shifted = lax.sub(x, spreadBack(lax.stopGradient(lax.reduceMax(x, axes)), x.shape, axes))
  return lax.select(lax.eq(x, Infinity), lax.fullLike(x, 0), shifted)
}

/** `log Σ exp(x)` along axes; minus infinity, with derivative 0, where there is nothing but minus infinity. */
export const logSumExp = (x: NdArray, axes: readonly number[]): NdArray => {
  const greatest = lax.stopGradient(lax.reduceMax(x, axes))
  const shift = lax.select(lax.isFinite(greatest), greatest, lax.fullLike(greatest, 0))
  const sum = lax.reduceSum(lax.exp(lax.sub(x, spreadBack(shift, x.shape, axes))), axes)
  const none = lax.eq(sum, 0)
  const log = lax.add(lax.log(lax.select(none, lax.fullLike(sum, 1), sum)), shift)
  return lax.select(none, lax.fullLike(sum, -Infinity), log)
}
