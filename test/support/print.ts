const identifier = /^[A-Za-z_$][\w$]*$/

const isPlain = (x: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === null || prototype === Object.prototype
}

const nested = (x: unknown): string => typeof x === 'string' ? `'${x}'` : print(x)

/**
 * A value as examples show it: what prints itself by its text, lists and typed arrays as `[a, b]`, plain objects as
 * `{ k: v }`, strings bare at the root and quoted within.
 */
export const print = (x: unknown): string => {
  if (typeof x === 'number') return Object.is(x, -0) ? '-0' : String(x)
  if (typeof x === 'bigint') return `${String(x)}n`
  if (typeof x === 'function') return x.name === '' ? '[Function]' : `[Function: ${x.name}]`
  if (typeof x !== 'object' || x === null) return String(x)
  if (Array.isArray(x)) return `[${x.map(nested).join(', ')}]`
  if (ArrayBuffer.isView(x)) return `[${(x as Float64Array).join(', ')}]` // every view of numbers joins alike
  if (x instanceof Map) return `Map { ${[...x].map(([k, v]) => `${nested(k)} => ${nested(v)}`).join(', ')} }`
  if (x instanceof Set) return `Set { ${[...x].map(nested).join(', ')} }`
  if (!isPlain(x)) return (x as { toString: () => string }).toString() // a class prints itself
  const fields = Object.entries(x).map(([key, value]) => `${identifier.test(key) ? key : `'${key}'`}: ${nested(value)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** Text without the whitespace that only lays it out. */
const squeeze = (text: string): string => text.trim().replace(/\s+/g, ' ').replace(/ ?([[\]{}(),:;]) ?/g, '$1')

const decimal = /-?\d+\.\d+(?:e[+-]?\d+)?/g

/** A printed number with as many decimals as a shown one, which may leave out all but the first three. */
const shorten = (printed: string, shown: string): string => {
  const decimals = /\.(\d{3,})$/.exec(shown)?.[1].length
  if (decimals === undefined || printed.includes('e') || printed.length <= shown.length) return printed
  return Number(printed).toFixed(decimals)
}

/** Whether a comment shows a printed value: the same text but for layout, or with decimals rounded to three or more. */
export const shows = (comment: string, printed: string): boolean => {
  const want = squeeze(comment)
  const got = squeeze(printed)
  if (want === got) return true
  const numbers = want.match(decimal) ?? []
  let index = 0
  return want === got.replace(decimal, (number) => shorten(number, numbers[index++] ?? ''))
}
