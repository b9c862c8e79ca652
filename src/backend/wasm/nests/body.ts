import { byteSize, type DType } from '../../../core/dtype.js'
import { strideOf } from '../../schedule/affine.js'
import type { Affine, Buffer, Phase, Register, Store, Value } from '../../schedule/kernel.js'
import { after, i32, sequence, type Code, type Local, type Statement } from '../code.js'
import type { Begun } from '../functions/exponential.js'
import { Writer } from '../functions/write.js'
import { gatherLanes, loadLanes, loadSplat, ramp, scatterLanes, storeLanes, type Lanes } from '../lanes.js'
import { times } from '../loops.js'
import type { Scope } from '../module.js'
import { Computation, type Leaf } from '../values.js'
import { partsOf, type Begins } from './ahead.js'
import type { Sum } from './sums.js'

/** Where the emission is: the counters that have values, and along which of them lanes lie. */
export interface Place {
  readonly counters: ReadonlyMap<number, Local<'i32'>>
  /** The counter along which lanes lie; −1: one element. */
  readonly lane: number
  /** How many lanes there are, at the end of a loop fewer than fit. */
  readonly count: number
  /** How far the elements are ahead of that counter. */
  readonly ahead: number
}

/** What the loops of a kernel have in common. */
export interface Surroundings {
  readonly scope: Scope
  readonly lanes: Lanes
  pointer(buffer: Buffer): Code<'i32'>
  register(register: Register): Code<'v128'>
}

/** All that a phase computes. */
const resultsOf = ({ reductions, stores }: Phase): readonly Value[] => [...reductions, ...stores].map(({ value }) => value)

/** The values of a phase, each once. */
export const valuesOf = (phase: Phase): ReadonlySet<Value> => {
  const seen = new Set<Value>()
  const visit = (value: Value): void => {
    if (seen.has(value)) return
    seen.add(value)
    if (value.kind === 'apply') value.args.forEach(visit)
  }
  resultsOf(phase).forEach(visit)
  return seen
}

interface Access {
  readonly buffer: Buffer
  readonly at: Affine
}

/** The places in memory that a phase reads and writes. */
export const accessesOf = (phase: Phase): readonly Access[] => {
  const found: Access[] = [...phase.stores]
  for (const value of valuesOf(phase)) if (value.kind === 'load') found.push(value)
  return found
}

/** Whether a value takes longer than a reduction's step. */
const isDear = (value: Value): boolean => value.kind === 'apply' &&
  (!['add', 'sub', 'mul', 'neg', 'abs', 'square', 'convert_element_type', 'select_n'].includes(value.operation) || value.args.some(isDear))

/** What has been computed ahead: values, and exponentials that have been begun. */
export interface Known {
  readonly values: ReadonlyMap<Value, Local<'v128'>>
  readonly begun: ReadonlyMap<Begins, Begun>
}

const nothingKnown: Known = { values: new Map(), begun: new Map() }

/** The place at a counter's element. */
export const withCounter = (place: Place, k: number, i: Local<'i32'>): Place => ({ ...place, counters: new Map(place.counters).set(k, i) })

const keyOf = ({ buffer, at }: Access): string => `${buffer.id}@${at.offset}:${at.strides.join()}`

/** How a body differs. */
interface BodyOptions {
  /** One whose addresses it shares. */
  readonly beside?: Body
  /** Whether registers are copied, so that they can change before the loop. */
  readonly copies?: boolean
}

/** The code in the innermost loop of a phase; what does not change there stands before it. */
export class Body {
  readonly #around: Surroundings
  readonly #phase: Phase
  readonly #copies: boolean
  /** The counter of the innermost loop; −1: there is none. */
  readonly #loop: number
  readonly #hoisted = new Map<Value, Local<'v128'>>()
  readonly #bases: Map<string, Local<'i32'>>
  readonly #before: Statement[] = []
  readonly #changes = new Map<Value, boolean>()

  /** `outside` is where the code before the loop stands; the elements may be some ahead of those of another body. */
  constructor(around: Surroundings, phase: Phase, outside: Place, loop: number, { beside, copies = false }: BodyOptions = {}) {
    this.#copies = copies
    this.#around = around
    this.#phase = phase
    this.#loop = loop
    this.#bases = beside === undefined ? new Map<string, Local<'i32'>>() : beside.#bases
    if (loop < 0) return
    if (beside === undefined) for (const access of accessesOf(phase)) this.#base(access, outside)
    const seen = new Set<Value>()
    for (const value of resultsOf(phase)) this.#hoist(value, outside, seen)
  }

