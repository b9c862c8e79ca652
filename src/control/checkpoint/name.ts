import { ArgumentError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { primitive } from '../../lax/rule.js'
import { arraysOf } from '../../transform/boundary.js'

export interface NameParams {
  readonly name: string
}

/** The operand, under a name that the policies of checkpoint know it by. */
export const nameP: Primitive<'name', NameParams> = primitive('name', {
  abstract: ([x]) => x,
  impl: ([x]) => x,
  rules: [() => (d) => d],
  transpose: [(ct) => ct],
  batch: (_, operands, __, params) => bind1(nameP, operands, params)
})

/**
 * The same tree, under a name: `checkpoint.policies.names(name)` saves its arrays for the backward pass. JAX's
 * `checkpoint_name`. Throws ArgumentError for leaves that are no arrays.
 *
 * @example
 * const block = (x: NdArray) => np.sin(checkpointName(np.sin(x), 'inner'))
 * grad(checkpoint(block, { policy: checkpoint.policies.names('inner') }))(np.array(0)) // 1
 */
export const checkpointName = <T>(tree: T, name: string): T => {
  if (typeof name !== 'string') throw new ArgumentError('checkpointName', 'a name', name)
  const { arrays, treedef } = arraysOf('checkpointName', tree, [])
  return treedef.unflatten(arrays.map((x) => bind1(nameP, [x], { name }))) as T // the structure that was taken apart
}
