import type { NdArray } from '../../core/array.js'
import { equalShapes } from '../../core/shape.js'
import { showAval, type Aval } from '../../core/aval.js'
import { isFloat } from '../../core/dtype.js'
import { DTypeError, ShapeError, showPath, TreeError, type Path } from '../../core/errors.js'
import type { Tangent } from '../../core/primitive.js'
import { arraysOf } from '../../transform/boundary.js'
import { requireSameStructure, show } from '../../tree/compare.js'
import { childrenOf, kindOf, structure } from '../../tree/pytree.js'
import { place, type TreeDef } from '../../tree/treedef.js'
import { converted } from '../outputs.js'

/** The types of the leaves of a tree. */
export interface Like {
  readonly avals: readonly Aval[]
  readonly treedef: TreeDef
}

/** Who asks, and what the tree is that must have those types: `the cotangents`, under the path `cotangents`. */
export interface Asked {
  readonly who: string
  readonly what: string
  readonly root: string
}

/** Throws ShapeError, or DTypeError, with every array that has not the type it should have; weak ones take the dtype. */
export const fitted = <T extends Tangent>(
  { who, what, root }: Asked, arrays: readonly T[], { avals, treedef }: Like
): readonly (T | NdArray)[] => {
  const wrong = (fits: (x: NdArray, aval: Aval) => boolean): string =>
    arrays
      .flatMap((x, i) => {
        if (x === null || fits(x, avals[i])) return []
        return `${showAval(x.aval)} for ${showAval(avals[i])} at ${showPath(treedef.paths()[i], root)}`
      })
      .join('; ')
  const shapes = wrong((x, aval) => equalShapes(x.shape, aval.shape))
  if (shapes !== '') throw new ShapeError(who, `${what} of the shapes that they belong to`, shapes)
  const dtypes = wrong((x, aval) => x.dtype === aval.dtype || x.weak)
  if (dtypes !== '') throw new DTypeError(who, `${what} of the dtypes that they belong to`, dtypes)
  return arrays.map((x, i) => (x === null ? x : converted(x, avals[i])))
}

/** The arrays of a tree that must be like another. Throws TreeError, ShapeError or DTypeError with every path where it is not. */
export const matching = (asked: Asked, tree: unknown, like: Like, names: readonly [string, string]): readonly NdArray[] => {
  const { arrays, treedef } = arraysOf(asked.who, tree, [asked.root])
  requireSameStructure(asked.who, like.treedef, treedef, names)
  return fitted(asked, arrays, like)
}

/**
 * Tangents or cotangents that a rule returned: `null` in place of an array, or of a tree, stands for zeros. What
 * stands for those of integers is ignored. Throws as `matching` does.
 */
export const matchingTangents = (asked: Asked, tree: unknown, like: Like): readonly Tangent[] => {
  const { who, what, root } = asked
  const found: Tangent[] = []
  const problems: string[] = []
  const visit = (x: unknown, def: TreeDef, path: Path): void => {
    if (x === null || x === undefined) {
      for (let i = 0; i < def.size; i++) found.push(null)
      return
    }
    const kind = kindOf(x)
    if (kind !== def.kind || (kind !== 'leaf' && def.children.length === 0 && !structure(x).sameNode(def))) {
      problems.push(`${show(structure(x))} instead of ${show(def)} at ${place(path)}`)
      return
    }
    if (kind === 'leaf') {
      const i = found.length
      found.push(isFloat(like.avals[i].dtype) ? arraysOf(who, x, path).arrays[0] : null)
      return
    }
    const children = new Map(childrenOf(x))
    def.children.forEach((child, i) => {
      const step = def.step(i)
      if (children.has(step)) visit(children.get(step), child, [...path, step])
      else problems.push(`nothing instead of ${show(child)} at ${place([...path, step])}`)
      children.delete(step)
    })
    for (const [step, child] of children) problems.push(`${show(structure(child))} instead of nothing at ${place([...path, step])}`)
  }
  visit(tree, like.treedef, [root])
  if (problems.length > 0) throw new TreeError(who, `${what} with the structure that they belong to (null for zeros)`, problems.join('; '))
  return fitted(asked, found, like)
}
