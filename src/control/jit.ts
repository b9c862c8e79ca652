import type { NdArray } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { Unknown, type Jaxpr, type Primitive, type Tangent } from '../core/primitive.js'
import { sameType } from '../core/aval.js'
import { bind } from '../core/trace.js'
import { dce } from '../ir/dce.js'
import { evaluate } from '../ir/evaluate.js'
import { avalsOf } from '../ir/jaxpr.js'
import { batchJaxpr, jvpJaxpr, linearizeJaxpr, residualValues, transposeJaxpr } from '../transform/jaxprs.js'
import { scatter, select } from '../transform/mask.js'

export interface JitParams {
  /** Of the function, for people. */
  readonly name: string
  readonly jaxpr: Jaxpr
}

const none = (list: readonly unknown[]): readonly boolean[] => list.map(() => false)

/** A call of a jaxpr, which a compiler takes as a whole. */
export const jitP: Primitive<'jit', JitParams> = {
  name: 'jit',
  jaxprs: ({ jaxpr }) => [jaxpr],
  abstract(avals, { jaxpr, name }) {
    const inputs = avalsOf(jaxpr.inputs)
    if (avals.length !== inputs.length || avals.some((a, i) => !sameType(a, inputs[i]))) {
      throw new ShapeError(`jit(${name})`, `operands ${JSON.stringify(inputs)}`, avals)
    }
    return avalsOf(jaxpr.outputs)
  },
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  jvp(primals, tangents, { jaxpr, name }) {
    const nonzero = tangents.map((d) => d !== null)
    const { jaxpr: both, varies } = jvpJaxpr(jaxpr, nonzero, none(jaxpr.outputs))
    const results = bind(jitP, [...primals, ...tangents.filter((d) => d !== null)], { name, jaxpr: both })
    return [results.slice(0, varies.length), scatter(results.slice(varies.length), varies)]
  },
  linearize(primals, { jaxpr, name }, nonzero) {
    const split = linearizeJaxpr(jaxpr, nonzero, none(jaxpr.outputs))
    const results = bind(jitP, primals, { name, jaxpr: split.forward })
    const residuals = residualValues(split, primals, results)
    const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
      if (!split.varies.includes(true)) return none(split.varies).map(() => null)
      const douts = bind(jitP, [...residuals, ...tangents.filter((d) => d !== null)], { name, jaxpr: split.linear })
      return scatter(douts, split.varies)
    }
    return [results.slice(0, split.varies.length), push]
  },
  transpose(cts, operands, { jaxpr, name }) {
    const known = operands.map((x) => !(x instanceof Unknown))
    const nonzero = cts.map((ct) => ct !== null)
    const transposed = transposeJaxpr(jaxpr, known, nonzero, none(jaxpr.inputs))
    const args = [...operands.filter((x): x is NdArray => !(x instanceof Unknown)), ...cts.filter((ct) => ct !== null)]
    return scatter(bind(jitP, args, { name, jaxpr: transposed.jaxpr }), transposed.nonzero)
  },
  batch(size, operands, batched, { jaxpr, name }, axisName) {
    const result = batchJaxpr(jaxpr, size, batched, none(jaxpr.outputs), axisName)
    return [bind(jitP, operands, { name, jaxpr: result.jaxpr }), result.batched]
  },
  dce(used, eqn) {
    const { jaxpr, name } = eqn.params as JitParams // the equation is one of this primitive
    const pruned = dce(jaxpr, used)
    if (pruned.jaxpr === jaxpr) return eqn
    return {
      primitive: jitP,
      params: { name, jaxpr: pruned.jaxpr } satisfies JitParams,
      inputs: select(eqn.inputs, pruned.usedInputs),
      outputs: select(eqn.outputs, used)
    }
  }
}

/** Applies a jaxpr as one call. */
export const call = (name: string, jaxpr: Jaxpr, args: readonly NdArray[]): readonly NdArray[] => bind(jitP, args, { name, jaxpr })
