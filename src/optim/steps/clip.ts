import type { NdArray } from '../../core/array.js'
import { checkOptions } from '../../core/options.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { positive } from '../checks.js'
import { stateless } from '../leafwise.js'
import { arrays, each, inDType, norm, ofUnits, times, type Tree } from '../leaves.js'
import type { Step } from '../optimizer.js'
import type { Where } from '../where.js'

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
      const factor = inDType(lax.div(most, lax.max(globalNorm(updates), most)))
      return [each((g) => times(g, factor(g.dtype)), updates), state]
    }
  }
}

/**
 * Every array that is longer than `most` is shortened to that length, each by itself: the direction of all together may change.
 *
 * @example
 * const opt = optim.chain(optim.clipByNorm(1))
 * const start = optim.init(opt)({ w: np.zeros([2]), b: np.array(0) })
 * optim.step(opt)(start, { w: np.array([3, 4]), b: np.array(0.5) }).params // { b: 0.5, w: [0.6, 0.8] }
 */
export const clipByNorm = (most: number): Step<null> => {
  positive('clipByNorm', 'norm', most)
  return stateless('clipByNorm', () => (g) => times(g, lax.div(most, lax.max(norm(g), most))))
}

/**
 * Every element is kept between −most and most.
 *
 * @example
 * const opt = [optim.clip(1)]
 * optim.step(opt)(optim.init(opt)(np.array([0, 0])), np.array([3, -0.5])).params // [1, -0.5]
 */
export const clip = (most: number): Step<null> => {
  positive('clip', 'bound', most)
  return stateless('clip', () => (g) => lax.min(lax.max(g, -most), most))
}

/** What `clipAdaptively` clips. */
export interface AdaptiveOptions {
  /** What the length of a unit's weights is taken to be at least; 1e-3 by default. */
  readonly eps?: number
  /** The parameters whose updates are clipped; all by default. The paper leaves out those of the last layer. */
  readonly mask?: Where
}

/**
 * Every unit's update is at most `most` times as long as the unit's weights: `u = g min(1, most · max(‖w‖, eps) / ‖g‖)`. The weights
 * of a unit lie along all axes but the last; a vector is one unit (Brock et al., 2021).
 *
 * @example
 * const opt = [optim.clipAdaptively(0.1)]
 * const start = optim.init(opt)(np.array([[3, 0], [4, 1]]))
 * optim.step(opt)(start, np.array([[3, 0.01], [4, 0]])).params // [[3.3, 0.01], [4.4, 1]]
 */
export const clipAdaptively = (most: number, options: AdaptiveOptions = {}): Step<null> => {
  positive('clipAdaptively', 'ratio', most)
  checkOptions('clipAdaptively', options, ['eps', 'mask'])
  const { eps = 1e-3, mask } = options
  positive('clipAdaptively', 'eps', eps)
  return stateless('clipAdaptively', () => (g, x) => {
    const longest = lax.mul(lax.max(norm(x, ofUnits(x)), eps), most)
    return np.mul(g, lax.div(longest, lax.max(norm(g, ofUnits(g)), longest)))
  }, mask)
}
