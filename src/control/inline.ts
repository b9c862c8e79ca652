import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { variable, withParts } from '../ir/jaxpr.js'
import { memo } from '../ir/memo.js'
import { convertElementTypeP, type ConvertParams } from '../lax/elementwise/convert.js'
import type { CallParams } from './call.js'
import { jitP } from './jit.js'

const isCall = (eqn: Eqn): eqn is Eqn & { readonly params: CallParams } => eqn.primitive === jitP

/** The operand of a call, converted where it is weak and the call's input is not, or the other way round. */
const typed = (atom: Atom, { aval }: Var, eqns: Eqn[]): Atom => {
  if (atom.aval.weak === aval.weak) return atom
  const out = variable(aval)
  const params: ConvertParams = { newDtype: aval.dtype, weakType: aval.weak }
  eqns.push({ primitive: convertElementTypeP, inputs: [atom], params, outputs: [out] })
  return out
}

/** The jaxpr with the equations of the calls in it, at any depth of calls, in their place. The same object if there are none. */
export const inlined: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    if (!jaxpr.eqns.some(isCall)) return jaxpr
    const values = new Map<Var, Atom>()
    const find = (atom: Atom): Atom => (atom.kind === 'var' ? (values.get(atom) ?? atom) : atom)
    const eqns: Eqn[] = []
    for (const eqn of jaxpr.eqns) {
      if (!isCall(eqn)) {
        eqns.push(withParts(eqn, eqn.inputs.map(find)))
        continue
      }
      // One jaxpr may be called twice: each time its variables are new ones.
      const body = inlined(eqn.params.jaxpr)
      const own = new Map<Var, Atom>(body.inputs.map((v, i) => [v, typed(find(eqn.inputs[i]), v, eqns)]))
      const renamed = (atom: Atom): Atom => (atom.kind === 'var' ? (own.get(atom) ?? atom) : atom)
      for (const each of body.eqns) {
        const inputs = each.inputs.map(renamed)
        const outputs = each.outputs.map(({ aval }) => variable(aval))
        each.outputs.forEach((v, i) => own.set(v, outputs[i]))
        eqns.push(withParts(each, inputs, each.params, outputs))
      }
      eqn.outputs.forEach((v, i) => values.set(v, renamed(body.outputs[i])))
    }
    return { inputs: jaxpr.inputs, eqns, outputs: jaxpr.outputs.map(find) }
  }
)
