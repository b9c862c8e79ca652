import { stridesOf, type Shape } from '../../core/shape.js'
import type { Affine } from './kernel.js'

/** Where an element is along one axis or in a buffer, by the counters of the loops around. */
export const constant = (offset: number): Affine => ({ offset, strides: [] })

const counters: Affine[] = []

/** The counter of a loop. */
export const counter = (k: number): Affine => (counters[k] ??= { offset: 0, strides: [...new Array<number>(k).fill(0), 1] })

const trimmed = (strides: number[]): readonly number[] => {
  while (strides.at(-1) === 0) strides.pop()
  return strides
}

/** `a + factor · b`. */
export const plus = (a: Affine, b: Affine, factor = 1): Affine => {
  const length = Math.max(a.strides.length, b.strides.length)
  const strides = new Array<number>(length)
  for (let k = 0; k < length; k++) strides[k] = (a.strides[k] ?? 0) + factor * (b.strides[k] ?? 0)
  return { offset: a.offset + factor * b.offset, strides: trimmed(strides) }
}

/** The position in a row-major array of the element at the coordinates. */
export const linear = (coordinates: readonly Affine[], shape: Shape): Affine => {
  const steps = stridesOf(shape)
  const sum: number[] = []
  let start = 0
  for (let axis = 0; axis < coordinates.length; axis++) {
    const { offset, strides } = coordinates[axis]
    start += steps[axis] * offset
    for (let k = 0; k < strides.length; k++) sum[k] = (sum[k] ?? 0) + steps[axis] * strides[k]
  }
  return { offset: start, strides: trimmed(sum) }
}

/** How far it moves when the counter does. */
export const strideOf = (a: Affine, k: number): number => a.strides[k] ?? 0

export const equalAffine = (a: Affine, b: Affine): boolean => {
  if (a === b) return true
  if (a.offset !== b.offset || a.strides.length !== b.strides.length) return false
  for (let k = 0; k < a.strides.length; k++) if (a.strides[k] !== b.strides[k]) return false
  return true
}
