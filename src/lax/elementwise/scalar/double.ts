import type { Polynomial } from './coefficients.js'

/*
 * Numbers as unevaluated sums of two doubles, high + low, for what one double cannot hold (Dekker, "A floating-point technique for
 * extending the available precision", 1971). The low part is a function of its own, so that nothing is allocated.
 */

/** a + b − fl(a + b), exactly; `sum` is fl(a + b). */
export const sumError = (a: number, b: number, sum: number): number => {
  const from = sum - a
  return a - (sum - from) + (b - from)
}

/** The upper 26 bits. */
const upper = (a: number): number => {
  const scaled = a * 134217729 // 2²⁷ + 1
  return scaled - (scaled - a)
}

/** a · b − fl(a · b), exactly unless something over- or underflows; `product` is fl(a · b). */
export const productError = (a: number, b: number, product: number): number => {
  const ah = upper(a)
  const bh = upper(b)
  const al = a - ah
  const bl = b - bh
  return al * bl - (product - ah * bh - al * bh - ah * bl)
}

/** The value of a polynomial, by Horner's scheme. */
export const evaluate = ({ centre, scale, powers }: Polynomial, x: number): number => {
  const u = (x - centre) * scale
  let sum = powers[powers.length - 1]
  for (let i = powers.length - 2; i >= 0; i--) sum = sum * u + powers[i]
  return sum
}
