import { expect } from 'vitest'
import * as data from '../../../src/data/index.js'
import { checkGrads, grad, hessian, jit, nn, np, optim, random, vmap, type NdArray } from '../../../src/index.js'
import * as linalg from '../../../src/linalg/index.js'
import * as train from '../../../src/train/index.js'
import { f64 } from '../../support/arrays.js'
import { close } from '../../support/close.js'
import type { CourseRow } from '../row.js'
import { matrix, minimise, noisy } from '../values.js'

const { initializers, signals } = nn

/** A quadratic with the given Hessian and minimum. */
const quadratic = (h: NdArray, minimum: NdArray) => (x: NdArray): NdArray => {
  const away = np.subtract(x, minimum)
  return np.multiply(0.5, np.dot(away, np.matmul(h, away)))
}

const bowl = quadratic(matrix([[3, 1], [1, 2]]), f64([1, 2]))
const shrunk = f64([0.967742, 1.612903])

/** Points along a diagonal of five dimensions, and some noise. */
const stretched = (): NdArray => np.add(np.matmul(noisy(1, 200, 5), noisy(2, 5, 5)), np.arange(5, { dtype: 'float64' }))

const covariance = (x: NdArray): NdArray => np.cov(x, { rowvar: false, ddof: 0 })

/** Training on few examples of a line among noise, one step at a time; and what the steps do to a validation loss. */
const overfitting = () => {
  const line = (x: NdArray): NdArray => np.take(x, 0, { axis: 1 })
  const part = (seed: number, count: number): readonly [x: NdArray, y: NdArray] => {
    const x = noisy(seed, count, 20)
    return [x, np.add(line(x), np.multiply(0.7, noisy(seed + 1, count)))]
  }
  type Part = ReturnType<typeof part>
  const [seen, held] = [part(11, 24), part(21, 40)]
  const loss = (w: NdArray, [x, y]: Part): NdArray => nn.loss.meanSquared(np.matmul(x, w), y)
  const optimizer = optim.momentum(0.1)
  const step = (state: optim.State<NdArray>, batch: Part): readonly [optim.State<NdArray>, null] =>
    [optim.step(optimizer)(state, grad(loss)(state.params, batch)), null]
  const start = optim.init(optimizer)(np.zeros([20], { dtype: 'float64' }))
  const all: Part = [np.concatenate([seen[0], held[0]]), np.concatenate([seen[1], held[1]])]
  return { seen, held, all, loss, step: jit(step), start }
}

/** So many times the same. */
const repeat = <A>(times: number, value: A): readonly A[] => Array.from({ length: times }, () => value)

