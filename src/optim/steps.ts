import { isArray } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { DType } from '../core/dtype.js'
import { ArgumentError, ShapeError, type Path } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { flatten } from '../tree/pytree.js'
import { decayRate, finite, flag, nonNegative, positive } from './checks.js'
import { arrays, each, inDType, times, together, type Tree } from './leaves.js'
import type { Step } from './optimizer.js'
import type { Schedule } from './schedule.js'

/*
 * What can be done to updates. The formulas speak of the update g that comes in and the update u that goes out; those that
 * remember begin with zeros unless they say otherwise.
 */

/** A learning rate: a number, a scalar array (which may be traced: an argument of `jit` or `grad`), or a schedule. */
export type Rate = number | NdArray | Schedule

const zeros = (params: Tree): Tree => each(lax.zerosLike, params)

/** What updates are multiplied by at a step, in the dtype of each. */
const factorAt = (who: string, rate: Rate, count: NdArray, sign: 1 | -1): ((dtype: DType) => NdArray | number) => {
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
    const factor = factorAt(name, rate, count, sign)
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

/** `u = schedule(k) · g` at the k-th step, from 0. */
export const scaleBySchedule = (schedule: Schedule): Step<null> => {
  if (typeof schedule !== 'function') throw new ArgumentError('scaleBySchedule', 'a schedule, which is a function of the count', schedule)
  return scaling('scaleBySchedule', schedule, 1)
}

/** `u = −rate · g`: the direction of descent. Throws ArgumentError for a number that is negative or not finite. */
export const scaleByLearningRate = (rate: Rate): Step<null> => {
  if (typeof rate === 'number') nonNegative('scaleByLearningRate', 'learning rate', rate)
  else if (typeof rate !== 'function' && !isArray(rate)) {
    throw new ArgumentError('scaleByLearningRate', 'a number, a scalar array or a schedule', rate)
  } else if (isArray(rate) && rate.ndim > 0) throw new ShapeError('scaleByLearningRate', 'a scalar', rate)
  return scaling('scaleByLearningRate', rate, -1)
}

/** What `trace` gives. */
export interface TraceOptions {
  /** The velocity one step ahead: `u = g + decay · v` (Nesterov, 1983; in the form of Sutskever et al., 2013). False by default. */
  readonly nesterov?: boolean
}

/** What `trace` remembers. */
export interface TraceState {
  readonly velocity: Tree
}

/** Momentum: `v ← decay · v + g`, `u = v` (Polyak, 1964). */
export const trace = (decay: number, options: TraceOptions = {}): Step<TraceState> => {
  decayRate('trace', 'decay', decay)
  checkOptions('trace', options, ['nesterov'])
  const { nesterov = false } = options
  flag('trace', 'nesterov', nesterov)
  const next = (v: NdArray, g: NdArray): NdArray => lax.add(g, lax.mul(v, decay))
  return {
    name: 'trace',
    init: (params) => ({ velocity: zeros(params) }),
    update(updates, state) {
      if (!nesterov) {
        const [velocity] = together('trace', [state.velocity, updates], (v, g) => [next(v, g)])
        return [velocity, { velocity }]
      }
      const [ahead, velocity] = together('trace', [state.velocity, updates], (v, g) => {
        const now = next(v, g)
        return [next(now, g), now]
      })
      return [ahead, { velocity }]
    }
  }
}

/** Where the small number of a denominator stands: `√r + eps`, or `√(r + eps)`. */
interface Root {
  readonly eps: number
  readonly epsInRoot: boolean
}

const overRoot = (g: NdArray, r: NdArray, { eps, epsInRoot }: Root): NdArray =>
  lax.div(g, epsInRoot ? lax.sqrt(lax.add(r, eps)) : lax.add(lax.sqrt(r), eps))

/** How `scaleByRss` starts and divides. */
export interface RssOptions {
  /** What the sum starts from; 0.1 by default. */
  readonly initial?: number
  /** Keeps the denominator from 0; 1e-7 by default. */
  readonly eps?: number
  /** `√(r + eps)` (true, the default), or `√r + eps`. */
  readonly epsInRoot?: boolean
}

/** What `scaleByRss` remembers: the sums of squares. */
export interface RssState {
  readonly sum: Tree
}

/** AdaGrad: `r ← r + g²`, `u = g / √(r + eps)` or `g / (√r + eps)` (Duchi et al., 2011). */
export const scaleByRss = (options: RssOptions = {}): Step<RssState> => {
  checkOptions('scaleByRss', options, ['initial', 'eps', 'epsInRoot'])
  const { initial = 0.1, eps = 1e-7, epsInRoot = true } = options
  nonNegative('scaleByRss', 'initial', initial)
  positive('scaleByRss', 'eps', eps)
  flag('scaleByRss', 'epsInRoot', epsInRoot)
  const root = { eps, epsInRoot }
  return {
    name: 'scaleByRss',
    init: (params) => ({ sum: each((x) => lax.fullLike(x, initial), params) }),
    update(updates, state) {
      const [scaled, sum] = together('scaleByRss', [state.sum, updates], (r, g) => {
        const now = lax.add(r, lax.mul(g, g))
        return [overRoot(g, now, root), now]
      })
      return [scaled, { sum }]
    }
  }
}

/** A running average: `a ← decay · a + (1 − decay) · x`. */
const average = (a: NdArray, x: NdArray, decay: number): NdArray => lax.add(lax.mul(a, decay), lax.mul(x, 1 - decay))

/** How `scaleByRms` averages and divides. */
export interface RmsOptions {
  /** The weight of the past; 0.9 by default. */
  readonly decay?: number
  /** Keeps the denominator from 0; 1e-8 by default. */
  readonly eps?: number
  /** `√(r + eps)` (true, the default), or `√r + eps`. */
  readonly epsInRoot?: boolean
  /** Takes the square of the mean away: divides by the standard deviation. False by default. */
  readonly centered?: boolean
}

/** What `scaleByRms` remembers: the average of squares, and if centered that of the gradients. */
export interface RmsState {
  readonly square: Tree
  readonly mean: Tree
}

/** RMSProp: `r ← decay · r + (1 − decay) g²`, `u = g / √(r + eps)` or `g / (√r + eps)` (Hinton, 2012). */
export const scaleByRms = (options: RmsOptions = {}): Step<RmsState> => {
  checkOptions('scaleByRms', options, ['decay', 'eps', 'epsInRoot', 'centered'])
  const { decay = 0.9, eps = 1e-8, epsInRoot = true, centered = false } = options
  decayRate('scaleByRms', 'decay', decay)
  positive('scaleByRms', 'eps', eps)
  flag('scaleByRms', 'epsInRoot', epsInRoot)
  flag('scaleByRms', 'centered', centered)
  const root = { eps, epsInRoot }
  return {
    name: 'scaleByRms',
    init: (params) => ({ square: zeros(params), mean: centered ? zeros(params) : null }),
    update(updates, state) {
      if (!centered) {
        const [scaled, square] = together('scaleByRms', [state.square, updates], (r, g) => {
          const now = average(r, lax.mul(g, g), decay)
          return [overRoot(g, now, root), now]
        })
        return [scaled, { square, mean: null }]
      }
      const [scaled, square, mean] = together('scaleByRms', [state.square, state.mean, updates], (r, m, g) => {
        const [now, middle] = [average(r, lax.mul(g, g), decay), average(m, g, decay)]
        // a variance is never negative, but its rounding may be
        return [overRoot(g, lax.max(lax.sub(now, lax.mul(middle, middle)), 0), root), now, middle]
      })
      return [scaled, { square, mean }]
    }
  }
}

/** How `scaleByAdam` averages and divides. */
export interface AdamStepOptions {
  /** The weight of the past in the mean (the course's ρ₁); 0.9 by default. */
  readonly beta1?: number
  /** The weight of the past in the mean square (the course's ρ₂); 0.999 by default. */
  readonly beta2?: number
  /** Added to the root; 1e-8 by default. */
  readonly eps?: number
  /** Added under the root; 0 by default. */
  readonly epsRoot?: number
  /** The mean one step ahead (Dozat, 2016); false by default. */
  readonly nesterov?: boolean
}

/** What `scaleByAdam` remembers. */
export interface AdamState {
  readonly mean: Tree
  readonly square: Tree
}

/**
 * Adam (Kingma & Ba, 2015): running averages `m` of g and `v` of g², freed of their start at zero, `m̂ = m / (1 − β₁ᵏ)` and
 * `v̂ = v / (1 − β₂ᵏ)` at the k-th step from 1; `u = m̂ / (√(v̂ + epsRoot) + eps)`.
 */
export const scaleByAdam = (options: AdamStepOptions = {}): Step<AdamState> => {
  checkOptions('scaleByAdam', options, ['beta1', 'beta2', 'eps', 'epsRoot', 'nesterov'])
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8, epsRoot = 0, nesterov = false } = options
  decayRate('scaleByAdam', 'beta1', beta1)
  decayRate('scaleByAdam', 'beta2', beta2)
  nonNegative('scaleByAdam', 'eps', eps)
  nonNegative('scaleByAdam', 'epsRoot', epsRoot)
  flag('scaleByAdam', 'nesterov', nesterov)
  positive('scaleByAdam', 'eps or epsRoot', eps + epsRoot)
  return {
    name: 'scaleByAdam',
    init: (params) => ({ mean: zeros(params), square: zeros(params) }),
    update(updates, state, { count }) {
      const k = lax.add(lax.convertElementType(count, 'float64'), 1)
      const missing = (beta: number, steps: NdArray): NdArray => lax.sub(1, lax.pow(lax.fullLike(steps, beta), steps))
      // √v̂ + eps = (√v + eps c) / c with c = √(1 − β₂ᵏ): corrections are of scalars, not of arrays
      const c = lax.sqrt(missing(beta2, k))
      const now = lax.div(c, missing(beta1, k))
      const ofMean = inDType(nesterov ? lax.mul(lax.div(c, missing(beta1, lax.add(k, 1))), beta1) : now)
      const ofGradient = nesterov ? inDType(lax.mul(now, 1 - beta1)) : undefined
      const outside = inDType(lax.mul(c, eps))
      const inside = epsRoot === 0 ? undefined : inDType(lax.mul(lax.mul(c, c), epsRoot))
      const spread = (scalar: (dtype: DType) => NdArray, x: NdArray): NdArray => lax.broadcastInDim(scalar(x.dtype), x.shape, [])
      const [scaled, mean, square] = together('scaleByAdam', [state.mean, state.square, updates], (m, v, g) => {
        const [middle, power] = [average(m, g, beta1), average(v, lax.mul(g, g), beta2)]
        const main = lax.mul(middle, spread(ofMean, m))
        const numerator = ofGradient === undefined ? main : lax.add(main, lax.mul(g, spread(ofGradient, g)))
        const root = lax.sqrt(inside === undefined ? power : lax.add(power, spread(inside, v)))
        return [lax.div(numerator, lax.add(root, spread(outside, v))), middle, power]
      })
      return [scaled, { mean, square }]
    }
  }
}

