import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { DTypeError } from '../core/errors.js'
import { range, sizeOf } from '../core/shape.js'
import { evaluate } from '../ir/evaluate.js'
import { broadcastLeading, full, zerosLike } from '../lax/broadcast.js'
import { eq } from '../lax/elementwise/comparison.js'
import { convertElementType } from '../lax/elementwise/convert.js'
import { iota } from '../lax/movement/iota.js'
import { reshape } from '../lax/movement/reshape.js'
import { transpose } from '../lax/movement/transpose.js'
import { structure } from '../tree/pytree.js'
import type { MapLeaves } from '../tree/types.js'
import { batchArrays } from './batch.js'
import { arraysOf, flatFunction, named, type Flat, type Fn } from './boundary.js'
import { linearizeArrays } from './differentiate.js'
import { jvp } from './forward.js'
import { grad } from './grad.js'
import { scatter } from './mask.js'
import { vjpArrays } from './reverse.js'

/** A tree of outputs whose leaves are trees of inputs: for each pair an array of shape [...output, ...input]. */
export type JacobianOf<R, P> = R extends NdArray ? P : MapLeaves<R, NdArray, P>

/** `jacobian(f)(x, ...rest)`: all derivatives with respect to the first argument. */
export type Jacobian = <P, A extends unknown[], R>(f: (first: P, ...rest: A) => R) => (first: P, ...rest: A) => JacobianOf<R, P>

/** One-hot arrays of a shape, stacked: the standard basis. */
const basis = (like: NdArray): NdArray => {
  const size = sizeOf(like.shape)
  const ones = eq(iota('int32', [size, size], 0), iota('int32', [size, size], 1))
  return reshape(convertElementType(ones, like.dtype), [size, ...like.shape])
}

const blocks = (out: Flat, inputs: Flat, block: (o: number, i: number) => NdArray): unknown =>
  out.treedef.unflatten(out.arrays.map((_, o) => inputs.treedef.unflatten(inputs.arrays.map((__, i) => block(o, i)))))

const floatInputs = (who: string, first: unknown): Flat => {
  const flat = arraysOf(who, first, ['arguments', 0])
  flat.arrays.forEach((x, i) => {
    if (!isFloat(x.dtype)) throw new DTypeError(who, 'floating-point inputs', x, ['arguments', 0, ...flat.treedef.paths()[i]])
  })
  return flat
}

/** The function of the first argument's arrays alone. */
const ofFirst = (who: string, f: Fn, rest: readonly unknown[], inputs: Flat): ReturnType<typeof flatFunction> =>
  flatFunction(who, (first: never) => f(first, ...(rest as never[])), structure([inputs.treedef.unflatten(inputs.arrays)]))

/**
 * The Jacobian by forward mode, a column at a time (all columns as one batch): for functions with few inputs. Leaves
 * have shape [...output, ...input], laid out as trees of inputs inside the tree of outputs. JAX's `jacfwd`.
 *
 * @example
 * jacfwd(np.square)(np.array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacfwd: Jacobian = <P, A extends unknown[], R>(f: (first: P, ...rest: A) => R) =>
  named('jacfwd', f, (first: P, ...rest: A): JacobianOf<R, P> => {
    const inputs = floatInputs('jacfwd', first)
    const { run, result } = ofFirst('jacfwd', f, rest, inputs)
    const { outs, linear, varies } = linearizeArrays(run, inputs.arrays, inputs.arrays.map(() => true))
    const columns = inputs.arrays.map((x, i) => {
      const push = ([d]: readonly NdArray[]): readonly NdArray[] =>
        evaluate(linear.jaxpr, [...linear.captured, ...inputs.arrays.map((other, k) => (k === i ? d : zerosLike(other)))])
      const [douts, batched] = batchArrays(push, sizeOf(x.shape), [basis(x)], [true])
      return scatter(douts.map((d, o) => (batched[o] ? d : null)), varies)
    })
    const out: Flat = { arrays: outs, treedef: result() }
    return blocks(out, inputs, (o, i) => {
      const [y, x, column] = [outs[o], inputs.arrays[i], columns[i][o]]
      if (column === null) return full([...y.shape, ...x.shape], 0, y.dtype)
      return reshape(transpose(column, [...range(y.ndim, 1), 0]), [...y.shape, ...x.shape])
    }) as JacobianOf<R, P> // trees of inputs inside the tree of outputs
  })

/**
 * The Jacobian by reverse mode, a row at a time (all rows as one batch): for functions with few outputs. Laid out as
 * by `jacfwd`. JAX's `jacrev`.
 *
 * @example
 * jacrev(np.square)(np.array([1, 2])) // [[2, 0], [0, 4]]
 */
