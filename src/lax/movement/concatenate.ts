import { writeView } from '../../array/loops.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import type { Primitive, Unknown } from '../../core/primitive.js'
import { normalAxis, sizeOf, stridesOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastLeading } from '../broadcast.js'
import { primitive } from '../rule.js'
import { slice } from './slice.js'

export interface ConcatenateParams {
  readonly dimension: number
}

const known = new WeakMap<readonly object[], readonly number[]>()

/** Where each operand begins along the axis; the transpose asks for each of a list of operands. */
const startsOf = (operands: readonly (NdArray | Unknown)[], dimension: number): readonly number[] => {
  const found = known.get(operands)
  if (found !== undefined) return found
  let end = 0
  const starts = operands.map(({ aval }) => (end += aval.shape[dimension]) - aval.shape[dimension])
  known.set(operands, starts)
  return starts
}

/** The operands one after the other along an axis. */
export const concatenateP: Primitive<'concatenate', ConcatenateParams> = primitive<'concatenate', ConcatenateParams>('concatenate', {
  abstract(avals, { dimension }) {
    if (avals.length === 0) throw new ShapeError('concatenate', 'at least one array', 'none')
    const [x] = avals
    normalAxis('concatenate', dimension, x.shape.length)
    let size = 0
    let weak = true
    for (const a of avals) {
      if (a.dtype !== x.dtype) throw new DTypeError('concatenate', 'arrays of one dtype', avals)
      if (a.shape.length !== x.shape.length || a.shape.some((n, axis) => axis !== dimension && n !== x.shape[axis])) {
        throw new ShapeError('concatenate', `arrays of one shape but for axis ${dimension}`, avals)
      }
      size += a.shape[dimension]
      weak = weak && a.weak
    }
    return { shape: x.shape.with(dimension, size), dtype: x.dtype, weak }
  },
  impl(operands, { dimension }, out) {
    const result = allocate(out.dtype, sizeOf(out.shape))
    const strides = stridesOf(out.shape)
    let offset = 0
    for (const x of operands) {
      writeView(dataOf(x), result, { shape: x.shape, strides, offset })
      offset += x.shape[dimension] * strides[dimension]
    }
    return wrap(out, result)
  },
  linearFrom: 0,
  transpose: (position) => (ct, operands, { dimension }) => {
    const start = startsOf(operands, dimension)[position]
    const limit = start + operands[position].aval.shape[dimension]
    return slice(ct, ct.shape.map((_, i) => (i === dimension ? start : 0)), ct.shape.with(dimension, limit))
  },
  batch: (size, operands, batched, { dimension }) =>
    bind1(concatenateP, operands.map((x, i) => (batched[i] ? x : broadcastLeading(size, x))), { dimension: dimension + 1 })
})

/**
 * The arrays one after the other along an axis. JAX's `lax.concatenate`.
 * Throws ShapeError where their other sizes differ, or if there is none; DTypeError where their dtypes differ.
 *
 * @example
 * lax.concatenate([np.array([[1, 2]]), np.array([[3, 4], [5, 6]])], 0) // [[1, 2], [3, 4], [5, 6]]
 */
export const concatenate = (xs: readonly NdArray[], axis: number): NdArray => {
  if (checkList('concatenate', 'a list of arrays', xs).length === 0) throw new ShapeError('concatenate', 'at least one array', 'none')
  const dimension = normalAxis('concatenate', axis, checkArray('concatenate', xs[0]).ndim)
  return xs.length === 1 ? xs[0] : bind1(concatenateP, xs, { dimension })
}
