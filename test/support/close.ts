import type { NdArray } from '../../src/core/array.js'
import { equalShapes } from '../../src/core/shape.js'
import { show } from './arrays.js'

/** Throws, showing both arrays, unless dtype and shape agree. */
export const sameType = (what: string, got: NdArray, expected: NdArray): void => {
  if (got.dtype !== expected.dtype || !equalShapes(got.shape, expected.shape)) {
    throw new Error(`${what}: got ${show(got)} where ${show(expected)} is expected`)
  }
}

/** Throws unless dtype, shape and every bit of the elements agree; any NaN is as good as another. */
export const sameBits = (what: string, got: NdArray, expected: NdArray): void => {
  sameType(what, got, expected)
  const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
  for (let i = 0; i < a.length; i++) {
    if (!Object.is(a[i], b[i])) throw new Error(`${what}: got ${show(got)} where ${show(expected)} is expected (element ${i})`)
  }
}

/**
 * Throws unless dtype and shape agree, and elements differ by no more than the tolerance times the greatest magnitude, at
 * least 1. Infinities and NaN agree with themselves alone.
 */
export const close = (what: string, got: NdArray, expected: NdArray, tolerance: number): void => {
  sameType(what, got, expected)
  const [a, b] = [got.toTypedArray(), expected.toTypedArray()]
  let scale = 1
  for (const value of b) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue
    if (!(Math.abs(a[i] - b[i]) <= tolerance * scale)) {
      throw new Error(`${what}: got ${show(got)} where ${show(expected)} is expected (element ${i}, tolerance ${tolerance} of ${scale})`)
    }
  }
}

/** As `close`, for lists of arrays. */
export const allClose = (what: string, got: readonly NdArray[], expected: readonly NdArray[], tolerance: number): void => {
  if (got.length !== expected.length) throw new Error(`${what}: got ${got.length} arrays where ${expected.length} are expected`)
  got.forEach((x, i) => {
    close(got.length === 1 ? what : `${what}, array ${i}`, x, expected[i], tolerance)
  })
}

/** The inner product of two lists of arrays, and the sum of the magnitudes of its terms. */
export const inner = (xs: readonly NdArray[], ys: readonly NdArray[]): { readonly sum: number; readonly magnitude: number } => {
  let sum = 0
  let magnitude = 0
  xs.forEach((x, k) => {
    const [a, b] = [x.toTypedArray(), ys[k].toTypedArray()]
    for (let i = 0; i < a.length; i++) {
      sum += a[i] * b[i]
      magnitude += Math.abs(a[i] * b[i])
    }
  })
  return { sum, magnitude }
}
