import type { NdArray } from '../../core/array.js'
import { add, div, max, min, mul, sub } from '../elementwise/arithmetic.js'
import { zerosLike } from '../broadcast.js'
import { eq, isFinite } from '../elementwise/comparison.js'
import { concatenate } from '../movement/concatenate.js'
import { convertElementType } from '../elementwise/convert.js'
import { exp, log, logistic } from '../elementwise/exponential.js'
import { rev } from '../movement/reverse.js'
import { select } from '../elementwise/select.js'
import { pad, sliceInDim, type Padding } from '../movement/slice.js'
import { stopGradient } from '../stop.js'

/*
 * All beginnings of a sequence combined by an associative operation, in a tree of logarithmic depth, together with the
 * derivative of that tree.
 */

/** An associative operation on two arrays, elementwise: its value, and then its derivative. */
export type Combine = (a: NdArray, b: NdArray) => readonly [out: NdArray, push: (da: NdArray, db: NdArray) => NdArray]

export const products: Combine = (a, b) => [mul(a, b), (da, db) => add(mul(da, b), mul(a, db))]

const extremes =
  (choose: (a: NdArray, b: NdArray) => NdArray): Combine =>
  (a, b) => {
    const out = choose(a, b)
    const fromA = convertElementType(eq(a, out), a.dtype)
    const fromB = convertElementType(eq(b, out), b.dtype)
    const [weightA, weightB] = [div(fromA, add(fromB, 1)), div(fromB, add(fromA, 1))]
    return [out, (da, db) => add(mul(da, weightA), mul(db, weightB))]
  }

export const maxima: Combine = extremes(max)

export const minima: Combine = extremes(min)

export const logAddExps: Combine = (a, b) => {
  // The value does not depend on the shift.
  const greater = stopGradient(max(a, b))
  const shift = select(isFinite(greater), greater, zerosLike(greater))
  const out = add(shift, log(add(exp(sub(a, shift)), exp(sub(b, shift)))))
  const [weightA, weightB] = [logistic(sub(a, b)), logistic(sub(b, a))]
  return [out, (da, db) => add(mul(da, weightA), mul(db, weightB))]
}

type Scanned = readonly [out: NdArray, push: (d: NdArray) => NdArray]

/**
 * The operation over the elements up to each one along the axis (from each one on with `reverse`), and the derivative
 * of that (Ladner and Fischer, 1980).
 */
export const associativeScan =
  (combine: Combine, axis: number, reverse: boolean) =>
  (x: NdArray): Scanned => {
    if (!reverse) return scan(combine, axis, x)
    const [out, push] = scan(combine, axis, rev(x, [axis]))
    return [rev(out, [axis]), (d) => rev(push(rev(d, [axis])), [axis])]
  }

const scan = (combine: Combine, axis: number, x: NdArray): Scanned => {
  const n = x.shape[axis]
  if (n < 2) return [x, (d) => d]
  const head = (y: NdArray): NdArray => sliceInDim(y, 0, 1, 1, axis)
  const firsts = (y: NdArray): NdArray => sliceInDim(y, 0, n - 1, 2, axis)
  const seconds = (y: NdArray): NdArray => sliceInDim(y, 1, n, 2, axis)
  const [pairs, pushPairs] = combine(firsts(x), seconds(x))
  const [odd, pushOdd] = scan(combine, axis, pairs)
  if (n === 2) {
    return [
      concatenate([head(x), odd], axis),
      (d) => concatenate([head(d), pushPairs(firsts(d), seconds(d))], axis)
    ]
  }
  const before = (y: NdArray): NdArray => sliceInDim(y, 0, (n - 1) >> 1, 1, axis)
  const after = (y: NdArray): NdArray => sliceInDim(y, 2, n, 2, axis)
  const [even, pushEven] = combine(before(odd), after(x))
  return [
    interleave(concatenate([head(x), even], axis), odd, axis),
    (d) => {
      const dOdd = pushOdd(pushPairs(firsts(d), seconds(d)))
      return interleave(concatenate([head(d), pushEven(before(dOdd), after(d))], axis), dOdd, axis)
    }
  ]
}

/** Elements 0, 2, … of one array and 1, 3, … of the other, which may be shorter by one. */
export const interleave = (even: NdArray, odd: NdArray, axis: number): NdArray => {
  const rest = even.shape[axis] - odd.shape[axis]
  const spread = (x: NdArray, low: number, high: number): NdArray => {
    const config = new Array<Padding>(x.ndim).fill([0, 0, 0]).with(axis, [low, high, 1])
    return pad(x, 0, config)
  }
  return add(spread(even, 0, 1 - rest), spread(odd, 1, rest))
}
