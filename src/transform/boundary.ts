import { fromScalar, fromTyped, isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { ArgumentError, describe, type Path } from '../core/errors.js'
import { escaped, isTracer } from '../core/trace.js'
import { withName } from '../core/name.js'
import { checkFunction } from '../core/options.js'
import { flatten } from '../tree/pytree.js'
import type { TreeDef } from '../tree/treedef.js'

/** What transforms do to any function: the types of its arguments are its own business. */
export type Fn = (...args: never[]) => unknown

/** A tree taken apart into arrays. */
export interface Flat {
  readonly arrays: readonly NdArray[]
  readonly treedef: TreeDef
}

/** Whether a leaf is a shape and a dtype without elements. */
const isType = (x: unknown): boolean => typeof x === 'object' && x !== null && 'shape' in x && 'dtype' in x

/** A leaf as an array: numbers are weak float32 scalars, typed arrays vectors of their dtype. */
const toArray = (who: string, leaf: unknown, path: () => Path): NdArray => {
  if (isArray(leaf)) {
    if (isTracer(leaf) && !leaf.trace.alive) throw escaped(who, leaf)
    return leaf
  }
  if (typeof leaf === 'number' || typeof leaf === 'boolean') return fromScalar(leaf)
  if (ArrayBuffer.isView(leaf)) return fromTyped(who, leaf)
  if (leaf instanceof Promise) {
    throw new ArgumentError(who, 'values rather than promises (a function that returns one would outlive its trace)', 'a promise', path())
  }
  const where = path()
  if (isType(leaf)) {
    throw new ArgumentError(who, 'arrays (lower, makeJaxpr and evalShape are content with types)', `the type ${describe(leaf)}`, where)
  }
  const cures = [
    ...(typeof leaf === 'object' ? ['register its class with tree.register'] : []),
    ...(where[0] === 'arguments' ? ['close over it', 'make it a static argument of jit'] : [])
  ]
  throw new ArgumentError(who, `arrays, numbers or booleans as leaves${cures.length > 0 ? ` (${cures.join(', or ')})` : ''}`, leaf, where)
}

/** The arrays of a tree that crosses the boundary of a transform. Throws ArgumentError for other leaves, with the path under `root`. */
export const arraysOf = (who: string, tree: unknown, root: Path): Flat => {
  const [leaves, treedef] = flatten<unknown>(tree)
  const arrays = new Array<NdArray>(leaves.length)
  for (let i = 0; i < leaves.length; i++) arrays[i] = toArray(who, leaves[i], () => [...root, ...treedef.paths()[i]])
  return { arrays, treedef }
}

/** Arguments as a tree: a tuple. */
export const argumentsOf = (who: string, args: readonly unknown[]): Flat => arraysOf(who, args, ['arguments'])

/** A function of trees as one of arrays; where its result came from is known once it has run. */
export interface FlatFunction {
  readonly run: (arrays: readonly NdArray[]) => readonly NdArray[]
  /** The structure of the latest result. */
  readonly result: () => TreeDef
}

/** Calls a function of trees with arrays put in the places of its arguments' leaves. */
export const flatFunction = (who: string, f: Fn, treedef: TreeDef): FlatFunction => {
  let result: TreeDef | undefined
  return {
    run(arrays) {
      const out = arraysOf(who, f(...(treedef.unflatten(arrays) as never[])), ['result'])
      result = out.treedef
      return out.arrays
    },
    result() {
      if (result === undefined) throw new ArgumentError(who, 'a function that was run', 'none')
      return result
    }
  }
}

/** A transformed function carries the name of the original, for messages and tools. Throws ArgumentError for what is no function. */
export const named = <F extends Fn>(transform: string, original: Fn, f: F): F =>
  withName(`${transform}(${checkFunction(transform, 'a function to transform', original).name})`, f)
