import type { NdArray } from '../../core/array.js'
import type { Series, Tangent } from '../../core/primitive.js'
import { isFloat } from '../../core/dtype.js'
import { add, div, mul, neg, square, sub } from '../../lax/elementwise/arithmetic.js'
import { fullLike, sumOf, zerosLike } from '../../lax/broadcast.js'
import { eq } from '../../lax/elementwise/comparison.js'
import { convertElementType } from '../../lax/elementwise/convert.js'
import { exp, log } from '../../lax/elementwise/exponential.js'
import { cosh, sinh } from '../../lax/elementwise/hyperbolic.js'
import type { Unary } from '../../lax/elementwise/pointwise.js'
import { pow as powOf, reciprocal, rsqrt as rsqrtOf } from '../../lax/elementwise/power.js'
import { select } from '../../lax/elementwise/select.js'
import { digamma as digammaOf, polygamma as polygammaOf } from '../../lax/elementwise/special.js'
import { cos, sin } from '../../lax/elementwise/trigonometric.js'
import { composed, convolved, flow, integral, leibniz, orderOf, scaled, selfConvolved, seriesOf, varies, velocity } from './series.js'

/*
 * Series of elementwise functions, from the series of their operands and their value. Most come from an equation that the
 * function's derivative satisfies: coefficient j then takes O(j) products.
 */

/** A function of one operand. */
export type Elementwise = (x: Series, value: NdArray) => Series

const negated = (c: Tangent): Tangent => (c === null ? null : neg(c))

const difference = (a: Tangent, b: Tangent): Tangent => (b === null ? a : a === null ? neg(b) : sub(a, b))

const over = (a: Tangent, b: NdArray): Tangent => (a === null ? null : div(a, b))

/** The series of x² with another value, and the opposite sign if `sign` is −1. */
const squares = (x: Series, value: NdArray, sign: number): Series => seriesOf(value, orderOf(x), (j) => scaled(selfConvolved(x, j), sign))

const moved = ([, ...rest]: Series, value: NdArray): Series => [value, ...rest]

export const squareSeries: Elementwise = (x, value) => squares(x, value, 1)

/** x y′ = a y x′, for x that is not zero. */
const power = (a: number): Elementwise => (x, value) => {
  const y: [NdArray, ...Tangent[]] = [value]
  for (let j = 1; j < x.length; j++) {
    const weighted = x.map((c, i) => scaled(c, (a * i - (j - i)) / j))
    y.push(over(convolved(weighted, y, j, 1, j), x[0]))
  }
  return y
}

export const rsqrtSeries = power(-0.5)
export const cbrtSeries = power(1 / 3)

/** y² = x. */
export const sqrtSeries: Elementwise = (x, value) => {
  const y: [NdArray, ...Tangent[]] = [value]
  for (let j = 1; j < x.length; j++) y.push(over(scaled(difference(x[j], selfConvolved(y, j, 1)), 0.5), value))
  return y
}

/** q b = a. */
export const quotient = (a: Series, b: Series, value: NdArray): Series => {
  const q: [NdArray, ...Tangent[]] = [value]
  for (let j = 1; j < a.length; j++) q.push(over(difference(a[j], convolved(b, q, j, 1, j)), b[0]))
  return q
}

const unityLike = (x: NdArray, order: number): Series => [fullLike(x, 1), ...new Array<Tangent>(order).fill(null)]

/** Whole powers by repeated squaring, which are right at zero too. */
export const integerPower = (x: Series, value: NdArray, n: number): Series => {
  const order = orderOf(x)
  if (n === 0) return unityLike(value, order)
  if (n < 0) return integerPower(quotient(unityLike(x[0], order), x, reciprocal(x[0])), value, -n)
  let result: Series | undefined
  for (let base = x, rest = n; ; base = squares(base, square(base[0]), 1)) {
    if (rest % 2 === 1) result = result === undefined ? base : leibniz(result, base, mul(result[0], base[0]))
    rest = Math.floor(rest / 2)
    if (rest === 0) return moved(result ?? base, value)
  }
}

/** y′ = y x′. */
export const expSeries: Elementwise = (x, value) => flow(x, value, (y, n) => y[n])

export const exp2Series: Elementwise = (x, value) => flow(x, value, (y, n) => scaled(y[n], Math.LN2))

export const expm1Series: Elementwise = (x, value) => moved(expSeries(x, add(value, 1)), value)

/** x y′ = x′. */
export const logSeries: Elementwise = (x, value) => {
  const dx = velocity(x)
  const dy: Tangent[] = []
  for (let n = 0; n < dx.length; n++) dy.push(over(difference(dx[n], convolved(x, dy, n, 1, n)), x[0]))
  return integral(value, dy)
}

export const log1pSeries: Elementwise = (x, value) => logSeries(moved(x, add(x[0], 1)), value)

/** y′ = y (1 − y) x′. */
export const logisticSeries: Elementwise = (x, value) =>
  flow(x, value, (y, n) => (n === 0 ? mul(value, sub(1, value)) : difference(y[n], selfConvolved(y, n))))

/** y′ = (1 − y²) x′. */
export const tanhSeries: Elementwise = (x, value) =>
  flow(x, value, (y, n) => (n === 0 ? mul(sub(1, value), add(value, 1)) : negated(selfConvolved(y, n))))

/** y′ = (1 + y²) x′. */
export const tanSeries: Elementwise = (x, value) =>
  flow(x, value, (y, n) => (n === 0 ? add(square(value), 1) : selfConvolved(y, n)))

