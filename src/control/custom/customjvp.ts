import type { NdArray } from '../../core/array.js'
import { ArgumentError, DerivativeError } from '../../core/errors.js'
import { checkFunction } from '../../core/options.js'
import type { Jaxpr, Primitive, Tangent } from '../../core/primitive.js'
import { bind, currentTrace, evaluation } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { split } from '../../ir/split.js'
import { stage } from '../../ir/stage.js'
import { instantiate, zerosLike } from '../../lax/broadcast.js'
import { named, type Fn } from '../../transform/boundary.js'
import { batchJaxpr, linearizeJaxpr } from '../../transform/jaxprs.js'
import { scatter, select } from '../../transform/mask.js'
import { callAvals } from '../call.js'
import { closing } from '../closure.js'
import {
  customCall, floatsAmong, nameOf, pairOf, positionsOf, refuseCaptured, ruled,
  type CustomOptions, type CustomParams, type Differentiated, type OrZero
} from './custom.js'
import { transposeCall } from '../jit.js'
import { matching, matchingTangents } from './match.js'
import { either, none } from '../wiring.js'

export interface CustomJvpParams extends CustomParams {
  /** From the operands, and the tangents of those that the rule differentiates, to the outputs, and the tangents of the floating ones. */
  readonly derivative: Jaxpr
}

const whose = (name: string): string => `customJvp(${name})`

/** A rule cut into what is computed now and what is linear in the tangents. */
interface LinearRule {
  /** From the operands, and the tangents if it `reads` some, to the outputs and to what the linear part reads. */
  readonly forward: Jaxpr
  readonly reads: boolean
  /** Where each residual is: among the arguments or the results of `forward`. */
  readonly residuals: readonly { readonly from: 'argument' | 'result'; readonly index: number }[]
  /** From the residuals and the tangents that are marked in `takes` to the tangents that are marked in `varies`. */
  readonly linear: Jaxpr
  readonly takes: readonly boolean[]
  readonly varies: readonly boolean[]
}

/** The rule as it is written, which shows where it is not linear; nothing if loops or calls in it mix values with tangents. */
const written = (derivative: Jaxpr, operands: number, outputs: number): LinearRule | undefined => {
  const forced = derivative.outputs.map((_, i) => i >= outputs)
  const cut = split(derivative, derivative.inputs.map((_, i) => i >= operands), forced)
  if (cut.unknownOutputs.slice(0, outputs).includes(true)) return undefined
  return {
    forward: cut.known,
    reads: false,
    residuals: cut.known.outputs.slice(outputs).map((_, i) => ({ from: 'result', index: outputs + i })),
    linear: cut.rest,
    takes: derivative.inputs.slice(operands).map(() => true),
    varies: forced.slice(outputs)
  }
}

/**
 * A rule is linear in its tangents, so it is its own derivative with respect to them, wherever they are, and what that
 * reads does not depend on them. This cuts through loops and calls, and knows what is zero. Nothing if the value depends
 * on tangents.
 */
const linearRule: (derivative: Jaxpr, operands: number, outputs: number, nonzero: readonly boolean[]) => LinearRule | null = memo(
  (operands, outputs, nonzero) => `${operands} ${outputs} ${maskKey(nonzero)}`,
  (derivative, operands, outputs, nonzero) => {
    const inputs = derivative.inputs.map((_, i) => i < operands)
    const { forward, linear, residuals, varies } =
      linearizeJaxpr(derivative, [...inputs.slice(0, operands).map(() => false), ...nonzero], none(derivative.outputs))
    if (varies.slice(0, outputs).includes(true)) return null
    const places = residuals.map(({ from, index }) => ({ from, index: from === 'new' ? varies.length + index : index }))
    const needed = forward.outputs.map((_, i) => i < outputs || places.some(({ from, index }) => from !== 'input' && index === i))
    const pruned = dce(forward, needed, inputs)
    const kept = places.some(({ from, index }) => from === 'input' && !inputs[index])
    const reads = kept || pruned.usedInputs.some((used, i) => used && !inputs[i])
    const position = (index: number): number => needed.slice(0, index).filter((flag) => flag).length
    return (reads ? written(derivative, operands, outputs) : undefined) ?? {
      forward: reads ? dce(forward, needed, true).jaxpr : pruned.jaxpr,
      reads,
      residuals: places.map(({ from, index }) =>
        (from === 'input' ? { from: 'argument', index } : { from: 'result', index: position(index) })),
      linear,
      takes: nonzero,
      varies: varies.slice(outputs)
    }
  }
)

