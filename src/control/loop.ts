import type { NdArray } from '../core/array.js'
import type { Jaxpr, Primitive } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { evaluate } from '../ir/evaluate.js'
import { hoist } from './hoist.js'

export interface ScanParams {
  /** From the constants, the carry and one slice of the inputs to the carry and one slice of the outputs. */
  readonly jaxpr: Jaxpr
  readonly length: number
  /** From the last slice to the first. */
  readonly reverse: boolean
  /** How many steps compiled code may take at a time. */
  readonly unroll: number
  /** How many operands are constants, the first ones. */
  readonly constants: number
  /** How many operands after those are the carry. */
  readonly carries: number
}

/** The three kinds of operands of a scan. */
export interface Parts<A> {
  readonly constants: readonly A[]
  readonly carry: readonly A[]
  readonly slices: readonly A[]
}

/** A list that goes with the operands, taken apart. */
export const partsOf = <A>(list: readonly A[], { constants, carries }: Pick<ScanParams, 'constants' | 'carries'>): Parts<A> => ({
  constants: list.slice(0, constants),
  carry: list.slice(constants, constants + carries),
  slices: list.slice(constants + carries)
})

/** The parts as one list. */
export const joined = <A>({ constants, carry, slices }: Parts<A>): readonly A[] => [...constants, ...carry, ...slices]

/** Binds a scan with its loop invariants computed before the loop. */
export const bindHoisted = (primitive: Primitive<'scan', ScanParams>, operands: Parts<NdArray>, params: ScanParams): readonly NdArray[] => {
  const { before, body, values } = hoist(params.jaxpr, params.constants)
  const constants = evaluate(before, operands.constants)
  return bind(primitive, [...constants, ...operands.carry, ...operands.slices], { ...params, jaxpr: body, constants: values })
}