export const jacrev: Jacobian = <P, A extends unknown[], R>(f: (first: P, ...rest: A) => R) =>
  named('jacrev', f, (first: P, ...rest: A): JacobianOf<R, P> => {
    const inputs = floatInputs('jacrev', first)
    const { run, result } = ofFirst('jacrev', f, rest, inputs)
    const [outs, pullback] = vjpArrays(run, inputs.arrays, inputs.arrays.map(() => true))
    const rows = outs.map((y, o) => {
      if (!isFloat(y.dtype)) throw new DTypeError('jacrev', 'floating-point outputs', y, ['result', ...result().paths()[o]])
      const pull = ([ct]: readonly NdArray[]): readonly NdArray[] =>
        pullback(outs.map((_, k) => (k === o ? ct : null))).map((d, i) => d ?? zerosLike(inputs.arrays[i]))
      const size = sizeOf(y.shape)
      const [cts, batched] = batchArrays(pull, size, [basis(y)], [true])
      return cts.map((ct, i) => (batched[i] ? ct : broadcastLeading(size, ct)))
    })
    const out: Flat = { arrays: outs, treedef: result() }
    const block = (o: number, i: number): NdArray => reshape(rows[o][i], [...outs[o].shape, ...inputs.arrays[i].shape])
    return blocks(out, inputs, block) as JacobianOf<R, P> // as for jacfwd
  })

/** `hessian(f)(x, ...rest)`: all second derivatives with respect to the first argument. */
export type Hessian = <P, A extends unknown[], R>(
  f: (first: P, ...rest: A) => R
) => (first: P, ...rest: A) => JacobianOf<R, JacobianOf<P, P>>

/**
 * The matrix of second derivatives, forward over reverse: leaves have shape [...output, ...input, ...input]. JAX's `hessian`.
 *
 * @example
 * hessian((x: NdArray) => np.sum(np.power(x, 3)))(np.array([1, 2])) // [[6, 0], [0, 12]]
 */
export const hessian: Hessian = <P, A extends unknown[], R>(f: (first: P, ...rest: A) => R) =>
  jacfwd(jacrev(f)) as (first: P, ...rest: A) => JacobianOf<R, JacobianOf<P, P>> // nested trees of inputs, for every tree of outputs

/** `hvp(f)(x, v, ...rest)`: a Hessian-vector product. */
export type Hvp = <P, A extends unknown[]>(f: (first: P, ...rest: A) => NdArray) => (first: P, vector: P, ...rest: A) => P

/**
 * The product of a scalar function's Hessian, with respect to the first argument, and a vector of its type, at the
 * cost of a few gradients (forward over reverse; Pearlmutter, 1994).
 *
 * @example
 * hvp((x: NdArray) => np.sum(np.power(x, 3)))(np.array([1, 2]), np.array([1, 1])) // [6, 12]
 */
export const hvp: Hvp = <P, A extends unknown[]>(f: (first: P, ...rest: A) => NdArray) =>
  named('hvp', f, (first: P, vector: P, ...rest: A): P => jvp((x: P) => grad(f)(x, ...rest))([first], [vector])[1])
