import { byteSize, type DType } from '../../../core/dtype.js'
import { strideOf } from '../../schedule/affine.js'
import type { Affine, Buffer, Phase, Register, Store, Value } from '../../schedule/kernel.js'
import { after, f32x4, f64x2, i32, i32x4, sequence, v128, type Code, type Local, type Statement } from '../code.js'
import type { Begun } from '../functions/exponential.js'
import { Writer } from '../functions/write.js'
import { constantLanes, gatherLanes, loadLanes, loadSplat, scatterLanes, storeLanes, type Lanes } from '../lanes.js'
import { times } from '../loops.js'
import type { Scope } from '../module.js'
import { emitLanes } from '../operations.js'
import { isBegun, partsOf, type Begins } from './ahead.js'
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
    const [emit, out] = this.#emission(resultsOf(this.#phase), place, known)
    reductions.forEach(({ value }, i) => {
      const made = emit(value)
      out.push(sums[i].take(made, full, way))
    })
    for (const store of stores) {
      const made = emit(store.value)
      out.push(...this.#store(store, made, place))
    }
    return sequence(...out)
  }

  /** What is computed ahead. */
  begin(place: Place, { values, begun }: Known): Statement {
    const [emit, out] = this.#emission([...values.keys(), ...[...begun.keys()].flatMap(({ args }) => args)], place, nothingKnown)
    for (const [value, local] of values) {
      const made = emit(value)
      out.push(local.set(made))
    }
    for (const [value, into] of begun) {
      const w = new Writer(this.#around.scope)
      partsOf(value).begin(w, w.keep(emit(value.args[0])), into)
      out.push(w.statements)
    }
    return sequence(...out)
  }

  /** What writes values that lead to results, and the statements that come before them. */
  #emission(results: readonly Value[], place: Place, known: Known): readonly [emit: (value: Value) => Code<'v128'>, out: Statement[]] {
    const uses = this.#uses(results, known)
    const locals = new Map(known.values)
    const out: Statement[] = []
    const rare = (value: Value): boolean => !this.#isKnown(value, known) && (uses.get(value) ?? 0) < 2
    const emit = (value: Value): Code<'v128'> => {
      const held = this.#hoisted.get(value) ?? locals.get(value)
      if (held !== undefined) return held.get
      const made = this.#ended(value, known) ?? this.#fused(value, rare, emit) ?? this.#compute(value, place, emit)
      if ((uses.get(value) ?? 0) < 2 || value.kind === 'constant' || value.kind === 'register') return made
      const local = this.#around.scope.local('v128')
      out.push(local.set(made))
      locals.set(value, local)
      return local.get
    }
    return [emit, out]
  }

  #isKnown(value: Value, { values, begun }: Known): boolean {
    return this.#hoisted.has(value) || values.has(value) || (isBegun(value) && begun.has(value))
  }

  /** What has been begun before. */
  #ended(value: Value, known: Known): Code<'v128'> | undefined {
    const begun = isBegun(value) ? known.begun.get(value) : undefined
    if (!isBegun(value) || begun === undefined) return undefined
    const w = new Writer(this.#around.scope)
    return w.value(partsOf(value).end(w, begun))
  }

  #uses(results: readonly Value[], known: Known): ReadonlyMap<Value, number> {
    const uses = new Map<Value, number>()
    const count = (value: Value): void => {
      const before = uses.get(value) ?? 0
      uses.set(value, before + 1)
      if (before === 0 && value.kind === 'apply' && !this.#isKnown(value, known)) value.args.forEach(count)
    }
    results.forEach(count)
    return uses
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
    const emit = (v: Value): Code<'v128'> => this.#hoisted.get(v)?.get ?? this.#compute(v, outside, emit)
    const local = this.#around.scope.local('v128')
    this.#before.push(local.set(emit(value)))
    this.#hoisted.set(value, local)
  }

  /** A sum with a product that nobody else needs, or a difference less one, where that may be one instruction. */
  #fused(value: Value, rare: (value: Value) => boolean, emit: (value: Value) => Code<'v128'>): Code<'v128'> | undefined {
    if (!this.#around.scope.fma || value.kind !== 'apply' || (value.dtype !== 'float32' && value.dtype !== 'float64')) return undefined
    const { relaxedMadd, relaxedNmadd } = value.dtype === 'float64' ? f64x2 : f32x4
    const factors = (term: Value): readonly Value[] | undefined =>
      (term.kind === 'apply' && term.operation === 'mul' && rare(term) ? term.args : undefined)
    const { operation, args: [a, b] } = value
    const sum = operation === 'add' || operation === 'add_any'
    if (!sum && operation !== 'sub') return undefined
    const [left, right] = [sum ? factors(a) : undefined, factors(b)]
    if (left !== undefined) return relaxedMadd(emit(left[0]), emit(left[1]), emit(b))
    return right && (sum ? relaxedMadd : relaxedNmadd)(emit(right[0]), emit(right[1]), emit(a))
  }

  #compute(value: Value, place: Place, emit: (value: Value) => Code<'v128'>): Code<'v128'> {
    const { lanes, scope } = this.#around
    switch (value.kind) {
      case 'constant': return constantLanes(value.dtype, value.value)
      case 'register': return this.#around.register(value.register)
      case 'position': return this.#position(value.at, value.dtype, place)
      case 'load': return this.#load(value, value.dtype, place)
      case 'apply': {
        const { operation, params, dtype: out, args } = value
        return emitLanes({ operation, params, type: args[args.length - 1].dtype, out }, args.map(emit), lanes, scope)
      }
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
    const lanes = i32x4.add(i32x4.splat(start), v128.const(Int32Array.of(0, step, 2 * step, 3 * step)))
    if (dtype === 'float32') return f32x4.convertI32S(lanes)
    return dtype === 'float64' ? f64x2.convertLowI32S(lanes) : lanes
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
