import fc from 'fast-check'
import { register } from '../../src/tree/registry.js'

/** A registered class with two children and something that belongs to its structure. */
export class Pair {
  readonly first: unknown
  readonly second: unknown
  readonly tag: string
  constructor(first: unknown, second: unknown, tag: string) {
    this.first = first
    this.second = second
    this.tag = tag
  }
}
register(Pair, {
  flatten: (x) => [[x.first, x.second], x.tag],
  unflatten: (tag, [first, second]) => new Pair(first, second, tag),
  names: () => ['first', 'second']
})

/** An instance of a class that is not registered. */
export class Opaque {
  readonly id: number
  constructor(id: number) {
    this.id = id
  }
}

export const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.double(), fc.boolean(), fc.bigInt(), fc.integer().map((id) => new Opaque(id)),
  fc.constantFrom(Math.sin, Symbol('leaf'), new Float32Array(2), new Map([[1, 2]]), new Date(0))
)

const key = fc.oneof(fc.constantFrom('w', 'b', '10', '9', '', 'odd key', '__proto__', 'constructor', 'toString'), fc.string())

/** Trees with these leaves and every kind of node. */
export const treeOf = (leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaves,
      fc.constantFrom(null, undefined),
      fc.string({ maxLength: 3 }),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      fc.tuple(tie('tree'), tie('tree'), fc.constantFrom('x', 'y')).map(([a, b, tag]) => new Pair(a, b, tag))
    )
  })).tree

export const tree = treeOf(leaf)
export const numbers = treeOf(fc.double({ noNaN: true }))

/** The same tree with the fields of its objects in reverse order, and other leaves. */
export const reversed = (x: unknown): unknown => {
  if (x instanceof Pair) return new Pair(reversed(x.first), reversed(x.second), x.tag)
  if (Array.isArray(x)) return x.map(reversed)
  if (typeof x !== 'object' || x === null) return x
  const prototype: unknown = Object.getPrototypeOf(x)
  if (prototype !== Object.prototype && prototype !== null) return x
  return Object.fromEntries(Object.entries(x).reverse().map(([k, v]) => [k, reversed(v)]))
}
