import type { NdArray } from '../../core/array.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { nonNegative, positive } from '../checks.js'
import { stateless } from '../leafwise.js'
import { norm, ofUnits, times } from '../leaves.js'
import type { Step } from '../optimizer.js'
import { checkWhere, type Where } from '../where.js'
import { checkRate, rateAt, type Rate } from './scale.js'

/*
 * Steps that care where the parameters land: they stand last, take θ + g for the point that is aimed at, and change the update so
 * that a better point is reached.
 */

/** What `proximalL1` shrinks. */
export interface ProximalOptions {
  /** The weight β of a penalty β/2 · ‖θ‖² beside the other (the elastic net; Zou & Hastie, 2005); 0 by default. */
  readonly l2?: number
  /** Those at a path, or those of which a function of path and parameter says so. All by default. */
  readonly mask?: Where
}

/**
 * The proximal step of the penalty `alpha · ‖θ‖₁`, which makes parameters exactly zero: where the update would lead to t = θ + g,
 * go to `sign(t) · max(|t| − rate · alpha, 0) / (1 + rate · β)` instead. `rate` is that of the steps before it, so that gradient
 * descent on the loss and this make iterative shrinkage (ISTA; Daubechies et al., 2004). A method that scales gradients element
 * by element has no one rate; then the penalty is as strong as it would be at this one.
 *
 * @example
 * const opt = optim.chain(optim.sgd(0.25), optim.proximalL1(0.5, 0.25))
 * optim.step(opt)(optim.init(opt)(np.array([1, -0.1])), np.array([0, 0])).params // [0.875, 0]
 */
export const proximalL1 = (alpha: number, rate: Rate, options: ProximalOptions = {}): Step<null> => {
  const who = 'proximalL1'
  nonNegative(who, 'alpha', alpha)
  checkRate(who, rate)
  checkOptions(who, options, ['l2', 'mask'])
  const { l2 = 0, mask } = options
  nonNegative(who, 'l2', l2)
  checkWhere(who, mask)
  return stateless(who, ({ count }) => {
    const rates = rateAt(who, rate, count)
    return (g, x) => {
      const aim = lax.add(x, g)
      const factor = rates(x.dtype)
      const size = lax.max(lax.sub(lax.abs(aim), times(lax.fullLike(aim, alpha), factor)), 0)
      const shrunk = l2 === 0 ? size : lax.div(size, lax.add(times(lax.fullLike(aim, l2), factor), 1))
      return lax.sub(lax.mul(lax.sign(aim), shrunk), x)
    }
  }, mask)
}

/** What `maxNorm` binds. */
export interface MaxNormOptions {
  /** The axes along which lengths are taken; all but the last by default, which are the weights that lead into a unit. */
  readonly axis?: readonly number[]
  /** Those at a path, or those of which a function of path and parameter says so. All with two axes or more by default: no biases. */
  readonly mask?: Where
}

/**
 * Weights that would get longer than `most` are shortened to that length: the constraint `‖w‖ ≤ most` in place of a penalty, by
 * projection after every step (Goodfellow et al., 2016, section 7.2; of every unit's weights as in Hinton et al., 2012).
 *
 * @example
 * const opt = optim.chain(optim.sgd(1), optim.maxNorm(1))
 * const start = optim.init(opt)(np.array([[0, 0], [0, 0.5]]))
 * optim.step(opt)(start, np.array([[-3, 0], [-4, 0]])).params // [[0.6, 0], [0.8, 0.5]]
 */
export const maxNorm = (most: number, options: MaxNormOptions = {}): Step<null> => {
  positive('maxNorm', 'norm', most)
  checkOptions('maxNorm', options, ['axis', 'mask'])
  const { axis, mask = (_, x: NdArray) => x.ndim > 1 } = options
  checkWhere('maxNorm', mask)
  return stateless('maxNorm', () => (g, x) => {
    const aim = lax.add(x, g)
    const length = norm(aim, axis ?? ofUnits(aim))
    const projected = lax.sub(np.mul(aim, lax.div(most, lax.max(length, most))), x)
    return lax.select(np.broadcastTo(lax.gt(length, most), g.shape), projected, g)
  }, mask)
}
