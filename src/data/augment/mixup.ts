import type { NdArray } from '../../core/array.js'
import { isFloat } from '../../core/dtype.js'
import { DTypeError } from '../../core/errors.js'
import * as lax from '../../lax/index.js'
import { take } from '../../numpy/take.js'
import { range } from '../../core/shape.js'
import { positive } from '../../optim/checks.js'
import { checkKey, foldIn } from '../../random/key.js'
import { permutation } from '../../random/permutation.js'
import { uniform } from '../../random/uniform.js'
import { mapWithPath } from '../../tree/map.js'
import { someOf } from '../examples.js'

/**
 * Samples of the beta distribution with both parameters `alpha`, without rejection: ½ + ½ t/√(2α + t²) for t of Student's
 * distribution with 2α degrees of freedom, itself √(2α (u^(−1/α) − 1)) cos 2πv (Bailey, "Polar generation of random variates with
 * the t-distribution", 1994).
 */
const symmetricBeta = (key: NdArray, alpha: number, count: number): NdArray => {
  const excess = lax.expm1(lax.div(lax.log(uniform(foldIn(key, 0), [count])), -alpha))
  const cosine = lax.cos(lax.mul(uniform(foldIn(key, 1), [count]), 2 * Math.PI))
  const ratio = lax.rsqrt(lax.add(lax.div(1, lax.mul(excess, lax.mul(cosine, cosine))), 1))
  return lax.add(lax.mul(lax.mul(ratio, lax.sign(cosine)), 0.5), 0.5)
}

/**
 * Each example mixed with another one: `λ xᵢ + (1 − λ) xⱼ`, with j by a random permutation and λ of the distribution
 * Beta(α, α), drawn for each; the arrays of a tree, such as images and their one-hot labels, by the same j and λ (Zhang et al., "mixup:
 * Beyond Empirical Risk Minimization", 2018). Labels that sum to 1 still do.
 *
 * Throws ArgumentError for an alpha that is not positive, DTypeError for integers with the path (`nn.oneHot` makes labels
 * that can be mixed), ShapeError as `data.size`.
 *
 * @example
 * const batch = { x: np.array([[0], [10], [20]]), y: nn.oneHot([0, 1, 2], 3) }
 * const mixed = data.mixUp(0.4)(random.key(3))(batch)
 * np.sum(mixed.y, { axis: 1 }) // [1, 1, 1]
 */
export const mixUp = (alpha: number): ((key: NdArray) => <T>(tree: T) => T) => {
  const who = 'mixUp'
  positive(who, 'alpha', alpha)
  return (key) => {
    checkKey(who, key)
    return <T>(tree: T) => {
      const count = someOf(who, tree)
      const partner = permutation(foldIn(key, 0), count)
      const weight = symmetricBeta(foldIn(key, 1), alpha, count)
      return mapWithPath((path, x: NdArray) => {
        if (!isFloat(x.dtype)) throw new DTypeError(who, 'floating arrays (labels one-hot)', x, path)
        const own = lax.broadcastInDim(lax.convertElementType(weight, x.dtype), x.shape, range(1))
        return lax.add(lax.mul(own, x), lax.mul(lax.sub(1, own), take(x, partner, { axis: 0 })))
      })(tree)
    }
  }
}
