import { isConcrete } from '../array/ndarray.js'
import type { Atom, Eqn, Jaxpr, Literal, Var } from '../core/primitive.js'
import { bind, evaluation, within } from '../core/trace.js'
import { isCollective, isEffectful, literal, literalArray, withParts } from './jaxpr.js'
import { memo } from './memo.js'

const isScalar = ({ aval }: Var): boolean => aval.shape.length === 0

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
      const inputs = eqn.inputs.map(find)
      const literals = inputs.filter((atom) => atom.kind === 'literal')
      if (literals.length === inputs.length && eqn.outputs.every(isScalar) && !isEffectful(eqn) && !isCollective(eqn)) {
        const outs = within(evaluation, () => bind(eqn.primitive, literals.map(literalArray), eqn.params))
        if (outs.every(isConcrete)) {
          eqn.outputs.forEach((v, i) => values.set(v, literal(v.aval, outs[i].item())))
          continue
        }
      }
      eqns.push(withParts(eqn, inputs))
    }
    return values.size === 0 ? jaxpr : { inputs: jaxpr.inputs, eqns, outputs: jaxpr.outputs.map(find) }
  }
)