/** y′ = a z x′ and z′ = b y x′, with z given by `partner` at the start. */
const pair = (partner: Unary, a: number, b: number): Elementwise => (x, value) => {
  const dx = velocity(x)
  const y: [NdArray, ...Tangent[]] = [value]
  const z: [NdArray, ...Tangent[]] = [partner(x[0])]
  for (let j = 1; j < x.length; j++) {
    const [dy, dz] = [convolved(dx, z, j - 1), convolved(dx, y, j - 1)]
    y.push(scaled(dy, a / j))
    z.push(scaled(dz, b / j))
  }
  return y
}

export const sinSeries = pair(cos, 1, -1)
export const cosSeries = pair(sin, -1, 1)
export const sinhSeries = pair(cosh, 1, 1)
export const coshSeries = pair(sinh, 1, 1)

/** y′ = g x′ for a g that is known. */
const along = (x: Series, value: NdArray, g: Series): Series => flow(x, value, (_, n) => g[n])

/** 1 − x², without cancellation. */
const circle = (x: Series): Series => squares(x, mul(sub(1, x[0]), add(x[0], 1)), -1)

/** 1 + x² */
const hyperbola = (x: Series): Series => squares(x, add(square(x[0]), 1), 1)

const inverseRoot = (x: Series): Series => rsqrtSeries(x, rsqrtOf(x[0]))

const inverse = (x: Series): Series => quotient(unityLike(x[0], orderOf(x)), x, reciprocal(x[0]))

export const asinSeries: Elementwise = (x, value) => along(x, value, inverseRoot(circle(x)))

export const acosSeries: Elementwise = (x, value) => {
  const [first, ...rest] = inverseRoot(circle(x))
  return along(x, value, [neg(first), ...rest.map(negated)])
}

export const atanSeries: Elementwise = (x, value) => along(x, value, inverse(hyperbola(x)))
export const asinhSeries: Elementwise = (x, value) => along(x, value, inverseRoot(hyperbola(x)))
export const atanhSeries: Elementwise = (x, value) => along(x, value, inverse(circle(x)))

/** The slope is (x − 1)⁻½ (x + 1)⁻½, which overflows later than (x² − 1)⁻½. */
export const acoshSeries: Elementwise = (x, value) => {
  const [below, above] = [-1, 1].map((by) => inverseRoot(moved(x, add(x[0], by))))
  return along(x, value, leibniz(below, above, mul(below[0], above[0])))
}

/** (x² + y²) θ′ = x y′ − y x′. */
export const atan2Series = (y: Series, x: Series, value: NdArray): Series => {
  const [dy, dx] = [velocity(y), velocity(x)]
  const radius = x.map((_, n) => sumOf(selfConvolved(x, n), selfConvolved(y, n)))
  const length = radius[0] ?? fullLike(value, 0)
  const turn: Tangent[] = []
  for (let n = 0; n < dx.length; n++) {
    const moment = difference(convolved(x, dy, n), convolved(y, dx, n))
    turn.push(over(difference(moment, convolved(radius, turn, n, 1, n)), length))
  }
  return integral(value, turn)
}

/** The slope is a multiple of exp(−x²). */
const bell = (factor: number): Elementwise => (x, value) => {
  const exponent = squares(x, neg(square(x[0])), -1)
  const [first, ...rest] = expSeries(exponent, exp(exponent[0]))
  return along(x, value, [mul(first, factor), ...rest.map((c) => scaled(c, factor))])
}

const twoOverRootPi = 1.1283791670955126

export const erfSeries = bell(twoOverRootPi)
export const erfcSeries = bell(-twoOverRootPi)

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))

export const lgammaSeries: Elementwise = (x, value) =>
  composed(x, value, (j) => (j === 1 ? digammaOf(x[0]) : div(polygammaOf(j - 1, x[0]), factorial(j))))

export const digammaSeries: Elementwise = (x, value) => composed(x, value, (j) => div(polygammaOf(j, x[0]), factorial(j)))

export const polygammaSeries = (m: NdArray, x: Series, value: NdArray): Series =>
  composed(x, value, (j) => div(polygammaOf(add(m, j), x[0]), factorial(j)))

/** Coefficient j of (x₀ + h)ᵃ is a over j times x₀ᵃ⁻ʲ, and zero from where the binomial coefficient is, at x₀ = 0 too. */
const constantPower = (x: Series, a: NdArray, value: NdArray): Series => {
  const exponent = isFloat(a.dtype) ? a : convertElementType(a, x[0].dtype)
  let binomial = fullLike(exponent, 1)
  const coefficients: NdArray[] = []
  for (let j = 1; j < x.length; j++) {
    binomial = div(mul(binomial, sub(exponent, j - 1)), j)
    coefficients.push(select(eq(binomial, 0), zerosLike(value), mul(binomial, powOf(x[0], sub(exponent, j)))))
  }
  return composed(x, value, (j) => coefficients[j - 1])
}

/** xᵃ, as exp(a log x) if the exponent moves. */
export const powSeries = (x: Series, a: Series, value: NdArray): Series => {
  if (!varies(a)) return constantPower(x, a[0], value)
  const first = log(select(eq(x[0], 0), fullLike(x[0], 1), x[0]))
  const logarithm = logSeries(x, first)
  return expSeries(leibniz(a, logarithm, mul(a[0], first)), value)
}
