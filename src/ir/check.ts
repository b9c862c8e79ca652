import type { Atom, Jaxpr, Var } from '../core/primitive.js'
import { equalAvals, showAval, type Aval } from '../core/aval.js'
import { JaxprError } from '../core/errors.js'
import { avalsOf, subjaxprs } from './jaxpr.js'

const show = (avals: readonly Aval[]): string => avals.map((a) => showAval(a) + (a.weak ? ' (weak)' : '')).join(', ')

/**
 * Typechecks a jaxpr: it is closed, every variable is assigned once and before it is read, literals are scalars, and
 * each equation's outputs have the types that its primitive gives, at any depth. Returns the jaxpr; throws JaxprError
 * with the number of the equation.
 */
export const check = (jaxpr: Jaxpr): Jaxpr => {
  const defined = new Set<Var>()
  const define = (v: Var, where: string): void => {
    if (defined.has(v)) throw new JaxprError('check', 'each variable to be assigned once', `a second assignment ${where}`)
    defined.add(v)
  }
  const read = (atom: Atom, where: string): void => {
    if (atom.kind === 'literal') {
      if (atom.aval.shape.length > 0) throw new JaxprError('check', 'scalar literals', `${showAval(atom.aval)} ${where}`)
    } else if (!defined.has(atom)) {
      throw new JaxprError('check', 'variables to be assigned before they are read', `an unassigned ${showAval(atom.aval)} ${where}`)
    }
  }
  const { eqns } = (jaxpr ?? {}) as Partial<Jaxpr> // callers without types pass anything
  if (!Array.isArray(eqns)) throw new JaxprError('check', 'a jaxpr', jaxpr)
  for (const v of jaxpr.inputs) define(v, 'among the inputs')
  jaxpr.eqns.forEach((eqn, i) => {
    const where = `in equation ${i} (${eqn.primitive.name})`
    for (const atom of eqn.inputs) read(atom, where)
    for (const sub of subjaxprs(eqn)) check(sub)
    const avals = eqn.primitive.abstract(avalsOf(eqn.inputs), eqn.params)
    if (avals.length !== eqn.outputs.length || avals.some((a, k) => !equalAvals(a, eqn.outputs[k].aval))) {
      throw new JaxprError('check', `outputs ${show(avals)} ${where}`, show(avalsOf(eqn.outputs)))
    }
    for (const v of eqn.outputs) define(v, where)
  })
  for (const atom of jaxpr.outputs) read(atom, 'among the outputs')
  return jaxpr
}
