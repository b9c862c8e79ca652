import { ArgumentError, quoted } from '../core/errors.js'

/** Checks that a value is one of the words that an option takes. */
export const checkWord = <const W extends string>(who: string, name: string, words: readonly W[], value: W): W => {
  if (!words.includes(value)) throw new ArgumentError(who, `${name} among ${words.join(', ')}`, value)
  return value
}

/** Checks that a value is an integer, of at least `least`. */
export const checkInteger = (who: string, name: string, value: number, least = -Infinity): number => {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError(who, least === -Infinity ? `an integer ${name}` : `an integer ${name} of at least ${least}`, quoted(value))
  }
  return value
}
