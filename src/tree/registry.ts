import { TreeError, type Path } from '../core/errors.js'
import { checkFunction } from '../core/options.js'

/** How instances of a class take part in pytrees: what their children are, and how they are made from them again. */
export interface NodeRules<T, A> {
  /** The children, and everything else that the instance holds. */
  flatten(x: T): readonly [children: readonly unknown[], aux: A]
  /** The instance with these children; the inverse of `flatten`. */
  unflatten(aux: A, children: readonly unknown[]): T
  /** Whether two values of `aux` make the same structure; `Object.is` unless given. */
  readonly equals?: (a: A, b: A) => boolean
  /** What paths call the children; their indices unless given. */
  readonly names?: (aux: A) => Path
}

/** A registered class. */
export interface NodeClass {
  readonly name: string
  readonly rules: NodeRules<unknown, unknown>
  readonly equals: (a: unknown, b: unknown) => boolean
  /** Text that is the same for, and only for, two values of `aux` that are equal; it names the class too. */
  readonly key: (aux: unknown) => string
}

const classes = new Map<object, NodeClass>()

/** The prototype that was last seen to be of no registered class: almost always that of arrays. */
let opaque: object | undefined

/** The registered class with this prototype. A subclass of a registered class is not registered by that. */
export const classOf = (prototype: object): NodeClass | undefined => {
  if (prototype === opaque) return undefined
  const found = classes.get(prototype)
  if (found === undefined) opaque = prototype
  return found
}

/** Numbers values in the order in which they first came: by identity, or by the given equality. */
const numbering = (equals?: (a: unknown, b: unknown) => boolean): ((x: unknown) => number) => {
  if (equals !== undefined) {
    const seen: unknown[] = []
    return (x) => {
      const at = seen.findIndex((y) => equals(y, x))
      return at < 0 ? seen.push(x) - 1 : at
    }
  }
  const objects = new WeakMap<object, number>()
  const values = new Map<unknown, number>()
  const negativeZero = {}
  let count = 0
  return (x) => {
    const key = Object.is(x, -0) ? negativeZero : x
    const seen: { get(k: unknown): number | undefined; set(k: unknown, n: number): unknown } =
      (typeof key === 'object' && key !== null) || typeof key === 'function' ? objects : values
    const known = seen.get(key)
    if (known !== undefined) return known
    seen.set(key, count)
    return count++
  }
}

/**
 * Makes the instances of a class nodes of pytrees, rather than opaque leaves. It holds for exactly this class,
 * from now on and everywhere, so call it once, beside the class. Throws TreeError for a class that is registered
 * already. (JAX: `register_pytree_node`.)
 *
 * @example
 * class Interval {
 *   readonly ends: readonly unknown[]
 *   constructor(ends: readonly unknown[]) { this.ends = ends }
 * }
 * register(Interval, {
 *   flatten: (x) => [x.ends, null],
 *   unflatten: (_, ends) => new Interval(ends),
 *   names: () => ['from', 'to']
 * })
 * String(structure([new Interval([1, 2]), 3])) // [Interval(from: *, to: *), *]
 */
export const register = <T extends object, A>(
  type: { readonly prototype: T; readonly name: string },
  rules: NodeRules<T, A>
): void => {
  checkFunction('register', 'a class', type as unknown)
  const { flatten, unflatten } = (rules ?? {}) as { flatten?: unknown; unflatten?: unknown } // callers without types pass anything
  checkFunction('register', 'rules with a function flatten', flatten)
  checkFunction('register', 'rules with a function unflatten', unflatten)
  const prototype: object = type.prototype
  if (prototype === Object.prototype || Array.isArray(prototype)) {
    throw new TreeError('register', 'a class of your own', `${type.name}, which every pytree understands`)
  }
  if (classes.has(prototype)) throw new TreeError('register', 'a class that is not registered yet', type.name)
  const erased = rules as NodeRules<unknown, unknown> // only ever called with instances of the class, and their aux
  const number = numbering(erased.equals)
  const id = classes.size
  classes.set(prototype, {
    name: type.name,
    rules: erased,
    equals: erased.equals ?? Object.is,
    key: (aux) => `#${id}.${number(aux)}`
  })
  opaque = undefined
}
