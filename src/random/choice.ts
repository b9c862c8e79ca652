import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxis, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { take } from '../numpy/take.js'
import { checkInteger } from '../numpy/options.js'
import { arrayOf } from '../numpy/promote.js'
import { searchsorted } from '../numpy/sorting.js'
import { gumbels, modeOf, type Mode, type ModeOption } from './continuous.js'
import { checkKey } from './key.js'
import { partitionable, type Layout } from './layout.js'
import { shapeOf } from './options.js'
import { floating, type Floating } from './parameters.js'
import { rearranged } from './permutation.js'
import { randintIn } from './randint.js'
import { fractions } from './uniform.js'

/** How elements are chosen. */
export interface ChoiceOptions extends ModeOption {
  /** Whether an element can be chosen more than once; true by default. */
  readonly replace?: boolean
  /** The probability of each element; all the same by default. */
  readonly p?: ArrayLike
  /** The axis whose slices are chosen; 0 by default. */
  readonly axis?: number
}

/** A random choice. */
export type Choice = (key: NdArray, a: number | ArrayLike, shape?: Shape, options?: ChoiceOptions) => NdArray

/** Positions, drawn with the probabilities given. */
const weighted = (layout: Layout, key: NdArray, p: Floating, shape: Shape, replace: boolean, mode: Mode): NdArray => {
  if (!replace) {
    // the greatest of log p + Gumbel noise (Vieira, "Gumbel-max trick and weighted reservoir sampling", 2014)
    const noisy = lax.add(gumbels(mode)(layout, key, p.shape, p.dtype), lax.log(p))
    return lax.reshape(lax.topK(noisy, sizeOf(shape))[1], shape)
  }
  const sums = lax.cumsum(p, 0)
  const total = lax.broadcastInDim(lax.indexInDim(sums, -1, 0, false), shape, [])
  return searchsorted(sums, lax.mul(total, lax.sub(1, fractions(layout, key, shape, p.dtype))))
}

/** `choice` in any layout. */
export const choiceIn = (layout: Layout): Choice => {
  const randint = randintIn(layout)
  return (key, a, shape = [], options = {}) => {
    const k = checkKey('choice', key)
    checkOptions('choice', options, ['replace', 'p', 'axis', 'mode'])
    const { replace = true, p, axis = 0 } = options
    const mode = modeOf('choice', options)
    const draws = shapeOf('choice', shape)
    const array = typeof a === 'number' ? lax.iota('int32', checkInteger('choice', 'number of elements', a, 0)) : arrayOf('choice', a)
    if (array.ndim === 0) throw new ShapeError('choice', 'a number that is known, or an array with an axis to choose from', array)
    const at = normalAxis('choice', axis, array.ndim)
    const [count, wanted] = [array.shape[at], sizeOf(draws)]
    const result = [...array.shape.slice(0, at), ...draws, ...array.shape.slice(at + 1)]
    if (wanted === 0) return lax.full(result, 0, array.dtype)
    if (count === 0) throw new ArgumentError('choice', 'something to choose from', array)
    if (!replace && wanted > count) throw new ArgumentError('choice', `at most ${count} elements without replacement`, wanted)
    const chosen = (indices: NdArray): NdArray => (typeof a === 'number' ? indices : take(array, indices, { axis: at }))
    if (p !== undefined) {
      const chances = floating('choice', p)
      if (chances.ndim !== 1 || chances.shape[0] !== count) throw new ShapeError('choice', `a vector of ${count} probabilities p`, chances)
      return chosen(weighted(layout, k, chances, draws, replace, mode))
    }
    if (replace) return chosen(randint(k, draws, 0, count))
    const first = lax.sliceInDim(rearranged(layout, k, array, at), 0, wanted, 1, at)
    return lax.reshape(first, result)
  }
}

/**
 * Elements of a vector, slices along an axis of an array, or of the numbers 0, 1, … a − 1, chosen at random. `shape` takes
 * the axis's place. `jax.random.choice`. Throws ArgumentError where more are wanted without replacement than there are.
 *
 * @example
 * random.choice(random.key(0), 10, [4]) // [9, 0, 2, 3]
 * random.choice(random.key(1), [10, 20, 30], [2], { replace: false }) // [30, 10]
 * random.choice(random.key(0), 3, [4], { p: [0.1, 0, 0.9] }) // [0, 0, 2, 2]
 */
export const choice: Choice = choiceIn(partitionable)
