import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as optim from '../../src/optim/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { jacfwd, jacrev } from '../../src/transform/jacobian.js'
import { jvp } from '../../src/transform/forward.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64, generate, noise } from '../support/arrays.js'
import { close } from '../support/close.js'

const matrix = (rows: readonly (readonly number[])[]): NdArray => np.array(rows, { dtype: 'float64' })
const corners = matrix([[0, 0], [0, 1], [1, 0], [1, 1]])
const xor = f64([0, 1, 1, 0])
const noisy = (seed: number, ...shape: readonly number[]): NdArray => generate('float64', shape, (i) => noise(seed, i))

describe('XOR', () => {
  test('the net with W = ones, c = [0, -1], w = [1, -2], b = 0 computes it', () => {
    const net = nn.chain(nn.linear(2, 2), nn.relu, nn.linear(2, 1))
    const [first, second] = [{ weight: np.ones([2, 2]), bias: np.array([0, -1]) }, { weight: np.array([[1], [-2]]), bias: np.array([0]) }]
    const params = [first, null, second] as const
    const hidden = nn.chain(nn.linear(2, 2), nn.relu).apply([params[0], null])(corners)
    expect(hidden.toList()).toEqual([[0, 0], [1, 0], [1, 0], [2, 1]])
    expect(net.apply(params)(corners).toList()).toEqual([[0], [1], [1], [0]])
  })

  test('the best linear model answers one half everywhere: w = 0, b = ½, mean squared error 0.25', () => {
    const layer = nn.linear(2, 1)
    const loss = (p: nn.Linear): NdArray => nn.loss.meanSquared(np.squeeze(layer.apply(p)(corners), [1]), xor)
    const best = { weight: matrix([[0], [0]]), bias: f64([0.5]) }
    expect(loss(best).item()).toBe(0.25)
    const slope = grad(loss)(best)
    expect([slope.weight.toList(), slope.bias.toList()]).toEqual([[[0], [0]], [0]])
    // and descent finds it
    const optimizer = optim.momentum(0.3)
    const step = jit((s: optim.State<nn.Linear>) => optim.step(optimizer)(s, grad(loss)(s.params)))
    let state = optim.init(optimizer)({ weight: matrix([[1], [-2]]), bias: f64([3]) })
    for (let i = 0; i < 300; i++) state = step(state)
    close('weight', state.params.weight, best.weight, 1e-6)
    close('bias', state.params.bias, best.bias, 1e-6)
  })

  test('descent learns it from most starts, not from all', () => {
    const net = nn.chain(nn.linear(2, 2), nn.tanh, nn.linear(2, 1))
    type Net = nn.Params<typeof net>
    const x = np.asArray(corners, 'float32')
    const loss = (p: Net): NdArray => nn.loss.meanSquared(np.squeeze(net.apply(p)(x), [1]), np.asArray(xor, 'float32'))
    const optimizer = optim.sgd(0.1, { momentum: 0.9 })
    const start = vmap((key: NdArray) => optim.init(optimizer)(net.init(key)))
    const step = jit(vmap((s: optim.State<Net>) => optim.step(optimizer)(s, grad(loss)(s.params))))
    let states = start(random.split(random.key(0), 100))
    for (let i = 0; i < 400; i++) states = step(states)
    const losses = vmap((s: optim.State<Net>) => loss(s.params))(states)
    const solved = [...losses.toTypedArray()].filter((value) => value < 0.01).length
    expect(solved).toBeGreaterThan(80)
    expect(solved).toBeLessThan(100)
  })
})

test('stacked linear layers collapse to one', () => {
  const size = fc.integer({ min: 1, max: 5 })
  fc.assert(fc.property(size, size, size, size, (batch, a, b, c) => {
    const net = nn.chain(nn.linear(a, b, { dtype: 'float64' }), nn.linear(b, c, { dtype: 'float64' }))
    const [first, second] = net.init(random.key(a + 7 * b + 49 * c))
    const one = { weight: np.matmul(first.weight, second.weight), bias: np.add(np.matmul(first.bias, second.weight), second.bias) }
    const x = noisy(batch, batch, a)
    close('output', net.apply([first, second])(x), nn.linear(a, c).apply(one)(x), 1e-14)
  }))
})

describe('backpropagation', () => {
  test('of a matmul: G Bᵀ and Aᵀ G', () => {
    const [a, b, g] = [noisy(1, 2, 3), noisy(2, 3, 4), noisy(3, 2, 4)]
    const [, pullback] = vjp((x: NdArray, y: NdArray) => np.matmul(x, y))(a, b)
    const [da, db] = pullback(g)
    close('G Bᵀ', da, np.matmul(g, np.transpose(b)), 1e-15)
    close('Aᵀ G', db, np.matmul(np.transpose(a), g), 1e-15)
  })

  test('sums where values fan out: x·x gives 2x', () => {
    expect(grad((x: NdArray) => np.multiply(x, x))(f64(3)).item()).toBe(6)
  })

  test('forward and reverse Jacobians agree', () => {
    const f = (x: NdArray): NdArray => np.tanh(np.matmul(noisy(4, 3, 2), x))
    close('Jacobian', jacfwd(f)(noisy(5, 2)), jacrev(f)(noisy(5, 2)), 1e-15)
  })

  test('of an MLP with weight decay: ∇W2 = HᵀG + 2λW2, ∇W1 = XᵀG\' + 2λW1', () => {
    const [x, w1, w2, labels, lambda] = [noisy(6, 5, 4), noisy(7, 4, 3), noisy(8, 3, 2), [0, 1, 1, 0, 1], 0.1]
    const loss = (p: readonly NdArray[]): NdArray => {
      const data = nn.loss.softmaxCrossEntropy(np.matmul(nn.relu(np.matmul(x, p[0])), p[1]), labels, { reduction: 'sum' })
      return np.add(data, np.multiply(lambda, np.add(np.sum(np.square(p[0])), np.sum(np.square(p[1])))))
    }
    const [d1, d2] = grad(loss)([w1, w2])
    const u = np.matmul(x, w1)
    const h = nn.relu(u)
    const g = np.subtract(nn.softmax(np.matmul(h, w2)), nn.oneHot(labels, 2, { dtype: 'float64' }))
    const inner = np.multiply(np.matmul(g, np.transpose(w2)), np.greater(u, 0))
    close('W2', d2, np.add(np.matmul(np.transpose(h), g), np.multiply(2 * lambda, w2)), 1e-14)
    close('W1', d1, np.add(np.matmul(np.transpose(x), inner), np.multiply(2 * lambda, w1)), 1e-14)
  })

  test('symbol to symbol: the gradient is a jaxpr, and can be differentiated again', () => {
    const f = (x: NdArray): NdArray => np.sin(np.square(x))
    expect(String(makeJaxpr(grad(f))(f64(1)))).toContain('cos')
    close('second', grad(grad(f))(f64(1)), f64(2 * Math.cos(1) - 4 * Math.sin(1)), 1e-14)
  })
})

