import type { Eqn, Jaxpr } from '../core/primitive.js'
import { cse } from './cse.js'
import { dce } from './dce.js'
import { fold } from './fold.js'
import { memo } from './memo.js'

/** Rewrites the jaxprs in an equation's params. The primitive's params keep their other fields. */
const withinParams = (eqn: Eqn, rewrite: (jaxpr: Jaxpr) => Jaxpr): Eqn => {
  let changed = false
  const each = (x: unknown): unknown => {
    if (typeof x !== 'object' || x === null) return x
    if ('eqns' in x) {
      const next = rewrite(x as Jaxpr) // only jaxprs have equations
      changed ||= next !== x
      return next
    }
    return Array.isArray(x) ? x.map(each) : x
  }
  const params = Object.fromEntries(Object.entries(eqn.params).map(([name, value]) => [name, each(value)]))
  return changed ? { ...eqn, params } : eqn
}

const nested: (jaxpr: Jaxpr) => Jaxpr = (jaxpr) => {
  const eqns = jaxpr.eqns.map((eqn) => (eqn.primitive.jaxprs === undefined ? eqn : withinParams(eqn, simplify)))
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
