import type { Either } from 'fp-ts/lib/Either.js'
import { dataOf, isConcrete } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { TracerError } from '../../core/errors.js'
import { checkList, checkOptions } from '../../core/options.js'
import { range } from '../../core/shape.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { recordingSources } from '../../ir/source.js'
import { stage } from '../../ir/stage.js'
import { argumentsOf, flatFunction, named } from '../../transform/boundary.js'
import { flatten } from '../../tree/pytree.js'
import { checkError, messageOf, unravel, whereabouts, type CheckError } from '../effects/check.js'
import type { CheckKind, Report, Wanted } from './automatic.js'
import { reporting } from './functional.js'

/** What became of a check: a tree of arrays. The texts belong to its structure. */
export interface Checked {
  readonly kind: CheckKind
  /** A template for the values. */
  readonly message: string
  /** The line of code of the check, or of the operation that was checked; empty if it is not known. */
  readonly source: string
  /** Whether it failed: a boolean, for each example of a batch. */
  readonly failed: NdArray
  /** The loops that it is in, and the step of each in which it failed first. */
  readonly loops: readonly string[]
  readonly steps: readonly NdArray[]
  /** The values of the template, those of the first failure. */
  readonly values: readonly unknown[]
}

/** What became of all the checks of a function, in the order of the program. */
export type CheckErrors = readonly Checked[]

/** A failure, in words. */
export interface CheckFailure {
  readonly kind: CheckKind
  /** The message of the check, its values filled in. */
  readonly message: string
  readonly source: string
  /** Which example of a batch failed; empty if there is no batch. */
  readonly example: readonly number[]
  /** The steps of the loops around the check. */
  readonly steps: readonly number[]
}

export interface CheckifyOptions {
  /** What `check` asserts; by default true. */
  readonly user?: boolean
  /** That nothing computed is NaN. */
  readonly nan?: boolean
  /** That nothing is divided by zero, integers neither. */
  readonly division?: boolean
  /** That indices are within their arrays, whatever becomes of those that are not. */
  readonly index?: boolean
}

const checked = ({ site: { kind, message, source, loops, values }, arrays: [failed, ...rest] }: Report): Checked => ({
  kind, message, source, failed, loops,
  steps: rest.slice(0, loops.length),
  values: values.unflatten(rest.slice(loops.length)) as readonly unknown[] // the values of a check are a list
})

type AnyFunction<A extends readonly unknown[], R> = (...args: A) => R

const transformed = <A extends readonly unknown[], R>(
  f: AnyFunction<A, R>,
  options: CheckifyOptions
): AnyFunction<A, readonly [errors: CheckErrors, out: R]> => {
  checkOptions('checkify', options, ['user', 'nan', 'division', 'index'])
  const { user = true, nan = false, division = false, index = false } = options
  const wanted: Wanted = { user, nan, division, index }
  return named('checkify', f, (...args: A): readonly [CheckErrors, R] => {
    const { arrays, treedef } = argumentsOf('checkify', args)
    const { run, result } = flatFunction('checkify', f, treedef)
    const trace = (): ReturnType<typeof stage> => stage(run, avalsOf(arrays), { who: 'checkify' })
    const { jaxpr, captured } = nan || division || index ? recordingSources(trace) : trace()
    const { outs, reports } = reporting(jaxpr, [...captured, ...arrays], wanted)
    return [reports.map(checked), result().unflatten(outs) as R] // f returned an R of this structure
  })
}

/** A failure of a check in one example. */
interface Found {
  readonly check: Checked
  readonly example: readonly number[]
  readonly position: number
  readonly steps: readonly number[]
}

/** Whether a failure came before one that is earlier in the program: in an earlier step of a loop that they share. */
const precedes = (later: Found, earlier: Found): boolean => {
  for (let i = 0; i < later.steps.length && later.check.loops[i] === earlier.check.loops[i]; i++) {
    if (later.steps[i] !== earlier.steps[i]) return later.steps[i] < earlier.steps[i]
  }
  return false
}

/** By the example, in row-major order. */
const byExample = (a: Found, b: Found): number => {
  const at = a.example.findIndex((index, i) => index !== b.example[i])
  return at < 0 ? a.example.length - b.example.length : a.example[at] - b.example[at]
}

/** The elements of what a check reports. */
const elementsOf = (x: NdArray): ArrayLike<number> => {
  if (isConcrete(x)) return dataOf(x)
  throw new TracerError('checkify.result', 'errors with elements: look at them outside of jit and vmap', x)
}

