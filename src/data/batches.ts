import type { NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { slice } from '../numpy/indexing/at.js'
import { count, flag } from '../optim/checks.js'
import { checkKey, foldIn } from '../random/key.js'
import { permutation } from '../random/permutation.js'
import { map } from '../tree/map.js'
import { at, someOf } from './examples.js'

/** How data are cut into batches. */
export interface BatchOptions {
  /** How many examples a batch has. */
  readonly size: number
  /** Whether the last batch is left out where it would be smaller; false by default. */
  readonly dropLast?: boolean
}

/** How data are cut into batches, epoch after epoch. */
export interface EpochOptions extends BatchOptions {
  /** How many epochs there are; without it they do not end. */
  readonly count?: number
}

/** What can be gone through from the start as often as one likes, each time computed anew. */
const again = <T>(generate: () => Iterator<T>): Iterable<T> => Object.freeze({ [Symbol.iterator]: generate })

/** Where batches of so many examples begin and end. */
const cut = (who: string, { size, dropLast = false }: BatchOptions): ((total: number) => readonly (readonly [number, number])[]) => {
  count(who, 'batch size', size)
  flag(who, 'dropLast', dropLast)
  return (total) => {
    if (size > total) throw new ArgumentError(who, `a batch size of at most ${total}, the number of examples`, size)
    const number = dropLast ? Math.floor(total / size) : Math.ceil(total / size)
    return Array.from({ length: number }, (_, i) => [i * size, Math.min((i + 1) * size, total)])
  }
}

/**
 * Consecutive batches of a tree of arrays with a common leading axis, in the order of the data, made one by one as they are asked for.
 * It can be gone through more than once.
 *
 * Throws ArgumentError for a size below 1 or above the number of examples, ShapeError as `data.size` and for empty data.
 *
 * @example
 * const tree = { x: np.arange(5), y: np.arange(5, 10) }
 * ;[...data.batches({ size: 2 })(tree)].map((batch) => batch.y.toList()) // [[5, 6], [7, 8], [9]]
 * ;[...data.batches({ size: 2, dropLast: true })(tree)].length // 2
 */
export const batches = (options: BatchOptions): (<T>(tree: T) => Iterable<T>) => {
  checkOptions('batches', options, ['size', 'dropLast'], true)
  const bounds = cut('batches', options)
  return <T>(tree: T) => {
    const parts = bounds(someOf('batches', tree))
    return again(function* () {
      for (const part of parts) yield map((x: NdArray) => slice(x, [part]))(tree)
    })
  }
}

/**
 * The examples in random order, the same for every array of the tree.
 *
 * @example
 * data.shuffle(random.key(1))({ x: np.arange(5), y: np.arange(5, 10) }) // { x: [3, 2, 0, 1, 4], y: [8, 7, 5, 6, 9] }
 */
export const shuffle = (key: NdArray): (<T>(tree: T) => T) => {
  checkKey('shuffle', key)
  return <T>(tree: T) => at(permutation(key, someOf('shuffle', tree)))(tree)
}

/**
 * Epochs, each an iterable of batches in an order of its own: epoch i is shuffled by the key with i folded in. Batches are gathered one
 * by one, as they are asked for; the shuffled data are never there as a whole. Going through it again gives the same
 * batches. Without `count` epochs never end: leave them with `break`, as when a net has stopped to improve.
 *
 * Throws as `batches`.
 *
 * @example
 * const epochs = data.epochs(random.key(1), { size: 3, count: 2 })(np.arange(5))
 * ;[...epochs].map((epoch) => [...epoch].map((batch) => batch.toList())) // [[[1, 2, 4], [3, 0]], [[3, 2, 0], [1, 4]]]
 */
export const epochs = (key: NdArray, options: EpochOptions): (<T>(tree: T) => Iterable<Iterable<T>>) => {
  const who = 'epochs'
  checkKey(who, key)
  checkOptions(who, options, ['size', 'dropLast', 'count'], true)
  const { count: total = Infinity, ...rest } = options
  const bounds = cut(who, rest)
  if (total !== Infinity) count(who, 'number of epochs', total, 0)
  return <T>(tree: T) => {
    const examples = someOf(who, tree)
    const parts = bounds(examples)
    const epoch = (order: NdArray): Iterable<T> => again(function* () {
      for (const part of parts) yield at(slice(order, [part]))(tree)
    })
    return again(function* () {
      for (let i = 0; i < total; i++) yield epoch(permutation(foldIn(key, i), examples))
    })
  }
}
