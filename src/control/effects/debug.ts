import { withName } from '../../core/name.js'
import { checkFunction } from '../../core/options.js'
import { callback } from './callback.js'
import { checkTemplate, fill } from './template.js'

/*
 * What shows a program at work: the namespace `debug`.
 */

export { warnings, type WarningSink } from '../../core/warn.js'
export { callback, type Callback } from './callback.js'
export { nans, NonFiniteError, type Nans, type NansOptions } from './nans.js'

/** Takes the lines that `debug.print` writes. */
export type Sink = (line: string) => void

let write: Sink = (line) => {
  globalThis.console.log(line)
}

/**
 * Makes `debug.print` write its lines to something else than the console. Returns what took them before.
 *
 * @example
 * const lines: string[] = []
 * const before = sink((line) => lines.push(line))
 * print('{} and {}', 1, np.array([2, 3]))
 * sink(before)
 * lines // ['1 and [2, 3]']
 */
export const sink = (next: (line: string) => unknown): Sink => {
  const before = write
  write = checkFunction('debug.sink', 'a function of a line', next)
  return before
}

/**
 * Prints values, trees of arrays, when the program runs: `{}` is the next value, `{0}` one by its position, `{name}` a field
 * of the last; `{{` and `}}` are braces. It composes as `debug.callback` does: each run, step and example prints, in order.
 * JAX's `debug.print`. Throws ArgumentError unless values and placeholders match.
 *
 * @example
 * const lines: string[] = []
 * const before = sink((line) => lines.push(line))
 * jit(vmap((x: NdArray) => { print('x = {x}', { x }); return x }))(np.array([1, 2]))
 * sink(before)
 * lines // ['x = 1', 'x = 2']
 */
export const print = (format: string, ...values: readonly unknown[]): void => {
  checkTemplate('debug.print', format, values)
  const line = withName('print', (...arrays: readonly unknown[]) => {
    write(fill(format, arrays))
  })
  callback(line, ...values)
}
