import { isArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { DType } from '../../core/dtype.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import * as lax from '../../lax/index.js'
import { finite, nonNegative } from '../checks.js'
import { each, inDType, times } from '../leaves.js'
import type { Step } from '../optimizer.js'
import type { Schedule } from '../schedule/count.js'

/** A learning rate: a number, a scalar array (which may be traced: an argument of `jit` or `grad`), or a schedule. */
export type Rate = number | NdArray | Schedule

/** Throws ArgumentError and ShapeError for what is no rate. */
export const checkRate = (who: string, rate: Rate): Rate => {
  if (typeof rate === 'number') nonNegative(who, 'learning rate', rate)
  else if (typeof rate !== 'function' && !isArray(rate)) throw new ArgumentError(who, 'a number, a scalar array or a schedule', rate)
  else if (isArray(rate) && rate.ndim > 0) throw new ShapeError(who, 'a scalar', rate)
  return rate
}

/** A rate at a step, or its negative, in the dtypes of the arrays that it meets. */
export const rateAt = (who: string, rate: Rate, count: NdArray, sign: 1 | -1 = 1): ((dtype: DType) => NdArray | number) => {
  if (typeof rate === 'number') return () => sign * rate
  const x = typeof rate === 'function' ? rate(count) : rate
  if (!isArray(x)) throw new ArgumentError(who, 'a number, a scalar array, or a schedule that gives one', x)
  if (x.ndim > 0) throw new ShapeError(who, 'a scalar', x)
  return inDType(sign === 1 ? x : lax.neg(x))
}

const scaling = (name: string, rate: Rate, sign: 1 | -1): Step<null> => ({
  name,
  init: () => null,
  update(updates, state, { count }) {
    const factor = rateAt(name, rate, count, sign)
    return [each((g) => times(g, factor(g.dtype)), updates), state]
  }
})

/**
 * `u = factor · g`.
 *
 * @example
 * const [updates] = optim.scale(-0.5).update({ w: np.array([2, 4]) }, null, { params: null, count: np.array(0) })
 * updates // { w: [-1, -2] }
 */
export const scale = (factor: number | NdArray): Step<null> => {
  if (typeof factor === 'number') finite('scale', 'factor', factor)
  else if (!isArray(factor)) throw new ArgumentError('scale', 'a number or a scalar array', factor)
  else if (factor.ndim > 0) throw new ShapeError('scale', 'a scalar', factor)
  return scaling('scale', factor, 1)
}

/**
 * `u = schedule(k) · g` at the k-th step, from 0.
 *
 * @example
 * const opt = [optim.scaleBySchedule(optim.linear(1, 0, 2))]
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), np.array(1))
 * optim.step(opt)(once, np.array(1)).params // 1.5
 */
export const scaleBySchedule = (schedule: Schedule): Step<null> => {
  if (typeof schedule !== 'function') throw new ArgumentError('scaleBySchedule', 'a schedule, which is a function of the count', schedule)
  return scaling('scaleBySchedule', schedule, 1)
}

/**
 * `u = −rate · g`: the direction of descent. Throws ArgumentError for a number that is negative or not finite.
 *
 * @example
 * const opt = [optim.scaleByLearningRate(0.1)]
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.9, 1.5]
 */
export const scaleByLearningRate = (rate: Rate): Step<null> =>
  scaling('scaleByLearningRate', checkRate('scaleByLearningRate', rate), -1)
