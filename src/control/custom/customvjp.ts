import type { NdArray } from '../../core/array.js'
import { DerivativeError, JaxprError } from '../../core/errors.js'
import { checkFunction } from '../../core/options.js'
import { Unknown, type Jaxpr, type Primitive, type Tangent } from '../../core/primitive.js'
import { bind, currentTrace, evaluation } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { stage, stageClosed } from '../../ir/stage.js'
import { instantiate, reduceSum, zerosLike } from '../../lax/broadcast.js'
import { arraysOf, named, type Fn } from '../../transform/boundary.js'
import { batchJaxpr } from '../../transform/jaxprs.js'
import { scatter, select } from '../../transform/mask.js'
import type { TreeDef } from '../../tree/treedef.js'
import { callAvals, knownOnes } from '../call.js'
import { closing } from '../closure.js'
import {
  customCall, floatsAmong, nameOf, pairOf, positionsOf, refuseCaptured,
  type ArgumentCotangents, type CustomOptions, type CustomParams, type Nondiff
} from './custom.js'
import { transposeCall } from '../jit.js'
import { matching, matchingTangents } from './match.js'
import { either, none } from '../wiring.js'

export interface CustomVjpParams extends CustomParams {
  /** From the operands to the outputs and the residuals. */
  readonly forward: Jaxpr
  /** From the captured operands, the residuals and cotangents of the floating outputs to cotangents of operands. */
  readonly backward: Jaxpr
  /** Which operands `backward` gives a cotangent. */
  readonly given: readonly boolean[]
}

export interface CustomVjpLinearParams {
  readonly name: string
  /** How many of the first operands are known: what `backward` reads beside cotangents. */
  readonly known: number
  /** From those and the cotangents of the outputs to the cotangents of the other operands. */
  readonly backward: Jaxpr
}

const whose = (name: string): string => `customVjp(${name})`

const forwardMode = (name: string): DerivativeError => {
  const cure = 'use jacrev and grad of grad in place of jacfwd and jvp, or write the rule with customJvp'
  return new DerivativeError(whose(name), `reverse mode, which is all that its rule is for (${cure})`, 'forward mode')
}

/** A backward pass over a batch. Cotangents of operands that are the same for every example are summed. */
const batchBackward: (
  backward: Jaxpr,
  size: number,
  batched: readonly boolean[],
  operands: readonly boolean[],
  axisName: string | undefined
) => Jaxpr = memo(
  (size, batched, operands, axisName) => `${size} ${maskKey(batched)} ${maskKey(operands)} ${axisName ?? ''}`,
  (backward, size, batched, operands, axisName) => {
    const each = batchJaxpr(backward, size, batched, operands, axisName)
    if (each.batched.every((flag, i) => flag === operands[i])) return each.jaxpr
    const sum = (ct: NdArray, i: number): NdArray => (each.batched[i] && !operands[i] ? reduceSum(ct, [0]) : ct)
    return stageClosed((args) => evaluate(each.jaxpr, args).map(sum), avalsOf(each.jaxpr.inputs))
  }
)

/** What the derivative of a function with a rule for reverse mode is: linear, and known by its transpose alone. */
export const customVjpLinearP: Primitive<'custom_vjp_linear', CustomVjpLinearParams> = {
  name: 'custom_vjp_linear',
  jaxprs: ({ backward }) => [backward],
  abstract(avals, { name, known, backward }) {
    const inputs = [...backward.inputs.slice(0, known), ...backward.outputs]
    return callAvals(whose(name), avals, { inputs, outputs: backward.inputs.slice(known) })
  },
  impl: (_, { name }) => {
    throw forwardMode(name)
  },
  linearize: (_, { name }) => {
    throw forwardMode(name)
  },
  transpose(cts, operands, { name, known, backward }) {
    const residuals = knownOnes(operands.slice(0, known))
    if (residuals.length < known) throw new JaxprError(whose(name), 'residuals that are known', 'one that is transposed')
    const filled = cts.map((ct, i) => instantiate(ct, backward.inputs[known + i]))
    const results = evaluate(backward, [...residuals, ...filled])
    return operands.map((x, i) => (i >= known && x instanceof Unknown ? results[i - known] : null))
  },
  batch(size, operands, batched, { name, known, backward }, axisName) {
    const outs = backward.inputs.slice(known).map(() => true)
    const next = batchBackward(backward, size, [...batched.slice(0, known), ...outs], batched.slice(known), axisName)
    return [bind(customVjpLinearP, operands, { name, known, backward: next }), outs]
  }
}

