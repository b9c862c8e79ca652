import type { Atom, Eqn } from '../../../core/primitive.js'
import { broadcastInDimP } from '../../../lax/broadcast.js'
import type { Builder } from '../builder.js'
import type { Rewriter } from '../rewriter.js'

/** What an equation can see of the program: what computes its operands, and how often values are read. */
export type Surroundings = Pick<Rewriter, 'definition' | 'operandOf' | 'uses'>

/** A simpler way to the same bits, written by the builder; undefined if the rule does not apply. */
export type Rule = (eqn: Eqn, program: Surroundings, b: Builder) => Atom | undefined

/** The rules of primitives, which are named, in the order in which they are tried. */
export type Rules = readonly (readonly [primitive: string, rule: Rule])[]

/** The number that every element of a value is; undefined if it is not known to be one. */
export const numberOf = (atom: Atom, program: Surroundings): number | undefined => {
  if (atom.kind === 'literal') return atom.value
  const source = program.operandOf(atom, broadcastInDimP)
  return source?.kind === 'literal' ? source.value : undefined
}
