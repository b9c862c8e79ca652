import type { CallParams } from '../../control/call.js'
import { inlined } from '../../control/inline.js'
import { jitP } from '../../control/jit.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { withParts } from '../../ir/jaxpr.js'
import { memo } from '../../ir/memo.js'

/**
 * Calls with rules for transforms: when these are done, the rules have no more to say. By name, so that bundles of programs
 * without them do not hold their rules.
 */
const ruled: ReadonlySet<string> = new Set(['custom_batching', 'custom_jvp', 'custom_vjp'])

/** The jaxpr with calls that have rules as plain calls, at any depth of calls. */
const plain: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const each = (eqn: Eqn): Eqn => {
      if (eqn.primitive !== jitP && !ruled.has(eqn.primitive.name)) return eqn
      const params = eqn.params as CallParams // all these primitives have such params
      const body = plain(params.jaxpr)
      if (eqn.primitive === jitP) return body === params.jaxpr ? eqn : withParts(eqn, eqn.inputs, { ...params, jaxpr: body })
      return { ...eqn, primitive: jitP, params: { name: params.name, jaxpr: body } satisfies CallParams }
    }
    const eqns = jaxpr.eqns.map(each)
    return eqns.every((eqn, i) => eqn === jaxpr.eqns[i]) ? jaxpr : { ...jaxpr, eqns }
  }
)

/** The jaxpr with the equations of all that it calls in their place. */
export const flattened = (jaxpr: Jaxpr): Jaxpr => inlined(plain(jaxpr))
