import { describe, TreeError, type Path } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { freeze } from './freeze.js'
import { childrenOf, kindOf, open } from './pytree.js'
import { place } from './treedef.js'

/** A place in trees of type T that holds an A: a lens. */
export interface At<T, A> {
  readonly path: Path
  /** What is there. */
  readonly get: (tree: T) => A
  /** The tree with something else there. Untouched branches keep their identity; the result is frozen. */
  readonly set: (value: A) => (tree: T) => T
  /** The tree with a function of what is there in its place. */
  readonly modify: (f: (value: A) => A) => (tree: T) => T
}

/**
 * The place in a tree that the selector reads. Selectors do nothing but access properties, of nodes rather than of
 * leaves. The lens throws TreeError for a tree that has no such place. (Equinox: `tree_at`.)
 *
 * @example
 * const bias = at((p: { out: { w: number; b: number } }) => p.out.b)
 * bias.get({ out: { w: 1, b: 2 } }) // 2
 * bias.set(0)({ out: { w: 1, b: 2 } }) // { out: { w: 1, b: 0 } }
 */
export const at = <T, A>(selector: (tree: T) => A): At<T, A> => {
  const path = trace(checkFunction('at', 'a selector, such as (tree) => tree.field', selector))
  const modify = (f: (value: A) => A) => (tree: T): T => {
    const changed = checkFunction('at', 'a function of what is there', f) as (value: unknown) => unknown // only an A is there
    return freeze(replace(tree, path, 0, changed) as T)
  }
  return {
    path,
    get: (tree) => path.reduce<unknown>((node, _, depth) => child(node, path, depth), tree) as A, // what the selector reads
    set: (value) => modify(() => value),
    modify
  }
}

/** What a selector might do to its argument other than access a property, by the name of the proxy's trap. */
const refused: Readonly<Partial<Record<keyof ProxyHandler<object>, string>>> = {
  apply: 'a call',
  construct: '`new`',
  set: 'an assignment',
  deleteProperty: '`delete`',
  defineProperty: 'a definition',
  has: 'the operator `in`',
  ownKeys: 'a look at all keys',
  getOwnPropertyDescriptor: 'a look at a descriptor',
  getPrototypeOf: 'a look at the prototype'
}

/** The names of an array's elements. */
const index = /^(?:0|[1-9]\d*)$/

/** The path that a selector follows. */
const trace = <T, A>(selector: (tree: T) => A): Path => {
  const paths = new WeakMap<object, Path>()
  const refuse = (path: Path, got: string): never => {
    throw new TreeError('at', 'a selector that only accesses properties', got, place(path))
  }
  const probe = (path: Path): object => {
    const traps = Object.entries(refused).map(([trap, got]) => [trap, () => refuse(path, got)] as const)
    const made = new Proxy(() => undefined, {
      ...Object.fromEntries(traps),
      get: (_, name) => {
        if (typeof name === 'symbol') return refuse(path, `the use of ${name.toString()}`)
        return probe([...path, index.test(name) ? Number(name) : name])
      }
    })
    paths.set(made, path)
    return made
  }
  const selected: unknown = selector(probe([]) as T) // the selector sees nothing of it but its properties
  const path = typeof selected === 'function' ? paths.get(selected) : undefined
  if (path === undefined) throw new TreeError('at', 'a selector that returns a place in its tree', selected)
  return path
}

/** Which of the node's children the path takes at this depth. */
const position = (node: unknown, path: Path, depth: number): number => {
  const steps = childrenOf(node).map(([step]) => String(step))
  const found = steps.indexOf(String(path[depth]))
  if (found >= 0) return found
  const got = Array.isArray(node) ? `an array of ${node.length}` : describe(node)
  throw new TreeError('at', `a node with ${place([path[depth]])}`, got, place(path.slice(0, depth)))
}

const child = (node: unknown, path: Path, depth: number): unknown => childrenOf(node)[position(node, path, depth)][1]

const replace = (node: unknown, path: Path, depth: number, f: (value: unknown) => unknown): unknown => {
  if (depth === path.length) return f(node)
  const i = position(node, path, depth)
  const children = childrenOf(node)
  const changed = replace(children[i][1], path, depth + 1, f)
  if (Object.is(changed, children[i][1])) return node
  const kind = kindOf(node)
  if (kind === 'object') {
    const entries = Object.entries(node as object).map(([key, value]) => [key, key === children[i][0] ? changed : value] as const)
    return Object.fromEntries(entries)
  }
  const next = children.map(([, value], k) => (k === i ? changed : value))
  if (kind === 'array') return next
  const { type, aux } = open(node as object)
  return type.rules.unflatten(aux, next)
}
