import type { DType } from '../../core/dtype.js'
import type { Atom, Eqn, Var } from '../../core/primitive.js'
import { sizeOf, type Shape } from '../../core/shape.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { counter } from './affine.js'
import { handings, inPlace, withoutCopies } from './buffers/inplace.js'
import { pruned, scratchOf } from './buffers/leftover.js'
import { inChunks } from './chunks.js'
import { controlKernel } from './control.js'
import { withEpilogues } from './epilogue.js'
import { isPlace, operandOf, rootOf, type Group, type OpenPhase, type Root } from './group.js'
import type { Affine, Buffer, Host, Kernel, Nest, Product, Schedule } from './kernel.js'
import { nestOf, type Reader } from './loops.js'
import type { Lowering } from './lowering.js'
import { Placed } from './placed.js'
import { prepared, type Segment } from './prepare.js'
import { productOf } from './product.js'
import { loweringFor, type Target } from './schedulable.js'
import { roomsFor } from './workspace.js'

/** The dearest value that is computed again for a second reader rather than kept. */
const cheap = 2

/** What is read so often, by loops over so many elements, is not computed again each time. */
const [often, much] = [4, 4096]

/** The dearest value that is computed within its reader's loop at all: expressions stay of moderate size. */
const dearest = 400

/** How many places in memory the loops of one kernel read and write, and what they compute, at most: functions have their limits. */
const mostWork = 800

/** How many groups that a value has nothing to do with are asked whether it may join their loops. */
const mostOpen = 8

const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])
const startsWith = (shape: Shape, prefix: Shape): boolean => prefix.length <= shape.length && prefix.every((size, i) => size === shape[i])

/** The kernels of a program, each result in a place of its own. */
const unplaced = (jaxpr: Segment, target: Target): Schedule => withEpilogues(withoutCopies(new Scheduler(jaxpr, target).run()))

/**
 * The kernels of a program: what the target does not write calls its host. Results may take the memory of the inputs at `donated`
 * positions.
 */
export const schedule = (jaxpr: Segment, target: Target, donated: readonly number[] = []): Schedule => {
  const plan = unplaced(jaxpr, target)
  return inPlace(plan, handings(plan, donated))
}

class Scheduler {
  readonly #jaxpr: Segment
  readonly #target: Target
  readonly #lowerings: ReadonlyMap<Eqn, Lowering>
  readonly #defined = new Map<Var, { readonly eqn: Eqn; readonly lowering: Lowering }>()
  readonly #buffers = new Map<Var, Buffer>()
  readonly #kept = new Set<Var>()
  /** What values cost to compute from kept ones. */
  readonly #cost = new Map<Var, number>()
  readonly #roots = new Map<Var, Root>()
  readonly #steps: (Group | Exclude<Kernel, Nest>)[] = []
  readonly #place = new Map<Var, number>()
  /** The latest groups that began with loops over a shape. */
  readonly #groups = new Map<string, readonly number[]>()
  #buffersMade = 0

  constructor(jaxpr: Segment, target: Target) {
    this.#jaxpr = jaxpr
    this.#target = target
    this.#lowerings = new Map(jaxpr.eqns.map((eqn) => [eqn, loweringFor(eqn, target)]))
  }

