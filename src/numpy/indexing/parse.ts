import { isArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { TypedArray } from '../../core/dtype.js'
import { ArgumentError, ShapeError, TracerError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import { stridesOf, type Shape } from '../../core/shape.js'
import { isTracer, userLine } from '../../core/trace.js'
import { fromFront, indicesOf } from '../indices.js'
import { arrayOf } from '../promote.js'

/** From `start` (inclusive) to `stop` (exclusive) by `step`, negative ones from the end, `null` for the ends: `start:stop:step`. */
export type Range =
  | readonly [start: number | null, stop: number | null]
  | readonly [start: number | null, stop: number | null, step: number | null]

/**
 * What an index says of an axis: `null`: all of it; a number: one position, and the axis disappears; `[start, stop]` or
 * `[start, stop, step]`: a range; an array of integers: the positions it holds; an array of booleans (or a list): where it is
 * true. `'...'` stands for all axes that nothing else is said of, `'newaxis'` for a new axis of size 1.
 */
export type IndexItem = null | number | Range | NdArray | TypedArray | readonly boolean[] | '...' | 'newaxis'

/** An item for each axis, in order; axes without one are kept whole. One number or array stands for a list of it. */
export type Index = readonly IndexItem[] | number | NdArray | TypedArray

/** Positions of one axis that are evenly spaced. */
export interface Span {
  readonly start: number
  readonly count: number
  readonly step: number
}

/** What becomes of one axis, or makes one: as the result's axes come. */
export type Slot =
  | { readonly kind: 'keep'; readonly size: number }
  | { readonly kind: 'new' }
  | { readonly kind: 'pick' }
  | { readonly kind: 'array'; readonly size: number; readonly indices: NdArray }

/** An index understood: first the spans are cut out of all axes, then what the slots say is done. */
export interface Parsed {
  readonly spans: readonly Span[]
  readonly slots: readonly Slot[]
}

const isBooleans = (item: IndexItem): item is readonly boolean[] =>
  Array.isArray(item) && item.length > 0 && item.every((x) => typeof x === 'boolean')

/** Whether an item is an array of booleans. */
const asMask = (who: string, item: IndexItem): NdArray | undefined => {
  if (isArray(item)) return item.dtype === 'bool' ? item : undefined
  return isBooleans(item) ? arrayOf(who, item, 'bool') : undefined
}

/** An index as the list of its items. */
const itemsOf = (who: string, index: Index): readonly IndexItem[] =>
  typeof index === 'number' || isArray(index) || ArrayBuffer.isView(index)
    ? [index]
    : checkList(who, 'a list with an item for each axis', index)

/** The mask, if the index is one array of booleans. */
export const soleMask = (who: string, index: Index): NdArray | undefined => {
  const items = itemsOf(who, index)
  return items.length === 1 ? asMask(who, items[0]) : undefined
}

/** The positions of a mask's true elements along each of its axes: the mask must not be traced. */
const positionsOf = (who: string, mask: NdArray): readonly NdArray[] => {
  if (isTracer(mask)) {
    const expected = 'a mask whose values are known, as the size of the result depends on them (np.where keeps the size)'
    throw new TracerError(who, expected, `${mask.toString()}${userLine()}`)
  }
  const data = mask.toTypedArray()
  const places = Array.from(data.keys()).filter((i) => data[i] !== 0)
  const strides = stridesOf(mask.shape)
  return strides.map((stride, axis) =>
    arrayOf('index', Int32Array.from(places, (place) => Math.floor(place / stride) % mask.shape[axis])))
}

/** The mask of an axis, checked against the sizes that it covers. */
const fits = (who: string, mask: NdArray, shape: Shape, axis: number): void => {
  mask.shape.forEach((size, i) => {
    if (size !== shape[axis + i]) {
      throw new ShapeError(who, `a mask of the sizes [${shape.slice(axis, axis + mask.ndim).join(',')}] of the axes from ${axis} on`, mask)
    }
  })
}

const bound = (who: string, name: string, value: number | null, fallback: number): number => {
  if (value === null) return fallback
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new ArgumentError(who, `an integer or null as the ${name} of a range (lax.dynamicSlice takes computed ones)`, value)
  }
  return value
}

/** A range as Python understands it: ends beyond the axis are cut off. */
const spanOf = (who: string, range: Range, size: number): Span => {
  const [from, to, by = null] = range
  const step = bound(who, 'step', by, 1)
  if (step === 0) throw new ArgumentError(who, 'a step other than 0', 0)
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + size : x, low), high)
  const start = from === null ? (step > 0 ? 0 : size - 1) : clamp(bound(who, 'start', from, 0))
  const stop = to === null ? (step > 0 ? size : -1) : clamp(bound(who, 'stop', to, 0))
  const count = Math.max(Math.ceil((stop - start) / step), 0)
  return count === 0 ? { start: 0, count, step: 1 } : { start, count, step: count === 1 ? 1 : step }
}

