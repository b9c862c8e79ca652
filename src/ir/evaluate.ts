import type { Atom, Jaxpr } from '../core/primitive.js'
import type { NdArray } from '../core/array.js'
import { JaxprError } from '../core/errors.js'
import { bind } from '../core/trace.js'
import { literalArray } from './jaxpr.js'
import { currentWatcher, type Apply } from './source.js'

/** Where each operand is found, and what may be forgotten after each equation. */
interface Plan {
  readonly inputs: readonly (readonly number[])[]
  readonly outputs: readonly (readonly number[])[]
  readonly dead: readonly (readonly number[])[]
  readonly results: readonly number[]
  /** Literals, at the first places. */
  readonly constants: readonly NdArray[]
}

const plans = new WeakMap<Jaxpr, Plan>()

const planOf = (jaxpr: Jaxpr): Plan => {
  const known = plans.get(jaxpr)
  if (known !== undefined) return known
  const constants: NdArray[] = []
  for (const atoms of [jaxpr.outputs, ...jaxpr.eqns.map((eqn) => eqn.inputs)]) {
    for (const atom of atoms) if (atom.kind === 'literal') constants.push(literalArray(atom))
  }
  const slots = new Map<Atom, number>()
  let next = constants.length
  for (const v of jaxpr.inputs) slots.set(v, next++)
  let constant = 0
  const find = (atom: Atom): number => {
    if (atom.kind === 'literal') return constant++
    const slot = slots.get(atom)
    if (slot !== undefined) return slot
    throw new JaxprError('evaluate', 'variables that are assigned before they are read', `an unassigned ${atom.aval.dtype} variable`)
  }
  const results: number[] = []
  const literalResults = jaxpr.outputs.map((atom) => (atom.kind === 'literal' ? constant++ : -1))
  const inputs = jaxpr.eqns.map((eqn) => {
    const places = eqn.inputs.map(find)
    for (const v of eqn.outputs) slots.set(v, next++)
    return places
  })
  const outputs = jaxpr.eqns.map((eqn) => eqn.outputs.map((v) => slots.get(v) ?? 0))
  jaxpr.outputs.forEach((atom, i) => results.push(atom.kind === 'literal' ? literalResults[i] : find(atom)))
  const live = new Set<number>(results)
  const dead = new Array<readonly number[]>(inputs.length)
  for (let i = inputs.length - 1; i >= 0; i--) {
    const last: number[] = []
    for (const slot of [...outputs[i], ...inputs[i]]) {
      if (slot >= constants.length && !live.has(slot)) {
        live.add(slot)
        last.push(slot)
      }
    }
    dead[i] = last
  }
  const plan: Plan = { inputs, outputs, dead, results, constants }
  plans.set(jaxpr, plan)
  return plan
}

/** Walks a jaxpr, equation by equation, with values for its variables; `apply` says what an equation does with them. */
export const interpret = (jaxpr: Jaxpr, args: readonly NdArray[], apply: Apply): readonly NdArray[] => {
  if (args.length !== jaxpr.inputs.length) throw new JaxprError('evaluate', `${jaxpr.inputs.length} arguments`, args.length)
  const { inputs, outputs, dead, results, constants } = planOf(jaxpr)
  const values: (NdArray | undefined)[] = [...constants]
  for (const x of args) values.push(x)
  const at = (slot: number): NdArray => values[slot] as NdArray // the plan never reads a forgotten slot
  for (let i = 0; i < inputs.length; i++) {
    const outs = apply(jaxpr.eqns[i], inputs[i].map(at), i)
    const places = outputs[i]
    for (let k = 0; k < places.length; k++) values[places[k]] = outs[k]
    for (const slot of dead[i]) values[slot] = undefined
  }
  return results.map(at)
}

const plainly: Apply = ({ primitive, params }, operands) => bind(primitive, operands, params)

/**
 * The only interpreter of jaxprs: binds each equation in the current trace, so that it evaluates, differentiates,
 * batches and stages alike. Values are forgotten after their last use.
 */
export const evaluate = (jaxpr: Jaxpr, args: readonly NdArray[]): readonly NdArray[] =>
  interpret(jaxpr, args, currentWatcher()?.(jaxpr, args) ?? plainly)
