import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { checkFunction } from '../core/options.js'
import { Unknown } from '../core/primitive.js'
import { evaluate } from '../ir/evaluate.js'
import { structure } from '../tree/pytree.js'
import { backward } from './backward.js'
import { arraysOf, flatFunction, named, type Flat } from './boundary.js'
import { linearizeArrays } from './differentiate.js'
import { hvp } from './jacobian.js'
import { scatter, select } from './mask.js'
import { tangentsOf, tangentTree } from './tangents.js'

/** `gaussNewtonProduct(model, loss)(params, vector, ...inputs)`: a product with the Gauss–Newton matrix. */
export type GaussNewtonProduct = <P, A extends unknown[], R>(
  model: (params: P, ...inputs: A) => R,
  loss: (outputs: R) => NdArray
) => (params: P, vector: P, ...inputs: A) => P

/**
 * The product Jᵀ H J v, where J is the Jacobian of the model with respect to its parameters and H the Hessian of the loss with
 * respect to the model's outputs: the part of the loss's Hessian that is positive semidefinite if the loss is convex, and
 * all of it if the model is linear. It takes one pass through the model forwards, one along `vector` and one back, as a
 * Hessian-vector product does; no matrix is made (Schraudolph, 2002). For a loss that is the negative log-likelihood of an
 * exponential family in its natural parameters (squares, cross-entropy of logits) it is the Fisher information, whose
 * inverse natural gradients need (Martens, 2020). Throws TreeError, ShapeError and DTypeError for a vector that is not like
 * the parameters.
 *
 * @example
 * const model = (w: NdArray, x: NdArray) => np.sin(np.mul(w, x))
 * const loss = (y: NdArray) => np.sum(np.square(y))
 * const x = np.array([1, 2])
 * gaussNewtonProduct(model, loss)(np.array([0, 0]), np.array([1, 1]), x) // [2, 8]
 */
export const gaussNewtonProduct: GaussNewtonProduct = <P, A extends unknown[], R>(
  model: (params: P, ...inputs: A) => R,
  loss: (outputs: R) => NdArray
) => {
  const who = 'gaussNewtonProduct'
  checkFunction(who, 'a loss, a function of the outputs', loss)
  return named(who, model, (params: P, vector: P, ...inputs: A): P => {
    const like = arraysOf(who, params, ['params'])
    const directions = tangentsOf(who, vector, like, ['vector'], ['the parameters', 'the vector'])
    const { run, result } = flatFunction(who, (p: P) => model(p, ...inputs), structure([params]))
    const nonzero = like.arrays.map((x) => isFloat(x.dtype))
    const { outs, linear, varies } = linearizeArrays(run, like.arrays, nonzero)
    const out: Flat = { arrays: outs, treedef: result() }
    const douts = scatter(evaluate(linear.jaxpr, [...linear.captured, ...directions.filter((d) => d !== null)]), varies)
    const curved = hvp(loss)(out.treedef.unflatten(outs) as R, tangentTree<R>(douts, out)) // the model returned an R of this structure
    const unknown = select(like.arrays, nonzero).map((x) => new Unknown(x.aval))
    const cts = backward(linear.jaxpr, [...linear.captured, ...unknown], select(arraysOf(who, curved, []).arrays, varies))
    return tangentTree<P>(scatter(cts.slice(linear.captured.length), nonzero).map((ct) => ct ?? null), like)
  })
}
