import { v128 } from '../code.js'
import { sinh32, sinh64 } from './coefficients.js'
import { halfExp64, halfExpWide } from './exponential.js'
import { choice, double, polynomial, withSign } from './format.js'
import { logarithms64, logarithmsWide } from './logarithm.js'
import type { Formula1, Formula2 } from './write.js'

const { add, sub, mul, div, sqrt, abs, lt, gt, ge, all } = double

/** What is precise enough for float64, or for float32. */
interface Parts {
  /** The polynomial of (sinh x − x)/x³ in x². */
  readonly series: readonly number[]
  readonly halfExp: Formula1
  readonly log1p: Formula1
}

/** ½eˣ − ½e⁻ˣ, and up to 1 its series. */
const sinh = ({ series, halfExp }: Parts): Formula1 => (w, x) => {
  const [size, z] = [w.keep(abs(x)), w.keep(mul(x, x))]
  const half = w.keep(halfExp(w, x))
  const near = add(mul(mul(size, z), polynomial(w, double, z, series)), size)
  return withSign(double, choice(lt(size, all(1)), near, sub(half, div(all(0.25), half))), x)
}

const cosh = ({ halfExp }: Parts): Formula1 => (w, x) => {
  const half = w.keep(halfExp(w, x))
  return add(half, div(all(0.25), half))
}

/** log(1 + u), and log 2 + log u where the square of x, which u is made of, would overflow: there u is x. */
const logOfSum = ({ log1p }: Parts): Formula2 => (w, x, u) => {
  const large = w.keep(gt(x, all(2 ** 500)))
  return add(log1p(w, w.keep(choice(large, x, u))), v128.and(large, all(Math.LN2)))
}

/** log(1 + |x| + (√(x² + 1) − 1)). */
const asinh = (parts: Parts): Formula1 => (w, x) => {
  const [size, square] = [w.keep(abs(x)), w.keep(mul(x, x))]
  const root = add(sqrt(add(square, all(1))), all(1))
  return withSign(double, logOfSum(parts)(w, size, add(size, div(square, root))), x)
}

/** log(1 + t + √(t² + 2t)) with t = x − 1. */
const acosh = (parts: Parts): Formula1 => (w, x) => {
  const t = w.keep(sub(x, all(1)))
  const value = logOfSum(parts)(w, x, add(t, sqrt(mul(t, add(t, all(2))))))
  return choice(ge(x, all(1)), value, all(NaN))
}

/** ½ log(1 + 2|x|/(1 − |x|)). */
const atanh = ({ log1p }: Parts): Formula1 => (w, x) => {
  const size = w.keep(abs(x))
  const ratio = w.keep(div(add(size, size), sub(all(1), size)))
  return withSign(double, mul(log1p(w, ratio), all(0.5)), x)
}

const hyperbolics = (parts: Parts): Readonly<Record<string, Formula1>> =>
  ({ sinh: sinh(parts), cosh: cosh(parts), asinh: asinh(parts), acosh: acosh(parts), atanh: atanh(parts) })

export const hyperbolics64 = hyperbolics({ series: sinh64, halfExp: halfExp64, log1p: logarithms64.log1p })
/** In float64, to the digits of float32. */
export const hyperbolicsWide = hyperbolics({ series: sinh32, halfExp: halfExpWide, log1p: logarithmsWide.log1p })
