import type { Aval } from '../../../core/aval.js'
import type { AnyPrimitive } from '../../../core/primitive.js'
import type { Room } from '../../schedule/workspace.js'
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
  /** Addresses of the writer's rooms. */
  readonly workspace: readonly Code<'i32'>[]
}

/** An operation with loops of its own. */
export interface Writer {
  /** Whether it is for operands and results of these types; it is for all if not given. */
  accepts?(avals: readonly Aval[], params: object, outs: readonly Aval[]): boolean
  /** Room that the loops need for themselves; none if not given. */
  rooms?(avals: readonly Aval[], params: object, outs: readonly Aval[]): readonly Room[]
  /** Elementary operations on elements; none if not given, as of what moves elements, searches or sorts. */
  flops?(avals: readonly Aval[], params: object, outs: readonly Aval[]): number
  write(writing: Writing): Statement
}

const attached = new WeakMap<AnyPrimitive, () => Writer>()

/**
 * A primitive with loops of its own in modules, which it brings along: whoever does not use it, or does without its folder, has no
 * byte of them.
 */
export const written = <P extends AnyPrimitive>(primitive: P, loops: () => Writer): P => {
  attached.set(primitive, loops)
  return primitive
}

/** The loops that a primitive has brought along. */
export const broughtBy = (primitive: AnyPrimitive): Writer | undefined => attached.get(primitive)?.()
