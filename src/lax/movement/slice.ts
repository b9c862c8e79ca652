import { readView, writeView } from '../../array/loops.js'
import { checkArray, dataOf, scalar, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes, normalAxis, range, sizeOf, stridesOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastInDim, broadcastLeading, full, reduceSum, reshaped } from '../broadcast.js'
import { mul } from '../elementwise/arithmetic.js'
import type { Operand } from '../elementwise/pointwise.js'
import { select } from '../elementwise/select.js'
import { primitive } from '../rule.js'
import { squeeze } from './reshape.js'

/*
 * Taking a box out of an array and putting it into a larger one: each is the transpose of the other.
 */

export interface SliceParams {
  readonly startIndices: readonly number[]
  readonly limitIndices: readonly number[]
  /** Steps; `null` if all are 1. */
  readonly strides: readonly number[] | null
}

/** The elements from start up to limit, in steps, along every axis. */
export const sliceP: Primitive<'slice', SliceParams> = primitive<'slice', SliceParams>('slice', {
  abstract([x], { startIndices, limitIndices, strides }) {
    const rank = x.shape.length
    if (startIndices.length !== rank || limitIndices.length !== rank || (strides !== null && strides.length !== rank)) {
      const lengths = [startIndices, limitIndices, ...(strides === null ? [] : [strides])].map((list) => list.length)
      throw new ShapeError('slice', `a start, a limit and a stride for each of ${rank} axes`, `${lengths.join(', ')} of them`)
    }
    const shape = new Array<number>(rank)
    for (let i = 0; i < rank; i++) {
      const [start, limit, stride] = [startIndices[i], limitIndices[i], strides === null ? 1 : strides[i]]
      if (!Number.isInteger(start) || !Number.isInteger(limit) || start < 0 || limit < start || limit > x.shape[i]) {
        throw new ShapeError('slice', `integers 0 ≤ start ≤ limit ≤ ${x.shape[i]} along axis ${i}`, `${start} and ${limit}`)
      }
      if (!Number.isInteger(stride) || stride < 1) throw new ArgumentError('slice', `a positive integer stride along axis ${i}`, stride)
      shape[i] = Math.ceil((limit - start) / stride)
    }
    return reshaped(x, shape)
  },
  impl([x], { startIndices, strides }, out) {
    const steps = stridesOf(x.shape)
    const view = {
      shape: out.shape,
      strides: strides === null ? steps : steps.map((step, i) => step * strides[i]),
      offset: steps.reduce((sum, step, i) => sum + step * startIndices[i], 0)
    }
    return wrap(out, readView(dataOf(x), view, allocate(out.dtype, sizeOf(out.shape))))
  },
  rules: ['linear'],
  transpose: [
    (ct, [x], { startIndices, strides }) => {
      const config = startIndices.map((start, i) => {
        const stride = strides === null ? 1 : strides[i]
        const end = start + (ct.shape[i] === 0 ? 0 : 1 + (ct.shape[i] - 1) * stride)
        return [start, x.aval.shape[i] - end, stride - 1] as const
      })
      return pad(ct, 0, config)
    }
  ],
  batch: (size, [x], _, { startIndices, limitIndices, strides }) =>
    bind1(sliceP, [x], {
      startIndices: [0, ...startIndices],
      limitIndices: [size, ...limitIndices],
      strides: strides === null ? null : [1, ...strides]
    })
})

/**
 * The elements from `start` up to, but without, `limit`, in steps of `strides` (1 unless given), along every axis.
 * JAX's `lax.slice`. Throws ShapeError for positions outside of the array: nothing is clamped or counted from the end.
 *
 * @example
 * lax.slice(np.array([[1, 2, 3], [4, 5, 6]]), [0, 1], [2, 3]) // [[2, 3], [5, 6]]
 * lax.slice(np.array([0, 1, 2, 3, 4]), [0], [5], [2]) // [0, 2, 4]
 */
