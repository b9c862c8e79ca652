import { isArray } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { normalAxes, normalAxis, range, without } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkInteger } from './options.js'
import { arrayOf } from './promote.js'
import { indicesOf } from './indices.js'
import { take } from './take.js'
import { mod, subtract } from './arithmetic.js'
import { notEqual } from './compare.js'

/*
 * Copies and other orders of an array's elements.
 */

/** Along which axes; all of them by default. */
export interface AxesOption {
  readonly axis?: number | readonly number[] | null
}

/** Along which one axis; by default all elements count, in row-major order. */
export interface MaybeAxisOption {
  readonly axis?: number | null
}

/**
 * The elements in reverse order along the axes. `jnp.flip`.
 *
 * @example
 * np.flip([[1, 2], [3, 4]]) // [[4, 3], [2, 1]]
 * np.flip([[1, 2], [3, 4]], { axis: 1 }) // [[2, 1], [4, 3]]
 */
export const flip = (x: ArrayLike, options: AxesOption = {}): NdArray => {
  checkOptions('flip', options, ['axis'])
  const array = arrayOf('flip', x)
  return lax.rev(array, normalAxes('flip', options.axis, array.ndim))
}

/** The columns in reverse order. `jnp.fliplr`. */
export const fliplr = (x: ArrayLike): NdArray => flip(x, { axis: 1 })

/** The rows in reverse order. `jnp.flipud`. */
export const flipud = (x: ArrayLike): NdArray => flip(x, { axis: 0 })

const rolled = (x: NdArray, shift: number, axis: number): NdArray => {
  const size = x.shape[axis]
  if (size === 0) return x
  const from = ((-shift % size) + size) % size
  if (from === 0) return x
  return lax.concatenate([lax.sliceInDim(x, from, size, 1, axis), lax.sliceInDim(x, 0, from, 1, axis)], axis)
}

/** A rotation by a number that may be traced. */
const rolledBy = (x: NdArray, shift: NdArray, axis: number): NdArray => {
  if (shift.ndim !== 0) throw new ShapeError('roll', 'a scalar shift', shift)
  return take(x, mod(subtract(lax.iota('int32', [x.shape[axis]]), indicesOf('roll', shift)), x.shape[axis]), { axis, mode: 'clip' })
}

/**
 * The elements moved along an axis; what goes over the end comes in at the front. Several shifts go with several axes; without
 * an axis all elements move, in row-major order. A scalar array for the shift may be traced. `jnp.roll`.
 *
 * @example
 * np.roll([1, 2, 3, 4], 1) // [4, 1, 2, 3]
 * np.roll([[1, 2, 3], [4, 5, 6]], -1, { axis: 1 }) // [[2, 3, 1], [5, 6, 4]]
 */
export const roll = (x: ArrayLike, shift: number | readonly number[] | NdArray, options: AxesOption = {}): NdArray => {
  checkOptions('roll', options, ['axis'])
  const { axis = null } = options
  const array = arrayOf('roll', x)
  if (axis === null) return lax.reshape(roll(lax.reshape(array, [array.size]), shift, { axis: 0 }), array.shape)
  const axes = checkList('roll', 'an axis, or a list of axes', typeof axis === 'number' ? [axis] : axis)
    .map((at) => normalAxis('roll', at, array.ndim))
  if (isArray(shift)) return axes.reduce((out, at) => rolledBy(out, shift, at), array)
  const shifts = typeof shift === 'number' ? axes.map(() => shift) : checkList('roll', 'a shift, or a list of shifts', shift)
  if (shifts.length !== axes.length) throw new ArgumentError('roll', `as many shifts as axes, ${axes.length}`, shifts)
  return axes.reduce((out, at, i) => rolled(out, checkInteger('roll', 'shift', shifts[i]), at), array)
}

/** How often, and in which plane, `rot90` turns. */
export interface RotateOptions {
  /** Quarter turns; 1 by default. */
  readonly k?: number
  /** The plane: from the first towards the second axis; 0 and 1 by default. */
  readonly axes?: readonly [number, number]
}

/**
 * Turned by quarter turns, counter-clockwise. `jnp.rot90`.
 *
 * @example
 * np.rot90([[1, 2], [3, 4]]) // [[2, 4], [1, 3]]
 */
