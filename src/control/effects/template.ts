import { ArgumentError } from '../../core/errors.js'
import { isArray } from '../../array/ndarray.js'

const placeholder = /\{\{|\}\}|\{(\w*)\}/g

const isNamed = (name: string): boolean => name !== '' && !/^\d+$/.test(name)

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && !isArray(x)

/** What a template's placeholders stand for, in their order. Throws ArgumentError where one has no value, and for values left over. */
const resolve = (who: string, template: string, values: readonly unknown[]): readonly unknown[] => {
  const names = [...template.matchAll(placeholder)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  const last = values.at(-1)
  const named = names.some(isNamed) ? last : undefined
  const positional = named === undefined ? values : values.slice(0, -1)
  const used = new Set<number>()
  let next = 0
  const found = names.map((name) => {
    if (isNamed(name)) {
      if (isRecord(named) && Object.hasOwn(named, name)) return named[name]
      throw new ArgumentError(who, `a last value with the field ${name} for "${template}"`, last)
    }
    const at = name === '' ? next++ : Number(name)
    used.add(at)
    if (at < positional.length) return positional[at]
    throw new ArgumentError(who, `a value for each placeholder of "${template}"`, `${positional.length} values`)
  })
  if (used.size < positional.length) {
    throw new ArgumentError(who, `a placeholder {} in "${template}" for each value`, `${positional.length} values`)
  }
  return found
}

/** Checks that a template has a value for each placeholder, and a placeholder for each value. */
export const checkTemplate = (who: string, template: string, values: readonly unknown[]): void => {
  if (typeof template !== 'string') throw new ArgumentError(who, 'a text', template)
  resolve(who, template, values)
}

/** A tree as one would write it, its arrays as they print. */
const showTree = (x: unknown): string => {
  if (Array.isArray(x)) return `[${x.map(showTree).join(', ')}]`
  if (!isRecord(x) || Object.getPrototypeOf(x) !== Object.prototype) return String(x)
  return `{ ${Object.entries(x).map(([name, value]) => `${name}: ${showTree(value)}`).join(', ')} }`
}

/**
 * The text with values in the places of `{}` (the next one), `{0}` (by position) and `{name}` (a field of the last value);
 * `{{` and `}}` are braces.
 */
export const fill = (template: string, values: readonly unknown[]): string => {
  const texts = resolve('format', template, values).map(showTree)
  let next = 0
  return template.replace(placeholder, (match: string, name: string | undefined) => (name === undefined ? match[0] : texts[next++]))
}
