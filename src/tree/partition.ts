import type { NdArray } from '../core/array.js'
import type { Path } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { compareStructures, mismatch, nothing, type Difference } from './compare.js'
import { flatten } from './pytree.js'
import type { TreeDef } from './treedef.js'
import type { Part } from './types.js'

/**
 * Two parts of a tree: the leaves that the predicate accepts, and the rest, each with `null` in place of the leaves of
 * the other. A part is a pytree, so one may differentiate by it and `combine` it with the rest inside. (Equinox: `partition`.)
 *
 * @example
 * partition((x: number) => x > 1)({ w: 1, b: [2, 3] }) // [{ b: [2, 3], w: null }, { b: [null, null], w: 1 }]
 */
export const partition = <A = NdArray>(predicate: (leaf: A) => boolean): (<T>(tree: T) => readonly [Part<T>, Part<T>]) =>
  partitionWithPath((_, leaf: A) => checkFunction('partition', 'a predicate of leaves', predicate)(leaf))

/**
 * `partition` by the leaf and the path that leads to it.
 *
 * @example
 * partitionWithPath(([field]) => field === 'head')({ body: 1, head: 2 }) // [{ body: null, head: 2 }, { body: 1, head: null }]
 */
export const partitionWithPath = <A = NdArray>(predicate: (path: Path, leaf: A) => boolean) =>
  <T>(tree: T): readonly [Part<T>, Part<T>] => {
    checkFunction('partition', 'a predicate of leaves', predicate)
    const [leaves, def] = flatten(tree)
    const paths = def.paths()
    const chosen = leaves.map((leaf, i) => predicate(paths[i], leaf as A)) // as the predicate declares the leaves
    const part = (side: boolean): Part<T> =>
      def.unflatten(leaves.map((leaf, i) => (chosen[i] === side ? leaf : null))) as Part<T> // some leaves are null now
    return [part(true), part(false)]
  }

/**
 * The tree that was parted. Where one part has `null` the other's leaf or subtree is taken; where both have a leaf, the
 * first's. Throws TreeError that lists every path at which the parts do not fit. (Equinox: `combine`.)
 *
 * @example
 * combine({ w: null, b: [2, null] }, { w: 1, b: [null, 3] }) // { b: [2, 3], w: 1 }
 */
export const combine = <T>(a: Part<T>, b: Part<T>): T => {
  const [lefts, left] = flatten<unknown>(a)
  const [rights, right] = flatten<unknown>(b)
  const differences = compareStructures(left, right).filter((each) => !isAbsence(each))
  if (differences.length > 0) throw mismatch('combine', differences, ['the first part', 'the second'])
  const leaves: unknown[] = []
  const merge = (l: TreeDef, i: number, r: TreeDef, j: number): TreeDef => {
    if (r.kind === 'null' || l.kind === 'leaf') {
      for (let k = 0; k < l.size; k++) leaves.push(lefts[i + k])
      return l
    }
    if (l.kind === 'null') {
      for (let k = 0; k < r.size; k++) leaves.push(rights[j + k])
      return r
    }
    return l.withChildren(l.children.map((child, k) => {
      const merged = merge(child, i, r.children[k], j)
      i += child.size
      j += r.children[k].size
      return merged
    }))
  }
  const def = merge(left, 0, right, 0)
  return def.unflatten(leaves) as T // a part remembers the type of the whole
}

/** One has `null` where the other has something. */
const isAbsence = ({ left, right }: Difference): boolean =>
  (left === 'null' && right !== nothing) || (right === 'null' && left !== nothing)
