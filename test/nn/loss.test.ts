import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f64, generate, i32, noise } from '../support/arrays.js'
import { close } from '../support/close.js'

const { loss } = nn
const logits = generate('float64', [4, 3], (i) => 3 * noise(1, i))
const classes = i32([2, 0, 1, 1])
const hot = nn.oneHot(classes, 3, { dtype: 'float64' })
const scores = generate('float64', [5], (i) => 3 * noise(2, i))
const bits = f64([0, 1, 1, 0, 1])
const signs = np.subtract(np.multiply(2, bits), 1)
const targets = generate('float64', [5], (i) => 3 * noise(3, i))

const mixture = {
  logits: f64([0.3, -0.2]), means: generate('float64', [2, 2], (i) => noise(4, i)), logVariances: generate('float64', [2, 2], (i) => noise(5, i))
}

/** Every loss as a function of its prediction, and the prediction; away from kinks. */
const losses: Readonly<Record<string, readonly [(x: NdArray, options?: nn.loss.LossOptions) => NdArray, NdArray]>> = {
  meanSquared: [(x, o) => loss.meanSquared(x, targets, o), scores],
  meanAbsolute: [(x, o) => loss.meanAbsolute(x, targets, o), scores],
  huber: [(x, o) => loss.huber(x, targets, { delta: 0.7, ...o }), scores],
  gaussian: [(x, o) => loss.gaussian(x, targets, { logVariance: 0.3, ...o }), scores],
  'softmaxCrossEntropy of classes': [(x, o) => loss.softmaxCrossEntropy(x, classes, o), logits],
  'softmaxCrossEntropy of distributions': [(x, o) => loss.softmaxCrossEntropy(x, hot, o), logits],
  sigmoidBinaryCrossEntropy: [(x, o) => loss.sigmoidBinaryCrossEntropy(x, bits, o), scores],
  'sigmoidBinaryCrossEntropy of probabilities': [(x, o) => loss.sigmoidBinaryCrossEntropy(x, f64([0.1, 0.9, 0.5, 0.3, 0]), o), scores],
  'sigmoidBinaryCrossEntropy with a positive weight': [(x, o) => loss.sigmoidBinaryCrossEntropy(x, bits, { positiveWeight: 3, ...o }), scores],
  'softmaxCrossEntropy, smooth': [(x, o) => loss.softmaxCrossEntropy(x, classes, { smoothing: 0.2, ...o }), logits],
  hinge: [(x, o) => loss.hinge(x, signs, o), scores],
  'hinge, squared': [(x, o) => loss.hinge(x, signs, { squared: true, ...o }), scores],
  multiclassHinge: [(x, o) => loss.multiclassHinge(x, classes, o), logits],
  'multiclassHinge, squared': [(x, o) => loss.multiclassHinge(x, classes, { squared: true, ...o }), logits],
  kullbackLeibler: [(x, o) => loss.kullbackLeibler(x, nn.softmax(np.flip(logits)), o), logits],
  'means of gaussianMixture': [(x, o) => loss.gaussianMixture({ ...mixture, means: x }, np.slice(logits, [[0, 4], [0, 2]]), o), mixture.means],
  'gaussianKullbackLeibler of means': [(x, o) => loss.gaussianKullbackLeibler({ mean: x, logVariance: 0.3 }, o), scores],
  'gaussianKullbackLeibler of variances': [(x, o) => loss.gaussianKullbackLeibler({ mean: 0.3, logVariance: x }, o), scores],
  cosineDistance: [(x, o) => loss.cosineDistance(x, hot, o), logits]
}

describe.each(Object.entries(losses))('%s', (_, [f, x]) => {
  test('mean and sum are those of the single losses', () => {
    const each = f(x, { reduction: 'none' })
    expect(each.ndim).toBe(1)
    close('mean', f(x), np.mean(each), 1e-14)
    close('sum', f(x, { reduction: 'sum' }), np.sum(each), 1e-14)
  })

  test('has the derivatives of finite differences, the second ones too', () => {
    checkGrads((z: NdArray) => f(z))(x)
  })

  test('is the same under jit, and mapped over copies', () => {
    close('jit', jit((z: NdArray) => f(z))(x), f(x), 1e-14)
    close('vmap', vmap((z: NdArray) => f(z))(np.stack([x, x])), np.stack([f(x), f(x)]), 1e-14)
  })

  test('refuses unknown options and reductions', () => {
    expect(() => f(x, { reduce: 'sum' } as object)).toThrow(ArgumentError)
    expect(() => f(x, { reduction: 'average' as 'mean' })).toThrow('a reduction among mean, sum, none, got average')
  })
})

