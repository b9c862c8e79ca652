import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import { grad } from '../../src/transform/grad.js'
import { hessian, hvp } from '../../src/transform/jacobian.js'
import { f64 } from '../support/arrays.js'
import { close } from '../support/close.js'

/** The parameter after each of the gradients 1, ½, −¼, from 1. */
const walk = (optimizer: optim.Optimizer): readonly number[] => {
  let state = optim.init(optimizer)(f64(1))
  return [1, 0.5, -0.25].map((g) => (state = optim.step(optimizer)(state, f64(g))).params.item())
}

const near = (got: readonly number[], expected: readonly number[], digits: number): void => {
  got.forEach((x, i) => expect(x).toBeCloseTo(expected[i], digits))
}

describe('the updates of the deck', () => {
  test('gradient descent: θ ← θ - ε g', () => {
    near(walk(optim.sgd(0.1)), [0.9, 0.85, 0.875], 15)
  })

  test('linear decay: ε_k = (1 - α) ε₀ + α ε_τ with α = k/τ, constant after τ, ε_τ ≈ 1 % of ε₀', () => {
    const rates = optim.linearDecay(0.5, 10)(f64([0, 1, 5, 10, 11, 1000]))
    close('rates', rates, f64([0.5, 0.9 * 0.5 + 0.1 * 0.005, 0.2525, 0.005, 0.005, 0.005]), 1e-16)
  })

  test('momentum: v ← αv - εg, θ ← θ + v', () => {
    const [epsilon, alpha] = [0.1, 0.9]
    let [v, theta] = [0, 1]
    const expected = [1, 0.5, -0.25].map((g) => {
      v = alpha * v - epsilon * g
      return (theta += v)
    })
    near(walk(optim.momentum(epsilon, { momentum: alpha, form: 'course' })), expected, 15)
  })

  test('AdaGrad, ε = .1, δ = 1e-7: .9000000, .8552787, .8771004', () => {
    near(walk(optim.adagrad(0.1, { form: 'course' })), [0.9, 0.8552787, 0.8771004], 7)
  })

  test('RMSProp, ε = .1, ρ = .9, δ = 1e-6: .683773, .536332, .611795', () => {
    near(walk(optim.rmsprop(0.1, { form: 'course' })), [0.683773, 0.536332, 0.611795], 6)
  })

  test('Adam of the deck, ε = 1e-4, ρ₂ = .9: .9999, .9998052886, .9997467241', () => {
    near(walk(optim.adam(1e-4, { form: 'course' })), [0.9999, 0.9998052886, 0.9997467241], 10)
  })

  test('Adam with ρ₂ = .999: .9999, .9998067821, .9997504160', () => {
    near(walk(optim.adam(1e-4)), [0.9999, 0.9998067821, 0.999750416], 9)
  })
})

describe('curvature', () => {
  const h = np.array([[3, 1], [1, 2]], { dtype: 'float64' })
  const j = (x: NdArray): NdArray => np.multiply(0.5, np.dot(x, np.matmul(h, x)))

  test('the optimal step gᵀg / gᵀHg, H = [[3, 1], [1, 2]], θ = [1, -1]: 0.5; J from 1.5 to 0.25', () => {
    const theta = f64([1, -1])
    const g = grad(j)(theta)
    const rate = np.divide(np.dot(g, g), np.dot(g, hvp(j)(theta, g)))
    expect(rate.item()).toBe(0.5)
    expect(j(theta).item()).toBe(1.5)
    const optimizer = optim.sgd(rate)
    expect(j(optim.step(optimizer)(optim.init(optimizer)(theta), g).params).item()).toBe(0.25)
  })

  test('the product of weights, w = [2, 3, .5], x = 1, y = 2, rate .1/gᵀg: 6.36943e-4', () => {
    const squared = (w: NdArray): NdArray => np.square(np.subtract(np.prod(w), 2))
    const w = f64([2, 3, 0.5])
    const g = grad(squared)(w)
    const rate = 0.1 / np.dot(g, g).item()
    expect(rate).toBeCloseTo(6.36943e-4, 8)
    // to first order the loss falls by rate · gᵀg = 0.1; the other orders show in the difference
    const optimizer = optim.sgd(rate)
    const fall = squared(w).item() - squared(optim.step(optimizer)(optim.init(optimizer)(w), g).params).item()
    expect(fall).not.toBeCloseTo(0.1, 4)
    expect(fall).toBeCloseTo(0.1, 1)
  })

  test('second order: hvp agrees with the dense Hessian', () => {
    const f = (x: NdArray): NdArray => np.add(np.sum(np.sin(x)), np.prod(x))
    const [x, v] = [f64([0.3, -1, 2]), f64([1, 2, -1])]
    close('Hv', hvp(f)(x, v), np.matmul(hessian(f)(x), v), 1e-14)
  })
})
