/** A cache on the identity of an object and a key; entries go when the object does. */
export const memo = <K extends object, A extends readonly unknown[], V>(
  key: (...rest: A) => string,
  compute: (object: K, ...rest: A) => V
): ((object: K, ...rest: A) => V) => {
  const cache = new WeakMap<K, Map<string, V>>()
  return (object, ...rest) => {
    const entries = cache.get(object) ?? new Map<string, V>()
    if (entries.size === 0) cache.set(object, entries)
    const text = key(...rest)
    const known = entries.get(text)
    if (known !== undefined) return known
    const value = compute(object, ...rest)
    entries.set(text, value)
    return value
  }
}

/** A list of flags as text: `1` for true. */
export const maskKey = (mask: readonly boolean[]): string => {
  let text = ''
  for (const flag of mask) text += flag ? '1' : '0'
  return text
}
