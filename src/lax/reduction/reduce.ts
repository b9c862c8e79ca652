import { axesLast } from '../../array/loops.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, isFloat, maxValue, minValue, type DType, type TypedArray } from '../../core/dtype.js'
import { DTypeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { normalAxes, range, without } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { add, div, mul } from '../elementwise/arithmetic.js'
import { broadcastInDim, full, reduceSum, reshaped, zerosLike, type AxesParams } from '../broadcast.js'
import { eq } from '../elementwise/comparison.js'
import { concatenate } from '../movement/concatenate.js'
import { convertElementType } from '../elementwise/convert.js'
import { reshape } from '../movement/reshape.js'
import { primitive, type Rule } from '../rule.js'
import { sliceInDim } from '../movement/slice.js'
import { transpose } from '../movement/transpose.js'

/*
 * Reductions other than the sum, which is with its transpose in broadcast.ts.
 */

interface Reduction {
  readonly accepts: (dtype: DType) => boolean
  readonly word: string
  /** Folds one row; of no elements, it is the identity. */
  readonly row: (data: TypedArray, from: number, to: number, dtype: DType) => number
  readonly rule?: Rule<AxesParams>
}

const reduction = <const N extends string>(name: N, who: string, spec: Reduction): Primitive<N, AxesParams> => {
  const { accepts, word, row, rule } = spec
  const self: Primitive<N, AxesParams> = primitive<N, AxesParams>(name, {
    abstract([x], { axes }) {
      if (!accepts(x.dtype)) throw new DTypeError(who, word, x)
      return reshaped(x, without(x.shape, normalAxes(who, axes, x.shape.length)))
    },
    impl([x], { axes }, out) {
      const { data, outer, inner } = axesLast(dataOf(x), x.shape, axes)
      const result = allocate(out.dtype, outer)
      for (let i = 0; i < outer; i++) result[i] = row(data, i * inner, (i + 1) * inner, x.dtype)
      return wrap(out, result)
    },
    ...(rule !== undefined && { rules: [rule] }),
    batch: (_, [x], __, { axes }) => bind1(self, [x], { axes: axes.map((axis) => axis + 1) })
  })
  return self
}

/** The public function of a reduction. */
export type Reduce = (x: NdArray, axes: readonly number[]) => NdArray

const over =
  (self: Primitive<string, AxesParams>, who: string): Reduce =>
  (x, axes) =>
    bind1(self, [x], { axes: normalAxes(who, axes, checkArray(who, x).ndim) })

/** The extreme elements share the tangent equally. */
const chosen: Rule<AxesParams> = ([x], out, { axes }) => {
  if (x.size === 0) return () => zerosLike(out)
  const spread = broadcastInDim(out, x.shape, without(range(x.ndim), axes))
  const location = convertElementType(eq(x, spread), x.dtype)
  const count = reduceSum(location, axes)
  return (d) => div(reduceSum(mul(d, location), axes), count)
}

const anyType = { accepts: () => true, word: 'an array' }

export const reduceMaxP: Primitive<'reduce_max', AxesParams> = reduction('reduce_max', 'reduceMax', {
  ...anyType,
  row(data, from, to, dtype) {
    let best = minValue(dtype)
    for (let i = from; i < to; i++) best = Math.max(best, data[i])
    return best
  },
  rule: chosen
})

/**
 * The greatest element over the axes given, which disappear: NaN if there is one, the least value of the dtype if
 * there is none. Equal greatest elements share the derivative equally. JAX's `lax.reduce_max`. Throws ShapeError for an
 * axis out of range or repeated.
 *
 * @example
 * lax.reduceMax(np.array([[1, 5], [3, 4]]), [0]) // [3, 5]
 */
export const reduceMax: Reduce = over(reduceMaxP, 'reduceMax')

export const reduceMinP: Primitive<'reduce_min', AxesParams> = reduction('reduce_min', 'reduceMin', {
  ...anyType,
  row(data, from, to, dtype) {
    let best = maxValue(dtype)
    for (let i = from; i < to; i++) best = Math.min(best, data[i])
    return best
  },
  rule: chosen
})

/**
 * The least element over the axes given, which disappear: NaN if there is one, the greatest value of the dtype if
 * there is none. Equal least elements share the derivative equally. JAX's `lax.reduce_min`. Throws ShapeError for an
 * axis out of range or repeated.
 *
 * @example
 * lax.reduceMin(np.array([[1, 5], [3, 4]]), [0]) // [1, 4]
 */
export const reduceMin: Reduce = over(reduceMinP, 'reduceMin')

/** One round of a tournament of products: neighbours `2i` and `2i + 1` meet, an odd last one passes. */
interface Round {
  readonly even: NdArray
  readonly odd: NdArray
  readonly rest: boolean
}

/**
 * The derivative of a tree of products, which, unlike out / x, is right where factors are zero, and has the right
 * derivatives in turn.
 */
const productRule: Rule<AxesParams> = ([x], out, { axes }) => {
  const kept = without(range(x.ndim), axes)
  const flat = (y: NdArray): NdArray =>
    reshape(transpose(y, [...axes, ...kept]), [axes.reduce((n, axis) => n * x.shape[axis], 1), ...out.shape])
  const part = (y: NdArray, from: number, pairs: number): NdArray => sliceInDim(y, from, 2 * pairs, 2)
  const joined = (y: NdArray, meeting: NdArray, rest: boolean): NdArray =>
    rest ? concatenate([meeting, sliceInDim(y, -1, null)], 0) : meeting

  const rounds: Round[] = []
  for (let y = flat(x); y.shape[0] > 1; ) {
    const pairs = y.shape[0] >> 1
    const round = { even: part(y, 0, pairs), odd: part(y, 1, pairs), rest: y.shape[0] % 2 === 1 }
    rounds.push(round)
    y = joined(y, mul(round.even, round.odd), round.rest)
  }
  return (d) => {
    let dy = flat(d)
    if (dy.shape[0] === 0) return full(out.shape, 0, out.dtype)
    for (const { even, odd, rest } of rounds) {
      const pairs = even.shape[0]
      dy = joined(dy, add(mul(part(dy, 0, pairs), odd), mul(even, part(dy, 1, pairs))), rest)
    }
    return reshape(dy, out.shape)
  }
}

export const reduceProdP: Primitive<'reduce_prod', AxesParams> = reduction('reduce_prod', 'reduceProd', {
  accepts: (dtype) => dtype !== 'bool',
  word: 'numbers, not booleans',
  row(data, from, to, dtype) {
    let product = 1
    if (isFloat(dtype)) for (let i = from; i < to; i++) product *= data[i]
    else for (let i = from; i < to; i++) product = Math.imul(product, data[i])
    return product
  },
  rule: productRule
})

/**
 * The product over the axes given, which disappear; integers wrap. Its derivatives are right where factors are zero.
 * JAX's `lax.reduce_prod`. Throws ShapeError for an axis out of range or repeated, DTypeError for booleans.
 *
 * @example
 * lax.reduceProd(np.array([[1, 5], [3, 4]]), [1]) // [5, 12]
 */
export const reduceProd: Reduce = over(reduceProdP, 'reduceProd')

const bits = { accepts: (dtype: DType) => !isFloat(dtype), word: 'integers or booleans' }

export const reduceAndP: Primitive<'reduce_and', AxesParams> = reduction('reduce_and', 'reduceAnd', {
  ...bits,
  row(data, from, to, dtype) {
    let all = dtype === 'bool' ? 1 : -1
    for (let i = from; i < to; i++) all &= data[i]
    return all
  }
})

/**
 * Whether all elements over the axes given are true; bitwise for integers. JAX's `lax.reduce_and`. Throws ShapeError for an
 * axis out of range or repeated, DTypeError for floats.
 *
 * @example
 * lax.reduceAnd(np.array([[true, false], [true, true]]), [1]) // [false, true]
 */
export const reduceAnd: Reduce = over(reduceAndP, 'reduceAnd')

export const reduceOrP: Primitive<'reduce_or', AxesParams> = reduction('reduce_or', 'reduceOr', {
  ...bits,
  row(data, from, to) {
    let any = 0
    for (let i = from; i < to; i++) any |= data[i]
    return any
  }
})

/**
 * Whether any element over the axes given is true; bitwise for integers. JAX's `lax.reduce_or`. Throws ShapeError for an
 * axis out of range or repeated, DTypeError for floats.
 *
 * @example
 * lax.reduceOr(np.array([[true, false], [false, false]]), [1]) // [true, false]
 */
export const reduceOr: Reduce = over(reduceOrP, 'reduceOr')

export const reduceXorP: Primitive<'reduce_xor', AxesParams> = reduction('reduce_xor', 'reduceXor', {
  ...bits,
  row(data, from, to) {
    let odd = 0
    for (let i = from; i < to; i++) odd ^= data[i]
    return odd
  }
})

/**
 * Whether an odd number of elements over the axes given is true; bitwise for integers. JAX's `lax.reduce_xor`. Throws
 * ShapeError for an axis out of range or repeated, DTypeError for floats.
 *
 * @example
 * lax.reduceXor(np.array([[true, true], [true, false]]), [1]) // [false, true]
 */
export const reduceXor: Reduce = over(reduceXorP, 'reduceXor')
