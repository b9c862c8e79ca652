import type { ModuleBuilder } from './module.js'

const made = new WeakMap<ModuleBuilder, Map<string, unknown>>()

/** What a module has one of for each key, whose start says what it is: made when it is first asked for. */
export const once = <T>(module: ModuleBuilder, what: string, key: readonly unknown[], make: () => T): T => {
  const known = made.get(module) ?? new Map<string, unknown>()
  made.set(module, known)
  const name = `${what} ${JSON.stringify(key)}`
  if (!known.has(name)) known.set(name, make())
  return known.get(name) as T // what `make` has given for the key
}
