import { isArray, isConcrete } from '../../array/ndarray.js'
import type { ArrayLike, NdArray } from '../../core/array.js'
import { isFloat, isInteger } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import { equalShapes, normalAxis, without, type Shape } from '../../core/shape.js'
import * as lax from '../../lax/index.js'
import { indicesOf } from '../../numpy/indices.js'
import { arrayOf } from '../../numpy/promote.js'
import { checkElements } from '../check.js'
import { spreadBack } from '../shift.js'

/** Labels as an array. Bare numbers and lists of numbers with the shape of the batch are classes: no distribution has that shape. */
export const labelsOf = (who: string, labels: ArrayLike, batch: Shape): NdArray => {
  const x = arrayOf(who, labels)
  return isArray(labels) || ArrayBuffer.isView(labels) || !equalShapes(x.shape, batch) ? x : indicesOf(who, labels)
}

/** Throws ArgumentError at the first label for which the test fails, if they are known. */
export const checkLabels = (who: string, labels: NdArray, expected: string, holds: (label: number) => boolean): void => {
  checkElements(who, labels, 'label', expected, holds)
}

/** Throws ArgumentError at a known weight that is negative or not finite. */
export const checkWeights = (who: string, weights: NdArray): void => {
  checkElements(who, weights, 'weight', 'weights of at least 0, and finite', (w) => w >= 0 && w < Infinity)
}

/** The axis of classes, from the front. Throws ShapeError for an array that has none, or no class along it. */
export const classAxis = (who: string, scores: NdArray, axis = -1): number => {
  if (scores.ndim === 0) throw new ShapeError(who, 'an axis of classes', scores)
  const found = normalAxis(who, axis, scores.ndim)
  if (scores.shape[found] === 0) throw new ShapeError(who, `at least one class along axis ${found}`, scores)
  return found
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
  return {
    mask: lax.eq(spreadBack(index, scores.shape, [axis]), lax.iota('int32', scores.shape, axis)),
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
