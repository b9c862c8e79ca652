import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { equalShapes, normalAxis, range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkInteger } from './options.js'
import { arrayOf, promoteAll } from './promote.js'
import { atleast1d, atleast2d, atleast3d, ravel, reshape } from './shape.js'

/*
 * Several arrays as one, one as several.
 */

/** Along which axis arrays are joined or split. */
export interface AxisOption {
  /** 0 by default. */
  readonly axis?: number
}

/** Which axis arrays are joined along; `null` joins their elements. */
export interface ConcatenateOptions {
  /** 0 by default. */
  readonly axis?: number | null
}

/** A list of arrays, or an array for the list of its slices along the leading axis. */
export type Arrays = readonly ArrayLike[] | NdArray

const listOf = (who: string, arrays: Arrays): readonly NdArray[] => {
  const list = promoteAll(who, Array.isArray(arrays) ? (arrays as readonly ArrayLike[]) : unstack(arrays as NdArray))
  if (list.length === 0) throw new ArgumentError(who, 'at least one array', 'none')
  return list
}

/**
 * The arrays one after the other along an axis; they are promoted to one dtype. `jnp.concatenate`. Throws ShapeError if their
 * sizes differ along another axis.
 *
 * @example
 * np.concatenate([[1, 2], [3]]) // [1, 2, 3]
 * np.concatenate([[[1], [2]], [[3], [4]]], { axis: 1 }) // [[1, 3], [2, 4]]
 */
export const concatenate = (arrays: Arrays, options: ConcatenateOptions = {}): NdArray => {
  checkOptions('concatenate', options, ['axis'])
  const { axis = 0 } = options
  const list = listOf('concatenate', arrays)
  return axis === null ? lax.concatenate(list.map(ravel), 0) : lax.concatenate(list, axis)
}

const stacked = (who: string, arrays: Arrays, options: AxisOption): NdArray => {
  checkOptions(who, options, ['axis'])
  const list = listOf(who, arrays)
  const [first] = list
  const at = normalAxis(who, options.axis ?? 0, first.ndim + 1)
  list.forEach((x, i) => {
    if (!equalShapes(x.shape, first.shape)) throw new ShapeError(who, `arrays of the shape [${first.shape.join(',')}]`, x, [i])
  })
  return lax.concatenate(list.map((x) => lax.expandDims(x, [at])), at)
}

/**
 * Arrays of one shape along a new axis. `jnp.stack`. Throws ShapeError if shapes differ.
 *
 * @example
 * np.stack([[1, 2], [3, 4]]) // [[1, 2], [3, 4]]
 * np.stack([[1, 2], [3, 4]], { axis: 1 }) // [[1, 3], [2, 4]]
 */
export const stack = (arrays: Arrays, options: AxisOption = {}): NdArray => stacked('stack', arrays, options)

/** Arrays below each other, vectors as rows. `jnp.vstack`. */
export const vstack = (arrays: Arrays): NdArray => lax.concatenate(listOf('vstack', arrays).map(atleast2d), 0)

/** Arrays side by side, vectors one after the other. `jnp.hstack`. */
export const hstack = (arrays: Arrays): NdArray => {
  const list = listOf('hstack', arrays).map(atleast1d)
  return lax.concatenate(list, list[0].ndim === 1 ? 0 : 1)
}

/** Arrays behind each other, along the third axis. `jnp.dstack`. */
export const dstack = (arrays: Arrays): NdArray => lax.concatenate(listOf('dstack', arrays).map(atleast3d), 2)

/** Arrays side by side, vectors as columns. `jnp.column_stack`. */
export const columnStack = (arrays: Arrays): NdArray =>
  lax.concatenate(listOf('columnStack', arrays).map((x) => (x.ndim < 2 ? reshape(x, [-1, 1]) : x)), 1)

/** The elements of one array after those of another, or the arrays joined along an axis. `jnp.append`. */
export const append = (x: ArrayLike, values: ArrayLike, options: ConcatenateOptions = {}): NdArray => {
  checkOptions('append', options, ['axis'])
  return concatenate([x, values], { axis: options.axis ?? null })
}

/**
 * The slices along an axis, which disappears. `jnp.unstack`.
 *
 * @example
 * np.unstack([[1, 2], [3, 4]], { axis: 1 })[0] // [1, 3]
 */
export const unstack = (x: ArrayLike, options: AxisOption = {}): readonly NdArray[] => {
  checkOptions('unstack', options, ['axis'])
  const array = arrayOf('unstack', x)
  const at = normalAxis('unstack', options.axis ?? 0, array.ndim)
  if (array.shape[at] === 0) return []
  return lax.split(array, new Array<number>(array.shape[at]).fill(1), at).map((part) => lax.squeeze(part, [at]))
}

/** The parts between the given places, which may lie beyond the ends. */
const cut = (x: NdArray, places: readonly number[], axis: number): readonly NdArray[] => {
  const size = x.shape[axis]
  const ends = [0, ...places.map((place) => Math.min(Math.max(place < 0 ? place + size : place, 0), size)), size]
  return range(ends.length - 1).map((i) => lax.sliceInDim(x, ends[i], Math.max(ends[i], ends[i + 1]), 1, axis))
}

const splitting = (
  who: string, x: ArrayLike, sections: number | readonly number[], options: AxisOption, even: boolean
): readonly NdArray[] => {
  checkOptions(who, options, ['axis'])
  const array = arrayOf(who, x)
  const at = normalAxis(who, options.axis ?? 0, array.ndim)
  if (typeof sections !== 'number') {
    const places = checkList(who, 'a number of parts, or a list of places', sections)
    return cut(array, places.map((place) => checkInteger(who, 'place to split at', place)), at)
  }
  checkInteger(who, 'number of parts', sections, 1)
  const [whole, rest] = [Math.floor(array.shape[at] / sections), array.shape[at] % sections]
  if (even && rest !== 0) throw new ShapeError(who, `a size of axis ${at} that ${sections} divides`, array)
  return lax.split(array, range(sections).map((i) => whole + (i < rest ? 1 : 0)), at)
}

/**
 * An array cut into so many equal parts along an axis, or cut at the places listed. `jnp.split`. Throws ShapeError if the
 * parts would not be equal.
 *
 * @example
 * np.split([1, 2, 3, 4], 2)[1] // [3, 4]
 * np.split([1, 2, 3, 4], [1, 3]).length // 3
 */
export const split = (x: ArrayLike, sections: number | readonly number[], options: AxisOption = {}): readonly NdArray[] =>
  splitting('split', x, sections, options, true)

/** As `split`, but the first parts may be longer by one. `jnp.array_split`. */
export const arraySplit = (x: ArrayLike, sections: number | readonly number[], options: AxisOption = {}): readonly NdArray[] =>
  splitting('arraySplit', x, sections, options, false)
