import { ArgumentError, quoted } from '../core/errors.js'

const check = (who: string, expected: string, value: number, holds: boolean): number => {
  if (typeof value !== 'number' || !holds) throw new ArgumentError(who, expected, quoted(value))
  return value
}

/** A finite number. */
export const finite = (who: string, name: string, x: number): number => check(who, `a finite ${name}`, x, Number.isFinite(x))

/** A finite number of at least 0. */
export const nonNegative = (who: string, name: string, x: number): number =>
  check(who, `a finite ${name} of at least 0`, x, Number.isFinite(x) && x >= 0)

/** A finite number above 0. */
export const positive = (who: string, name: string, x: number): number =>
  check(who, `a finite ${name} above 0`, x, Number.isFinite(x) && x > 0)

/** A number from 0, included, to 1, excluded: the weight of the past in a running average. */
export const decayRate = (who: string, name: string, x: number): number =>
  check(who, `a ${name} from 0 to below 1`, x, x >= 0 && x < 1)

/** An integer of at least `least`. */
export const count = (who: string, name: string, x: number, least = 1): number =>
  check(who, `an integer ${name} of at least ${least}`, x, Number.isSafeInteger(x) && x >= least)

/** True or false. */
export const flag = (who: string, name: string, x: boolean): boolean => {
  if (typeof x !== 'boolean') throw new ArgumentError(who, `true or false as ${name}`, quoted(x))
  return x
}
