import { childrenOf, kindOf } from './pytree.js'

/** Freezes the objects and arrays of a tree and gives it back. What is frozen already is taken to be so all the way down. */
export const freeze = <T>(tree: T): T => {
  const kind = kindOf(tree)
  if ((kind === 'object' || kind === 'array') && !Object.isFrozen(tree)) {
    Object.freeze(tree)
    for (const [, child] of childrenOf(tree)) freeze(child)
  }
  return tree
}
