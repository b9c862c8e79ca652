import type { NdArray } from '../../core/array.js'
import { ArgumentError } from '../../core/errors.js'
import * as np from '../../numpy/index.js'

/** What becomes of the losses of the examples: their mean (the default), their sum, or each for itself. */
export type Reduction = 'mean' | 'sum' | 'none'

/** What every loss takes last. */
export interface LossOptions {
  /** `mean` by default. */
  readonly reduction?: Reduction
}

/** The losses reduced over all their axes. */
export const reduceLoss = (who: string, losses: NdArray, reduction: Reduction = 'mean'): NdArray => {
  switch (reduction) {
    case 'mean': return np.mean(losses)
    case 'sum': return np.sum(losses)
    case 'none': return losses
    default: throw new ArgumentError(who, 'a reduction among mean, sum, none', reduction)
  }
}
