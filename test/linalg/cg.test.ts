import { describe, expect, test } from 'vitest'
import { ArgumentError, DerivativeError, grad, hessian, hvp, jvp, lax, makeJaxpr, np, ShapeError, TreeError, vmap, type NdArray } from '../../src/index.js'
import * as linalg from '../../src/linalg/index.js'
import { vjpArrays } from '../../src/transform/reverse.js'
import { allClose, close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Iteration {
  readonly name: string
  readonly A: NdArray
  readonly b: NdArray
  readonly x0: NdArray | null
  /** Whether the preconditioner divides by the diagonal. */
  readonly scaled: boolean
  readonly options: { readonly tol: number; readonly maxiter: number }
  readonly out: NdArray
  readonly cotangent: NdArray | null
  readonly grad: readonly NdArray[] | null
}

const iterations = golden<never>('cg') as unknown as readonly Iteration[] // as make_linalg.py says

const a = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]], { dtype: 'float64' })
const b = np.array([1, 2, 3], { dtype: 'float64' })

describe('cg', () => {
  test.each(iterations)('$name', ({ A, b: right, x0, scaled, options, out, cotangent, grad: expected }) => {
    const solution = ([matrix, vector]: readonly NdArray[]): readonly NdArray[] => [linalg.cg((x: NdArray) => np.matmul(matrix, x), vector, {
      ...options,
      ...(x0 !== null && { x0 }),
      ...(scaled && { M: (r: NdArray) => np.div(r, np.diag(matrix)) })
    })]
    const [[x], pullback] = vjpArrays(solution, [A, right], [true, true])
    close('the solution', x, out, 1e-11)
    for (const [how, run] of ways) close(how, run((matrix: NdArray, vector: NdArray) => solution([matrix, vector])[0])(A, right), out, 1e-11)
    if (cotangent !== null && expected !== null) allClose('gradients', pullback([cotangent]).map((ct) => ct ?? A), expected, 1e-10)
  })

  test('solves what a matrix or its product says, of vectors and trees, ints too', () => {
    close('matrix', linalg.cg(a, b, { tol: 1e-14 }), linalg.solve(a, b), 1e-13)
    const { u, v } = linalg.cg((x: { u: NdArray; v: NdArray }) => ({ u: np.mul(2, x.u), v: np.mul(4, x.v) }), { u: np.array([2, 4]), v: np.array([[8]]) })
    allClose('tree', [u, v], [np.array([1, 2]), np.array([[2]])], 1e-6)
    close('lists', linalg.cg([[2, 0], [0, 4]], [2, 4]), np.array([1, 1]), 1e-6)
    expect(linalg.cg((x: NdArray) => np.mul(2, x), np.array([2, 6], { dtype: 'int32' })).dtype).toBe('float32')
    expect(linalg.cg((x: readonly NdArray[]) => x, [])).toEqual([])
  })

  test('begins at the first guess, and stops where it is told', () => {
    const x = linalg.solve(a, b)
    let count = 0
    const counting = (y: NdArray): NdArray => lax.mul(np.matmul(a, y), (count++, 1))
    expect(linalg.cg(counting, b, { x0: x, atol: 1e-10 }).toList()).toEqual(x.toList())
    expect(linalg.cg(a, b, { maxiter: 0 }).toList()).toEqual([0, 0, 0])
    expect(linalg.cg(a, np.zeros([3])).toList()).toEqual([0, 0, 0])
    const residual = np.sub(b, np.matmul(a, linalg.cg(a, b, { tol: 0.5 })))
    expect(linalg.norm(residual).item()).toBeLessThanOrEqual(0.5 * linalg.norm(b).item())
    expect(count).toBeGreaterThan(0)
  })

  test('over a batch each example stops by itself', () => {
    const scales = np.array([1, 100, 1e-3], { dtype: 'float64' })
    const solve = (s: NdArray): NdArray => linalg.cg((x: NdArray) => np.add(np.matmul(a, x), np.mul(s, x)), b, { tol: 1e-6 })
    const each = [...scales].map((s) => solve(s))
    close('vmap', vmap(solve)(scales), np.stack(each), 1e-12)
  })

  test("gives Newton's step from Hessian-vector products, differentiable in forward and reverse mode", () => {
    const loss = (w: NdArray): NdArray => np.sum(np.add(np.exp(w), np.square(np.sub(w, np.roll(w, 1)))))
    const step = (w: NdArray): NdArray => linalg.cg((v: NdArray) => hvp(loss)(w, v), grad(loss)(w), { tol: 1e-14 })
    const dense = (w: NdArray): NdArray => linalg.solve(hessian(loss)(w), grad(loss)(w))
    const w = np.array([0.1, -0.4, 0.3], { dtype: 'float64' })
    close('the step', step(w), dense(w), 1e-11)
    close('jvp', jvp(step)([w], [b])[1], jvp(dense)([w], [b])[1], 1e-10)
    close('grad', grad((x: NdArray) => np.dot(step(x), b))(w), grad((x: NdArray) => np.dot(dense(x), b))(w), 1e-10)
  })

  test('the guess and the preconditioner have no derivative', () => {
    const of = (s: NdArray): NdArray => np.sum(linalg.cg(a, b, { x0: np.mul(s, b), M: (r: NdArray) => np.mul(s, r) }))
    expect(grad(of)(np.array(2, { dtype: 'float64' })).item()).toBe(0)
  })

  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a product of another shape', () => linalg.cg((x: NdArray) => np.concatenate([x, x]), b), ShapeError, 'got f64[6] for f64[3] at A(x)'],
    ['a product of another structure', () => linalg.cg((x: NdArray) => [x] as never, b), TreeError, 'expected b and A(x) to have the same structure'],
    ['a guess of another shape', () => linalg.cg(a, b, { x0: np.ones([2]) }), ShapeError, 'f32[2] for f64[3] at x0'],
    ['a matrix that is not square', () => linalg.cg([[1, 2, 3]], [1]), ShapeError, 'a square matrix and a vector'],
    ['a negative tolerance', () => linalg.cg(a, b, { tol: -1 }), ArgumentError, 'a number of at least 0 as tol, got -1'],
    ['half a step', () => linalg.cg(a, b, { maxiter: 0.5 }), ArgumentError, 'a whole number of at least 0 as maxiter'],
    ['a matrix as preconditioner', () => linalg.cg(a, b, { M: a as never }), ArgumentError, 'a linear function as M']
  ])('refuses %s', (_, f, kind, message) => {
    expect(f).toThrow(kind)
    expect(f).toThrow(message)
  })
})

