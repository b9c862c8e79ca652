import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { checkInteger } from './options.js'
import { arrayOf, unary, type Unary } from './promote.js'

const float =
  (f: (x: NdArray) => NdArray) =>
  (x: NdArray): NdArray =>
    isFloat(x.dtype) ? f(x) : x

/** The greatest integer that is not above it; integers pass. `jnp.floor`. */
export const floor: Unary = unary('floor', float(lax.floor), 'any')

/** The least integer that is not below it; integers pass. `jnp.ceil`. */
export const ceil: Unary = unary('ceil', float(lax.ceil), 'any')

/** The integer next to it towards zero; integers pass. `jnp.trunc`. */
export const trunc: Unary = unary('trunc', float((x) => lax.select(lax.lt(x, 0), lax.ceil(x), lax.floor(x))), 'any')

/** The nearest integer, of two the even one. `jnp.rint`. */
export const rint: Unary = unary('rint', lax.roundToEven)

/** To how many places `round` rounds. */
export interface RoundOptions {
  /** Places after the point, before it if negative; 0 by default. */
  readonly decimals?: number
}

/**
 * The nearest number with so many decimals, of two the even one. `jnp.round`.
 *
 * @example
 * np.round([0.5, 1.5, 2.567]) // [0, 2, 3]
 * np.round(2.567, { decimals: 1 }) // 2.6
 */
export const round = (x: ArrayLike, options: RoundOptions = {}): NdArray => {
  checkOptions('round', options, ['decimals'])
  const { decimals = 0 } = options
  checkInteger('round', 'number of decimals', decimals)
  const array = arrayOf('round', x)
  if (!isFloat(array.dtype) && decimals >= 0) return array
  const real = isFloat(array.dtype) ? array : lax.convertElementType(array, 'float32')
  if (decimals === 0) return lax.roundToEven(real)
  const factor = 10 ** Math.abs(decimals)
  const scaled = lax.roundToEven(decimals > 0 ? lax.mul(real, factor) : lax.div(real, factor))
  const rounded = decimals > 0 ? lax.div(scaled, factor) : lax.mul(scaled, factor)
  return isFloat(array.dtype) ? rounded : lax.convertElementType(rounded, array.dtype)
}
