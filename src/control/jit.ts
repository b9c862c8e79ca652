import type { NdArray } from '../core/array.js'
import type { Jaxpr, Primitive } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { evaluate } from '../ir/evaluate.js'
import { linearizeJaxpr, residualValues } from '../transform/jaxprs.js'
import { callRules, pushed, type CallParams } from './call.js'
import { refuseChecks } from './check.js'
import { none } from './wiring.js'

export type JitParams = CallParams

/** A call of a jaxpr, which a compiler takes as a whole. */
export const jitP: Primitive<'jit', JitParams> = {
  name: 'jit',
  ...callRules<JitParams>(() => jitP),
  impl: (operands, { jaxpr, name }) => evaluate(refuseChecks(`jit(${name})`, jaxpr), operands),
  linearize(primals, { jaxpr, name }, nonzero) {
    const split = linearizeJaxpr(jaxpr, nonzero, none(jaxpr.outputs))
    const results = call(name, split.forward, primals)
    const residuals = residualValues(split, primals, results)
    return [
      results.slice(0, split.varies.length),
      (tangents) => pushed(split.varies, () => call(name, split.linear, [...residuals, ...tangents.filter((d) => d !== null)]))
    ]
  }
}

/** Applies a jaxpr as one call. */
export const call = (name: string, jaxpr: Jaxpr, args: readonly NdArray[]): readonly NdArray[] => bind(jitP, args, { name, jaxpr })
