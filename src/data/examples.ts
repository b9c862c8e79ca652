import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError, ShapeError, showPath } from '../core/errors.js'
import { take } from '../numpy/take.js'
import { map } from '../tree/map.js'
import { flatten } from '../tree/pytree.js'

/*
 * A data set is a tree of arrays whose leading axes count its examples: a bare array, { images, labels }, [x, y].
 */

/**
 * How many examples a tree of arrays holds along their leading axes. Throws ArgumentError for a leaf that is no array,
 * ShapeError for a leaf without axes and where the arrays disagree, listing the path and size of each.
 *
 * @example
 * data.size({ x: np.zeros([5, 2]), y: np.zeros([5]) }) // 5
 * data.size({ x: np.zeros([5]), y: np.zeros([4]) }) // throws ShapeError: size: expected as many examples everywhere, got x has 5, y has 4
 */
export const size = (tree: unknown): number => countOf('size', tree)

/** `size`, naming who asks. */
export const countOf = (who: string, tree: unknown): number => {
  const [leaves, treedef] = flatten(tree)
  const paths = treedef.paths()
  leaves.forEach((leaf, i) => {
    if (!isArray(leaf)) throw new ArgumentError(who, 'a tree of arrays', leaf, paths[i])
    if (leaf.ndim === 0) throw new ShapeError(who, 'arrays with an axis of examples', leaf, paths[i])
  })
  if (leaves.length === 0) throw new ArgumentError(who, 'a tree of arrays', 'a tree without any')
  const arrays = leaves as readonly NdArray[] // just checked
  const [first] = arrays
  if (arrays.some((x) => x.shape[0] !== first.shape[0])) {
    const list = arrays.map((x, i) => `${showPath(paths[i])} has ${x.shape[0]}`).join(', ')
    throw new ShapeError(who, 'as many examples everywhere', list)
  }
  return first.shape[0]
}

/** `countOf`, at least one. */
export const someOf = (who: string, tree: unknown): number => {
  const count = countOf(who, tree)
  if (count === 0) throw new ShapeError(who, 'at least one example', 'none')
  return count
}

/** The examples at the given positions. */
export const at = (indices: NdArray) => <T>(tree: T): T =>
  map((x: NdArray) => take(x, indices, { axis: 0, mode: 'clip' }))(tree)
