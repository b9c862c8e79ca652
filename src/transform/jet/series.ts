import type { NdArray } from '../../core/array.js'
import type { Series, Tangent } from '../../core/primitive.js'
import { mul } from '../../lax/elementwise/arithmetic.js'
import { sumOf } from '../../lax/broadcast.js'

/*
 * Arithmetic of truncated power series (Griewank & Walther, Evaluating Derivatives, chapter 13). Symbolic zeros stay so.
 */

/** The exponent of the last coefficient. */
export const orderOf = (x: Series): number => x.length - 1

/** Whether the value moves. */
export const varies = (x: Series): boolean => x.some((c, j) => j > 0 && c !== null)

/** A value that does not move. */
export const constant = (value: NdArray, order: number): Series => [value, ...new Array<Tangent>(order).fill(null)]

/** A series from its value and the rule for the other coefficients. */
export const seriesOf = (value: NdArray, order: number, coefficient: (j: number) => Tangent): Series => {
  const series: [NdArray, ...Tangent[]] = [value]
  for (let j = 1; j <= order; j++) series.push(coefficient(j))
  return series
}

/** A coefficient times a number. */
export const scaled = (c: Tangent, by: number): Tangent => (c === null || by === 0 ? null : by === 1 ? c : mul(c, by))

/** A product of two arrays, of whatever kind. */
export type Product = (x: NdArray, y: NdArray) => NdArray

/** The sum of a[i] b[n − i] for i from `first` to `last`. */
export const convolved = (
  a: readonly Tangent[], b: readonly Tangent[], n: number, first = 0, last = n, product: Product = mul
): Tangent => {
  let sum: Tangent = null
  for (let i = first; i <= last; i++) {
    const [x, y] = [a[i], b[n - i]]
    if (x !== null && y !== null) sum = sumOf(sum, product(x, y))
  }
  return sum
}

/** The sum of y[i] y[n − i] for i from `first` to n − `first`: each pair of equal products is computed once. */
export const selfConvolved = (y: readonly Tangent[], n: number, first = 0): Tangent => {
  const half = (n - 1) >> 1
  const pairs = scaled(convolved(y, y, n, first, half), 2)
  const middle = y[n >> 1]
  return n % 2 === 1 || first > n >> 1 || middle === null ? pairs : sumOf(pairs, mul(middle, middle))
}

/** The Taylor series of a product, by Leibniz' rule. */
export const leibniz = (a: Series, b: Series, value: NdArray, product: Product = mul): Series =>
  seriesOf(value, orderOf(a), (j) => convolved(a, b, j, 0, j, product))

/** The coefficients of the derivative with respect to the curve's parameter. */
export const velocity = (x: Series): readonly Tangent[] => x.slice(1).map((c, i) => scaled(c, i + 1))

/** The series with this value whose derivative has these coefficients. */
export const integral = (value: NdArray, derivative: readonly Tangent[]): Series =>
  seriesOf(value, derivative.length, (j) => scaled(derivative[j - 1], 1 / j))

/**
 * The y with y′ = g x′, where `slope` gives coefficient n of g from the coefficients of y up to n: a function whose
 * derivative is known in terms of x or of itself.
 */
export const flow = (x: Series, value: NdArray, slope: (y: readonly Tangent[], n: number) => Tangent): Series => {
  const dx = velocity(x)
  const y: [NdArray, ...Tangent[]] = [value]
  const g: Tangent[] = []
  for (let j = 1; j < x.length; j++) {
    g.push(slope(y, j - 1))
    y.push(scaled(convolved(dx, g, j - 1), 1 / j))
  }
  return y
}

/** f(x) where `coefficient` gives f⁽ʲ⁾(x₀) / j!, by Horner's scheme in x − x₀. */
export const composed = (x: Series, value: NdArray, coefficient: (j: number) => NdArray): Series => {
  const order = orderOf(x)
  let inner: readonly Tangent[] = [coefficient(order)]
  for (let j = order - 1; j >= 1; j--) {
    const outer: readonly Tangent[] = inner
    inner = seriesOf(coefficient(j), order - j, (n) => convolved(x, outer, n, 1, n))
  }
  return seriesOf(value, order, (n) => convolved(x, inner, n, 1, n))
}
