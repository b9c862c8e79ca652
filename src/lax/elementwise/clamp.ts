import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, type TypedArray } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes, sizeOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastInDim, broadcastLeading, full, zerosLike } from '../broadcast.js'
import { primitive } from '../rule.js'
import { bitwiseAnd } from './bitwise.js'
import { gt, lt } from './comparison.js'
import { zipElements } from './elements.js'
import type { Operand } from './pointwise.js'
import { select } from './select.js'

/** A bound as an array of the shape given; a scalar bounds every element. */
const spread = (bound: NdArray, shape: Shape): NdArray => (bound.ndim === shape.length ? bound : broadcastInDim(bound, shape, []))

const elementsOf = (bound: NdArray, like: NdArray): TypedArray => {
  const data = dataOf(bound)
  return data.length === like.size ? data : allocate(bound.dtype, like.size).fill(data[0])
}

const larger = (x: number, y: number): number => Math.max(x, y)
const smaller = (x: number, y: number): number => Math.min(x, y)

/** Elements kept within bounds: operands are the lower bound, the array, the upper bound. */
export const clampP: Primitive<'clamp'> = primitive('clamp', {
  abstract([low, x, high]) {
    if (low.dtype !== x.dtype || high.dtype !== x.dtype) throw new DTypeError('clamp', 'bounds of the dtype of the array', [low, x, high])
    for (const bound of [low, high]) {
      if (bound.shape.length > 0 && !equalShapes(bound.shape, x.shape)) {
        throw new ShapeError('clamp', 'bounds that are scalars or have the shape of the array', [low, x, high])
      }
    }
    return { shape: x.shape, dtype: x.dtype, weak: low.weak && x.weak && high.weak }
  },
  impl([low, x, high], _, out) {
    const raised = zipElements(larger, dataOf(x), elementsOf(low, x), allocate(out.dtype, sizeOf(out.shape)), out.dtype)
    return wrap(out, zipElements(smaller, raised, elementsOf(high, x), allocate(out.dtype, raised.length), out.dtype))
  },
  // The bound that holds an element takes its tangent; where the array equals a bound nothing passes.
  rules: [
    ([low, x, high]) => {
      const [bottom, top] = [spread(low, x.shape), spread(high, x.shape)]
      const mask = bitwiseAnd(gt(bottom, x), lt(bottom, top))
      return (d) => select(mask, spread(d, x.shape), zerosLike(x))
    },
    ([low, x, high]) => {
      const mask = bitwiseAnd(gt(x, spread(low, x.shape)), lt(x, spread(high, x.shape)))
      return (d) => select(mask, d, zerosLike(d))
    },
    ([, x, high]) => {
      const mask = lt(spread(high, x.shape), x)
      return (d) => select(mask, spread(d, x.shape), zerosLike(x))
    }
  ],
  batch(size, [low, x, high], [lowBatched, xBatched, highBatched]) {
    const shape = xBatched ? x.shape : [size, ...x.shape]
    const bound = (b: NdArray, batched: boolean): NdArray => {
      if (batched) return b.ndim === shape.length ? b : broadcastInDim(b, shape, [0])
      return b.ndim === 0 ? b : broadcastLeading(size, b)
    }
    return bind1(clampP, [bound(low, lowBatched), xBatched ? x : broadcastLeading(size, x), bound(high, highBatched)])
  }
})

/**
 * Elements kept within bounds, which are scalars or arrays of x's shape: `min(max(x, low), high)`, with NaN where an operand
 * has one. JAX's `lax.clamp`. Throws ShapeError and DTypeError if the bounds do not fit.
 *
 * @example
 * lax.clamp(0, np.array([-1, 0.5, 2]), 1) // [0, 0.5, 1]
 */
export const clamp = (low: Operand, x: NdArray, high: Operand): NdArray => {
  checkArray('clamp', x)
  const bound = (b: Operand): NdArray => (typeof b === 'number' ? full([], b, x.dtype, x.weak) : b)
  return bind1(clampP, [bound(low), x, bound(high)])
}
