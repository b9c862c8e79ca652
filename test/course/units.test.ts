import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { f64, generate, noise } from '../support/arrays.js'
import { close } from '../support/close.js'

const { loss } = nn

/** Where descent leads from a start. */
const minimise = <P>(f: (p: P) => NdArray, optimizer: optim.Optimizer, start: P, steps: number): P => {
  const step = jit((s: optim.State<P>) => optim.step(optimizer)(s, grad(f)(s.params)))
  let state = optim.init(optimizer)(start)
  for (let i = 0; i < steps; i++) state = step(state)
  return state.params
}

describe('maximum likelihood', () => {
  const data = np.add(3, np.multiply(2, random.normal(random.key(5), [400], { dtype: 'float64' })))

  test('of a Gaussian with learned variance recovers mean and variance', () => {
    const nll = (p: { readonly mean: NdArray; readonly logVariance: NdArray }): NdArray =>
      loss.gaussian(np.broadcastTo(p.mean, [400]), data, { logVariance: p.logVariance })
    const { mean, logVariance } = minimise(nll, optim.adam(optim.cosine(0.1, 400)), { mean: f64(0), logVariance: f64(0) }, 400)
    expect(mean.item()).toBeCloseTo(np.mean(data).item(), 4)
    expect(Math.exp(logVariance.item())).toBeCloseTo(np.var(data).item(), 3)
  })

  test('of a Gaussian with unit variance is ½ MSE and a constant', () => {
    const [y, t] = [generate('float64', [6], (i) => noise(1, i)), generate('float64', [6], (i) => noise(2, i))]
    const expected = np.add(np.multiply(0.5, loss.meanSquared(y, t)), 0.9189385332046727)
    close('likelihood', loss.gaussian(y, t), expected, 1e-15)
  })

  test('MSE gives the mean, MAE the median', () => {
    const some = f64([0, 1, 2, 3, 100])
    const constant = (error: typeof loss.meanSquared) => (c: NdArray): NdArray => error(np.broadcastTo(c, [5]), some)
    expect(minimise(constant(loss.meanSquared), optim.sgd(0.3), f64(0), 60).item()).toBeCloseTo(21.2, 8)
    const median = minimise(constant(loss.meanAbsolute), optim.sgd(optim.linearDecay(1, 400, { final: 0 })), f64(10), 400)
    expect(median.item()).toBeCloseTo(2, 1)
  })
})

describe('output units', () => {
  test('the Bernoulli loss is softplus((1 - 2y) z): softplus(3) = 3.048587, softplus(1000) = 1000', () => {
    expect(nn.softplus(f64(3)).item()).toBeCloseTo(3.048587, 6)
    expect(nn.softplus(f64(1000)).item()).toBe(1000)
    close('y = 0', loss.bernoulli(f64(3), f64(0)), nn.softplus(f64(3)), 1e-15)
    close('y = 1', loss.bernoulli(f64(-1000), f64(1)), f64(1000), 0)
  })

  test('a clipped linear output has no gradient outside of (0, 1)', () => {
    const slope = (z: number): number => grad((x: NdArray) => np.square(np.subtract(np.clip(x, 0, 1), 0.5)))(f64(z)).item()
    expect([slope(-0.5), slope(1.5)].map(Math.abs)).toEqual([0, 0])
    expect(slope(0.75)).toBe(0.5)
  })

  test('softmax of [1000, 1001, 1002]: .090031, .244728, .665241', () => {
    close('softmax', nn.softmax(f64([1000, 1001, 1002])), f64([0.090031, 0.244728, 0.665241]), 5e-7)
    close('shift', nn.softmax(f64([0, 1, 2])), nn.softmax(f64([1000, 1001, 1002])), 1e-15)
    close('log', np.exp(nn.logSoftmax(f64([0, 1, 2]))), nn.softmax(f64([0, 1, 2])), 1e-15)
  })

  test('squared error is poor for softmax: its gradient vanishes while the answer is wrong', () => {
    const z = f64([20, 0])
    const target = f64([0, 1])
    const squared = grad((x: NdArray) => loss.meanSquared(nn.softmax(x), target))(z)
    const likelihood = grad((x: NdArray) => loss.softmaxCrossEntropy(x, target))(z)
    expect(Math.max(...squared.toTypedArray())).toBeLessThan(1e-8)
    close('likelihood', likelihood, f64([1, -1]), 1e-8)
  })

  test('hinge of [3.2, 5.1, -1.7], class 0: 2.9', () => {
    close('hinge', loss.multiclassHinge(f64([3.2, 5.1, -1.7]), 0), f64(2.9), 1e-15)
  })
})

describe('hidden units', () => {
  const z = generate('float64', [50], (i) => 4 * noise(3, i))

  test('tanh z = 2σ(2z) - 1', () => {
    close('tanh', nn.tanh(z), np.subtract(np.multiply(2, nn.sigmoid(np.multiply(2, z))), 1), 1e-15)
  })

  test('maxout with k = 2 reproduces relu and abs', () => {
    const pairs = (other: NdArray): NdArray => np.reshape(np.stack([z, other], { axis: 1 }), [100])
    close('relu', nn.maxout(2)(pairs(np.zerosLike(z))), nn.relu(z), 0)
    close('abs', nn.maxout(2)(pairs(np.negative(z))), nn.absRectifier(z), 0)
  })

  test('rectifiers that start with bias 0.1 are active at first', () => {
    const net = nn.chain(nn.linear(10, 20, { bias: nn.initializers.constant(0.1), weight: nn.initializers.normal(0.01) }), nn.relu)
    const hidden = net.apply(net.init(random.key(2)))(random.normal(random.key(3), [100, 10]))
    expect(np.mean(np.greater(hidden, 0)).item()).toBeGreaterThan(0.99)
  })

  test('leaky slopes 0.01 and 0.1, RBF and cos', () => {
    expect(nn.leakyRelu(f64(-1)).item()).toBe(-0.01)
    expect(nn.leakyRelu(f64(-1), { negativeSlope: 0.1 }).item()).toBe(-0.1)
    const rbf = nn.radialBasis(2, 1).apply({ centre: np.array([[0, 0]]), width: np.array([2]) })(np.array([[0, 2]]))
    close('RBF', rbf, np.array([[Math.exp(-1)]]), 1e-7)
    const net = nn.chain(nn.linear(1, 1), np.cos)
    close('cos(Wx + b)', net.apply([{ weight: np.array([[2]]), bias: np.array([1]) }, null])(np.array([3])), np.array([Math.cos(7)]), 1e-6)
  })
})
