import type { NdArray } from '../core/array.js'
import { Unknown, type Jaxpr, type Primitive, type Push, type Tangent } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { evaluate } from '../ir/evaluate.js'
import { linearizeJaxpr, residualValues, transposeJaxpr } from '../transform/jaxprs.js'
import { scatter } from '../transform/mask.js'
import { callRules, knownOnes, pushed, type CallParams } from './call.js'
import { refuseChecks } from './effects/check.js'
import { none } from './wiring.js'

/**
 * How products and sums may be rearranged: `'auto'`, as the policy of contraction planning allows; `'loose'`, in float64 also
 * where terms may cancel; `'off'`, not at all.
 */
export type Contraction = 'auto' | 'loose' | 'off'

/** How a program is to be compiled. */
export interface Freedom {
  /** A compiler may make one instruction of a multiplication and an addition. */
  readonly fma?: boolean
  /** `'auto'` if not given. */
  readonly contraction?: Contraction
}

export interface JitParams extends CallParams, Freedom {
  /** Positions of operands whose memory the results may take, where a call is evaluated. */
  readonly donated?: readonly number[]
}

/** A call of a jaxpr, which a compiler takes as a whole. */
export const jitP: Primitive<'jit', JitParams> = {
  name: 'jit',
  ...callRules<JitParams>(() => jitP),
  impl: (operands, { jaxpr, name }) => evaluate(refuseChecks(`jit(${name})`, jaxpr), operands),
  linearize: (primals, { jaxpr, name, donated: _, ...freedom }, nonzero) => linearizeCall(name, jaxpr, primals, nonzero, freedom)
}

/** Applies a jaxpr as one call. Arguments at `donated` positions are not valid any more afterwards: only evaluated calls donate. */
export const call = (
  name: string, jaxpr: Jaxpr, args: readonly NdArray[], freedom: Freedom = {}, donated?: readonly number[]
): readonly NdArray[] => bind(jitP, args, donated === undefined ? { name, jaxpr, ...freedom } : { name, jaxpr, ...freedom, donated })

/** The derivative of a jaxpr, as a call of its forward program and one of its linear part. */
export const linearizeCall = (
  name: string,
  jaxpr: Jaxpr,
  primals: readonly NdArray[],
  nonzero: readonly boolean[],
  freedom: Freedom = {}
): readonly [outs: readonly NdArray[], push: Push] => {
  const split = linearizeJaxpr(jaxpr, nonzero, none(jaxpr.outputs))
  const results = call(name, split.forward, primals, freedom)
  const residuals = residualValues(split, primals, results)
  return [
    results.slice(0, split.varies.length),
    (tangents) => pushed(split.varies, () => call(name, split.linear, [...residuals, ...tangents.filter((d) => d !== null)], freedom))
  ]
}

/** The transpose of a jaxpr that is linear in the unknown operands, as a call. */
export const transposeCall = (
  name: string,
  jaxpr: Jaxpr,
  cts: readonly Tangent[],
  operands: readonly (NdArray | Unknown)[]
): readonly Tangent[] => {
  const known = operands.map((x) => !(x instanceof Unknown))
  const transposed = transposeJaxpr(jaxpr, known, cts.map((ct) => ct !== null), none(operands))
  return scatter(call(name, transposed.jaxpr, [...knownOnes(operands), ...cts.filter((ct) => ct !== null)]), transposed.nonzero)
}
