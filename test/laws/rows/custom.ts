import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import type { Aval } from '../../../src/core/aval.js'
import { dtypes as allDTypes, isFloat } from '../../../src/core/dtype.js'
import type { Jaxpr } from '../../../src/core/primitive.js'
import type { CallParams } from '../../../src/control/call.js'
import type { CheckpointParams } from '../../../src/control/checkpoint/checkpoint.js'
import type { BatchRule, CustomBatchingParams } from '../../../src/control/custom/custombatching.js'
import type { CustomJvpParams } from '../../../src/control/custom/customjvp.js'
import type { CustomVjpLinearParams, CustomVjpParams } from '../../../src/control/custom/customvjp.js'
import type { NameParams } from '../../../src/control/checkpoint/name.js'
import { policies } from '../../../src/control/checkpoint/policy.js'
import { evaluate } from '../../../src/ir/evaluate.js'
import { avalsOf } from '../../../src/ir/jaxpr.js'
import { stageClosed } from '../../../src/ir/stage.js'
import { mul } from '../../../src/lax/elementwise/arithmetic.js'
import { broadcastLeading } from '../../../src/lax/broadcast.js'
import { batchArrays } from '../../../src/transform/batch.js'
import { jvpJaxpr } from '../../../src/transform/jaxprs.js'
import { select } from '../../../src/transform/mask.js'
import { linearTranspose, vjpArrays } from '../../../src/transform/reverse.js'
import { shapes } from '../../support/arbitrary.js'
import { noiseLike } from '../../support/arrays.js'
import { arraysFor, avalOf, jaxprOf, kinds, programs } from '../bodies.js'
import type { Plain } from '../loops.js'
import type { ArrayFunction, Row } from '../row.js'
import { row, type Examples } from './control.js'

const floats = (list: readonly { readonly aval: Aval }[]): readonly boolean[] => list.map(({ aval }) => isFloat(aval.dtype))

/** Small programs and what they are applied to. */
const applied: Examples<CallParams> = (draw, manners) =>
  fc.record({ operands: kinds(0, 3).chain((list) => arraysFor(list, draw)), results: kinds(1, 3), body: programs(manners) })
    .map(({ operands, results, body }) => ({
      operands,
      params: { name: 'program', jaxpr: jaxprOf(body, avalsOf(operands), results.map((kind) => avalOf(kind, draw))) }
    }))

const plain: Plain<{ readonly jaxpr: Jaxpr }> = (operands, { jaxpr }) => evaluate(jaxpr, operands)

const checkpoint: Row<CheckpointParams> = row((draw, manners) =>
  fc.tuple(applied(draw, manners), fc.constantFrom(policies.nothing, policies.dotsSaveable, policies.everything))
    .map(([{ operands, params }, policy]) => ({ operands, params: { ...params, policy } })), plain)

/** The rule is the derivative itself. Some of the operands count as closed over. */
const customJvp: Row<CustomJvpParams> = row((draw, manners) =>
  fc.tuple(applied(draw, manners), fc.nat(1)).map(([{ operands, params: { name, jaxpr } }, most]) => {
    const captured = Math.min(most, operands.length)
    const ruled = floats(jaxpr.inputs).map((flag, i) => flag && i >= captured)
    const derivative = jvpJaxpr(jaxpr, ruled, floats(jaxpr.outputs)).jaxpr
    return { operands, params: { name, captured, jaxpr, derivative }, fixed: captured === 0 ? [] : [0] }
  }), plain)

/** Every other operand as a batch of two. */
const half = (apply: ArrayFunction): ArrayFunction => (xs) => {
  const batched = xs.map((_, i) => i % 2 === 0)
  return batchArrays(apply, 2, xs.map((x, i) => (batched[i] ? broadcastLeading(2, x) : x)), batched)[0]
}

