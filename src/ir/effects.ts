import type { Jaxpr } from '../core/primitive.js'
import { hasEffects, mapJaxprs, withParts } from './jaxpr.js'
import { memo } from './memo.js'

/** The jaxpr without what it does besides computing its outputs, for where it is evaluated once more. */
export const silent: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    if (!hasEffects(jaxpr)) return jaxpr
    const kept = jaxpr.eqns.filter(({ primitive, outputs }) => primitive.effectful !== true || outputs.length > 0)
    return { ...jaxpr, eqns: kept.map((eqn) => withParts(eqn, eqn.inputs, mapJaxprs(eqn.params, silent))) }
  }
)
