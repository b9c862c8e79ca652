import type { NdArray } from '../../core/array.js'
import { showAval, type Aval } from '../../core/aval.js'
import { ArgumentError } from '../../core/errors.js'
import { checkFunction } from '../../core/options.js'
import type { Batched, Jaxpr, Primitive } from '../../core/primitive.js'
import { bind, currentTrace, evaluation } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf, axisNames } from '../../ir/jaxpr.js'
import { stage } from '../../ir/stage.js'
import { broadcastLeading, instantiate, zerosLike } from '../../lax/broadcast.js'
import { argumentsOf, arraysOf, flatFunction, named, type Fn } from '../../transform/boundary.js'
import { jvpArrays } from '../../transform/differentiate.js'
import { batchJaxpr, jvpJaxpr } from '../../transform/jaxprs.js'
import { scatter, select } from '../../transform/mask.js'
import { requireSameStructure } from '../../tree/compare.js'
import { broadcastPrefix } from '../../tree/prefix.js'
import type { TreeDef } from '../../tree/treedef.js'
import type { MapLeaves } from '../../tree/types.js'
import { callAvals } from '../call.js'
import { call, linearizeCall, transposeCall } from '../jit.js'
import { none } from '../wiring.js'
import { fitted } from './match.js'

/** A batching rule on arrays: the size of the axis, which operands carry it (leading), and the operands. */
export type BatchRule = (size: number, batched: readonly boolean[], operands: readonly NdArray[]) => Batched

export interface CustomBatchingParams {
  readonly name: string
  /** How many of the first operands are values that the function closes over: the rule does not see them. */
  readonly captured: number
  readonly jaxpr: Jaxpr
  readonly rule: BatchRule
}

const whose = (name: string): string => `customBatching(${name})`

/** The rule of the function beside its tangents: an operand is batched if its tangent is. */
const jvpOfRule = (rule: BatchRule, nonzero: readonly boolean[], varies: readonly boolean[]): BatchRule => (size, batched, operands) => {
  const count = nonzero.length
  const spread = (x: NdArray, has: boolean, wanted: boolean): NdArray => (wanted && !has ? broadcastLeading(size, x) : x)
  const flags = scatter(batched.slice(count), nonzero).map((flag, i) => batched[i] || flag === true)
  const primals = operands.slice(0, count).map((x, i) => spread(x, batched[i], flags[i]))
  let next = count
  const tangents = nonzero.map((flag, i) => {
    if (!flag) return null
    const at = next++
    return spread(operands[at], batched[at], flags[i])
  })
  let outBatched: readonly boolean[] = []
  const [outs, slopes] = jvpArrays((xs) => {
    const [values, own] = rule(size, flags, xs)
    outBatched = own
    return values
  }, primals, tangents)
  const kept = varies.flatMap((flag, i) => (flag ? [i] : []))
  return [[...outs, ...kept.map((i) => instantiate(slopes[i], outs[i]))], [...outBatched, ...kept.map((i) => outBatched[i])]]
}

/** The rule of the function for some of its outputs, and without the operands that those do not depend on. */
const prunedRule = (rule: BatchRule, avals: readonly Aval[], kept: readonly boolean[], used: readonly boolean[]): BatchRule =>
  (size, batched, operands) => {
    const flags = scatter(batched, kept).map((flag) => flag === true)
    const [outs, outBatched] = rule(size, flags, scatter(operands, kept).map((x, i) => x ?? zerosLike({ aval: avals[i] })))
    return [select(outs, used), select(outBatched, used)]
  }

/** A function with a batching rule of its own. */
export const customBatchingP: Primitive<'custom_batching', CustomBatchingParams> = {
  name: 'custom_batching',
  jaxprs: ({ jaxpr }) => [jaxpr],
  abstract: (avals, { jaxpr, name }) => callAvals(whose(name), avals, jaxpr),
  impl: (operands, { jaxpr }) => evaluate(jaxpr, operands),
  jvp(primals, tangents, params) {
    const nonzero = tangents.map((d) => d !== null)
    const { jaxpr, varies } = jvpJaxpr(params.jaxpr, nonzero, none(params.jaxpr.outputs))
    const { captured } = params
    const ds = tangents.filter((d) => d !== null)
    // Where captured values vary, the rule cannot know how: the program itself is batched.
    const results = nonzero.slice(0, captured).includes(true)
      ? call(params.name, jaxpr, [...primals, ...ds])
      : bind(customBatchingP, [...primals, ...ds], { ...params, jaxpr, rule: jvpOfRule(params.rule, nonzero.slice(captured), varies) })
    return [results.slice(0, varies.length), scatter(results.slice(varies.length), varies)]
  },
  linearize: (primals, { name, jaxpr }, nonzero) => linearizeCall(name, jaxpr, primals, nonzero),
  transpose: (cts, operands, { name, jaxpr }) => transposeCall(name, jaxpr, cts, operands),
  batch(size, operands, batched, { name, captured, jaxpr, rule }, axisName) {
    const outside = jaxpr.inputs.slice(0, captured).filter((_, i) => batched[i]).map(({ aval }) => showAval(aval))
    if (outside.length > 0) {
      const got = `${outside.join(' and ')} that it closes over`
      throw new ArgumentError(whose(name), 'what is mapped to be an argument (pass it as one)', got)
    }
    // Collectives over the axis mean something only in the program itself: the rule does not know the axis by name.
    const named = axisName !== undefined && axisNames(jaxpr).has(axisName)
    if (batched.includes(true) && !named) return rule(size, batched.slice(captured), operands.slice(captured))
    const own = batchJaxpr(jaxpr, size, batched, none(jaxpr.outputs), axisName)
    return [call(name, own.jaxpr, operands), own.batched]
  },
  dce(used, eqn) {
    const params = eqn.params as CustomBatchingParams // the equation is one of this primitive
    const { captured, rule } = params
    const { jaxpr, usedInputs } = dce(params.jaxpr, used)
    if (jaxpr === params.jaxpr) return eqn
    const avals = avalsOf(params.jaxpr.inputs.slice(captured))
    return {
      ...eqn,
      params: {
        ...params,
        jaxpr,
        captured: usedInputs.slice(0, captured).filter((flag) => flag).length,
        rule: prunedRule(rule, avals, usedInputs.slice(captured), used)
      } satisfies CustomBatchingParams,
      inputs: select(eqn.inputs, usedInputs),
      outputs: select(eqn.outputs, used)
    }
  }
}

