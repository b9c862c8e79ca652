import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import { nonNegative } from '../checks.js'
import { isCourse, type Form } from '../form.js'
import { leafwise, type Memories } from '../leafwise.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { overRoot, type RootOptions } from './root.js'

/** How `scaleByRss` starts and divides; eps is 1e-7 by default. */
export interface RssOptions extends RootOptions {
  /** What the sum starts from; 0.1 by default. */
  readonly initial?: number
}

/** What `scaleByRss` remembers: the sums of squares. */
export type RssState = Memories<'sum'>

/**
 * AdaGrad: `r ← r + g²`, `u = g / √(r + eps)` or `g / (√r + eps)` (Duchi et al., 2011).
 *
 * @example
 * const opt = [optim.scaleByRss({ initial: 0, epsInRoot: false })]
 * const next = optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([1, -4]))
 * next.params // [1, -1]
 * next.inner // [{ sum: [1, 16] }]
 */
export const scaleByRss = (options: RssOptions = {}): Step<RssState> => {
  checkOptions('scaleByRss', options, ['initial', 'eps', 'epsInRoot'])
  const { initial = 0.1, eps = 1e-7, epsInRoot = true } = options
  nonNegative('scaleByRss', 'initial', initial)
  const divided = overRoot('scaleByRss', eps, epsInRoot)
  return leafwise('scaleByRss', { sum: (x) => lax.fullLike(x, initial) }, () => (g, { sum }) => {
    const now = lax.add(sum, lax.mul(g, g))
    return [divided(g, now), { sum: now }]
  })
}

/** How `adagrad` starts and divides. */
export interface AdagradOptions extends RssOptions {
  /** `usual` by default: r₀ = 0.1, −ε g / √(r + 1e-7). `course`: r₀ = 0, −ε g / (1e-7 + √r). */
  readonly form?: Form
}

/**
 * AdaGrad: `r ← r + g²`, `θ ← θ − ε g / √r` (Duchi et al., 2011). PyTorch's is `{ form: 'course', eps: 1e-10 }`.
 *
 * @example
 * const opt = optim.adagrad(0.1, { form: 'course' })
 * optim.step(opt)(optim.init(opt)(np.array([1, 1])), np.array([1, -5])).params // [0.9, 1.1]
 */
export const adagrad = (rate: Rate, options: AdagradOptions = {}): Optimizer => {
  checkOptions('adagrad', options, ['initial', 'eps', 'epsInRoot', 'form'])
  const { form = 'usual', ...given } = options
  const preset = isCourse('adagrad', form) ? { initial: 0, epsInRoot: false } : {}
  return chain(scaleByRss({ ...preset, ...given }), scaleByLearningRate(rate))
}
