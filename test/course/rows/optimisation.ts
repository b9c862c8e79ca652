import { expect } from 'vitest'
import { grad, hessian, hvp, np, optim, random, type NdArray } from '../../../src/index.js'
import { f64 } from '../../support/arrays.js'
import { close } from '../../support/close.js'
import type { CourseRow } from '../row.js'
import { matrix, near, noisy } from '../values.js'

/** The parameter after each of the gradients 1, ½, −¼, from 1. */
const walk = (optimizer: optim.Optimizer): readonly number[] => {
  let state = optim.init(optimizer)(f64(1))
  return [1, 0.5, -0.25].map((g) => (state = optim.step(optimizer)(state, f64(g))).params.item())
}

/** What a snippet walks with. */
const walking = `
const walk = (optimizer: optim.Optimizer) => {
  let state = optim.init(optimizer)(np.array(1))
  return np.stack([1, 0.5, -0.25].map((g) => (state = optim.step(optimizer)(state, np.array(g))).params))
}`

const h = matrix([[3, 1], [1, 2]])
const bowl = (x: NdArray): NdArray => np.multiply(0.5, np.dot(x, np.matmul(h, x)))

export const optimisation: readonly CourseRow[] = [
  {
    what: 'Gradient descent, on all data or on minibatches',
    names: ['optim.sgd', 'optim.inverseTime'],
    check: 'θ ← θ − εg; rates with Σε = ∞, Σε² < ∞',
    snippet: `${walking}
walk(optim.sgd(0.1)) // [0.9, 0.85, 0.875]
optim.inverseTime(1, 1)(np.arange(4)) // [1, 0.5, 0.3333, 0.25]
`,
    tests: {
      'the update'() {
        near(walk(optim.sgd(0.1)), [0.9, 0.85, 0.875], 15)
      },
      'minibatches lead to the mean, as all data do, if the rate decays'() {
        const data = noisy(3, 64)
        const optimizer = optim.sgd(optim.inverseTime(0.5, 0.5))
        let state = optim.init(optimizer)(f64(2))
        for (const batch of random.choice(random.key(0), data, [500, 4])) {
          state = optim.step(optimizer)(state, np.subtract(state.params, np.mean(batch)))
        }
        close('mean', state.params, np.mean(data), 0.03)
      },
      'a rate of the form 1/k: its sum grows without bound, that of its squares does not'() {
        const sums = (n: number): readonly number[] => {
          const rates = optim.inverseTime(1, 1)(np.arange(n))
          return [np.sum(rates).item(), np.sum(np.square(rates)).item()]
        }
        const [few, many] = [sums(1000), sums(8000)]
        expect(many[0] - few[0]).toBeCloseTo(Math.log(8), 2)
        expect(many[1]).toBeLessThan(Math.PI ** 2 / 6)
      }
    }
  },
  {
    what: 'Linear decay of the rate',
    names: ['optim.linearDecay'],
    check: 'ε_k = (1 − α) ε₀ + α ε_τ, α = k/τ, constant after τ; ε_τ ≈ 1 % of ε₀',
    snippet: `
optim.linearDecay(0.5, 10)(np.array([0, 1, 5, 10, 1000])) // [0.5, 0.4505, 0.2525, 0.005, 0.005]
`,
    tests: {
      'its values'() {
        const rates = optim.linearDecay(0.5, 10)(f64([0, 1, 5, 10, 11, 1000]))
        close('rates', rates, f64([0.5, 0.9 * 0.5 + 0.1 * 0.005, 0.2525, 0.005, 0.005, 0.005]), 1e-16)
      }
    }
  },
  {
    what: 'Momentum',
    names: ['optim.momentum', 'optim.nesterov'],
    check: 'v ← αv − εg, θ ← θ + v; terminal step ε‖g‖/(1 − α)',
    snippet: `${walking}
walk(optim.momentum(0.1, { momentum: 0.9, form: 'course' })) // [0.9, 0.76, 0.659]
`,
    tests: {
      'the update'() {
        const [epsilon, alpha] = [0.1, 0.9]
        let [v, theta] = [0, 1]
        const expected = [1, 0.5, -0.25].map((g) => {
          v = alpha * v - epsilon * g
          return (theta += v)
        })
        near(walk(optim.momentum(epsilon, { momentum: alpha, form: 'course' })), expected, 15)
      },
      'along a constant gradient its steps grow to ε‖g‖/(1 − α)'() {
        for (const alpha of [0.5, 0.8, 0.9]) {
          const optimizer = optim.momentum(0.1, { momentum: alpha, form: 'course' })
          let state = optim.init(optimizer)(f64([0, 0]))
          let before = state
          for (let i = 0; i < 400; i++) [before, state] = [state, optim.step(optimizer)(state, f64([3, 4]))]
          const step = np.subtract(state.params, before.params)
          expect(Math.hypot(...step.toTypedArray())).toBeCloseTo(0.1 * 5 / (1 - alpha), 9)
        }
      }
    }
  },
  {
    what: 'AdaGrad',
    names: ['optim.adagrad'],
    check: 'r += g², −εg/(δ + √r), r₀ = 0; ε = .1, δ = 1e-7: .9000000, .8552787, .8771004',
    snippet: `${walking}
walk(optim.adagrad(0.1, { form: 'course' })) // [0.9, 0.8553, 0.8771]
`,
    tests: {
      'its trajectory'() {
        near(walk(optim.adagrad(0.1, { form: 'course' })), [0.9, 0.8552787, 0.8771004], 7)
      }
    }
  },
  {
    what: 'RMSProp',
    names: ['optim.rmsprop'],
    check: 'r ← ρr + (1 − ρ) g², −εg/(δ + √r); ε = .1, ρ = .9, δ = 1e-6: .683773, .536332, .611795',
    snippet: `${walking}
walk(optim.rmsprop(0.1, { form: 'course' })) // [0.6838, 0.5363, 0.6118]
`,
    tests: {
      'its trajectory'() {
        near(walk(optim.rmsprop(0.1, { form: 'course' })), [0.683773, 0.536332, 0.611795], 6)
      }
    }
  },
  {
    what: 'Adam',
    names: ['optim.adam'],
    check: 'ε = 1e-4, ρ₁ = .9; ρ₂ = .9: .9999, .9998052886, .9997467241; ρ₂ = .999: .9999, .9998067821, .9997504160',
    snippet: `${walking}
walk(optim.adam(1e-4, { form: 'course' })) // [0.9999, 0.9998, 0.9997]
walk(optim.adam(1e-4)) // [0.9999, 0.9998, 0.9998]
`,
    tests: {
      'as the course has it, ρ₂ = .9'() {
        near(walk(optim.adam(1e-4, { form: 'course' })), [0.9999, 0.9998052886, 0.9997467241], 10)
      },
      'as is usual, ρ₂ = .999'() {
        near(walk(optim.adam(1e-4)), [0.9999, 0.9998067821, 0.999750416], 9)
      }
    }
  },
  {
    what: 'The optimal step gᵀg / gᵀHg',
    names: ['optim.optimalStep', 'hvp'],
    check: 'H = [[3, 1], [1, 2]], θ = [1, −1]: 0.5; J falls from 1.5 to 0.25',
    snippet: `
const h = np.array([[3, 1], [1, 2]])
const j = (x: NdArray) => np.multiply(0.5, np.dot(x, np.matmul(h, x)))
const theta = np.array([1, -1])
const rate = optim.optimalStep(j)(theta)
rate // 0.5
j(np.subtract(theta, np.multiply(rate, grad(j)(theta)))) // 0.25
`,
    tests: {
      'by Hessian-vector products'() {
        const theta = f64([1, -1])
        const g = grad(bowl)(theta)
        const rate = optim.optimalStep(bowl)(theta)
        expect([rate.item(), np.divide(np.dot(g, g), np.dot(g, hvp(bowl)(theta, g))).item()]).toEqual([0.5, 0.5])
        expect(bowl(theta).item()).toBe(1.5)
        const optimizer = optim.sgd(rate)
        expect(bowl(optim.step(optimizer)(optim.init(optimizer)(theta), g).params).item()).toBe(0.25)
      }
    }
  },
  {
    what: 'Effects of higher order: a product of weights',
    names: ['grad', 'np.prod'],
    check: 'w = [2, 3, .5], x = 1, y = 2, rate .1/gᵀg: 6.36943e-4',
    snippet: `
const loss = (w: NdArray) => np.square(np.subtract(np.prod(w), 2))
const w = np.array([2, 3, 0.5])
const g = grad(loss)(w)
const rate = np.divide(0.1, np.dot(g, g))
rate // 6.3694e-4
// To first order the loss falls by rate · gᵀg = 0.1.
np.subtract(loss(w), loss(np.subtract(w, np.multiply(rate, g)))) // 0.0974
`,
    tests: {
      'the loss does not fall by what the first order says'() {
        const squared = (w: NdArray): NdArray => np.square(np.subtract(np.prod(w), 2))
        const w = f64([2, 3, 0.5])
        const g = grad(squared)(w)
        const rate = 0.1 / np.dot(g, g).item()
        expect(rate).toBeCloseTo(6.36943e-4, 8)
        const optimizer = optim.sgd(rate)
        const fall = squared(w).item() - squared(optim.step(optimizer)(optim.init(optimizer)(w), g).params).item()
        expect(fall).not.toBeCloseTo(0.1, 4)
        expect(fall).toBeCloseTo(0.1, 1)
      }
    }
  },
  {
    what: "Second order: Newton's method",
    names: ['optim.newton', 'hvp', 'hessian'],
    check: 'Hv by hvp and by the dense Hessian agree; a quadratic is minimised in one step',
    snippet: `
const f = (x: NdArray) => np.sum(np.multiply(np.array([1, 50]), np.square(np.subtract(x, 3))))
const newton = optim.newton(f)
const start = optim.init(newton)(np.array([0, 0]))
optim.step(newton)(start, grad(f)(start.params)).params // [3, 3]
np.allclose(hvp(f)(np.ones([2]), np.array([1, 2])), np.matmul(hessian(f)(np.ones([2])), np.array([1, 2]))) // true
`,
    tests: {
      'hvp agrees with the dense Hessian'() {
        const f = (x: NdArray): NdArray => np.add(np.sum(np.sin(x)), np.prod(x))
        const [x, v] = [f64([0.3, -1, 2]), f64([1, 2, -1])]
        close('Hv', hvp(f)(x, v), np.matmul(hessian(f)(x), v), 1e-14)
      },
      'one step minimises a quadratic'() {
        const newton = optim.newton(bowl)
        const start = optim.init(newton)(f64([1, -1]))
        close('minimum', optim.step(newton)(start, grad(bowl)(start.params)).params, f64([0, 0]), 1e-12)
      }
    }
  }
]