/** A function over a batch, beside its forward and backward passes: outputs are batched alike. */
const batchRule = (
  params: CustomVjpParams, size: number, batched: readonly boolean[], forced: readonly boolean[], axisName: string | undefined
) => {
  const { captured, jaxpr, forward, backward, given } = params
  const count = jaxpr.outputs.length
  const fresh = none(forward.outputs.slice(count))
  const both = (flags: readonly boolean[]) => ({
    value: batchJaxpr(jaxpr, size, batched, flags, axisName),
    passed: batchJaxpr(forward, size, batched, [...flags, ...fresh], axisName)
  })
  const first = both(forced)
  const flags = either(first.value.batched, first.passed.batched.slice(0, count))
  const { value, passed } = both(flags)
  const read = [...batched.slice(0, captured), ...passed.batched.slice(count), ...select(flags, floatsAmong(jaxpr.outputs))]
  const operands = select(batched, given)
  return {
    flags,
    next: {
      ...params,
      jaxpr: value.jaxpr,
      forward: passed.jaxpr,
      backward: batchBackward(backward, size, read, operands, axisName)
    },
    /** Whether cotangents are summed that an unbatched output would be counted in once for each example. */
    sums: batchJaxpr(backward, size, read, none(operands), axisName).batched.some((flag, i) => flag && !operands[i])
  }
}

/** The backward pass for cotangents of some outputs: those of the others are zero. */
const withZeros: (backward: Jaxpr, cotangents: number, used: readonly boolean[]) => Jaxpr = memo(
  (cotangents, used) => `${cotangents} ${maskKey(used)}`,
  (backward, cotangents, used) => {
    const known = backward.inputs.length - cotangents
    const outs = backward.inputs.slice(known)
    return stageClosed((args) => {
      const cts = scatter(args.slice(known), used).map((ct, i) => ct ?? zerosLike(outs[i]))
      return evaluate(backward, [...args.slice(0, known), ...cts])
    }, [...avalsOf(backward.inputs.slice(0, known)), ...avalsOf(select(outs, used))])
  }
)

/** A function whose reverse mode is a pair of rules: a forward pass that keeps residuals, and a backward pass. */
export const customVjpP: Primitive<'custom_vjp', CustomVjpParams> = {
  name: 'custom_vjp',
  jaxprs: ({ jaxpr, forward, backward }) => [jaxpr, forward, backward],
  abstract: (avals, { jaxpr, name }) => callAvals(whose(name), avals, jaxpr),
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  jvp: (_, __, { name }) => {
    throw forwardMode(name)
  },
  linearize(primals, params, nonzero) {
    const { name, captured, jaxpr, forward, backward, given } = params
    refuseCaptured(whose(name), params, nonzero)
    const count = jaxpr.outputs.length
    const floats = floatsAmong(jaxpr.outputs)
    const wanted = given.map((flag, i) => flag && nonzero[i])
    const results = evaluate(forward, primals)
    const residuals = [...primals.slice(0, captured), ...results.slice(count)]
    const cotangents = backward.inputs.slice(residuals.length).map(() => true)
    const pruned = dce(backward, select(wanted, given), [...none(residuals), ...cotangents])
    const known = select(residuals, pruned.usedInputs.slice(0, residuals.length))
    const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
      if (!wanted.includes(true) || !floats.includes(true)) return floats.map(() => null)
      const varying = select(tangents, wanted).filter((d) => d !== null)
      return scatter(bind(customVjpLinearP, [...known, ...varying], { name, known: known.length, backward: pruned.jaxpr }), floats)
    }
    return [results.slice(0, count), push]
  },
  transpose: (cts, operands, { name, jaxpr }) => transposeCall(name, jaxpr, cts, operands),
  batch(size, operands, batched, params, axisName) {
    const floats = floatsAmong(params.jaxpr.outputs)
    const own = batchRule(params, size, batched, none(floats), axisName)
    const unbatched = own.flags.some((flag, i) => floats[i] && !flag)
    const { next, flags } = own.sums && unbatched ? batchRule(params, size, batched, floats, axisName) : own
    return [bind(customVjpP, operands, next), flags]
  },
  dce(used, eqn) {
    if (!used.includes(false)) return eqn
    const params = eqn.params as CustomVjpParams // the equation is one of this primitive
    const { jaxpr, forward, backward } = params
    const floats = floatsAmong(jaxpr.outputs)
    const residuals = forward.outputs.slice(used.length).map(() => true)
    return {
      ...eqn,
      params: {
        ...params,
        jaxpr: dce(jaxpr, used, true).jaxpr,
        forward: dce(forward, [...used, ...residuals], true).jaxpr,
        backward: withZeros(backward, floats.filter((flag) => flag).length, select(used, floats))
      } satisfies CustomVjpParams,
      outputs: select(eqn.outputs, used)
    }
  }
}

