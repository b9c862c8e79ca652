import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { count as integer, positive } from '../checks.js'
import { checkDecay, mix, progress, scheduled, wave, type Schedule } from './count.js'
import type { DecayOptions } from './decay.js'

/** The shape of a cosine decay. */
export interface CosineOptions extends DecayOptions {
  /** What the cosine is raised to; 1 by default. */
  readonly exponent?: number
}

/**
 * Half a cosine, from `initial` to `final` (0 unless given), constant afterwards (Loshchilov & Hutter, 2017).
 *
 * @example
 * optim.cosine(1, 4)(np.arange(5)) // [1, 0.8536, 0.5, 0.1464, 0]
 */
export const cosine = (initial: number, steps: number, options: CosineOptions = {}): Schedule => {
  checkOptions('cosine', options, ['final', 'delay', 'exponent'])
  const { final = 0, delay = 0, exponent = 1 } = options
  checkDecay('cosine', { initial, final }, steps, delay)
  positive('cosine', 'exponent', exponent)
  return scheduled('cosine', (k) => {
    const fall = wave(progress(k, steps, delay))
    return mix(final, initial, exponent === 1 ? fall : lax.pow(fall, exponent))
  })
}

/** How the periods of `cosineRestarts` follow each other. */
export interface RestartOptions {
  /** Every period is so many times as long as the one before: a positive integer, 1 by default. */
  readonly growth?: number
  /** Where every period ends; 0 by default. */
  readonly final?: number
}

/**
 * Half a cosine from `initial` to `final`, again and again: the first takes so many steps, and every other `growth` times as many as
 * the one before (SGDR; Loshchilov & Hutter, 2017). (PyTorch: `CosineAnnealingWarmRestarts`.)
 *
 * @example
 * optim.cosineRestarts(1, 2, { growth: 2 })(np.arange(7)) // [1, 0.5, 1, 0.8536, 0.5, 0.1464, 1]
 */
export const cosineRestarts = (initial: number, steps: number, options: RestartOptions = {}): Schedule => {
  checkOptions('cosineRestarts', options, ['growth', 'final'])
  const { growth = 1, final = 0 } = options
  checkDecay('cosineRestarts', { initial, final }, steps)
  integer('cosineRestarts', 'growth', growth)
  return scheduled('cosineRestarts', (k) => {
    const periods = lax.div(k, steps)
    if (growth === 1) return mix(final, initial, wave(lax.sub(periods, lax.floor(periods))))
    // in units of the first period, the n-th begins at (growthⁿ − 1) / (growth − 1); the half keeps rounding from crossing an edge
    const edges = lax.add(lax.mul(k, (growth - 1) / steps), 1 + (growth - 1) / (2 * steps))
    const n = lax.floor(lax.div(lax.log(edges), Math.log(growth)))
    const length = lax.round(lax.pow(lax.fullLike(n, growth), n))
    const begin = lax.div(lax.sub(length, 1), growth - 1)
    return mix(final, initial, wave(lax.div(lax.sub(periods, begin), length)))
  })
}
