import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { equal } from './compare.js'
import { at } from './indexing/at.js'
import { indicesOf } from './indices.js'
import { checkInteger } from './options.js'
import { alignAll, arrayOf, expanded, widen } from './promote.js'
import { linspace } from './create.js'
import { diff } from './rearrange.js'
import { sum } from './reduce.js'
import { searchsorted } from './sorting.js'

/** How `bincount` counts. */
export interface BincountOptions {
  /** How many bins; greater numbers are not counted. One more than the greatest number by default, which then must not be traced. */
  readonly length?: number
  /** What each number counts; 1 by default. */
  readonly weights?: ArrayLike
}

/**
 * How often each of the numbers 0, 1, … occurs; negative ones count as 0. `jnp.bincount`.
 *
 * @example
 * np.bincount([0, 2, 2], { length: 4 }) // [1, 0, 2, 0]
 */
export const bincount = (x: ArrayLike, options: BincountOptions = {}): NdArray => {
  checkOptions('bincount', options, ['length', 'weights'])
  const numbers = indicesOf('bincount', x)
  if (numbers.ndim !== 1) throw new ShapeError('bincount', 'a vector', numbers)
  const { length = numbers.size === 0 ? 0 : Math.max(lax.reduceMax(numbers, [0]).item() + 1, 0), weights } = options
  checkInteger('bincount', 'length', length, 0)
  const counts = weights === undefined ? lax.full(numbers.shape, 1, 'int32') : arrayOf('bincount', weights)
  if (counts.size !== numbers.size) throw new ShapeError('bincount', 'a weight for each number', [numbers, counts])
  return at(lax.full([length], 0, counts.dtype), lax.max(numbers, 0)).add(counts)
}

/** How `histogram` counts. */
export interface HistogramOptions {
  /** How many bins of equal width (10 by default), or their edges, which ascend. */
  readonly bins?: number | ArrayLike
  /** From where to where bins of equal width reach; from the least to the greatest element by default. */
  readonly range?: readonly [low: number, high: number]
  /** What each element counts; 1 by default. */
  readonly weights?: ArrayLike
  /** Whether counts become a density, which integrates to 1; false by default. */
  readonly density?: boolean
}

const edgesOf = (x: NdArray, bins: number | ArrayLike, range: HistogramOptions['range']): NdArray => {
  if (typeof bins !== 'number') return widen('histogram', bins, 'float')
  checkInteger('histogram', 'number of bins', bins, 1)
  if (range !== undefined) return linspace(range[0], range[1], bins + 1, { dtype: isFloat(x.dtype) ? x.dtype : 'float32' })
  const flat = lax.reshape(x, [x.size])
  if (x.size === 0) return linspace(0, 1, bins + 1)
  const [low, high] = [lax.reduceMin(flat, [0]), lax.reduceMax(flat, [0])]
  // a single value lies in the middle of a range of width 1
  const same = lax.eq(low, high)
  const half = lax.fullLike(low, 0.5)
  return linspace(lax.select(same, lax.sub(low, half), low), lax.select(same, lax.add(high, half), high), bins + 1)
}

/**
 * How many elements lie in each bin, and the edges of the bins; the last bin includes its right edge. Counts are floats, as
 * weights may be. `jnp.histogram`.
 *
 * @example
 * const [counts, edges] = np.histogram([0, 1, 1, 4], { bins: 2 })
 * counts // [3, 1]
 * edges // [0, 2, 4]
 */
export const histogram = (x: ArrayLike, options: HistogramOptions = {}): readonly [counts: NdArray, edges: NdArray] => {
  checkOptions('histogram', options, ['bins', 'range', 'weights', 'density'])
  const { bins = 10, range, weights, density = false } = options
  const array = widen('histogram', x, 'float')
  const given = edgesOf(array, bins, range)
  if (given.ndim !== 1 || given.size < 2) throw new ShapeError('histogram', 'a vector of at least two edges', given)
  const flat = lax.reshape(array, [array.size])
  const count = given.size - 1
  const place = searchsorted(given, flat, { side: 'right' })
  const atEnd = equal(flat, lax.sliceInDim(given, count, count + 1))
  const bin = lax.select(atEnd, lax.fullLike(place, count), place)
  const units = weights === undefined ? lax.fullLike(flat, 1) : arrayOf('histogram', weights)
  if (units.size !== flat.size) throw new ShapeError('histogram', 'a weight for each element', [array, units])
  // one bin more at either end, for what lies outside
  const all = at(lax.full([count + 2], 0, units.dtype), bin).add(lax.reshape(units, flat.shape))
  const counts = lax.sliceInDim(all, 1, count + 1)
  if (!density) return [counts, given]
  const [mass, widths] = alignAll('histogram', [counts, diff(given)], 'float')
  return [lax.div(lax.div(mass, widths), expanded(sum(mass), mass.shape)), given]
}

/** What `interp` gives beyond the ends. */
export interface InterpOptions {
  /** Below the first point; its value by default. */
  readonly left?: number
  /** Above the last point; its value by default. */
  readonly right?: number
}

/**
 * The values at `x` of the line through the points (`xp`, `fp`), whose `xp` ascend. `jnp.interp`.
 *
 * @example
 * np.interp([0.5, 1.5, 9], [0, 1, 2], [0, 10, 30]) // [5, 20, 30]
 */
export const interp = (x: ArrayLike, xp: ArrayLike, fp: ArrayLike, options: InterpOptions = {}): NdArray => {
  checkOptions('interp', options, ['left', 'right'])
  const [points, knots] = alignAll('interp', [xp, fp], 'float')
  const [values] = alignAll('interp', [widen('interp', x, 'float'), lax.full([], 0, knots.dtype)])
  if (points.ndim !== 1 || points.size === 0) throw new ShapeError('interp', 'points and values as vectors with elements', [points, knots])
  const count = points.size
  const above = lax.clamp(Math.min(1, count - 1), searchsorted(points, values, { side: 'right' }), count - 1)
  const below = lax.max(lax.sub(above, 1), 0)
  const [x0, x1, y0, y1] = [at(points, below).get(), at(points, above).get(), at(knots, below).get(), at(knots, above).get()]
  const width = lax.sub(x1, x0)
  const empty = lax.eq(width, 0)
  const slope = lax.div(lax.sub(y1, y0), lax.select(empty, lax.fullLike(width, 1), width))
  const line = lax.select(empty, y0, lax.add(y0, lax.mul(lax.sub(values, x0), slope)))
  const end = (from: NdArray, i: number): NdArray => expanded(lax.reshape(lax.sliceInDim(from, i, i + 1), []), values.shape)
  const { left, right } = options
  const low = left === undefined ? end(knots, 0) : lax.fullLike(line, left)
  const high = right === undefined ? end(knots, count - 1) : lax.fullLike(line, right)
  return lax.select(lax.lt(values, end(points, 0)), low, lax.select(lax.gt(values, end(points, count - 1)), high, line))
}
