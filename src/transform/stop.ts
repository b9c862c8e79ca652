import { isArray } from '../array/ndarray.js'
import { stopGradient as stop } from '../lax/stop.js'
import { flatten } from '../tree/pytree.js'

/**
 * The tree, as a constant for differentiation: its arrays have no tangents. JAX's `lax.stop_gradient`.
 *
 * @example
 * grad((x: NdArray) => np.mul(x, stopGradient(x)))(np.array(3)) // 3
 */
export const stopGradient = <T>(tree: T): T => {
  const [leaves, treedef] = flatten(tree)
  return treedef.unflatten(leaves.map((x) => (isArray(x) ? stop(x) : x)))
}