  /** What is computed before the loop. */
  before(): Statement {
    return sequence(...this.#before)
  }

  /** Whether there is so little to compute that reductions would wait for their own results. */
  get isShort(): boolean {
    let operations = 0
    for (const value of valuesOf(this.#phase)) if (value.kind === 'apply') operations++
    return operations <= 4 && !this.#phase.reductions.some(({ value }) => isDear(value))
  }

  /**
   * What is computed in it: `full` of a reduction's lanes belong to it; reductions go on in one of their ways, if they have several. Some
   * values may be there already.
   */
  write(place: Place, sums: readonly Sum[], full: number, way?: number, known: Known = nothingKnown): Statement {
    const { reductions, stores } = this.#phase
    const computation = this.#computation(resultsOf(this.#phase), place, known)
    reductions.forEach(({ value }, i) => {
      const made = computation.emit(value)
      computation.add(sums[i].take(made, full, way))
    })
    for (const store of stores) {
      const made = computation.emit(store.value)
      computation.add(...this.#store(store, made, place))
    }
    return computation.written()
  }

  /** What is computed ahead. */
  begin(place: Place, { values, begun }: Known): Statement {
    const computation = this.#computation([...values.keys(), ...[...begun.keys()].flatMap(({ args }) => args)], place, nothingKnown)
    for (const [value, local] of values) {
      const made = computation.emit(value)
      computation.add(local.set(made))
    }
    for (const [value, into] of begun) {
      const w = new Writer(this.#around.scope)
      partsOf(value).begin(w, w.keep(computation.emit(value.args[0])), into)
      computation.add(w.statements)
    }
    return computation.written()
  }

  /** What computes values that lead to results. */
  #computation(results: readonly Value[], place: Place, { values, begun }: Known): Computation {
    const { scope, lanes } = this.#around
    const ended = new Map([...begun].map(([value, into]): [Value, () => Code<'v128'>] => [value, () => {
      const w = new Writer(scope)
      return w.value(partsOf(value).end(w, into))
    }]))
    return new Computation(scope, lanes, results, (leaf) => this.#leaf(leaf, place), { held: [this.#hoisted, values], ended })
  }

  #varies(value: Value): boolean {
    const known = this.#changes.get(value)
    if (known !== undefined) return known
    const varies = value.kind === 'load' || value.kind === 'position'
      ? strideOf(value.at, this.#loop) !== 0
      : value.kind === 'apply' && value.args.some((arg) => this.#varies(arg))
    this.#changes.set(value, varies)
    return varies
  }

  /** The greatest values that do not change in the loop. */
  #hoist(value: Value, outside: Place, seen: Set<Value>): void {
    if (seen.has(value)) return
    seen.add(value)
    if (value.kind === 'register' && !this.#copies) return
    if (this.#varies(value)) {
      if (value.kind === 'apply') for (const arg of value.args) this.#hoist(arg, outside, seen)
      return
    }
    const computation = this.#computation([value], outside, nothingKnown)
    const local = this.#around.scope.local('v128')
    const made = computation.emit(value)
    computation.add(local.set(made))
    this.#before.push(computation.written())
    this.#hoisted.set(value, local)
  }

  #leaf(leaf: Leaf, place: Place): Code<'v128'> {
    switch (leaf.kind) {
      case 'register': return this.#around.register(leaf.register)
      case 'position': return this.#position(leaf.at, leaf.dtype, place)
      case 'load': return this.#load(leaf, leaf.dtype, place)
    }
  }

  #load(access: Access, dtype: DType, place: Place): Code<'v128'> {
    const { lanes, scope } = this.#around
    const address = this.#address(access, place)
    const step = place.lane < 0 ? 0 : strideOf(access.at, place.lane)
    if (step === 0) return loadSplat(dtype, this.#moved(address, access, place))
    if (step === 1 && place.count === lanes) return loadLanes(dtype, address, lanes, this.#ahead(access, place))
    const from = scope.local('i32')
    return after([from.set(this.#moved(address, access, place))], gatherLanes(dtype, from.get, lanes, place.count, step * byteSize(dtype)))
  }

  #position(at: Affine, dtype: DType, place: Place): Code<'v128'> {
    const step = place.lane < 0 ? 0 : strideOf(at, place.lane)
    let start: Code<'i32'> = i32.const(at.offset + place.ahead * step)
    for (const [k, i] of place.counters) if (strideOf(at, k) !== 0) start = i32.add(start, times(i.get, strideOf(at, k)))
    return ramp(dtype, start, step)
  }

  #store({ buffer, at, value: { dtype } }: Store, value: Code<'v128'>, place: Place): readonly Statement[] {
    const { lanes, scope } = this.#around
    const access = { buffer, at }
    const address = this.#address(access, place)
    const step = place.lane < 0 ? 0 : strideOf(at, place.lane)
    if (step === 1 && place.count === lanes) return [storeLanes(dtype, address, value, lanes, this.#ahead(access, place))]
    const [to, held] = [scope.local('i32'), scope.local('v128')]
    const stored = scatterLanes(dtype, to.get, held.get, lanes, step === 0 ? 1 : place.count, step * byteSize(dtype))
    return [to.set(this.#moved(address, access, place)), held.set(value), ...stored]
  }

  /** How many bytes the elements are ahead. */
  #ahead({ buffer, at }: Access, place: Place): number {
    return place.ahead === 0 ? 0 : place.ahead * strideOf(at, place.lane) * byteSize(buffer.dtype)
  }

  #moved(address: Code<'i32'>, access: Access, place: Place): Code<'i32'> {
    const bytes = this.#ahead(access, place)
    return bytes === 0 ? address : i32.add(address, i32.const(bytes))
  }

  /** The part of an address that does not change in the loop. */
  #base(access: Access, outside: Place): void {
    const key = keyOf(access)
    if (this.#bases.has(key)) return
    const local = this.#around.scope.local('i32')
    this.#bases.set(key, local)
    this.#before.push(local.set(this.#sum(access, outside)))
  }

  #sum({ buffer, at }: Access, place: Place): Code<'i32'> {
    const bytes = byteSize(buffer.dtype)
    let address = this.#around.pointer(buffer)
    if (at.offset !== 0) address = i32.add(address, i32.const(at.offset * bytes))
    for (const [k, i] of place.counters) {
      const step = strideOf(at, k) * bytes
      if (step !== 0) address = i32.add(address, times(i.get, step))
    }
    return address
  }

  #address(access: Access, place: Place): Code<'i32'> {
    const base = this.#bases.get(keyOf(access))
    if (base === undefined) return this.#sum(access, place)
    const i = place.counters.get(this.#loop)
    const step = strideOf(access.at, this.#loop) * byteSize(access.buffer.dtype)
    return i === undefined || step === 0 ? base.get : i32.add(base.get, times(i.get, step))
  }
}
