import { whileLoop } from '../control/loops/whileloop.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import { checkFunction, checkOptions } from '../core/options.js'
import * as lax from '../lax/index.js'
import { add } from '../numpy/arithmetic.js'
import { matmul, vdot } from '../numpy/products.js'
import { promoteAll } from '../numpy/promote.js'
import { arraysOf } from '../transform/boundary.js'
import { floatsOf, solveSystem, type LinearOperator } from './linearsolve.js'

/** Where conjugate gradients begin and end. */
export interface CgOptions<T> {
  /** The first guess, of the type of b: zeros by default. */
  readonly x0?: T
  /** The residual b − A x is to be no longer than `max(tol · ‖b‖, atol)`: 1e-5 and 0 by default. */
  readonly tol?: number
  readonly atol?: number
  /** The most steps: ten for each unknown by default. */
  readonly maxiter?: number
  /** The preconditioner: a symmetric positive definite operator near the inverse of A. */
  readonly M?: LinearOperator<T>
}

type Vector = readonly NdArray[]

interface Search {
  readonly x: Vector
  readonly residual: Vector
  readonly direction: Vector
  /** The inner product of the residual with itself, preconditioned. */
  readonly gamma: NdArray
  readonly step: NdArray
}

const inner = (a: Vector, b: Vector): NdArray => a.map((x, i) => vdot(x, b[i])).reduce((sum, each) => add(sum, each))

/** x + a y, in the dtype of each x. */
const stepped = (x: Vector, a: NdArray, y: Vector): Vector =>
  x.map((u, i) => lax.add(u, lax.mul(lax.broadcastInDim(lax.convertElementType(a, u.dtype), u.shape, []), y[i])))

interface Limits {
  readonly tol: number
  readonly atol: number
  readonly most: number
}

/** Hestenes and Stiefel's iteration; `M` is null for none. */
const iterate = (
  A: LinearOperator<Vector>, M: LinearOperator<Vector> | null, b: Vector, x0: Vector, { tol, atol, most }: Limits
): Vector => {
  const size = inner(b, b)
  const enough = lax.max(lax.mul(size, tol * tol), atol * atol)
  const residual = A(x0).map((y, i) => lax.sub(b[i], y))
  const direction = M === null ? residual : M(residual)
  const start: Search = { x: x0, residual, direction, gamma: inner(residual, direction), step: lax.full([], 0, 'int32') }
  const goesOn = (at: Search): NdArray => {
    const left = M === null ? at.gamma : inner(at.residual, at.residual)
    return lax.bitwiseAnd(lax.gt(left, enough), lax.lt(at.step, most))
  }
  const next = ({ x, residual: r, direction: p, gamma, step }: Search): Search => {
    const image = A(p)
    const alpha = lax.div(gamma, inner(p, image))
    const left = stepped(r, lax.neg(alpha), image)
    const steepest = M === null ? left : M(left)
    const after = inner(left, steepest)
    return {
      x: stepped(x, alpha, p),
      residual: left,
      direction: stepped(steepest, lax.div(after, gamma), p),
      gamma: after,
      step: lax.add(step, 1)
    }
  }
  return whileLoop(goesOn, next, start).x
}

const checkNatural = (name: string, value: number, least: number, whole: boolean): void => {
  if (typeof value === 'number' && value >= least && (!whole || Number.isInteger(value))) return
  throw new ArgumentError('cg', `${whole ? 'a whole number' : 'a number'} of at least ${least} as ${name}`, quoted(value))
}

/** The matrix as an operator, and the right-hand side in the dtype of both. */
const multiplied = (A: ArrayLike, b: ArrayLike): readonly [LinearOperator<NdArray>, NdArray] => {
  const [matrix, vector] = promoteAll('cg', [A, b], 'float')
  const [rows, columns] = matrix.shape
  if (matrix.ndim !== 2 || rows !== columns || vector.ndim !== 1 || vector.shape[0] !== rows) {
    throw new ShapeError('cg', 'a square matrix and a vector as long as it is wide', [matrix, vector])
  }
  return [(x) => matmul(matrix, x), vector]
}

/** `cg(A, b, options?)`, of an operator and a tree or of a matrix and a vector. */
export interface Cg {
  <T>(A: LinearOperator<T>, b: T, options?: CgOptions<T>): T
  (A: ArrayLike, b: ArrayLike, options?: CgOptions<NdArray>): NdArray
}

/**
 * The solution of A x = b by conjugate gradients (Hestenes & Stiefel, 1952), for an operator that is symmetric and positive
 * definite: a function from a tree like b to another, of which only products are needed, such as a Hessian-vector product, or
 * a matrix. In exact arithmetic it takes at most a step for each unknown, and far fewer where eigenvalues cluster.
 * JAX's `jax.scipy.sparse.linalg.cg`, without its empty second result.
 *
 * It is jittable, and batches; derivatives in both modes, of any order, solve the system of the derivative by the same
 * iteration, to the same tolerance, begun at zero: those with respect to b and to what the operator closes over. The first
 * guess and the preconditioner have none. An operator that is not symmetric or not positive definite is not noticed: the
 * iteration ends at `maxiter`, or with NaN.
 *
 * Throws TreeError, ShapeError or DTypeError, with the paths, for a product, a guess or a preconditioned residual that is not
 * like b, ArgumentError for tolerances and limits that are no such numbers.
 *
 * @example
 * cg([[4, 1], [1, 3]], [1, 2]) // [0.091, 0.636]
 * cg((x) => np.mul(x, np.array([2, 4])), np.array([2, 2])) // [1, 0.5]
 * const root = (a: NdArray) => cg((x) => np.mul(a, x), np.array([6, 8]))
 * grad((a: NdArray) => np.sum(root(a)))(np.array([2, 4])) // [-1.5, -0.5]
 */
export const cg: Cg = <T>(A: LinearOperator<T> | ArrayLike, b: T, options: CgOptions<T> = {}): T => {
  checkOptions('cg', options, ['x0', 'tol', 'atol', 'maxiter', 'M'])
  // The overloads say that b is a vector where A is a matrix.
  const [matvec, right] = typeof A === 'function' ? [A, b] : (multiplied(A, b as ArrayLike) as unknown as readonly [LinearOperator<T>, T])
  const { arrays, treedef } = floatsOf('cg', right)
  const { x0 = treedef.unflatten(arrays.map(lax.zerosLike)) as T, tol = 1e-5, atol = 0, M } = options // of the structure of b
  const { maxiter = 10 * arrays.reduce((count, x) => count + x.size, 0) } = options
  checkNatural('tol', tol, 0, false)
  checkNatural('atol', atol, 0, false)
  checkNatural('maxiter', maxiter, 0, true)
  if (M !== undefined) checkFunction('cg', 'a linear function as M', M)
  if (arrays.length === 0) return right
  const flat = (f: LinearOperator<T>) => (x: Vector): Vector => arraysOf('cg', f(treedef.unflatten(x) as T), []).arrays // likewise
  return solveSystem({
    who: 'cg',
    matvec,
    b: right,
    guess: x0,
    solve: (operator, rhs, guess) => {
      const [target, start] = [rhs, guess].map((x) => arraysOf('cg', x, []).arrays)
      const solution = iterate(flat(operator), M === undefined ? null : flat(M), target, start, { tol, atol, most: maxiter })
      return treedef.unflatten(solution) as T // likewise
    },
    symmetric: true
  })
}
