import { tanhSmall } from './coefficients.js'
import { evaluate } from './double.js'

/** The hyperbolic tangent, to within 1½ ulp. */
export const tanh = (x: number): number => {
  const size = Math.abs(x)
  if (x === 0) return x
  if (size < 0.6875) return x + x * evaluate(tanhSmall, x * x)
  if (size > 22) return Math.sign(x)
  const value = 1 - 2 / (Math.exp(2 * size) + 1)
  return x < 0 ? -value : value
}

/** 1 / (1 + exp(−x)), without overflow on the way and with relative accuracy where it is small. */
export const logistic = (x: number): number => {
  if (x > 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}
