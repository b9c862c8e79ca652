import { strideOf } from '../schedule/affine.js'
import type { Buffer, Nest, Phase, Register } from '../schedule/kernel.js'
import { alike } from './alike.js'
import { accessesOf, Body, valuesOf, type Place, type Surroundings } from './body.js'
import { cutOf, withRows, type Cut } from './cut.js'
import { i32, leave, loop, select, sequence, when, type Code, type Local, type Statement } from './code.js'
import type { Lanes } from './lanes.js'
import { times } from './loops.js'
import type { ModuleBuilder, Scope } from './module.js'
import { once } from './once.js'
import { Sum } from './sums.js'

/**
 * A kernel as a function of the addresses of its buffers. Its iterations are cut into units, numbered from 0: each writes its own part of
 * the results and reads none of what others write, so that they may run in any order, and at the same time. The bits of the
 * results do not depend on who does which. What is one unit is not cut: operations with loops of their own, and loops and choices,
 * the programs within which have units of their own.
 */
export interface Emitted {
  readonly buffers: readonly Buffer[]
  readonly units: number
  /** Does the units from the first to the last, which is not included; at least one. */
  readonly call: (addresses: readonly Code<'i32'>[], first: Code<'i32'>, last: Code<'i32'>) => Statement
}

/** How many vectors go at a time where a reduction would wait for its own results. */
const unrolled = 4

/** How many vectors are added up before their sum goes on in a wider type. */
const piece = 256

/** How many places a phase reads or writes whose elements along the counter are neither side by side nor the same. */
const awkward = (phases: readonly Phase[], counterOf: (phase: Phase) => number): number =>
  phases.reduce((sum, phase) => {
    const k = counterOf(phase)
    return sum + accessesOf(phase).filter(({ at }) => strideOf(at, k) !== 0 && strideOf(at, k) !== 1).length
  }, 0)

/** Whether there is something of 64 bits among the values. */
const isWide = ({ phases }: Nest): boolean => phases.some((phase) =>
  phase.reductions.some(({ register }) => register.dtype === 'float64') || [...valuesOf(phase)].some(({ dtype }) => dtype === 'float64'))

/** The outer counter along which lanes lie; −1: they lie along the last loop of each phase. */
const acrossOf = ({ outer, phases }: Nest, lanes: Lanes): number => {
  const last = outer.length - 1
  const along = awkward(phases, ({ inner }) => (inner.length === 0 ? -1 : last + inner.length))
  return outer.length > 0 && outer[last] >= lanes && along > awkward(phases, () => last) ? last : -1
}

/** The functions of nests that begin alike. */
type Written = (readonly [kernel: Nest, made: Emitted])[]

/** The function of a nest of loops: one for all that differ in their buffers alone. */
export const emitNest = (module: ModuleBuilder, kernel: Nest): Emitted => {
  const { name, outer, phases } = kernel
  const written = once(module, 'nest', [name, outer, phases.map(({ inner }) => inner)], (): Written => [])
  for (const [other, made] of written) {
    const buffers = alike(other, kernel)
    if (buffers !== null) return { ...made, buffers: made.buffers.map((buffer) => buffers.get(buffer) as Buffer) } // there is one for each
  }
  const made = define(module, kernel)
  written.push([kernel, made])
  return made
}

const define = (module: ModuleBuilder, kernel: Nest): Emitted => {
  const nest = withRows(kernel)
  const lanes: Lanes = isWide(nest) ? 2 : 4
  const across = acrossOf(nest, lanes)
  const cut = cutOf(nest, across, lanes)
  const buffers = [...new Set(nest.phases.flatMap((phase) => accessesOf(phase).map(({ buffer }) => buffer)))]
  const range = cut.units === 1 ? [] : ['i32', 'i32'] as const
  const callee = module.define({ params: [...buffers.map(() => 'i32' as const), ...range], result: 'none' }, (scope, ...params) => {
    const [first, last] = params.slice(buffers.length)
    const pointers = new Map(buffers.map((buffer, i) => [buffer, params[i]]))
    return new NestWriter(scope, { nest, lanes, across, pointers, cut, first, last }).write()
  })
  return {
    buffers, units: cut.units,
    call: (addresses, first, last) => callee(...addresses, ...(cut.units === 1 ? [] : [first, last]))
  }
}

/** What a nest is written from. */
interface Setting {
  readonly nest: Nest
  readonly lanes: Lanes
  readonly across: number
  readonly pointers: ReadonlyMap<Buffer, Local<'i32'>>
  readonly cut: Cut
  /** The units to do, where there are several. */
  readonly first: Local<'i32'>
  readonly last: Local<'i32'>
}

