import type { NdArray } from './array.js'
import type { Aval } from './aval.js'

/** A variable of a jaxpr, known by its identity; ids are unique in the process and ascend in order of creation. */
export interface Var {
  readonly kind: 'var'
  readonly id: number
  readonly aval: Aval
}

/** A scalar constant; booleans are 0 and 1. Arrays are never literals: they are inputs. */
export interface Literal {
  readonly kind: 'literal'
  readonly aval: Aval
  readonly value: number
}

export type Atom = Var | Literal

/** One application of a primitive. */
export interface Eqn {
  readonly primitive: AnyPrimitive
  readonly inputs: readonly Atom[]
  readonly params: object
  readonly outputs: readonly Var[]
  /** The line of the user's code that it was traced from, if that was asked for. */
  readonly source?: string
}

/** A closed straight-line program in which every variable is assigned once, before it is read. */
export interface Jaxpr {
  readonly inputs: readonly Var[]
  readonly eqns: readonly Eqn[]
  readonly outputs: readonly Atom[]
}

/** A tangent or cotangent; `null` is the symbolic zero. */
export type Tangent = NdArray | null

/** A value that moves along a curve: where it is, then its Taylor coefficients in the curve's parameter, `null` for zero. */
export type Series = readonly [value: NdArray, ...coefficients: Tangent[]]

/** A jaxpr from values, then the coefficients that are not zero, variable by variable, to the same of its outputs. */
export interface JetJaxpr {
  readonly jaxpr: Jaxpr
  /** Which coefficients the outputs have: `order` flags for each. */
  readonly varies: readonly boolean[]
}

/**
 * Taylor mode on a jaxpr. Both masks have `order` flags for each variable; coefficients of outputs that are marked in
 * `forced` are arrays even if they are zero.
 */
export type JetOf = (jaxpr: Jaxpr, order: number, nonzero: readonly boolean[], forced: readonly boolean[]) => JetJaxpr

/** Stands for an operand that a transposed operation is linear in: its value is not known, its type is. */
export class Unknown {
  readonly kind = 'unknown'
  readonly aval: Aval
  constructor(aval: Aval) {
    this.aval = aval
  }
}

/** The linear part of a derivative: tangents of the operands to tangents of the outputs. */
export type Push = (tangents: readonly Tangent[]) => readonly Tangent[]

/** What a batching rule returns: the outputs, and which of them carry the mapped axis (leading). */
export type Batched = readonly [outs: readonly NdArray[], batched: readonly boolean[]]

/**
 * Everything that is known about one operation. The members are methods, so that a primitive with particular
 * params is a primitive.
 */
export interface Primitive<N extends string = string, P extends object = object> {
  readonly name: N

  /** The types of the outputs; checks operands and params, and throws what the caller is to read. */
  abstract(avals: readonly Aval[], params: P): readonly Aval[]

  /** The reference implementation, over concrete arrays. `outs` are the types that `abstract` gave. */
  impl(operands: readonly NdArray[], params: P, outs: readonly Aval[]): readonly NdArray[]

  /**
   * The derivative, curried: what stands before the inner arrow may be nonlinear, what stands after it is linear in
   * the tangents. `nonzero` says which tangents will come. Absent: the outputs do not depend differentiably on the operands.
   */
  linearize?(primals: readonly NdArray[], params: P, nonzero: readonly boolean[]): readonly [outs: readonly NdArray[], push: Push]

  /** Outputs and tangents together: loops and calls only, where `linearize` would store residuals for nothing. */
  jvp?(
    primals: readonly NdArray[],
    tangents: readonly Tangent[],
    params: P
  ): readonly [outs: readonly NdArray[], tangents: readonly Tangent[]]

  /** Series of the operands, of one length, to those of the outputs: for what holds jaxprs; the rest is in transform/jet/rules.ts. */
  jet?(operands: readonly Series[], params: P, jetJaxpr: JetOf): readonly Series[]

  /** Cotangents of the outputs to cotangents of the `Unknown` operands (`null` for the known ones). Not all cotangents are null. */
  transpose?(cotangents: readonly Tangent[], operands: readonly (NdArray | Unknown)[], params: P): readonly Tangent[]

  /**
   * The operation over a new leading axis of the operands marked `batched`, at least one; none, if a jaxpr in the
   * params mentions the axis by its name.
   */
  batch(size: number, operands: readonly NdArray[], batched: readonly boolean[], params: P, axisName?: string): Batched

  /** Collectives: the operation over the axis named in `params.axisName`, which leads the batched operands. */
  collective?(size: number, operands: readonly NdArray[], batched: readonly boolean[], params: P): Batched

  /** A smaller equation that computes the outputs in use; `null` if none is needed. */
  dce?(used: readonly boolean[], eqn: Eqn): Eqn | null

  /** It does something besides computing its outputs: it is never removed, merged or reordered. */
  readonly effectful?: boolean

  /** The jaxprs among the params. */
  jaxprs?(params: P): readonly Jaxpr[]
}

/** A primitive whose params are not known statically; methods make every primitive one. */
export type AnyPrimitive = Primitive

const renamed: Readonly<Record<string, string>> = { and: 'bitwiseAnd', or: 'bitwiseOr', xor: 'bitwiseXor', not: 'bitwiseNot' }

/** The name of a public function, from the name of its primitive: `erf_inv` is `erfInv`. */
export const publicName = (name: string): string =>
  Object.hasOwn(renamed, name) ? renamed[name] : name.replace(/_./g, (match) => match[1].toUpperCase())
