import type { Eqn, Jaxpr } from '../core/primitive.js'
import { cse } from './cse.js'
import { dce } from './dce.js'
import { fold } from './fold.js'
import { mapJaxprs, withParts } from './jaxpr.js'
import { memo } from './memo.js'

const nested: (jaxpr: Jaxpr) => Jaxpr = (jaxpr) => {
  const each = (eqn: Eqn): Eqn => (eqn.primitive.jaxprs === undefined ? eqn : withParts(eqn, eqn.inputs, mapJaxprs(eqn.params, simplify)))
  const eqns = jaxpr.eqns.map(each)
  return eqns.every((eqn, i) => eqn === jaxpr.eqns[i]) ? jaxpr : { ...jaxpr, eqns }
}

/**
 * The passes that every jitted program goes through, nested jaxprs first: constants, common subexpressions, dead code.
 * Inputs and outputs stay. The same object comes back if there is nothing to do.
 */
export const simplify: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => dce(cse(fold(nested(jaxpr))), 'all', true).jaxpr
)
