import { errors32, errors64, errorsWide } from './error.js'
import { exponentials32, exponentials64 } from './exponential.js'
import { giles32, giles64 } from './giles.js'
import { hyperbolics64 } from './hyperbolic.js'
import { atan264, inverses64 } from './inverse.js'
import { logarithms32, logarithms64 } from './logarithm.js'
import { pow64, powWide, roots64 } from './power.js'
import { trigonometric32, trigonometric64 } from './trigonometric.js'
import { widely1, widely2 } from './wide.js'
import { function1, function2, type Function1, type Function2 } from './write.js'

export type { Function1, Function2 } from './write.js'

const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (a: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([name, a]) => [name, f(a)]))

const wide = { ...inverses64, ...hyperbolics64, ...roots64, ...errors64, ...errorsWide }

/** Functions of one operand on four float32 numbers, by the name of their primitive. */
export const unary32: Readonly<Record<string, Function1>> =
  mapped({ ...mapped(wide, widely1), ...exponentials32, ...logarithms32, ...trigonometric32, ...errors32, ...giles32 }, function1)

/** Functions of one operand on two float64 numbers. */
export const unary64: Readonly<Record<string, Function1>> = mapped(
  { ...exponentials64, ...logarithms64, ...trigonometric64, ...inverses64, ...hyperbolics64, ...roots64, ...errors64, ...giles64 }, function1)

/** Functions of two operands, likewise. */
export const binary32: Readonly<Record<string, Function2>> = mapped({ atan2: widely2(atan264), pow: widely2(powWide) }, function2)
export const binary64: Readonly<Record<string, Function2>> = mapped({ atan2: atan264, pow: pow64 }, function2)