const picked = (who: string, position: number, size: number, axis: number): Span => {
  if (!Number.isInteger(position)) throw new ArgumentError(who, `an integer index for axis ${axis}`, position)
  if (position < -size || position >= size) {
    const expected = size === 0 ? `no index, as axis ${axis} is empty` : `an index from ${-size} to ${size - 1} for axis ${axis}`
    throw new ShapeError(who, expected, position)
  }
  return { start: position < 0 ? position + size : position, count: 1, step: 1 }
}

const holdsPositions = (item: IndexItem): item is NdArray | TypedArray => isArray(item) || ArrayBuffer.isView(item)

const isRange = (item: IndexItem): item is Range => Array.isArray(item) && (item.length === 2 || item.length === 3)

const words = "null, an integer, [start, stop], [start, stop, step], an array of integers or booleans, '...' or 'newaxis'"

/** How many axes an item is about. */
const axesOf = (who: string, item: IndexItem): number => {
  if (item === 'newaxis' || item === '...') return 0
  const mask = asMask(who, item)
  return mask === undefined ? 1 : mask.ndim
}

/**
 * Understands an index. Throws ShapeError for more items than axes, numbers beyond the ends and masks of other sizes,
 * ArgumentError for anything that is no index, DTypeError for arrays that hold neither integers nor booleans.
 */
export const parse = (who: string, shape: Shape, index: Index): Parsed => {
  const items = itemsOf(who, index)
  const used = items.reduce<number>((count, item) => count + axesOf(who, item), 0)
  if (items.filter((item) => item === '...').length > 1) throw new ArgumentError(who, "at most one '...'", items)
  if (used > shape.length) throw new ShapeError(who, `an index of at most ${shape.length} axes`, `${used} items`)
  const spans: Span[] = []
  const slots: Slot[] = []
  const whole = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const size = shape[spans.length]
      spans.push({ start: 0, count: size, step: 1 })
      slots.push({ kind: 'keep', size })
    }
  }
  for (const item of items) {
    const axis = spans.length
    const size = shape[axis]
    const mask = asMask(who, item)
    if (item === '...') whole(shape.length - used)
    else if (item === 'newaxis') slots.push({ kind: 'new' })
    else if (item === null) whole(1)
    else if (typeof item === 'number') {
      spans.push(picked(who, item, size, axis))
      slots.push({ kind: 'pick' })
    } else if (mask !== undefined) {
      fits(who, mask, shape, axis)
      for (const indices of positionsOf(who, mask)) {
        const count = shape[spans.length]
        spans.push({ start: 0, count, step: 1 })
        slots.push({ kind: 'array', size: count, indices })
      }
    } else if (holdsPositions(item)) {
      spans.push({ start: 0, count: size, step: 1 })
      slots.push({ kind: 'array', size, indices: fromFront(indicesOf(who, item), size) })
    } else if (isRange(item)) {
      const span = spanOf(who, item, size)
      spans.push(span)
      slots.push({ kind: 'keep', size: span.count })
    } else {
      throw new ArgumentError(who, words, item, [slots.length])
    }
  }
  whole(shape.length - spans.length)
  return { spans, slots }
}
