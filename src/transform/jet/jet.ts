import type { NdArray } from '../../core/array.js'
import type { Series, Tangent } from '../../core/primitive.js'
import { div, mul } from '../../lax/elementwise/arithmetic.js'
import { zerosLike } from '../../lax/broadcast.js'
import { structure } from '../../tree/pytree.js'
import type { MapLeaves } from '../../tree/types.js'
import { argumentsOf, arraysOf, flatFunction, named, type Flat } from '../boundary.js'
import { tangentsOf } from '../tangents.js'
import { jetArrays } from './trace.js'

/** A tree with a list in the place of each array: its first, second, … derivative along a curve. */
export type SeriesOf<T> = MapLeaves<T, NdArray, readonly NdArray[]>

/** Likewise, where numbers may stand for scalars. */
export type SeriesLike<T> = MapLeaves<T, NdArray, readonly (NdArray | number)[]>

/** Taylor mode: `jet(f)(primals, series)`. */
export type Jet = <A extends readonly unknown[], R>(
  f: (...args: A) => R
) => (primals: A, series: SeriesLike<A>) => readonly [value: R, series: SeriesOf<R>]

/** 1!, 2!, …: what derivatives are, divided by which Taylor coefficients are. */
const factorials = (order: number): readonly number[] => {
  const list: number[] = []
  for (let j = 1, product = 1; j <= order; j++) list.push((product *= j))
  return list
}

interface Curves {
  readonly order: number
  /** The terms of each leaf one after another. */
  readonly terms: readonly Tangent[]
}

/** A list of equally many terms for each array of the primals. */
const curvesOf = (series: unknown, { arrays, treedef }: Flat): Curves => {
  const given = arraysOf('jet', series, ['series']).arrays.length
  const order = arrays.length === 0 ? 0 : Math.round(given / arrays.length)
  const lists = treedef.unflatten(arrays.map(() => new Array<number>(order).fill(0)))
  const like = { arrays: arrays.flatMap((x) => new Array<NdArray>(order).fill(x)), treedef: structure(lists) }
  const words = `${order} ${order === 1 ? 'term' : 'terms'} for each primal`
  return { order, terms: tangentsOf('jet', series, like, ['series'], [words, 'series terms']) }
}

/**
 * Taylor-mode differentiation: the derivatives of t ↦ f(x(t)) at a point, up to any order k, from those of x; at k² times
 * the cost of `f`, where nested `jvp`s take 2ᵏ. In the place of each array of the arguments the series has the list x′, x″, …,
 * x⁽ᵏ⁾, all of one length; what comes back has the derivatives in the places of the result's arrays. Along `[v, 0, 0, …]`
 * these are the derivatives of `f` in the direction v. Where pieces of a function meet (`max`, `abs`, `sort`) the series is
 * that of the piece, or of the average, that first derivatives take; integers do not move. JAX's `jax.experimental.jet`.
 * Throws TreeError with the differing paths, ShapeError and DTypeError for terms that do not fit.
 *
 * @example
 * const [y, derivatives] = jet(np.exp)([np.array(0)], [[1, 0, 0]])
 * y // 1
 * derivatives // [1, 1, 1]
 *
 * // sin(x(t)) where x(t) = 1 + 2t + 3t²: x′ = 2, x″ = 6
 * jet(np.sin)([np.array(1)], [[2, 6]])[1] // [1.0806, -0.1241]
 */
export const jet: Jet = <A extends readonly unknown[], R>(f: (...args: A) => R) =>
  named('jet', f, (primals: A, series: SeriesLike<A>): readonly [R, SeriesOf<R>] => {
    const like = argumentsOf('jet', primals)
    const { order, terms } = curvesOf(series, like)
    const scale = factorials(order)
    const curves = like.arrays.map((x, i): Series => [
      x, ...scale.map((by, j) => (by === 1 ? terms[i * order + j] : over(terms[i * order + j], by)))
    ])
    const { run, result } = flatFunction('jet', f, like.treedef)
    const outs = jetArrays(run, curves, order)
    const lists = outs.map(([value, ...rest]) => Object.freeze(rest.map((c, j) => derivativeOf(c, value, scale[j]))))
    const treedef = result()
    // f returned an R of this structure
    return [treedef.unflatten(outs.map(([value]) => value)) as R, treedef.unflatten(lists) as SeriesOf<R>]
  })

const over = (term: Tangent, by: number): Tangent => (term === null ? null : div(term, by))

const derivativeOf = (c: Tangent, value: NdArray, by: number): NdArray =>
  c === null ? zerosLike(value) : by === 1 ? c : mul(c, by)
