import { range } from '../../../core/shape.js'
import type { Buffer, Nest, Phase, Register } from '../../schedule/kernel.js'
import { i32, leave, loop, select, sequence, when, type Code, type Local, type Statement } from '../code.js'
import type { Lanes } from '../lanes.js'
import { times } from '../loops.js'
import type { Scope } from '../module.js'
import { Body, type Place, type Surroundings } from './body.js'
import type { Cut } from './cut.js'
import { Sum } from './sums.js'

/** How many vectors go at a time where a reduction would wait for its own results. */
const unrolled = 4

/** How many vectors are added up before their sum goes on in a wider type. */
const piece = 256

/** What the loops of a nest are written from. */
export interface Setting {
  readonly nest: Nest
  readonly lanes: Lanes
  readonly across: number
  /** How many vectors go side by side along it. */
  readonly beside: number
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

/** Writes the loops of a nest. */
export class NestWriter {
  readonly #scope: Scope
  readonly #lanes: Lanes
  readonly #setting: Setting
  /** For each of the vectors that go side by side. */
  readonly #registers: Map<Register, Local<'v128'>>[] = []

  constructor(scope: Scope, setting: Setting) {
    this.#scope = scope
    this.#lanes = setting.lanes
    this.#setting = setting
  }

  get #nest(): Nest {
    return this.#setting.nest
  }

