import { byteSize } from '../../../core/dtype.js'
import type { Atom } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'

/** How long kernels take, in seconds: what the plan of a sum of products is chosen by. Never timed at run time. */
export interface Model {
  /** Operations in a second of a matrix product in float32. */
  readonly products: number
  /** Operations in a second of everything else. */
  readonly loops: number
  /** Bytes in a second, read and written. */
  readonly bandwidth: number
  /** Of a kernel, whatever it does. */
  readonly overhead: number
  /** A value of fewer bytes is not worth avoiding. */
  readonly threshold: number
}

/** One thread of 128-bit SIMD. */
export const calibrated: Model = { products: 55e9, loops: 7e9, bandwidth: 30e9, overhead: 0.5e-6, threshold: 65536 }

/** Extents below it leave the lanes of a product idle. */
export const leastExtent = 4

/** The time of so many operations on so many elements. */
export const kernelTime = (model: Model, rate: number, operations: number, elements: number, bytes: number): number =>
  Math.max((operations * bytes) / (4 * rate), (elements * bytes) / model.bandwidth) + model.overhead

/** Whether a value is worth avoiding. */
export const isLarge = ({ kind, aval }: Atom, model: Model): boolean =>
  kind === 'var' && sizeOf(aval.shape) * byteSize(aval.dtype) >= model.threshold