describe('softmaxCrossEntropy', () => {
  test('of classes is that of their one-hot distributions, and -logSoftmax at the class', () => {
    const each = loss.softmaxCrossEntropy(logits, classes, { reduction: 'none' })
    close('one-hot', loss.softmaxCrossEntropy(logits, hot, { reduction: 'none' }), each, 1e-15)
    close('logSoftmax', np.negative(np.sum(np.multiply(hot, nn.logSoftmax(logits)), { axis: 1 })), each, 1e-15)
  })

  test('has the gradient p - t', () => {
    const g = grad((z: NdArray) => loss.softmaxCrossEntropy(z, classes, { reduction: 'sum' }))(logits)
    close('p - t', g, np.subtract(nn.softmax(logits), hot), 1e-15)
  })

  test('is exact and finite at ±1e4, in value and gradient', () => {
    const z = np.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], { dtype: 'float64' })
    const labels = i32([0, 1])
    expect(loss.softmaxCrossEntropy(z, labels, { reduction: 'none' }).toList()).toEqual([0, 2e4])
    expect(grad((x: NdArray) => loss.softmaxCrossEntropy(x, labels, { reduction: 'sum' }))(z).toList()).toEqual([[0, 0, 0], [1, -1, 0]])
  })

  test('takes logits of minus infinity for impossible classes', () => {
    const z = f64([-Infinity, 0, 0])
    expect(loss.softmaxCrossEntropy(z, 1).item()).toBeCloseTo(Math.LN2, 14)
    expect(loss.softmaxCrossEntropy(z, f64([0, 0.5, 0.5])).item()).toBeCloseTo(Math.LN2, 14)
    expect(loss.softmaxCrossEntropy(z, 0).item()).toBe(Infinity)
    expect(grad((x: NdArray) => loss.softmaxCrossEntropy(x, 1))(z).toList()).toEqual([0, -0.5, 0.5])
  })

  test('takes bare numbers and lists for classes, any integer dtype, and other axes', () => {
    close('list', loss.softmaxCrossEntropy(logits, [2, 0, 1, 1]), loss.softmaxCrossEntropy(logits, classes), 0)
    close('bytes', loss.softmaxCrossEntropy(logits, new Uint8Array([2, 0, 1, 1])), loss.softmaxCrossEntropy(logits, classes), 0)
    close('axis', loss.softmaxCrossEntropy(np.transpose(logits), classes, { axis: 0 }), loss.softmaxCrossEntropy(logits, classes), 1e-15)
  })

  test('a label out of range is an error that says which and where, NaN where it is traced', () => {
    const wrong = np.array([[0, 1], [3, 2]], { dtype: 'int32' })
    expect(() => loss.softmaxCrossEntropy(np.zeros([2, 2, 3]), wrong)).toThrow(
      'softmaxCrossEntropy: expected labels from 0 to 2, got the label 3 at labels[1][0]'
    )
    expect(() => loss.softmaxCrossEntropy(np.zeros([3]), -1)).toThrow('got the label -1')
    const traced = jit((z: NdArray, y: NdArray) => loss.softmaxCrossEntropy(z, y, { reduction: 'none' }))
    const right = Math.fround(Math.log(3))
    expect(traced(np.zeros([2, 2, 3]), wrong).toList()).toEqual([[right, right], [NaN, right]])
  })
})