/** Which parameters decay. */
export interface DecayedOptions {
  /** Whether a parameter decays, by its path and itself: `(_, x) => x.ndim > 1` leaves biases out. All do by default. */
  readonly mask?: (path: Path, x: NdArray) => boolean
}

/**
 * `u = g + decay · θ`. Before a step that scales by gradients it is the gradient of the penalty `decay/2 · ‖θ‖²`; after it, it
 * is weight decay proper (Loshchilov & Hutter, 2019).
 */
export const addDecayedWeights = (decay: number, options: DecayedOptions = {}): Step<null> => {
  nonNegative('addDecayedWeights', 'decay', decay)
  checkOptions('addDecayedWeights', options, ['mask'])
  const { mask } = options
  if (mask !== undefined) checkFunction('addDecayedWeights', 'a function of path and parameter as mask', mask)
  return {
    name: 'addDecayedWeights',
    init: () => null,
    update(updates, state, { params }) {
      const [weights, treedef] = flatten(params)
      const paths = mask === undefined ? [] : treedef.paths()
      const decayed = arrays(updates).map((g, i) => {
        const x = weights[i] as NdArray // the parameters are arrays
        return mask !== undefined && !mask(paths[i], x) ? g : lax.add(g, lax.mul(x, decay))
      })
      return [treedef.unflatten(decayed), state]
    }
  }
}

