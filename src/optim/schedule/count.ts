import { checkArray, dataOf, isConcrete } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { ArgumentError } from '../../core/errors.js'
import * as lax from '../../lax/index.js'
import { count as integer, finite } from '../checks.js'

/**
 * A number that changes with training: a function of how many steps were taken (int32), elementwise. Those of this library compute
 * in float64, so that rates are as good as any parameter's dtype; a scalar is converted where it is used.
 */
export type Schedule = (count: NdArray) => NdArray

/** Counts in float64. Throws ArgumentError for one that is negative or a fraction, if it can be known. */
const real = (who: string, count: NdArray): NdArray => {
  checkArray(who, count)
  if (isConcrete(count)) {
    for (const k of dataOf(count)) {
      if (!(Number.isInteger(k) && k >= 0)) throw new ArgumentError(who, 'counts of steps, which are integers of at least 0', k)
    }
  }
  return lax.convertElementType(count, 'float64')
}

/** The schedule of a function of counts in float64. */
export const scheduled = (who: string, value: (k: NdArray) => NdArray): Schedule => (count) => value(real(who, count))

/** How many steps were taken after the first ones, which do not count. */
export const after = (k: NdArray, delay: number): NdArray => (delay === 0 ? k : lax.max(lax.sub(k, delay), 0))

/** How much of the way is done, from 0 to 1. */
export const progress = (k: NdArray, steps: number, delay = 0): NdArray => lax.min(lax.div(after(k, delay), steps), 1)

/** From one value to another, as part of the way is done. */
export const mix = (from: number, to: number, part: NdArray): NdArray =>
  lax.add(lax.mul(lax.sub(1, part), from), lax.mul(part, to))

/** Half a cosine: 1 where nothing of the way is done, 0 at its end. */
export const wave = (part: NdArray): NdArray => lax.mul(lax.add(lax.cos(lax.mul(part, Math.PI)), 1), 0.5)

/** Throws ArgumentError unless values are finite, and steps and delay are counts. */
export const checkDecay = (who: string, values: Readonly<Record<string, number>>, steps: number, delay = 0): void => {
  for (const name in values) finite(who, name, values[name])
  integer(who, 'number of steps', steps)
  integer(who, 'delay', delay, 0)
}
