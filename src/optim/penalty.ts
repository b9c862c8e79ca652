import type { NdArray } from '../core/array.js'
import { ArgumentError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import * as np from '../numpy/index.js'
import { nonNegative } from './checks.js'
import { arrays, type Tree } from './leaves.js'
import { checkWhere, placesOf, type Where } from './where.js'

/** What a penalty counts. */
export interface PenaltyOptions {
  /** Those at a path, or of which a function of path and parameter says so: `(_, x) => x.ndim > 1` leaves biases out. All by default. */
  readonly mask?: Where
}

/** A number that grows with the parameters: it is added to a loss, and differentiated with it. */
export type Penalty = (params: Tree) => NdArray

const sumOf = (who: string, { mask }: PenaltyOptions, factor: number, term: (x: NdArray) => NdArray): Penalty => {
  nonNegative(who, 'weight', factor)
  checkWhere(who, mask)
  return (params) => {
    const chosen = placesOf(who, mask, params)
    const terms = arrays(params).filter((_, i) => chosen[i]).map((x) => np.sum(term(x)))
    return np.mul(factor, terms.length === 0 ? np.zeros([]) : terms.reduce((sum, x) => np.add(sum, x)))
  }
}

/** |x| as x · sign x: at 0 its gradient is 0, the subgradient that lets zeros be, where that of `np.abs` is 1. */
const size = (x: NdArray): NdArray => np.mul(x, np.sign(x))

/**
 * `weight · Σ|θ|`: its gradient is `weight · sign θ`, and 0 at 0. It leads to small parameters, but only `proximalL1` makes them
 * exactly zero.
 *
 * @example
 * optim.l1(0.5)({ w: np.array([1, -3]), b: np.array(2) }) // 3
 */
export const l1 = (weight: number, options: PenaltyOptions = {}): Penalty => {
  checkOptions('l1', options, ['mask'])
  return sumOf('l1', options, weight, size)
}

/** Which squares `l2` adds up, and by what it multiplies them. */
export interface L2Options extends PenaltyOptions {
  /**
   * Both are in use: `half`, the default, is α/2 · ‖θ‖², whose gradient is αθ (Goodfellow et al., 2016, chapter 7; the weight decay
   * of PyTorch); `whole` is λ · ΣW², whose gradient is 2λW (the same book's chapter 6; cs231n).
   */
  readonly convention?: 'half' | 'whole'
}

/**
 * The penalty on squares, `weight/2 · ‖θ‖²` or `weight · Σθ²`, as the convention says: ridge regression, weight decay under plain
 * gradient descent, a normal prior. Weights are usually penalised and biases not: say so with `mask`.
 *
 * @example
 * const params = { weight: np.array([[1, 2]]), bias: np.array([5, 5]) }
 * optim.l2(0.1, { mask: 'weight' })(params) // 0.25
 * optim.l2(0.1, { mask: 'weight', convention: 'whole' })(params) // 0.5
 * grad(optim.l2(0.1))(params) // { bias: [0.5, 0.5], weight: [[0.1, 0.2]] }
 */
export const l2 = (weight: number, options: L2Options = {}): Penalty => {
  checkOptions('l2', options, ['mask', 'convention'])
  const { convention = 'half', ...rest } = options
  if (convention !== 'half' && convention !== 'whole') throw new ArgumentError('l2', 'a convention, half or whole', convention)
  return sumOf('l2', rest, nonNegative('l2', 'weight', weight) * (convention === 'half' ? 0.5 : 1), np.square)
}

/**
 * `first · Σ|θ| + second/2 · ‖θ‖²`: the elastic net (Zou & Hastie, 2005).
 *
 * @example
 * optim.elasticNet(1, 2)(np.array([3, -4])) // 32
 */
export const elasticNet = (first: number, second: number, options: PenaltyOptions = {}): Penalty => {
  checkOptions('elasticNet', options, ['mask'])
  const [absolute, squared] = [sumOf('elasticNet', options, first, size), sumOf('elasticNet', options, second, np.square)]
  return (params) => np.add(absolute(params), np.mul(0.5, squared(params)))
}