  get #across(): number {
    return this.#setting.across
  }

  #registersOf(vector: number): Map<Register, Local<'v128'>> {
    return (this.#registers[vector] ??= new Map<Register, Local<'v128'>>())
  }

  /** What the loops of one of the vectors see. */
  #around(vector: number): Surroundings {
    const registers = this.#registersOf(vector)
    return {
      scope: this.#scope,
      lanes: this.#lanes,
      pointer: (buffer) => (this.#setting.pointers.get(buffer) as Local<'i32'>).get, // there is one for each buffer of the nest
      register: (register) => (registers.get(register) as Local<'v128'>).get // phases read what earlier ones have made
    }
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
    const unit = this.#scope.local('i32')
    const split: Statement[] = []
    let [at, inside] = [place, outer.slice(0, loops).reduce((product, extent) => product * extent, 1)]
    for (let k = 0; k < loops; k++) {
      if (outer[k] === 1) continue
      const whole = inside
      inside /= outer[k]
      if (whole === outer[k] && at === place) at = withCounter(at, k, unit)
      else {
        const i = this.#scope.local('i32')
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
    if (k === outer.length) return sequence(...phases.map((phase) => this.#phase(phase, [place])))
    if (k === this.#across) return this.#laneLoop(k, outer[k], place)
    return this.#loop(k, outer[k], [place], ([at]) => this.#outer(k + 1, at))
  }

  #loop(k: number, extent: number, places: readonly Place[], body: (places: readonly Place[]) => Statement): Statement {
    if (extent === 1) return body(places)
    const i = this.#scope.local('i32')
    return sequence(i.set(i32.const(0)), this.#steps(i, 1, i32.const(extent), body(places.map((place) => withCounter(place, k, i)))))
  }

  /** The last outer loop in steps of vectors side by side, then vector by vector, and then what does not fill one. */
  #laneLoop(k: number, extent: number, place: Place): Statement {
    const { phases } = this.#nest
    const lanes = this.#lanes
    const side = this.#setting.beside
    const whole = extent - (extent % lanes)
    const most = whole - (whole % (side * lanes))
    const i = this.#scope.local('i32')
    const at = (count: number, ahead = 0): Place => ({ ...withCounter(place, k, i), lane: k, count, ahead })
    const all = (places: readonly Place[]): Statement => sequence(...phases.map((phase) => this.#phase(phase, places)))
    const { from, to, final } = this.#stretch('lanes', most)
    const single = (): Statement => this.#steps(i, lanes, i32.const(whole), all([at(lanes)]))
    return sequence(
      i.set(from),
      this.#steps(i, side * lanes, to, all(range(side).map((v) => at(lanes, v * lanes)))),
      ...(most === whole ? [] : [final(single())]),
      ...(whole === extent ? [] : [final(all([at(extent - whole)]))])
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

  /** A phase for vectors side by side. */
  #phase(phase: Phase, places: readonly Place[]): Statement {
    const { inner } = phase
    const first = this.#nest.outer.length
    const ways = this.#across < 0 && (inner.at(-1) ?? 0) >= unrolled * unrolled * this.#lanes ? unrolled : 1
    const sums = places.map(() => phase.reductions.map((reduction) => new Sum(this.#scope, reduction, this.#lanes, ways)))
    const loops = inner.slice(0, -1).reduceRight<(at: readonly Place[]) => Statement>(
      (body, extent, k) => (at) => this.#loop(first + k, extent, at, body),
      (at) => this.#innermost(phase, sums, at)
    )
    const kept = sums.flatMap((each, v) => each.map((sum) => this.#keep(sum, v)))
    return sequence(...sums.flat().map((sum) => sum.start()), loops(places), ...kept)
  }

  /** The last loop of a phase, in pieces, so that sums of float32 do not grow long. */
  #innermost(phase: Phase, sums: readonly (readonly Sum[])[], places: readonly Place[]): Statement {
    const { inner } = phase
    const flush = sequence(...sums.flat().map((sum) => sum.flush()))
    if (inner.length === 0) {
      const full = this.#across >= 0 ? this.#lanes : 1
      return sequence(...places.map((place, v) => new Body(this.#around(v), phase, place, -1).write(place, sums[v], full)), flush)
    }
    const k = this.#nest.outer.length + inner.length - 1
    const extent = inner[inner.length - 1]
    const i = this.#scope.local('i32')
    if (this.#across < 0) return this.#along(phase, sums[0], places[0], k, i)
    const body = new Body(this.#around(0), phase, places[0], k)
    const bodies = places.map((place, v) => (v === 0 ? body : new Body(this.#around(v), phase, place, k, body)))
    const step = sequence(...bodies.map((each, v) => each.write(withCounter(places[v], k, i), sums[v], this.#lanes)))
    const pieces = this.#inPieces(i, 1, extent, step, phase.reductions.length > 0 ? flush : undefined)
    return sequence(...bodies.map((each) => each.before()), i.set(i32.const(0)), pieces)
  }

  /** Steps up to an end; what has been summed up is flushed after each piece. */
  #inPieces(i: Local<'i32'>, by: number, extent: number, step: Statement, flush?: Statement): Statement {
    if (flush === undefined) return this.#steps(i, by, i32.const(extent), step)
    if (extent <= piece * by) return sequence(this.#steps(i, by, i32.const(extent), step), flush)
    const end = this.#scope.local('i32')
    const next = scopedMinimum(end, i32.add(i.get, i32.const(piece * by)), i32.const(extent))
    return loop(sequence(next, this.#steps(i, by, end.get, step), flush, leave(0, i32.ltU(i.get, i32.const(extent)))))
  }

  /** The last loop of a phase, lanes along it. */
  #along(phase: Phase, sums: readonly Sum[], place: Place, k: number, i: Local<'i32'>): Statement {
    const lanes = this.#lanes
    const extent = phase.inner[phase.inner.length - 1]
    const flush = sequence(...sums.map((sum) => sum.flush()))
    const body = new Body(this.#around(0), phase, place, k)
    const whole = extent - (extent % lanes)
    const at = withCounter(place, k, i)
    const vector: Place = { ...at, lane: k, count: lanes }
    const { from, to, final } = this.#stretch('vectors', whole)
    const rest = whole === extent ? [] : [final(body.write({ ...at, lane: k, count: extent - whole }, sums, extent - whole)), flush]
    const start = [body.before(), i.set(from)]
    if (whole === 0) return sequence(...start, ...rest)
    const several = this.#several(body, vector, sums, i, whole)
    if (several !== null) return sequence(...start, ...several, ...rest)
    const step = body.write(vector, sums, lanes)
    if (sums.length > 0) return sequence(...start, this.#inPieces(i, lanes, whole, step, flush), ...rest)
    const end = this.#scope.local('i32')
    return sequence(...start, end.set(to), this.#steps(i, lanes, end.get, step), ...rest)
  }

  /** Reductions of next to nothing, several vectors at a time: no step waits for the one before it. `null` where that is of no use. */
  #several(body: Body, place: Place, sums: readonly Sum[], i: Local<'i32'>, whole: number): readonly Statement[] | null {
    if (sums.length === 0 || sums[0].ways === 1 || !body.isShort) return null
    const lanes = this.#lanes
    const step = unrolled * lanes
    const most = whole - (whole % step)
    const vectors = range(unrolled).map((way) => body.write({ ...place, ahead: way * lanes }, sums, lanes, way))
    const joined = sequence(...sums.map((sum) => sum.join()), ...sums.map((sum) => sum.flush()))
    const single = (): Statement => this.#steps(i, lanes, i32.const(whole), body.write(place, sums, lanes))
    return [
      this.#inPieces(i, step, most, sequence(...vectors), joined),
      ...(most === whole ? [] : [single(), ...sums.map((sum) => sum.flush())])
    ]
  }

  #keep(sum: Sum, vector: number): Statement {
    const registers = this.#registersOf(vector)
    const local = registers.get(sum.register) ?? this.#scope.local('v128')
    registers.set(sum.register, local)
    return local.set(sum.total(this.#across < 0))
  }
}

const withCounter = (place: Place, k: number, i: Local<'i32'>): Place => ({ ...place, counters: new Map(place.counters).set(k, i) })

/** The smaller of two numbers into a local. */
const scopedMinimum = (local: Local<'i32'>, a: Code<'i32'>, b: Code<'i32'>): Statement =>
  sequence(local.set(a), local.set(select(i32.ltU(local.get, b), local.get, b)))
