import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, TreeError } from '../core/errors.js'
import { freeze } from '../tree/freeze.js'

/**
 * A transformation that learns from data. `fit` looks at the training examples and gives the state, a pytree, which is all
 * that there is to know, to save and to restore; `apply` transforms any examples by it. Fit on the training part alone:
 * what is fitted to validation examples has seen them.
 */
export interface Preprocessor<S, X = ArrayLike, Y = NdArray> {
  readonly fit: (x: X) => S
  readonly apply: (state: S) => (x: X) => Y
}

/** A preprocessor with the way back: `invert(state)` undoes `apply(state)`, as far as that kept what it got. */
export interface Invertible<S, X = ArrayLike, Y = NdArray, B = NdArray> extends Preprocessor<S, X, Y> {
  readonly invert: (state: S) => (y: Y) => B
}

/** A preprocessor of any types. */
export interface AnyPreprocessor {
  readonly fit: (x: never) => unknown
  readonly apply: (state: never) => (x: never) => unknown
}

/** An invertible preprocessor of any types. */
export interface AnyInvertible extends AnyPreprocessor {
  readonly invert: (state: never) => (y: never) => unknown
}

/** The type of a preprocessor's state: `data.Fitted<typeof scale>`. */
export type Fitted<P> = P extends { readonly fit: (x: never) => infer S } ? S : never

type Input<P> = P extends { readonly fit: (x: infer X) => unknown } ? X : never
type Output<P> = P extends { readonly apply: (state: never) => (x: never) => infer Y } ? Y : never
type Restored<P> = P extends { readonly invert: (state: never) => (y: never) => infer B } ? B : never

type Last<L extends readonly unknown[]> = L extends readonly [...unknown[], infer P] ? P : never

/** What `chain` makes of preprocessors; invertible if they all are. */
export type Chained<L extends readonly AnyPreprocessor[]> = L extends readonly AnyInvertible[]
  ? Invertible<{ readonly [K in keyof L]: Fitted<L[K]> }, Input<L[0]>, Output<Last<L>>, Restored<L[0]>>
  : Preprocessor<{ readonly [K in keyof L]: Fitted<L[K]> }, Input<L[0]>, Output<Last<L>>>

type Fields = Readonly<Record<string, AnyPreprocessor>>
type Inputs<F> = { readonly [K in keyof F]: Input<F[K]> }
type Outputs<F> = { readonly [K in keyof F]: Output<F[K]> }

/** What `struct` makes of preprocessors; invertible if they all are. */
export type Combined<F extends Fields> = F extends Readonly<Record<string, AnyInvertible>>
  ? Invertible<{ readonly [K in keyof F]: Fitted<F[K]> }, Inputs<F>, Outputs<F>, { readonly [K in keyof F]: Restored<F[K]> }>
  : Preprocessor<{ readonly [K in keyof F]: Fitted<F[K]> }, Inputs<F>, Outputs<F>>

type Loose = Invertible<unknown, unknown, unknown, unknown>

/** Preprocessors as they are used once their types are checked outside. Throws ArgumentError for what is none. */
const loose = (who: string, part: unknown, step: string | number): Loose => {
  const { fit, apply } = (part ?? {}) as Partial<AnyPreprocessor> // callers without types pass anything
  if (typeof fit === 'function' && typeof apply === 'function') return part as Loose // `invert` is used where `invertible` says so
  throw new ArgumentError(who, 'preprocessors { fit, apply }', part, [step])
}

const invertible = (parts: readonly Loose[]): boolean =>
  parts.every((part: AnyPreprocessor & Partial<AnyInvertible>) => typeof part.invert === 'function')

