import { ArgumentError, quoted, ShapeError } from './errors.js'

/** The sizes of an array's axes, leading axis first. */
export type Shape = readonly number[]

/** How many elements an array of this shape has. */
export const sizeOf = (shape: Shape): number => {
  let size = 1
  for (let i = 0; i < shape.length; i++) size *= shape[i]
  return size
}

export const equalShapes = (a: Shape, b: Shape): boolean => {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): readonly number[] => {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]
  }
  return strides
}

/** `0, 1, … n − 1`. */
export const range = (n: number, from = 0): readonly number[] => Array.from({ length: n }, (_, i) => from + i)

const isList = (x: unknown): x is readonly unknown[] => Array.isArray(x)

/** Checks that it is a list, and every size a natural number. Gives a list that nobody will change. */
export const checkShape = (who: string, shape: Shape): Shape => {
  if (!isList(shape)) throw new ArgumentError(who, 'a shape, a list of sizes such as [2, 3]', quoted(shape))
  for (const size of shape) {
    if (Number.isSafeInteger(size) && size >= 0) continue
    const cure = typeof size === 'object' ? ' (a size that is traced has to be a static argument of jit)' : ''
    throw new ShapeError(who, `a shape of non-negative integers${cure}`, [...shape])
  }
  return Object.isFrozen(shape) ? shape : Object.freeze([...shape])
}

/** An axis counted from the front; negative ones count from the back. Throws ShapeError outside of `[-rank, rank)`. */
export const normalAxis = (who: string, axis: number, rank: number): number => {
  if (!Number.isInteger(axis)) throw new ArgumentError(who, 'an integer axis', quoted(axis))
  if (axis < -rank || axis >= rank) {
    throw new ShapeError(who, rank === 0 ? 'no axis, as the array is a scalar' : `an axis from ${-rank} to ${rank - 1}`, `axis ${axis}`)
  }
  return axis < 0 ? axis + rank : axis
}

/** Axes counted from the front, in the order given (`null`: all of them). Throws ShapeError if one is repeated. */
export const normalAxes = (who: string, axes: number | readonly number[] | null | undefined, rank: number): readonly number[] => {
  if (axes === null || axes === undefined) return range(rank)
  const given = typeof axes === 'number' ? [axes] : axes
  if (!isList(given)) throw new ArgumentError(who, 'an axis, or a list of axes', quoted(axes))
  const list = given.map((axis) => normalAxis(who, axis, rank))
  if (new Set(list).size !== list.length) throw new ShapeError(who, 'each axis at most once', `axes ${JSON.stringify(axes)}`)
  return list
}

/** The shape that NumPy's broadcasting gives; throws ShapeError where sizes differ and neither is 1. */
export const broadcastShapes = (who: string, shapes: readonly Shape[]): Shape => {
  let rank = 0
  for (const shape of shapes) rank = Math.max(rank, shape.length)
  const out = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    const offset = rank - shape.length
    for (let i = 0; i < shape.length; i++) {
      const size = shape[i]
      if (size === 1 || size === out[offset + i]) continue
      if (out[offset + i] !== 1) {
        throw new ShapeError(who, 'shapes that broadcast', shapes.map((s) => `[${s.join(',')}]`).join(' and '))
      }
      out[offset + i] = size
    }
  }
  return out
}

/** A copy of the list without the positions given. */
export const without = <A>(list: readonly A[], positions: readonly number[]): readonly A[] =>
  list.filter((_, i) => !positions.includes(i))

/** A copy of the list with the item put in at the position. */
export const insertAt = <A>(list: readonly A[], position: number, item: A): readonly A[] =>
  [...list.slice(0, position), item, ...list.slice(position)]
