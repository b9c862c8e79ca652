import { expect, test } from 'vitest'
import type { CotangentError } from '../../src/index.js'

/** A mistake, and what is to be said of it. */
export type Mistake = readonly [what: string, mistake: () => unknown, kind: new (...args: never[]) => CotangentError, message: string]

/** What a caller without types passes. */
export const foreign = <A>(x: unknown): A => x as A // a mistake on purpose

const thrownBy = (f: () => unknown): unknown => {
  try {
    f()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Every mistake throws an error of its class with exactly its message. */
export const refuses = (mistakes: readonly Mistake[]): void => {
  test.each(mistakes)('refuses %s', (_, mistake, kind, message) => {
    const error = thrownBy(mistake)
    expect(error).toBeInstanceOf(kind)
    expect((error as CotangentError).message).toBe(message) // of that class
  })
}
