import { TreeError } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { produce } from './drafts.js'
import { freeze } from './freeze.js'
import { kindOf } from './pytree.js'
import type { Empty, Opaque } from './types.js'

/** A tree whose nodes may be written to; arrays, and everything else that is a leaf, remain as they are. */
export type Draft<T> = T extends Empty | Opaque ? T : { -readonly [K in keyof T]: Draft<T[K]> }

/**
 * The tree after the changes that the recipe makes to a draft of it. The tree itself does not change, untouched
 * branches keep their identity, and the result is frozen. Leaves and instances of registered classes are not drafted:
 * put others in their place. Throws TreeError if the tree is a leaf or the recipe asynchronous. (Immer: `produce`.)
 *
 * @example
 * update<{ w: number; b: { c: number } }>((d) => { d.b.c = 0 })({ w: 1, b: { c: 2 } }) // { w: 1, b: { c: 0 } }
 */
export const update = <T>(recipe: (draft: Draft<T>) => void) => (tree: T): T => {
  const kind = kindOf(tree)
  if (kind !== 'object' && kind !== 'array') throw new TreeError('update', 'a tree that is an object or an array', tree)
  checkFunction('update', 'a recipe, which is a function of a draft', recipe)
  const run: (draft: Draft<T>) => unknown = recipe // a recipe that is async has a result
  return freeze(produce(tree, (draft) => {
    const result = run(draft as Draft<T>) // the same draft as immer's, whose type would go into arrays
    if (result instanceof Promise) throw new TreeError('update', 'a recipe that is done when it returns', 'a promise')
  }))
}