export const slice = (
  x: NdArray,
  start: readonly number[],
  limit: readonly number[],
  strides: readonly number[] | null = null
): NdArray => {
  checkArray('slice', x)
  checkList('slice', 'a list of starts', start)
  checkList('slice', 'a list of limits', limit)
  if (strides !== null) checkList('slice', 'a list of strides, or null', strides)
  const steps = strides !== null && strides.every((stride) => stride === 1) && strides.length === x.ndim ? null : strides
  if (steps === null && start.length === x.ndim && start.every((i) => i === 0) && equalShapes(limit, x.shape)) return x
  return bind1(sliceP, [x], { startIndices: start, limitIndices: limit, strides: steps })
}

/**
 * `slice` along one axis; negative positions count from the end, and `null` is an end of the axis. JAX's
 * `lax.slice_in_dim`. Throws ShapeError for positions outside of the array.
 *
 * @example
 * lax.sliceInDim(np.array([0, 1, 2, 3, 4]), 1, -1) // [1, 2, 3]
 */
export const sliceInDim = (x: NdArray, start: number | null, limit: number | null, stride = 1, axis = 0): NdArray => {
  const at = normalAxis('sliceInDim', axis, checkArray('sliceInDim', x).ndim)
  for (const end of [start, limit]) {
    if (end !== null && !Number.isInteger(end)) throw new ArgumentError('sliceInDim', 'an integer or null as start and limit', end)
  }
  const size = x.shape[at]
  const from = start === null ? 0 : start < 0 ? start + size : start
  const to = limit === null ? size : limit < 0 ? limit + size : limit
  return slice(x, alone(x, at, from, 0), x.shape.with(at, to), alone(x, at, stride, 1))
}

/** One number for an axis, another for the rest. */
const alone = (x: NdArray, axis: number, one: number, rest: number): readonly number[] =>
  new Array<number>(x.ndim).fill(rest).with(axis, one)

/**
 * The elements at one position of an axis, which disappears unless `keepDims`; negative positions count from the end.
 * JAX's `lax.index_in_dim`, whose `keepdims` is true by default. Throws ShapeError for a position outside of the array.
 *
 * @example
 * lax.indexInDim(np.array([[1, 2, 3], [4, 5, 6]]), -1, 1) // [[3], [6]]
 * lax.indexInDim(np.array([[1, 2, 3], [4, 5, 6]]), 0, 0, false) // [1, 2, 3]
 */
export const indexInDim = (x: NdArray, index: number, axis = 0, keepDims = true): NdArray => {
  const at = normalAxis('indexInDim', axis, checkArray('indexInDim', x).ndim)
  const size = x.shape[at]
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new ShapeError('indexInDim', `an integer position from ${-size} to ${size - 1} along axis ${at}`, index)
  }
  const from = index < 0 ? index + size : index
  const out = slice(x, alone(x, at, from, 0), x.shape.with(at, from + 1))
  return keepDims ? out : squeeze(out, [at])
}

/** Along one axis: how many padding elements come before, after, and between neighbours. The first two may be negative. */
export type Padding = readonly [low: number, high: number, interior: number]

export interface PadParams {
  readonly paddingConfig: readonly Padding[]
}

const padded = (size: number, [low, high, interior]: Padding): number => low + size + Math.max(size - 1, 0) * interior + high

/** The elements of the operand that stay within the result, first and count along each axis. */
const staying = (shape: Shape, out: Shape, config: readonly Padding[]): Readonly<Record<'first' | 'count', readonly number[]>> => {
  const first = config.map(([low, , interior]) => (low < 0 ? Math.ceil(-low / (interior + 1)) : 0))
  const count = config.map(([low, , interior], i) => {
    const last = Math.min(shape[i] - 1, Math.floor((out[i] - 1 - low) / (interior + 1)))
    return Math.max(last - first[i] + 1, 0)
  })
  return { first, count }
}

