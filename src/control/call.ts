import type { NdArray } from '../core/array.js'
import { sameType, showAval, type Aval } from '../core/aval.js'
import { JaxprError } from '../core/errors.js'
import { Unknown, type Eqn, type Jaxpr, type Primitive, type Tangent } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { dce } from '../ir/dce.js'
import { evaluate } from '../ir/evaluate.js'
import { avalsOf } from '../ir/jaxpr.js'
import { batchJaxpr, jvpJaxpr, transposeJaxpr } from '../transform/jaxprs.js'
import { jetCall } from '../transform/jet/jaxpr.js'
import { scatter, select } from '../transform/mask.js'
import { none } from './wiring.js'

/** What a primitive that applies one jaxpr knows. */
export interface CallParams {
  /** Of the function, for people. */
  readonly name: string
  readonly jaxpr: Jaxpr
}

interface Signature {
  readonly inputs: readonly { readonly aval: Aval }[]
  readonly outputs: readonly { readonly aval: Aval }[]
}

/** The types of a jaxpr's outputs; throws JaxprError for operands of other types than its inputs. */
export const callAvals = (who: string, avals: readonly Aval[], { inputs, outputs }: Signature): readonly Aval[] => {
  if (avals.length !== inputs.length || avals.some((a, i) => !sameType(a, inputs[i].aval))) {
    throw new JaxprError(who, `operands ${avalsOf(inputs).map(showAval).join(', ')}`, avals.map(showAval).join(', '))
  }
  return avalsOf(outputs)
}

/** The operands whose values are known. */
export const knownOnes = (operands: readonly (NdArray | Unknown)[]): readonly NdArray[] =>
  operands.filter((x): x is NdArray => !(x instanceof Unknown))

type Rules<P extends object> = Omit<Required<Primitive<string, P>>, 'name' | 'linearize' | 'collective' | 'effectful'>

/** All rules but `linearize` of a primitive that applies a jaxpr: what becomes of it is applied by the same primitive. */
export const callRules = <P extends CallParams>(self: () => Primitive<string, P>): Rules<P> => ({
  jaxprs: ({ jaxpr }) => [jaxpr],
  abstract: (avals, { jaxpr, name }) => callAvals(`${self().name}(${name})`, avals, jaxpr),
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  jvp(primals, tangents, params) {
    const { jaxpr, varies } = jvpJaxpr(params.jaxpr, tangents.map((d) => d !== null), none(params.jaxpr.outputs))
    const results = bind(self(), [...primals, ...tangents.filter((d) => d !== null)], { ...params, jaxpr })
    return [results.slice(0, varies.length), scatter(results.slice(varies.length), varies)]
  },
  jet: (operands, params, jetJaxpr) =>
    jetCall(params.jaxpr, operands, jetJaxpr, (jaxpr, args) => bind(self(), args, { ...params, jaxpr })),
  transpose(cts, operands, params) {
    const known = operands.map((x) => !(x instanceof Unknown))
    const { jaxpr, nonzero } = transposeJaxpr(params.jaxpr, known, cts.map((ct) => ct !== null), none(operands))
    return scatter(bind(self(), [...knownOnes(operands), ...cts.filter((ct) => ct !== null)], { ...params, jaxpr }), nonzero)
  },
  batch(size, operands, batched, params, axisName) {
    const result = batchJaxpr(params.jaxpr, size, batched, none(params.jaxpr.outputs), axisName)
    return [bind(self(), operands, { ...params, jaxpr: result.jaxpr }), result.batched]
  },
  dce(used, eqn): Eqn {
    const params = eqn.params as P // the equation is one of this primitive
    const { jaxpr, usedInputs } = dce(params.jaxpr, used)
    if (jaxpr === params.jaxpr) return eqn
    return {
      ...eqn,
      params: { ...params, jaxpr },
      inputs: select(eqn.inputs, usedInputs),
      outputs: select(eqn.outputs, used)
    }
  }
})

/** The tangents that a linear jaxpr of `varies.length` outputs gives, by whichever primitive applies it. */
export const pushed = (varies: readonly boolean[], apply: () => readonly NdArray[]): readonly Tangent[] =>
  varies.includes(true) ? scatter(apply(), varies) : varies.map(() => null)