/**
 * The length of all arrays of a tree as one vector, a scalar of their common dtype.
 *
 * @example
 * optim.globalNorm({ w: np.array([3, 0]), b: np.array(4) }) // 5
 */
export const globalNorm = (tree: Tree): NdArray => {
  const squares = arrays(tree).map((x) => np.sum(np.square(x)))
  return np.sqrt(squares.length === 0 ? np.zeros([]) : squares.reduce((sum, x) => np.add(sum, x)))
}

/**
 * Updates longer than `most` as one vector are shortened to that length; their direction stays (Pascanu et al., 2013).
 *
 * @example
 * const [updates] = optim.clipByGlobalNorm(1).update({ w: np.array([3, 4]) }, null, { params: null, count: np.array(0) })
 * updates // { w: [0.6, 0.8] }
 */
export const clipByGlobalNorm = (most: number): Step<null> => {
  positive('clipByGlobalNorm', 'norm', most)
  return {
    name: 'clipByGlobalNorm',
    init: () => null,
    update(updates, state) {
      const norm = globalNorm(updates)
      const factor = inDType(lax.div(most, lax.max(norm, most)))
      return [each((g) => times(g, factor(g.dtype)), updates), state]
    }
  }
}

/** Every element is kept between −most and most. */
export const clip = (most: number): Step<null> => {
  positive('clip', 'bound', most)
  return {
    name: 'clip',
    init: () => null,
    update: (updates, state) => [each((g) => lax.min(lax.max(g, -most), most), updates), state]
  }
}
