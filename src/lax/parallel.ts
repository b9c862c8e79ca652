import { fromScalar, isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { axisSizeOf } from '../core/axes.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError } from '../core/errors.js'
import type { Batched, Primitive, Push } from '../core/primitive.js'
import { bind1 } from '../core/trace.js'
import { flatten } from '../tree/pytree.js'
import { div, mul } from './elementwise/arithmetic.js'
import { fullLike, reduceSum } from './broadcast.js'
import { eq } from './elementwise/comparison.js'
import { convertElementType } from './elementwise/convert.js'
import { iota } from './movement/iota.js'
import { reduceMax, reduceMin } from './reduction/reduce.js'

/*
 * Collectives: what examples of a batch tell one another. A vmap that names its axis turns them into reductions.
 */

export interface CollectiveParams {
  readonly axisName: string
}

const unbound = (name: string, axisName: string): never => {
  throw new ArgumentError(name, 'an axis named by an enclosing vmap', JSON.stringify(axisName))
}

/** A reduction over a named axis, whose result is the same for every example. */
const reduction = <const N extends string>(
  name: N,
  over: (x: NdArray) => NdArray,
  ofCopies: (x: NdArray, size: number) => NdArray,
  derivative: Pick<Primitive<N, CollectiveParams>, 'linearize' | 'transpose'>
): Primitive<N, CollectiveParams> => {
  const self: Primitive<N, CollectiveParams> = {
    name,
    abstract: ([x]) => [x],
    impl: (_, { axisName }) => unbound(name, axisName),
    batch: (_, [x], [batched], params) => [[bind1(self, [x], params)], [batched]],
    collective: (size, [x], [batched]): Batched => [[batched ? over(x) : ofCopies(x, size)], [false]],
    ...derivative
  }
  return self
}

const times = (x: NdArray, size: number): NdArray => mul(x, fullLike(x, size))

export const psumP: Primitive<'psum', CollectiveParams> = reduction('psum', (x) => reduceSum(x, [0]), times, {
  linearize: ([x], params) => [[bind1(psumP, [x], params)], ([d]) => [d === null ? null : bind1(psumP, [d], params)]],
  transpose: ([ct], _, params) => [ct === null ? null : bind1(psumP, [ct], params)]
})

/** Ties share the tangent equally, across examples too. */
const linearizeExtremum =
  (self: () => Primitive<string, CollectiveParams>) =>
  ([x]: readonly NdArray[], params: CollectiveParams): readonly [readonly NdArray[], Push] => {
    const out = bind1(self(), [x], params)
    const hit = convertElementType(eq(x, out), x.dtype)
    const share = div(hit, bind1(psumP, [hit], params))
    return [[out], ([d]) => [d === null ? null : bind1(psumP, [mul(d, share)], params)]]
  }

export const pmaxP: Primitive<'pmax', CollectiveParams> = reduction('pmax', (x) => reduceMax(x, [0]), (x) => x, {
  linearize: linearizeExtremum(() => pmaxP)
})

export const pminP: Primitive<'pmin', CollectiveParams> = reduction('pmin', (x) => reduceMin(x, [0]), (x) => x, {
  linearize: linearizeExtremum(() => pminP)
})

export const axisIndexP: Primitive<'axis_index', CollectiveParams> = {
  name: 'axis_index',
  abstract: () => [{ shape: [], dtype: 'int32', weak: false }],
  impl: (_, { axisName }) => unbound('axis_index', axisName),
  batch: (_, __, ___, params) => [[bind1(axisIndexP, [], params)], [false]],
  collective: (size) => [[iota('int32', [size], 0)], [true]]
}

const overLeaves =
  (who: string, apply: (x: NdArray, axisName: string) => NdArray) =>
  <T>(tree: T, axisName: string): T => {
    axisSizeOf(who, axisName)
    const [leaves, treedef] = flatten(tree)
    return treedef.unflatten(
      leaves.map((x: unknown) => {
        if (isArray(x)) return apply(x, axisName)
        if (typeof x === 'number') return apply(fromScalar(x), axisName)
        throw new ArgumentError(who, 'arrays or numbers', x)
      })
    )
  }

/** A function of a tree and the name of the axis that an enclosing `vmap` maps. */
export type Collective = <T>(tree: T, axisName: string) => T

/**
 * The sum over the axis that an enclosing vmap names; leaf by leaf of a tree. `psum(1, name)` is the size of the axis.
 * JAX's `lax.psum`. Throws ArgumentError if no vmap names the axis.
 *
 * @example
 * const centre = (x: NdArray) => np.sub(x, lax.pmean(x, 'batch'))
 * vmap(centre, { axisName: 'batch' })(np.array([1, 2, 6])) // [-2, -1, 3]
 */
export const psum: Collective = overLeaves('psum', (x, axisName) => bind1(psumP, [x], { axisName }))

/** The mean over the axis that an enclosing vmap names; leaf by leaf of a tree. Integers have a float32 mean. JAX's `lax.pmean`. */
export const pmean: Collective = overLeaves('pmean', (x, axisName) => {
  const total = bind1(psumP, [x], { axisName })
  const sum = isFloat(total.dtype) ? total : convertElementType(total, 'float32')
  return div(sum, fullLike(sum, axisSizeOf('pmean', axisName)))
})

/** The maximum over the axis that an enclosing vmap names; leaf by leaf of a tree. Ties share gradients equally. JAX's `lax.pmax`. */
export const pmax: Collective = overLeaves('pmax', (x, axisName) => bind1(pmaxP, [x], { axisName }))

/** The minimum over the axis that an enclosing vmap names; leaf by leaf of a tree. Ties share gradients equally. JAX's `lax.pmin`. */
export const pmin: Collective = overLeaves('pmin', (x, axisName) => bind1(pminP, [x], { axisName }))

/** The position along the axis that an enclosing vmap names, an int32 scalar. JAX's `lax.axis_index`. */
export const axisIndex = (axisName: string): NdArray => {
  axisSizeOf('axisIndex', axisName)
  return bind1(axisIndexP, [], { axisName })
}

/** The size of the axis that an enclosing vmap names. JAX's `lax.axis_size`. */
export const axisSize = (axisName: string): number => axisSizeOf('axisSize', axisName)
