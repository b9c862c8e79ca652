import { stridesOf, type Shape } from '../../core/shape.js'
import type { Affine } from './kernel.js'

/** Where an element is along one axis or in a buffer, by the counters of the loops around. */
export const constant = (offset: number): Affine => ({ offset, strides: [] })

/** The counter of a loop. */
export const counter = (k: number): Affine => ({ offset: 0, strides: [...new Array<number>(k).fill(0), 1] })

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
  const strides = stridesOf(shape)
  return coordinates.reduce((sum, coordinate, axis) => plus(sum, coordinate, strides[axis]), constant(0))
}

/** How far it moves when the counter does. */
export const strideOf = (a: Affine, k: number): number => a.strides[k] ?? 0

export const equalAffine = (a: Affine, b: Affine): boolean =>
  a.offset === b.offset && a.strides.length === b.strides.length && a.strides.every((stride, k) => stride === b.strides[k])

/** The same text for the same coordinates. */
export const keyOf = (coordinates: readonly Affine[]): string =>
  coordinates.map(({ offset, strides }) => `${offset}:${strides.join()}`).join(' ')
