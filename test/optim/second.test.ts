import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64, generate, noise } from '../support/arrays.js'
import { close } from '../support/close.js'

const matrix = (rows: readonly (readonly number[])[]): NdArray => np.array(rows, { dtype: 'float64' })

interface Point { readonly x: NdArray; readonly y: NdArray }

const bowl = (h: NdArray) => (x: NdArray): NdArray => np.multiply(0.5, np.dot(x, np.matmul(h, x)))

/** The valley of Rosenbrock: a minimum of 0 at (1, 1), and negative curvature on the way. */
const valley = ({ x, y }: Point): NdArray =>
  np.add(np.square(np.subtract(1, x)), np.multiply(100, np.square(np.subtract(y, np.square(x)))))

const descend = <P>(optimizer: optim.Optimizer, f: (p: P) => NdArray, start: P, steps: number): P => {
  let state = optim.init(optimizer)(start)
  for (let i = 0; i < steps; i++) state = optim.step(optimizer)(state, grad(f)(state.params) as never) // the state's own type
  return state.params
}

describe('the optimal step', () => {
  const h = matrix([[3, 1], [1, 2]])

  test('gᵀg / gᵀHg, H = [[3, 1], [1, 2]], θ = [1, -1]: 0.5', () => {
    expect(optim.optimalStep(bowl(h))(f64([1, -1])).item()).toBe(0.5)
  })

  test('is where a quadratic is least along any direction', () => {
    const f = bowl(h)
    const [x, d] = [f64([1, -2]), f64([0.3, -1])]
    for (const direction of [undefined, d]) {
      const step = direction === undefined ? optim.optimalStep(f)(x) : optim.optimalStep(f)(x, direction)
      const along = (e: NdArray): NdArray => f(np.subtract(x, np.multiply(e, direction ?? grad(f)(x))))
      expect(grad(along)(step).item()).toBeCloseTo(0, 12)
    }
  })

  test('is unbounded without positive curvature, and nothing where there is no way down', () => {
    const saddle = bowl(matrix([[1, 0], [0, -1]]))
    expect(optim.optimalStep(saddle)(f64([0, 1])).item()).toBe(Infinity)
    expect(optim.optimalStep((x: NdArray) => np.sum(x))(f64([0, 1])).item()).toBe(Infinity)
    expect(optim.optimalStep(saddle)(f64([0, 0])).item()).toBe(0)
    expect(optim.optimalStep(bowl(h))(f64([1, 0]), f64([-1, 0])).item()).toBe(0)
  })

  test('of trees, under jit and vmap; it is a rate that optimizers take', () => {
    const p = { x: f64(-1.2), y: f64(1) }
    const step = optim.optimalStep(valley)
    expect(jit(step)(p).item()).toBeCloseTo(step(p).item(), 15)
    const both = { x: f64([-1.2, 2]), y: f64([1, 2]) }
    close('vmap', vmap(step)(both), np.stack([step(p), step({ x: f64(2), y: f64(2) })]), 1e-14)
    const next = jit((q: Point): Point => {
      const optimizer = optim.sgd(step(q))
      return optim.step(optimizer)(optim.init(optimizer)(q), grad(valley)(q)).params
    })(p)
    expect(valley(next).item()).toBeLessThan(valley(p).item())
  })
})

