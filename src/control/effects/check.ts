import { dataOf, fromScalar, isArray, share } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { ArgumentError, CotangentError, DTypeError, ShapeError } from '../../core/errors.js'
import type { Eqn, Jaxpr, Primitive } from '../../core/primitive.js'
import { sizeOf, type Shape } from '../../core/shape.js'
import { bind, userLine } from '../../core/trace.js'
import { hasEffects, subjaxprs } from '../../ir/jaxpr.js'
import { placeOf } from '../../ir/source.js'
import { broadcastLeading } from '../../lax/broadcast.js'
import { argumentsOf } from '../../transform/boundary.js'
import type { TreeDef } from '../../tree/treedef.js'
import { checkTemplate, fill } from './template.js'

/** An assertion that does not hold. */
export class CheckError extends CotangentError {}

/** A call of `check`: what is known of it before it runs. */
export class Assertion {
  readonly message: string
  readonly values: TreeDef
  /** The line of the user's code that called. */
  readonly source: string

  constructor(message: string, values: TreeDef, source: string) {
    this.message = message
    this.values = values
    this.source = source
  }
  toString(): string {
    return JSON.stringify(this.message)
  }
}

export interface CheckParams {
  readonly assertion: Assertion
  /** The axes that vmap has put in front of the predicate and of each value. */
  readonly rank: number
}

/** The message of an assertion that failed, for one example: its values are slices of the arrays. */
export const messageOf = (template: string, values: TreeDef, arrays: readonly NdArray[], batch: Shape, example: number): string => {
  const rank = batch.length
  const slices = arrays.map((x) => {
    const shape = x.shape.slice(rank)
    const size = sizeOf(shape)
    return share({ shape, dtype: x.dtype, weak: x.weak }, x, example * size, size)
  })
  return fill(template, values.unflatten(slices) as readonly unknown[]) // the values of a check are a list
}

/** A position in row-major order as indices. */
export const unravel = (position: number, shape: Shape): readonly number[] => {
  let rest = position
  return shape
    .toReversed()
    .map((size) => {
      const index = rest % size
      rest = (rest - index) / size
      return index
    })
    .toReversed()
}

/** The place of a failure, for messages: ` (example [2], step 3) in file:line`. */
export const whereabouts = (example: readonly number[], steps: readonly number[], source: string): string => {
  const list = [
    ...(example.length === 0 ? [] : [`example ${example.join(', ')}`]),
    ...(steps.length === 0 ? [] : [`step ${steps.join(', ')}`])
  ]
  return `${list.length === 0 ? '' : ` (${list.join('; ')})`}${source === '' ? '' : ` in ${source}`}`
}

/** The error that tells of a failure. */
export const checkError = (who: string, text: string): CheckError => new CheckError(who, 'its assertions to hold', `"${text}"`)

/** A predicate that must hold, with values to tell if it does not. `checkify` makes data of it; evaluated, it throws. */
export const checkP: Primitive<'check', CheckParams> = {
  name: 'check',
  effectful: true,
  abstract([predicate], { rank }) {
    if (predicate.dtype !== 'bool') throw new DTypeError('check', 'a boolean scalar as predicate', predicate)
    if (predicate.shape.length !== rank) throw new ShapeError('check', 'a boolean scalar as predicate (np.all makes one)', predicate)
    return []
  },
  impl([predicate, ...values], { assertion: { message, values: treedef, source } }) {
    const at = dataOf(predicate).indexOf(0)
    if (at < 0) return []
    const { shape } = predicate
    throw checkError('check', messageOf(message, treedef, values, shape, at) + whereabouts(unravel(at, shape), [], source))
  },
  batch(size, operands, batched, { assertion, rank }) {
    bind(checkP, operands.map((x, i) => (batched[i] ? x : broadcastLeading(size, x))), { assertion, rank: rank + 1 } satisfies CheckParams)
    return [[], []]
  }
}

/**
 * Asserts something of values that are only known when the program runs. The message is a template for the values after it, as in
 * `debug.print`. `checkify` turns all the checks of a function into data that it returns, which works under every transform. Without
 * it a failing check throws CheckError when it is evaluated, and jit refuses to compile. JAX's `checkify.check`.
 * Throws DTypeError or ShapeError unless the predicate is a boolean scalar.
 *
 * @example
 * const root = (x: NdArray) => {
 *   check(np.greaterEqual(x, 0), 'x must not be negative: {}', x)
 *   return np.sqrt(x)
 * }
 * root(np.array(4)) // 2
 * root(np.array(-4)) // throws CheckError
 */
export const check = (predicate: NdArray | boolean, message: string, ...values: readonly unknown[]): void => {
  const flag = typeof predicate === 'boolean' ? fromScalar(predicate) : predicate
  if (!isArray(flag)) throw new ArgumentError('check', 'a boolean scalar as predicate', flag)
  checkTemplate('check', message, values)
  const { arrays, treedef } = argumentsOf('check', values)
  const assertion = new Assertion(message, treedef, placeOf(userLine()))
  bind(checkP, [flag, ...arrays], { assertion, rank: 0 } satisfies CheckParams)
}

const isCheck = (eqn: Eqn): eqn is Eqn & { readonly params: CheckParams } => eqn.primitive === checkP

/** The first assertion of a jaxpr, at any depth. */
export const firstCheck = (jaxpr: Jaxpr): Assertion | undefined => {
  if (!hasEffects(jaxpr)) return undefined
  for (const eqn of jaxpr.eqns) {
    if (isCheck(eqn)) return eqn.params.assertion
    for (const inner of subjaxprs(eqn)) {
      const found = firstCheck(inner)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Throws ArgumentError for a program with checks in it: compiled code cannot throw. */
export const refuseChecks = (who: string, jaxpr: Jaxpr): Jaxpr => {
  const found = firstCheck(jaxpr)
  if (found === undefined) return jaxpr
  const got = `check(…, ${found.toString()})${whereabouts([], [], found.source)}`
  throw new ArgumentError(who, 'a program without checks: make data of them first, as in jit(checkify(f))', got)
}