describe('sigmoidBinaryCrossEntropy', () => {
  test('is softplus((1 - 2y) z), of whatever dtype the labels are', () => {
    fc.assert(fc.property(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.boolean(), (z, y) => {
      const expected = nn.softplus(f64(y ? -z : z))
      for (const label of [f64(y ? 1 : 0), np.asArray(y), arrayOf('int32', [], [y ? 1 : 0])]) {
        close('loss', loss.sigmoidBinaryCrossEntropy(f64(z), label), expected, 1e-15)
        const slope = grad((x: NdArray) => loss.sigmoidBinaryCrossEntropy(x, label))(f64(z))
        close('gradient', slope, np.subtract(nn.sigmoid(f64(z)), y ? 1 : 0), 1e-15)
      }
    }))
  })

  test('keeps the smallest losses', () => {
    expect(loss.bernoulli(f64(50), f64(1)).item()).toBeCloseTo(Math.exp(-50), 30)
    expect(loss.bernoulli(f64([-1e4, 1e4]), f64([0, 1]), { reduction: 'none' }).toList()).toEqual([0, 0])
    expect(loss.bernoulli(f64([-1e4, 1e4]), f64([1, 0]), { reduction: 'none' }).toList()).toEqual([1e4, 1e4])
  })
})

describe('smoothing and weights', () => {
  test('smoothing is that of the labels', () => {
    const smooth = np.add(np.multiply(0.7, hot), 0.1)
    close('classes', loss.softmaxCrossEntropy(logits, classes, { smoothing: 0.3 }), loss.softmaxCrossEntropy(logits, smooth), 1e-14)
    close('distributions', loss.softmaxCrossEntropy(logits, hot, { smoothing: 0.3 }), loss.softmaxCrossEntropy(logits, smooth), 1e-14)
  })

  test('a weighted mean is that of examples as often as their class weighs', () => {
    const twice = np.concatenate([logits, np.slice(logits, [[2, 4]])])
    const weighted = loss.softmaxCrossEntropy(logits, classes, { weights: [1, 2, 1] })
    close('mean', weighted, loss.softmaxCrossEntropy(twice, i32([2, 0, 1, 1, 1, 1])), 1e-14)
    const traced = jit((w: NdArray) => loss.softmaxCrossEntropy(logits, classes, { weights: w }))
    close('traced', traced(f64([1, 2, 1])), weighted, 1e-14)
  })

  test('a positive weight counts the examples of class 1 so many times', () => {
    const each = loss.bernoulli(scores, bits, { reduction: 'none' })
    const expected = np.multiply(each, np.add(1, np.multiply(2, bits)))
    close('weighted', loss.bernoulli(scores, bits, { reduction: 'none', positiveWeight: 3 }), expected, 1e-14)
    close('of bits', loss.bernoulli(scores, np.equal(bits, 1), { reduction: 'none', positiveWeight: 3 }), expected, 1e-14)
  })
})

describe('likelihoods and divergences', () => {
  test('categorical is the cross-entropy of logarithms of probabilities', () => {
    const log = nn.logSoftmax(logits)
    close('categorical', loss.categorical(log, classes), loss.softmaxCrossEntropy(logits, classes), 1e-14)
    expect(loss.categorical(np.log([0.25, 0.75]), 1).item()).toBeCloseTo(-Math.log(0.75), 6)
  })

  test('a mixture of one is a Gaussian, and equal components are one', () => {
    const [mean, logVariance, t] = [f64([0.3, -1]), f64([0.2, 0.5]), np.slice(logits, [[0, 4], [0, 2]])]
    const single = np.sum(loss.gaussian(np.broadcastTo(mean, [4, 2]), t, { logVariance, reduction: 'none' }), { axis: 1 })
    for (const k of [1, 3]) {
      const copies = (x: NdArray): NdArray => np.broadcastTo(x, [k, 2])
      const parts = { logits: generate('float64', [k], (i) => i), means: copies(mean), logVariances: copies(logVariance) }
      close('mixture', loss.gaussianMixture(parts, t, { reduction: 'none' }), single, 1e-14)
    }
  })

  test('the likelihood of a mixture integrates to 1', () => {
    const grid = np.linspace(-30, 30, 6001, { dtype: 'float64' })
    const one = { logits: f64([0.3, -0.2]), means: np.reshape(f64([-1, 2]), [2, 1]), logVariances: np.reshape(f64([-1, 1.5]), [2, 1]) }
    const density = np.exp(np.negative(loss.gaussianMixture(one, np.expandDims(grid, 1), { reduction: 'none' })))
    expect(np.sum(density).item() * 0.01).toBeCloseTo(1, 10)
  })

  test('kullbackLeibler is the cross-entropy above the entropy; divergences from oneself are 0', () => {
    const p = nn.softmax(np.flip(logits))
    const entropy = loss.softmaxCrossEntropy(np.log(p), p)
    close('divergence', loss.kullbackLeibler(logits, p), np.subtract(loss.softmaxCrossEntropy(logits, p), entropy), 1e-14)
    close('itself', loss.kullbackLeibler(np.log(p), p), f64(0), 1e-15)
    const prior = { mean: scores, logVariance: targets }
    close('Gaussian', loss.gaussianKullbackLeibler(prior, { prior }), f64(0), 1e-15)
  })

  test('cosineDistance ignores lengths, and is 0, 1, 2 for equal, orthogonal and opposite directions', () => {
    const x = f64([3, 4])
    const others = [f64([6e200, 8e200]), f64([-4e-200, 3e-200]), f64([-3, -4])]
    others.forEach((y, i) => close('distance', loss.cosineDistance(x, y), f64(i), 1e-15))
  })
})

