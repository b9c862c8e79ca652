import { dataOf, isArray, isConcrete } from '../../array/ndarray.js'
import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat, isInteger } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError, type Path } from '../../core/errors.js'
import { equalShapes, range, without, type Shape } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { indicesOf } from '../../numpy/indices.js'
import { arrayOf } from '../../numpy/promote.js'

/** Labels as an array. Bare numbers and lists of numbers with the shape of the batch are classes: no distribution has that shape. */
export const labelsOf = (who: string, labels: ArrayLike, batch: Shape): NdArray => {
  const x = arrayOf(who, labels)
  return isArray(labels) || ArrayBuffer.isView(labels) || !equalShapes(x.shape, batch) ? x : indicesOf(who, labels)
}

/** Where the flat position is in an array of the shape. */
const placeOf = (position: number, shape: Shape): Path => {
  const path: number[] = []
  let rest = position
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    path.unshift(rest % shape[axis])
    rest = Math.floor(rest / shape[axis])
  }
  return path
}

/** Throws ArgumentError at the first label for which the test fails, if the labels are known. */
export const checkLabels = (who: string, labels: NdArray, expected: string, holds: (label: number) => boolean): void => {
  if (!isConcrete(labels)) return
  const data = dataOf(labels)
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i])) throw new ArgumentError(who, expected, `the label ${data[i]}`, ['labels', ...placeOf(i, labels.shape)])
  }
}

/** Which of the scores along an axis is the label's; for labels that are traced, whether they are in range. */
export interface Classes {
  readonly mask: NdArray
  readonly valid: NdArray | undefined
}

/**
 * Labels of integer dtype as a mask over scores. Throws ShapeError unless there is one label for every example, DTypeError for
 * labels that are no integers, ArgumentError for one out of range that can be known, saying which and where.
 */
export const classesOf = (who: string, labels: NdArray, scores: NdArray, axis: number): Classes => {
  const batch = without(scores.shape, [axis])
  if (!isInteger(labels.dtype)) throw new DTypeError(who, 'classes of an integer dtype', labels)
  if (!equalShapes(labels.shape, batch)) throw new ShapeError(who, `one label per example, shape [${batch.join(',')}]`, labels)
  const count = scores.shape[axis]
  checkLabels(who, labels, `labels from 0 to ${count - 1}`, (label) => label >= 0 && label < count)
  const index = lax.convertElementType(labels, 'int32')
  const spread = lax.broadcastInDim(index, scores.shape, without(range(scores.ndim), [axis]))
  return {
    mask: lax.eq(spread, lax.iota('int32', scores.shape, axis)),
    valid: isConcrete(labels) ? undefined : lax.bitwiseAnd(lax.ge(index, 0), lax.lt(index, count))
  }
}

/** The losses, NaN for the labels out of range. */
export const orNaN = (losses: NdArray, valid: NdArray | undefined): NdArray =>
  valid === undefined ? losses : lax.select(valid, losses, lax.fullLike(losses, NaN))

/** Labels of two classes: 0 and 1 of any dtype, or probabilities between. Throws ShapeError unless they have the scores' shape. */
export const binaryLabels = (who: string, labels: ArrayLike, scores: NdArray): NdArray => {
  const x = arrayOf(who, labels)
  if (!equalShapes(x.shape, scores.shape)) throw new ShapeError(who, `one label per score, shape [${scores.shape.join(',')}]`, x)
  const expected = isFloat(x.dtype) ? 'probabilities from 0 to 1' : 'labels 0 and 1'
  checkLabels(who, x, expected, (label) => label >= 0 && label <= 1)
  return x
}
