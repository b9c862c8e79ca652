import { isConcrete } from '../array/ndarray.js'
import type { Atom, Eqn, Jaxpr, Literal, Var } from '../core/primitive.js'
import { bind, evaluation, within } from '../core/trace.js'
import { isCollective, isEffectful, literal, literalArray, withParts } from './jaxpr.js'
import { memo } from './memo.js'

const isLiteral = (atom: Atom): atom is Literal => atom.kind === 'literal'

const isScalar = ({ aval }: Var): boolean => aval.shape.length === 0

/** The results of an equation that depends on literals alone and has scalar results; null for others. */
export const folded = (eqn: Eqn): readonly Literal[] | null => {
  const { primitive, inputs, params, outputs } = eqn
  if (!inputs.every(isLiteral) || !outputs.every(isScalar) || isEffectful(eqn) || isCollective(eqn)) return null
  const outs = within(evaluation, () => bind(primitive, inputs.map(literalArray), params))
  return outs.every(isConcrete) ? outs.map((x, i) => literal(outputs[i].aval, x.item())) : null
}

/**
 * Computes now what depends on literals alone and has scalar results. (Arrays are not folded: jaxprs are closed.
 * Collectives mean something only under their vmap.) The same object comes back if there is nothing to compute.
 */
export const fold: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const values = new Map<Var, Literal>()
    const find = (atom: Atom): Atom => (atom.kind === 'var' ? (values.get(atom) ?? atom) : atom)
    const eqns: Eqn[] = []
    for (const eqn of jaxpr.eqns) {
      const current = values.size === 0 ? eqn : withParts(eqn, eqn.inputs.map(find))
      const literals = folded(current)
      if (literals === null) eqns.push(current)
      else eqn.outputs.forEach((v, i) => values.set(v, literals[i]))
    }
    return values.size === 0 ? jaxpr : { inputs: jaxpr.inputs, eqns, outputs: jaxpr.outputs.map(find) }
  }
)
