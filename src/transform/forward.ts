import { isFloat } from '../core/dtype.js'
import { checkList } from '../core/options.js'
import { evaluate } from '../ir/evaluate.js'
import { argumentsOf, flatFunction, named, type Flat } from './boundary.js'
import { jvpArrays, linearizeArrays } from './differentiate.js'
import { scatter } from './mask.js'
import { tangentsOf, tangentTree } from './tangents.js'

/** Forward mode: `jvp(f)(primals, tangents)`. */
export type Jvp = <A extends readonly unknown[], R>(f: (...args: A) => R) => (primals: A, tangents: A) => readonly [value: R, tangent: R]

/**
 * Forward-mode differentiation: the value of `f` and its directional derivative, together. Arguments and tangents are
 * tuples of pytrees of equal structure, shapes and dtypes; integers have no tangent, what stands in their place is ignored.
 * JAX's `jvp`. Throws TreeError with the differing paths, ShapeError, DTypeError.
 *
 * @example
 * const [y, dy] = jvp(np.square)([np.array(3)], [np.array(1)])
 * y // 9
 * dy // 6
 */
export const jvp: Jvp = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('jvp', f, (primals: A, tangents: A): readonly [R, R] => {
    checkList('jvp', 'a list of the arguments', primals)
    checkList('jvp', 'a list of tangents, one for each argument', tangents)
    const like = argumentsOf('jvp', primals)
    const directions = tangentsOf('jvp', tangents, like, ['tangents'], ['the primals', 'tangents'])
    const { run, result } = flatFunction('jvp', f, like.treedef)
    const [arrays, douts] = jvpArrays(run, like.arrays, directions)
    const out: Flat = { arrays, treedef: result() }
    return [out.treedef.unflatten(arrays) as R, tangentTree<R>(douts, out)] // f returned an R of this structure
  })

/** `linearize(f)(...args)`: the value, and the derivative there as a function of tangents. */
export type Linearize = <A extends readonly unknown[], R>(
  f: (...args: A) => R
) => (...args: A) => readonly [value: R, push: (...tangents: A) => R]

/**
 * The value of `f`, and its derivative at that point as a linear function: what depends on the point alone is computed
 * once, however many tangents follow. JAX's `linearize`.
 *
 * @example
 * const [y, push] = linearize(np.sin)(np.array(0))
 * push(np.array(2)) // 2
 */
export const linearize: Linearize = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('linearize', f, (...args: A): readonly [R, (...tangents: A) => R] => {
    const like = argumentsOf('linearize', args)
    const { run, result } = flatFunction('linearize', f, like.treedef)
    const nonzero = like.arrays.map((x) => isFloat(x.dtype))
    const { outs, linear, varies } = linearizeArrays(run, like.arrays, nonzero)
    const out: Flat = { arrays: outs, treedef: result() }
    const push = (...tangents: A): R => {
      const directions = tangentsOf('linearize', tangents, like, ['tangents'], ['the primals', 'tangents'])
      const douts = evaluate(linear.jaxpr, [...linear.captured, ...directions.filter((d) => d !== null)])
      return tangentTree<R>(scatter(douts, varies), out)
    }
    return [out.treedef.unflatten(outs) as R, push] // f returned an R of this structure
  })