/** What the rule returned, as it must be: like the function's result, with the mapped axis leading where it says so. */
const checked = (who: string, size: number, result: unknown, treedef: TreeDef, avals: readonly Aval[]): Batched => {
  const expected = 'a rule that returns [result, batched]'
  if (!Array.isArray(result) || result.length !== 2) throw new ArgumentError(who, expected, result)
  const [out, outBatched] = result as unknown as readonly [unknown, unknown] // just looked
  const flat = arraysOf(who, out, ['result'])
  requireSameStructure(who, treedef, flat.treedef, ['the result of the function', 'that of its rule'])
  const flags = broadcastPrefix(who, outBatched, treedef).map((flag) => {
    if (typeof flag !== 'boolean') throw new ArgumentError(who, `${expected}, batched a tree of booleans`, flag)
    return flag
  })
  const wanted = avals.map((aval, i) => (flags[i] ? { ...aval, shape: [size, ...aval.shape] } : aval))
  const asked = { who, what: 'results (the mapped axis leading where they are batched)', root: 'result' }
  return [fitted(asked, flat.arrays, { avals: wanted, treedef }), flags]
}

/** A tree of booleans in place of a tree of arrays. */
type Flags<T> = MapLeaves<T, NdArray, boolean>

/** `customBatching(f, rule)`. */
export type CustomBatching = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  rule: (size: number, batched: { readonly [K in keyof A]: Flags<A[K]> }, ...args: A) => readonly [result: R, batched: Flags<R> | boolean]
) => (...args: A) => R

/**
 * The same function with a batching rule of your own. Under `vmap` the rule is called in its place, with the size of
 * the mapped axis, a tuple of trees of booleans that say which arrays carry it (it leads), and the arguments; it returns the
 * result for the whole batch and which arrays of it carry the axis: a tree of booleans, or one for all. Derivatives are
 * those of the rule where a batch is differentiated, and of the function where a derivative in reverse mode is batched. JAX's
 * `custom_vmap`. Throws TreeError, ShapeError or DTypeError for a rule whose result is not like the function's,
 * ArgumentError for a mapped value that the function closes over.
 *
 * @example
 * const double = customBatching((x: NdArray) => np.mul(x, 2), (size, [batched], x) => [np.add(x, x), batched])
 * vmap(double)(np.array([1, 2])) // [2, 4]
 */
export const customBatching: CustomBatching = (f: Fn, rule: Fn) => {
  const name = checkFunction('customBatching', 'a function', f).name === '' ? 'function' : f.name
  const who = whose(name)
  checkFunction(who, 'a rule: a function of a size, of flags and of the arguments', rule)
  return named('customBatching', f, (...args: readonly unknown[]): unknown => {
    const { arrays, treedef } = argumentsOf(who, args)
    const { run, result } = flatFunction(who, f, treedef)
    const apply = (): readonly NdArray[] => {
      if (currentTrace() === evaluation) return run(arrays)
      const { jaxpr, captured } = stage(run, avalsOf(arrays), { who })
      const [structure, avals] = [result(), avalsOf(jaxpr.outputs)]
      const flat: BatchRule = (size, batched, operands) => {
        const given = [size, treedef.unflatten(batched), ...(treedef.unflatten(operands) as readonly unknown[])] // a tuple of arguments
        return checked(who, size, rule(...(given as never[])), structure, avals)
      }
      return bind(customBatchingP, [...captured, ...arrays], { name, captured: captured.length, jaxpr, rule: flat })
    }
    const outs = apply()
    return result().unflatten(outs)
  }) as never // one implementation serves all types of arguments
}
