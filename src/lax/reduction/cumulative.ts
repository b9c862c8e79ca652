import { forEachLine, type Line } from '../../array/lines.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate, isFloat, type DType, type TypedArray } from '../../core/dtype.js'
import { DTypeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { normalAxes, normalAxis, sizeOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { primitive, type Rule, type TransposeRule } from '../rule.js'
import { associativeScan, logAddExps, maxima, minima, products, type Combine } from './associative.js'

export interface CumulativeParams {
  readonly axis: number
  /** From the last element to the first. */
  readonly reverse: boolean
}

interface Cumulative {
  readonly floats?: boolean
  /** Folds one line of `data` into the same line of `out`. */
  readonly fold: (data: TypedArray, out: TypedArray, line: Line, dtype: DType) => void
  readonly rule: Rule<CumulativeParams> | 'linear'
  readonly transpose?: TransposeRule<CumulativeParams>
}

const cumulative = <const N extends string>(name: N, spec: Cumulative): Primitive<N, CumulativeParams> => {
  const { floats = false, fold, rule, transpose } = spec
  const self: Primitive<N, CumulativeParams> = primitive<N, CumulativeParams>(name, {
    abstract([x], { axis }) {
      if (floats && !isFloat(x.dtype)) throw new DTypeError(name, 'floating-point operands', x)
      if (x.dtype === 'bool') throw new DTypeError(name, 'numbers, not booleans', x)
      normalAxes(name, [axis], x.shape.length)
      return x
    },
    impl([x], { axis, reverse }, out) {
      const [data, result] = [dataOf(x), allocate(out.dtype, sizeOf(out.shape))]
      forEachLine(x.shape, axis, reverse, (line) => fold(data, result, line, x.dtype))
      return wrap(out, result)
    },
    rules: [rule],
    ...(transpose !== undefined && { transpose: [transpose] }),
    batch: (_, [x], __, { axis, reverse }) => bind1(self, [x], { axis: axis + 1, reverse })
  })
  return self
}

/** The public function of a cumulative primitive. */
export type CumulativeFunction = (x: NdArray, axis?: number, reverse?: boolean) => NdArray

const along =
  (self: Primitive<string, CumulativeParams>): CumulativeFunction =>
  (x, axis = 0, reverse = false) =>
    bind1(self, [x], { axis: normalAxis(self.name, axis, checkArray(self.name, x).ndim), reverse })

const block = 256

/** The sums of all beginnings. */
export const cumsumP: Primitive<'cumsum', CumulativeParams> = cumulative('cumsum', {
  fold(data, out, { first, step, count }, dtype) {
    let at = first
    if (!isFloat(dtype)) {
      let sum = 0
      for (let i = 0; i < count; i++, at += step) out[at] = sum = (sum + data[at]) | 0
      return
    }
    // The sum of whole blocks and that of the current one are added apart, so that errors grow with their number only.
    for (let i = 0, blocks = 0, sum = 0; i < count; i++, at += step) {
      sum += data[at]
      out[at] = blocks + sum
      if ((i + 1) % block === 0) {
        blocks += sum
        sum = 0
      }
    }
  },
  rule: 'linear',
  transpose: (ct, _, { axis, reverse }) => cumsum(ct, axis, !reverse)
})

/**
 * The sum of all elements up to each one along the axis, or from each one on with `reverse`; integers wrap. JAX's
 * `lax.cumsum`. Throws ShapeError for an axis out of range, DTypeError for booleans.
 *
 * @example
 * lax.cumsum(np.array([1, 2, 3])) // [1, 3, 6]
 * lax.cumsum(np.array([1, 2, 3]), 0, true) // [6, 5, 3]
 */
export const cumsum: CumulativeFunction = along(cumsumP)

/** The derivative of an associative scan; JAX's, ties of maxima included. */
const scanned =
  (combine: Combine): Rule<CumulativeParams> =>
  ([x], _, { axis, reverse }) =>
    associativeScan(combine, axis, reverse)(x)[1]

/** The products of all beginnings. */
export const cumprodP: Primitive<'cumprod', CumulativeParams> = cumulative('cumprod', {
  fold(data, out, { first, step, count }, dtype) {
    let product = 1
    let at = first
    if (isFloat(dtype)) for (let i = 0; i < count; i++, at += step) out[at] = product *= data[at]
    else for (let i = 0; i < count; i++, at += step) out[at] = product = Math.imul(product, data[at])
  },
  rule: scanned(products)
})

/**
 * The product of all elements up to each one along the axis, or from each one on with `reverse`; integers wrap. Its
 * derivatives are right where factors are zero. JAX's `lax.cumprod`. Throws ShapeError for an axis out of range,
 * DTypeError for booleans.
 *
 * @example
 * lax.cumprod(np.array([1, 2, 3, 4])) // [1, 2, 6, 24]
 */
export const cumprod: CumulativeFunction = along(cumprodP)

/** The maxima of all beginnings. */
export const cummaxP: Primitive<'cummax', CumulativeParams> = cumulative('cummax', {
  fold(data, out, { first, step, count }) {
    let best = data[first]
    for (let i = 0, at = first; i < count; i++, at += step) out[at] = best = Math.max(best, data[at])
  },
  rule: scanned(maxima)
})

/**
 * The greatest of all elements up to each one along the axis, or from each one on with `reverse`; NaN from the first
 * NaN on. Where two equal maxima meet in the tree of comparisons each gets half of the derivative. JAX's
 * `lax.cummax`. Throws ShapeError for an axis out of range, DTypeError for booleans.
 *
 * @example
 * lax.cummax(np.array([1, 3, 2, 4])) // [1, 3, 3, 4]
 */
export const cummax: CumulativeFunction = along(cummaxP)

/** The minima of all beginnings. */
export const cumminP: Primitive<'cummin', CumulativeParams> = cumulative('cummin', {
  fold(data, out, { first, step, count }) {
    let best = data[first]
    for (let i = 0, at = first; i < count; i++, at += step) out[at] = best = Math.min(best, data[at])
  },
  rule: scanned(minima)
})

/**
 * The least of all elements up to each one along the axis, or from each one on with `reverse`; NaN from the first NaN
 * on. Where two equal minima meet in the tree of comparisons each gets half of the derivative. JAX's `lax.cummin`.
 * Throws ShapeError for an axis out of range, DTypeError for booleans.
 *
 * @example
 * lax.cummin(np.array([4, 2, 3, 1])) // [4, 2, 2, 1]
 */
export const cummin: CumulativeFunction = along(cumminP)

/** log Σ exp of all beginnings. */
export const cumlogsumexpP: Primitive<'cumlogsumexp', CumulativeParams> = cumulative('cumlogsumexp', {
  floats: true,
  fold(data, out, { first, step, count }) {
    // out = best + log(sum), where sum = Σ exp(x − best), at least 1
    let best = -Infinity
    let sum = 0
    for (let i = 0, at = first; i < count; i++, at += step) {
      const x = data[at]
      if (x > best) {
        sum = (x === Infinity ? 0 * sum : sum * Math.exp(best - x)) + 1
        best = x
      } else if (x === best) sum += Number.isFinite(x) ? 1 : 0
      else sum += Math.exp(x - best)
      out[at] = sum === 0 ? best : best + Math.log(sum)
    }
  },
  rule: scanned(logAddExps)
})

/**
 * The logarithm of the sum of exponentials of all elements up to each one along the axis, or from each one on with
 * `reverse`, without overflow. JAX's `lax.cumlogsumexp`. Throws ShapeError for an axis out of range, DTypeError for
 * anything but floats.
 *
 * @example
 * lax.cumlogsumexp(np.array([1000, 1000])) // [1000, 1000.6932]
 */
export const cumlogsumexp: CumulativeFunction = along(cumlogsumexpP)