/** What reverse mode makes of the function, alone and over a batch: forward mode can differentiate that. */
const pulled = (apply: ArrayFunction): ArrayFunction => (xs) =>
  [apply, half(apply)].flatMap((f) => {
    const [outs, pullback] = vjpArrays(f, xs, xs.map((x) => isFloat(x.dtype)))
    const cts = outs.map((y, i) => (isFloat(y.dtype) ? noiseLike(y, i) : null))
    return [...outs, ...pullback(cts).filter((ct) => ct !== null)]
  })

/** The forward pass keeps the operands, the backward pass is the transpose itself. */
const customVjp: Row<CustomVjpParams> = {
  ...row((draw, manners) => applied(draw, manners).map(({ operands, params: { name, jaxpr } }) => {
    const avals = avalsOf(jaxpr.inputs)
    const outputs = floats(jaxpr.outputs)
    let given: readonly boolean[] = []
    const forward = stageClosed((args) => [...evaluate(jaxpr, args), ...args], avals)
    const backward = stageClosed((args) => {
      const [, pullback] = vjpArrays((xs) => evaluate(jaxpr, xs), args.slice(0, avals.length), floats(jaxpr.inputs))
      let next = avals.length
      const cts = pullback(outputs.map((flag) => (flag ? args[next++] : null)))
      given = cts.map((ct) => ct !== null)
      return cts.filter((ct) => ct !== null)
    }, [...avals, ...avalsOf(select(jaxpr.outputs, outputs))])
    return { operands, params: { name, captured: 0, jaxpr, forward, backward, given } }
  }), plain),
  around: pulled
}

/** The transpose with respect to the last operand, alone and over batches; its cotangent is of the same type. */
const transposed = (apply: ArrayFunction): ArrayFunction => (xs) => {
  const known = xs.slice(0, -1)
  const ct = xs[xs.length - 1]
  const [alone, over] = [apply, half(apply)].map((f) => (t: NdArray): NdArray => f([...known, t])[0])
  return [linearTranspose(alone)(ct)(ct)[0], linearTranspose(over)(ct)(broadcastLeading(2, ct))[0]]
}

/** What is multiplied with the cotangent is some program of two residuals. */
const customVjpLinear: Row<CustomVjpLinearParams> = {
  ...row((draw, manners) => fc.record({ shape: shapes({ maxRank: 2, least: 1 }), body: programs(manners) })
    .chain(({ shape, body }) => fc.tuple(draw.array([2]), draw.array(shape), draw.array(shape)).map((operands) => {
      const avals = avalsOf(operands).map((aval) => ({ ...aval, weak: false }))
      const backward = stageClosed(([a, b, ct]) => [mul(body.run([a, b], [avals[2]])[0], ct)], avals)
      return { operands, params: { name: 'program', known: 2, backward } }
    })), (operands, { backward }) => evaluate(backward, operands)),
  around: transposed
}

const ruleOf = (jaxpr: Jaxpr): BatchRule => (size, batched, xs) => batchArrays((each) => evaluate(jaxpr, each), size, xs, batched)

/** The rule is batching itself. */
const customBatching: Row<CustomBatchingParams> = row((draw, manners) =>
  applied(draw, manners).map(({ operands, params }) => ({
    operands,
    params: { ...params, captured: 0, rule: ruleOf(params.jaxpr) }
  })), plain)

const name: Row<NameParams> = {
  dtypes: allDTypes,
  examples: (draw) => shapes().chain((shape) => fc.tuple(draw.array(shape))).map((operands) => ({ operands, params: { name: 'it' } }))
}

const optimizationBarrier: Row = {
  dtypes: allDTypes,
  examples: (draw) => fc.array(shapes(), { minLength: 1, maxLength: 3 })
    .chain((list) => fc.tuple(...list.map((shape) => draw.array(shape))))
    .map((operands) => ({ operands, params: {} }))
}

export const custom = {
  checkpoint,
  custom_batching: customBatching,
  custom_jvp: customJvp,
  custom_vjp: customVjp,
  custom_vjp_linear: customVjpLinear,
  name,
  optimization_barrier: optimizationBarrier
}