/** A function whose derivative is a rule. */
export const customJvpP: Primitive<'custom_jvp', CustomJvpParams> = {
  name: 'custom_jvp',
  jaxprs: ({ jaxpr, derivative }) => [jaxpr, derivative],
  abstract: (avals, { jaxpr, name }) => callAvals(whose(name), avals, jaxpr),
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  jvp(primals, tangents, params) {
    refuseCaptured(whose(params.name), params, tangents.map((d) => d !== null))
    const { jaxpr, derivative } = params
    const results = evaluate(derivative, [...primals, ...select(primals.map((x, i) => instantiate(tangents[i], x)), ruled(params))])
    const count = jaxpr.outputs.length
    return [results.slice(0, count), scatter(results.slice(count), floatsAmong(jaxpr.outputs))]
  },
  linearize(primals, params, nonzero) {
    const { name, jaxpr, derivative } = params
    refuseCaptured(whose(name), params, nonzero)
    const mask = ruled(params)
    const count = jaxpr.outputs.length
    const rule = linearRule(derivative, primals.length, count, select(nonzero, mask))
    if (rule === null) throw new DerivativeError(whose(name), 'a rule whose value does not depend on the tangents', 'one whose value does')
    const { forward, reads, residuals, linear, takes, varies } = rule
    const slots = derivative.inputs.slice(primals.length)
    const args = reads ? [...primals, ...slots.map(zerosLike)] : primals
    const results = evaluate(forward, args)
    const known = residuals.map(({ from, index }) => (from === 'argument' ? args : results)[index])
    const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
      const taken = select(select(tangents, mask).map((d, i) => (takes[i] ? instantiate(d, slots[i]) : d)), takes)
      const slopes = evaluate(linear, [...known, ...taken.filter((d) => d !== null)])
      return scatter(scatter(slopes, varies), floatsAmong(jaxpr.outputs))
    }
    return [results.slice(0, count), push]
  },
  transpose: (cts, operands, { name, jaxpr }) => transposeCall(name, jaxpr, cts, operands),
  batch(size, operands, batched, params, axisName) {
    const { jaxpr, derivative } = params
    const [mask, floats] = [ruled(params), floatsAmong(jaxpr.outputs)]
    const both = (forced: readonly boolean[]) => ({
      value: batchJaxpr(jaxpr, size, batched, forced, axisName),
      rule: batchJaxpr(derivative, size, [...batched, ...select(batched, mask)], [...forced, ...select(forced, floats)], axisName)
    })
    // An output is batched if its tangent is, as they are of one shape.
    const { value, rule } = both(none(jaxpr.outputs))
    const slopes = scatter(rule.batched.slice(floats.length), floats).map((flag) => flag === true)
    const flags = either(either(value.batched, rule.batched.slice(0, floats.length)), slopes)
    const forced = both(flags)
    return [bind(customJvpP, operands, { ...params, jaxpr: forced.value.jaxpr, derivative: forced.rule.jaxpr }), flags]
  },
  dce(used, eqn) {
    const params = eqn.params as CustomJvpParams // the equation is one of this primitive
    const { jaxpr, derivative, captured } = params
    const mask = ruled(params)
    const usedByRule = [...used, ...select(used, floatsAmong(jaxpr.outputs))]
    const read = dce(derivative, usedByRule).usedInputs
    const readTangents = scatter(read.slice(mask.length), mask).map((flag) => flag === true)
    const kept = either(either(dce(jaxpr, used).usedInputs, read.slice(0, mask.length)), readTangents)
    const next = {
      jaxpr: dce(jaxpr, used, kept).jaxpr,
      derivative: dce(derivative, usedByRule, [...kept, ...select(kept, mask)]).jaxpr
    }
    if (next.jaxpr === jaxpr && next.derivative === derivative) return eqn
    return {
      ...eqn,
      params: { ...params, ...next, captured: kept.slice(0, captured).filter((flag) => flag).length } satisfies CustomJvpParams,
      inputs: select(eqn.inputs, kept),
      outputs: select(eqn.outputs, used)
    }
  }
}

/** The value and the tangent, of primals and tangents. */
type Joint = (primals: readonly unknown[], tangents: readonly unknown[]) => readonly [value: unknown, tangent: unknown]

