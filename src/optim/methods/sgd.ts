import type { NdArray } from '../../core/array.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { decayRate, flag } from '../checks.js'
import { isCourse, type Form } from '../form.js'
import { leafwise, type Memories } from '../leafwise.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'

/** What `trace` gives. */
export interface TraceOptions {
  /** The velocity one step ahead: `u = g + decay · v` (Nesterov, 1983; in the form of Sutskever et al., 2013). False by default. */
  readonly nesterov?: boolean
}

/** What `trace` remembers. */
export type TraceState = Memories<'velocity'>

/**
 * Momentum: `v ← decay · v + g`, `u = v` (Polyak, 1964).
 *
 * @example
 * const opt = [optim.trace(0.9)]
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), np.array(1))
 * optim.step(opt)(once, np.array(1)).inner // [{ velocity: 1.9 }]
 */
export const trace = (decay: number, options: TraceOptions = {}): Step<TraceState> => {
  decayRate('trace', 'decay', decay)
  checkOptions('trace', options, ['nesterov'])
  const { nesterov = false } = options
  flag('trace', 'nesterov', nesterov)
  const next = (v: NdArray, g: NdArray): NdArray => lax.add(g, lax.mul(v, decay))
  return leafwise('trace', { velocity: lax.zerosLike }, () => (g, { velocity }) => {
    const now = next(velocity, g)
    return [nesterov ? next(now, g) : now, { velocity: now }]
  })
}

/** How `momentum` and `nesterov` move. */
export interface MomentumOptions {
  /** The weight α of the past velocity; 0.9 by default. */
  readonly momentum?: number
  /** `usual` by default: v ← αv + g, θ ← θ − εv. `course`: v ← αv − εg, θ ← θ + v, which differs only where ε changes. */
  readonly form?: Form
}

/** How `sgd` moves. */
export interface SgdOptions extends MomentumOptions {
  /** The weight α of the past velocity; 0 by default. */
  readonly momentum?: number
  /** Nesterov's momentum; false by default. */
  readonly nesterov?: boolean
}

const descend = (who: string, rate: Rate, momentum: number, nesterov: boolean, form: Form): Optimizer => {
  const rates = scaleByLearningRate(rate)
  const course = isCourse(who, form)
  const velocity = trace(momentum, { nesterov })
  if (momentum === 0) return chain(rates)
  return course ? chain(rates, velocity) : chain(velocity, rates)
}

/**
 * Stochastic gradient descent, `θ ← θ − ε g`, with `{ momentum }` and `{ nesterov: true }` if wanted.
 *
 * @example
 * const opt = optim.sgd(0.1, { momentum: 0.9 })
 * const gradient = np.array(1)
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), gradient)
 * optim.step(opt)(once, gradient).params // -0.29
 */
export const sgd = (rate: Rate, options: SgdOptions = {}): Optimizer => {
  checkOptions('sgd', options, ['momentum', 'nesterov', 'form'])
  return descend('sgd', rate, options.momentum ?? 0, options.nesterov ?? false, options.form ?? 'usual')
}

/**
 * Gradient descent with momentum (Polyak, 1964); the terminal step is `ε‖g‖ / (1 − α)`.
 *
 * @example
 * const opt = optim.momentum(0.1)
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), np.array(1))
 * optim.step(opt)(once, np.array(1)).params // -0.29
 */
export const momentum = (rate: Rate, options: MomentumOptions = {}): Optimizer => {
  checkOptions('momentum', options, ['momentum', 'form'])
  return descend('momentum', rate, options.momentum ?? 0.9, false, options.form ?? 'usual')
}

/**
 * Gradient descent with Nesterov's momentum. The parameters are the point ahead, `θ + αv`, where the gradient is taken, so that it
 * needs gradients at the parameters only (Sutskever et al., 2013).
 *
 * @example
 * const opt = optim.nesterov(0.1)
 * const once = optim.step(opt)(optim.init(opt)(np.array(0)), np.array(1))
 * optim.step(opt)(once, np.array(1)).params // -0.461
 */
export const nesterov = (rate: Rate, options: MomentumOptions = {}): Optimizer => {
  checkOptions('nesterov', options, ['momentum', 'form'])
  return descend('nesterov', rate, options.momentum ?? 0.9, true, options.form ?? 'usual')
}
