import type { NdArray } from '../../core/array.js'
import { checkFunction } from '../../core/options.js'
import * as np from '../../numpy/index.js'
import { grad } from '../../transform/grad.js'
import { hvp } from '../../transform/jacobian.js'
import { inner } from './inner.js'

/**
 * How far to go down along the gradient g, or along `direction` d: to second order f is least at `ε = gᵀd / dᵀHd`, which for the
 * gradient is `gᵀg / gᵀHg` (Goodfellow et al., 2016, section 4.3.1). H is never made: the price is that of a few gradients. Where
 * the curvature `dᵀHd` is not positive the quadratic has no least value along d: the step is unbounded, ∞, and the scale must come
 * from elsewhere. Where d is no descent at all, as at a stationary point, it is 0.
 *
 * @example
 * const f = (x: NdArray) => np.add(np.square(np.slice(x, [0])), np.mul(3, np.square(np.slice(x, [1]))))
 * optim.optimalStep(f)(np.array([1, 0])) // 0.5
 * optim.optimalStep(f)(np.array([1, 1])) // 0.1786
 * optim.optimalStep((x: NdArray) => np.sum(x))(np.array([1, 1])) // inf
 */
export const optimalStep = <P>(f: (params: P) => NdArray) => {
  checkFunction('optimalStep', 'a function of the parameters', f)
  return (params: P, direction?: P): NdArray => {
    const gradient = grad(f)(params)
    const d = direction ?? gradient
    const slope = inner(gradient, d)
    const curvature = inner(d, hvp(f)(params, d))
    const bounded = np.greater(curvature, 0)
    const step = np.where(bounded, np.div(slope, np.where(bounded, curvature, 1)), Infinity)
    return np.where(np.greater(slope, 0), step, 0)
  }
}
