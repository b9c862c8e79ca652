import type { AnyPrimitive, Atom } from '../core/primitive.js'

/** Whether atoms have the same value. */
const sameAtom = (a: Atom, b: Atom): boolean => {
  if (a.kind === 'var' || b.kind === 'var') return a === b
  return Object.is(a.value, b.value) && a.aval.dtype === b.aval.dtype && a.aval.weak === b.aval.weak
}

/** Whether params are equal: by structure for plain data, by identity for jaxprs, functions and other objects. */
export const sameParams = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => sameParams(x, b[i]))
  if (!isPlain(a) || !isPlain(b)) return false
  const [left, right]: readonly Readonly<Record<string, unknown>>[] = [a, b]
  for (const name in left) if (!sameParams(left[name], right[name])) return false
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false
  return true
}

const isPlain = (x: object): x is Readonly<Record<string, unknown>> => Object.getPrototypeOf(x) === Object.prototype && !('eqns' in x)

interface Numbered<V> {
  readonly inputs: readonly Atom[]
  readonly params: object
  readonly value: V
  /** Another one that has the same hash. */
  readonly next: Numbered<V> | undefined
}

const float = new Float64Array(1)
const halves = new Int32Array(float.buffer)

const mixed = (hash: number, n: number): number => (Math.imul(hash, 31) + n) | 0

const numberHash = (x: number): number => {
  if (Number.isInteger(x)) return x | 0
  float[0] = x
  return Math.imul(halves[0], 7) ^ halves[1]
}

/** The numbers in params, wherever they are. */
const paramsHash = (x: unknown): number => {
  if (typeof x === 'number') return numberHash(x)
  if (typeof x !== 'object' || x === null) return 0
  let hash = 1
  if (Array.isArray(x)) for (const item of x) hash = mixed(hash, paramsHash(item))
  else if (isPlain(x)) for (const name in x) hash = mixed(hash, paramsHash(x[name]))
  return hash
}

const hashOf = (inputs: readonly Atom[], params: object): number => {
  let hash = paramsHash(params)
  for (const atom of inputs) hash = mixed(hash, atom.kind === 'var' ? atom.id : numberHash(atom.value))
  return hash
}

/** What was kept for applications of primitives: found again by primitive, operands and params. */
export class Numbering<V> {
  readonly #tables = new Map<AnyPrimitive, Map<number, Numbered<V>>>()

  /** What was kept for the same application; undefined if nothing was. */
  find(primitive: AnyPrimitive, inputs: readonly Atom[], params: object): V | undefined {
    let entry = this.#tables.get(primitive)?.get(hashOf(inputs, params))
    for (; entry !== undefined; entry = entry.next) {
      if (entry.inputs.length !== inputs.length) continue
      let same = true
      for (let i = 0; same && i < inputs.length; i++) same = sameAtom(entry.inputs[i], inputs[i])
      if (same && sameParams(entry.params, params)) return entry.value
    }
    return undefined
  }

  keep(primitive: AnyPrimitive, inputs: readonly Atom[], params: object, value: V): void {
    const table = this.#tables.get(primitive) ?? new Map<number, Numbered<V>>()
    if (table.size === 0) this.#tables.set(primitive, table)
    const hash = hashOf(inputs, params)
    table.set(hash, { inputs, params, value, next: table.get(hash) })
  }
}
