import { axesLast } from '../../array/loops.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, isDType, isInteger, type DType, type TypedArray } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { normalAxis, normalAxes, without } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { primitive } from '../rule.js'

export interface ArgParams {
  /** One axis, which disappears. */
  readonly axes: readonly number[]
  readonly indexDtype: DType
}

const argReduction = <const N extends string>(
  name: N, pick: (data: TypedArray, from: number, to: number) => number
): Primitive<N, ArgParams> => {
  const self: Primitive<N, ArgParams> = primitive<N, ArgParams>(name, {
    abstract([x], { axes, indexDtype }) {
      if (!isDType(indexDtype) || !isInteger(indexDtype)) throw new DTypeError(name, 'an integer dtype of the index', indexDtype)
      const [axis] = normalAxes(name, axes, x.shape.length)
      if (axes.length !== 1) throw new ShapeError(name, 'one axis', [...axes])
      if (x.shape[axis] === 0) throw new ShapeError(name, `at least one element along axis ${axis}`, x)
      return { shape: without(x.shape, axes), dtype: indexDtype, weak: false }
    },
    impl([x], { axes }, out) {
      const { data, outer, inner } = axesLast(dataOf(x), x.shape, axes)
      const result = allocate(out.dtype, outer)
      for (let i = 0; i < outer; i++) result[i] = pick(data, i * inner, (i + 1) * inner) - i * inner
      return wrap(out, result)
    },
    batch: (_, [x], __, { axes, indexDtype }) => bind1(self, [x], { axes: axes.map((axis) => axis + 1), indexDtype })
  })
  return self
}

/** The position of the greatest element. */
export const argmaxP: Primitive<'argmax', ArgParams> = argReduction('argmax', (data, from, to) => {
  let at = from
  for (let i = from; i < to; i++) {
    if (data[i] !== data[i]) return i
    if (data[i] > data[at]) at = i
  }
  return at
})

/** The position of the least element. */
export const argminP: Primitive<'argmin', ArgParams> = argReduction('argmin', (data, from, to) => {
  let at = from
  for (let i = from; i < to; i++) {
    if (data[i] !== data[i]) return i
    if (data[i] < data[at]) at = i
  }
  return at
})

/**
 * The position along the axis of the greatest element: the first of equals, the first NaN if there is one. JAX's
 * `lax.argmax`. Throws ShapeError if the axis has no elements.
 *
 * @example
 * lax.argmax(np.array([[1, 5], [3, 4]]), 0) // [1, 0]
 */
export const argmax = (x: NdArray, axis: number, indexDtype: DType = 'int32'): NdArray =>
  bind1(argmaxP, [x], { axes: [normalAxis('argmax', axis, checkArray('argmax', x).ndim)], indexDtype })

/**
 * The position along the axis of the least element: the first of equals, the first NaN if there is one. JAX's
 * `lax.argmin`. Throws ShapeError if the axis has no elements.
 *
 * @example
 * lax.argmin(np.array([[1, 5], [3, 4]]), 0) // [0, 1]
 */
export const argmin = (x: NdArray, axis: number, indexDtype: DType = 'int32'): NdArray =>
  bind1(argminP, [x], { axes: [normalAxis('argmin', axis, checkArray('argmin', x).ndim)], indexDtype })
