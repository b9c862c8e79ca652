import { readView } from '../../array/loops.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { checkList } from '../../core/options.js'
import type { Primitive } from '../../core/primitive.js'
import { normalAxes, stridesOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { primitive } from '../rule.js'
import type { DimensionsParams } from './reshape.js'

/** The elements in the opposite order along some axes. */
export const revP: Primitive<'rev', DimensionsParams> = primitive<'rev', DimensionsParams>('rev', {
  abstract([x], { dimensions }) {
    normalAxes('rev', dimensions, x.shape.length)
    return x
  },
  impl([x], { dimensions }, out) {
    const strides = [...stridesOf(x.shape)]
    let offset = 0
    for (const axis of dimensions) {
      offset += (x.shape[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
    }
    return wrap(out, readView(dataOf(x), { shape: x.shape, strides, offset }, allocate(out.dtype, x.size)))
  },
  rules: ['linear'],
  transpose: [(ct, _, { dimensions }) => rev(ct, dimensions)],
  batch: (_, [x], __, { dimensions }) => bind1(revP, [x], { dimensions: dimensions.map((axis) => axis + 1) })
})

/**
 * The elements in the opposite order along the axes given. JAX's `lax.rev`.
 * Throws ShapeError for an axis out of range or repeated.
 *
 * @example
 * lax.rev(np.array([[1, 2, 3], [4, 5, 6]]), [1]) // [[3, 2, 1], [6, 5, 4]]
 */
export const rev = (x: NdArray, axes: readonly number[]): NdArray =>
  checkList('rev', 'a list of axes', axes).length === 0
    ? checkArray('rev', x)
    : bind1(revP, [x], { dimensions: normalAxes('rev', axes, checkArray('rev', x).ndim) })
