import type { Aval } from '../../../core/aval.js'
import type { Code, Statement } from '../code.js'
import type { ModuleBuilder, Scope } from '../module.js'

/** What an operation's loops are written from. */
export interface Writing {
  /** Where functions of its own go. */
  readonly module: ModuleBuilder
  readonly scope: Scope
  /** Of the primitive. */
  readonly params: object
  /** Addresses of the operands' elements; numbers for scalar literals. */
  readonly operands: readonly (Code<'i32'> | number)[]
  readonly avals: readonly Aval[]
  /** Addresses of the results' elements. The same value as that of an operand: the result is written over it. */
  readonly results: readonly Code<'i32'>[]
  readonly outs: readonly Aval[]
  /** Addresses of the room that `workspaceOf` gives the operation. */
  readonly workspace: readonly Code<'i32'>[]
}

/** An operation with loops of its own. */
export interface Writer {
  /** Whether it is for operands and results of these types; it is for all if not given. */
  accepts?(avals: readonly Aval[], params: object, outs: readonly Aval[]): boolean
  write(writing: Writing): Statement
}
