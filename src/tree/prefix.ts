import { TreeError, type Path } from '../core/errors.js'
import { show } from './compare.js'
import { childrenOf, kindOf, structure } from './pytree.js'
import { place, type TreeDef } from './treedef.js'

/**
 * Spreads a tree prefix over a full structure: what stands in the prefix where the full tree has a whole subtree goes
 * to every leaf of that subtree. The result has one value per leaf of `full`. Whatever `isLeaf` accepts counts as a
 * leaf of the prefix, `null` unless said otherwise. Throws TreeError with every place where the prefix does not fit.
 * (JAX: `broadcast_prefix`.)
 *
 * @example
 * broadcastPrefix('vmap', [0, null], structure([{ w: 1, b: 2 }, 3])) // [0, 0, null]
 */
export const broadcastPrefix = (
  who: string,
  prefix: unknown,
  full: TreeDef,
  isLeaf: (x: unknown) => boolean = (x) => x === null
): readonly unknown[] => {
  const spread: unknown[] = []
  const problems: string[] = []
  const problem = (path: Path, wanted: string, got: string): void => {
    problems.push(`${got} instead of ${wanted} at ${place(path)}`)
  }
  const visit = (x: unknown, def: TreeDef, path: Path): void => {
    const kind = isLeaf(x) ? 'leaf' : kindOf(x)
    if (kind === 'leaf') {
      for (let i = 0; i < def.size; i++) spread.push(x)
      return
    }
    const children = new Map(childrenOf(x))
    const same = kind === def.kind && (children.size > 0 || def.children.length > 0 || structure(x).sameNode(def))
    if (!same) {
      problem(path, show(def), show(structure(x)))
      return
    }
    def.children.forEach((child, i) => {
      const step = def.step(i)
      if (children.has(step)) visit(children.get(step), child, [...path, step])
      else problem([...path, step], show(child), 'nothing')
      children.delete(step)
    })
    for (const [step, child] of children) problem([...path, step], 'nothing', show(structure(child)))
  }
  visit(prefix, full, [])
  if (problems.length > 0) throw new TreeError(who, `a prefix of ${show(full)}`, problems.join('; '))
  return spread
}
