import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { checkInteger, checkWord } from './options.js'
import { arrayOf, valuesIn } from './promote.js'

/** What new elements are: a number; copies of the end; or the array continued by reflection, or by starting anew. */
export type PadMode = 'constant' | 'edge' | 'reflect' | 'symmetric' | 'wrap'

/** How arrays are padded. */
export interface PadOptions {
  /** `'constant'` by default. `'reflect'` does not repeat the element at the end, `'symmetric'` does. */
  readonly mode?: PadMode
  /** What mode `'constant'` adds, a scalar; 0 by default. */
  readonly constantValues?: ArrayLike
}

/** How many elements are added before and after, along all axes or along each. */
export type PadWidth = number | readonly [before: number, after: number] | readonly (readonly [before: number, after: number])[]

const isPair = (width: PadWidth): width is readonly [number, number] =>
  Array.isArray(width) && width.length === 2 && typeof width[0] === 'number'

const widthsOf = (width: PadWidth, rank: number): readonly (readonly [number, number])[] => {
  if (typeof width !== 'number') checkList('pad', 'a width, [before, after], or one such pair for each axis', width)
  const pairs = typeof width === 'number' || isPair(width)
    ? new Array<readonly [number, number]>(rank).fill(typeof width === 'number' ? [width, width] : width)
    : width.length === 1 ? new Array<readonly [number, number]>(rank).fill(width[0]) : width
  if (pairs.length !== rank) throw new ShapeError('pad', `widths for each of ${rank} axes`, `${pairs.length} pairs`)
  for (const pair of pairs) {
    if (checkList('pad', 'widths [before, after]', pair).length !== 2) throw new ArgumentError('pad', 'widths [before, after]', pair)
    for (const count of pair) checkInteger('pad', 'width', count, 0)
  }
  return pairs
}

/** Where the element comes from that is at a position before or after an axis. */
const sources: Readonly<Record<Exclude<PadMode, 'constant'>, (position: number, size: number) => number>> = {
  edge: (position, size) => Math.min(Math.max(position, 0), size - 1),
  wrap: (position, size) => ((position % size) + size) % size,
  symmetric: (position, size) => {
    const place = ((position % (2 * size)) + 2 * size) % (2 * size)
    return place < size ? place : 2 * size - 1 - place
  },
  reflect: (position, size) => {
    if (size === 1) return 0
    const period = 2 * size - 2
    const place = ((position % period) + period) % period
    return place < size ? place : period - place
  }
}

/** Slices along an axis at positions known beforehand: runs of steps 1, 0 and −1 are slices, copies and reversed slices. */
const runs = (x: NdArray, positions: readonly number[], axis: number): NdArray => {
  const parts: NdArray[] = []
  for (let from = 0; from < positions.length;) {
    const step = from + 1 < positions.length ? positions[from + 1] - positions[from] : 0
    const steady = Math.abs(step) <= 1
    let to = from + 1
    while (steady && to < positions.length && positions[to] - positions[to - 1] === step) to++
    const [first, last] = [positions[from], positions[to - 1]]
    const part = lax.sliceInDim(x, Math.min(first, last), Math.max(first, last) + 1, 1, axis)
    if (last < first) parts.push(lax.rev(part, [axis]))
    else parts.push(last === first ? lax.broadcastInDim(part, x.shape.with(axis, to - from), [...x.shape.keys()]) : part)
    from = to
  }
  return lax.concatenate(parts, axis)
}

/**
 * More elements before and after, along each axis. `jnp.pad`.
 *
 * @example
 * np.pad([1, 2], 1) // [0, 1, 2, 0]
 * np.pad([[1, 2]], [[0, 0], [1, 2]], { constantValues: 9 }) // [[9, 1, 2, 9, 9]]
 * np.pad([1, 2, 3], 2, { mode: 'reflect' }) // [3, 2, 1, 2, 3, 2, 1]
 */
export const pad = (x: ArrayLike, width: PadWidth, options: PadOptions = {}): NdArray => {
  checkOptions('pad', options, ['mode', 'constantValues'])
  const { mode = 'constant', constantValues = 0 } = options
  checkWord('pad', 'mode', ['constant', 'edge', 'reflect', 'symmetric', 'wrap'], mode)
  const array = arrayOf('pad', x)
  const widths = widthsOf(width, array.ndim)
  if (mode === 'constant') {
    const constant = valuesIn('pad', array, constantValues === 0 && array.dtype === 'bool' ? false : constantValues)
    if (constant.ndim !== 0) throw new ShapeError('pad', 'a scalar constant', constant)
    return lax.pad(array, constant, widths.map(([before, after]) => [before, after, 0]))
  }
  return widths.reduce((out, [before, after], axis) => {
    const size = out.shape[axis]
    if (before + after === 0) return out
    if (size === 0) throw new ShapeError('pad', `elements along axis ${axis} to continue`, array)
    return runs(out, Array.from({ length: before + size + after }, (_, i) => sources[mode](i - before, size)), axis)
  }, array)
}
