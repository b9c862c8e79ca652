import type { Monoid } from 'fp-ts/lib/Monoid.js'
import { fromScalar } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { equalShapes } from '../core/shape.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { checkElements } from '../nn/check.js'
import { indicesOf } from '../numpy/indices.js'
import { arrayOf } from '../numpy/promote.js'
import { count } from '../optim/checks.js'
import { requireSameStructure } from '../tree/compare.js'
import { flatten } from '../tree/pytree.js'
import type { MapLeaves } from '../tree/types.js'
import { checkIterable } from './iterable.js'

/** Throws ArgumentError at the first class out of range, if they are known. */
const checkClasses = (who: string, what: 'answer' | 'label', x: NdArray, classes: number): void => {
  checkElements(who, x, what, `${what}s from 0 to ${classes - 1}`, (each) => each >= 0 && each < classes)
}

/** Answers and labels as classes: the scores' greatest where there is an axis of classes, the labels as they are. */
const answersOf = (who: string, scores: ArrayLike, labels: ArrayLike): readonly [answers: NdArray, labels: NdArray] => {
  const given = arrayOf(who, scores)
  const truth = indicesOf(who, labels)
  if (given.ndim === 0) throw new ShapeError(who, 'scores with a last axis of classes', given)
  if (!equalShapes(given.shape.slice(0, -1), truth.shape)) {
    throw new ShapeError(who, `a class per example, shape [${given.shape.slice(0, -1).join(',')}]`, truth)
  }
  checkClasses(who, 'label', truth, given.shape[given.ndim - 1])
  return [np.argmax(given, { axis: -1 }), truth]
}

/**
 * The share of examples whose greatest score, the first of them, is the label's: a scalar. Scores (logits or probabilities) are
 * [...batch, classes], labels integers [...batch]. Throws ShapeError where they do not fit, DTypeError for labels that are no integers,
 * ArgumentError for a label out of range that can be known, saying which and where.
 *
 * @example
 * train.accuracy([[2, 1], [0, 3], [5, 1]], [0, 1, 1]) // 0.6667
 */
export const accuracy = (scores: ArrayLike, labels: ArrayLike): NdArray => np.mean(np.equal(...answersOf('accuracy', scores, labels)))

/**
 * How often each class was taken for each: an int32 matrix [classes, classes] with the labels along axis 0 and the answers along
 * axis 1. Both are classes, integers of one shape: `np.argmax` makes them of logits. Counts of several batches can be added. A pair in
 * which either is out of range is an error where it is known, and not counted under `jit` and `vmap`. (scikit-learn:
 * `confusion_matrix`, labels first.)
 *
 * Throws ShapeError unless there are as many answers as labels, DTypeError unless they are integers, ArgumentError for
 * a class out of range that can be known, saying which and where.
 *
 * @example
 * train.confusionMatrix([0, 1, 1, 0], [0, 1, 0, 0], 2) // [[2, 1], [0, 1]]
 */
export const confusionMatrix = (answers: ArrayLike, labels: ArrayLike, classes: number): NdArray => {
  const who = 'confusionMatrix'
  count(who, 'number of classes', classes)
  const [given, truth] = [indicesOf(who, answers), indicesOf(who, labels)]
  if (!equalShapes(given.shape, truth.shape)) throw new ShapeError(who, 'one answer per label', [given, truth])
  const hits = (what: 'answer' | 'label', x: NdArray): NdArray => {
    checkClasses(who, what, x, classes)
    const found = np.equal(np.expandDims(np.ravel(x), 1), np.arange(classes, { dtype: 'int32' }))
    return lax.convertElementType(found, 'int32')
  }
  return np.matmul(np.transpose(hits('label', truth)), hits('answer', given))
}

/** A mean on its way: a pytree of two arrays, so that it can be the carry of a scan. */
export interface Mean {
  readonly total: NdArray
  readonly weight: NdArray
}

const zero: Mean = Object.freeze({ total: fromScalar(0), weight: fromScalar(0) })

/** Means and how they are joined. */
export interface MeanMonoid extends Monoid<Mean> {
  /** One value, or the mean of as many as the weight says. */
  readonly of: (value: ArrayLike, weight?: ArrayLike) => Mean
  /** The mean itself; NaN where there was no value. */
  readonly value: (mean: Mean) => NdArray
}

/**
 * Running means as a monoid: the mean over an epoch is the `concat` of its batches' means, each with its size as weight. Batches
 * of different sizes count as they should.
 *
 * @example
 * const losses = [train.mean.of(2, 3), train.mean.of(6, 1)]
 * train.mean.value(losses.reduce(train.mean.concat, train.mean.empty)) // 3
 */
export const mean: MeanMonoid = Object.freeze({
  empty: zero,
  concat: (a: Mean, b: Mean): Mean => ({ total: np.add(a.total, b.total), weight: np.add(a.weight, b.weight) }),
  of: (value: ArrayLike, weight: ArrayLike = 1): Mean => ({ total: np.multiply(value, weight), weight: np.array(weight) }),
  value: ({ total, weight }: Mean): NdArray => np.divide(total, weight)
})

/**
 * The metrics of many steps as one tree: each array gets a leading axis, along which the steps stand in their order. Throws
 * ArgumentError where there is no step, TreeError where two differ in structure.
 *
 * @example
 * train.history([{ loss: 3, norm: 1 }, { loss: 2, norm: 4 }]) // { loss: [3, 2], norm: [1, 4] }
 */
export const history = <M>(metrics: Iterable<M>): MapLeaves<M, unknown, NdArray> => {
  const flat = [...checkIterable('history', 'an iterable of metrics', metrics)].map((each) => flatten<unknown>(each))
  if (flat.length === 0) throw new ArgumentError('history', 'the metrics of at least one step', 'none')
  const [[first, treedef]] = flat
  flat.forEach(([, other]) => requireSameStructure('history', treedef, other, ['the first', 'another']))
  const stacked = first.map((_, i) => np.stack(flat.map(([leaves]) => leaves[i] as NdArray))) // np.stack refuses what is none
  return treedef.unflatten(stacked) as MapLeaves<M, unknown, NdArray> // the same structure
}
