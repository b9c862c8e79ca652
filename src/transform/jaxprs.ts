import type { NdArray } from '../core/array.js'
import { Unknown, type Jaxpr, type Var } from '../core/primitive.js'
import { currentTrace } from '../core/trace.js'
import { dce } from '../ir/dce.js'
import { evaluate } from '../ir/evaluate.js'
import { avalsOf } from '../ir/jaxpr.js'
import { maskKey, memo } from '../ir/memo.js'
import { during, stageClosed, StageTrace } from '../ir/stage.js'
import { broadcastLeading, instantiate } from '../lax/broadcast.js'
import { backward } from './backward.js'
import { batchArrays } from './batch.js'
import { jvpArrays, linearizeArrays } from './differentiate.js'
import { scatter, select } from './mask.js'

/*
 * The transforms of jaxprs, for primitives that hold them. Each is remembered by the identity of the jaxpr and by
 * what varies, so that a function used many times, at any depth, is transformed once.
 */

/** A jaxpr from primals and nonzero tangents to outputs and nonzero tangents. */
export interface JvpJaxpr {
  readonly jaxpr: Jaxpr
  /** Which outputs vary. */
  readonly varies: readonly boolean[]
}

/** Forward mode on a jaxpr. Outputs marked in `forced` get a tangent even if it is zero. */
export const jvpJaxpr: (jaxpr: Jaxpr, nonzero: readonly boolean[], forced: readonly boolean[]) => JvpJaxpr = memo(
  (nonzero, forced) => `${maskKey(nonzero)} ${maskKey(forced)}`,
  (jaxpr, nonzero, forced) => {
    let varies: readonly boolean[] = []
    const count = jaxpr.inputs.length
    const tangentAvals = avalsOf(select(jaxpr.inputs, nonzero))
    const result = stageClosed((args) => {
      const [outs, tangents] = jvpArrays((xs) => evaluate(jaxpr, xs), args.slice(0, count), scatter(args.slice(count), nonzero))
      varies = tangents.map((d, i) => d !== null || forced[i])
      return [...outs, ...tangents.flatMap((d, i) => (forced[i] ? [instantiate(d, outs[i])] : d === null ? [] : [d]))]
    }, [...avalsOf(jaxpr.inputs), ...tangentAvals])
    return { jaxpr: result, varies }
  }
)

/** Where a residual of a linearized jaxpr comes from. */
export type Residual =
  | { readonly from: 'input'; readonly index: number }
  | { readonly from: 'output'; readonly index: number }
  | { readonly from: 'new'; readonly index: number }

/** A jaxpr split into what is computed now and what is linear in the tangents. */
export interface LinearizedJaxpr {
  /** From the primals to the outputs and the new residuals. */
  readonly forward: Jaxpr
  /** From the residuals and the nonzero tangents to the nonzero tangents of the outputs. */
  readonly linear: Jaxpr
  readonly residuals: readonly Residual[]
  /** Which outputs vary. */
  readonly varies: readonly boolean[]
}

/**
 * Linearize on a jaxpr. Only residuals that the linear part reads are kept; those that are inputs or outputs of the
 * jaxpr are not computed again. Outputs marked in `forced` get a tangent even if it is zero.
 */
export const linearizeJaxpr: (jaxpr: Jaxpr, nonzero: readonly boolean[], forced: readonly boolean[]) => LinearizedJaxpr = memo(
  (nonzero, forced) => `${maskKey(nonzero)} ${maskKey(forced)}`,
  (jaxpr, nonzero, forced) =>
    during(new StageTrace(currentTrace().depth + 1, { numbering: true }), (trace) => {
      const primals = jaxpr.inputs.map((v) => trace.input(v.aval))
      const { outs, linear, varies } = linearizeArrays((xs) => evaluate(jaxpr, xs), primals, nonzero, forced)
      const captured = linear.captured.length
      const pruned = dce(linear.jaxpr, 'all', linear.jaxpr.inputs.map((_, i) => i >= captured))
      const kept = select(linear.captured, pruned.usedInputs.slice(0, captured))
      const fresh: NdArray[] = []
      const residuals = kept.map((x): Residual => {
        const input = primals.findIndex((primal) => primal === x)
        if (input >= 0) return { from: 'input', index: input }
        const output = outs.findIndex((out) => out === x)
        if (output >= 0) return { from: 'output', index: output }
        fresh.push(x)
        return { from: 'new', index: fresh.length - 1 }
      })
      return { forward: trace.finish([...outs, ...fresh]).jaxpr, linear: pruned.jaxpr, residuals, varies }
    })
)

