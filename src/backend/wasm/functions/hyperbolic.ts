import { v128 } from '../code.js'
import { sinh64 } from './coefficients.js'
import { halfExp64 } from './exponential.js'
import { choice, double, polynomial, withSign } from './format.js'
import { logarithms64 } from './logarithm.js'
import type { Formula1, Vector, Writer } from './write.js'

const { add, sub, mul, div, sqrt, abs, lt, gt, ge, all } = double

/** ½eˣ − ½e⁻ˣ, and up to 1 its series. */
const sinh: Formula1 = (w, x) => {
  const [size, z] = [w.keep(abs(x)), w.keep(mul(x, x))]
  const half = w.keep(halfExp64(w, x))
  const series = add(mul(mul(size, z), polynomial(w, double, z, sinh64)), size)
  return withSign(double, choice(lt(size, all(1)), series, sub(half, div(all(0.25), half))), x)
}

const cosh: Formula1 = (w, x) => {
  const half = w.keep(halfExp64(w, x))
  return add(half, div(all(0.25), half))
}

/** log(1 + u), and log 2 + log u where the square of x, which u is made of, would overflow: there u is x. */
const logOfSum = (w: Writer, x: Vector, u: Vector): Vector => {
  const large = w.keep(gt(x, all(2 ** 500)))
  return add(logarithms64.log1p(w, w.keep(choice(large, x, u))), v128.and(large, all(Math.LN2)))
}

/** log(1 + |x| + (√(x² + 1) − 1)). */
const asinh: Formula1 = (w, x) => {
  const [size, square] = [w.keep(abs(x)), w.keep(mul(x, x))]
  const root = add(sqrt(add(square, all(1))), all(1))
  return withSign(double, logOfSum(w, size, add(size, div(square, root))), x)
}

/** log(1 + t + √(t² + 2t)) with t = x − 1. */
const acosh: Formula1 = (w, x) => {
  const t = w.keep(sub(x, all(1)))
  const value = logOfSum(w, x, add(t, sqrt(mul(t, add(t, all(2))))))
  return choice(ge(x, all(1)), value, all(NaN))
}

/** ½ log(1 + 2|x|/(1 − |x|)). */
const atanh: Formula1 = (w, x) => {
  const size = w.keep(abs(x))
  const ratio = w.keep(div(add(size, size), sub(all(1), size)))
  return withSign(double, mul(logarithms64.log1p(w, ratio), all(0.5)), x)
}

export const hyperbolics64 = { sinh, cosh, asinh, acosh, atanh }
