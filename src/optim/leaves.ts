import type { NdArray } from '../core/array.js'
import type { DType } from '../core/dtype.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { requireSameStructure } from '../tree/compare.js'
import { flatten } from '../tree/pytree.js'

/** A pytree of arrays; all that steps see of parameters, gradients and updates. */
export type Tree = unknown

/** The arrays of a tree of arrays. */
export const arrays = (tree: Tree): readonly NdArray[] =>
  flatten(tree)[0] as readonly NdArray[] // `init` and `step` have checked the leaves

/** The tree with each array replaced. */
export const each = (f: (x: NdArray) => NdArray, tree: Tree): Tree => {
  const [leaves, treedef] = flatten(tree)
  return treedef.unflatten((leaves as readonly NdArray[]).map(f)) // as for `arrays`
}

/** A tree of zeros. */
export const zeros = (tree: Tree): Tree => each(lax.zerosLike, tree)

/** What an array is left as it is by, to the bit: −0, as 0 would turn −0 into 0. */
export const nothing = (x: NdArray): NdArray => lax.fullLike(x, -0)

/**
 * Trees of one structure, combined array by array: `f` gets the i-th arrays of all trees and gives the i-th arrays of all
 * results. Each tree is walked once. Throws TreeError where structures differ.
 */
export const together = <const T extends readonly Tree[], const R extends readonly NdArray[]>(
  who: string, trees: T, f: (...leaves: { readonly [K in keyof T]: NdArray }) => R
): { readonly [K in keyof R]: Tree } => {
  const flat = trees.map((tree) => flatten(tree))
  const [[first, treedef], ...others] = flat
  for (const [, other] of others) requireSameStructure(who, treedef, other)
  const row = (i: number): unknown => flat.map(([leaves]) => leaves[i])
  const results = first.map((_, i) => f(...(row(i) as { readonly [K in keyof T]: NdArray }))) // one leaf of each tree
  // without leaves all results are the empty tree, of which there are never more than trees
  const outputs = results.length === 0 ? trees.map(() => []) : results[0].map((_, k) => results.map((outs) => outs[k]))
  return outputs.map((leaves) => treedef.unflatten(leaves)) as unknown as { readonly [K in keyof R]: Tree } // a tree per result of f
}

/** A scalar in the dtypes of the arrays that it is to meet, each converted once. */
export const inDType = (x: NdArray): ((dtype: DType) => NdArray) => {
  const made = new Map<DType, NdArray>()
  return (dtype) => {
    const found = made.get(dtype) ?? lax.convertElementType(x, dtype)
    made.set(dtype, found)
    return found
  }
}

/** The array times a number or a scalar of its dtype. */
export const times = (x: NdArray, factor: NdArray | number): NdArray =>
  lax.mul(x, typeof factor === 'number' ? factor : lax.broadcastInDim(factor, x.shape, []))

/** A running average: `a ← decay · a + (1 − decay) · x`. */
export const average = (a: NdArray, x: NdArray, decay: number): NdArray => lax.add(lax.mul(a, decay), lax.mul(x, 1 - decay))

/** The length of an array as a vector, or of what lies along some of its axes, which stay as axes of size 1. */
export const norm = (x: NdArray, axis?: readonly number[]): NdArray =>
  np.sqrt(np.sum(np.square(x), axis === undefined ? {} : { axis, keepdims: true }))

/** All axes but the last, whose positions are the units of a layer: along the others lie a unit's weights. A vector is one unit. */
export const ofUnits = (x: NdArray): readonly number[] => (x.ndim < 2 ? x.shape : x.shape.slice(1)).map((_, i) => i)
