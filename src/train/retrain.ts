import type { ArrayLike } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import { arrayOf } from '../numpy/promote.js'
import { count } from '../optim/checks.js'
import { run, type Step } from './step.js'

/*
 * What early stopping has held out for validation is data too. Two ways to learn from it in the end, by Goodfellow, Bengio &
 * Courville, "Deep Learning", section 7.8.
 */

/**
 * Strategy A (algorithm 7.2): once early stopping has told how many steps are good, train anew for as many, on training and
 * validation examples together. `start` is a fresh state; the batches are of all examples.
 *
 * Throws ArgumentError where there are fewer batches than steps.
 *
 * @example
 * const add = (total: number, x: number) => [total + x, null] as const
 * train.retrainFresh(add)(0, [1, 2, 3, 4], 3) // 6
 */
export const retrainFresh = <S, B>(step: Step<S, B>): ((start: S, batches: Iterable<B>, steps: number) => S) => {
  const who = 'retrainFresh'
  const along = run(checkFunction(who, 'a step, which is a function of state and batch', step))
  return (start, batches, steps) => {
    if (count(who, 'number of steps', steps, 0) === 0) return start
    let taken = 0
    for (const [state] of along(start, batches)) if (++taken === steps) return state
    throw new ArgumentError(who, `${steps} batches, one for each step`, taken)
  }
}

/** When strategy B is done. */
export interface ContinuedOptions<S> {
  /** The loss of a state on the validation examples. */
  readonly validation: (state: S) => ArrayLike
  /** The loss on the training examples of the state that early stopping kept: what the validation loss has to fall below. */
  readonly target: ArrayLike
  /** The most steps: the validation loss may never fall so far. */
  readonly cap: number
  /** Every how many steps the validation loss is computed; 1 by default. */
  readonly every?: number
}

/** Where strategy B has come to. */
export interface Continued<S> {
  readonly state: S
  /** How many steps were taken. */
  readonly steps: number
  /** Whether the validation loss has fallen below the target. */
  readonly reached: boolean
}

const lossOf = (who: string, loss: ArrayLike): number => {
  const x = arrayOf(who, loss)
  if (x.ndim !== 0) throw new ShapeError(who, 'a scalar loss', x)
  return x.item()
}

/**
 * Strategy B (algorithm 7.3): continue from the state that early stopping kept, on training and validation examples together,
 * until the validation loss is below the training loss at which it stopped, for at most `cap` steps. It saves the training from the
 * start, but may never arrive: look at `reached`. It also ends where the batches do.
 *
 * Throws ArgumentError for a cap or an `every` below 1, ShapeError for losses that are no scalars.
 *
 * @example
 * const towards = (x: number, goal: number) => [x + (goal - x) / 2, null] as const
 * const options = { validation: (x: number) => (x - 8) ** 2, target: 2, cap: 100 }
 * train.retrainContinued(towards, options)(0, [8, 8, 8, 8]) // { state: 7, steps: 3, reached: true }
 * train.retrainContinued(towards, { ...options, cap: 2 })(0, [8, 8, 8, 8]) // { state: 6, steps: 2, reached: false }
 */
export const retrainContinued = <S, B>(
  step: Step<S, B>, options: ContinuedOptions<S>
): ((start: S, batches: Iterable<B>) => Continued<S>) => {
  const who = 'retrainContinued'
  checkOptions(who, options, ['validation', 'target', 'cap', 'every'], true)
  const along = run(checkFunction(who, 'a step, which is a function of state and batch', step))
  const { validation, cap, every = 1 } = options
  checkFunction(who, 'validation: a function of the state', validation)
  const target = lossOf(who, options.target)
  count(who, 'cap', cap)
  count(who, 'every', every)
  return (start, batches) => {
    const reached = (state: S): boolean => lossOf(who, validation(state)) < target
    if (reached(start)) return { state: start, steps: 0, reached: true }
    let [last, steps] = [start, 0]
    for (const [state] of along(start, batches)) {
      last = state
      steps++
      if (steps % every === 0 && reached(state)) return { state, steps, reached: true }
      if (steps === cap) break
    }
    return { state: last, steps, reached: steps % every !== 0 && reached(last) }
  }
}
