import { f32x4, f64x2, v128 } from '../code.js'
import type { Formula1, Formula2, Vector, Writer } from './write.js'

/** The lower, and the upper, two float32 numbers as float64. */
const lower = (x: Vector): Vector => f64x2.promoteLow(x)
const upper = (x: Vector): Vector => f64x2.promoteLow(v128.shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]))

/** Four float32 numbers as two pairs of float64. */
export const widened = (w: Writer, x: Vector): readonly [Vector, Vector] => [w.keep(lower(x)), w.keep(upper(x))]

/** Two pairs of float64 rounded to four float32 numbers. */
export const narrowed = (low: Vector, high: Vector): Vector =>
  v128.shuffle(f32x4.demoteZero(low), f32x4.demoteZero(high), [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23])

/** The lower halves of 64-bit integers. */
export const narrowedBits = (low: Vector, high: Vector): Vector =>
  v128.shuffle(low, high, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27])

/** A function of float32 numbers by one of float64. */
export const widely1 = (formula: Formula1): Formula1 => (w, x) => {
  const [a, b] = widened(w, x)
  return narrowed(w.keep(formula(w, a)), formula(w, b))
}

export const widely2 = (formula: Formula2): Formula2 => (w, x, y) => {
  const [[a, b], [c, d]] = [widened(w, x), widened(w, y)]
  return narrowed(w.keep(formula(w, a, c)), formula(w, b, d))
}
