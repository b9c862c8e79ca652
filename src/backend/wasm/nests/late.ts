import type { Phase } from '../../schedule/kernel.js'
import { i32, sequence, when, type Code, type Statement } from '../code.js'
import type { Lanes } from '../lanes.js'
import type { Scope } from '../module.js'
import type { Beside } from './along.js'
import { Body, withCounter, type Place, type Surroundings } from './body.js'
import { steps } from './pieces.js'

/**
 * The last phase of a row, which stays undone until the next row comes to its dearest loop: there it goes along, and fills the time in
 * which that waits.
 */
export interface Late {
  /** No row is undone yet. */
  readonly start: Statement
  /** Whether a row is undone. */
  readonly isLeft: Code<'i32'>
  /** Now this row is. */
  readonly leave: Statement
  /** Does it, in the loop of the next row. */
  readonly beside: Beside
  /** Does it by itself, if there is one. */
  readonly write: Statement
}

/** A phase of one loop, without reductions, in a place. */
export const lateOf = (scope: Scope, lanes: Lanes, around: Surroundings, phase: Phase, place: Place, k: number): Late => {
  const body = new Body(around, phase, place, k, { copies: true })
  const [extent] = phase.inner
  const beside: Beside = (i, count, ahead) => body.write({ ...withCounter(place, k, i), lane: k, count, ahead }, [], count)
  const [i, isLeft] = [scope.local('i32'), scope.local('i32')]
  const whole = extent - (extent % lanes)
  const rest = whole === extent ? [] : [beside(i, extent - whole, 0)]
  return {
    start: isLeft.set(i32.const(0)), isLeft: isLeft.get, leave: sequence(body.before(), isLeft.set(i32.const(1))), beside,
    write: when(isLeft.get, sequence(i.set(i32.const(0)), steps(i, lanes, i32.const(whole), beside(i, lanes, 0)), ...rest))
  }
}
