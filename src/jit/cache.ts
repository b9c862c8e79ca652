import type { NdArray } from '../core/array.js'
import { equalAvals, type Aval } from '../core/aval.js'
import { namedAxes } from '../core/axes.js'
import type { Jaxpr } from '../core/primitive.js'
import { isTracer } from '../core/trace.js'
import { isRecording } from '../ir/source.js'
import type { TreeDef } from '../tree/treedef.js'

/** What tracing depends on besides the function: an entry is found by it. */
export interface Signature {
  readonly treedef: TreeDef
  readonly arrays: readonly { readonly aval: Aval }[]
  readonly statics: readonly unknown[]
}

/** A traced function: a program, what it closes over, and the structure of its result. */
export interface Entry {
  readonly jaxpr: Jaxpr
  readonly captured: readonly NdArray[]
  readonly result: TreeDef
  /** Positions of what is donated among what it closes over and the arguments. */
  readonly donated: readonly number[]
}

/** An entry with what it was traced for. */
export interface Slot extends Entry {
  readonly treedef: TreeDef
  readonly avals: readonly Aval[]
  readonly statics: readonly unknown[]
  readonly context: string
}

const sameStatics = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]))

/** What else a trace depends on: the axes in scope, which collectives read, and whether equations remember their sources. */
export const context = (): string => {
  const axes = namedAxes()
  return (isRecording() ? 'sources' : '') + (axes.length === 0 ? '' : JSON.stringify(axes))
}

const fits = (slot: Slot, { treedef, arrays, statics }: Signature, surroundings: string): boolean => {
  if (slot.avals.length !== arrays.length || slot.context !== surroundings || !slot.treedef.equals(treedef)) return false
  for (let i = 0; i < arrays.length; i++) if (!equalAvals(slot.avals[i], arrays[i].aval)) return false
  return sameStatics(slot.statics, statics)
}

/** Whether two calls are alike: what is traced for one is what is traced for the other. */
export const alike = (a: Signature, b: Signature): boolean =>
  a.treedef.equals(b.treedef) && a.arrays.every(({ aval }, i) => equalAvals(aval, b.arrays[i].aval)) && sameStatics(a.statics, b.statics)

/** Closed-over tracers of transforms that have returned will not come back: neither will the entry be used again. */
export const usable = ({ captured }: Entry): boolean => captured.every((x) => !isTracer(x) || x.trace.alive)

/** The programs of one jitted function, the latest first. */
export class Cache {
  #slots: readonly Slot[] = []
  #hits = 0

  /** The entry for the signature, traced by `make` if there is none. */
  find(signature: Signature, make: () => Entry): Entry {
    const surroundings = context()
    const { treedef, arrays, statics } = signature
    for (const slot of this.#slots) {
      if (!fits(slot, signature, surroundings) || !usable(slot)) continue
      this.#hits++
      return slot
    }
    const slot: Slot = { ...make(), treedef, avals: arrays.map((x) => x.aval), statics, context: surroundings }
    this.#slots = [slot, ...this.#slots.filter(usable)]
    return slot
  }

  /** What was traced. */
  get slots(): readonly Slot[] {
    return this.#slots
  }

  /** How often an entry was found. */
  get hits(): number {
    return this.#hits
  }
}
