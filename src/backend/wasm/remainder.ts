import { after, f64x2, leave, loop, sequence, v128, when, type Code } from './code.js'
import type { Scope } from './module.js'

const all = (x: number): Code<'v128'> => v128.const(Float64Array.of(x, x))
const bits = (mask: bigint): Code<'v128'> => v128.const(BigInt64Array.of(mask, mask))

/** The leading bits of a quotient: its product with the divisor, a float32 or a float64 number, has no more than 53. */
const leading = { float32: bits(-(1n << 29n)), float64: bits(-(1n << 52n)) } as const

/**
 * x − y · trunc(x / y) of numbers of the format as float64, exactly: leading parts of the quotient times y are subtracted until what
 * remains is less than y. It has the sign of x, and is NaN where x is infinite or y is 0.
 */
export const remainder = (scope: Scope, format: 'float32' | 'float64', x: Code<'v128'>, y: Code<'v128'>): Code<'v128'> => {
  const [number, rest, divisor, unit, part, going] = Array.from({ length: 6 }, () => scope.local('v128'))
  const { mul, div, sub, abs, floor, lt, gt, ge } = f64x2
  const finite = v128.and(lt(rest.get, all(Infinity)), gt(divisor.get, all(0)))
  // the quotient was rounded, perhaps up to a power of two
  const fitting = v128.bitselect(mul(part.get, all(0.5)), part.get, gt(part.get, rest.get))
  // quotients of float64 numbers come to 2²⁰⁹⁸: large ones are taken by a multiple of the divisor
  const raised = sequence(part.set(mul(unit.get, all(2 ** 700))), unit.set(v128.bitselect(part.get, unit.get, ge(rest.get, part.get))))
  const step = sequence(
    unit.set(divisor.get),
    ...(format === 'float64' ? [raised, raised] : []),
    part.set(mul(floor(v128.and(div(rest.get, unit.get), leading[format])), unit.get)),
    rest.set(sub(rest.get, v128.and(fitting, going.get))),
    leave(1)
  )
  return after([
    number.set(x),
    rest.set(abs(number.get)),
    divisor.set(abs(y)),
    loop(sequence(
      going.set(v128.and(ge(rest.get, divisor.get), finite)),
      when(v128.anyTrue(going.get), step)
    ))
  ], v128.bitselect(v128.or(rest.get, v128.and(number.get, all(-0))), all(NaN), finite))
}
