import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxis, range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkInteger, checkWord } from './options.js'
import { arrayOf, expanded, promoteAll, valuesIn } from './promote.js'
import { truth } from './compare.js'
import { stack } from './join.js'
import { ravel } from './shape.js'
import { take } from './take.js'

/** How elements are sorted. */
export interface SortOptions {
  /** The last one by default; `null` sorts all elements. */
  readonly axis?: number | null
  /** Greatest (and NaN) first; false by default. */
  readonly descending?: boolean
}

const arranged = (
  who: string, x: ArrayLike, options: SortOptions, f: (x: NdArray, axis: number, descending: boolean) => NdArray
): NdArray => {
  checkOptions(who, options, ['axis', 'descending'])
  const { axis = -1, descending = false } = options
  const array = arrayOf(who, x)
  return axis === null ? f(lax.reshape(array, [array.size]), 0, descending) : f(array, normalAxis(who, axis, array.ndim), descending)
}

/**
 * The elements in ascending order along an axis, NaN last. `jnp.sort`.
 *
 * @example
 * np.sort([3, 1, 2]) // [1, 2, 3]
 * np.sort([[3, 1], [2, 4]], { axis: 0, descending: true }) // [[3, 4], [2, 1]]
 */
export const sort = (x: ArrayLike, options: SortOptions = {}): NdArray =>
  arranged('sort', x, options, (array, axis, descending) => {
    const sorted = lax.sort(array, axis)
    return descending ? lax.rev(sorted, [axis]) : sorted
  })

/**
 * The positions, as int32, that put the elements in ascending order along an axis; equal ones keep their order. `jnp.argsort`.
 *
 * @example
 * np.argsort([30, 10, 20]) // [1, 2, 0]
 */
export const argsort = (x: ArrayLike, options: SortOptions = {}): NdArray =>
  arranged('argsort', x, options, (array, axis, descending) => {
    if (!descending) return lax.argsort(array, axis)
    // Sorted backwards twice, equal ones keep their order.
    const order = lax.rev(lax.argsort(lax.rev(array, [axis]), axis), [axis])
    return lax.sub(array.shape[axis] - 1, order)
  })

/** On which side of equal elements a value goes. */
export interface SearchOptions {
  /** Before them (`'left'`, the default) or after them. */
  readonly side?: 'left' | 'right'
}

/** Where each value goes in a sorted vector, by bisection: all values take each step together. */
const bisected = (sorted: NdArray, values: NdArray, side: 'left' | 'right'): NdArray => {
  const isNan = (x: NdArray): NdArray => lax.ne(x, x)
  // whether the value goes after the element; NaN counts as greatest
  const after = (element: NdArray): NdArray => {
    if (side === 'left') {
      const less = lax.lt(element, values)
      return isFloat(values.dtype) ? lax.bitwiseOr(less, lax.bitwiseAnd(isNan(values), lax.bitwiseNot(isNan(element)))) : less
    }
    const notGreater = lax.le(element, values)
    return isFloat(values.dtype) ? lax.bitwiseOr(notGreater, isNan(values)) : notGreater
  }
  const size = sorted.shape[0]
  let [low, high] = [lax.full(values.shape, 0, 'int32'), lax.full(values.shape, size, 'int32')]
  for (let left = size; left > 0; left = Math.floor(left / 2)) {
    const middle = lax.shiftRightArithmetic(lax.add(low, high), 1)
    const open = lax.lt(low, high)
    const up = lax.bitwiseAnd(open, after(take(sorted, middle, { mode: 'clip' })))
    high = lax.select(lax.bitwiseAnd(open, lax.bitwiseNot(up)), middle, high)
    low = lax.select(up, lax.add(middle, 1), low)
  }
  return low
}

/**
 * The places, as int32, at which values go in a sorted vector so that it stays sorted. `jnp.searchsorted`.
 *
 * @example
 * np.searchsorted([1, 2, 2, 4], [2, 3]) // [1, 3]
 */
export const searchsorted = (sorted: ArrayLike, values: ArrayLike, options: SearchOptions = {}): NdArray => {
  checkOptions('searchsorted', options, ['side'])
  const { side = 'left' } = options
  checkWord('searchsorted', 'side', ['left', 'right'], side)
  const [a, v] = promoteAll('searchsorted', [sorted, values])
  if (a.ndim !== 1) throw new ShapeError('searchsorted', 'a sorted vector', a)
  return bisected(a, v, side)
}

/** Which end of a bin belongs to it. */
export interface DigitizeOptions {
  /** The right one; false by default: the left one. */
  readonly right?: boolean
}

/**
 * The bin, as int32, in which each value lies: how many edges, which ascend, are not above it. `jnp.digitize`, for edges that
 * ascend.
 *
 * @example
 * np.digitize([0.5, 1, 9], [0, 1, 2]) // [1, 2, 3]
 */