describe('customLinearSolve', () => {
  const lower = (m: NdArray, y: NdArray, transposed = false): NdArray => linalg.solveTriangular(m, y, { lower: true, trans: transposed ? 1 : 0 })
  const own = (m: NdArray, y: NdArray): NdArray => linalg.customLinearSolve(
    (x) => np.matmul(np.tril(m), x), y, (_, c) => lower(m, c), { transposeSolve: (_, c) => lower(m, c, true) }
  )

  test('has the derivatives of the solution, whatever solves it', () => {
    const f = (solve: (m: NdArray, y: NdArray) => NdArray) => (m: NdArray, y: NdArray): NdArray => np.sum(np.square(solve(m, y)))
    const both = { argnums: [0, 1] } as const
    allClose('grad', grad.with(both)(f(own))(a, b), grad.with(both)(f(lower))(a, b), 1e-13)
    close('hessian', hessian(f(own))(a, b), hessian(f(lower))(a, b), 1e-12)
    close('vmap of grad', vmap(grad(f(own)), { in: [null, 0] })(a, np.stack([b, b])), np.stack([1, 2].map(() => grad(f(lower))(a, b))), 1e-13)
  })

  test('hands its functions the operator and its transpose', () => {
    const richardson = (A: (x: NdArray) => NdArray, y: NdArray): NdArray =>
      lax.foriLoop(0, 200, (_, x: NdArray) => np.add(x, np.mul(0.2, np.sub(y, A(x)))), np.zerosLike(y))
    const f = (m: NdArray): NdArray => np.sum(linalg.customLinearSolve(
      (x) => np.matmul(m, x), b, richardson, { transposeSolve: richardson }
    ))
    const skew = np.add(a, np.array([[0, 0.5, 0], [-0.5, 0, 0], [0, 0, 0]], { dtype: 'float64' }))
    close('value', f(skew), np.sum(linalg.solve(skew, b)), 1e-12)
    close('gradient', grad(f)(skew), grad((m: NdArray) => np.sum(linalg.solve(m, b)))(skew), 1e-12)
  })

  test('has no reverse mode without a transposed solver', () => {
    const f = (y: NdArray): NdArray => np.sum(linalg.customLinearSolve((x) => np.matmul(a, x), y, (_, c) => linalg.solve(a, c)))
    expect(jvp(f)([b], [b])[1].item()).toBeCloseTo(f(b).item(), 12)
    expect(() => grad(f)(b)).toThrow(DerivativeError)
    expect(() => grad(f)(b)).toThrow('customLinearSolve: expected a transposeSolve, or symmetric: true, for reverse mode, got neither')
  })
})

test('the gradient of a solution factors the matrix once', () => {
  const f = (m: NdArray): NdArray => np.sum(np.square(linalg.solve(m, b)))
  const jaxpr = String(makeJaxpr(grad(f))(a))
  expect(jaxpr.match(/= lu /g)).toHaveLength(1)
})
