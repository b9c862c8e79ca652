import { mismatch, compareStructures } from './compare.js'
import { flatten } from './pytree.js'
import { checkTreeDef, type TreeDef } from './treedef.js'
import type { MapLeaves } from './types.js'

/** The structure with `inner` in the place of every leaf. */
const compose = (outer: TreeDef, inner: TreeDef): TreeDef => {
  if (outer.kind === 'leaf') return inner
  return outer.size === 0 ? outer : outer.withChildren(outer.children.map((child) => compose(child, inner)))
}

/**
 * Turns a tree of trees inside out: from one with `inner` at every leaf of `outer` to one with `outer` at every leaf of
 * `inner`. Throws TreeError that lists every path at which the tree is not so built. (JAX: `tree.transpose`.)
 *
 * @example
 * transpose(structure([0, 0]), structure({ w: 0, b: 0 }))([{ w: 1, b: 2 }, { w: 3, b: 4 }]) // { b: [2, 4], w: [1, 3] }
 */
export const transpose = <O, I>(outer: TreeDef<O>, inner: TreeDef<I>) =>
  (tree: MapLeaves<O, unknown, I>): MapLeaves<I, unknown, O> => {
    checkTreeDef('transpose', outer)
    checkTreeDef('transpose', inner)
    const [leaves, def] = flatten<unknown>(tree)
    const expected = compose(outer, inner)
    if (!def.equals(expected)) throw mismatch('transpose', compareStructures(def, expected), ['the tree', '`inner` inside `outer`'])
    const turned: unknown[] = []
    for (let i = 0; i < inner.size; i++) {
      for (let o = 0; o < outer.size; o++) turned.push(leaves[o * inner.size + i])
    }
    return compose(inner, outer).unflatten(turned) as MapLeaves<I, unknown, O> // the structure that was just composed
  }
