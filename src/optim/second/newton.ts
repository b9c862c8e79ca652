import type { NdArray } from '../../core/array.js'
import { checkFunction, checkOptions } from '../../core/options.js'
import { gaussNewtonProduct } from '../../transform/gaussnewton.js'
import { hvp } from '../../transform/jacobian.js'
import type { Tree } from '../leaves.js'
import { chain, type Optimizer, type Step } from '../optimizer.js'
import { scaleByLearningRate, type Rate } from '../steps/scale.js'
import { solveOptions, solver, type SolveOptions } from './solve.js'

/** How `newton` and `gaussNewton` move. */
export interface NewtonOptions extends SolveOptions {
  /** What the step is multiplied by; 1 by default, which leads to the minimum of a quadratic at once. */
  readonly rate?: Rate
}

const second = (name: string, product: (params: Tree, v: Tree) => Tree, options: NewtonOptions): Optimizer => {
  checkOptions(name, options, [...solveOptions, 'rate'])
  const { rate = 1, ...rest } = options
  const solve = solver(name, rest)
  const inverse: Step<null> = {
    name,
    init: () => null,
    update: (gradients, state, { params }) => [solve((v) => product(params, v), gradients), state]
  }
  return chain(inverse, scaleByLearningRate(rate))
}

/**
 * Newton's method for a function of a few thousand parameters at most, on all of the data: `θ ← θ − ε (H + λI)⁻¹ g`, where H is the
 * Hessian of f at θ. Conjugate gradients find the step by Hessian-vector products, so no matrix is made. They stop at negative
 * curvature: a saddle point does not attract the method, which then goes along what it has found, or down the gradient. There
 * is no search along the line: where f is far from quadratic give a `rate` below 1, or `damping`.
 * Throws ArgumentError for options out of range.
 *
 * @example
 * const f = (x: NdArray) => np.sum(np.mul(np.array([1, 50]), np.square(np.sub(x, 3))))
 * const opt = optim.newton(f)
 * const start = optim.init(opt)(np.array([0, 0]))
 * optim.step(opt)(start, grad(f)(start.params)).params // [3, 3]
 */
export const newton = <P>(f: (params: P) => NdArray, options: NewtonOptions = {}): Optimizer => {
  checkFunction('newton', 'a function of the parameters', f)
  const product = hvp(f)
  return second('newton', (params, v) => product(params as P, v as P), options) // the trees that the optimizer was made for
}

/**
 * Newton's method with the Gauss–Newton matrix JᵀHJ in place of the Hessian, where J is the Jacobian of the model and H the Hessian of
 * the loss with respect to its outputs: it has no negative curvature if the loss is convex, and with `damping` it is the method of
 * Levenberg and Marquardt. The gradients to step along are those of `params => loss(model(params))`.
 *
 * @example
 * const x = np.array([0, 1, 2])
 * const model = (k: NdArray) => np.exp(np.mul(k, x))
 * const loss = (y: NdArray) => np.sum(np.square(np.sub(y, np.exp(np.mul(0.5, x)))))
 * const opt = optim.gaussNewton(model, loss)
 * const step = (s: optim.State<NdArray>) => optim.step(opt)(s, grad((k: NdArray) => loss(model(k)))(s.params))
 * step(step(step(step(optim.init(opt)(np.array(0)))))).params // 0.5
 */
export const gaussNewton = <P, R>(model: (params: P) => R, loss: (outputs: R) => NdArray, options: NewtonOptions = {}): Optimizer => {
  checkFunction('gaussNewton', 'a function of the parameters as model', model)
  checkFunction('gaussNewton', 'a function of the outputs as loss', loss)
  const product = gaussNewtonProduct(model, loss)
  return second('gaussNewton', (params, v) => product(params as P, v as P), options) // as for newton
}
