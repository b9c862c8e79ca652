import type { NdArray } from '../core/array.js'
import { equalShapes } from '../core/shape.js'
import { isFloat } from '../core/dtype.js'
import { DTypeError, ShapeError, type Path } from '../core/errors.js'
import type { Tangent } from '../core/primitive.js'
import { convertElementType } from '../lax/elementwise/convert.js'
import { zerosLike } from '../lax/broadcast.js'
import { requireSameStructure } from '../tree/compare.js'
import type { TreeDef } from '../tree/treedef.js'
import { arraysOf, type Flat } from './boundary.js'

/** What tangents, or cotangents, are measured against. */
export interface Like {
  readonly arrays: readonly { readonly shape: readonly number[]; readonly dtype: NdArray['dtype']; readonly weak: boolean }[]
  readonly treedef: TreeDef
}

/**
 * A tree of tangents for primals of the types given. Integers and booleans have none: what stands in their place is
 * ignored. Throws TreeError for another structure, ShapeError and DTypeError for leaves that do not fit.
 */
export const tangentsOf = (who: string, tree: unknown, like: Like, root: Path, names: readonly [string, string]): readonly Tangent[] => {
  const { arrays, treedef } = arraysOf(who, tree, root)
  requireSameStructure(who, like.treedef, treedef, names)
  return arrays.map((x, i) => {
    const primal = like.arrays[i]
    if (!isFloat(primal.dtype)) return null
    const path = (): Path => [...root, ...treedef.paths()[i]]
    if (!equalShapes(x.shape, primal.shape)) throw new ShapeError(who, `${names[1]} of shape [${primal.shape.join(',')}]`, x, path())
    if (x.dtype === primal.dtype) return x
    if (!x.weak) throw new DTypeError(who, `${names[1]} of dtype ${primal.dtype}`, x, path())
    return convertElementType(x, primal.dtype)
  })
}

/** Tangents as a tree of arrays: zeros where nothing varies. */
export const tangentTree = <T>(tangents: readonly Tangent[], like: Flat): T =>
  like.treedef.unflatten(tangents.map((d, i) => d ?? zerosLike(like.arrays[i]))) as T // the tree has the type of what it is tangent to
