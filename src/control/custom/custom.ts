import type { NdArray } from '../../core/array.js'
import { showAval, type Aval } from '../../core/aval.js'
import { isFloat } from '../../core/dtype.js'
import { ArgumentError, DerivativeError } from '../../core/errors.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import type { Jaxpr } from '../../core/primitive.js'
import { argumentsOf, flatFunction, type FlatFunction, type Fn } from '../../transform/boundary.js'
import type { Empty, Opaque } from '../../tree/types.js'
import type { TreeDef } from '../../tree/treedef.js'

/** A tree of tangents or cotangents that a rule returns: `null` in place of an array, or of a tree, is zero. */
export type OrZero<T> = T | null | (T extends Opaque | Empty ? never : { readonly [K in keyof T]: OrZero<T[K]> })

/** A tuple of arguments with `null` in place of those that are not differentiated. */
export type Differentiated<A extends readonly unknown[], N extends readonly number[]> = {
  readonly [K in keyof A]: K extends `${N[number]}` ? null : A[K]
}

/** Cotangents of the arguments, one entry for each. */
export type ArgumentCotangents<A extends readonly unknown[], N extends readonly number[]> = {
  readonly [K in keyof A]: K extends `${N[number]}` ? null : OrZero<A[K]>
}

/** The arguments that are not differentiated. */
export type Nondiff<A extends readonly unknown[], N extends readonly number[]> = { readonly [K in keyof N]: A[N[K] & number] }

export interface CustomOptions<N extends readonly number[]> {
  /** Positions of arguments that are not differentiated: functions, strings, anything. */
  readonly nondiff?: N
}

/** What both kinds of custom rules know of the function that they belong to. */
export interface CustomParams {
  /** Of the function, for people. */
  readonly name: string
  /** How many of the first operands are values that the function closes over: rules know nothing of their tangents. */
  readonly captured: number
  readonly jaxpr: Jaxpr
}

/** The positions of arguments that a rule does not differentiate. */
export const positionsOf = (who: string, options: CustomOptions<readonly number[]>): ReadonlySet<number> => {
  checkOptions(who, options, ['nondiff'])
  for (const at of options.nondiff ?? []) {
    if (!Number.isInteger(at) || at < 0) throw new ArgumentError(who, 'positions of arguments in nondiff', at)
  }
  return new Set(options.nondiff)
}

/** A call of a function with custom rules. */
export interface CustomCall {
  /** `customJvp(f)`, for messages. */
  readonly who: string
  readonly arrays: readonly NdArray[]
  /** Of the arguments, with `null` where they are not differentiated. */
  readonly treedef: TreeDef
  /** The arguments that are not differentiated. */
  readonly fixed: readonly unknown[]
  /** All arguments: those that are not differentiated in their places. */
  readonly complete: (args: readonly unknown[]) => readonly unknown[]
  /** The function, or one that takes the same arguments, as a function of arrays. */
  readonly flat: (f: Fn) => FlatFunction
}

export const customCall = (who: string, args: readonly unknown[], nondiff: ReadonlySet<number>): CustomCall => {
  const { arrays, treedef } = argumentsOf(who, args.map((x, i) => (nondiff.has(i) ? null : x)))
  const complete = (some: readonly unknown[]): readonly unknown[] => some.map((x, i) => (nondiff.has(i) ? args[i] : x))
  return {
    who,
    arrays,
    treedef,
    fixed: args.filter((_, i) => nondiff.has(i)),
    complete,
    flat: (f) => flatFunction(who, (...some) => f(...(complete(some) as never[])), treedef) // what the caller passed
  }
}

/** The name of a function that has custom rules. Throws ArgumentError for what is no function. */
export const nameOf = (who: string, f: Fn): string => {
  const { name } = checkFunction(who, 'a function', f)
  return name === '' ? 'function' : name
}

/** A rule's result as the pair that it must be. */
export const pairOf = (who: string, expected: string, result: unknown): readonly [unknown, unknown] => {
  if (Array.isArray(result) && result.length === 2) return result as unknown as readonly [unknown, unknown] // just looked
  throw new ArgumentError(who, expected, result)
}

/** Which types have tangents. */
export const floatsAmong = (list: readonly { readonly aval: Aval }[]): readonly boolean[] => list.map(({ aval }) => isFloat(aval.dtype))

/** Which operands a rule differentiates. */
export const ruled = ({ captured, jaxpr }: CustomParams): readonly boolean[] =>
  floatsAmong(jaxpr.inputs).map((flag, i) => flag && i >= captured)

/** Throws DerivativeError if a value varies that the function closes over. */
export const refuseCaptured = (who: string, { captured, jaxpr }: CustomParams, nonzero: readonly boolean[]): void => {
  const varying = jaxpr.inputs.slice(0, captured).filter((_, i) => nonzero[i])
  if (varying.length === 0) return
  const values = varying.map(({ aval }) => showAval(aval)).join(' and ')
  const expected = 'what is differentiated to be an argument (pass it as one, or close over stopGradient of it)'
  throw new DerivativeError(who, expected, `a derivative with respect to ${values} that it closes over`)
}
