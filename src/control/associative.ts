import type { NdArray } from '../core/array.js'
import { ArgumentError, ShapeError, showPath } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import { normalAxis } from '../core/shape.js'
import { sameType } from '../core/aval.js'
import { interleave } from '../lax/reduction/associative.js'
import { concatenate } from '../lax/movement/concatenate.js'
import { rev } from '../lax/movement/reverse.js'
import { sliceInDim } from '../lax/movement/slice.js'
import { arraysOf, type Flat } from '../transform/boundary.js'
import { requireSameStructure } from '../tree/compare.js'

export interface AssociativeScanOptions {
  /** The axis to scan along; 0 by default, negative ones count from the end. */
  readonly axis?: number
  /** Start from the last element: each result combines those from the last one down to it. */
  readonly reverse?: boolean
}

/** `associativeScan(combine, elements)`. */
export type AssociativeScan = <T>(combine: (a: T, b: T) => T, elements: T, options?: AssociativeScanOptions) => T

type Arrays = readonly NdArray[]

/** All beginnings, combined in a tree: pairs first, then the beginnings of the pairs, then what lies between. */
const beginnings = (combine: (a: Arrays, b: Arrays) => Arrays, xs: Arrays, axes: readonly number[]): Arrays => {
  const n = xs[0].shape[axes[0]]
  if (n < 2) return xs
  const each = (list: Arrays, from: number, to: number, stride: number): Arrays =>
    list.map((x, i) => sliceInDim(x, from, to, stride, axes[i]))
  const odd = beginnings(combine, combine(each(xs, 0, n - 1, 2), each(xs, 1, n, 2)), axes)
  const heads = each(xs, 0, 1, 1)
  if (n === 2) return heads.map((head, i) => concatenate([head, odd[i]], axes[i]))
  const even = combine(each(odd, 0, (n - 1) >> 1, 1), each(xs, 2, n, 2))
  return heads.map((head, i) => interleave(concatenate([head, even[i]], axes[i]), odd[i], axes[i]))
}

const sizeAlong = (elements: Flat, axes: readonly number[]): void => {
  const [x] = elements.arrays
  if (elements.arrays.every((each, i) => each.shape[axes[i]] === x.shape[axes[0]])) return
  const list = elements.arrays.map((each, i) => `${showPath(elements.treedef.paths()[i], 'elements')} has ${each.shape[axes[i]]}`)
  throw new ShapeError('associativeScan', 'axes of one size', list.join(', '))
}

/**
 * All beginnings of a sequence, combined by an associative operation, in a tree of logarithmic depth. The operation
 * takes two trees of arrays, which hold many elements along the axis, and combines them element by element. It must
 * be associative; it need not be commutative. JAX's `lax.associative_scan`. Throws ShapeError for axes of different sizes.
 *
 * @example
 * lax.associativeScan(np.add, np.array([1, 2, 3, 4])) // [1, 3, 6, 10]
 */
export const associativeScan: AssociativeScan = <T>(combine: (a: T, b: T) => T, elements: T, options: AssociativeScanOptions = {}): T => {
  checkOptions('associativeScan', options, ['axis', 'reverse'])
  checkFunction('associativeScan', 'a function that combines two elements', combine)
  const flat = arraysOf('associativeScan', elements, ['elements'])
  if (flat.arrays.length === 0) throw new ArgumentError('associativeScan', 'at least one array', 'none')
  const axes = flat.arrays.map((x) => normalAxis('associativeScan', options.axis ?? 0, x.ndim))
  sizeAlong(flat, axes)
  const { treedef } = flat
  const apply = (a: Arrays, b: Arrays): Arrays => {
    const out = arraysOf('associativeScan', combine(treedef.unflatten(a) as T, treedef.unflatten(b) as T), ['result']) // trees of elements
    requireSameStructure('associativeScan', treedef, out.treedef, ['the elements', 'what combine returns'])
    out.arrays.forEach((x, i) => {
      if (sameType(x.aval, a[i].aval)) return
      const path = ['result', ...treedef.paths()[i]]
      throw new ShapeError('associativeScan', 'a function that keeps the types of its operands', [a[i], x], path)
    })
    return out.arrays
  }
  const turned = (xs: Arrays): Arrays => (options.reverse === true ? xs.map((x, i) => rev(x, [axes[i]])) : xs)
  return treedef.unflatten(turned(beginnings(apply, turned(flat.arrays), axes))) as T // of the structure of the elements
}
