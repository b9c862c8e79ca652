import { double } from './format.js'
import type { Vector, Writer } from './write.js'

/*
 * Numbers as unevaluated sums of two doubles, for what one double cannot hold (Dekker, "A floating-point technique for extending the
 * available precision", 1971).
 */

const { add, sub, mul, all } = double

/** A number as a sum, or what is nearest to the sum and what it lacks. */
export type Pair = readonly [high: Vector, low: Vector]

/** a + b exactly. */
export const twoSum = (w: Writer, a: Vector, b: Vector): Pair => {
  const sum = w.keep(add(a, b))
  const from = w.keep(sub(sum, a))
  return [sum, w.keep(add(sub(a, sub(sum, from)), sub(b, from)))]
}

/** a + b exactly, where |a| ≥ |b| or a = 0. */
export const fastTwoSum = (w: Writer, a: Vector, b: Vector): Pair => {
  const sum = w.keep(add(a, b))
  return [sum, w.keep(add(sub(a, sum), b))]
}

/** The upper 26 bits, and the rest. */
export const halves = (w: Writer, a: Vector): Pair => {
  const scaled = w.keep(mul(a, all(134217729))) // 2²⁷ + 1
  const upper = w.keep(sub(scaled, sub(scaled, a)))
  return [upper, w.keep(sub(a, upper))]
}

/** a · b exactly, unless something over- or underflows. */
export const twoProduct = (w: Writer, a: Vector, b: Vector, [aHigh, aLow] = halves(w, a), [bHigh, bLow] = halves(w, b)): Pair => {
  const product = w.keep(mul(a, b))
  const rest = sub(sub(sub(product, mul(aHigh, bHigh)), mul(aLow, bHigh)), mul(aHigh, bLow))
  return [product, w.keep(sub(mul(aLow, bLow), rest))]
}
