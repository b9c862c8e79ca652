import { optimizationBarrierP } from '../../control/barrier.js'
import type { CallParams } from '../../control/call.js'
import type { CheckpointParams } from '../../control/checkpoint/checkpoint.js'
import { inlined } from '../../control/inline.js'
import { jitP } from '../../control/jit.js'
import type { ScanParams } from '../../control/loop.js'
import type { Atom, Eqn, Jaxpr } from '../../core/primitive.js'
import { avalsOf, variable, withParts } from '../../ir/jaxpr.js'
import { memo } from '../../ir/memo.js'
import { Builder } from './builder.js'

/**
 * Calls with rules for transforms: when these are done, the rules have no more to say. By name, so that bundles of programs
 * without them do not hold their rules.
 */
const ruled: ReadonlySet<string> = new Set(['checkpoint', 'custom_batching', 'custom_jvp', 'custom_linear_solve', 'custom_vjp'])

const callOf = (eqn: Eqn, params: CallParams, inputs: readonly Atom[] = eqn.inputs): Eqn => ({ ...eqn, primitive: jitP, inputs, params })

/**
 * What is computed again, behind a barrier: passes do not take its operands for those of the first time, nor is it moved to where the
 * cotangents that it is for are not there yet.
 */
const behindBarrier = (eqn: Eqn, params: CallParams): readonly Eqn[] => {
  const vars = [...new Set(eqn.inputs)].filter((atom) => atom.kind === 'var')
  const own = new Map<Atom, Atom>(vars.map((v) => [v, variable(v.aval)]))
  const outputs = vars.map((v) => own.get(v) as typeof v) // just made
  const barrier: Eqn = { primitive: optimizationBarrierP, inputs: vars, params: {}, outputs }
  return [barrier, callOf(eqn, params, eqn.inputs.map((atom) => own.get(atom) ?? atom))]
}

/** What a loop without steps is: the carry as it is, and stacks without elements. */
const noSteps: (jaxpr: Jaxpr, constants: number, carries: number) => Jaxpr = memo(
  (constants, carries) => `${constants} ${carries}`,
  (jaxpr, constants, carries) => {
    const b = new Builder()
    const outs = avalsOf(jaxpr.outputs)
    const carry = jaxpr.inputs.slice(constants, constants + carries).map((v, i) => b.convert(v, outs[i].dtype, outs[i].weak))
    const stacks = outs.slice(carries).map(({ shape, dtype, weak }) => b.convert(b.fill(0, [0, ...shape], dtype), dtype, weak))
    const inputs = jaxpr.inputs.map((v, i) => (i < constants + carries ? v : variable({ ...v.aval, shape: [0, ...v.aval.shape] })))
    return { inputs, eqns: b.eqns, outputs: [...carry, ...stacks] }
  }
)

/** The jaxpr with calls that have rules as plain calls, at any depth of calls. */
const plain: (jaxpr: Jaxpr) => Jaxpr = memo(
  () => '',
  (jaxpr) => {
    const each = (eqn: Eqn): readonly Eqn[] => {
      const { primitive: { name } } = eqn
      if (name === 'scan') {
        const { jaxpr: body, length, constants, carries } = eqn.params as ScanParams // of a scan
        return length > 0 ? [eqn] : [callOf(eqn, { name, jaxpr: noSteps(body, constants, carries) })]
      }
      if (eqn.primitive !== jitP && !ruled.has(name)) return [eqn]
      const params = eqn.params as CallParams // all these primitives have such params
      const body = plain(params.jaxpr)
      if (eqn.primitive === jitP) return [body === params.jaxpr ? eqn : withParts(eqn, eqn.inputs, { ...params, jaxpr: body })]
      const call: CallParams = { name: params.name, jaxpr: body }
      const isAgain = name === 'checkpoint' && (params as CheckpointParams).again === true // the equation is one of this primitive
      return isAgain ? behindBarrier(eqn, call) : [callOf(eqn, call)]
    }
    const eqns = jaxpr.eqns.flatMap(each)
    return eqns.length === jaxpr.eqns.length && eqns.every((eqn, i) => eqn === jaxpr.eqns[i]) ? jaxpr : { ...jaxpr, eqns }
  }
)

/** The jaxpr with the equations of all that it calls in their place. */
export const flattened = (jaxpr: Jaxpr): Jaxpr => inlined(plain(jaxpr))
