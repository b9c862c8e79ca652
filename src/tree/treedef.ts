import { showPath, TreeError, type Path } from '../core/errors.js'
import type { NodeClass } from './registry.js'

/** What a pytree, or a part of one, is. Everything but `leaf` is a node; `null`, `undefined` and strings are nodes without children. */
export type Kind = 'leaf' | 'null' | 'undefined' | 'string' | 'array' | 'object' | 'class'

const identifier = /^[A-Za-z_$][\w$]*$/

/**
 * The structure of a pytree: everything but its leaves. Two trees have equal structure if they have the same nodes,
 * the same fields in whatever order, and the same strings. It is itself a tree of such structures. (JAX: `PyTreeDef`.)
 *
 * @example
 * String(structure({ w: 1, b: 2, next: [null, 3] })) // { b: *, next: [null, *], w: * }
 */
export class TreeDef<T = unknown> {
  readonly kind: Kind
  /** Number of leaves. */
  readonly size: number
  /** The structures of the children, an object's in the order of its sorted keys. */
  readonly children: readonly TreeDef[]
  /** Sorted keys of an object; the names of a registered class's children. */
  readonly keys: Path
  readonly #class: NodeClass | undefined
  readonly #aux: unknown
  #key: string | undefined
  #paths: readonly Path[] | undefined

  /** `aux` is the text of a string, what `flatten` gave for an instance of a class, and undefined for all others. */
  constructor(kind: Kind, children: readonly TreeDef[], keys: Path, type?: NodeClass, aux?: unknown) {
    let size = kind === 'leaf' ? 1 : 0
    for (let i = 0; i < children.length; i++) size += children[i].size
    this.kind = kind
    this.size = size
    this.children = children
    this.keys = keys
    this.#class = type
    this.#aux = aux
  }

  /** A text that equal structures, and only those, have in common: a key for caches. */
  get key(): string {
    return (this.#key ??= this.#makeKey())
  }

  #makeKey(): string {
    switch (this.kind) {
      case 'leaf': return '*'
      case 'null': return 'n'
      case 'undefined': return 'u'
      case 'string': return JSON.stringify(this.#aux)
      case 'array': return `[${this.children.map((child) => child.key).join()}]`
      case 'object': return `{${this.children.map((child, i) => `${JSON.stringify(this.keys[i])}:${child.key}`).join()}}`
      case 'class': return `${(this.#class as NodeClass).key(this.#aux)}(${this.children.map((child) => child.key).join()})`
    }
  }

  /** Whether this node alone, without its children, is the same as that one. */
  sameNode(that: TreeDef): boolean {
    if (this.kind !== that.kind || this.children.length !== that.children.length) return false
    if (this.kind === 'object') {
      for (let i = 0; i < this.keys.length; i++) if (this.keys[i] !== that.keys[i]) return false
      return true
    }
    return this.#class === that.#class && (this.#class?.equals ?? Object.is)(this.#aux, that.#aux)
  }

  /** Whether both are the same structure. */
  equals(that: TreeDef): boolean {
    if (this === that) return true
    if (this.size !== that.size || !this.sameNode(that)) return false
    for (let i = 0; i < this.children.length; i++) if (!this.children[i].equals(that.children[i])) return false
    return true
  }

  /** How paths name the child: its key, its index, or the name that its class gives it. */
  step(index: number): string | number {
    return index < this.keys.length ? this.keys[index] : index
  }

  /** Where each leaf is, in the order of the leaves. */
  paths(): readonly Path[] {
    return (this.#paths ??= this.#makePaths())
  }

  #makePaths(): readonly Path[] {
    if (this.kind === 'leaf') return [[]]
    return this.children.flatMap((child, i) => child.paths().map((rest) => [this.step(i), ...rest]))
  }

  /** The same node over other children. */
  withChildren(children: readonly TreeDef[]): TreeDef {
    return new TreeDef(this.kind, children, this.keys, this.#class, this.#aux)
  }

  /**
   * The tree with this structure and these leaves. Its objects and arrays are frozen. Throws TreeError if there are
   * not exactly as many leaves as the structure has.
   */
  unflatten(leaves: readonly unknown[]): T {
    if (leaves.length !== this.size) {
      throw new TreeError('unflatten', `${this.size} leaves for ${this.toString()}`, `${leaves.length}`)
    }
    return this.#build(leaves, 0) as T // the type records what was flattened to this structure
  }

  #build(leaves: readonly unknown[], from: number): unknown {
    switch (this.kind) {
      case 'leaf': return leaves[from]
      case 'null': return null
      case 'undefined': return undefined
      case 'string': return this.#aux
      case 'array': return Object.freeze(this.#list(leaves, from))
      case 'class': return (this.#class as NodeClass).rules.unflatten(this.#aux, this.#list(leaves, from))
      case 'object': {
        const { children, keys } = this
        const made: Record<string, unknown> = {}
        let at = from
        for (let i = 0; i < children.length; i++) {
          const child = children[i]
          const value = child.kind === 'leaf' ? leaves[at] : child.#build(leaves, at)
          if (keys[i] === '__proto__') Object.defineProperty(made, '__proto__', { value, enumerable: true })
          else made[keys[i]] = value
          at += child.size
        }
        return Object.freeze(made)
      }
    }
  }

  #list(leaves: readonly unknown[], from: number): unknown[] {
    const made: unknown[] = []
    let at = from
    for (let i = 0; i < this.children.length; i++) {
      made.push(this.children[i].#build(leaves, at))
      at += this.children[i].size
    }
    return made
  }

  /** As one would write it, with `*` for leaves. */
  toString(): string {
    switch (this.kind) {
      case 'leaf': return '*'
      case 'null': return 'null'
      case 'undefined': return 'undefined'
      case 'string': return `'${JSON.stringify(this.#aux).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
      case 'array': return `[${this.children.join(', ')}]`
      case 'object': return this.children.length === 0 ? '{}' : `{ ${this.#named()} }`
      case 'class': return `${(this.#class as NodeClass).name}(${this.#named()})`
    }
  }

  #named(): string {
    return this.children
      .map((child, i) => {
        const key = this.step(i)
        if (typeof key === 'number') return child.toString()
        return `${identifier.test(key) ? key : JSON.stringify(key)}: ${child.toString()}`
      })
      .join(', ')
  }
}

/** A path for messages; the root has a name too. */
export const place = (path: Path): string => (path.length === 0 ? 'the root' : showPath(path))

/** Checks that a value is a structure. */
export const checkTreeDef = <T>(who: string, x: TreeDef<T>): TreeDef<T> => {
  if (!(x instanceof TreeDef)) throw new TreeError(who, 'a structure, as tree.structure gives it', x)
  return x
}
