import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const matrix = (rows: readonly (readonly number[])[]): NdArray => np.array(rows, { dtype: 'float64' })

/** ½ (θ − θ*)ᵀ H (θ − θ*). */
const bowl = (h: NdArray, best: NdArray) => (x: NdArray): NdArray => {
  const d = np.subtract(x, best)
  return np.multiply(0.5, np.dot(d, np.matmul(h, d)))
}

const minimise = <P>(optimizer: optim.Optimizer, loss: (p: P) => NdArray, start: P, steps: number): P => {
  const step = jit((state: optim.State<P>) => optim.step(optimizer)(state, grad(loss)(state.params) as never)) // the state's own type
  let state = optim.init(optimizer)(start)
  for (let i = 0; i < steps; i++) state = step(state)
  return state.params
}

describe('the numbers of the course', () => {
  const h = matrix([[3, 1], [1, 2]])
  const best = f64([1, 2])
  const start = f64([0, 0])

  test('L2, the optimum (H + αI)⁻¹ Hθ*, H = [[3, 1], [1, 2]], α = .5, θ* = [1, 2]: [.967742, 1.612903]', () => {
    const f = bowl(h, best)
    const expected = f64([30 / 31, 50 / 31])
    expect(expected.toList()).toEqual([expect.closeTo(0.967742, 6), expect.closeTo(1.612903, 6)])
    const ways: Readonly<Record<string, readonly [optim.Optimizer, (x: NdArray) => NdArray]>> = {
      'a penalty of half the square': [optim.sgd(0.2), (x) => np.add(f(x), optim.l2(0.5)(x))],
      'a penalty of the whole square': [optim.sgd(0.2), (x) => np.add(f(x), optim.l2(0.25, { convention: 'whole' })(x))],
      'decayed weights': [optim.chain(optim.addDecayedWeights(0.5), optim.sgd(0.2)), f],
      'a proximal step': [optim.chain(optim.sgd(0.2), optim.proximalL1(0, 0.2, { l2: 0.5 })), f]
    }
    for (const [name, [optimizer, loss]] of Object.entries(ways)) close(name, minimise(optimizer, loss, start, 150), expected, 1e-12)
    const once = optim.newton((x: NdArray) => np.add(f(x), optim.l2(0.5)(x)), { tol: 1e-14 })
    close('Newton, at once', minimise(once, (x) => np.add(f(x), optim.l2(0.5)(x)), start, 1), expected, 1e-13)
  })

  test('L1, H = diag(2, 4), α = .5, θ* = [.2, -1]: [0, -.875]', () => {
    const f = bowl(matrix([[2, 0], [0, 4]]), f64([0.2, -1]))
    const found = minimise(optim.chain(optim.sgd(0.2), optim.proximalL1(0.5, 0.2)), f, f64([1, 1]), 100)
    expect(np.slice(found, [0]).item()).toBe(0)
    expect(np.slice(found, [1]).item()).toBeCloseTo(-0.875, 12)
    // the subgradient comes near, but not to zero
    const near = minimise(optim.sgd(optim.inverseTime(0.2, 0.1)), (x: NdArray) => np.add(f(x), optim.l1(0.5)(x)), f64([1, 1]), 400)
    close('subgradient', near, f64([0, -0.875]), 1e-2)
    expect(np.slice(near, [0]).item()).not.toBe(0)
  })
})

describe('penalties', () => {
  const params = { weight: matrix([[1, -2], [3, 0]]), bias: f64([-5, 5]) }
  const matrices = { mask: (_: unknown, x: NdArray): boolean => x.ndim > 1 }

  test('are sums over the parameters that are meant', () => {
    expect(optim.l1(0.5)(params).item()).toBe(8)
    expect(optim.l1(0.5, matrices)(params).item()).toBe(3)
    expect(optim.l2(0.5)(params).item()).toBe(16)
    expect(optim.l2(0.5, { convention: 'whole', mask: 'weight' })(params).item()).toBe(7)
    expect(optim.elasticNet(0.5, 0.5, matrices)(params).item()).toBe(3 + 3.5)
    expect(optim.l1(1, { mask: () => false })(params).item()).toBe(0)
    expect(optim.l2(1)({}).item()).toBe(0)
  })

  test('have the gradients that the course gives them', () => {
    const slope = (penalty: optim.Penalty): typeof params => grad((p: typeof params) => penalty(p))(params)
    close('αθ', slope(optim.l2(0.3)).weight, np.multiply(0.3, params.weight), 1e-15)
    close('2λW', slope(optim.l2(0.3, { convention: 'whole' })).weight, np.multiply(0.6, params.weight), 1e-15)
    sameBits('α sign θ', slope(optim.l1(0.5)).weight, matrix([[0.5, -0.5], [0.5, 0]]))
    sameBits('nothing of the biases', slope(optim.l2(0.3, matrices)).bias, f64([0, 0]))
  })

  test('are the same under jit, and one by one under vmap', () => {
    const penalty = optim.elasticNet(0.3, 0.7, { mask: ['weight'] })
    const plain = penalty(params).item()
    expect(jit(penalty)(params).item()).toBeCloseTo(plain, 14)
    const double = { weight: np.stack([params.weight, params.weight]), bias: np.stack([params.bias, params.bias]) }
    close('vmap', vmap(penalty)(double), f64([plain, plain]), 1e-14)
  })
})

