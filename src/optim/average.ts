import type { NdArray } from '../core/array.js'
import * as lax from '../lax/index.js'
import { decayRate } from './checks.js'
import { average, inDType, times, together } from './leaves.js'

/** A mean of parameters along their path, often a better model than the last of them: what `ema` and `polyak` keep. */
export interface Averaged<P> {
  /** The mean: evaluate with these. */
  readonly params: P
  /** How many parameters it is of: an int32 scalar. */
  readonly count: NdArray
}

/** A way to average parameters: begin with some, and add those after every step. Pure functions, which go under `jit`. */
export interface Averaging {
  readonly init: <P>(params: P) => Averaged<P>
  readonly update: <P>(averaged: Averaged<P>, params: NoInfer<P>) => Averaged<P>
}

const averaging = (who: string, rule: (count: NdArray) => (mean: NdArray, x: NdArray) => NdArray): Averaging => ({
  init: (params) => Object.freeze({ params, count: lax.full([], 1, 'int32') }),
  update: <P>(averaged: Averaged<P>, params: NoInfer<P>): Averaged<P> => {
    const mix = rule(averaged.count)
    const [next] = together(who, [averaged.params, params], (mean, x) => [mix(mean, x)])
    return Object.freeze({ params: next as P, count: lax.add(averaged.count, 1) }) // the same tree, with other arrays
  }
})

/**
 * The exponential moving average of parameters, `θ̄ ← decay · θ̄ + (1 − decay) · θ`, from the first ones on. Throws ArgumentError for
 * a decay that is not from 0 to below 1, and TreeError for parameters of another structure.
 *
 * @example
 * const { init, update } = optim.ema(0.9)
 * update(init({ w: np.array(1) }), { w: np.array(2) }) // { params: { w: 1.1 }, count: 2 }
 */
export const ema = (decay: number): Averaging => {
  decayRate('ema', 'decay', decay)
  return averaging('ema', () => (mean, x) => average(mean, x, decay))
}

/**
 * The plain mean of all parameters that it was given (Polyak & Juditsky, 1992), as stochastic weight averaging has it (Izmailov et
 * al., 2018): begin when training has come near.
 *
 * @example
 * const { init, update } = optim.polyak
 * update(update(init(np.array(1)), np.array(2)), np.array(6)).params // 3
 */
export const polyak: Averaging = averaging('polyak', (count) => {
  const share = inDType(lax.div(1, lax.add(lax.convertElementType(count, 'float64'), 1)))
  return (mean, x) => lax.add(mean, times(lax.sub(x, mean), share(x.dtype)))
})
