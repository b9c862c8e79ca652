const identities = new WeakMap<WeakKey, number>()
let next = 0

/** A number for an object that it keeps for life. */
export const identity = (x: WeakKey): number => {
  const known = identities.get(x)
  if (known !== undefined) return known
  identities.set(x, next)
  return next++
}

/** Equal for equal params: by structure for plain data, by identity for jaxprs, functions and other objects. */
export const paramKey = (x: unknown): string => {
  if (typeof x === 'string') return JSON.stringify(x)
  if (typeof x === 'function') return `#${identity(x)}`
  if (typeof x !== 'object' || x === null) return Object.is(x, -0) ? '-0' : String(x)
  if (Array.isArray(x)) {
    let text = '['
    for (const item of x) text += `${paramKey(item)},`
    return `${text}]`
  }
  if (Object.getPrototypeOf(x) !== Object.prototype || 'eqns' in x) return `#${identity(x)}`
  let text = '{'
  for (const [name, value] of Object.entries(x)) if (value !== undefined) text += `${name}:${paramKey(value)},`
  return `${text}}`
}
