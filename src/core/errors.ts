/** Where in a pytree something is: the keys and indices from its root. */
export type Path = readonly (string | number)[]

const identifier = /^[A-Za-z_$][\w$]*$/

/**
 * A path as one would write it in TypeScript.
 *
 * @example
 * showPath(['params', 2, 'odd key']) // params[2]["odd key"]
 */
export const showPath = (path: Path, root = ''): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (identifier.test(step)) return text === '' ? step : `${text}.${step}`
    return `${text}[${JSON.stringify(step)}]`
  }, root)

/** Anything that errors can describe by its dtype and shape. */
interface Described {
  readonly dtype: string
  readonly shape: readonly number[]
}

const isDescribed = (x: unknown): x is Described =>
  typeof x === 'object' && x !== null && 'dtype' in x && 'shape' in x && Array.isArray(x.shape)

/** What a caller has passed for an error's `got`: text in quotes, so that it is not taken for a number or for words of ours. */
export const quoted = (x: unknown): unknown => (typeof x === 'string' ? JSON.stringify(x) : x)

/** A value as error messages show it: arrays by dtype and shape, lists joined by "and", the rest by its text. */
export const describe = (x: unknown): string => {
  if (typeof x === 'string') return x
  if (isDescribed(x)) return `${x.dtype}[${x.shape.join(',')}]`
  if (Array.isArray(x)) {
    if (x.length > 0 && x.every((item) => isDescribed(item) || Array.isArray(item))) return x.map(describe).join(' and ')
    return `[${x.map(describe).join(', ')}]`
  }
  if (typeof x === 'bigint') return `${x}n`
  if (typeof x === 'function') return x.name === '' ? 'a function' : `function ${x.name}`
  if (typeof x === 'object' && x !== null) {
    const name = (Object.getPrototypeOf(x) as { constructor?: { name?: string } } | null)?.constructor?.name
    if (name === '') return `an object of type ${Object.prototype.toString.call(x).slice(8, -1)}`
    if (name !== undefined && name !== 'Object') return `an instance of ${name}`
    const keys = Object.keys(x)
    return keys.length === 0 ? '{}' : `{ ${keys.join(', ')} }`
  }
  return String(x)
}

/**
 * The caller's mistake: who noticed it, what was expected, what arrived, and where in the pytree.
 * Its message reads `who: expected X, got Y at path`.
 */
export class CotangentError extends Error {
  readonly who: string
  readonly expected: string
  readonly got: string
  readonly path: string | undefined

  constructor(who: string, expected: string, got: unknown, path?: Path | string) {
    const where = path === undefined ? undefined : typeof path === 'string' ? path : showPath(path)
    const text = describe(got)
    super(`${who}: expected ${expected}, got ${text}${where === undefined || where === '' ? '' : ` at ${where}`}`)
    this.who = who
    this.expected = expected
    this.got = text
    this.path = where
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** Shapes, axes or sizes that do not fit together. */
export class ShapeError extends CotangentError {}

/** A dtype that the operation does not take. */
export class DTypeError extends CotangentError {}

/** An argument of the wrong kind: an unknown option, a value outside its range, something that is no array. */
export class ArgumentError extends CotangentError {}

/** A traced value used outside of its trace, or where a number is needed. */
export class TracerError extends CotangentError {}

/** An array used after it was donated. */
export class DonatedError extends CotangentError {}

/** Pytrees whose structures do not fit. */
export class TreeError extends CotangentError {}

/** A jaxpr that does not typecheck. */
export class JaxprError extends CotangentError {}

/** More memory than the engine grants. */
export class MemoryError extends CotangentError {}

/** A derivative that does not exist, or was asked of the wrong thing. */
export class DerivativeError extends CotangentError {}