  run(): Schedule {
    const { inputs, eqns, outputs } = this.#jaxpr
    for (const v of inputs) this.#bufferOf(v)
    for (const eqn of eqns) {
      const defined = { eqn, lowering: this.#loweringOf(eqn) }
      for (const v of eqn.outputs) this.#defined.set(v, defined)
    }
    this.#decide()
    for (const eqn of eqns) if (isWhole(this.#loweringOf(eqn)) || this.#kept.has(eqn.outputs[0])) this.#add(eqn)
    const kernels = this.#steps.flatMap((step): readonly Kernel[] => ('kind' in step ? [step] : inChunks(
      nestOf(step, this.#reader()), (dtype, size) => this.#room(dtype, size))))
    const results = outputs.map((v) => this.#bufferOf(v))
    const used = pruned(kernels, new Set(results))
    const fixed = new Set([...inputs.map((v) => this.#bufferOf(v)), ...results])
    return { inputs: inputs.map((v) => this.#bufferOf(v)), outputs: results, kernels: used, scratch: scratchOf(used, fixed) }
  }

  #loweringOf(eqn: Eqn): Lowering {
    return this.#lowerings.get(eqn) as Lowering // it is one of the program
  }

  #room(dtype: DType, size: number): Buffer {
    return { id: this.#buffersMade++, dtype, size }
  }

  #bufferOf(v: Var): Buffer {
    const known = this.#buffers.get(v)
    if (known !== undefined) return known
    const buffer = this.#room(v.aval.dtype, sizeOf(v.aval.shape))
    this.#buffers.set(v, buffer)
    return buffer
  }

  /** Which values are kept in buffers: results, what products and cut reshapes read, sums, and dear values with several readers. */
  #decide(): void {
    const { eqns, outputs } = this.#jaxpr
    const readers = new Map<Var, number>()
    for (const eqn of eqns) {
      for (const atom of eqn.inputs) if (atom.kind === 'var') readers.set(atom, (readers.get(atom) ?? 0) + 1)
    }
    for (const v of outputs) this.#kept.add(v)
    const keep = (atom: Atom): void => {
      if (atom.kind === 'var') this.#kept.add(atom)
    }
    for (const eqn of eqns) {
      const lowering = this.#loweringOf(eqn)
      if (isWhole(lowering)) {
        eqn.inputs.forEach(keep)
        for (const v of eqn.outputs) this.#kept.add(v)
        continue
      }
      const [out] = eqn.outputs
      const within = (atom: Atom): number => (atom.kind === 'var' && !this.#kept.has(atom) ? (this.#cost.get(atom) ?? 0) : 0)
      if (lowering.kind === 'view') {
        const [operand] = eqn.inputs
        const index = lowering.index(eqn, out.aval.shape.map((_, k) => counter(k)))
        if (index === null || (within(operand) > cheap && repeats(operand.aval.shape, out.aval.shape, index))) keep(operand)
      }
      const own = lowering.kind === 'map' ? lowering.cost : 0
      const below = eqn.inputs.reduce((sum, atom) => sum + within(atom), own)
      this.#cost.set(out, below)
      const isDear = below > dearest || (lowering.kind === 'map' && (readers.get(out) ?? 0) > 1 && below > cheap)
      if (lowering.kind === 'reduce' || isDear) this.#kept.add(out)
    }
  }

  #add(eqn: Eqn): void {
    const lowering = this.#loweringOf(eqn)
    if (isWhole(lowering)) {
      this.#steps.push(this.#kernel(eqn, lowering))
      for (const v of eqn.outputs) this.#place.set(v, this.#steps.length - 1)
      return
    }
    const [out] = eqn.outputs
    const root = rootOf(eqn, lowering)
    this.#roots.set(out, root)
    const reads = this.#reads(root)
    const work = reads.length + 1 + (this.#cost.get(out) ?? 0)
    const after = reads.reduce((last, { v }) => Math.max(last, this.#place.get(v) ?? -1), -1)
    const shape = root.domain.join()
    const groups = this.#groups.get(shape) ?? []
    // the group that the last of what it reads is in; else one that has nothing of what it reads, but the same loops
    for (const i of [after, ...groups.filter((k) => k > after)]) {
      const step = this.#steps[i]
      if (step === undefined || 'kind' in step || step.work + work > mostWork) continue
      if (this.#join(step, root, reads, reads.filter(({ v }) => this.#place.get(v) === i))) {
        step.work += work
        this.#place.set(out, i)
        return
      }
    }
    const outer = lowering.kind === 'reduce' ? root.domain.slice(0, root.rank) : null
    const phase: OpenPhase = { inner: root.domain.slice(outer?.length ?? 0), roots: [root], reads: new Set(reads.map(({ v }) => v)) }
    this.#steps.push({ outer, along: alongOf(root, reads), phases: [phase], work })
    this.#place.set(out, this.#steps.length - 1)
    this.#groups.set(shape, [...groups.slice(1 - mostOpen), this.#steps.length - 1])
  }

  /** The kernel of an equation that has one to itself. */
  #kernel(eqn: Eqn, { kind }: Lowering): Exclude<Kernel, Nest> {
    const operands = eqn.inputs.map((atom) => (atom.kind === 'literal' ? atom.value : this.#bufferOf(atom)))
    const results = eqn.outputs.map((v) => this.#bufferOf(v))
    const room = (dtype: DType, size: number): Buffer => this.#room(dtype, size)
    const buffers = operands as readonly Buffer[] // of products and loops: `prepared` leaves them no literals
    switch (kind) {
      case 'product': return productOf(eqn, { lhs: buffers[0], rhs: buffers[1], out: results[0], room }) as Product // it is schedulable
      case 'control': return controlKernel(eqn, buffers, results, { room, schedule: (jaxpr) => unplaced(prepared(jaxpr), this.#target) })
      case 'host': return this.#host(eqn, results)
      default: {
        const { primitive, params } = eqn
        const { rooms, flops } = this.#target.demand(eqn)
        const workspace = roomsFor(rooms, operands.length + results.length).map(({ dtype, size }) => room(dtype, size))
        const [avals, outs] = [avalsOf(eqn.inputs), avalsOf(eqn.outputs)]
        return { kind: 'opaque', primitive, name: primitive.name, params, operands, avals, results, outs, workspace, flops }
      }
    }
  }

  /** The kernel of an equation that the target does not write. */
  #host(eqn: Eqn, results: readonly Buffer[]): Host {
    const operands = eqn.inputs.map((atom) => (atom.kind === 'literal' ? null : this.#bufferOf(atom)))
    return { kind: 'host', name: eqn.primitive.name, eqn, operands, results, table: this.#room('int32', operands.length + results.length) }
  }

  /** Puts a root into a group whose loops it can share; false if it cannot. */
  #join(group: Group, root: Root, reads: readonly Read[], inside: readonly Read[]): boolean {
    const reduces = root.lowering.kind === 'reduce'
    const first = group.phases[0].roots[0]
    if (group.outer === null) {
      // maps over one shape: another map over it, or a reduction of its trailing axes
      if (!sameShape(root.domain, first.domain) || inside.some(({ at }) => !isPlace(at, at.length))) return false
      if (!reduces) {
        if (inside.length === 0 && group.phases[0].roots.length >= 16) return false
        enter(group.phases[0], root, reads)
        return true
      }
      if (inside.length === 0 || inside.some(({ at }) => at.length !== root.domain.length)) return false
      group.outer = root.domain.slice(0, root.rank)
      const inner = root.domain.slice(root.rank)
      const phase: OpenPhase = { ...group.phases[0], inner }
      enter(phase, root, reads)
      group.phases.splice(0, 1, phase)
      return true
    }
    const { outer } = group
    if (!startsWith(root.domain, outer) || (reduces && root.rank !== outer.length)) return false
    // rows go together even where nothing connects them: whoever reads both joins, too
    if (inside.length === 0 && (group.along < 0 || group.along !== alongOf(root, reads))) return false
    if (inside.some(({ at }) => !isPlace(at, outer.length))) return false
    const inner = root.domain.slice(outer.length)
    // the earliest phase in which all that it reads is there: earlier ones are complete, this one has the same element
    let from = 0
    for (const { v, at } of inside) {
      const phase = group.phases.findIndex(({ roots }) => roots.some(({ eqn }) => eqn.outputs[0] === v))
      const producer = this.#roots.get(v) as Root // it is in the group
      const complete = producer.lowering.kind === 'reduce' || !isPlace(at, at.length) || at.length !== root.domain.length
      from = Math.max(from, complete ? phase + 1 : phase)
    }
    const rows = inside.length > 0 || outer.length > 0
    const shares = (phase: OpenPhase): boolean => reads.some(({ v }) => v.aval.shape.length > 0 && phase.reads.has(v))
    for (let p = from; p < group.phases.length; p++) {
      const phase = group.phases[p]
      if (!sameShape(phase.inner, inner) || !(rows || shares(phase))) continue
      enter(phase, root, reads)
      return true
    }
    // loops without others around do not follow each other, and what reads nothing of the group does not lengthen it
    if (inside.length === 0 || (outer.length === 0 && root.domain.length > 0)) return false
    group.phases.push({ inner, roots: [root], reads: new Set(reads.map(({ v }) => v)) })
    return true
  }

  /** The kept values that a root's loops read, and at which coordinates. */
  #reads(root: Root): readonly Read[] {
    const found: Read[] = []
    const seen = new Placed<true>()
    const visit = (atom: Atom, coordinates: readonly Affine[]): void => {
      if (atom.kind === 'literal') return
      if (seen.find(atom, coordinates) === true) return
      seen.keep(atom, coordinates, true)
      if (this.#kept.has(atom) || !this.#defined.has(atom)) {
        found.push({ v: atom, at: coordinates })
        return
      }
      this.#operands(atom, coordinates).forEach(([operand, at]) => visit(operand, at))
    }
    for (const atom of root.eqn.inputs) visit(...operandOf(root, atom))
    return found
  }

  /** The operands of an inlined value at coordinates. */
  #operands(v: Var, coordinates: readonly Affine[]): readonly (readonly [Atom, readonly Affine[]])[] {
    const { eqn, lowering } = this.#defined.get(v) as { eqn: Eqn; lowering: Lowering } // inlined values are defined
    return eqn.inputs.map((atom) => operandOf({ eqn, lowering, coordinates, domain: [], rank: 0 }, atom))
  }

  #reader(): Reader {
    return {
      isKept: (v) => this.#kept.has(v) || !this.#defined.has(v),
      bufferOf: (v) => this.#bufferOf(v),
      definition: (v) => this.#defined.get(v) as { eqn: Eqn; lowering: Lowering } // asked for inlined values only
    }
  }
}

/** The loop along which the elements of a map, or of what a reduction reads, lie side by side; −1: there is none. */
const alongOf = ({ lowering, domain, coordinates }: Root, reads: readonly Read[]): number => {
  if (lowering.kind !== 'reduce') return domain.length - 1
  const last = (reads.find(({ at }) => at.length === domain.length)?.at ?? coordinates).at(-1)
  return last === undefined ? -1 : last.strides.length - 1
}

/** A root goes with the others of a phase. */
const enter = ({ roots, reads: known }: OpenPhase, root: Root, reads: readonly Read[]): void => {
  roots.push(root)
  for (const { v } of reads) known.add(v)
}

/** Whether a view of so much shows each of many elements again and again, and another one in every step of its last loop. */
const repeats = (shape: Shape, out: Shape, index: readonly Affine[]): boolean => sizeOf(out) >= often * sizeOf(shape) &&
  sizeOf(out) >= much && out[out.length - 1] > 1 && index.some(({ strides }) => strides.length === out.length)

/** Whether an equation is a kernel by itself. */
const isWhole = ({ kind }: Lowering): boolean => kind === 'product' || kind === 'control' || kind === 'opaque' || kind === 'host'

interface Read {
  readonly v: Var
  readonly at: readonly Affine[]
}
