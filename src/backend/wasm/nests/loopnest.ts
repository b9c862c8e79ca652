import { range } from '../../../core/shape.js'
import type { Buffer, Nest, Phase, Register } from '../../schedule/kernel.js'
import { f32x4, f64x2, i32, i32x4, select, sequence, v128, when, type Code, type Local, type Statement } from '../code.js'
import { constantLanes, type Lanes } from '../lanes.js'
import { times } from '../loops.js'
import type { Scope } from '../module.js'
import { aheadIn, along, unrolled, type Beside, type Stretch } from './along.js'
import { Body, withCounter, type Place, type Surroundings } from './body.js'
import type { Cut } from './cut.js'
import { whereFinite, type WhereFinite } from './finite.js'
import { lateOf, type Late } from './late.js'
import { inPieces, steps } from './pieces.js'
import { Sum } from './sums.js'

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

/** A phase, and what it may be where registers are finite. */
interface Forms {
  readonly phase: Phase
  readonly simpler: WhereFinite | null
}

/** Writes the loops of a nest. */
export class NestWriter {
  readonly #scope: Scope
  readonly #lanes: Lanes
  readonly #setting: Setting
  /** The last phase of a row, where that goes along with the next row. */
  #late: Late | null = null
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
    const loops = cut.kind === 'rows' ? this.#rows(cut.loops, start) : this.#outer(0, start)
    return this.#late === null ? loops : sequence(this.#late.start, loops, this.#late.write)
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
    return sequence(unit.set(first.get), steps(unit, 1, last.get, sequence(...split, this.#outer(loops, at))))
  }

  /** The outer loops from the k-th on. */
  #outer(k: number, place: Place): Statement {
    const { outer } = this.#nest
    if (k === outer.length) return this.#phases([place])
    if (k === this.#across) return this.#laneLoop(k, outer[k], place)
    return this.#loop(k, outer[k], [place], ([at]) => this.#outer(k + 1, at))
  }

  #loop(k: number, extent: number, places: readonly Place[], body: (places: readonly Place[]) => Statement): Statement {
    if (extent === 1) return body(places)
    const i = this.#scope.local('i32')
    return sequence(i.set(i32.const(0)), steps(i, 1, i32.const(extent), body(places.map((place) => withCounter(place, k, i)))))
  }

  /** The last outer loop in steps of vectors side by side, then vector by vector, and then what does not fill one. */
  #laneLoop(k: number, extent: number, place: Place): Statement {
    const lanes = this.#lanes
    const side = this.#setting.beside
    const whole = extent - (extent % lanes)
    const most = whole - (whole % (side * lanes))
    const i = this.#scope.local('i32')
    const at = (count: number, ahead = 0): Place => ({ ...withCounter(place, k, i), lane: k, count, ahead })
    const { from, to, final } = this.#stretch('lanes', most)
    const single = (): Statement => steps(i, lanes, i32.const(whole), this.#phases([at(lanes)]))
    return sequence(
      i.set(from),
      steps(i, side * lanes, to, this.#phases(range(side).map((v) => at(lanes, v * lanes)))),
      ...(most === whole ? [] : [final(single())]),
      ...(whole === extent ? [] : [final(this.#phases([at(extent - whole)]))])
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

  /** The phases for vectors side by side, those that are simpler where registers are finite in two forms. */
  #phases(places: readonly Place[]): Statement {
    const { phases } = this.#nest
    const forms = phases.map((phase, p): Forms => ({ phase, simpler: whereFinite(phase, phases.slice(0, p)) }))
    const [dear, last] = forms.slice(-2)
    const isLate = phases.length > 1 && this.#staysLate(dear, last)
    const statements = (isLate ? forms.slice(0, -2) : forms).map((each) => this.#inForms(each, places))
    return sequence(...statements, ...(isLate ? [this.#oneLate(dear, last, places)] : []))
  }

  #inForms({ phase, simpler }: Forms, places: readonly Place[]): Statement {
    if (simpler === null) return this.#phase(phase, places)
    const plain = this.#phase(phase, places)
    return when(this.#areFinite(simpler.registers, places.length), this.#phase(simpler.phase, places), plain)
  }

  /** Whether the last phase goes along with the one before it of the next row. */
  #staysLate(dear: Forms, last: Forms): boolean {
    const { outer } = this.#nest
    const [{ phase: { inner }, simpler }, { phase }] = [dear, last]
    return this.#across < 0 && outer.some((extent) => extent > 1) && simpler !== null && last.simpler === null &&
      inner.length === 1 && phase.inner.length === 1 && inner[0] === phase.inner[0] && phase.reductions.length === 0 &&
      aheadIn(simpler.phase, outer.length, inner[0], this.#lanes) !== null
  }

  /** The last two phases: the one before the last of this row, in its simpler form along with the last one of the row before. */
  #oneLate({ phase, simpler }: Forms, last: Forms, places: readonly Place[]): Statement {
    const plain = this.#phase(phase, places) // which makes the registers that the others read
    if (simpler === null) return plain
    const late = this.#late = lateOf(this.#scope, this.#lanes, this.#around(0), last.phase, places[0], this.#nest.outer.length)
    return sequence(
      when(
        i32.and(late.isLeft, this.#areFinite(simpler.registers, 1)), this.#phase(simpler.phase, places, late.beside),
        sequence(late.write, plain)
      ),
      late.leave
    )
  }

  /** Whether all lanes of registers are finite numbers. */
  #areFinite(registers: readonly Register[], vectors: number): Code<'i32'> {
    const masks = range(vectors).flatMap((v) => registers.map((register) => {
      const { lt, abs } = register.dtype === 'float64' ? f64x2 : f32x4
      return lt(abs(this.#around(v).register(register)), constantLanes(register.dtype, Infinity))
    }))
    return i32.eq(i32x4.bitmask(masks.reduce((a, b) => v128.and(a, b))), i32.const(15))
  }

  /** A phase for vectors side by side. */
  #phase(phase: Phase, places: readonly Place[], beside?: Beside): Statement {
    const { inner } = phase
    const first = this.#nest.outer.length
    const ways = this.#across < 0 && (inner.at(-1) ?? 0) >= unrolled * unrolled * this.#lanes ? unrolled : 1
    const sums = places.map(() => phase.reductions.map((reduction) => new Sum(this.#scope, reduction, this.#lanes, ways)))
    const loops = inner.slice(0, -1).reduceRight<(at: readonly Place[]) => Statement>(
      (body, extent, k) => (at) => this.#loop(first + k, extent, at, body),
      (at) => this.#innermost(phase, sums, at, beside)
    )
    const kept = sums.flatMap((each, v) => each.map((sum) => this.#keep(sum, v)))
    return sequence(...sums.flat().map((sum) => sum.start()), loops(places), ...kept)
  }

  /** The last loop of a phase, in pieces, so that sums of float32 do not grow long. */
  #innermost(phase: Phase, sums: readonly (readonly Sum[])[], places: readonly Place[], beside?: Beside): Statement {
    const { inner } = phase
    const flush = sequence(...sums.flat().map((sum) => sum.flush()))
    if (inner.length === 0) {
      const full = this.#across >= 0 ? this.#lanes : 1
      return sequence(...places.map((place, v) => new Body(this.#around(v), phase, place, -1).write(place, sums[v], full)), flush)
    }
    const k = this.#nest.outer.length + inner.length - 1
    const extent = inner[inner.length - 1]
    const i = this.#scope.local('i32')
    if (this.#across < 0) {
      const stretch = (whole: number): Stretch => this.#stretch('vectors', whole)
      const [scope, lanes, around] = [this.#scope, this.#lanes, this.#around(0)]
      return along({ scope, lanes, around, stretch, phase, sums: sums[0], place: places[0], k, i, beside })
    }
    const body = new Body(this.#around(0), phase, places[0], k)
    const bodies = places.map((place, v) => (v === 0 ? body : new Body(this.#around(v), phase, place, k, { beside: body })))
    const step = sequence(...bodies.map((each, v) => each.write(withCounter(places[v], k, i), sums[v], this.#lanes)))
    const pieces = phase.reductions.length > 0 ? inPieces(this.#scope, i, 1, extent, step, flush) : steps(i, 1, i32.const(extent), step)
    return sequence(...bodies.map((each) => each.before()), i.set(i32.const(0)), pieces)
  }

  #keep(sum: Sum, vector: number): Statement {
    const registers = this.#registersOf(vector)
    const local = registers.get(sum.register) ?? this.#scope.local('v128')
    registers.set(sum.register, local)
    return local.set(sum.total(this.#across < 0))
  }
}