/** All failures of a check, one for each example that has one. */
const foundIn = (check: Checked): readonly Found[] => {
  const flags = elementsOf(check.failed)
  const steps = check.steps.map(elementsOf)
  return range(flags.length)
    .filter((position) => flags[position] !== 0)
    .map((position) => ({ check, position, example: unravel(position, check.failed.shape), steps: steps.map((each) => each[position]) }))
}

const worded = ({ check: { kind, message, source, failed: { shape }, values }, position, example, steps }: Found): CheckFailure => {
  const [leaves, treedef] = flatten<unknown>(values)
  const text = messageOf(message, treedef, leaves as readonly NdArray[], shape, position) // the values of a check are arrays
  return { kind, message: text, source, example, steps }
}

/** The first failure of each example that has one; one of a batch as a whole only if it is the first of all. */
const failuresOf = (errors: CheckErrors): readonly CheckFailure[] => {
  const first = new Map<string, Found>()
  let start: Found | undefined
  for (const found of checkList('checkify.result', 'the errors that a checkified function returned', errors).flatMap(foundIn)) {
    const key = found.example.join()
    const before = first.get(key)
    if (before === undefined || precedes(found, before)) first.set(key, found)
    if (start === undefined || precedes(found, start)) start = found
  }
  return [...first.values()].filter((found) => found.example.length > 0 || found === start).sort(byExample).map(worded)
}

/**
 * What a checkified function returned as an Either: the failures, or the result. Of a batch, the first failure of
 * each example that has one; otherwise there is one failure, the first. Throws TracerError under jit or vmap.
 *
 * @example
 * const inverse = (x: NdArray) => np.divide(1, x)
 * const safe = checkify(inverse, { division: true })
 * result(...safe(np.array(4))) // { _tag: 'Right', right: 0.25 }
 * const [errors, out] = vmap(safe)(np.array([1, 0]))
 * E.isLeft(result(errors, out)) // true
 */
export const result = <R>(errors: CheckErrors, out: R): Either<readonly CheckFailure[], R> => {
  const failures = failuresOf(errors)
  return failures.length === 0 ? { _tag: 'Right', right: out } : { _tag: 'Left', left: failures }
}

/** The error that lists failures. */
const listed = (failures: readonly CheckFailure[]): CheckError =>
  checkError('checkify', failures.map(({ message, example, steps, source }) => message + whereabouts(example, steps, source)).join('; '))

/**
 * The result of a checkified function. Throws CheckError, with the message of every failure, if checks failed.
 *
 * @example
 * const safe = checkify((x: NdArray) => np.divide(1, x), { division: true })
 * unwrap(...safe(np.array(4))) // 0.25
 * unwrap(...safe(np.array(0))) // throws CheckError
 */
export const unwrap = <R>(errors: CheckErrors, out: R): R => {
  const failures = failuresOf(errors)
  if (failures.length > 0) throw listed(failures)
  return out
}

/** `checkify(f)`, `checkify.with({ nan: true })(f)`. */
export interface Checkify {
  <A extends readonly unknown[], R>(f: (...args: A) => R, options?: CheckifyOptions): (...args: A) => readonly [errors: CheckErrors, out: R]
  with(
    options: CheckifyOptions
  ): <A extends readonly unknown[], R>(f: (...args: A) => R) => (...args: A) => readonly [errors: CheckErrors, out: R]
  readonly result: typeof result
  readonly unwrap: typeof unwrap
}

/**
 * A function that asserts becomes one that returns what became of its assertions: `[errors, out]`. `errors` is a tree of arrays, so
 * it composes with every transform: under vmap there are errors for each example, under jit and grad they are outputs.
 * Beside the `check`s of the function it can watch for NaN, divisions by zero and indices out of bounds. A check in a loop reports
 * its first failure, and the step. Outside, `checkify.result(errors, out)` is an Either, and `checkify.unwrap(errors, out)` throws.
 * JAX's `checkify`.
 *
 * @example
 * const root = (x: NdArray) => {
 *   check(np.greaterEqual(x, 0), 'x must not be negative: {}', x)
 *   return np.sqrt(x)
 * }
 * const [errors, out] = jit(vmap(checkify(root)))(np.array([4, -1]))
 * out // [2, nan]
 * pipe(checkify.result(errors, out), E.mapLeft(([failure]) => failure.message)) // { _tag: 'Left', left: 'x must not be negative: -1' }
 */
export const checkify: Checkify = Object.assign(
  <A extends readonly unknown[], R>(f: (...args: A) => R, options: CheckifyOptions = {}) => transformed(f, options),
  {
    with: (options: CheckifyOptions) => <A extends readonly unknown[], R>(f: (...args: A) => R) => transformed(f, options),
    result,
    unwrap
  }
)
