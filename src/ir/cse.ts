import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { isEffectful, withParts } from './jaxpr.js'
import { eqnKey } from './key.js'
import { memo } from './memo.js'

/**
 * Computes once what equations compute again: same primitive, params and operands. Effects stay as they are. The same
 * object comes back if nothing is computed twice.
 */
export const cse: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const replaced = new Map<Var, Var>()
    const seen = new Map<string, Eqn>()
    const find = (atom: Atom): Atom => (atom.kind === 'var' ? (replaced.get(atom) ?? atom) : atom)
    const eqns: Eqn[] = []
    for (const eqn of jaxpr.eqns) {
      const inputs = eqn.inputs.map(find)
      const key = isEffectful(eqn) ? undefined : eqnKey(eqn.primitive, inputs, eqn.params)
      const earlier = key === undefined ? undefined : seen.get(key)
      if (earlier === undefined) {
        const kept = withParts(eqn, inputs)
        eqns.push(kept)
        if (key !== undefined) seen.set(key, kept)
      } else {
        eqn.outputs.forEach((v, i) => replaced.set(v, earlier.outputs[i]))
      }
    }
    return replaced.size === 0 ? jaxpr : { inputs: jaxpr.inputs, eqns, outputs: jaxpr.outputs.map(find) }
  }
)
