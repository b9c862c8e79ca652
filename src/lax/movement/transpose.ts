import { readView } from '../../array/loops.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { normalAxes, sizeOf, stridesOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { reshaped } from '../broadcast.js'
import { primitive } from '../rule.js'

export interface TransposeParams {
  /** The axis of the operand that each axis of the result is. */
  readonly permutation: readonly number[]
}

/** The permutation that undoes the one given. */
export const inverse = (permutation: readonly number[]): readonly number[] => {
  const out = new Array<number>(permutation.length)
  permutation.forEach((from, to) => (out[from] = to))
  return out
}

/** The axes in another order. */
export const transposeP: Primitive<'transpose', TransposeParams> = primitive<'transpose', TransposeParams>('transpose', {
  abstract([x], { permutation }) {
    const axes = normalAxes('transpose', permutation, x.shape.length)
    if (axes.length !== x.shape.length) throw new ShapeError('transpose', `a permutation of ${x.shape.length} axes`, [...permutation])
    return reshaped(x, axes.map((axis) => x.shape[axis]))
  },
  impl([x], { permutation }, out) {
    const strides = stridesOf(x.shape)
    const view = { shape: out.shape, strides: permutation.map((axis) => strides[axis]), offset: 0 }
    return wrap(out, readView(dataOf(x), view, allocate(out.dtype, sizeOf(out.shape))))
  },
  rules: ['linear'],
  transpose: [(ct, _, { permutation }) => transpose(ct, inverse(permutation))],
  batch: (_, [x], __, { permutation }) => bind1(transposeP, [x], { permutation: [0, ...permutation.map((axis) => axis + 1)] })
})

/**
 * The axes in another order: axis `i` of the result is axis `permutation[i]` of `x`. JAX's `lax.transpose`.
 * Throws ShapeError for anything but a permutation of the axes.
 *
 * @example
 * lax.transpose(np.array([[1, 2, 3], [4, 5, 6]]), [1, 0]) // [[1, 4], [2, 5], [3, 6]]
 */
export const transpose = (x: NdArray, permutation: readonly number[]): NdArray => {
  const axes = normalAxes('transpose', permutation, checkArray('transpose', x).ndim)
  return axes.length === x.ndim && axes.every((from, to) => from === to) ? x : bind1(transposeP, [x], { permutation: axes })
}
