import { ArgumentError } from './errors.js'

/** Throws ArgumentError if an options object has a field that nobody reads, naming it and those that exist. */
export const checkOptions = (who: string, options: object | undefined, known: readonly string[]): void => {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(who, `an object of options (${known.join(', ')})`, options)
  }
  for (const name in options) {
    if (known.includes(name)) continue
    throw new ArgumentError(who, `options among ${known.join(', ')}`, `the unknown option ${JSON.stringify(name)}`)
  }
}
