import { range } from '../../../core/shape.js'
import type { Phase } from '../../schedule/kernel.js'
import { i32, sequence, type Code, type Local, type Statement } from '../code.js'
import type { Lanes } from '../lanes.js'
import type { Scope } from '../module.js'
import { aheadOf, type Ahead } from './ahead.js'
import { Body, withCounter, type Known, type Place, type Surroundings } from './body.js'
import { inPieces, steps } from './pieces.js'
import type { Sum } from './sums.js'

/** How many vectors go at a time where a reduction would wait for its own results. */
export const unrolled = 4

/** How many vectors go at a time where exponentials are begun a step ahead. */
const aside = 2

/** Part of a loop along lanes. */
export interface Stretch {
  readonly from: Code<'i32'>
  readonly to: Code<'i32'>
  readonly final: (rest: Statement) => Statement
}

/** What is done besides, at so many elements from the counter on and so many further. */
export type Beside = (i: Local<'i32'>, count: number, ahead: number) => Statement

/** What the last loop of a phase is written from, if lanes lie along it. */
export interface Along {
  readonly scope: Scope
  readonly lanes: Lanes
  readonly around: Surroundings
  readonly stretch: (whole: number) => Stretch
  readonly phase: Phase
  readonly sums: readonly Sum[]
  readonly place: Place
  /** Its counter. */
  readonly k: number
  readonly i: Local<'i32'>
  readonly beside?: Beside | undefined
}

const flushed = (sums: readonly Sum[]): Statement => sequence(...sums.map((sum) => sum.flush()))

/** What the last loop of a phase, with so many elements, computes a step ahead; `null` where it does not. */
export const aheadIn = (phase: Phase, k: number, extent: number, lanes: Lanes): Ahead | null =>
  extent < 2 * aside * lanes ? null : aheadOf(phase, k)

/** The last loop of a phase, lanes along it. */
export const along = (loop: Along): Statement => {
  const { scope, lanes, around, stretch, phase, sums, place, k, i } = loop
  const extent = phase.inner[phase.inner.length - 1]
  const ahead = aheadIn(phase, k, extent, lanes)
  if (ahead !== null) return stepAhead({ ...loop, phase: ahead.phase }, ahead)
  const body = new Body(around, phase, place, k)
  const whole = extent - (extent % lanes)
  const at = withCounter(place, k, i)
  const vector: Place = { ...at, lane: k, count: lanes }
  const { from, to, final } = stretch(whole)
  const flush = flushed(sums)
  const rest = whole === extent ? [] : [final(body.write({ ...at, lane: k, count: extent - whole }, sums, extent - whole)), flush]
  const start = [body.before(), i.set(from)]
  if (whole === 0) return sequence(...start, ...rest)
  const several = atATime(loop, body, vector, whole)
  if (several !== null) return sequence(...start, ...several, ...rest)
  const step = body.write(vector, sums, lanes)
  if (sums.length > 0) return sequence(...start, inPieces(scope, i, lanes, whole, step, flush), ...rest)
  const end = scope.local('i32')
  return sequence(...start, end.set(to), steps(i, lanes, end.get, step), ...rest)
}

/** Reductions of next to nothing, several vectors at a time: no step waits for the one before it. `null` where that is of no use. */
const atATime = ({ scope, lanes, sums, i }: Along, body: Body, place: Place, whole: number): readonly Statement[] | null => {
  if (sums.length === 0 || sums[0].ways === 1 || !body.isShort) return null
  const step = unrolled * lanes
  const most = whole - (whole % step)
  const vectors = range(unrolled).map((way) => body.write({ ...place, ahead: way * lanes }, sums, lanes, way))
  const joined = sequence(...sums.map((sum) => sum.join()), flushed(sums))
  const single = (): Statement => steps(i, lanes, i32.const(whole), body.write(place, sums, lanes))
  return [inPieces(scope, i, step, most, sequence(...vectors), joined), ...(most === whole ? [] : [single(), flushed(sums)])]
}

/** Vectors are begun while those before them are finished. */
const stepAhead = ({ scope, lanes, around, stretch, phase, sums, place, k, i, beside }: Along, ahead: Ahead): Statement => {
  const extent = phase.inner[phase.inner.length - 1]
  const step = aside * lanes
  const [whole, most] = [extent - (extent % lanes), extent - (extent % step)]
  const body = new Body(around, phase, place, k)
  const at = (count: number, far = 0): Place => ({ ...withCounter(place, k, i), lane: k, count, ahead: far })
  const sides = range(aside).map((side) => ({ far: side * lanes, now: knownOf(scope, ahead), next: knownOf(scope, ahead) }))
  const other = (count: number, far = 0): readonly Statement[] => (beside === undefined ? [] : [beside(i, count, far)])
  const finish = sequence(
    ...sides.flatMap(({ far }) => other(lanes, far)),
    ...sides.map(({ far, now }) => body.write(at(lanes, far), sums, lanes, undefined, now))
  )
  const both = sequence(
    ...sides.map(({ far, next }) => body.begin(at(lanes, step + far), next)), finish, ...sides.map(({ now, next }) => moved(now, next))
  )
  const { from, to, final } = stretch(most)
  const end = scope.local('i32')
  const loops = sums.length > 0
    ? inPieces(scope, i, step, most - step, both, flushed(sums), aside)
    : sequence(end.set(i32.sub(to, i32.const(step))), steps(i, step, end.get, both))
  const single = most === whole ? [] : [i.set(i32.const(most)), ...other(lanes), body.write(at(lanes), sums, lanes)]
  const left = extent - whole
  const rest = left === 0 ? [] : [i.set(i32.const(whole)), ...other(left), body.write(at(left), sums, left)]
  return sequence(
    body.before(), i.set(from), ...sides.map(({ far, now }) => body.begin(at(lanes, far), now)), loops, finish,
    ...(most === extent ? [] : [final(sequence(...single, ...rest))]), flushed(sums)
  )
}

const knownOf = (scope: Scope, { begun, shared }: Ahead): Known => ({
  values: new Map(shared.map((value) => [value, scope.local('v128')])),
  begun: new Map(begun.map((value) => [value, [scope.local('v128'), scope.local('v128')]]))
})

const localsOf = ({ values, begun }: Known): readonly Local<'v128'>[] => [...values.values(), ...[...begun.values()].flat()]

/** What is known in one place becomes known in another. */
const moved = (to: Known, from: Known): Statement => {
  const locals = localsOf(from)
  return sequence(...localsOf(to).map((local, k) => local.set(locals[k].get)))
}
