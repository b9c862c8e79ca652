import { checkFunction } from './options.js'

/** Takes what the library warns of. */
export type WarningSink = (message: string) => void

let take: WarningSink = (message) => {
  globalThis.console.warn(message)
}

/** Tells of something that works, but hardly as it was meant. */
export const warn = (message: string): void => take(message)

/**
 * Makes warnings go to something else than the console. Returns what took them before.
 *
 * @example
 * const found: string[] = []
 * const before = warnings((message) => found.push(message))
 * for (let power = 0; power < 10; power++) jit.with({ static: [1] })((x: NdArray, n: number) => np.power(x, n))(np.array(2), power)
 * warnings(before)
 * found.length // 1
 */
export const warnings = (next: (message: string) => unknown): WarningSink => {
  const before = take
  take = checkFunction('debug.warnings', 'a function of a message', next)
  return before
}
