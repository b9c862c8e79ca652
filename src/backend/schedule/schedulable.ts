import type { DType } from '../../core/dtype.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { isCollective, subjaxprs } from '../../ir/jaxpr.js'
import type { Buffer } from './kernel.js'
import { loweringOf } from './lower/index.js'
import { isSplit } from './parted.js'
import { prepared } from './prepare.js'
import { productOf } from './product.js'

/** An operation on elements: operands of `types`, the last of which is that of all but choices, to results of `out`. */
export interface Operation {
  readonly operation: string
  readonly params: object
  readonly types: readonly DType[]
  readonly out: DType
}

/** What a target can do. */
export interface Target {
  /** Whether it computes the operation on elements. */
  emits(operation: Operation): boolean
  /** Whether it has loops of its own for the equation. */
  writes(eqn: Eqn): boolean
}

const nowhere: Buffer = { id: -1, dtype: 'float32', size: 0 }

/** Whether an equation can be part of a schedule for the target. */
export const schedulable = (eqn: Eqn, target: Target): boolean => {
  const lowering = loweringOf(eqn)
  const [...avals] = [...eqn.inputs, ...eqn.outputs].map(({ aval }) => aval)
  if (avals.some(({ shape }) => sizeOf(shape) === 0) || eqn.primitive.effectful === true || isCollective(eqn)) return false
  if (isSplit(eqn)) return true // it becomes slices
  if (lowering.kind === 'opaque') return target.writes(eqn)
  if (lowering.kind === 'control') {
    return (eqn.params as { readonly length?: number }).length !== 0 && subjaxprs(eqn).every((jaxpr) => wholly(jaxpr, target))
  }
  const [{ aval: out }] = eqn.outputs
  switch (lowering.kind) {
    case 'view': return true
    case 'map': {
      if (lowering.cost === 0) return true
      const types = eqn.inputs.map(({ aval }) => aval.dtype)
      return target.emits({ operation: eqn.primitive.name, params: eqn.params, types, out: out.dtype })
    }
    case 'source': return out.dtype !== 'bool' && (sizeOf(out.shape) < 128 || (out.dtype !== 'int8' && out.dtype !== 'uint8'))
    case 'reduce': return target.emits({ operation: lowering.combiner, params: {}, types: [out.dtype, out.dtype], out: out.dtype })
    case 'product': return productOf(eqn, { lhs: nowhere, rhs: nowhere, out: nowhere, room: () => nowhere }) !== null
  }
}

const known = new WeakMap<Target, WeakMap<Jaxpr, boolean>>()

/** Whether every equation of a program can. */
const wholly = (jaxpr: Jaxpr, target: Target): boolean => {
  const answers = known.get(target) ?? new WeakMap<Jaxpr, boolean>()
  known.set(target, answers)
  const before = answers.get(jaxpr)
  if (before !== undefined) return before
  const answer = prepared(jaxpr).eqns.every((eqn) => schedulable(eqn, target))
  answers.set(jaxpr, answer)
  return answer
}
