import { ArgumentError, quoted } from './errors.js'

/** Whether options were written as `{ … }`, in whatever realm. */
const isPlain = (x: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Throws ArgumentError for what is no object of options, and for a field that nobody reads, naming it and those that exist. */
export const checkOptions = (who: string, options: object | undefined, known: readonly string[], required = false): void => {
  if (options === undefined && !required) return
  if (typeof options !== 'object' || options === null || !isPlain(options)) {
    throw new ArgumentError(who, `an object of options (${known.join(', ')})`, quoted(options))
  }
  for (const name in options) {
    if (known.includes(name)) continue
    throw new ArgumentError(who, `options among ${known.join(', ')}`, `the unknown option ${JSON.stringify(name)}`)
  }
}

/** Checks that a value is a function. */
export const checkFunction = <F>(who: string, what: string, f: F): F => {
  if (typeof f !== 'function') throw new ArgumentError(who, what, quoted(f))
  return f
}

/** Checks that a value is a list. */
export const checkList = <T extends readonly unknown[]>(who: string, what: string, list: T): T => {
  if (!Array.isArray(list)) throw new ArgumentError(who, what, quoted(list))
  return list
}