const custom = (f: Fn, rule: (who: string) => Joint, options: CustomOptions<readonly number[]>): Fn => {
  const name = nameOf('customJvp', f)
  const who = whose(name)
  const nondiff = positionsOf(who, options)
  const joint = rule(who)
  return named('customJvp', f, (...args: readonly unknown[]): unknown => {
    const { arrays, treedef, complete, flat } = customCall(who, args, nondiff)
    const { run, result } = flat(f)
    const apply = (): readonly NdArray[] => {
      if (currentTrace() === evaluation) return run(arrays)
      const avals = avalsOf(arrays)
      const value = stage(run, avals, { who })
      const like = { avals: avalsOf(value.jaxpr.outputs), treedef: result() }
      const floats = floatsAmong(arrays)
      const derivative = stage((inputs) => {
        const primals = inputs.slice(0, arrays.length)
        const tangents = scatter(inputs.slice(arrays.length), floats).map((d, i) => d ?? zerosLike(primals[i]))
        // Both are tuples, like the arguments.
        const [point, direction] = [treedef.unflatten(primals) as readonly unknown[], treedef.unflatten(tangents) as readonly unknown[]]
        const [out, slope] = joint(complete(point), direction)
        const outs = matching({ who, what: 'values', root: 'value' }, out, like, ['the value of the function', 'that of its rule'])
        const slopes = matchingTangents({ who, what: 'tangents', root: 'tangent' }, slope, like).map((d, i) => instantiate(d, outs[i]))
        return [...outs, ...select(slopes, floatsAmong(outs))]
      }, [...avals, ...select(avals, floats)], { who })
      const { jaxprs, captured } = closing([value, derivative])
      const params: CustomJvpParams = { name, captured: captured.length, jaxpr: jaxprs[0], derivative: jaxprs[1] }
      return bind(customJvpP, [...captured, ...arrays], params)
    }
    const outs = apply()
    return result().unflatten(outs)
  })
}

const curried = (rule: Fn) => (who: string): Joint => {
  checkFunction(who, 'a rule: a function of the primals', rule)
  return (primals, tangents) => {
    const expected = 'a rule that returns [value, (…tangents) => tangent]'
    const [value, push] = pairOf(who, expected, rule(...(primals as never[]))) // the arguments of the function
    if (typeof push !== 'function') throw new ArgumentError(who, expected, push)
    return [value, (push as Fn)(...(tangents as never[]))] // like the arguments
  }
}

const jointly = (rule: Fn) => (who: string): Joint => {
  checkFunction(who, 'a rule: a function of primals and tangents', rule)
  // Both are like the arguments.
  return (primals, tangents) => pairOf(who, 'a rule that returns [value, tangent]', rule(primals as never, tangents as never))
}

/** `customJvp(f, rule)`, `customJvp.joint(f, rule)`. */
export interface CustomJvp {
  <A extends readonly unknown[], R, const N extends readonly number[] = readonly []>(
    f: (...args: A) => R,
    rule: (...primals: A) => readonly [value: R, push: (...tangents: Differentiated<A, N>) => OrZero<R>],
    options?: CustomOptions<N>
  ): (...args: A) => R
  readonly joint: <A extends readonly unknown[], R, const N extends readonly number[] = readonly []>(
    f: (...args: A) => R,
    rule: (primals: A, tangents: Differentiated<A, N>) => readonly [value: R, tangent: OrZero<R>],
    options?: CustomOptions<N>
  ) => (...args: A) => R
}

/**
 * The same function with a derivative of your own: the rule takes the arguments and returns the value and, as a
 * function, the linear map from tangents of the arguments to the tangent of the value (`null` is zero). It serves forward and reverse
 * mode, of any order. `customJvp.joint` takes JAX's form, `([…primals], […tangents]) => [value, tangent]`. Arguments are
 * pytrees; those at the positions `nondiff` may be anything, and have `null` for their tangent. JAX's `custom_jvp`.
 *
 * Throws TreeError, ShapeError or DTypeError, with every path, for a rule whose results are not like the function's;
 * DerivativeError for a derivative with respect to what the function closes over, and for a rule that is not linear.
 *
 * @example
 * const log1pexp = customJvp(
 *   (x: NdArray) => np.log1p(np.exp(x)),
 *   (x) => [np.log1p(np.exp(x)), (dx) => np.mul(dx, np.sub(1, np.reciprocal(np.add(1, np.exp(x)))))]
 * )
 * grad(log1pexp)(np.array(100)) // 1
 */
export const customJvp: CustomJvp = Object.assign(
  (f: Fn, rule: Fn, options: CustomOptions<readonly number[]> = {}) => custom(f, curried(rule), options),
  { joint: (f: Fn, rule: Fn, options: CustomOptions<readonly number[]> = {}) => custom(f, jointly(rule), options) }
) as CustomJvp // one implementation serves all types of arguments
