import { isConcrete } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { arrayOf } from '../numpy/promote.js'
import { count, nonNegative } from '../optim/checks.js'
import { zipWith } from '../tree/map.js'
import { checkIterable } from './iterable.js'

/** When training has gone on for long enough. */
export interface EarlyStoppingOptions {
  /** After so many evaluations in succession without improvement training stops. */
  readonly patience: number
  /** By how much an evaluation has to fall below the best one to be an improvement; 0 by default: by anything. */
  readonly minDelta?: number
}

/** What early stopping remembers, a pytree of arrays beside the state: it crosses `jit` and is saved as any other. */
export interface Stopper<S> {
  /** The state of the best evaluation; at first the one that training starts with. */
  readonly best: S
  /** The loss of the best evaluation, infinite at first: a float64 scalar. */
  readonly bestLoss: NdArray
  /** The number of the best evaluation, counted from 1: an int32 scalar, 0 at first. */
  readonly bestStep: NdArray
  /** How many evaluations there were before it stopped: an int32 scalar. */
  readonly steps: NdArray
  /** Whether training should stop: a boolean scalar. `if (stopper.stopped.item())`. */
  readonly stopped: NdArray
}

/** What is judged: a state, and its loss on the validation part. */
export interface Evaluation<S> {
  readonly state: S
  readonly validation: ArrayLike
}

/** Early stopping as a reducer of evaluations. */
export interface EarlyStopping {
  /** Before the first evaluation, with the state that training starts from. */
  readonly init: <S>(state: S) => Stopper<S>
  /** After one more evaluation. Once stopped, nothing changes. */
  readonly step: <S>(stopper: Stopper<S>, evaluation: Evaluation<S>) => Stopper<S>
  /** All evaluations until it stops; it asks for no more of them than it needs. */
  readonly run: <S>(state: S, evaluations: Iterable<Evaluation<S>>) => Stopper<S>
}

const who = 'earlyStopping'

/** One of two trees: at once where the choice is known, else leaf by leaf, in the program. */
const choose = <S>(which: NdArray, yes: S, no: S): S => {
  if (isConcrete(which)) return which.item() === 0 ? no : yes
  const leaf = (x: NdArray, y: NdArray): NdArray => lax.select(which, arrayOf(who, x), arrayOf(who, y))
  return zipWith(leaf)(yes, no)
}

const checkEvaluation = <S>(evaluation: Evaluation<S>): Evaluation<S> => {
  const given: unknown = evaluation // callers without types pass anything
  if (typeof given === 'object' && given !== null && 'validation' in given && 'state' in given) return evaluation
  throw new ArgumentError(who, 'an evaluation { state, validation }', quoted(given))
}

/**
 * Early stopping (Goodfellow, Bengio & Courville, "Deep Learning", algorithm 7.1): keeps the best state so far, and stops
 * after `patience` evaluations without a validation loss below the best one by more than `minDelta`. A loss that is NaN
 * is no improvement. For a score that is to rise, give its negative.
 *
 * A pure reducer: fold it over evaluations, or call `step` wherever they are made. The best state is kept by reference where
 * losses are known, and selected array by array inside of `jit` and `lax.scan`. A step that donates its state takes the best one away:
 * leave `donate` out here.
 *
 * Throws ArgumentError for a patience below 1, a negative minDelta and what is no evaluation, ShapeError for a loss that is no scalar.
 *
 * @example
 * const stopping = train.earlyStopping({ patience: 2 })
 * const losses = [5, 3, 4, 3.5, 1]
 * const stopper = stopping.run(np.array(0), losses.map((validation, i) => ({ state: np.array(i), validation })))
 * stopper // { best: 1, bestLoss: 3, bestStep: 2, steps: 4, stopped: true }
 */
export const earlyStopping = (options: EarlyStoppingOptions): EarlyStopping => {
  checkOptions(who, options, ['patience', 'minDelta'], true)
  const patience = count(who, 'patience', options.patience)
  const minDelta = nonNegative(who, 'minDelta', options.minDelta ?? 0)
  const init = <S>(state: S): Stopper<S> => Object.freeze({
    best: state,
    bestLoss: lax.full([], Infinity, 'float64'),
    bestStep: lax.full([], 0, 'int32'),
    steps: lax.full([], 0, 'int32'),
    stopped: lax.full([], 0, 'bool')
  })
  const step = <S>(stopper: Stopper<S>, evaluation: Evaluation<S>): Stopper<S> => {
    const { state, validation } = checkEvaluation(evaluation)
    const loss = arrayOf(who, validation, 'float64')
    if (loss.ndim !== 0) throw new ShapeError(who, 'a scalar validation loss', loss)
    const { bestLoss, bestStep, stopped } = stopper
    const going = lax.bitwiseNot(stopped)
    const steps = lax.add(stopper.steps, lax.convertElementType(going, 'int32'))
    const better = lax.bitwiseAnd(going, lax.lt(loss, lax.sub(bestLoss, minDelta)))
    const last = lax.select(better, steps, bestStep)
    return Object.freeze({
      best: choose(better, state, stopper.best),
      bestLoss: lax.select(better, loss, bestLoss),
      bestStep: last,
      steps,
      stopped: lax.bitwiseOr(stopped, lax.ge(lax.sub(steps, last), patience))
    })
  }
  const run = <S>(state: S, evaluations: Iterable<Evaluation<S>>): Stopper<S> => {
    let stopper = init(state)
    for (const evaluation of checkIterable(who, 'an iterable of evaluations { state, validation }', evaluations)) {
      stopper = step(stopper, evaluation)
      if (stopper.stopped.item() !== 0) break
    }
    return stopper
  }
  return Object.freeze({ init, step, run })
}
