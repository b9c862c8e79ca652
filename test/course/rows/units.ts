import { expect } from 'vitest'
import * as linalg from '../../../src/linalg/index.js'
import { grad, nn, np, optim, random, type NdArray } from '../../../src/index.js'
import { f64, generate, noise } from '../../support/arrays.js'
import { close } from '../../support/close.js'
import type { CourseRow } from '../row.js'
import { matrix, minimise, noisy } from '../values.js'

const { loss } = nn

/** Draws from a normal distribution of mean 3 and deviation 2. */
const sample = (): NdArray => np.add(3, np.multiply(2, random.normal(random.key(5), [400], { dtype: 'float64' })))

const z = generate('float64', [50], (i) => 4 * noise(3, i))

/** Points of a noisy cubic, as columns of powers and values. */
const curve = (): { readonly x: NdArray; readonly y: NdArray } => {
  const x = np.linspace(-1, 1, 40, { dtype: 'float64' })
  return { x, y: np.add(np.subtract(np.power(x, 3), np.multiply(0.5, x)), np.multiply(0.1, noisy(7, 40))) }
}

export const units: readonly CourseRow[] = [
  {
    what: 'Costs by maximum likelihood',
    names: ['nn.loss.gaussian', 'nn.loss.bernoulli', 'nn.loss.categorical', 'nn.loss.gaussianMixture'],
    check: 'recovers mean and variance; a Gaussian of unit variance costs ½ MSE + 0.918939',
    snippet: `
const { loss } = nn
loss.gaussian(np.array([1, 2]), np.array([1, 4])) // 1.9189
np.add(np.multiply(0.5, loss.meanSquared(np.array([1, 2]), np.array([1, 4]))), 0.918939) // 1.9189

const sample = np.add(3, np.multiply(2, random.normal(random.key(5), [400])))
const nll = (p: { mean: NdArray, logVariance: NdArray }) =>
  loss.gaussian(np.broadcastTo(p.mean, [400]), sample, { logVariance: p.logVariance })
const adam = optim.adam(optim.cosine(0.1, 400))
const step = jit((s: ReturnType<typeof start>) => optim.step(adam)(s, grad(nll)(s.params)))
const start = () => optim.init(adam)({ mean: np.array(0), logVariance: np.array(0) })
let state = start()
for (let i = 0; i < 400; i++) state = step(state)
np.allclose(state.params.mean, np.mean(sample), { atol: 1e-3 }) // true
np.allclose(np.exp(state.params.logVariance), np.var(sample), { atol: 1e-2 }) // true
`,
    tests: {
      'of a Gaussian with learned variance: mean and variance come out'() {
        const data = sample()
        const nll = (p: { readonly mean: NdArray; readonly logVariance: NdArray }): NdArray =>
          loss.gaussian(np.broadcastTo(p.mean, [400]), data, { logVariance: p.logVariance })
        const { mean, logVariance } = minimise(nll, optim.adam(optim.cosine(0.1, 400)), { mean: f64(0), logVariance: f64(0) }, 400)
        expect(mean.item()).toBeCloseTo(np.mean(data).item(), 4)
        expect(Math.exp(logVariance.item())).toBeCloseTo(np.var(data).item(), 3)
      },
      'of a Gaussian with unit variance: ½ MSE and a constant'() {
        const [y, t] = [noisy(1, 6), noisy(2, 6)]
        close('likelihood', loss.gaussian(y, t), np.add(np.multiply(0.5, loss.meanSquared(y, t)), 0.9189385332046727), 1e-15)
      },
      'of Bernoulli and categorical variables: the frequencies come out'() {
        const outcomes = f64([1, 1, 0, 1])
        const logit = minimise((p: NdArray) => loss.bernoulli(np.broadcastTo(p, [4]), outcomes), optim.sgd(4), f64(0), 60)
        expect(nn.sigmoid(logit).item()).toBeCloseTo(0.75, 6)
        const classes = [0, 2, 2, 1, 2, 0, 2, 2]
        const logits = minimise((p: NdArray) => loss.categorical(np.broadcastTo(p, [8, 3]), classes), optim.sgd(2), f64([0, 0, 0]), 100)
        close('frequencies', nn.softmax(logits), f64([2 / 8, 1 / 8, 5 / 8]), 1e-6)
      },
      'of a mixture of Gaussians: a component each for two clusters'() {
        const data = np.reshape(np.concatenate([np.add(-4, noisy(3, 30)), np.add(5, noisy(4, 30))]), [60, 1])
        const start = { logits: f64([0, 0]), means: matrix([[-1], [1]]), logVariances: matrix([[0], [0]]) }
        const { means, logits } = minimise((p: typeof start) => loss.gaussianMixture(p, data), optim.adam(0.1), start, 200)
        const [low, high] = [np.mean(np.slice(data, [[0, 30]])), np.mean(np.slice(data, [[30, 60]]))]
        close('means', np.ravel(means), np.stack([low, high]), 1e-2)
        close('weights', nn.softmax(logits), f64([0.5, 0.5]), 1e-2)
      }
    }
  },
  {
    what: 'Squared error gives the mean, absolute error the median',
    names: ['nn.loss.meanSquared', 'nn.loss.meanAbsolute'],
    check: 'constant predictor of 0, 1, 2, 3, 100: 21.2 and 2',
    snippet: `
const data = np.array([0, 1, 2, 3, 100])
const squared = (c: NdArray) => nn.loss.meanSquared(np.broadcastTo(c, [5]), data)
const absolute = (c: NdArray) => nn.loss.meanAbsolute(np.broadcastTo(c, [5]), data)
vmap(grad(squared))(np.array([20.2, 22.2])) // [-2, 2]
vmap(grad(absolute))(np.array([1.9, 2.1])) // [-0.2, 0.2]
`,
    tests: {
      'as a constant predictor learns'() {
        const some = f64([0, 1, 2, 3, 100])
        const constant = (error: typeof loss.meanSquared) => (c: NdArray): NdArray => error(np.broadcastTo(c, [5]), some)
        expect(minimise(constant(loss.meanSquared), optim.sgd(0.3), f64(0), 60).item()).toBeCloseTo(21.2, 8)
        const rate = optim.linearDecay(1, 400, { final: 0 })
        expect(minimise(constant(loss.meanAbsolute), optim.sgd(rate), f64(10), 400).item()).toBeCloseTo(2, 1)
      }
    }
  },
  {
    what: 'The Bernoulli loss, from logits',
    names: ['nn.loss.bernoulli', 'nn.loss.sigmoidBinaryCrossEntropy', 'nn.softplus'],
    check: 'softplus((1 − 2y) z): softplus(3) = 3.048587, softplus(1000) = 1000',
    snippet: `
nn.softplus([3, 1000]) // [3.0486, 1000]
nn.loss.bernoulli(np.array([3, -1000]), [0, 1], { reduction: 'none' }) // [3.0486, 1000]
`,
    tests: {
      'is exact however large the logit'() {
        expect(nn.softplus(f64(3)).item()).toBeCloseTo(3.048587, 6)
        expect(nn.softplus(f64(1000)).item()).toBe(1000)
        close('y = 0', loss.bernoulli(f64(3), f64(0)), nn.softplus(f64(3)), 1e-15)
        close('y = 1', loss.bernoulli(f64(-1000), f64(1)), f64(1000), 0)
      }
    }
  },
  {
    what: 'A clipped linear output does not learn',
    names: ['np.clip', 'grad'],
    check: 'gradient 0 outside of (0, 1)',
    snippet: `
const cost = (z: NdArray) => np.square(np.subtract(np.clip(z, 0, 1), 0.5))
np.abs(vmap(grad(cost))(np.array([-0.5, 0.75, 1.5]))) // [0, 0.5, 0]
`,
    tests: {
      'outside of (0, 1)'() {
        const slope = (x: number): number => grad((y: NdArray) => np.square(np.subtract(np.clip(y, 0, 1), 0.5)))(f64(x)).item()
        expect([slope(-0.5), slope(1.5)].map(Math.abs)).toEqual([0, 0])
        expect(slope(0.75)).toBe(0.5)
      }
    }
  },
  {
    what: 'Softmax and its logarithm, shift-invariant and stable',
    names: ['nn.softmax', 'nn.logSoftmax'],
    check: '[1000, 1001, 1002] → .090031, .244728, .665241',
    snippet: `
nn.softmax([1000, 1001, 1002]) // [0.09, 0.2447, 0.6652]
nn.logSoftmax([0, 1000]) // [-1000, 0]
`,
    tests: {
      'at large logits'() {
        close('softmax', nn.softmax(f64([1000, 1001, 1002])), f64([0.090031, 0.244728, 0.665241]), 5e-7)
        close('shift', nn.softmax(f64([0, 1, 2])), nn.softmax(f64([1000, 1001, 1002])), 1e-15)
        close('log', np.exp(nn.logSoftmax(f64([0, 1, 2]))), nn.softmax(f64([0, 1, 2])), 1e-15)
      }
    }
  },
  {
    what: 'Squared error is poor behind softmax',
    names: ['nn.softmax', 'nn.loss.meanSquared', 'nn.loss.softmaxCrossEntropy'],
    check: 'logits [20, 0], class 1: gradients below 1e-8, against [1, −1]',
    snippet: `
const [z, target] = [np.array([20, 0]), np.array([0, 1])]
const squared = grad((x: NdArray) => nn.loss.meanSquared(nn.softmax(x), target))(z)
np.less(np.abs(squared), 1e-8) // [true, true]
grad((x: NdArray) => nn.loss.softmaxCrossEntropy(x, target))(z) // [1, -1]
`,
    tests: {
      'its gradient vanishes while the answer is wrong'() {
        const [scores, target] = [f64([20, 0]), f64([0, 1])]
        const squared = grad((x: NdArray) => loss.meanSquared(nn.softmax(x), target))(scores)
        const likelihood = grad((x: NdArray) => loss.softmaxCrossEntropy(x, target))(scores)
        expect(Math.max(...squared.toTypedArray().map(Math.abs))).toBeLessThan(1e-8)
        close('likelihood', likelihood, f64([1, -1]), 1e-8)
      }
    }
  },
  {
    what: 'The hinge loss of a multi-class support vector machine',
    names: ['nn.loss.multiclassHinge', 'nn.loss.hinge'],
    check: '[3.2, 5.1, −1.7], class 0: 2.9',
    snippet: `
nn.loss.multiclassHinge(np.array([3.2, 5.1, -1.7]), 0) // 2.9
`,
    tests: {
      'with a margin of 1'() {
        close('hinge', loss.multiclassHinge(f64([3.2, 5.1, -1.7]), 0), f64(2.9), 1e-15)
      }
    }
  },
  {
    what: 'Linear and logistic regression, and basis functions, in closed form where there is one',
    names: ['linalg.lstsq', 'nn.features.polynomial', 'nn.features.gaussian', 'nn.linear'],
    check: 'AᵀA w = Aᵀy; descent on the same loss leads there',
    snippet: `
const x = np.reshape(np.linspace(-1, 1, 5), [5, 1])
const y = np.add(np.power(np.ravel(x), 3), 2)
const [weights] = linalg.lstsq(nn.features.polynomial(3)(x), y)
np.abs(np.round(weights)) // [2, 0, 0, 1]
nn.features.gaussian([[-1], [1]], 1)(x).shape // [5, 2]
`,
    tests: {
      'least squares fulfils the normal equations, for polynomials and for radial functions'() {
        const { x, y } = curve()
        const column = np.reshape(x, [40, 1])
        const bumps = nn.features.gaussian(np.reshape(np.linspace(-1, 1, 5, { dtype: 'float64' }), [5, 1]), 0.5)
        for (const features of [nn.features.polynomial(3), bumps]) {
          const a = features(column)
          const [w] = linalg.lstsq(a, y)
          const at = np.transpose(a)
          close('AᵀA w', np.matmul(np.matmul(at, a), w), np.matmul(at, y), 1e-12)
        }
      },
      'descent on the squared error leads to it'() {
        const { x, y } = curve()
        const a = nn.features.polynomial(2)(np.reshape(x, [40, 1]))
        const [w] = linalg.lstsq(a, y)
        const end = minimise((p: NdArray) => loss.meanSquared(np.matmul(a, p), y), optim.momentum(0.3), f64([0, 0, 0]), 400)
        close('w', end, w, 1e-8)
      },
      'logistic regression separates what can be separated'() {
        const x = np.concatenate([np.add(1, noisy(1, 30, 2)), np.add(-1, noisy(2, 30, 2))])
        const labels = np.concatenate([np.ones([30], { dtype: 'float64' }), np.zeros([30], { dtype: 'float64' })])
        const model = nn.linear(2, 1, { dtype: 'float64' })
        const scores = (p: nn.Linear): NdArray => np.squeeze(model.apply(p)(x), [1])
        const end = minimise((p: nn.Linear) => loss.bernoulli(scores(p), labels), optim.momentum(0.5), model.init(random.key(0)), 100)
        expect(np.mean(np.equal(np.greater(scores(end), 0), np.greater(labels, 0))).item()).toBeGreaterThan(0.95)
      }
    }
  },
  {
    what: 'Hidden units',
    names: [
      'nn.relu', 'nn.leakyRelu', 'nn.absRectifier', 'nn.prelu', 'nn.maxout', 'nn.maxoutLinear', 'nn.elu', 'nn.softplus', 'nn.sigmoid',
      'nn.tanh', 'nn.hardTanh', 'nn.radialBasis', 'nn.cosine'
    ],
    check: 'leaky slopes 0.01 and 0.1; RBF exp(−‖w − x‖²/σ²); cos(Wx + b); rectifiers whose bias starts at 0.1 are active',
    snippet: `
nn.leakyRelu([-1, 2]) // [-0.01, 2]
nn.leakyRelu([-1, 2], { negativeSlope: 0.1 }) // [-0.1, 2]
nn.prelu(2).apply({ slope: np.array([0.5, 0.1]) })(np.array([-2, -2])) // [-1, -0.2]
nn.radialBasis(2, 1).apply({ centre: np.array([[0, 0]]), width: np.array([2]) })(np.array([[0, 2]])) // [[0.3679]]
nn.cosine(1, 1).apply({ weight: np.array([[2]]), bias: np.array([1]) })(np.array([3])) // [0.7539]
nn.chain(nn.linear(10, 20, { bias: nn.initializers.constant(0.1) }), nn.relu).init(random.key(0))[0].bias.shape // [20]
`,
    tests: {
      'rectifiers that start with bias 0.1 are active at first'() {
        const net = nn.chain(nn.linear(10, 20, { bias: nn.initializers.constant(0.1), weight: nn.initializers.normal(0.01) }), nn.relu)
        const hidden = net.apply(net.init(random.key(2)))(random.normal(random.key(3), [100, 10]))
        expect(np.mean(np.greater(hidden, 0)).item()).toBeGreaterThan(0.99)
      },
      'leaky slopes, learned slopes, ELU, softplus, hard tanh'() {
        expect(nn.leakyRelu(f64(-1)).item()).toBe(-0.01)
        expect(nn.leakyRelu(f64(-1), { negativeSlope: 0.1 }).item()).toBe(-0.1)
        const prelu = nn.prelu(1)
        expect(grad((p: nn.Slope) => np.sum(prelu.apply(p)(f64([-3, 2]))))({ slope: f64([0.25]) }).slope.toList()).toEqual([-3])
        close('ELU', nn.elu(f64([-1, 2])), f64([Math.expm1(-1), 2]), 1e-15)
        close('softplus', nn.softplus(z), np.log1p(np.exp(z)), 1e-14)
        close('hard tanh', nn.hardTanh(z), np.clip(z, -1, 1), 0)
      },
      'radial basis functions and cosines'() {
        const rbf = nn.radialBasis(2, 1).apply({ centre: np.array([[0, 0]]), width: np.array([2]) })(np.array([[0, 2]]))
        close('RBF', rbf, np.array([[Math.exp(-1)]]), 1e-7)
        const cosine = nn.cosine(1, 1).apply({ weight: np.array([[2]]), bias: np.array([1]) })(np.array([3]))
        close('cos(Wx + b)', cosine, np.array([Math.cos(7)]), 1e-6)
      }
    }
  },
  {
    what: 'Identities among hidden units',
    names: ['nn.tanh', 'nn.sigmoid', 'nn.maxout', 'nn.relu', 'nn.absRectifier'],
    check: 'tanh z = 2σ(2z) − 1; maxout of k = 2 is relu, and the absolute value',
    snippet: `
const x = np.array([-2, 3])
nn.maxout(2)(np.ravel(np.stack([x, np.zeros([2])], { axis: 1 }))) // [0, 3]
nn.maxout(2)(np.ravel(np.stack([x, np.negative(x)], { axis: 1 }))) // [2, 3]
np.allclose(nn.tanh(x), np.subtract(np.multiply(2, nn.sigmoid(np.multiply(2, x))), 1)) // true
`,
    tests: {
      'tanh z = 2σ(2z) − 1'() {
        close('tanh', nn.tanh(z), np.subtract(np.multiply(2, nn.sigmoid(np.multiply(2, z))), 1), 1e-15)
      },
      'maxout with k = 2 reproduces relu and abs'() {
        const pairs = (other: NdArray): NdArray => np.reshape(np.stack([z, other], { axis: 1 }), [100])
        close('relu', nn.maxout(2)(pairs(np.zerosLike(z))), nn.relu(z), 0)
        close('abs', nn.maxout(2)(pairs(np.negative(z))), nn.absRectifier(z), 0)
      }
    }
  },
  {
    what: 'Saturation, seen in histograms of activations and of gradients',
    names: ['nn.signals.propagate', 'nn.signals.saturation', 'nn.signals.histograms', 'nn.signals.variances'],
    check: "tanh after weights of deviation 1: more than three quarters of the units; after Glorot's: hardly any",
    snippet: `
const { slopes, activations } = nn.signals.propagate(random.key(0), { weight: nn.initializers.normal(1), layers: 2, width: 100 })
np.greater(nn.signals.saturation(slopes), 0.75) // [true, true]
const [counts] = nn.signals.histograms(activations, { bins: 4, range: [-1, 1] })
counts.shape // [2, 4]
`,
    tests: {
      'units saturate where weights are too large, and their gradients vanish'() {
        const through = (weight: nn.Initializer): readonly [saturated: number, shrunk: number] => {
          const { slopes, gradients } = nn.signals.propagate(random.key(0), { weight, layers: 10, width: 100 })
          const size = nn.signals.variances(gradients).toTypedArray()
          return [np.mean(nn.signals.saturation(slopes)).item(), size[0] / size[9]]
        }
        const [large, glorot] = [through(nn.initializers.normal(1)), through(nn.initializers.glorotUniform)]
        expect(large[0]).toBeGreaterThan(0.75)
        expect(glorot[0]).toBeLessThan(0.05)
        expect(glorot[1]).toBeGreaterThan(0.05)
      },
      'histograms count every unit, the saturated ones at the ends'() {
        const { activations } = nn.signals.propagate(random.key(0), { weight: nn.initializers.normal(1), layers: 3, width: 50, examples: 20 })
        const [counts] = nn.signals.histograms(activations, { bins: 10, range: [-1, 1] })
        expect(np.sum(counts, { axis: 1 }).toList()).toEqual([1000, 1000, 1000])
        const ends = np.add(np.take(counts, 0, { axis: 1 }), np.take(counts, 9, { axis: 1 }))
        expect(Math.min(...ends.toTypedArray())).toBeGreaterThan(700)
      }
    }
  }
]