/**
 * Preprocessors one after the other, each fitted to what those before it make of the data. The state is a tuple. Throws
 * ArgumentError for what is no preprocessor, TreeError for a state of another chain.
 *
 * @example
 * const both = data.chain(data.centre(), data.minMax({ range: [-1, 1] }))
 * const state = both.fit([[1], [3], [5]]) // [{ mean: [3] }, { min: [-2], max: [2] }]
 * both.apply(state)([[1], [4]]) // [[-1], [0.5]]
 * both.invert(state)(np.array([[0.5]])) // [[4]]
 */
export const chain = <const L extends readonly [AnyPreprocessor, ...AnyPreprocessor[]]>(...parts: L): Chained<L> => {
  if (parts.length === 0) throw new ArgumentError('chain', 'at least one preprocessor', 'none')
  const steps = parts.map((part, i) => loose('chain', part, i))
  const stateOf = (states: readonly unknown[]): readonly unknown[] => {
    if (Array.isArray(states) && states.length === steps.length) return states
    throw new TreeError('chain', `a tuple of the states of ${steps.length} preprocessors`, states)
  }
  const made: Preprocessor<readonly unknown[], unknown, unknown> = {
    fit: (first) => {
      let x = first
      return freeze(steps.map((part, i) => {
        const state = part.fit(x)
        if (i + 1 < steps.length) x = part.apply(state)(x)
        return state
      }))
    },
    apply: (states) => {
      const functions = stateOf(states).map((state, i) => steps[i].apply(state))
      return (x) => functions.reduce((y, f) => f(y), x)
    }
  }
  const invert = (states: readonly unknown[]) => {
    const functions = stateOf(states).map((state, i) => steps[i].invert(state))
    return (y: unknown): unknown => functions.reduceRight((x, f) => f(x), y)
  }
  return (invertible(steps) ? { ...made, invert } : made) as unknown as Chained<L> // the types of its parts, in their order
}

/**
 * A preprocessor for each field of an object: of a data set's inputs and labels, of the columns of a table. Throws
 * ArgumentError for what is no preprocessor, TreeError where data or state have other fields.
 *
 * @example
 * const prepare = data.struct({ x: data.standardise(), y: data.oneHot() })
 * const train = { x: [[1], [3], [5]], y: [7, 9, 7] }
 * prepare.apply(prepare.fit(train))(train).y // [[1, 0], [0, 1], [1, 0]]
 */
export const struct = <const F extends Fields>(fields: F): Combined<F> => {
  if (typeof fields !== 'object' || fields === null || Symbol.iterator in fields) {
    throw new ArgumentError('struct', 'an object of preprocessors', fields)
  }
  const parts = Object.entries(fields).map(([name, part]) => [name, loose('struct', part, name)] as const)
  const names = parts.map(([name]) => name)
  const each = (what: string, x: unknown, f: (part: Loose, child: unknown, name: string) => unknown): unknown => {
    const given = typeof x === 'object' && x !== null && !(Symbol.iterator in x) ? x as Readonly<Record<string, unknown>> : undefined
    if (given === undefined || names.length !== Object.keys(given).length || names.some((name) => !Object.hasOwn(given, name))) {
      throw new TreeError('struct', `${what} with the fields ${names.join(', ')}`, x)
    }
    return freeze(Object.fromEntries(parts.map(([name, part]) => [name, f(part, given[name], name)])))
  }
  const along = (states: unknown, what: string, f: (part: Loose, state: unknown) => (x: unknown) => unknown) => {
    const functions = each('a state', states, f) as Readonly<Record<string, (x: unknown) => unknown>> // what f gives
    return (x: unknown): unknown => each(what, x, (_, child, name) => functions[name](child))
  }
  const made: Preprocessor<unknown, unknown, unknown> = {
    fit: (x) => each('data', x, (part, child) => part.fit(child)),
    apply: (states) => along(states, 'data', (part, state) => part.apply(state))
  }
  const invert = (states: unknown) => along(states, 'data', (part, state) => part.invert(state))
  return (invertible(parts.map(([, part]) => part)) ? { ...made, invert } : made) as unknown as Combined<F> // field by field
}
