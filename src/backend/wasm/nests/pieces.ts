import { i32, leave, loop, select, sequence, type Code, type Local, type Statement } from '../code.js'
import type { Scope } from '../module.js'

/** How many vectors are added up before their sum goes on in a wider type. */
const piece = 256

/** The body, again and again, until the counter has come to the end; at least once. */
export const steps = (i: Local<'i32'>, by: number, end: Code<'i32'>, body: Statement): Statement =>
  loop(sequence(body, leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(by))), end))))

/** Steps up to an end, each with so many vectors that go one after the other; what has been summed up is flushed after each piece. */
export const inPieces = (
  scope: Scope, i: Local<'i32'>, by: number, extent: number, step: Statement, flush: Statement, vectors = 1
): Statement => {
  const length = (piece / vectors) * by
  if (extent <= length) return sequence(steps(i, by, i32.const(extent), step), flush)
  const end = scope.local('i32')
  const next = scopedMinimum(end, i32.add(i.get, i32.const(length)), i32.const(extent))
  return loop(sequence(next, steps(i, by, end.get, step), flush, leave(0, i32.ltU(i.get, i32.const(extent)))))
}

/** The smaller of two numbers into a local. */
const scopedMinimum = (local: Local<'i32'>, a: Code<'i32'>, b: Code<'i32'>): Statement =>
  sequence(local.set(a), local.set(select(i32.ltU(local.get, b), local.get, b)))
