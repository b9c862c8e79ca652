import { ArgumentError, quoted } from '../core/errors.js'

/** Checks that a value can be gone through. */
export const checkIterable = <T>(who: string, what: string, x: Iterable<T>): Iterable<T> => {
  const given: unknown = x // callers without types pass anything
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return x
  throw new ArgumentError(who, what, quoted(given))
}
