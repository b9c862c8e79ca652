import type { Atom, Eqn, Var } from '../../core/primitive.js'
import { counter, linear } from './affine.js'
import { collapsed } from './collapse.js'
import { isPlace, operandOf, type Group, type OpenPhase, type Root } from './group.js'
import type { Affine, Buffer, Nest, Phase, Reduction, Register, Store, Value } from './kernel.js'
import type { Lowering } from './lowering.js'
import { Placed } from './placed.js'

/** What is known of the program around a group. */
export interface Reader {
  isKept(v: Var): boolean
  bufferOf(v: Var): Buffer
  definition(v: Var): { readonly eqn: Eqn; readonly lowering: Lowering }
}

/** A group's loops with what they compute. */
export const nestOf = (group: Group, reader: Reader): Nest => new NestBuilder(group, reader).build()

class NestBuilder {
  readonly #group: Group
  readonly #reader: Reader
  readonly #registers = new Map<Var, Register>()
  /** Values of the phase that is being built, by variable and coordinates. */
  #values = new Placed<Value>()

  constructor(group: Group, reader: Reader) {
    this.#group = group
    this.#reader = reader
  }

  build(): Nest {
    const { outer, phases } = this.#group
    const built: Phase[] = []
    for (const { inner, roots } of phases) {
      this.#values = new Placed()
      const reductions: Reduction[] = []
      const stores: Store[] = []
      const sums: Root[] = []
      for (const root of roots) {
        const [out] = root.eqn.outputs
        if (root.lowering.kind === 'reduce') {
          const [operand] = root.eqn.inputs
          const register: Register = { id: this.#registers.size, dtype: out.aval.dtype }
          reductions.push({ register, combiner: root.lowering.combiner, value: this.#valueOf(operand, root.coordinates) })
          this.#registers.set(out, register)
          sums.push(root)
        } else {
          const value = this.#computed(root)
          this.#values.keep(out, root.coordinates, value)
          stores.push({ buffer: this.#reader.bufferOf(out), at: linear(root.coordinates, out.aval.shape), value })
        }
      }
      built.push({ inner, reductions, stores })
      if (sums.length > 0) built.push({ inner: [], reductions: [], stores: sums.map((root) => this.#keep(root)) })
    }
    return collapsed({ kind: 'nest', name: nameOf(phases), outer: outer ?? [], phases: built })
  }

  /** The finished reduction goes to its buffer, where others read it. */
  #keep({ eqn: { outputs: [out] }, coordinates, rank, domain }: Root): Store {
    const register = this.#registers.get(out) as Register // of this phase
    const place = coordinates.length === 0 ? [] : domain.slice(0, rank).map((_, k) => counter(k))
    return {
      buffer: this.#reader.bufferOf(out),
      at: linear(place, out.aval.shape),
      value: { kind: 'register', dtype: out.aval.dtype, register }
    }
  }

  #valueOf(atom: Atom, coordinates: readonly Affine[]): Value {
    if (atom.kind === 'literal') return { kind: 'constant', dtype: atom.aval.dtype, value: atom.value }
    const known = this.#values.find(atom, coordinates)
    if (known !== undefined) return known
    const value = this.#fresh(atom, coordinates)
    this.#values.keep(atom, coordinates, value)
    return value
  }

  #fresh(v: Var, coordinates: readonly Affine[]): Value {
    if (this.#reader.isKept(v)) {
      const register = this.#registers.get(v)
      if (register !== undefined && isPlace(coordinates, coordinates.length)) return { kind: 'register', dtype: v.aval.dtype, register }
      const at = coordinates.length === v.aval.shape.length ? linear(coordinates, v.aval.shape) : coordinates[0]
      return { kind: 'load', dtype: v.aval.dtype, buffer: this.#reader.bufferOf(v), at }
    }
    const { eqn, lowering } = this.#reader.definition(v)
    return this.#computed({ eqn, lowering, coordinates, domain: [], rank: 0 })
  }

  #computed(root: Root): Value {
    const { eqn, lowering, coordinates } = root
    const args = (): readonly Value[] => eqn.inputs.map((atom) => this.#valueOf(...operandOf(root, atom)))
    switch (lowering.kind) {
      case 'map': return lowering.value(eqn, args())
      case 'source': return lowering.value(eqn, coordinates)
      default: return args()[0]
    }
  }
}

const nameOf = (phases: readonly OpenPhase[]): string =>
  phases.flatMap(({ roots }) => roots.map(({ eqn }) => eqn.primitive.name)).join(' ')
