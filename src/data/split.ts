import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { range } from '../core/shape.js'
import { array } from '../numpy/create.js'
import { arrayOf } from '../numpy/promote.js'
import { argsort, sort } from '../numpy/sorting.js'
import { take } from '../numpy/take.js'
import { count } from '../optim/checks.js'
import { checkKey } from '../random/key.js'
import { permutation } from '../random/permutation.js'
import { at, someOf } from './examples.js'

/** How examples are parted. */
export interface FoldOptions {
  /** A label for each example: every part then gets its share of every class, to within one example. */
  readonly stratify?: ArrayLike
}

/** How examples are parted in two. */
export interface SplitOptions extends FoldOptions {
  /** The share of the validation part, above 0 and below 1. */
  readonly validation: number
}

/** Examples to learn from, and examples to judge by. */
export type Parts<T> = readonly [train: T, validation: T]

/**
 * Examples parted by place, in a random order that both parts keep: without labels a place is one of the order, else one among the
 * labels when they are sorted, where those of one label stay in the order. Sizes are known, and all else is arrays: it can be traced.
 */
const parting = (who: string, key: NdArray, total: number, stratify: ArrayLike | undefined) => {
  const order = permutation(key, total)
  const labels = stratify === undefined ? undefined : arrayOf(who, stratify)
  if (labels !== undefined && (labels.ndim !== 1 || labels.size !== total)) {
    throw new ShapeError(who, `a label for each of ${total} examples`, labels)
  }
  const sorted = labels === undefined ? undefined : argsort(take(labels, order))
  const examples = (places: readonly number[]): NdArray => {
    const which = array(Int32Array.from(places))
    return take(order, sorted === undefined ? which : sort(take(sorted, which)))
  }
  const all = range(total)
  return <T>(tree: T, chosen: (place: number) => boolean): Parts<T> =>
    [at(examples(all.filter((place) => !chosen(place))))(tree), at(examples(all.filter(chosen)))(tree)]
}

/**
 * A training and a validation part, by chance. The validation part has the share asked for, rounded, and at least one example; so has the
 * training part. Works under `jit` and `vmap` too: over keys, for many splits at once.
 *
 * Throws ArgumentError for a share outside of (0, 1), ShapeError for fewer than two examples, for labels to stratify by that
 * are not one per example, and as `data.size`.
 *
 * @example
 * const [train, validation] = data.split(random.key(0), { validation: 0.4 })({ x: np.arange(5), y: np.arange(5, 10) })
 * train // { x: [0, 1, 3], y: [5, 6, 8] }
 * validation // { x: [4, 2], y: [9, 7] }
 */
export const split = (key: NdArray, options: SplitOptions): (<T>(tree: T) => Parts<T>) => {
  const who = 'split'
  checkKey(who, key)
  checkOptions(who, options, ['validation', 'stratify'], true)
  const { validation, stratify } = options
  if (typeof validation !== 'number' || !(validation > 0 && validation < 1)) {
    throw new ArgumentError(who, 'a share above 0 and below 1 as validation', quoted(validation))
  }
  return (tree) => {
    const total = someOf(who, tree)
    if (total < 2) throw new ShapeError(who, 'at least two examples', `${total}`)
    const wanted = Math.min(Math.max(Math.round(total * validation), 1), total - 1)
    // Spread evenly over the places, so that every class gets its share.
    const passed = (place: number): number => Math.floor((place * wanted) / total)
    return parting(who, key, total, stratify)(tree, (place) => passed(place + 1) > passed(place))
  }
}

/**
 * Cross-validation: k pairs of a training and a validation part, in which every example is in one validation part. The sizes of these
 * differ by one at most. The pairs are made one by one, and can be gone through more than once.
 *
 * Throws ArgumentError unless k is from 2 to the number of examples, ShapeError as `split`.
 *
 * @example
 * const folds = data.kFold(random.key(0), 3)(np.arange(6))
 * ;[...folds].map(([train, validation]) => validation.toList()) // [[0, 4], [1, 3], [5, 2]]
 */
export const kFold = (key: NdArray, k: number, options: FoldOptions = {}): (<T>(tree: T) => Iterable<Parts<T>>) => {
  const who = 'kFold'
  checkKey(who, key)
  count(who, 'number of folds', k, 2)
  checkOptions(who, options, ['stratify'])
  return <T>(tree: T) => {
    const total = someOf(who, tree)
    if (k > total) throw new ArgumentError(who, `at most ${total} folds, the number of examples`, k)
    const part = parting(who, key, total, options.stratify)
    return Object.freeze({
      * [Symbol.iterator](): Generator<Parts<T>> {
        for (let fold = 0; fold < k; fold++) yield part(tree, (place) => place % k === fold)
      }
    })
  }
}