export const rot90 = (x: ArrayLike, options: RotateOptions = {}): NdArray => {
  checkOptions('rot90', options, ['k', 'axes'])
  const { k = 1, axes = [0, 1] } = options
  const array = arrayOf('rot90', x)
  const [a, b] = normalAxes('rot90', axes, array.ndim)
  const turns = ((checkInteger('rot90', 'number of quarter turns', k) % 4) + 4) % 4
  const order = range(array.ndim).with(a, b).with(b, a)
  if (turns === 0) return array
  if (turns === 1) return lax.transpose(lax.rev(array, [b]), order)
  return turns === 2 ? lax.rev(array, [a, b]) : lax.rev(lax.transpose(array, order), [b])
}

/**
 * Every element several times: a number of times, or for each position along the axis a number of its own. `jnp.repeat`.
 *
 * @example
 * np.repeat([1, 2], 2) // [1, 1, 2, 2]
 * np.repeat([[1, 2], [3, 4]], [0, 2], { axis: 0 }) // [[3, 4], [3, 4]]
 */
export const repeat = (x: ArrayLike, repeats: number | readonly number[], options: MaybeAxisOption = {}): NdArray => {
  checkOptions('repeat', options, ['axis'])
  const { axis = null } = options
  const given = arrayOf('repeat', x)
  const array = axis === null ? lax.reshape(given, [given.size]) : given
  const at = axis === null ? 0 : normalAxis('repeat', axis, array.ndim)
  const size = array.shape[at]
  if (typeof repeats === 'number' || checkList('repeat', 'a number of repeats, or a list of them', repeats).length === 1) {
    const times = checkInteger('repeat', 'number of repeats', typeof repeats === 'number' ? repeats : repeats[0], 0)
    const shape = [...array.shape.slice(0, at + 1), times, ...array.shape.slice(at + 1)]
    return lax.reshape(lax.broadcastInDim(array, shape, without(range(shape.length), [at + 1])), array.shape.with(at, size * times))
  }
  if (repeats.length !== size) throw new ShapeError('repeat', `${size} numbers of repeats`, repeats)
  const positions = repeats.flatMap((times, i) => new Array<number>(checkInteger('repeat', 'number of repeats', times, 0)).fill(i))
  return take(array, Int32Array.from(positions), { axis: at, mode: 'clip' })
}

/**
 * The whole array several times along each axis; fewer counts are for the last axes. `jnp.tile`.
 *
 * @example
 * np.tile([1, 2], 2) // [1, 2, 1, 2]
 * np.tile([1, 2], [2, 1]) // [[1, 2], [1, 2]]
 */
export const tile = (x: ArrayLike, counts: number | readonly number[]): NdArray => {
  const array = arrayOf('tile', x)
  const list = checkList('tile', 'a count, or a list of counts', typeof counts === 'number' ? [counts] : counts)
  const given = list.map((times) => checkInteger('tile', 'count', times, 0))
  const rank = Math.max(array.ndim, given.length)
  const times = [...new Array<number>(rank - given.length).fill(1), ...given]
  const sizes = [...new Array<number>(rank - array.ndim).fill(1), ...array.shape]
  const copies = lax.broadcastInDim(lax.reshape(array, sizes), times.flatMap((n, i) => [n, sizes[i]]), range(rank).map((i) => 2 * i + 1))
  return lax.reshape(copies, times.map((n, i) => n * sizes[i]))
}

/** What is subtracted from what. */
export interface DiffOptions {
  /** How often; 1 by default. */
  readonly n?: number
  /** The last axis by default. */
  readonly axis?: number
}

/**
 * The differences of neighbours along an axis; of booleans, whether they differ. `jnp.diff`.
 *
 * @example
 * np.diff([1, 4, 9, 16]) // [3, 5, 7]
 * np.diff([1, 4, 9, 16], { n: 2 }) // [2, 2]
 */
export const diff = (x: ArrayLike, options: DiffOptions = {}): NdArray => {
  checkOptions('diff', options, ['n', 'axis'])
  const { n = 1, axis = -1 } = options
  const array = arrayOf('diff', x)
  const at = normalAxis('diff', axis, array.ndim)
  let out = array
  for (let i = 0; i < checkInteger('diff', 'n', n, 0); i++) {
    const size = out.shape[at]
    const [later, earlier] = [lax.sliceInDim(out, Math.min(1, size), size, 1, at), lax.sliceInDim(out, 0, Math.max(size - 1, 0), 1, at)]
    out = out.dtype === 'bool' ? notEqual(later, earlier) : lax.sub(later, earlier)
  }
  return out
}
