import type { NdArray } from '../../core/array.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { promoteAll } from '../../numpy/promote.js'

/** What becomes of the losses of the examples: their mean (the default), their sum, or each for itself. */
export type Reduction = 'mean' | 'sum' | 'none'

/** What every loss takes last. */
export interface LossOptions {
  /** `mean` by default. */
  readonly reduction?: Reduction
}

/**
 * The losses reduced over all their axes; with weights, which the losses have in them already, the mean divides by the sum of these.
 * Throws ShapeError for a mean over no examples.
 */
export const reduceLoss = (who: string, losses: NdArray, reduction: Reduction = 'mean', weights?: NdArray): NdArray => {
  switch (reduction) {
    case 'mean':
      if (losses.size === 0) throw new ShapeError(who, 'at least one example to take the mean over', losses)
      return weights === undefined ? np.mean(losses) : np.divide(np.sum(losses), np.sum(weights))
    case 'sum': return np.sum(losses)
    case 'none': return losses
    default: throw new ArgumentError(who, 'a reduction among mean, sum, none', reduction)
  }
}

/** The product; 0 where a weight of 0 meets an infinity: what does not count may be anything. */
export const weigh = (who: string, weight: NdArray, x: NdArray): NdArray => {
  const [w, y] = promoteAll(who, [weight, x])
  const lost = lax.bitwiseAnd(lax.eq(w, 0), lax.eq(lax.abs(y), Infinity))
  return lax.mul(w, lax.select(lost, lax.fullLike(y, 0), y))
}

/** Sum over an axis of the elements where the mask holds: no product with the others, which may be infinite. */
export const sumWhere = (mask: NdArray, x: NdArray, axis: number): NdArray =>
  lax.reduceSum(lax.select(mask, x, lax.fullLike(x, 0)), [axis])
