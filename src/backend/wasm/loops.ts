import { after, i32, leave, loop, select, sequence, type Code, type Local, type Statement } from './code.js'
import type { Scope } from './module.js'

/** The body for i = start, start + step, … while below the end; at least once. */
export const counted = (
  scope: Scope, start: Code<'i32'>, end: Code<'i32'>, step: number, body: (i: Local<'i32'>) => Statement
): Statement => {
  const i = scope.local('i32')
  return sequence(i.set(start), loop(sequence(body(i), leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(step))), end)))))
}

/** The body for i = 0, 1, … below the extent; just once without a loop. */
export const each = (scope: Scope, extent: number, body: (i: Code<'i32'>) => Statement): Statement =>
  extent === 1 ? body(i32.const(0)) : counted(scope, i32.const(0), i32.const(extent), 1, (i) => body(i.get))

/** `i · factor`. */
export const times = (i: Code<'i32'>, factor: number): Code<'i32'> => {
  if (factor === 1) return i
  const shift = Math.log2(factor)
  return Number.isInteger(shift) ? i32.shl(i, i32.const(shift)) : i32.mul(i, i32.const(factor))
}

/** `address + i · step`. */
export const moved = (address: Code<'i32'>, i: Code<'i32'>, step: number): Code<'i32'> =>
  (step === 0 ? address : i32.add(address, times(i, step)))

/** `address + bytes`. */
export const plus = (address: Code<'i32'>, bytes: number): Code<'i32'> => (bytes === 0 ? address : i32.add(address, i32.const(bytes)))

/** The smaller one. */
export const least = (scope: Scope, a: Code<'i32'>, b: Code<'i32'>): Code<'i32'> => {
  const local = scope.local('i32')
  return after([local.set(a)], select(i32.ltU(local.get, b), local.get, b))
}
