import type { NdArray } from '../../core/array.js'
import { checkOptions } from '../../core/options.js'
import type { Atom, Jaxpr, Primitive } from '../../core/primitive.js'
import { bind, currentTrace, evaluation } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { silent } from '../../ir/effects.js'
import { avalsOf, withParts } from '../../ir/jaxpr.js'
import { paramKey } from '../../ir/key.js'
import { maskKey, memo } from '../../ir/memo.js'
import { stage } from '../../ir/stage.js'
import { argumentsOf, flatFunction, named, type Fn } from '../../transform/boundary.js'
import { linearizeJaxpr, type Residual } from '../../transform/jaxprs.js'
import { select } from '../../transform/mask.js'
import { callRules, pushed, type CallParams } from '../call.js'
import { inlined } from '../inline.js'
import { call } from '../jit.js'
import { none } from '../wiring.js'
import { cut } from './cut.js'
import { checkPolicy, policies, type Policies, type Policy } from './policy.js'

export interface CheckpointParams extends CallParams {
  readonly policy: Policy
  /** It computes again what was computed before, and is not to be merged with that. */
  readonly again?: boolean
}

/** A jaxpr linearized, its residuals cut into what is saved and what is computed again. */
interface Rematerialized {
  /** From the operands to the outputs and to what is saved. */
  readonly forward: Jaxpr
  /** Where each saved value is among the results of `forward`. */
  readonly saved: readonly number[]
  /** Which operands the linear part reads. */
  readonly operands: readonly boolean[]
  /** From those operands, what is saved, and tangents to tangents of the outputs. It computes the other residuals first. */
  readonly linear: Jaxpr
  /** Whether it computes anything again. */
  readonly again: boolean
  readonly varies: readonly boolean[]
}

const rematerialize: (jaxpr: Jaxpr, nonzero: readonly boolean[], policy: Policy) => Rematerialized = memo(
  (nonzero, policy) => `${maskKey(nonzero)} ${paramKey(policy)}`,
  (jaxpr, nonzero, policy) => {
    const split = linearizeJaxpr(jaxpr, nonzero, none(jaxpr.outputs))
    const { inputs, eqns, outputs } = inlined(split.forward)
    const outs = outputs.slice(0, split.varies.length)
    const places: Readonly<Record<Residual['from'], readonly Atom[]>> = { input: inputs, output: outs, new: outputs.slice(outs.length) }
    const residuals = split.residuals.map(({ from, index }) => places[from][index])
    const { eqns: whole, saved, again } = cut(eqns, residuals, policy)

    const results = [...outs, ...saved.filter((v) => !outs.includes(v))]
    const sources = new Map<Atom, Atom>(residuals.map((atom, i) => [split.linear.inputs[i], atom]))
    const find = (atom: Atom): Atom => sources.get(atom) ?? atom
    const tangents = split.linear.inputs.slice(residuals.length)
    const linear = dce(
      {
        inputs: [...inputs, ...saved, ...tangents],
        eqns: [...again, ...split.linear.eqns.map((eqn) => withParts(eqn, eqn.inputs.map(find)))],
        outputs: split.linear.outputs.map(find)
      },
      'all',
      [...none(inputs), ...saved.map(() => true), ...tangents.map(() => true)]
    )
    return {
      forward: saved.length === 0 ? jaxpr : dce({ inputs, eqns: whole, outputs: results }, 'all', true).jaxpr,
      saved: saved.map((v) => results.indexOf(v)),
      operands: linear.usedInputs.slice(0, inputs.length),
      linear: silent(linear.jaxpr),
      again: again.length > 0,
      varies: split.varies
    }
  }
)

/** A call whose residuals are computed again, but for those that the policy saves, when the backward pass needs them. */
export const checkpointP: Primitive<'checkpoint', CheckpointParams> = {
  name: 'checkpoint',
  ...callRules<CheckpointParams>(() => checkpointP),
  linearize(primals, params, nonzero) {
    const { jaxpr, name, policy } = params
    const { forward, saved, operands, linear, again, varies } = rematerialize(jaxpr, nonzero, policy)
    const results = params.again === true ? bind(checkpointP, primals, { ...params, jaxpr: forward }) : call(name, forward, primals)
    const known = [...select(primals, operands), ...saved.map((place) => results[place])]
    const apply = (args: readonly NdArray[]): readonly NdArray[] =>
      again ? bind(checkpointP, args, { name, jaxpr: linear, policy, again } satisfies CheckpointParams) : call(name, linear, args)
    return [
      results.slice(0, varies.length),
      (tangents) => pushed(varies, () => apply([...known, ...tangents.filter((d) => d !== null)]))
    ]
  }
}

export interface CheckpointOptions {
  /** What is kept for the backward pass, beside the arguments: one of `checkpoint.policies`; `nothing` if not given. */
  readonly policy?: Policy
}

/** `checkpoint(f)`, `checkpoint.with({ policy })(f)`. */
export interface Checkpoint {
  <F extends Fn>(f: F, options?: CheckpointOptions): F
  readonly with: (options: CheckpointOptions) => <F extends Fn>(f: F) => F
  readonly policies: Policies
}

const checkpointed = (f: Fn, options: CheckpointOptions): Fn => {
  checkOptions('checkpoint', options, ['policy'])
  const policy = checkPolicy(options.policy ?? policies.nothing)
  const name = f.name === '' ? 'function' : f.name
  return named('checkpoint', f, (...args: readonly unknown[]): unknown => {
    const { arrays, treedef } = argumentsOf('checkpoint', args)
    const { run, result } = flatFunction('checkpoint', f, treedef)
    const apply = (): readonly NdArray[] => {
      if (currentTrace() === evaluation) return run(arrays)
      const { jaxpr, captured } = stage(run, avalsOf(arrays), { who: 'checkpoint' })
      return bind(checkpointP, [...captured, ...arrays], { name, jaxpr, policy })
    }
    const outs = apply()
    return result().unflatten(outs)
  })
}

/**
 * The same function, whose backward pass computes intermediate values again instead of keeping them: memory for time.
 * `policy` says what is kept nevertheless. JAX's `checkpoint`, or `remat`. Throws ArgumentError for arguments that are
 * no arrays (close over them) and for unknown policies.
 *
 * @example
 * const layer = checkpoint((x: NdArray) => np.tanh(np.sin(x)))
 * grad(layer)(np.array(0)) // 1
 * checkpoint(np.sin, { policy: checkpoint.policies.dotsSaveable })(np.array(0)) // 0
 */
export const checkpoint: Checkpoint = Object.assign((f: Fn, options: CheckpointOptions = {}) => checkpointed(f, options), {
  with: (options: CheckpointOptions) => (f: Fn) => checkpointed(f, options),
  policies
}) as Checkpoint // the function has the type of the original

/** `checkpoint` by its other name. */
export const remat: Checkpoint = checkpoint
