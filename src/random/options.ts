import type { NdArray } from '../core/array.js'
import { checkDType, isFloat, isInteger, type DType, type FloatDType } from '../core/dtype.js'
import { ArgumentError, DTypeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { checkShape, sizeOf, type Shape } from '../core/shape.js'
import { checkKey } from './key.js'
import type { Layout } from './layout.js'

/** What samplers of floats take last. */
export interface FloatOptions {
  /** float32 by default. */
  readonly dtype?: FloatDType
}

/** What samplers of integers take last. */
export interface IntegerOptions {
  /** int32 by default. */
  readonly dtype?: DType
}

/** A sampler of floats: a key and a shape, scalar by default, to independent samples. */
export type Sampler = (key: NdArray, shape?: Shape, options?: FloatOptions) => NdArray

const isList = (x: unknown): x is Shape => Array.isArray(x)

/** Checks a shape: a list of sizes. */
export const shapeOf = (who: string, shape: Shape): Shape => {
  if (!isList(shape)) throw new ArgumentError(who, 'a shape, a list of sizes such as [2, 3]', shape)
  if (sizeOf(checkShape(who, shape)) > 2 ** 32) throw new ArgumentError(who, 'at most 2³² samples', [...shape])
  return shape
}

/** Checks options of which `dtype` is to be a floating one, and gives it. */
export const floatDType = (who: string, options: FloatOptions, known: readonly string[] = ['dtype']): FloatDType => {
  checkOptions(who, options, known)
  const dtype = checkDType(who, options.dtype ?? 'float32')
  if (!isFloat(dtype)) throw new DTypeError(who, 'float32 or float64', dtype)
  return dtype
}

/** Checks options of which `dtype` is to be an integer one, and gives it. */
export const integerDType = (who: string, options: IntegerOptions): DType => {
  checkOptions(who, options, ['dtype'])
  const dtype = checkDType(who, options.dtype ?? 'int32')
  if (!isInteger(dtype)) throw new DTypeError(who, 'an integer dtype', dtype)
  return dtype
}

/** How samples are drawn once everything is checked. */
export type Draw = (layout: Layout, key: NdArray, shape: Shape, dtype: FloatDType) => NdArray

/** The sampler of a distribution without parameters, in any layout. */
export const sampler =
  (who: string, draw: Draw) =>
  (layout: Layout): Sampler =>
  (key, shape = [], options = {}) =>
    draw(layout, checkKey(who, key), shapeOf(who, shape), floatDType(who, options))