export const digitize = (x: ArrayLike, edges: ArrayLike, options: DigitizeOptions = {}): NdArray => {
  checkOptions('digitize', options, ['right'])
  return searchsorted(edges, x, { side: options.right === true ? 'left' : 'right' })
}

/** How many results there are to be: under jit and vmap it must be said. */
export interface SizeOptions {
  /** By default as many as there are; then the array must not be traced. */
  readonly size?: number
  /** What fills places that are left over; 0 by default. */
  readonly fillValue?: number
}

/** The places of the true elements of a vector, in order. */
const places = (who: string, mask: NdArray, { size }: SizeOptions): NdArray => {
  if (size === undefined) {
    const data = mask.toTypedArray()
    return arrayOf(who, Int32Array.from(data.keys()).filter((i) => data[i] !== 0))
  }
  checkInteger(who, 'size', size, 0)
  const order = lax.argsort(lax.bitwiseNot(mask))
  const found = lax.reduceSum(lax.convertElementType(mask, 'int32'), [0])
  const room = Math.min(size, order.size)
  const first = lax.sliceInDim(order, 0, room)
  const valid = lax.lt(lax.iota('int32', [room]), expanded(found, [room]))
  return lax.pad(lax.select(valid, first, lax.fullLike(first, -1)), -1, [[0, size - room, 0]])
}

const put = (where: NdArray, value: number, rest: NdArray): NdArray => lax.select(where, lax.full(rest.shape, value, rest.dtype), rest)

/** The positions, row-major, of the elements that are not zero. `jnp.flatnonzero`. */
export const flatnonzero = (x: ArrayLike, options: SizeOptions = {}): NdArray => nonzero(ravel(x), options)[0]

/**
 * The positions, as int32, of the elements that are not zero: an array for each axis. `jnp.nonzero`. Throws TracerError for
 * traced arrays unless the size is given.
 *
 * @example
 * np.nonzero([[0, 1], [1, 0]])[1] // [1, 0]
 * np.nonzero([0, 1, 0], { size: 2, fillValue: -1 })[0] // [1, -1]
 */
export const nonzero = (x: ArrayLike, options: SizeOptions = {}): readonly NdArray[] => {
  checkOptions('nonzero', options, ['size', 'fillValue'])
  const array = arrayOf('nonzero', x)
  const found = places('nonzero', truth(lax.reshape(array, [array.size])), options)
  const missing = lax.lt(found, 0)
  let rest = found
  const positions: NdArray[] = []
  for (const size of array.shape.toReversed()) {
    positions.push(put(missing, options.fillValue ?? 0, lax.rem(rest, size)))
    rest = lax.div(rest, size)
  }
  return positions.toReversed()
}

/** The positions of the elements that are not zero, one in each row. `jnp.argwhere`. */
export const argwhere = (x: ArrayLike, options: SizeOptions = {}): NdArray => stack(nonzero(x, options), { axis: 1 })

/**
 * The different elements in ascending order. Under jit and vmap the size must be given; places left over repeat the least element,
 * unless a fill value is given. `jnp.unique`.
 *
 * @example
 * np.unique([3, 1, 3, 2]) // [1, 2, 3]
 */
export const unique = (x: ArrayLike, options: SizeOptions = {}): NdArray => {
  checkOptions('unique', options, ['size', 'fillValue'])
  const array = arrayOf('unique', x)
  const sorted = lax.sort(lax.reshape(array, [array.size]))
  const { size } = options
  if (array.size === 0) return size === undefined ? sorted : lax.full([size], options.fillValue ?? 0, array.dtype)
  const [later, earlier] = [lax.sliceInDim(sorted, 1, array.size), lax.sliceInDim(sorted, 0, array.size - 1)]
  const changes = lax.ne(later, earlier)
  const fresh = isFloat(array.dtype)
    ? lax.bitwiseAnd(changes, lax.bitwiseNot(lax.bitwiseAnd(lax.ne(later, later), lax.ne(earlier, earlier))))
    : changes
  const found = places('unique', lax.pad(fresh, 1, [[1, 0, 0]]), size === undefined ? {} : { size })
  const values = take(sorted, lax.max(found, 0), { mode: 'clip' })
  if (options.fillValue === undefined) return values
  return lax.select(lax.lt(found, 0), expanded(valuesIn('unique', array, options.fillValue), values.shape), values)
}

/** Which elements occur in a list of values. `jnp.isin`. */
export const isin = (x: ArrayLike, values: ArrayLike): NdArray => {
  const [a, v] = promoteAll('isin', [x, values])
  const flat = lax.reshape(v, [v.size])
  const shape = [...a.shape, v.size]
  const same = lax.eq(lax.broadcastInDim(a, shape, range(a.ndim)), lax.broadcastInDim(flat, shape, [a.ndim]))
  return lax.reduceOr(same, [a.ndim])
}
