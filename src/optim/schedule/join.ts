import { ArgumentError } from '../../core/errors.js'
import { checkFunction, checkList, checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { count as integer } from '../checks.js'
import { cosine } from './cosine.js'
import { checkDecay, mix, progress, scheduled, type Schedule } from './count.js'

/** Where a warm-up begins. */
export interface WarmupOptions {
  /** 0 by default. */
  readonly initial?: number
}

/**
 * From `initial` (0 unless given) straight to `peak` in so many steps, constant afterwards.
 *
 * @example
 * optim.warmup(1, 4)(np.arange(6)) // [0, 0.25, 0.5, 0.75, 1, 1]
 */
export const warmup = (peak: number, steps: number, options: WarmupOptions = {}): Schedule => {
  checkOptions('warmup', options, ['initial'])
  const { initial = 0 } = options
  checkDecay('warmup', { initial, peak }, steps)
  return scheduled('warmup', (k) => mix(initial, peak, progress(k, steps)))
}

/** The ends of a warm-up with cosine decay. */
export interface WarmupCosineOptions extends WarmupOptions {
  /** 0 by default. */
  readonly final?: number
  /** What the cosine is raised to; 1 by default. */
  readonly exponent?: number
}

/**
 * A warm-up of `warmupSteps` to `peak`, then a cosine decay; `steps` in all. Without warm-up steps it is `cosine`. (Optax:
 * `warmup_cosine_decay_schedule`.)
 *
 * @example
 * optim.warmupCosine(1, 2, 6)(np.arange(7)) // [0, 0.5, 1, 0.8536, 0.5, 0.1464, 0]
 */
export const warmupCosine = (peak: number, warmupSteps: number, steps: number, options: WarmupCosineOptions = {}): Schedule => {
  checkOptions('warmupCosine', options, ['initial', 'final', 'exponent'])
  const { initial = 0, ...rest } = options
  integer('warmupCosine', 'number of steps', steps)
  integer('warmupCosine', 'number of warm-up steps', warmupSteps, 0)
  if (steps <= warmupSteps) throw new ArgumentError('warmupCosine', `more than ${warmupSteps} steps, those of the warm-up`, steps)
  if (warmupSteps === 0) return cosine(peak, steps, rest)
  return join([warmup(peak, warmupSteps, { initial }), cosine(peak, steps - warmupSteps, rest)], [warmupSteps])
}

/**
 * One schedule after the other: the i-th until the i-th boundary, each counting from its own first step. Throws ArgumentError
 * unless there is one boundary between any two, and they ascend.
 *
 * @example
 * optim.join([optim.constant(1), optim.exponential(1, 1, 0.5)], [2])(np.arange(5)) // [1, 1, 1, 0.5, 0.25]
 */
export const join = (schedules: readonly Schedule[], boundaries: readonly number[]): Schedule => {
  checkList('join', 'a list of schedules', schedules)
  for (const schedule of schedules) checkFunction('join', 'schedules, which are functions of the count', schedule)
  checkList('join', 'a list of boundaries', boundaries)
  if (schedules.length === 0 || boundaries.length !== schedules.length - 1) {
    throw new ArgumentError('join', `a boundary between any two of ${schedules.length} schedules`, boundaries)
  }
  boundaries.forEach((boundary, i) => {
    integer('join', 'boundary', boundary, i === 0 ? 1 : boundaries[i - 1] + 1)
  })
  const [first, ...later] = schedules
  return (count) => later.reduce((value, next, i) => {
    const rest = lax.convertElementType(next(lax.max(lax.sub(count, boundaries[i]), 0)), value.dtype)
    return lax.select(lax.lt(count, boundaries[i]), value, rest)
  }, first(count))
}