describe('steps that mind where they lead', () => {
  const once = (optimizer: optim.Optimizer, params: NdArray, gradient: NdArray): NdArray =>
    optim.step(optimizer)(optim.init(optimizer)(params), gradient).params

  test('the proximal step minimises ½‖x - t‖² + ε (α|x| + β/2 x²)', () => {
    const [alpha, beta, rate] = [0.7, 0.4, 0.3]
    const t = f64([-2, -0.21, -0.1, 0, 0.2, 0.22, 3])
    const x = once([optim.proximalL1(alpha, rate, { l2: beta })], np.zerosLike(t), t)
    const cost = (y: NdArray): NdArray =>
      np.add(np.multiply(0.5, np.square(np.subtract(y, t))), np.multiply(rate, np.add(np.multiply(alpha, np.abs(y)),
        np.multiply(beta / 2, np.square(y)))))
    for (const shift of [-0.1, -1e-3, 1e-3, 0.1]) {
      expect(np.all(np.lessEqual(cost(x), cost(np.add(x, shift)))).item()).toBe(1)
    }
  })

  test('its rate may be a schedule or an array', () => {
    const schedule = optim.constant(0.25)
    for (const rate of [schedule, f64(0.25)]) {
      sameBits('rate', once([optim.proximalL1(2, rate)], f64([2, 0.1]), f64([0, 0])), f64([1.5, 0]))
    }
  })

  test('maxNorm keeps every unit within the ball, and what is within as it is', () => {
    const w = matrix([[3, 0.1], [4, 0.2]])
    const bound = once([optim.maxNorm(2)], w, np.zerosLike(w))
    close('columns', bound, matrix([[1.2, 0.1], [1.6, 0.2]]), 1e-15)
    sameBits('again', once([optim.maxNorm(2)], bound, np.zerosLike(w)), bound)
    close('rows', once([optim.maxNorm(2, { axis: [1] })], w, np.zerosLike(w)),
      matrix([[2 * 3 / Math.hypot(3, 0.1), 0.2 / Math.hypot(3, 0.1)], [8 / Math.hypot(4, 0.2), 0.4 / Math.hypot(4, 0.2)]]), 1e-15)
    sameBits('biases', once([optim.maxNorm(2)], f64([30, 40]), f64([0, 0])), f64([30, 40]))
    close('if asked', once([optim.maxNorm(2, { mask: () => true })], f64([30, 40]), f64([0, 0])), f64([1.2, 1.6]), 1e-15)
  })

  test('clipping array by array is clipping by the global norm of each', () => {
    const [a, b] = [matrix([[3, 4], [0, 12]]), f64([0.3, 0.4])]
    const clipped = optim.step([optim.clipByNorm(1)])(optim.init([optim.clipByNorm(1)])({ a: np.zerosLike(a), b: np.zerosLike(b) }), { a, b })
    close('a', clipped.params.a, once([optim.clipByGlobalNorm(1)], np.zerosLike(a), a), 1e-15)
    sameBits('b', clipped.params.b, b)
  })
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a negative weight', () => optim.l1(-1), ArgumentError, 'l1: expected a finite weight of at least 0, got -1'],
    ['a weight of NaN', () => optim.l2(NaN), ArgumentError, 'l2: expected a finite weight'],
    ['an unknown convention', () => optim.l2(1, { convention: 'full' as 'half' }), ArgumentError, 'a convention, half or whole, got full'],
    ['a mask of no parameter', () => optim.l2(1, { mask: 'w' })({ weight: f64(1) }), TreeError, 'of which there are weight, got "w"'],
    ['a negative rate', () => optim.proximalL1(1, -1), ArgumentError, 'a finite learning rate of at least 0'],
    ['a vector for a rate', () => optim.proximalL1(1, f64([1])), ShapeError, 'a scalar'],
    ['a negative alpha', () => optim.proximalL1(-1, 1), ArgumentError, 'a finite alpha of at least 0'],
    ['a negative second weight', () => optim.proximalL1(1, 1, { l2: -1 }), ArgumentError, 'a finite l2 of at least 0'],
    ['a ball of no size', () => optim.maxNorm(0), ArgumentError, 'a finite norm above 0'],
    ['a norm of infinity', () => optim.clipByNorm(Infinity), ArgumentError, 'a finite norm above 0'],
    ['a negative ratio', () => optim.clipAdaptively(-1), ArgumentError, 'a finite ratio above 0'],
    ['an eps of nothing', () => optim.clipAdaptively(1, { eps: 0 }), ArgumentError, 'a finite eps above 0']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
