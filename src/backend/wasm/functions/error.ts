import { erfInvMiddle, erfInvTail, erfSmall, type Polynomial } from '../../../lax/elementwise/scalar/coefficients.js'
import { erf32, erfcLog32, erfcTail32, erfcTail64 } from './coefficients.js'
import { expNear32, expOfSum64, expWide } from './exponential.js'
import { choice, double, polynomial, single, withSign } from './format.js'
import { logarithms64, logarithmsWide } from './logarithm.js'
import { twoProduct } from './sums.js'
import type { Formula1, Vector, Writer } from './write.js'

/** erf of float32 numbers: x + x P(x²) up to 0.92, and beyond 1 − exp(−Q(|x|)). */
const erfOf32: Formula1 = (w, x) => {
  const { add, sub, mul, abs, neg, ge, pmin, all } = single
  const [size, z] = [w.keep(pmin(abs(x), all(4))), w.keep(mul(x, x))]
  const near = add(x, mul(x, polynomial(w, single, z, erf32)))
  const far = sub(all(1), expNear32(w, w.keep(neg(polynomial(w, single, size, erfcLog32)))))
  return choice(ge(size, all(0.92)), withSign(single, far, x), near)
}

const { add, sub, mul, div, abs, neg, sqrt, eq, lt, ge, pmin, all } = double

/** A polynomial that is given over [−1, 1]. */
const over = (w: Writer, { centre, scale, powers }: Polynomial, x: Vector): Vector =>
  polynomial(w, double, w.keep(mul(sub(x, all(centre)), all(scale))), powers)

/** erf for |x| ≤ 1. */
const erfNear = (w: Writer, x: Vector): Vector => add(x, mul(x, over(w, erfSmall, mul(x, x))))

/** exp(−x²), and erfc x by it, for 0.74 ≤ x ≤ 28. */
const upperTail = (w: Writer, x: Vector): readonly [gauss: Vector, erfc: Vector] => {
  const [square, lost] = twoProduct(w, x, x)
  const gauss = w.keep(expOfSum64(w, w.keep(neg(square)), neg(lost)))
  const u = w.keep(div(sub(x, all(2)), add(x, all(2))))
  // the constant is the greater part: it comes last
  const factor = add(mul(u, polynomial(w, double, u, erfcTail64.slice(1))), all(erfcTail64[0]))
  return [gauss, div(mul(gauss, factor), add(add(x, x), all(1)))]
}

const erf: Formula1 = (w, x) => {
  const size = w.keep(pmin(abs(x), all(28)))
  const near = lt(size, all(1))
  const value = w.variable(erfNear(w, x))
  w.unless(near, (rare) => {
    const [, tail] = upperTail(rare, size)
    rare.set(value, choice(ge(size, all(1)), withSign(double, sub(all(1), tail), x), value.get))
  })
  return value.get
}

const erfc: Formula1 = (w, x) => {
  const size = w.keep(pmin(abs(x), all(28)))
  const [, upper] = upperTail(w, size)
  const tail = w.keep(upper)
  const below = choice(lt(size, all(1)), sub(all(1), erfNear(w, x)), sub(all(2), tail))
  return choice(ge(x, all(0.75)), tail, below)
}

/** erfc of float32 numbers: their squares are exact. */
const erfcOf32: Formula1 = (w, x) => {
  const size = w.keep(pmin(abs(x), all(12)))
  const u = w.keep(div(sub(size, all(2)), add(size, all(2))))
  const gauss = expWide(w, w.keep(neg(mul(size, size))))
  const tail = w.keep(div(mul(gauss, polynomial(w, double, u, erfcTail32)), add(add(size, size), all(1))))
  return choice(lt(x, all(0)), sub(all(2), tail), tail)
}

/** The number whose error function is given, to 8 digits, for sizes below 1. */
const erfInvNear = (w: Writer, size: Vector, log = logarithms64.log): Vector => {
  const v = w.keep(mul(sub(all(1), size), add(size, all(1))))
  const u = w.keep(neg(log(w, v)))
  return mul(size, choice(lt(u, all(4)), over(w, erfInvMiddle, u), over(w, erfInvTail, sqrt(u))))
}

/** Infinite at ±1 and NaN beyond; for small numbers ½√π x. */
const limited = (x: Vector, size: Vector, value: Vector): Vector => {
  const inside = choice(lt(size, all(1e-9)), mul(size, all(halfRootPi)), value)
  return withSign(double, choice(eq(size, all(1)), all(Infinity), inside), x)
}

const halfRootPi = 0.886226925452758

/** In float32 8 digits are enough. */
const erfInvOf32: Formula1 = (w, x) => {
  const size = w.keep(abs(x))
  return limited(x, size, erfInvNear(w, size, logarithmsWide.log))
}

/** One step of Halley's method from the 8 digits on, by whichever of erf and erfc is closer. */
const erfInv: Formula1 = (w, x) => {
  const size = w.keep(abs(x))
  const y = w.keep(erfInvNear(w, size))
  const [gauss, tail] = upperTail(w, y)
  const miss = choice(lt(size, all(0.75)), sub(erfNear(w, y), size), sub(sub(all(1), size), tail))
  const step = w.keep(div(mul(miss, all(halfRootPi)), gauss))
  return limited(x, size, sub(y, div(step, add(mul(y, step), all(1)))))
}

export const errors32 = { erf: erfOf32 }
export const errors64 = { erf, erfc, erf_inv: erfInv }
/** In float64, to the digits of float32. */
export const errorsWide = { erfc: erfcOf32, erf_inv: erfInvOf32 }