/** The values of the residuals, given the primals and what the forward jaxpr returned. */
export const residualValues = (
  { residuals, varies }: LinearizedJaxpr,
  primals: readonly NdArray[],
  results: readonly NdArray[]
): readonly NdArray[] =>
  residuals.map(({ from, index }) => {
    if (from === 'input') return primals[index]
    return results[from === 'output' ? index : varies.length + index]
  })

/** A jaxpr from known operands and nonzero cotangents to the nonzero cotangents of the unknown operands. */
export interface TransposedJaxpr {
  readonly jaxpr: Jaxpr
  /** Which operands get a cotangent. */
  readonly nonzero: readonly boolean[]
}

/**
 * Transposition of a jaxpr that is linear in the operands that are not `known`. Those marked in `forced` get a
 * cotangent even if it is zero.
 */
export const transposeJaxpr: (
  jaxpr: Jaxpr,
  known: readonly boolean[],
  cotangents: readonly boolean[],
  forced: readonly boolean[]
) => TransposedJaxpr = memo(
  (known, cotangents, forced) => [known, cotangents, forced].map(maskKey).join(' '),
  (jaxpr, known, cotangents, forced) => {
    let nonzero: readonly boolean[] = []
    const values = select(jaxpr.inputs, known)
    const result = stageClosed((args) => {
      const operands = scatter(args.slice(0, values.length), known).map((x, i) => x ?? new Unknown(jaxpr.inputs[i].aval))
      const cts = backward(jaxpr, operands, scatter(args.slice(values.length), cotangents))
      nonzero = cts.map((ct, i) => ct !== null || forced[i])
      return cts.flatMap((ct, i) => (forced[i] ? [instantiate(ct, jaxpr.inputs[i])] : ct === null ? [] : [ct]))
    }, [...avalsOf(values), ...avalsOf(select(jaxpr.outputs, cotangents))])
    return { jaxpr: result, nonzero }
  }
)

/** A jaxpr over a leading axis of some inputs. */
export interface BatchedJaxpr {
  readonly jaxpr: Jaxpr
  /** Which outputs carry the axis. */
  readonly batched: readonly boolean[]
}

/** vmap of a jaxpr. Outputs marked in `forced` carry the axis even if they do not depend on it. */
export const batchJaxpr: (
  jaxpr: Jaxpr,
  size: number,
  batched: readonly boolean[],
  forced: readonly boolean[],
  axisName?: string
) => BatchedJaxpr = memo(
  (size, batched, forced, axisName) => `${size} ${maskKey(batched)} ${maskKey(forced)} ${axisName ?? ''}`,
  (jaxpr, size, batched, forced, axisName) => {
    let flags: readonly boolean[] = []
    const withAxis = (v: Var, i: number): Var['aval'] => (batched[i] ? { ...v.aval, shape: [size, ...v.aval.shape] } : v.aval)
    const result = stageClosed((args) => {
      const [outs, outBatched] = batchArrays((xs) => evaluate(jaxpr, xs), size, args, batched, axisName)
      flags = outBatched.map((flag, i) => flag || forced[i])
      return outs.map((x, i) => (forced[i] && !outBatched[i] ? broadcastLeading(size, x) : x))
    }, jaxpr.inputs.map(withAxis))
    return { jaxpr: result, batched: flags }
  }
)