/** Part of a loop along lanes. */
interface Stretch {
  readonly from: Code<'i32'>
  readonly to: Code<'i32'>
  readonly final: (rest: Statement) => Statement
}

class NestWriter implements Surroundings {
  readonly scope: Scope
  readonly lanes: Lanes
  readonly #setting: Setting
  readonly #registers = new Map<Register, Local<'v128'>>()

  constructor(scope: Scope, setting: Setting) {
    this.scope = scope
    this.lanes = setting.lanes
    this.#setting = setting
  }

  get #nest(): Nest {
    return this.#setting.nest
  }

  get #across(): number {
    return this.#setting.across
  }

  pointer(buffer: Buffer): Code<'i32'> {
    return (this.#setting.pointers.get(buffer) as Local<'i32'>).get // there is one for each buffer of the nest
  }

  register(register: Register): Code<'v128'> {
    return (this.#registers.get(register) as Local<'v128'>).get // phases read what earlier ones have made
  }

  write(): Statement {
    const { cut } = this.#setting
    const start: Place = { counters: new Map(), lane: -1, count: 1, ahead: 0 }
    return cut.kind === 'rows' ? this.#rows(cut.loops, start) : this.#outer(0, start)
  }

  /** The first loops as one loop over units. */
  #rows(loops: number, place: Place): Statement {
    const { outer } = this.#nest
    const { first, last } = this.#setting
    const unit = this.scope.local('i32')
    const split: Statement[] = []
    let [at, inside] = [place, outer.slice(0, loops).reduce((product, extent) => product * extent, 1)]
    for (let k = 0; k < loops; k++) {
      if (outer[k] === 1) continue
      const whole = inside
      inside /= outer[k]
      if (whole === outer[k] && at === place) at = withCounter(at, k, unit)
      else {
        const i = this.scope.local('i32')
        const next = inside === 1 ? unit.get : i32.divU(unit.get, i32.const(inside))
        split.push(i.set(at === place ? next : i32.remU(next, i32.const(outer[k]))))
        at = withCounter(at, k, i)
      }
    }
    return sequence(unit.set(first.get), this.#steps(unit, 1, last.get, sequence(...split, this.#outer(loops, at))))
  }

  /** The outer loops from the k-th on. */
  #outer(k: number, place: Place): Statement {
    const { outer, phases } = this.#nest
    if (k === outer.length) return sequence(...phases.map((phase) => this.#phase(phase, place)))
    const body = (at: Place): Statement => this.#outer(k + 1, at)
    return k === this.#across ? this.#laneLoop(k, outer[k], place, body) : this.#loop(k, outer[k], place, body)
  }

  #loop(k: number, extent: number, place: Place, body: (place: Place) => Statement): Statement {
    if (extent === 1) return body(place)
    const i = this.scope.local('i32')
    return sequence(i.set(i32.const(0)), this.#steps(i, 1, i32.const(extent), body(withCounter(place, k, i))))
  }

  /** A loop in steps of the lanes, and then what does not fill a vector. */
  #laneLoop(k: number, extent: number, place: Place, body: (place: Place) => Statement): Statement {
    const whole = extent - (extent % this.lanes)
    const i = this.scope.local('i32')
    const at = (count: number): Place => ({ ...withCounter(place, k, i), lane: k, count })
    const { from, to, final } = this.#stretch('lanes', whole)
    return sequence(
      i.set(from),
      ...(whole === 0 ? [] : [this.#steps(i, this.lanes, to, body(at(this.lanes)))]),
      ...(whole === extent ? [] : [final(body(at(extent - whole)))])
    )
  }

  /** Where a loop along lanes begins and where it ends, if it is cut in the given way; and what only the last unit does. */
  #stretch(kind: Cut['kind'], whole: number): Stretch {
    const { cut, first, last } = this.#setting
    if (cut.kind !== kind || cut.kind === 'rows' || cut.kind === 'none') {
      return { from: i32.const(0), to: i32.const(whole), final: (rest) => rest }
    }
    const isFinal = i32.eq(last.get, i32.const(cut.units))
    const all = whole === cut.units * cut.size
    return {
      from: times(first.get, cut.size),
      to: all ? times(last.get, cut.size) : select(isFinal, i32.const(whole), times(last.get, cut.size)),
      final: (rest) => when(isFinal, rest)
    }
  }

  /** The body, again and again, until the counter has come to the end; at least once. */
  #steps(i: Local<'i32'>, by: number, end: Code<'i32'>, body: Statement): Statement {
    return loop(sequence(body, leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(by))), end))))
  }

  #phase(phase: Phase, place: Place): Statement {
    const { inner } = phase
    const first = this.#nest.outer.length
    const ways = this.#across < 0 && (inner.at(-1) ?? 0) >= unrolled * unrolled * this.lanes ? unrolled : 1
    const sums = phase.reductions.map((reduction) => new Sum(this.scope, reduction, this.lanes, ways))
    const loops = inner.slice(0, -1).reduceRight<(at: Place) => Statement>(
      (body, extent, k) => (at) => this.#loop(first + k, extent, at, body),
      (at) => this.#innermost(phase, sums, at)
    )
    return sequence(...sums.map((sum) => sum.start()), loops(place), ...sums.map((sum) => this.#keep(sum)))
  }

  /** The last loop of a phase, in pieces, so that sums of float32 do not grow long. */
  #innermost(phase: Phase, sums: readonly Sum[], place: Place): Statement {
    const { inner } = phase
    const flush = sequence(...sums.map((sum) => sum.flush()))
    const across = this.#across >= 0
    if (inner.length === 0) return sequence(new Body(this, phase, place, -1).write(place, sums, across ? this.lanes : 1), flush)
    const k = this.#nest.outer.length + inner.length - 1
    const extent = inner[inner.length - 1]
    const i = this.scope.local('i32')
    const body = new Body(this, phase, place, k)
    const step = across ? 1 : this.lanes
    const whole = extent - (extent % step)
    const at = withCounter(place, k, i)
    const vector: Place = across ? at : { ...at, lane: k, count: this.lanes }
    const run = (end: Code<'i32'>): Statement => this.#steps(i, step, end, body.write(vector, sums, this.lanes))
    const { from, to, final } = this.#stretch('vectors', whole)
    const rest = whole === extent ? [] : [final(body.write({ ...at, lane: k, count: extent - whole }, sums, extent - whole))]
    const start = [body.before(), i.set(from)]
    if (whole === 0) return sequence(...start, ...rest, flush)
    const several = this.#several(body, vector, sums, i, whole)
    if (several !== null) return sequence(...start, ...several, ...rest, flush)
    const end = this.scope.local('i32')
    if (sums.length === 0) return sequence(...start, end.set(to), run(end.get), ...rest)
    if (whole <= piece * step) return sequence(...start, run(i32.const(whole)), ...rest, flush)
    const next = scopedMinimum(end, i32.add(i.get, i32.const(piece * step)), i32.const(whole))
    return sequence(...start, loop(sequence(next, run(end.get), flush, leave(0, i32.ltU(i.get, i32.const(whole))))), ...rest, flush)
  }

  /** Reductions of next to nothing, several vectors at a time: no step waits for the one before it. `null` where that is of no use. */
  #several(body: Body, place: Place, sums: readonly Sum[], i: Local<'i32'>, whole: number): readonly Statement[] | null {
    if (this.#across >= 0 || sums.length === 0 || sums[0].ways === 1 || !body.isShort) return null
    const step = unrolled * this.lanes
    const most = whole - (whole % step)
    const vectors = Array.from({ length: unrolled }, (_, way) => body.write({ ...place, ahead: way * this.lanes }, sums, this.lanes, way))
    const joined = sequence(...sums.map((sum) => sum.join()), ...sums.map((sum) => sum.flush()))
    const end = this.scope.local('i32')
    const next = scopedMinimum(end, i32.add(i.get, i32.const(piece * step)), i32.const(most))
    const single = (): Statement => this.#steps(i, this.lanes, i32.const(whole), body.write(place, sums, this.lanes))
    return [
      loop(sequence(next, this.#steps(i, step, end.get, sequence(...vectors)), joined, leave(0, i32.ltU(i.get, i32.const(most))))),
      ...(most === whole ? [] : [single()])
    ]
  }

  #keep(sum: Sum): Statement {
    const local = this.#registers.get(sum.register) ?? this.scope.local('v128')
    this.#registers.set(sum.register, local)
    return local.set(sum.total(this.#across < 0))
  }
}

const withCounter = (place: Place, k: number, i: Local<'i32'>): Place => ({ ...place, counters: new Map(place.counters).set(k, i) })

/** The smaller of two numbers into a local. */
const scopedMinimum = (local: Local<'i32'>, a: Code<'i32'>, b: Code<'i32'>): Statement =>
  sequence(local.set(a), local.set(select(i32.ltU(local.get, b), local.get, b)))