/** The array within a larger one, its neighbours set apart, the rest filled with the second operand. */
export const padP: Primitive<'pad', PadParams> = primitive<'pad', PadParams>('pad', {
  abstract([x, value], { paddingConfig }) {
    if (value.shape.length !== 0) throw new ShapeError('pad', 'a scalar padding value', value)
    if (value.dtype !== x.dtype) throw new DTypeError('pad', 'an array and a padding value of one dtype', [x, value])
    if (paddingConfig.length !== x.shape.length) {
      throw new ShapeError('pad', `[low, high, interior] for each of ${x.shape.length} axes`, `${paddingConfig.length} of them`)
    }
    const shape = paddingConfig.map((padding, i) => {
      if (!padding.every(Number.isInteger) || padding[2] < 0) {
        throw new ArgumentError('pad', `integers [low, high, interior ≥ 0] along axis ${i}`, [...padding])
      }
      const size = padded(x.shape[i], padding)
      if (size < 0) throw new ShapeError('pad', `negative padding of at most the size ${x.shape[i]} along axis ${i}`, [...padding])
      return size
    })
    return { shape, dtype: x.dtype, weak: x.weak && value.weak }
  },
  impl([x, value], { paddingConfig }, out) {
    const result = allocate(out.dtype, sizeOf(out.shape)).fill(dataOf(value)[0])
    const { first, count } = staying(x.shape, out.shape, paddingConfig)
    const from = stridesOf(x.shape)
    const to = stridesOf(out.shape)
    const box = equalShapes(count, x.shape)
      ? dataOf(x)
      : readView(
        dataOf(x),
        { shape: count, strides: from, offset: first.reduce((sum, i, axis) => sum + i * from[axis], 0) },
        allocate(out.dtype, sizeOf(count))
      )
    const strides = to.map((stride, i) => stride * (paddingConfig[i][2] + 1))
    const offset = first.reduce((sum, i, axis) => sum + to[axis] * paddingConfig[axis][0] + i * strides[axis], 0)
    return wrap(out, writeView(box, result, { shape: count, strides, offset }))
  },
  linearFrom: 0,
  transpose: [
    (ct, _, { paddingConfig }) => {
      const box = pad(ct, 0, paddingConfig.map(([low, high]) => [-low, -high, 0] as const))
      return slice(box, box.shape.map(() => 0), box.shape, paddingConfig.map(([, , interior]) => interior + 1))
    },
    (ct, [x], { paddingConfig }) => {
      const outside = pad(full(x.aval.shape, 0, ct.dtype), 1, paddingConfig)
      return reduceSum(mul(ct, outside), range(ct.ndim))
    }
  ],
  batch(size, [x, value], [xBatched, valueBatched], { paddingConfig }) {
    const config: readonly Padding[] = [[0, 0, 0], ...paddingConfig]
    if (!valueBatched) return bind1(padP, [x, value], { paddingConfig: config })
    const inner = pad(xBatched ? x : broadcastLeading(size, x), 0, config)
    const outside = pad(full(xBatched ? x.shape : [size, ...x.shape], 0, 'bool'), 1, config)
    return select(outside, broadcastInDim(value, inner.shape, [0]), inner)
  }
})

/**
 * The array within a larger one: along each axis `low` elements `value` before it, `high` after it and `interior`
 * between neighbours. Negative `low` and `high` take elements away. JAX's `lax.pad`.
 * Throws ShapeError where more is taken away than there is.
 *
 * @example
 * lax.pad(np.array([1, 2, 3]), 0, [[1, 2, 0]]) // [0, 1, 2, 3, 0, 0]
 * lax.pad(np.array([1, 2, 3]), 0, [[-1, 0, 1]]) // [0, 2, 0, 3]
 */
export const pad = (x: NdArray, value: Operand, config: readonly Padding[]): NdArray => {
  checkArray('pad', x)
  checkList('pad', 'a list of [low, high, interior]', config)
  config.forEach((triple, axis) => checkList('pad', `[low, high, interior] for axis ${axis}`, triple))
  return config.length === x.ndim && config.every(([low, high, interior]) => low === 0 && high === 0 && interior === 0)
    ? x
    : bind1(padP, [x, typeof value === 'number' ? scalar(value, x.dtype, x.weak) : value], { paddingConfig: config })
}
