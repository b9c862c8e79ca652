import type { Contraction } from '../../control/jit.js'
import { checkOptions } from '../../core/options.js'
import { ArgumentError, quoted } from '../../core/errors.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { mapJaxprs, withParts } from '../../ir/jaxpr.js'
import { memo } from '../../ir/memo.js'
import { settled } from './algebra/settled.js'
import { flattened } from './calls.js'
import { contract } from './contraction/contraction.js'
import { calibrated } from './contraction/model.js'

export interface PassOptions {
  readonly contraction?: Contraction
}

const optimised: (jaxpr: Jaxpr, contraction: Contraction) => Jaxpr = memo(
  (contraction) => contraction,
  (jaxpr, contraction) => {
    const inside = (each: Jaxpr): Jaxpr => optimised(each, contraction)
    const nested = (eqn: Eqn): Eqn =>
      (eqn.primitive.jaxprs === undefined ? eqn : withParts(eqn, eqn.inputs, mapJaxprs(eqn.params, inside)))
    const flat = flattened(jaxpr)
    const eqns = flat.eqns.map(nested)
    const start = settled(eqns.every((eqn, i) => eqn === flat.eqns[i]) ? flat : { ...flat, eqns })
    if (contraction === 'off') return start
    return contract(start, calibrated, contraction === 'loose')
  }
)

/**
 * A program as it is to be compiled: calls inlined, dead code and common subexpressions gone, simplified, and its sums of
 * products in the cheapest order, so that what is only multiplied and summed (the gradients of all examples, which are
 * clipped and averaged) is never made. Inputs and outputs stay. The same object comes back for the same program.
 */
export const optimise = (jaxpr: Jaxpr, options: PassOptions = {}): Jaxpr => {
  checkOptions('optimise', options, ['contraction'])
  const { contraction = 'auto' } = options
  if (!['auto', 'loose', 'off'].includes(contraction)) {
    throw new ArgumentError('optimise', "'auto', 'loose' or 'off' as contraction", quoted(contraction))
  }
  return optimised(jaxpr, contraction)
}
