import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { Unknown, type Tangent } from '../core/primitive.js'
import { avalsOf } from '../ir/jaxpr.js'
import { stage } from '../ir/stage.js'
import { backward } from './backward.js'
import { argumentsOf, flatFunction, named, type Flat } from './boundary.js'
import { linearizeArrays } from './differentiate.js'
import { select } from './mask.js'
import { tangentsOf, tangentTree } from './tangents.js'

/** From cotangents of the outputs, `null` for zero, to cotangents of the inputs. */
export type Pullback = (cts: readonly Tangent[]) => readonly Tangent[]

/** Reverse mode on arrays: linearize, then transpose what was recorded. */
export const vjpArrays = (
  f: (args: readonly NdArray[]) => readonly NdArray[],
  primals: readonly NdArray[],
  nonzero: readonly boolean[]
): readonly [outs: readonly NdArray[], pullback: Pullback] => {
  const { outs, linear, varies } = linearizeArrays(f, primals, nonzero)
  const unknown = select(primals, nonzero).map((x) => new Unknown(x.aval))
  const pullback: Pullback = (cts) => {
    const all = backward(linear.jaxpr, [...linear.captured, ...unknown], select(cts, varies))
    let next = linear.captured.length
    return nonzero.map((flag) => (flag ? all[next++] : null))
  }
  return [outs, pullback]
}

/** Reverse mode: `vjp(f)(...args)`. */
export type Vjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R
) => (...args: A) => readonly [value: R, pullback: (cotangent: R) => A]

/**
 * Reverse-mode differentiation: the value of `f`, and the function from a cotangent of the value to cotangents of the
 * arguments, as a tuple. Integer arguments get zeros. JAX's `vjp`. The pullback throws TreeError, ShapeError or
 * DTypeError for cotangents that do not fit the value.
 *
 * @example
 * const [y, pullback] = vjp(np.mul)(np.array(3), np.array(4))
 * pullback(np.array(1)) // [4, 3]
 */
export const vjp: Vjp = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('vjp', f, (...args: A): readonly [R, (cotangent: R) => A] => {
    const like = argumentsOf('vjp', args)
    const { run, result } = flatFunction('vjp', f, like.treedef)
    const [outs, pull] = vjpArrays(run, like.arrays, like.arrays.map((x) => isFloat(x.dtype)))
    const out: Flat = { arrays: outs, treedef: result() }
    const pullback = (cotangent: R): A =>
      tangentTree<A>(pull(tangentsOf('vjp', cotangent, out, ['cotangent'], ['the value', 'the cotangent'])), like)
    return [out.treedef.unflatten(outs) as R, pullback] // f returned an R of this structure
  })

/** `linearTranspose(f)(...examples)`: the transpose of a linear function. */
export type LinearTranspose = <A extends readonly unknown[], R>(f: (...args: A) => R) => (...examples: A) => (cotangent: R) => A

/**
 * The transpose of a function that is linear in its arguments; the examples give shapes and dtypes, their values do
 * not matter. JAX's `linear_transpose`. Throws DerivativeError, naming the operation, if the function is not linear.
 *
 * @example
 * const twice = (x: NdArray) => np.mul(x, 2)
 * linearTranspose(twice)(np.array([0, 0]))(np.array([1, 3])) // [[2, 6]]
 */
export const linearTranspose: LinearTranspose = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('linearTranspose', f, (...examples: A): ((cotangent: R) => A) => {
    const like = argumentsOf('linearTranspose', examples)
    const { run, result } = flatFunction('linearTranspose', f, like.treedef)
    const { jaxpr, captured } = stage(run, avalsOf(like.arrays), { who: 'linearTranspose' })
    const out = { arrays: jaxpr.outputs.map(({ aval }) => aval), treedef: result() }
    const unknown = like.arrays.map((x) => new Unknown(x.aval))
    return (cotangent) => {
      const cts = tangentsOf('linearTranspose', cotangent, out, ['cotangent'], ['the value', 'the cotangent'])
      return tangentTree<A>(backward(jaxpr, [...captured, ...unknown], cts).slice(captured.length), like)
    }
  })
