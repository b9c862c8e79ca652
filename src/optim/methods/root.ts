import type { NdArray } from '../../core/array.js'
import { flag, positive } from '../checks.js'
import * as lax from '../../lax/index.js'

/** The denominator of methods that divide by a root of mean squares r. */
export interface RootOptions {
  /** Keeps the denominator from 0. */
  readonly eps?: number
  /** `√(r + eps)` (true, the default), or `√r + eps`. */
  readonly epsInRoot?: boolean
}

/** `g / √(r + eps)` or `g / (√r + eps)`, its constants checked. */
export const overRoot = (who: string, eps: number, epsInRoot: boolean): ((g: NdArray, r: NdArray) => NdArray) => {
  positive(who, 'eps', eps)
  flag(who, 'epsInRoot', epsInRoot)
  return (g, r) => lax.div(g, epsInRoot ? lax.sqrt(lax.add(r, eps)) : lax.add(lax.sqrt(r), eps))
}
