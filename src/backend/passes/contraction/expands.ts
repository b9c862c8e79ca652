import type { AnyPrimitive, Atom, Eqn } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { addP, mulP, negP, subP } from '../../../lax/elementwise/arithmetic.js'
import { addAnyP, broadcastInDimP } from '../../../lax/broadcast.js'
import { dotGeneralP } from '../../../lax/dot.js'
import { reshapeP, squeezeP } from '../../../lax/movement/reshape.js'
import { transposeP } from '../../../lax/movement/transpose.js'

const views: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([reshapeP, squeezeP, transposeP, negP])
const sums: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([addAnyP, addP, subP])

/** The equation that computes a value; undefined for inputs and literals. */
export type Definition = (atom: Atom) => Eqn | undefined

/** Whether a value is made of a product that is larger than its operands, such as the outer products of gradients. */
export const expands = (atom: Atom, definition: Definition, depth = 8): boolean => {
  const eqn = definition(atom)
  if (eqn === undefined || depth === 0) return false
  const { primitive, inputs } = eqn
  if (views.has(primitive)) return expands(inputs[0], definition, depth - 1)
  if (sums.has(primitive)) return inputs.some((x) => expands(x, definition, depth - 1))
  const size = sizeOf(atom.aval.shape)
  if (primitive === dotGeneralP) return inputs.every((x) => sizeOf(x.aval.shape) < size)
  return primitive === mulP && inputs.every((x) => expands(x, definition, depth - 1) || isSpread(x, definition))
}

const isSpread = (atom: Atom, definition: Definition): boolean => {
  const eqn = definition(atom)
  return eqn?.primitive === broadcastInDimP && sizeOf(eqn.inputs[0].aval.shape) < sizeOf(atom.aval.shape)
}