export const regularisation: readonly CourseRow[] = [
  {
    what: 'Weight decay: the penalty on squares, in both conventions',
    names: ['optim.l2', 'optim.addDecayedWeights', 'optim.adamw'],
    check: 'α/2 ‖θ‖² and λΣW²; optimum (H + αI)⁻¹Hθ*: H = [[3, 1], [1, 2]], α = .5, θ* = [1, 2] → [.967742, 1.612903]',
    snippet: `
optim.l2(0.5)(np.array([1, 2])) // 1.25
optim.l2(0.5, { convention: 'whole' })(np.array([1, 2])) // 2.5

const h = np.array([[3, 1], [1, 2]])
const bowl = (x: NdArray) => np.multiply(0.5, np.dot(np.subtract(x, [1, 2]), np.matmul(h, np.subtract(x, [1, 2]))))
const loss = (x: NdArray) => np.add(bowl(x), optim.l2(0.5)(x))
np.less(np.abs(grad(loss)(np.array([0.967742, 1.612903]))), 1e-5) // [true, true]

const decayed = optim.chain(optim.addDecayedWeights(0.5), optim.sgd(0.1)) // the same descent, decay as a step
const start = optim.init(decayed)(np.array([1, 1]))
optim.step(decayed)(start, grad(bowl)(start.params)).params // [1.05, 1.15]
`,
    tests: {
      'as a term of the loss, in both conventions'() {
        const loss = (x: NdArray): NdArray => np.add(bowl(x), optim.l2(0.5)(x))
        close('optimum', minimise(loss, optim.sgd(0.2), f64([0, 0]), 200), shrunk, 5e-7)
        const whole = (x: NdArray): NdArray => np.add(bowl(x), optim.l2(0.25, { convention: 'whole' })(x))
        close('gradient', grad(whole)(f64([3, -1])), grad(loss)(f64([3, -1])), 1e-15)
      },
      'as weight decay'() {
        const decayed = optim.chain(optim.addDecayedWeights(0.5), optim.sgd(0.2))
        close('optimum', minimise(bowl, decayed, f64([0, 0]), 200), shrunk, 5e-7)
      },
      'in closed form'() {
        const h = hessian(bowl)(f64([0, 0]))
        const regular = np.add(h, np.multiply(0.5, np.eye(2, { dtype: 'float64' })))
        close('optimum', linalg.solve(regular, np.matmul(h, f64([1, 2]))), shrunk, 5e-7)
      }
    }
  },
  {
    what: 'The penalty on absolute values: subgradient and proximal step',
    names: ['optim.l1', 'optim.proximalL1'],
    check: 'H = diag(2, 4), α = .5, θ* = [.2, −1] → [0, −.875]',
    snippet: `
const h = np.array([2, 4])
const bowl = (x: NdArray) => np.multiply(0.5, np.sum(np.multiply(h, np.square(np.subtract(x, [0.2, -1])))))
const shrinking = optim.chain(optim.sgd(0.1), optim.proximalL1(0.5, 0.1))
let state = optim.init(shrinking)(np.array([1, 1]))
for (let i = 0; i < 100; i++) state = optim.step(shrinking)(state, grad(bowl)(state.params))
state.params // [0, -0.875]
grad(optim.l1(0.5))(np.array([3, -2, 0])) // [0.5, -0.5, 0]
`,
    tests: {
      'the proximal step makes zeros'() {
        const f = quadratic(matrix([[2, 0], [0, 4]]), f64([0.2, -1]))
        const end = minimise(f, optim.chain(optim.sgd(0.1), optim.proximalL1(0.5, 0.1)), f64([1, 1]), 300)
        close('optimum', end, f64([0, -0.875]), 1e-12)
        expect(end.toTypedArray()[0]).toBe(0)
      },
      'the subgradient comes near'() {
        const f = quadratic(matrix([[2, 0], [0, 4]]), f64([0.2, -1]))
        const loss = (x: NdArray): NdArray => np.add(f(x), optim.l1(0.5)(x))
        const end = minimise(loss, optim.sgd(optim.linearDecay(0.1, 600, { final: 1e-5 })), f64([1, 1]), 600)
        close('optimum', end, f64([0, -0.875]), 1e-3)
      }
    }
  },
  {
    what: 'Early stopping, and what to do with the validation examples afterwards',
    names: ['train.earlyStopping', 'train.run', 'train.retrainFresh', 'train.retrainContinued'],
    check: 'the best copy is kept; (A) train anew on all data for as many steps; (B) go on until validation is below the loss at the stop, with a cap',
    snippet: `
const stopping = train.earlyStopping({ patience: 2 })
const losses = [5, 3, 4, 3.5, 1]
stopping.run('start', losses.map((validation, i) => ({ state: \`step \${i + 1}\`, validation }))).best // step 2

const towards = (x: number, goal: number) => [x + (goal - x) / 2, null] as const
train.retrainFresh(towards)(0, [8, 8, 8, 8], 2) // 6
train.retrainContinued(towards, { validation: (x) => (x - 8) ** 2, target: 2, cap: 100 })(0, [8, 8, 8, 8]) // { state: 7, steps: 3, reached: true }
`,
    tests: {
      'stops before the validation loss rises, and keeps the best'() {
        const { seen, held, loss, step, start } = overfitting()
        const states = Array.from(train.run(step)(start, repeat(400, seen)), ([state]) => state)
        const curve = states.map((state) => loss(state.params, held).item())
        const stopper = train.earlyStopping({ patience: 20 }).run(start, states.map((state, i) => ({ state, validation: curve[i] })))
        expect(stopper.bestLoss.item()).toBe(Math.min(...curve))
        expect(stopper.steps.item()).toBe(stopper.bestStep.item() + 20)
        expect(curve[399]).toBeGreaterThan(1.1 * stopper.bestLoss.item())
        expect(loss(stopper.best.params, held).item()).toBeCloseTo(stopper.bestLoss.item(), 12)
      },
      'then trains anew on all data (A), or goes on (B)'() {
        const { seen, held, all, loss, step, start } = overfitting()
        const evaluations = Array.from(train.run(step)(start, repeat(100, seen)), ([state]) => ({ state, validation: loss(state.params, held) }))
        const { best, bestStep } = train.earlyStopping({ patience: 20 }).run(start, evaluations)
        const fresh = train.retrainFresh(step)(start, repeat(100, all), bestStep.item())
        expect(fresh.count.item()).toBe(bestStep.item())
        expect(loss(fresh.params, held).item()).toBeLessThan(loss(best.params, held).item())
        const options = { validation: (s: typeof start) => loss(s.params, held), target: loss(best.params, seen), cap: 200 }
        const continued = train.retrainContinued(step, options)(best, repeat(200, all))
        expect(loss(continued.state.params, held).item()).toBeLessThan(loss(best.params, held).item())
        expect(continued.reached ? loss(continued.state.params, held).item() < options.target.item() : continued.steps === 200).toBe(true)
      }
    }
  },
  {
    what: 'Dropout',
    names: ['nn.dropout', 'nn.drop', 'nn.stateful'],
    check: 'rates .2 and .5; kept values are divided by 1 − rate; the expectation is preserved; keys are explicit',
    snippet: `
const net = nn.stateful(nn.dropout(0.2), nn.linear(3, 4), nn.relu, nn.dropout(0.5), nn.linear(4, 2))
const params = net.init(random.key(0))
const state = net.state
net.apply(params, { mode: 'train', key: random.key(1), state })(np.ones([5, 3]))[0].shape // [5, 2]
nn.drop(random.key(0), 0.5)(np.ones([6])) // [0, 0, 2, 2, 0, 2]
`,
    tests: {
      'scales what it keeps by 1/(1 − rate), and keeps the expectation'() {
        for (const rate of [0.2, 0.5]) {
          const dropped = nn.drop(random.key(3), rate)(np.ones([40_000], { dtype: 'float64' }))
          expect([...new Set(dropped.toTypedArray())].sort()).toEqual([0, 1 / (1 - rate)])
          expect(np.mean(dropped).item()).toBeCloseTo(1, 1)
        }
      },
      'is a function of its key, and the identity in evaluation'() {
        const { apply } = nn.dropout(0.5)
        const run = (seed: number): readonly number[] =>
          [...apply(null, { mode: 'train', key: random.key(seed), state: null })(np.ones([50]))[0].toTypedArray()]
        expect(run(1)).toEqual(run(1))
        expect(run(1)).not.toEqual(run(2))
        close('evaluation', apply(null, { mode: 'evaluate', state: null })(f64([1, 2]))[0], f64([1, 2]), 0)
      }
    }
  },
  {
    what: 'Batch normalisation',
    names: ['nn.batchNorm', 'nn.stateful', 'nn.evaluation'],
    check: 'x = [[1, 2], [3, 4], [5, 9]], ε = 1e-5: first column ∓1.224743; running averages are explicit state',
    snippet: `
const layer = nn.batchNorm(2)
const params = layer.init(random.key(0))
const [y, state] = layer.apply(params, { mode: 'train', state: layer.state })(np.array([[1, 2], [3, 4], [5, 9]]))
y // [[-1.2247, -1.019], [0, -0.3397], [1.2247, 1.3587]]
state // { mean: [0.03, 0.05], variance: [1.0167, 1.0767] }
`,
    tests: {
      'forward'() {
        const layer = nn.batchNorm(2, { dtype: 'float64' })
        const params = layer.init(random.key(0))
        const [y] = layer.apply(params, { mode: 'train', state: layer.state })(matrix([[1, 2], [3, 4], [5, 9]]))
        close('first column', np.take(y, 0, { axis: 1 }), f64([-1.224743, 0, 1.224743]), 5e-7)
        close('mean', np.mean(y, { axis: 0 }), f64([0, 0]), 1e-15)
        close('variance', np.var(y, { axis: 0 }), f64([1, 1]), 1e-5)
      },
      'backward'() {
        const layer = nn.batchNorm(3, { dtype: 'float64' })
        const { state } = layer
        const f = (p: Parameters<typeof layer.apply>[0], x: NdArray): NdArray => np.sin(layer.apply(p, { mode: 'train', state })(x)[0])
        expect(checkGrads.report(f)(layer.init(random.key(0)), noisy(4, 5, 3)).passed).toBe(true)
      },
      'running averages are handed on, and used in evaluation'() {
        const layer = nn.batchNorm(2, { dtype: 'float64', momentum: 0.9 })
        const params = layer.init(random.key(0))
        const x = matrix([[1, 2], [3, 4], [5, 9]])
        let { state } = layer
        for (let i = 0; i < 200; i++) state = layer.apply(params, { mode: 'train', state })(x)[1]
        close('mean', state.mean, np.mean(x, { axis: 0 }), 1e-8)
        close('variance', state.variance, np.var(x, { axis: 0 }), 1e-8)
        const trained = layer.apply(params, { mode: 'train', state })(x)[0]
        close('evaluation', nn.evaluation(layer, state).apply(params)(x), trained, 1e-7)
      }
    }
  },
  {
    what: 'Data augmentation, and capacity',
    names: ['data.augment', 'data.shift', 'data.rotate', 'data.flip', 'data.noise', 'data.mixUp', 'data.split', 'data.kFold', 'nn.summary'],
    check: 'functions of a key; with more capacity the training error falls, the validation error falls and rises again',
    snippet: `
const vary = data.augment(data.flip(), data.shift({ rows: 2, columns: 2 }), data.rotate({ degrees: 10 }))
vary(random.key(0))(np.zeros([32, 28, 28, 1])).shape // [32, 28, 28, 1]
const [seen, held] = data.split(random.key(0), { validation: 0.25 })(np.arange(8))
seen.shape // [6]
held.shape // [2]
`,
    tests: {
      'is a function of a key, and keeps shapes'() {
        const vary = data.augment(data.flip(), data.shift({ rows: 1, columns: 1 }), data.rotate({ degrees: 10 }), data.noise({ deviation: 0.1 }))
        const images = np.reshape(np.arange(2 * 5 * 5, { dtype: 'float32' }), [2, 5, 5, 1])
        const [a, b, c] = [0, 0, 1].map((seed) => vary(random.key(seed))(images))
        close('same key', a, b, 0)
        expect(a.shape).toEqual(images.shape)
        expect(np.allclose(a, c).item()).toBe(0)
      },
      'capacity: training error falls with the degree, validation error falls and rises'() {
        const sampled = (seed: number, count: number): readonly [x: NdArray, y: NdArray] => {
          const x = noisy(seed, count)
          return [np.reshape(x, [count, 1]), np.add(np.sin(np.multiply(3, x)), np.multiply(0.3, noisy(seed + 1, count)))]
        }
        const [[x, y], [testX, testY]] = [sampled(31, 14), sampled(41, 200)]
        const errors = [1, 3, 11].map((degree) => {
          const features = nn.features.polynomial(degree)
          const [w] = linalg.lstsq(features(x), y)
          const error = (at: NdArray, target: NdArray): number => nn.loss.meanSquared(np.matmul(features(at), w), target).item()
          return { seen: error(x, y), held: error(testX, testY) }
        })
        expect(errors[0].seen).toBeGreaterThan(errors[1].seen)
        expect(errors[1].seen).toBeGreaterThan(errors[2].seen)
        expect(errors[0].held).toBeGreaterThan(errors[1].held)
        expect(errors[2].held).toBeGreaterThan(errors[1].held)
      }
    }
  },
  {
    what: 'Scaling of features, fitted and then applied',
    names: ['data.standardise', 'data.minMax', 'data.centre'],
    check: '[1, 3, 5]: μ = 3, σ = 1.632993 (population); to [0, 1]: [0, .5, 1]; to [−1, 1]: [−1, 0, 1]',
    snippet: `
const scale = data.standardise()
const state = scale.fit([1, 3, 5]) // { mean: 3, deviation: 1.633 }
scale.apply(state)([1, 3, 5]) // [-1.2247, 0, 1.2247]
const range = data.minMax()
range.apply(range.fit([1, 3, 5]))([1, 3, 5]) // [0, 0.5, 1]
const middle = data.centre()
middle.apply(middle.fit([1, 3, 5]))([1, 3, 5]) // [-2, 0, 2]
`,
    tests: {
      'standardise by the deviation of the population'() {
        const scale = data.standardise()
        const state = scale.fit(f64([1, 3, 5]))
        expect([state.mean.item(), Number(state.deviation.item().toFixed(6))]).toEqual([3, 1.632993])
        close('applied', scale.apply(state)(f64([1, 3, 5])), f64([-1.2247448713915892, 0, 1.2247448713915892]), 1e-15)
      },
      'to [0, 1], to [−1, 1], to mean 0'() {
        const [unit, both, middle] = [data.minMax(), data.minMax({ range: [-1, 1] }), data.centre()]
        const x = f64([1, 3, 5])
        close('[0, 1]', unit.apply(unit.fit(x))(x), f64([0, 0.5, 1]), 0)
        close('[−1, 1]', both.apply(both.fit(x))(x), f64([-1, 0, 1]), 0)
        close('mean only', middle.apply(middle.fit(x))(x), f64([-2, 0, 2]), 0)
      },
      'what is fitted on training data applies to others, and back'() {
        const check = <S>({ fit, apply, invert }: data.Invertible<S>): void => {
          const state = fit(noisy(1, 20, 3))
          const x = noisy(2, 4, 3)
          close('round trip', invert(state)(apply(state)(x)), x, 1e-14)
        }
        check(data.standardise())
        check(data.minMax())
        check(data.centre())
      }
    }
  },
  {
    what: 'Principal components and whitening',
    names: ['data.pca', 'data.whiten', 'linalg.eigh', 'linalg.svd'],
    check: 'divided by the root of the eigenvalue: covariance = I',
    snippet: `
const white = data.whiten()
const x = np.array([[2, 1], [-2, -1], [1, -1], [-1, 1]])
np.abs(np.round(np.cov(white.apply(white.fit(x))(x), { rowvar: false, ddof: 0 }))) // [[1, 0], [0, 1]]
data.pca(1).fit(x).explained // [2.6514]
`,
    tests: {
      'whitened data have the identity as covariance'() {
        const x = stretched()
        for (const method of ['pca', 'zca'] as const) {
          const white = data.whiten({ method })
          close(method, covariance(white.apply(white.fit(x))(x)), np.eye(5, { dtype: 'float64' }), 1e-10)
        }
      },
      'principal components are uncorrelated, their variances the eigenvalues of the covariance'() {
        const x = stretched()
        const pca = data.pca(3)
        const state = pca.fit(x)
        const [values] = linalg.eigh(covariance(x))
        const largest = np.slice(np.flip(values), [[0, 3]])
        close('explained', state.explained, largest, 1e-12)
        close('covariance', covariance(pca.apply(state)(x)), np.diag(largest), 1e-12)
      }
    }
  },
  {
    what: 'A symmetric start keeps hidden units equal',
    names: ['nn.initializers.zeros', 'nn.initializers.constant'],
    check: 'w1 = w3 and w2 = w4, exactly, after any number of steps',
    snippet: `
const same = { weight: nn.initializers.constant(0.5) }
const net = nn.chain(nn.linear(2, 2, same), nn.tanh, nn.linear(2, 1, same))
const loss = (p: nn.Params<typeof net>) => nn.loss.meanSquared(net.apply(p)(np.array([[1, 2], [3, -1]])), np.array([[1], [0]]))
const adam = optim.adam(0.1)
let state = optim.init(adam)(net.init(random.key(0)))
for (let i = 0; i < 20; i++) state = optim.step(adam)(state, grad(loss)(state.params))
const weight = state.params[0].weight
np.arrayEqual(np.take(weight, 0, { axis: 1 }), np.take(weight, 1, { axis: 1 })) // true
`,
    tests: {
      'to the last bit'() {
        const x = noisy(1, 8, 2)
        const y = noisy(2, 8, 1)
        for (const start of [initializers.zeros, initializers.constant(0.5)]) {
          const options = { weight: start, dtype: 'float64' } as const
          const net = nn.chain(nn.linear(2, 2, options), nn.sigmoid, nn.linear(2, 1, options))
          const loss = (p: nn.Params<typeof net>): NdArray => nn.loss.meanSquared(net.apply(p)(x), y)
          const [{ weight }] = minimise(loss, optim.momentum(0.3), net.init(random.key(0)), 50)
          const [[w1, w3], [w2, w4]] = weight.toList() as readonly (readonly number[])[] // of shape [2, 2]
          expect([w1, w2]).toEqual([w3, w4])
          if (start !== initializers.zeros) expect(w1).not.toBe(0.5)
        }
      }
    }
  },
  {
    what: 'Initial weights of the right variance',
    names: [
      'nn.initializers.lecunNormal', 'nn.initializers.lecunUniform', 'nn.initializers.glorotNormal', 'nn.initializers.glorotUniform',
      'nn.initializers.xavierNormal', 'nn.initializers.heNormal', 'nn.initializers.heUniform', 'nn.signals.propagate', 'nn.signals.variances'
    ],
    check: 'variance 1/nᵢₙ, 2/(nᵢₙ + nₒᵤₜ), 2/nᵢₙ; uniform and normal; the signal survives 50 layers',
    snippet: `
const { initializers, signals } = nn
np.var(initializers.heNormal([400, 100])(random.key(0))) // 0.005
const through = (weight: nn.Initializer) =>
  signals.variances(signals.propagate(random.key(0), { weight, activation: nn.relu }).activations).toTypedArray().at(-1)!
through(initializers.heNormal) > 0.01 // true
through(initializers.glorotNormal) < 1e-10 // true
`,
    tests: {
      'of samples'() {
        const variance = (draw: nn.Initializer): number => np.var(draw([400, 100], 'float64')(random.key(1))).item()
        const { lecunNormal, lecunUniform, glorotNormal, glorotUniform, heNormal, heUniform } = initializers
        for (const [draw, expected] of [
          [lecunNormal, 1 / 400], [lecunUniform, 1 / 400], [glorotNormal, 2 / 500], [glorotUniform, 2 / 500], [heNormal, 2 / 400], [heUniform, 2 / 400]
        ] as const) {
          expect(variance(draw) / expected).toBeCloseTo(1, 1)
        }
      },
      'of a signal through 50 layers: it survives with the right one only'() {
        const last = (weight: nn.Initializer): number => {
          const layers = vmap((key: NdArray) => signals.variances(signals.propagate(key, { weight, activation: nn.relu, width: 64, examples: 16 }).activations))
          return np.mean(layers(random.split(random.key(5), 3)), { axis: 0 }).toTypedArray()[49]
        }
        expect(last(initializers.heNormal)).toBeGreaterThan(0.05)
        expect(last(initializers.heNormal)).toBeLessThan(20)
        expect(last(initializers.lecunNormal)).toBeLessThan(1e-10)
        const few = signals.propagate(random.key(5), { weight: initializers.normal(1), activation: nn.relu, width: 100, layers: 10 })
        expect(signals.variances(few.activations).toTypedArray()[9]).toBeGreaterThan(1e12)
      }
    }
  }
]
