import { isFloat } from '../../../core/dtype.js'
import type { AnyPrimitive, Atom } from '../../../core/primitive.js'
import { absP, addP, divP, maxP, minP, mulP, negP, squareP, subP } from '../../../lax/elementwise/arithmetic.js'
import { addAnyP, reduceSumP } from '../../../lax/broadcast.js'
import { dotGeneralP } from '../../../lax/dot.js'
import { expP } from '../../../lax/elementwise/exponential.js'
import { integerPowP, type IntegerPowParams } from '../../../lax/elementwise/power.js'
import { selectNP } from '../../../lax/elementwise/select.js'
import { numberOf, type Rule, type Rules, type Surroundings } from './rule.js'

/*
 * Arithmetic with ones, zeros and signs. What IEEE 754 rounds is rounded as before: x + 0 is x only where x is not −0.
 */

/** Sums start at 0, so they are never −0; nor are squares. */
const unsigned: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([squareP, absP, expP, reduceSumP, dotGeneralP])

const isNeverNegativeZero = (atom: Atom, program: Surroundings): boolean => {
  const eqn = program.definition(atom)
  if (!isFloat(atom.aval.dtype)) return true
  if (eqn === undefined) return false
  return unsigned.has(eqn.primitive) || ((eqn.primitive === addP || eqn.primitive === addAnyP) && eqn.inputs.some((x) => {
    const inner = program.definition(x)
    return inner !== undefined && unsigned.has(inner.primitive)
  }))
}

/** Whether adding the number to the value leaves every bit as it is. */
const addsNothing = (value: number | undefined, x: Atom, program: Surroundings): boolean =>
  Object.is(value, -0) ? isFloat(x.aval.dtype) : value === 0 && isNeverNegativeZero(x, program)

const added: Rule = ({ inputs: [x, y], primitive }, program, b) => {
  if (addsNothing(numberOf(y, program), x, program)) return x
  if (addsNothing(numberOf(x, program), y, program)) return y
  if (primitive !== addP) return undefined
  const [minusX, minusY] = [program.operandOf(x, negP), program.operandOf(y, negP)]
  if (minusY !== undefined) return b.elementwise(subP, x, minusY)
  return minusX === undefined ? undefined : b.elementwise(subP, y, minusX)
}

const subtracted: Rule = ({ inputs: [x, y] }, program, b) => {
  if (Object.is(numberOf(y, program), 0)) return x
  const minusY = program.operandOf(y, negP)
  return minusY === undefined ? undefined : b.elementwise(addP, x, minusY)
}

const multiplied: Rule = ({ inputs: [x, y] }, program, b) => {
  for (const [factor, other] of [[x, y], [y, x]] as const) {
    const value = numberOf(factor, program)
    if (value === 1) return other
    if (value === -1 && isFloat(other.aval.dtype)) return b.elementwise(negP, other)
  }
  const [minusX, minusY] = [program.operandOf(x, negP), program.operandOf(y, negP)]
  return minusX === undefined || minusY === undefined ? undefined : b.elementwise(mulP, minusX, minusY)
}

/** Whether 1 / value is a number of the dtype, so that multiplying by it is dividing. */
const isPowerOfTwo = (value: number): boolean => {
  const size = Math.abs(value)
  return size >= 2 ** -100 && size <= 2 ** 100 && Number.isInteger(Math.log2(size)) && 2 ** Math.log2(size) === size
}

const divided: Rule = ({ inputs: [x, y], outputs: [out] }, program, b) => {
  const value = numberOf(y, program)
  if (value === 1) return x
  if (value === undefined || !isFloat(out.aval.dtype) || !isPowerOfTwo(value)) return undefined
  return value === -1 ? b.elementwise(negP, x) : b.elementwise(mulP, x, b.fill(1 / value, out.aval.shape, out.aval.dtype))
}

const negated: Rule = ({ inputs: [x] }, program) => program.operandOf(x, negP)

const raised: Rule = ({ inputs: [x], params }, _, b) => {
  const { y } = params as IntegerPowParams // the equation is one of this primitive
  if (y === 0) return b.fill(1, x.aval.shape, x.aval.dtype)
  if (y === 2) return b.elementwise(squareP, x)
  return y === 1 ? x : undefined
}

const chosen: Rule = ({ inputs: [which, ...cases] }, program) => {
  const [first] = cases
  if (cases.every((x) => x === first)) return first
  const value = numberOf(which, program)
  return value === undefined ? undefined : cases[Math.max(0, Math.min(cases.length - 1, value))]
}

const extreme: Rule = ({ inputs: [x, y] }) => (x === y ? x : undefined)

export const arithmetic: Rules = [
  [addP.name, added], [addAnyP.name, added], [subP.name, subtracted], [mulP.name, multiplied], [divP.name, divided], [negP.name, negated],
  [integerPowP.name, raised], [selectNP.name, chosen], [maxP.name, extreme], [minP.name, extreme]
]
