import { errors32, errors64, errorsWide } from './error.js'
import { exponentials32, exponentials64, specialExponentials32, specialExponentials64 } from './exponential.js'
import { giles32, giles64 } from './giles.js'
import { hyperbolics64, hyperbolicsWide } from './hyperbolic.js'
import { angles64, anglesWide, inverses64, inversesWide } from './inverse.js'
import { logarithms32, logarithms64 } from './logarithm.js'
import { byProducts, powers64, powersWide, roots64 } from './power.js'
import { trigonometric32, trigonometric64 } from './trigonometric.js'
import { widely1, widely2 } from './wide.js'
import { function1, function2, type Formula1, type Formula2, type Function1, type Function2 } from './write.js'

export type { Function1, Function2 } from './write.js'

const mapped = <A, B>(record: Readonly<Record<string, A>>, f: (a: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([name, a]) => [name, f(a)]))

const wide = { ...inversesWide, ...hyperbolicsWide, ...roots64, ...errorsWide }
const narrow = { ...exponentials32, ...logarithms32, ...trigonometric32, ...errors32, ...giles32 }
const double = {
  ...exponentials64, ...logarithms64, ...trigonometric64, ...inverses64, ...hyperbolics64, ...roots64, ...errors64, ...giles64
}

/** Functions of one operand on four float32 numbers, by the name of their primitive. */
export const unary32: Readonly<Record<string, Function1>> = mapped({ ...mapped(wide, widely1), ...narrow }, function1)

/** Functions of one operand on two float64 numbers. */
export const unary64: Readonly<Record<string, Function1>> = mapped(double, function1)

/** Functions of two operands, likewise. */
export const binary32: Readonly<Record<string, Function2>> = mapped(mapped({ ...anglesWide, ...powersWide }, widely2), function2)
export const binary64: Readonly<Record<string, Function2>> = mapped({ ...angles64, ...powers64 }, function2)

/**
 * What kernels put in the place of functions: `exp_below` of numbers that are not positive, `minus_size` for −|x|, and `logistic_of` x and
 * the exponential of that.
 */
export const [special32, special64] = [specialExponentials32, specialExponentials64].map(({ one, two }) => ({
  one: mapped<Formula1, Function1>(one, function1), two: mapped<Formula2, Function2>(two, function2)
}))

/** xⁿ of four float32 numbers for small exponents; `null` for others. */
export const smallPower32 = (n: number): Function1 | null => {
  const formula = byProducts(n)
  return formula && function1(formula)
}