describe('numbers on circuits', () => {
  test('(x + y) z at -2, 5, -4: -12, with gradient -4, -4, 3', () => {
    const f = (x: NdArray, y: NdArray, z: NdArray): NdArray => np.multiply(np.add(x, y), z)
    const args = [f64(-2), f64(5), f64(-4)] as const
    expect(f(...args).item()).toBe(-12)
    expect(grad.with({ argnums: [0, 1, 2] })(f)(...args).map((d) => d.item())).toEqual([-4, -4, 3])
  })

  test('‖Wx‖² with W = [[.1, .5], [-.3, .8]], x = [.2, .4]', () => {
    const f = (w: NdArray, x: NdArray): NdArray => np.sum(np.square(np.matmul(w, x)))
    const [w, x] = [matrix([[0.1, 0.5], [-0.3, 0.8]]), f64([0.2, 0.4])]
    close('value', f(w, x), f64(0.116), 1e-15)
    const [dw, dx] = grad.with({ argnums: [0, 1] })(f)(w, x)
    close('dW', dw, matrix([[0.088, 0.176], [0.104, 0.208]]), 1e-15)
    close('dx', dx, f64([-0.112, 0.636]), 1e-15)
  })

  test('the sigmoid circuit with w = [2, -3, -3], x = [-1, -2]', () => {
    const f = (w: NdArray, x: NdArray): NdArray => nn.sigmoid(np.add(np.dot(np.slice(w, [[0, 2]]), x), np.slice(w, [2])))
    const [w, x] = [f64([2, -3, -3]), f64([-1, -2])]
    expect(f(w, x).item()).toBeCloseTo(0.731059, 6)
    const [dw, dx] = grad.with({ argnums: [0, 1] })(f)(w, x)
    close('dw', dw, f64([-0.196612, -0.393224, 0.196612]), 5e-7)
    close('dx', dx, f64([0.393224, -0.589836]), 5e-7)
  })

  test('add distributes, max routes, mul switches', () => {
    const slopes = (f: (x: NdArray, y: NdArray) => NdArray): readonly number[] =>
      grad.with({ argnums: [0, 1] })(f)(f64(3), f64(-4)).map((d) => d.item())
    expect([slopes(np.add), slopes(np.maximum), slopes(np.multiply)]).toEqual([[1, 1], [1, 0], [-4, 3]])
  })

  test('kinks: max tie ½ and ½; relu\'(0) = 0; abs\'(0) = 1', () => {
    const slope = (f: (x: NdArray) => NdArray, at: number): number => grad(f)(f64(at)).item()
    expect([slope((x) => np.maximum(x, 2), 2), slope((x) => np.maximum(2, x), 2)]).toEqual([0.5, 0.5])
    expect([slope(nn.relu, 0), slope(np.abs, 0)]).toEqual([0, 1])
  })

  test('sin(x²) at 1: 1.080605', () => {
    expect(grad((x: NdArray) => np.sin(np.square(x)))(f64(1)).item()).toBeCloseTo(1.080605, 6)
  })
})

describe('one hidden layer', () => {
  test('of a regression: 2 (t̂ - t)', () => {
    const [y, t] = [noisy(9, 3), noisy(10, 3)]
    close('slope', grad((z: NdArray) => nn.loss.meanSquared(z, t, { reduction: 'sum' }))(y), np.multiply(2, np.subtract(y, t)), 1e-15)
  })

  test('of a softmax classifier: p - t', () => {
    const z = noisy(11, 4)
    const slope = grad((x: NdArray) => nn.loss.softmaxCrossEntropy(x, 2))(z)
    close('slope', slope, np.subtract(nn.softmax(z), nn.oneHot(2, 4, { dtype: 'float64' })), 1e-15)
  })

  test('numerical against analytic gradient, forward and reverse, order 2', () => {
    const net = nn.chain(nn.linear(3, 4, { dtype: 'float64' }), np.tanh, nn.linear(4, 2, { dtype: 'float64' }))
    const params = net.init(random.key(1))
    const x = noisy(12, 5, 3)
    checkGrads((p: typeof params) => nn.loss.softmaxCrossEntropy(net.apply(p)(x), [0, 1, 1, 0, 1]), { order: 2 })(params)
    const [, tangent] = jvp((p: typeof params) => net.apply(p)(x))([params], [params])
    expect(tangent.shape).toEqual([5, 2])
  })
})
