import { readView } from '../../array/loops.js'
import { checkArray, dataOf, rows, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import { Unknown, type Primitive } from '../../core/primitive.js'
import { normalAxis, sizeOf, stridesOf } from '../../core/shape.js'
import { bind, isTracer } from '../../core/trace.js'
import { instantiate, reshaped } from '../broadcast.js'
import { concatenate } from './concatenate.js'
import { squeeze } from './reshape.js'

export interface SplitParams {
  readonly sizes: readonly number[]
  readonly axis: number
}

/** Consecutive parts along an axis. Its transpose puts all the cotangents together at once. */
export const splitP: Primitive<'split', SplitParams> = {
  name: 'split',
  abstract([x], { sizes, axis }) {
    normalAxis('split', axis, x.shape.length)
    if (sizes.length === 0 || !sizes.every((n) => Number.isInteger(n) && n >= 0)) {
      throw new ArgumentError('split', 'one or more sizes, natural numbers', [...sizes])
    }
    const sum = sizes.reduce((a, b) => a + b, 0)
    if (sum !== x.shape[axis]) throw new ShapeError('split', `sizes whose sum is ${x.shape[axis]}, the size of axis ${axis}`, [...sizes])
    return sizes.map((size) => reshaped(x, x.shape.with(axis, size)))
  },
  impl([x], { axis }, outs) {
    const data = dataOf(x)
    const strides = stridesOf(x.shape)
    let offset = 0
    return outs.map((out) => {
      const part = readView(data, { shape: out.shape, strides, offset }, allocate(out.dtype, sizeOf(out.shape)))
      offset += out.shape[axis] * strides[axis]
      return wrap(out, part)
    })
  },
  linearize([x], params) {
    return [bind(splitP, [x], params), ([d]) => (d === null ? params.sizes.map(() => null) : bind(splitP, [d], params))]
  },
  transpose(cts, [x], { sizes, axis }) {
    if (!(x instanceof Unknown)) return [null]
    const parts = cts.map((ct, i) => instantiate(ct, { aval: reshaped(x.aval, x.aval.shape.with(axis, sizes[i])) }))
    return [concatenate(parts, axis)]
  },
  batch: (_, [x], __, { sizes, axis }) => [bind(splitP, [x], { sizes, axis: axis + 1 }), sizes.map(() => true)]
}

/**
 * Consecutive parts of the given sizes along an axis. JAX's `lax.split`.
 * Throws ShapeError unless the sizes add up to the size of the axis.
 *
 * @example
 * lax.split(np.array([1, 2, 3]), [1, 2]) // [[1], [2, 3]]
 */
export const split = (x: NdArray, sizes: readonly number[], axis = 0): readonly NdArray[] => {
  const at = normalAxis('split', axis, checkArray('split', x).ndim)
  checkList('split', 'a list of sizes', sizes)
  return sizes.length === 1 && sizes[0] === x.shape[at] ? [x] : bind(splitP, [x], { sizes, axis: at })
}

/**
 * The slices `x[0]`, `x[1]`, … along the leading axis, which disappears: what iterating an array gives.
 * Throws ShapeError for scalars.
 *
 * @example
 * unstack(np.array([[1, 2], [3, 4]])) // [[1, 2], [3, 4]]
 */
export const unstack = (x: NdArray): readonly NdArray[] => {
  if (x.ndim === 0) throw new ShapeError('unstack', 'an array with at least one axis', x)
  if (!isTracer(x)) return rows(x)
  return x.shape[0] === 0 ? [] : split(x, new Array<number>(x.shape[0]).fill(1)).map((part) => squeeze(part, [0]))
}
