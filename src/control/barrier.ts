import type { NdArray } from '../core/array.js'
import type { Primitive, Tangent } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { scatter } from '../transform/mask.js'
import { arraysOf } from '../transform/boundary.js'

/** A barrier for those that are not zero. */
const held = (tangents: readonly Tangent[]): readonly Tangent[] =>
  scatter(bind(optimizationBarrierP, tangents.filter((d) => d !== null), {}), tangents.map((d) => d !== null))

/** The operands, which passes do not look through. */
export const optimizationBarrierP: Primitive<'optimization_barrier'> = {
  name: 'optimization_barrier',
  abstract: (avals) => avals,
  impl: (operands) => operands,
  linearize: (primals) => [bind(optimizationBarrierP, primals, {}), held],
  transpose: (cts) => held(cts),
  batch: (_, operands, batched) => [bind(optimizationBarrierP, operands, {}), batched]
}

/**
 * The same tree, all of which is computed before any of it is used: passes neither look through the barrier nor move
 * work across it. Barriers before the same values are one: what is computed behind both of them is computed once.
 * JAX's `lax.optimization_barrier`. Throws ArgumentError for leaves that are no arrays.
 *
 * @example
 * optimizationBarrier({ x: np.array([1, 2]), y: np.array(3) }) // { x: [1, 2], y: 3 }
 */
export const optimizationBarrier = <T>(tree: T): T => {
  const { arrays, treedef } = arraysOf('optimizationBarrier', tree, [])
  const outs: readonly NdArray[] = arrays.length === 0 ? arrays : bind(optimizationBarrierP, arrays, {})
  return treedef.unflatten(outs) as T // the structure that was taken apart
}
