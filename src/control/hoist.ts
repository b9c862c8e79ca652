import type { Jaxpr } from '../core/primitive.js'
import { isEffectful } from '../ir/jaxpr.js'
import { memo } from '../ir/memo.js'
import { split } from '../ir/split.js'

/** The body of a loop, and what of it can be computed before the loop. */
export interface Hoisted {
  /** From the constants to the values that the body reads. */
  readonly before: Jaxpr
  /** From those values and the remaining inputs to the outputs. */
  readonly body: Jaxpr
  /** How many values there are. */
  readonly values: number
}

const hoisted = (body: Jaxpr, constants: number): Hoisted => {
  const varying = body.inputs.map((_, i) => i >= constants)
  if (body.eqns.some(isEffectful)) {
    const inputs = body.inputs.slice(0, constants)
    return { before: { inputs, eqns: [], outputs: inputs }, body, values: constants }
  }
  const cut = split(body, varying, body.outputs.map(() => true))
  return { before: cut.known, body: cut.rest, values: cut.residuals }
}

/** Takes everything that depends on constants alone, the first inputs, out of the body of a loop. Effects stay. */
export const hoist = memo((constants: number) => String(constants), hoisted)
