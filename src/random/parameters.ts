import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat, type FloatDType } from '../core/dtype.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { broadcastShapes, type Shape } from '../core/shape.js'
import { arrayOf, expanded, widen } from '../numpy/promote.js'
import { shapeOf } from './options.js'

/** Whether an array broadcasts to a shape. */
export const fits = (from: Shape, to: Shape): boolean => {
  const offset = to.length - from.length
  return offset >= 0 && from.every((size, i) => size === 1 || size === to[offset + i])
}

/** Checks that a parameter broadcasts to the shape of the samples. */
export const checkFits = (who: string, x: NdArray, shape: Shape): NdArray => {
  if (!fits(x.shape, shape)) throw new ShapeError(who, `parameters that broadcast to the shape [${shape.join(',')}]`, x)
  return x
}

/** A parameter in the dtype of the samples. Throws ShapeError unless it broadcasts to their shape. */
export const parameter = (who: string, x: ArrayLike, shape: Shape, dtype: FloatDType): NdArray =>
  checkFits(who, arrayOf(who, x, dtype), shape)

/** A parameter for each sample. Throws ShapeError unless it broadcasts to their shape. */
export const fitted = (who: string, x: NdArray, shape: Shape): NdArray => expanded(checkFits(who, x, shape), shape)

/** The shape of the samples: the one given, else the parameters'. */
export const shapeFor = (who: string, shape: Shape | undefined, parameters: readonly ArrayLike[]): Shape =>
  shape === undefined ? broadcastShapes(who, parameters.map((x) => arrayOf(who, x).shape)) : shapeOf(who, shape)

/** A parameter whose dtype is that of the samples: floating, integers become float32. */
export const floating = (who: string, x: ArrayLike): Floating => {
  const array = widen(who, x, 'float')
  if (!isFloating(array)) throw new DTypeError(who, 'floats', array)
  return array
}

/** An array of floats. */
export type Floating = NdArray & { readonly dtype: FloatDType }

const isFloating = (x: NdArray): x is Floating => isFloat(x.dtype)
