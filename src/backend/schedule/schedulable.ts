import type { DType } from '../../core/dtype.js'
import type { Eqn } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { isCollective } from '../../ir/jaxpr.js'
import type { Buffer } from './kernel.js'
import type { Lowering } from './lowering.js'
import { loweringOf } from './lower/index.js'
import { productOf } from './product.js'
import type { Room } from './workspace.js'

/** An operation on elements: operands of `types`, the last of which is that of all but choices, to results of `out`. */
export interface Operation {
  readonly operation: string
  readonly params: object
  readonly types: readonly DType[]
  readonly out: DType
}

/** What loops of its own take that a target has for an equation. */
export interface Demand {
  /** Room that they need for themselves. */
  readonly rooms: readonly Room[]
  /** Elementary operations on elements. */
  readonly flops: number
}

/** What a target can do. */
export interface Target {
  /** Whether it computes the operation on elements. */
  emits(operation: Operation): boolean
  /** Whether it has loops of its own for the equation. */
  writes(eqn: Eqn): boolean
  /** What these take. */
  demand(eqn: Eqn): Demand
}

/** How many operands an operation on elements may have: functions take so many addresses. */
const mostOperands = 900

const nowhere: Buffer = { id: -1, dtype: 'float32', size: 0 }

const host: Lowering = { kind: 'host' }

/** What the scheduler does with an equation: the target's host carries out what the target cannot. */
export const loweringFor = (eqn: Eqn, target: Target): Lowering => {
  const lowering = loweringOf(eqn)
  return can(eqn, lowering, target) ? lowering : host
}

const can = (eqn: Eqn, lowering: Lowering, target: Target): boolean => {
  if (eqn.primitive.effectful === true || isCollective(eqn)) return false
  if (lowering.kind === 'control') return true
  if ([...eqn.inputs, ...eqn.outputs].some(({ aval }) => sizeOf(aval.shape) === 0)) return false
  const [{ aval: out }] = eqn.outputs
  switch (lowering.kind) {
    case 'opaque': return target.writes(eqn)
    case 'view': return true
    case 'map': {
      if (lowering.cost === 0) return true
      if (eqn.inputs.length > mostOperands) return false
      const types = eqn.inputs.map(({ aval }) => aval.dtype)
      return target.emits({ operation: eqn.primitive.name, params: eqn.params, types, out: out.dtype })
    }
    case 'source': return out.dtype !== 'bool' && (sizeOf(out.shape) < 128 || (out.dtype !== 'int8' && out.dtype !== 'uint8'))
    case 'reduce': return target.emits({ operation: lowering.combiner, params: {}, types: [out.dtype, out.dtype], out: out.dtype })
    case 'product': return productOf(eqn, { lhs: nowhere, rhs: nowhere, out: nowhere, room: () => nowhere }) !== null
    case 'host': return false
  }
}
