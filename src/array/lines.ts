import { sizeOf, type Shape } from '../core/shape.js'

/** The elements of an array along one axis, at one position of the others: `first`, `first + step`, … */
export interface Line {
  readonly first: number
  readonly step: number
  readonly count: number
}

/** Visits every line along an axis, in row-major order of the other axes; from its last element on with `reverse`. */
export const forEachLine = (shape: Shape, axis: number, reverse: boolean, visit: (line: Line) => void): void => {
  const count = shape[axis]
  const inner = sizeOf(shape.slice(axis + 1))
  const size = sizeOf(shape)
  for (let start = 0; start < size; start += count * inner) {
    for (let i = start; i < start + inner; i++) {
      visit(reverse ? { first: i + (count - 1) * inner, step: -inner, count } : { first: i, step: inner, count })
    }
  }
}