describe('Newton', () => {
  test('minimises a quadratic of any condition at once', () => {
    const size = 8
    const scales = f64(Array.from({ length: size }, (_, i) => 10 ** (i / 2)))
    const mix = generate('float64', [size, size], (i) => noise(3, i))
    const h = np.add(np.matmul(mix, np.matrixTranspose(mix)), np.diag(scales))
    const best = generate('float64', [size], (i) => noise(4, i))
    const f = (x: NdArray): NdArray => bowl(h)(np.subtract(x, best))
    close('one step', descend(optim.newton(f, { tol: 1e-14 }), f, np.zerosLike(best), 1), best, 1e-9)
  })

  test('crosses the valley of Rosenbrock in a few steps', () => {
    const end = descend(optim.newton(valley), valley, { x: f64(-1.2), y: f64(1) }, 8)
    expect(valley(end).item()).toBeLessThan(1e-12)
  })

  test('is the same under jit and for each of an ensemble', () => {
    const optimizer = optim.newton(valley, { damping: 1 })
    const run = (p: Point): Point => descend(optimizer, valley, p, 3)
    const starts = { x: f64([-1.2, 0, 2]), y: f64([1, 0.5, 2]) }
    const all = vmap(run)(starts)
    const staged = jit(vmap(run))(starts)
    ;[-1.2, 0, 2].forEach((x, i) => {
      const single = run({ x: f64(x), y: f64([1, 0.5, 2][i]) })
      close('vmap', np.slice(all.x, [i]), single.x, 1e-12)
      close('jit', np.slice(staged.y, [i]), single.y, 1e-12)
    })
  })

  test('goes down the gradient at negative curvature, and down from a saddle', () => {
    const f = (x: NdArray): NdArray => np.sum(np.cos(x))
    close('one dimension', descend(optim.newton(f, { rate: 0.5 }), f, f64([0.1]), 1), f64([0.1 + 0.5 * Math.sin(0.1)]), 1e-15)
    const saddle = (x: NdArray): NdArray => np.add(bowl(matrix([[2, 0], [0, -1]]))(x), np.multiply(0.25, np.sum(np.power(x, 4))))
    const [start, optimizer] = [f64([1, 0.01]), optim.newton(saddle)]
    expect(saddle(descend(optimizer, saddle, start, 1)).item()).toBeLessThan(saddle(start).item())
    close('the minimum', np.abs(descend(optimizer, saddle, start, 30)), f64([0, 1]), 1e-6)
  })

  test('damping adds to the Hessian', () => {
    const f = bowl(matrix([[3, 1], [1, 2]]))
    const start = f64([1, -1])
    const g = grad(f)(start)
    const direction = np.subtract(start, descend(optim.newton(f, { damping: 2, tol: 1e-14 }), f, start, 1))
    close('(H + λI) d = g', np.matmul(matrix([[5, 1], [1, 4]]), direction), g, 1e-14)
  })

  test('is a step among others', () => {
    const f = bowl(matrix([[3, 1], [1, 2]]))
    const optimizer = optim.chain(optim.newton(f), optim.clipByGlobalNorm(0.5))
    const start = f64([3, 4])
    close('as far as the clip lets it', descend(optimizer, f, start, 1), f64([2.7, 3.6]), 1e-6)
  })

  test('stays at a stationary point', () => {
    expect(descend(optim.newton(bowl(matrix([[3, 1], [1, 2]]))), bowl(matrix([[3, 1], [1, 2]])), f64([0, 0]), 2).toList()).toEqual([0, 0])
  })
})

describe('Gauss–Newton', () => {
  const x = f64([0, 1, 2, 3, 4])
  const model = ({ x: a, y: b }: Point): NdArray => np.multiply(a, np.exp(np.multiply(b, x)))
  const data = model({ x: f64(2), y: f64(-0.5) })
  const loss = (y: NdArray): NdArray => np.multiply(0.5, np.sum(np.square(np.subtract(y, data))))
  const f = (p: Point): NdArray => loss(model(p))

  test('fits a curve', () => {
    const end = descend(optim.gaussNewton(model, loss, { tol: 1e-12 }), f, { x: f64(1), y: f64(0) }, 10)
    expect(end.x.item()).toBeCloseTo(2, 9)
    expect(end.y.item()).toBeCloseTo(-0.5, 9)
  })

  test('is Newton for linear models', () => {
    const line = ({ x: a, y: b }: Point): NdArray => np.add(np.multiply(a, x), b)
    const end = descend(optim.gaussNewton(line, loss, { tol: 1e-14 }), (p: Point) => loss(line(p)), { x: f64(0), y: f64(0) }, 1)
    const newton = descend(optim.newton((p: Point) => loss(line(p)), { tol: 1e-14 }), (p: Point) => loss(line(p)), { x: f64(0), y: f64(0) }, 1)
    close('a', end.x, newton.x, 1e-13)
    close('b', end.y, newton.y, 1e-13)
  })
})

describe('bad input', () => {
  const f = bowl(matrix([[1]]))
  test.each<readonly [string, () => unknown, string]>([
    ['a negative damping', () => optim.newton(f, { damping: -1 }), 'newton: expected a finite damping of at least 0, got -1'],
    ['no iterations', () => optim.newton(f, { maxiter: 0 }), 'an integer maxiter of at least 1'],
    ['a negative tolerance', () => optim.gaussNewton((x: NdArray) => x, f, { tol: -1 }), 'gaussNewton: expected a finite tol of at least 0'],
    ['a negative rate', () => optim.newton(f, { rate: -1 }), 'learning rate of at least 0'],
    ['an unknown option', () => optim.newton(f, { steps: 3 } as object), '"steps"'],
    ['no function', () => optim.newton(3 as unknown as typeof f), 'a function of the parameters'],
    ['no function for a step', () => optim.optimalStep(3 as unknown as typeof f), 'a function of the parameters']
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ArgumentError)
    expect(make).toThrow(message)
  })
})