test('float32 stays float32, and integers become it', () => {
  const x = np.array([[1, 2], [3, 4]])
  const y = np.array([0, 1], { dtype: 'int32' })
  const all = [
    loss.meanSquared(x, x), loss.softmaxCrossEntropy(x, y), loss.softmaxCrossEntropy(x, x), loss.multiclassHinge(x, y),
    loss.bernoulli([1, 2], y), loss.meanAbsolute(y, y), loss.hinge(i32([3]), i32([1])), loss.huber(x, x), loss.gaussian(x, x)
  ]
  expect(all.map(({ dtype }) => dtype)).toEqual(all.map(() => 'float32'))
})

test('gaussian with unit variance is half the mean squared error and a constant', () => {
  const half = np.add(np.multiply(0.5, loss.meanSquared(scores, targets)), 0.5 * Math.log(2 * Math.PI))
  close('gaussian', loss.gaussian(scores, targets), half, 1e-15)
})

test('a perfect prediction has no loss', () => {
  expect(loss.meanSquared(scores, scores).item()).toBe(0)
  expect(loss.meanAbsolute(scores, scores).item()).toBe(0)
  expect(loss.huber(scores, scores).item()).toBe(0)
  expect(loss.hinge(np.multiply(10, signs), signs).item()).toBe(0)
  expect(loss.multiclassHinge(np.multiply(10, hot), classes).item()).toBe(0)
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['shapes that would broadcast', () => loss.meanSquared(np.ones([3]), np.ones([3, 1])), ShapeError, 'a target of one shape'],
    ['floating classes', () => loss.softmaxCrossEntropy(logits, f64([0, 1, 2, 0])), ShapeError, 'classes have an integer dtype'],
    ['boolean labels', () => loss.softmaxCrossEntropy(logits, np.equal(hot, 1)), DTypeError, 'classes of an integer dtype'],
    ['too few labels', () => loss.softmaxCrossEntropy(logits, i32([0, 1])), ShapeError, 'one label per example, shape [4]'],
    ['scalar logits', () => loss.softmaxCrossEntropy(1, 0), ShapeError, 'an axis of classes'],
    ['an axis out of range', () => loss.softmaxCrossEntropy(logits, classes, { axis: 2 }), ShapeError, 'axis 2'],
    ['a binary label of 2', () => loss.bernoulli(scores, i32([0, 2, 0, 0, 1])), ArgumentError, '0 and 1, got the label 2 at labels[1]'],
    ['a probability of 1.5', () => loss.bernoulli(scores, f64([0, 1.5, 0, 0, 1])), ArgumentError, 'from 0 to 1, got the label 1.5'],
    ['binary labels of another shape', () => loss.bernoulli(scores, f64([0])), ShapeError, 'one label per score, shape [5]'],
    ['hinge labels 0 and 1', () => loss.hinge(scores, bits), ArgumentError, 'labels -1 and 1, got the label 0 at labels[0]'],
    ['boolean hinge labels', () => loss.hinge(f64(1), true), DTypeError, 'labels -1 and 1'],
    ['floating classes of hinge', () => loss.multiclassHinge(logits, hot), DTypeError, 'classes of an integer dtype'],
    ['a negative margin', () => loss.multiclassHinge(logits, classes, { margin: -1 }), ArgumentError, 'a margin of at least 0'],
    ['a smoothing of 1', () => loss.softmaxCrossEntropy(logits, classes, { smoothing: 1 }), ArgumentError, 'smoothing in [0, 1), got 1'],
    ['a negative smoothing', () => loss.softmaxCrossEntropy(logits, classes, { smoothing: -0.1 }), ArgumentError, 'smoothing in [0, 1)'],
    ['too few weights', () => loss.softmaxCrossEntropy(logits, classes, { weights: [1, 2] }), ShapeError, 'one weight per class, shape [3]'],
    ['a negative weight', () => loss.softmaxCrossEntropy(logits, classes, { weights: [1, -2, 1] }), ArgumentError, 'got the weight -2 at weights[1]'],
    ['an infinite weight', () => loss.softmaxCrossEntropy(logits, classes, { weights: [1, 1, Infinity] }), ArgumentError, 'at weights[2]'],
    ['a negative positive weight', () => loss.bernoulli(scores, bits, { positiveWeight: -1 }), ArgumentError, 'weights of at least 0'],
    ['positive weights of another shape', () => loss.bernoulli(scores, bits, { positiveWeight: [1, 2] }), ShapeError, 'broadcasts to [5]'],
    ['no classes', () => loss.softmaxCrossEntropy(np.zeros([4, 0]), np.zeros([4, 0])), ShapeError, 'at least one class along axis 1'],
    ['a negative probability', () => loss.kullbackLeibler(logits, np.subtract(hot, 1)), ArgumentError, 'got the label -1 at labels[0][0]'],
    ['classes for a divergence', () => loss.kullbackLeibler(logits, classes), ShapeError, 'a distribution per example, shape [4,3]'],
    ['means without components', () => loss.gaussianMixture({ ...mixture, means: scores }, scores), ShapeError, 'means of shape [..., k, 5]'],
    ['logits of another number', () => loss.gaussianMixture({ ...mixture, logits: scores }, f64([0, 0])), ShapeError, 'logits of shape [..., 2]'],
    ['a scalar target of a mixture', () => loss.gaussianMixture(mixture, 0), ShapeError, 'targets of shape [..., d]'],
    ['variances of another number', () => loss.gaussianMixture({ ...mixture, logVariances: logits }, f64([0, 0])), ShapeError, 'broadcasts to [2,2]'],
    ['directions of other shapes', () => loss.cosineDistance(logits, scores), ShapeError, 'predictions and targets of one shape'],
    ['a delta of 0', () => loss.huber(scores, scores, { delta: 0 }), ArgumentError, 'a positive delta'],
    ['a variance of another shape', () => loss.gaussian(1, 1, { logVariance: scores }), ShapeError, 'logVariance: expected an array that broadcasts to []']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })

  test('a mean over no examples; their sum is 0', () => {
    const nothing = (x: NdArray): NdArray => np.slice(x, [[0, 0]])
    const [x, z, y] = [nothing(scores), nothing(logits), nothing(classes)]
    const empty: readonly ((o: nn.loss.LossOptions) => NdArray)[] = [
      (o) => loss.meanSquared(x, x, o), (o) => loss.meanAbsolute(x, x, o), (o) => loss.huber(x, x, o), (o) => loss.gaussian(x, x, o),
      (o) => loss.bernoulli(x, x, o), (o) => loss.hinge(x, x, o), (o) => loss.multiclassHinge(z, y, o), (o) => loss.cosineDistance(z, z, o),
      (o) => loss.softmaxCrossEntropy(z, y, o), (o) => loss.softmaxCrossEntropy(z, z, o), (o) => loss.kullbackLeibler(z, z, o),
      (o) => loss.softmaxCrossEntropy(z, y, { weights: [1, 2, 3], ...o }), (o) => loss.gaussianKullbackLeibler({ mean: x, logVariance: x }, o),
      (o) => loss.gaussianMixture(mixture, np.zeros([0, 2]), o)
    ]
    for (const f of empty) {
      expect(() => f({})).toThrow(ShapeError)
      expect(() => f({})).toThrow('at least one example to take the mean over')
      expect(f({ reduction: 'sum' }).item()).toBe(0)
      expect(f({ reduction: 'none' }).shape).toEqual([0])
    }
  })
})