const custom = (f: Fn, forward: Fn, backward: Fn, options: CustomOptions<readonly number[]>): Fn => {
  const name = nameOf('customVjp', f)
  const who = whose(name)
  checkFunction(who, 'a forward pass: a function of the arguments', forward)
  checkFunction(who, 'a backward pass: a function of residuals and a cotangent', backward)
  const nondiff = positionsOf(who, options)
  return named('customVjp', f, (...args: readonly unknown[]): unknown => {
    const { arrays, treedef, fixed, flat, complete } = customCall(who, args, nondiff)
    const { run, result } = flat(f)
    const traced = (): readonly [operands: readonly NdArray[], params: CustomVjpParams] => {
      const avals = avalsOf(arrays)
      const value = stage(run, avals, { who })
      const like = { avals: avalsOf(value.jaxpr.outputs), treedef: result() }
      const count = like.avals.length
      const floats = floatsAmong(value.jaxpr.outputs)

      let kept: TreeDef = like.treedef
      const passed = stage((inputs) => {
        const out = forward(...(complete(treedef.unflatten(inputs) as readonly unknown[]) as never[])) // the arguments of the function
        const [first, residuals] = pairOf(who, 'a forward pass that returns [value, residuals]', out)
        const names = ['the value of the function', 'that of its forward pass'] as const
        const outs = matching({ who, what: 'values', root: 'value' }, first, like, names)
        const rest = arraysOf(who, residuals, ['residuals'])
        kept = rest.treedef
        return [...outs, ...rest.arrays]
      }, avals, { who })

      let pulls: readonly boolean[] = []
      const pulled = stage((inputs) => {
        const cts = scatter(inputs.slice(kept.size), floats).map((ct, i) => ct ?? zerosLike({ aval: like.avals[i] }))
        const given = [kept.unflatten(inputs.slice(0, kept.size)), like.treedef.unflatten(cts), ...fixed]
        const back = backward(...(given as never[])) // what it takes
        const found = matchingTangents({ who, what: 'cotangents', root: 'cotangents' }, back, { avals, treedef })
        pulls = found.map((ct) => ct !== null)
        return found.filter((ct) => ct !== null)
      }, [...avalsOf(passed.jaxpr.outputs.slice(count)), ...select(like.avals, floats)], { who })

      // Residuals that the backward pass does not read are not kept.
      const start = pulled.captured.length
      const pinned = pulled.jaxpr.inputs.map((_, i) => i < start || i >= start + kept.size)
      const pruned = dce(pulled.jaxpr, 'all', pinned)
      const read = [...like.avals.map(() => true), ...pruned.usedInputs.slice(start, start + kept.size)]
      const { jaxprs, captured } = closing([
        value,
        { captured: passed.captured, jaxpr: dce(passed.jaxpr, read, true).jaxpr },
        { captured: pulled.captured, jaxpr: pruned.jaxpr }
      ])
      const given = [...none(captured), ...pulls]
      const [jaxpr, first, second] = jaxprs
      return [[...captured, ...arrays], { name, captured: captured.length, jaxpr, forward: first, backward: second, given }]
    }
    const outs = currentTrace() === evaluation ? run(arrays) : bind(customVjpP, ...traced())
    return result().unflatten(outs)
  })
}

/** `customVjp(f, forward, backward)`. */
export type CustomVjp = <A extends readonly unknown[], R, S, const N extends readonly number[] = readonly []>(
  f: (...args: A) => R,
  forward: (...args: A) => readonly [value: R, residuals: S],
  backward: (residuals: S, cotangent: R, ...nondiff: Nondiff<A, N>) => ArgumentCotangents<A, N>,
  options?: CustomOptions<N>
) => (...args: A) => R

/**
 * The same function with a reverse mode of your own. Where it is differentiated, `forward` runs in place of `f` and
 * returns the value and residuals, a pytree of whatever the backward pass needs; `backward` takes the residuals and a cotangent
 * of the value and returns the cotangents of the arguments: a tuple with an entry for each, `null` for zeros and for
 * integers. Arguments are pytrees; those at the positions `nondiff` may be anything (functions, say), have `null` for
 * their cotangent, and are handed to `backward` after the others. JAX's `custom_vjp`.
 *
 * Throws TreeError, ShapeError or DTypeError, with every path, for results that are not like what they belong to;
 * DerivativeError in forward mode, and for a derivative with respect to what the function closes over.
 *
 * @example
 * const clipped = customVjp((x: NdArray) => x, (x) => [x, null], (_, ct) => [np.clip(ct, -1, 1)])
 * grad((x: NdArray) => np.mul(clipped(x), 5))(np.array(2)) // 1
 */
export const customVjp: CustomVjp = (f: Fn, forward: Fn, backward: Fn, options: CustomOptions<readonly number[]> = {}) =>
  custom(f, forward, backward, options) as never // one implementation serves all types of arguments
