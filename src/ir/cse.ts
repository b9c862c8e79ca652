import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { isEffectful, withParts } from './jaxpr.js'
import { memo } from './memo.js'
import { Numbering } from './numbering.js'

/**
 * Computes once what equations compute again: same primitive, params and operands. Effects stay as they are. The same
 * object comes back if nothing is computed twice.
 */
export const cse: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const replaced = new Map<Var, Var>()
    const seen = new Numbering<Eqn>()
    const find = (atom: Atom): Atom => (atom.kind === 'var' ? (replaced.get(atom) ?? atom) : atom)
    const eqns: Eqn[] = []
    for (const eqn of jaxpr.eqns) {
      const inputs = eqn.inputs.map(find)
      const pure = !isEffectful(eqn)
      const earlier = pure ? seen.find(eqn.primitive, inputs, eqn.params) : undefined
      if (earlier === undefined) {
        const kept = withParts(eqn, inputs)
        eqns.push(kept)
        if (pure) seen.keep(eqn.primitive, inputs, eqn.params, kept)
      } else {
        eqn.outputs.forEach((v, i) => replaced.set(v, earlier.outputs[i]))
      }
    }
    return replaced.size === 0 ? jaxpr : { inputs: jaxpr.inputs, eqns, outputs: jaxpr.outputs.map(find) }
  }
)
