import { TreeError, type Path } from '../core/errors.js'
import { checkList } from '../core/options.js'
import { classOf, type NodeClass } from './registry.js'
import { checkTreeDef, place, TreeDef, type Kind } from './treedef.js'
import type { Leaf } from './types.js'

/** What kind of node, or whether a leaf, the value is. */
export const kindOf = (x: unknown): Kind => {
  switch (typeof x) {
    case 'object': break
    case 'string': return 'string'
    case 'undefined': return 'undefined'
    default: return 'leaf'
  }
  if (x === null) return 'null'
  const prototype = Object.getPrototypeOf(x) as object | null
  if (prototype === Object.prototype || prototype === null) return 'object'
  if (prototype === Array.prototype) return 'array'
  return classOf(prototype) === undefined ? foreign(prototype) : 'class'
}

/** Plain objects and arrays of another realm (a frame, a `vm` context) are nodes too. */
const foreign = (prototype: object): Kind => {
  if (Array.isArray(prototype)) return 'array'
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf') ? 'object' : 'leaf'
}

interface KeyList {
  readonly given: readonly string[]
  readonly sorted: readonly string[]
}

/** Key lists that were sorted before, by their first key: trees of the same structure come again and again. */
const sortedBefore = new Map<string, KeyList[]>()

const sortKeys = (keys: readonly string[]): readonly string[] => {
  if (keys.length === 0) return keys
  let lists = sortedBefore.get(keys[0])
  if (lists === undefined || lists.length >= 32) {
    if (sortedBefore.size >= 1024) sortedBefore.clear()
    lists = []
    sortedBefore.set(keys[0], lists)
  }
  search: for (const { given, sorted } of lists) {
    if (given.length !== keys.length) continue
    for (let i = 0; i < keys.length; i++) if (given[i] !== keys[i]) continue search
    return sorted
  }
  const sorted = keys.toSorted()
  lists.push({ given: keys, sorted })
  return sorted
}

/** The keys of an object node, sorted by their code units. */
export const keysOf = (x: object): readonly string[] => {
  if (Object.getOwnPropertySymbols(x).length > 0) refuseSymbols(x)
  return sortKeys(Object.keys(x))
}

const refuseSymbols = (x: object): void => {
  const kept = Object.getOwnPropertySymbols(x).find((symbol) => Object.prototype.propertyIsEnumerable.call(x, symbol))
  if (kept === undefined) return
  throw new TreeError('tree', 'objects with text for keys, because others would be lost', `the key ${String(kept)}`)
}

const none: Path = []

/** An instance of a registered class, taken apart. */
export const open = (x: object): { readonly type: NodeClass; readonly children: readonly unknown[]; readonly aux: unknown } => {
  const type = classOf(Object.getPrototypeOf(x) as object) as NodeClass // the caller knows that its kind is 'class'
  const [children, aux] = type.rules.flatten(x)
  return { type, children, aux }
}

/** The children of a node and what paths call them; nothing for a leaf. */
export const childrenOf = (x: unknown): readonly (readonly [step: string | number, child: unknown])[] => {
  switch (kindOf(x)) {
    case 'array': return (x as readonly unknown[]).map((child, i) => [i, child])
    case 'object': return keysOf(x as object).map((key) => [key, (x as Readonly<Record<string, unknown>>)[key]])
    case 'class': {
      const { type, children, aux } = open(x as object)
      const names = type.rules.names?.(aux) ?? none
      return children.map((child, i) => [names[i] ?? i, child])
    }
    default: return []
  }
}

const leaf = new TreeDef('leaf', [], none)
const empty = new TreeDef('null', [], none)
const missing = new TreeDef('undefined', [], none)

/** The walks over trees recur; deeper trees are refused before the stack overflows. */
const deepest = 1000

const walk = (x: unknown, leaves: unknown[], depth: number, root: unknown): TreeDef => {
  const kind = kindOf(x)
  if (kind === 'leaf') {
    leaves.push(x)
    return leaf
  }
  if (depth > deepest) throw tooDeep(root)
  switch (kind) {
    case 'null': return empty
    case 'undefined': return missing
    case 'string': return new TreeDef('string', [], none, undefined, x)
    case 'array': return new TreeDef('array', walkEach(x as readonly unknown[], leaves, depth, root), none)
    case 'class': {
      const { type, children, aux } = open(x as object)
      return new TreeDef('class', walkEach(children, leaves, depth, root), type.rules.names?.(aux) ?? none, type, aux)
    }
    case 'object': {
      const fields = x as Readonly<Record<string, unknown>>
      const keys = keysOf(fields)
      const children = new Array<TreeDef>(keys.length)
      for (let i = 0; i < keys.length; i++) children[i] = walk(fields[keys[i]], leaves, depth + 1, root)
      return new TreeDef('object', children, keys)
    }
  }
}

const walkEach = (list: readonly unknown[], leaves: unknown[], depth: number, root: unknown): readonly TreeDef[] => {
  const children = new Array<TreeDef>(list.length)
  for (let i = 0; i < list.length; i++) children[i] = walk(list[i], leaves, depth + 1, root)
  return children
}

/** Why a walk went too deep: there is a cycle, or the tree is deeper than is allowed. */
const tooDeep = (root: unknown): TreeError => {
  const ancestors = new Map<unknown, Path>()
  const done = new Set()
  const search = (x: unknown, path: Path): TreeError | undefined => {
    const above = ancestors.get(x)
    if (above !== undefined) return new TreeError('tree', 'a finite tree', `a cycle back to ${place(above)}`, path)
    const children = done.has(x) || path.length > deepest ? [] : childrenOf(x)
    if (children.length === 0) return undefined
    ancestors.set(x, path)
    for (const [step, child] of children) {
      const found = search(child, [...path, step])
      if (found !== undefined) return found
    }
    ancestors.delete(x)
    done.add(x)
    return undefined
  }
  return search(root, []) ?? new TreeError('tree', `at most ${deepest} levels`, 'a deeper tree')
}

/**
 * The leaves of a tree, and its structure. Objects, arrays and instances of registered classes are nodes, visited in
 * the order of their sorted keys; `null`, `undefined` and strings belong to the structure; everything else is a leaf.
 * Throws TreeError for cycles and for objects with symbols as keys. (JAX: `tree.flatten`.)
 *
 * @example
 * const [leaves, treedef] = flatten({ w: 3, b: [1, null, 2] })
 * leaves // [1, 2, 3]
 * treedef.unflatten([4, 5, 6]) // { b: [4, null, 5], w: 6 }
 */
export const flatten = <T>(tree: T): readonly [leaves: readonly Leaf<T>[], treedef: TreeDef<T>] => {
  const leaves: unknown[] = []
  const def = walk(tree, leaves, 0, tree)
  return [leaves as Leaf<T>[], def as TreeDef<T>] // the types say what the walk has found in a tree of type T
}

/** The leaves of a tree, in the order of its sorted keys. */
export const leaves = <T>(tree: T): readonly Leaf<T>[] => flatten(tree)[0]

/**
 * The structure of a tree.
 *
 * @example
 * structure({ x: 1, y: 2 }).equals(structure({ y: 3, x: 4 })) // true
 */
export const structure = <T>(tree: T): TreeDef<T> => flatten(tree)[1]

/** The tree of this structure with these leaves; `unflatten(treedef)(leaves)` inverts `flatten`. */
export const unflatten = <T>(treedef: TreeDef<T>) => (leaves: readonly unknown[]): T =>
  checkTreeDef('unflatten', treedef).unflatten(checkList('unflatten', 'a list of leaves', leaves))
