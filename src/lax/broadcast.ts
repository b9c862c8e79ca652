import { axesLast, readView } from '../array/loops.js'
import { checkArray, dataOf, scalar, share, wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { aval, type Aval } from '../core/aval.js'
import { allocate, checkDType, isFloat, isInteger, type DType, type TypedArray } from '../core/dtype.js'
import { ArgumentError, DTypeError, quoted, ShapeError } from '../core/errors.js'
import { checkList } from '../core/options.js'
import type { Primitive, Tangent } from '../core/primitive.js'
import { checkShape, equalShapes, normalAxes, range, sizeOf, stridesOf, without, type Shape } from '../core/shape.js'
import { bind1 } from '../core/trace.js'

/*
 * Fan-out and fan-in: copies and sums, each the transpose of the other. Every other rule is built on these three.
 */

export interface BroadcastParams {
  readonly shape: Shape
  /** The axis of the result that each axis of the operand becomes, ascending. */
  readonly broadcastDimensions: readonly number[]
}

/** Every position along new axes, and along axes of size 1 that grow, holds a copy. */
export const broadcastInDimP: Primitive<'broadcast_in_dim', BroadcastParams> = {
  name: 'broadcast_in_dim',
  abstract([x], { shape, broadcastDimensions }) {
    checkShape('broadcastInDim', shape)
    if (broadcastDimensions.length !== x.shape.length) {
      throw new ShapeError('broadcastInDim', `one dimension for each of ${x.shape.length} axes`, [...broadcastDimensions])
    }
    broadcastDimensions.forEach((to, from) => {
      if (!Number.isInteger(to) || to < 0 || to >= shape.length || (from > 0 && broadcastDimensions[from - 1] >= to)) {
        throw new ShapeError('broadcastInDim', `ascending dimensions below ${shape.length}`, [...broadcastDimensions])
      }
      if (x.shape[from] !== 1 && x.shape[from] !== shape[to]) {
        throw new ShapeError('broadcastInDim', `an operand that fits [${shape.join(',')}] along ${JSON.stringify(broadcastDimensions)}`, x)
      }
    })
    return [{ shape, dtype: x.dtype, weak: x.weak }]
  },
  impl([x], { shape, broadcastDimensions }, [out]) {
    const data = dataOf(x)
    if (x.size === sizeOf(shape)) return [share(out, x)]
    const elements = allocate(out.dtype, sizeOf(shape))
    if (x.size === 1 && Object.is(data[0], 0)) return [wrap(out, elements)] // they are zero, and take no memory until they are read
    const strides = new Array<number>(shape.length).fill(0)
    const inner = stridesOf(x.shape)
    broadcastDimensions.forEach((to, from) => {
      if (x.shape[from] !== 1) strides[to] = inner[from]
    })
    return [wrap(out, readView(data, { shape, strides, offset: 0 }, elements))]
  },
  linearize([x], params) {
    return [[bind1(broadcastInDimP, [x], params)], ([d]) => [d === null ? null : bind1(broadcastInDimP, [d], params)]]
  },
  transpose([ct], [x], { shape, broadcastDimensions }) {
    if (ct === null) return [null]
    const inner = x.aval.shape
    const kept = broadcastDimensions.filter((to, from) => inner[from] === shape[to])
    const sum = reduceSum(ct, without(range(shape.length), kept))
    return [broadcastInDim(sum, inner, range(inner.length).filter((from) => inner[from] === shape[broadcastDimensions[from]]))]
  },
  batch(size, [x], _, { shape, broadcastDimensions }) {
    const params = { shape: [size, ...shape], broadcastDimensions: [0, ...broadcastDimensions.map((to) => to + 1)] }
    return [[bind1(broadcastInDimP, [x], params)], [true]]
  }
}

/**
 * Copies along new axes, and along axes of size 1 that grow; axis `i` of `x` becomes axis `broadcastDimensions[i]`.
 * JAX's `lax.broadcast_in_dim`. Throws ShapeError where sizes do not fit.
 *
 * @example
 * lax.broadcastInDim(np.array([1, 2]), [2, 3], [0]) // [[1, 1, 1], [2, 2, 2]]
 */
export const broadcastInDim = (x: NdArray, shape: Shape, broadcastDimensions: readonly number[]): NdArray => {
  checkArray('broadcastInDim', x)
  checkList('broadcastInDim', 'a list of dimensions', broadcastDimensions)
  const own = checkShape('broadcastInDim', shape)
  return equalShapes(x.shape, own) && broadcastDimensions.length === own.length
    ? x
    : bind1(broadcastInDimP, [x], { shape: own, broadcastDimensions })
}

export interface AxesParams {
  readonly axes: readonly number[]
}

/** The sum of one row, to within ε times the sum of absolute values: integers wrap, floats add by pairs of blocks in float64. */
const rowSum = (data: TypedArray, from: number, to: number, float: boolean): number => {
  if (!float) {
    let sum = 0
    for (let i = from; i < to; i++) sum = (sum + data[i]) | 0
    return sum
  }
  if (to - from > 128) {
    const middle = (from + to) >>> 1
    return rowSum(data, from, middle, true) + rowSum(data, middle, to, true)
  }
  let sum = 0
  for (let i = from; i < to; i++) sum += data[i]
  return sum
}

/** The sum over some axes, which disappear. */
export const reduceSumP: Primitive<'reduce_sum', AxesParams> = {
  name: 'reduce_sum',
  abstract([x], { axes }) {
    if (x.dtype === 'bool') throw new DTypeError('reduceSum', 'numbers', x)
    return [{ shape: without(x.shape, normalAxes('reduceSum', axes, x.shape.length)), dtype: x.dtype, weak: x.weak }]
  },
  impl([x], { axes }, [out]) {
    const { data, outer, inner } = axesLast(dataOf(x), x.shape, axes)
    const sums = allocate(out.dtype, outer)
    const float = isFloat(out.dtype)
    for (let i = 0; i < outer; i++) sums[i] = rowSum(data, i * inner, (i + 1) * inner, float)
    return [wrap(out, sums)]
  },
  linearize([x], params) {
    return [[bind1(reduceSumP, [x], params)], ([d]) => [d === null ? null : bind1(reduceSumP, [d], params)]]
  },
  transpose([ct], [x], { axes }) {
    const { shape } = x.aval
    return [ct === null ? null : broadcastInDim(ct, shape, without(range(shape.length), axes))]
  },
  batch(_, [x], __, { axes }) {
    return [[bind1(reduceSumP, [x], { axes: axes.map((axis) => axis + 1) })], [true]]
  }
}

/**
 * The sum over the axes given, which disappear; the dtype stays, and integers wrap. Floats add by pairs of blocks.
 * JAX's `lax.reduce_sum`. Throws ShapeError for an axis out of range or repeated.
 *
 * @example
 * lax.reduceSum(np.array([[1, 2], [3, 4]]), [0]) // [4, 6]
 */
export const reduceSum = (x: NdArray, axes: readonly number[]): NdArray =>
  checkList('reduceSum', 'a list of axes', axes).length === 0
    ? checkArray('reduceSum', x)
    : bind1(reduceSumP, [x], { axes: normalAxes('reduceSum', axes, checkArray('reduceSum', x).ndim) })

/** The sum of two tangents or cotangents of the same type: what fan-out transposes to. */
export const addAnyP: Primitive<'add_any'> = {
  name: 'add_any',
  abstract([x, y]) {
    if (x.dtype !== y.dtype || !equalShapes(x.shape, y.shape)) throw new ShapeError('addAny', 'two arrays of one type', [x, y])
    return [x.weak && !y.weak ? y : x]
  },
  impl([x, y], _, [out]) {
    const [a, b, sum] = [dataOf(x), dataOf(y), allocate(out.dtype, sizeOf(out.shape))]
    for (let i = 0; i < sum.length; i++) sum[i] = a[i] + b[i]
    return [wrap(out, sum)]
  },
  linearize([x, y]) {
    return [[bind1(addAnyP, [x, y])], ([dx, dy]) => [sumOf(dx, dy)]]
  },
  transpose([ct], operands) {
    return operands.map((x) => ('shape' in x ? null : ct))
  },
  batch(size, operands, batched) {
    const [x, y] = operands.map((operand, i) => (batched[i] ? operand : broadcastLeading(size, operand)))
    return [[bind1(addAnyP, [x, y])], [true]]
  }
}

/** The sum of two tangents; a symbolic zero adds nothing. */
export const sumOf = (x: Tangent, y: Tangent): Tangent => (x === null ? y : y === null ? x : bind1(addAnyP, [x, y]))

/** Copies of an array along a new leading axis. */
export const broadcastLeading = (size: number, x: NdArray): NdArray => broadcastInDim(x, [size, ...x.shape], range(x.ndim, 1))

/**
 * An array of one value.
 *
 * @example
 * lax.full([2, 2], 7) // [[7, 7], [7, 7]]
 */
export const full = (shape: Shape, value: number, dtype: DType = 'float32', weak = false): NdArray => {
  checkDType('full', dtype)
  if (typeof value !== 'number' || (isInteger(dtype) && !Number.isFinite(value))) {
    throw new ArgumentError('full', isInteger(dtype) ? `a finite number for ${dtype}` : 'a number', quoted(value))
  }
  return broadcastInDim(scalar(value, dtype, weak), shape, [])
}

/** An array of one value, of the type given. */
export const fullLike = (like: { readonly aval: Aval }, value: number): NdArray => {
  const type = (like as { readonly aval?: Aval } | null | undefined)?.aval // callers without types pass anything
  if (type === undefined) throw new ArgumentError('fullLike', 'an array', like)
  const { shape, dtype, weak } = type
  return full(shape, value, dtype, weak)
}

/** Zeros of the type given. */
export const zerosLike = (like: { readonly aval: Aval }): NdArray => fullLike(like, 0)

/** A tangent as an array: zeros of the type given for the symbolic zero. */
export const instantiate = (tangent: Tangent, like: { readonly aval: Aval }): NdArray => tangent ?? zerosLike(like)

/** The type with another shape. */
export const reshaped = (x: Aval, shape: Shape): Aval => aval(shape, x.dtype, x.weak)
