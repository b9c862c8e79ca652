import { whileLoop } from '../../control/loops/whileloop.js'
import { fromScalar } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import * as lax from '../../lax/index.js'
import * as np from '../../numpy/index.js'
import { count as integer, nonNegative } from '../checks.js'
import { inDType, times, together, zeros, type Tree } from '../leaves.js'
import { inner } from './inner.js'

/** How a direction is found. */
export interface SolveOptions {
  /** λ of `(H + λI) d = g`, which keeps steps short where the curvature is small; 0 by default. */
  readonly damping?: number
  /** The residual, as a part of the gradient's length, that is small enough; 1e-6 by default. */
  readonly tol?: number
  /** The most products with H; 100 by default. As many as there are parameters are enough, but for rounding. */
  readonly maxiter?: number
}

/** The names of `SolveOptions`. */
export const solveOptions = ['damping', 'tol', 'maxiter']

/** What conjugate gradients carry from round to round. */
interface Carry {
  readonly solution: Tree
  readonly residual: Tree
  readonly direction: Tree
  /** The square of the residual's length. */
  readonly left: NdArray
  readonly round: NdArray
  /** Whether the curvature was positive so far. */
  readonly convex: NdArray
}

/** `a + factor · b`. */
const plus = (a: Tree, factor: NdArray, b: Tree): Tree => {
  const scalar = inDType(factor)
  return together('newton', [a, b], (x, y) => [lax.add(x, times(y, scalar(x.dtype)))])[0]
}

/**
 * The direction d with `(H + λI) d = g`, by conjugate gradients that need no more of H than its products with vectors. They end where
 * they meet a direction along which the curvature is not positive, with what they have found up to there, the gradient itself
 * if that is nothing: so d is a direction of ascent, and −d one of descent, whatever H (Nocedal & Wright, 2006, algorithm 7.1).
 */
export const solver = (who: string, options: SolveOptions): ((product: (v: Tree) => Tree, gradient: Tree) => Tree) => {
  const { damping = 0, tol = 1e-6, maxiter = 100 } = options
  nonNegative(who, 'damping', damping)
  nonNegative(who, 'tol', tol)
  integer(who, 'maxiter', maxiter)
  return (product, gradient) => {
    const start = inner(gradient, gradient)
    const enough = np.mul(start, tol * tol)
    const none = zeros(gradient)
    const go = ({ left, round, convex }: Carry): NdArray =>
      lax.bitwiseAnd(lax.bitwiseAnd(lax.gt(left, enough), lax.lt(round, maxiter)), convex)
    const next = ({ solution, residual, direction, left, round }: Carry): Carry => {
      const scaled = together(who, [product(direction), direction], (h, d) => [lax.add(h, lax.mul(d, damping))])[0]
      const curvature = inner(direction, scaled)
      const convex = lax.gt(curvature, 0)
      const length = lax.select(convex, lax.div(left, curvature), lax.zerosLike(left))
      const rest = plus(residual, lax.neg(length), scaled)
      const still = inner(rest, rest)
      return {
        solution: plus(solution, length, direction), residual: rest, direction: plus(rest, lax.div(still, left), direction),
        left: still, round: lax.add(round, 1), convex
      }
    }
    const found = whileLoop(go, next, {
      solution: none, residual: gradient, direction: gradient,
      left: start, round: lax.full([], 0, 'int32'), convex: fromScalar(true)
    })
    const atOnce = lax.bitwiseAnd(lax.bitwiseNot(found.convex), lax.eq(found.round, 1))
    return together(who, [found.solution, gradient], (d, g) => [lax.select(atOnce, g, d)])[0]
  }
}
