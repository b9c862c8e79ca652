import { dataOf, wrap } from '../../array/ndarray.js'
import { stableOrder } from '../../array/order.js'
import type { NdArray } from '../../core/array.js'
import { allocate, type TypedArray } from '../../core/dtype.js'
import { ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { bind } from '../../core/trace.js'
import { reshaped } from '../broadcast.js'
import { takeAlong } from './sort.js'

export interface TopKParams {
  readonly k: number
}

/** The greatest elements of each row, and where they are. */
export const topKP: Primitive<'top_k', TopKParams> = {
  name: 'top_k',
  abstract([x], { k }) {
    const size = x.shape.at(-1)
    if (size === undefined) throw new ShapeError('topK', 'an array with at least one axis', x)
    if (!Number.isInteger(k) || k < 0 || k > size) {
      throw new ShapeError('topK', `k from 0 to ${size}, the size of the last axis`, k)
    }
    const shape = [...x.shape.slice(0, -1), k]
    return [reshaped(x, shape), { shape, dtype: 'int32', weak: false }]
  },
  impl([x], { k }, [values, indices]) {
    const data = dataOf(x)
    const count = x.shape[x.ndim - 1]
    const best = allocate(x.dtype, sizeOf(values.shape))
    const places = new Int32Array(best.length)
    const [keys, order, scratch] = [new Float64Array(count), new Int32Array(count), new Int32Array(count)]
    for (let from = 0, to = 0; to < best.length; from += count) {
      for (let i = 0; i < count; i++) order[i] = i
      descend(data, from, keys, order, scratch)
      for (let i = 0; i < k; i++, to++) {
        best[to] = data[from + order[i]]
        places[to] = order[i]
      }
    }
    return [wrap(values, best), wrap(indices, places)]
  },
  linearize([x], params) {
    const [values, indices] = bind(topKP, [x], params)
    return [[values, indices], ([d]) => [d === null ? null : takeAlong(d, indices, x.ndim - 1), null]]
  },
  batch(_, operands, __, params) {
    return [bind(topKP, operands, params), [true, true]]
  }
}

/** Orders one row as IEEE 754's total order does, from NaN and ∞ down; 0 is greater than −0. */
const descend = (data: TypedArray, from: number, keys: Float64Array, order: Int32Array, scratch: Int32Array): void => {
  let special = false
  for (let i = 0; i < keys.length; i++) {
    const x = data[from + i]
    keys[i] = x !== x ? 0 : Object.is(x, -0) ? 2 : 1
    special ||= keys[i] !== 1
  }
  if (special) stableOrder(keys, order, scratch)
  for (let i = 0; i < keys.length; i++) {
    const x = data[from + i]
    keys[i] = x !== x ? -Infinity : -x
  }
  stableOrder(keys, order, scratch)
}

/**
 * The `k` greatest elements along the last axis, in descending order, and their positions (int32). Of equals the first
 * comes first; NaN is greater than every number, and 0 than −0. JAX's `lax.top_k`. Throws ShapeError if `k` is greater than the
 * size of the axis.
 *
 * @example
 * const [values, indices] = lax.topK(np.array([1, 5, 3]), 2)
 * values // [5, 3]
 * indices // [1, 2]
 */
export const topK = (x: NdArray, k: number): readonly [values: NdArray, indices: NdArray] => {
  const [values, indices] = bind(topKP, [x], { k })
  return [values, indices]
}
