import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { arrayOf, f64, i32 } from '../support/arrays.js'
import { close } from '../support/close.js'

/*
 * Units and losses far out: at ±10⁴ exact in float32 and float64, at infinities the limits, in value and gradient; NaN stays NaN.
 */

const { loss } = nn
const inf = Infinity
const dtypes = ['float32', 'float64'] as const

/** Units whose slopes are steps: that of NaN is one of them. */
const stepwise = new Set(['relu', 'relu6', 'absRectifier', 'leakyRelu', 'hardTanh', 'hardSigmoid', 'hardSilu', 'prelu'])

describe('units', () => {
  type Unit = (x: NdArray) => NdArray
  /** Values and slopes at −∞ and ∞; far out they are those of the asymptotes. */
  const units: Readonly<Record<string, readonly [f: Unit, values: readonly number[], slopes: readonly number[]]>> = {
    relu: [nn.relu, [0, inf], [0, 1]],
    relu6: [nn.relu6, [0, 6], [0, 0]],
    absRectifier: [nn.absRectifier, [inf, inf], [-1, 1]],
    leakyRelu: [nn.leakyRelu, [-inf, inf], [0.01, 1]],
    elu: [nn.elu, [-1, inf], [0, 1]],
    celu: [(x) => nn.celu(x, { alpha: 2 }), [-2, inf], [0, 1]],
    selu: [nn.selu, [-1.0507009873554805 * 1.6732632423543772, inf], [0, 1.0507009873554805]],
    softplus: [nn.softplus, [0, inf], [0, 1]],
    sigmoid: [nn.sigmoid, [0, 1], [0, 0]],
    logSigmoid: [nn.logSigmoid, [-inf, 0], [1, 0]],
    tanh: [nn.tanh, [-1, 1], [0, 0]],
    silu: [nn.silu, [0, inf], [0, 1]],
    swish: [(x) => nn.swish(x, { beta: 3 }), [0, inf], [0, 1]],
    mish: [nn.mish, [0, inf], [0, 1]],
    gelu: [nn.gelu, [0, inf], [0, 1]],
    'gelu by erf': [(x) => nn.gelu(x, { approximate: false }), [0, inf], [0, 1]],
    hardTanh: [nn.hardTanh, [-1, 1], [0, 0]],
    hardSigmoid: [nn.hardSigmoid, [0, 1], [0, 0]],
    hardSilu: [nn.hardSilu, [0, inf], [0, 1]],
    softSign: [nn.softSign, [-1, 1], [0, 0]],
    prelu: [(x) => nn.prelu(1).apply({ slope: arrayOf(x.dtype, [1], [0.5]) })(x), [-inf, inf], [0.5, 1]]
  }

  test.each(Object.entries(units))('%s', (name, [f, values, slopes]) => {
    const each = (x: NdArray): NdArray => np.sum(f(np.expandDims(x, 0)))
    const slope = vmap(grad(each))
    for (const dtype of dtypes) {
      const ends = arrayOf(dtype, [2], [-inf, inf])
      for (const run of [f, jit(f)]) close('value', run(ends), arrayOf(dtype, [2], values), 1e-6)
      for (const run of [slope, jit(slope)]) close('slope', run(ends), arrayOf(dtype, [2], slopes), 1e-6)
      const far = arrayOf(dtype, [2], [-1e4, 1e4])
      const rough = name === 'softSign' ? 2e-4 : 1e-6 // 1 / (1 + 10⁴) is not yet 0
      close('slope at ±1e4', slope(far), arrayOf(dtype, [2], slopes), rough)
      expect([...f(far).toTypedArray()].every(Number.isFinite)).toBe(true)
      for (const y of [f, slope].map((g) => g(arrayOf(dtype, [1], [NaN])))) {
        if (!stepwise.has(name)) expect(y.toList()).toEqual([NaN])
      }
      expect(f(arrayOf(dtype, [1], [NaN])).toList()).toEqual([NaN])
    }
  })

  test('softmax and logSoftmax', () => {
    const weights = f64([1, 2, 4])
    const of = (f: nn.Along, x: readonly number[]): readonly unknown[] =>
      [f(f64(x)), grad((z: NdArray) => np.sum(np.multiply(weights, f(z))))(f64(x))].map((y) => np.add(y, 0).toList()) // 0 for −0
    expect(of(nn.softmax, [1e4, -1e4, 0])).toEqual([[1, 0, 0], [0, 0, 0]])
    expect(of(nn.softmax, [inf, -inf, 0])).toEqual([[1, 0, 0], [0, 0, 0]])
    expect(of(nn.softmax, [-inf, 0, 0])).toEqual([[0, 0.5, 0.5], [0, -0.5, 0.5]])
    expect(of(nn.softmax, [inf, inf, 0])[0]).toEqual([0.5, 0.5, 0])
    expect(of(nn.softmax, [NaN, inf, 0])[0]).toEqual([NaN, NaN, NaN])
    expect(of(nn.softmax, [-inf, -inf, -inf])[0]).toEqual([NaN, NaN, NaN])
    expect(of(nn.logSoftmax, [1e4, -1e4, 0])).toEqual([[0, -2e4, -1e4], [-6, 2, 4]])
    expect(of(nn.logSoftmax, [0, -inf, 0])).toEqual([[-Math.LN2, -inf, -Math.LN2], [-2.5, 2, 0.5]])
    expect(of(nn.logSoftmax, [inf, -inf, 0])).toEqual([[0, -inf, -inf], [0, 2, 4]]) // the infinite logit itself has no derivative
  })

  test('gradients of parameters: slopes of prelu, centres and widths of radial basis functions', () => {
    const slopes = grad((slope: NdArray) => np.sum(nn.prelu(4).apply({ slope })(f64([-1e4, 1e4, -inf, inf]))))
    expect(np.add(slopes(f64([0.1, 0.1, 0.1, 0.1])), 0).toList()).toEqual([-1e4, 0, -inf, 0])
    const responses = (p: nn.RadialBasis, x: NdArray): NdArray => np.sum(nn.radialBasis(1, 2).apply(p)(x))
    const parameters = { centre: np.reshape(f64([0, 1]), [2, 1]), width: f64([1, 2]) }
    for (const x of [-1e4, 1e4, -inf, inf]) {
      expect(responses(parameters, f64([x])).item()).toBe(0)
      const [{ centre, width }, input] = grad.with({ argnums: [0, 1] })(responses)(parameters, f64([x]))
      for (const g of [centre, width, input]) expect(np.any(g).item()).toBe(0)
    }
    expect(responses(parameters, f64([NaN])).item()).toBeNaN()
  })
})

describe('losses', () => {
  type Row = readonly [name: string, f: (x: NdArray) => NdArray, x: readonly number[], value: number, gradient: readonly number[]]
  const softmax = (label: number, options: nn.loss.CrossEntropyOptions = {}) => (z: NdArray): NdArray =>
    loss.softmaxCrossEntropy(z, i32(label), options)
  const towards = (p: readonly number[], options: nn.loss.CrossEntropyOptions = {}) => (z: NdArray): NdArray =>
    loss.softmaxCrossEntropy(z, arrayOf(z.dtype, [3], p), options)
  const sigmoid = (y: NdArray | number, options: nn.loss.BinaryOptions = {}) => (z: NdArray): NdArray =>
    loss.bernoulli(z, typeof y === 'number' ? arrayOf(z.dtype, [1], [y]) : y, options)
  const targets = (f: typeof loss.meanSquared) => (x: NdArray): NdArray => f(x, np.zerosLike(x))
  const [zero, one] = [i32([0]), i32([1])]
  const squared = { squared: true }
  const mean = (logVariance: number) => (x: NdArray): NdArray => loss.gaussian(x, np.zerosLike(x), { logVariance })
  const variance = (error: number) => (v: NdArray): NdArray =>
    loss.gaussian(arrayOf(v.dtype, [1], [error]), np.zerosLike(v), { logVariance: v })
  const constant = 0.5 * Math.log(2 * Math.PI)
  const column = (x: NdArray): NdArray => np.reshape(x, [2, 1])
  const mixture = (part: Partial<nn.loss.Mixture>, target: NdArray): NdArray =>
    loss.gaussianMixture({
      logits: part.logits ?? f64([0, 0]), means: column(part.means ?? f64([0, 0])), logVariances: column(part.logVariances ?? f64([0, 0]))
    }, target)

  const rows: readonly Row[] = [
    ['softmaxCrossEntropy, right', softmax(0), [1e4, -1e4, 0], 0, [0, 0, 0]],
    ['softmaxCrossEntropy, wrong', softmax(1), [1e4, -1e4, 0], 2e4, [1, -1, 0]],
    ['softmaxCrossEntropy, sure and right', softmax(0), [inf, 0, 0], 0, [0, 0, 0]],
    ['softmaxCrossEntropy, sure and wrong', softmax(1), [inf, 0, 0], inf, [0, -1, 0]],
    ['softmaxCrossEntropy, impossible', softmax(0), [-inf, 0, 0], inf, [-1, 0.5, 0.5]],
    ['softmaxCrossEntropy, not impossible', softmax(1), [-inf, 0, 0], Math.LN2, [0, -0.5, 0.5]],
    ['softmaxCrossEntropy of distributions, wrong', towards([0, 0.5, 0.5]), [1e4, -1e4, 0], 1.5e4, [1, -0.5, -0.5]],
    ['softmaxCrossEntropy of distributions, sure', towards([1, 0, 0]), [inf, -inf, 0], 0, [0, 0, 0]],
    ['softmaxCrossEntropy of distributions, impossible', towards([0, 0.5, 0.5]), [-inf, 0, 0], Math.LN2, [0, 0, 0]],
    ['softmaxCrossEntropy, smooth', softmax(0, { smoothing: 0.3 }), [1e4, -1e4, 0], 3000, [0.2, -0.1, -0.1]],
    ['softmaxCrossEntropy, smooth and impossible', softmax(0, { smoothing: 0.3 }), [0, -inf, 0], inf, [-0.3, -0.1, 0.4]],
    ['softmaxCrossEntropy, weight 0', softmax(0, { smoothing: 0.3, weights: [1, 0, 1] }), [0, -inf, 0], Math.LN2 * 0.9, [-0.35, 0, 0.35]],
    ['kullbackLeibler', (z) => loss.kullbackLeibler(z, arrayOf(z.dtype, [3], [0.5, 0.5, 0])), [1e4, -1e4, 0], 1e4 - Math.LN2, [0.5, -0.5, 0]],
    ['kullbackLeibler, impossible', (z) => loss.kullbackLeibler(z, arrayOf(z.dtype, [3], [1, 0, 0])), [0, -inf, -inf], 0, [0, 0, 0]],
    ...[one, 1].flatMap((y): readonly Row[] => [
      ['bernoulli, right', sigmoid(y), [1e4], 0, [0]],
      ['bernoulli, wrong', sigmoid(y), [-1e4], 1e4, [-1]],
      ['bernoulli, sure and right', sigmoid(y), [inf], 0, [0]],
      ['bernoulli, sure and wrong', sigmoid(y), [-inf], inf, [-1]],
      ['bernoulli, weighted', sigmoid(y, { positiveWeight: 3 }), [-1e4], 3e4, [-3]],
      ['bernoulli, weighted and sure', sigmoid(y, { positiveWeight: 3 }), [inf], 0, [0]]
    ]),
    ['bernoulli of 0, right', sigmoid(zero), [-inf], 0, [0]],
    ['bernoulli of 0, wrong', sigmoid(0), [inf], inf, [1]],
    ['bernoulli of a half', sigmoid(0.5), [inf], inf, [0.5]],
    ['hinge, right', (s) => loss.hinge(s, one), [inf], 0, [0]],
    ['hinge, wrong', (s) => loss.hinge(s, one), [-inf], inf, [-1]],
    ['hinge, far', (s) => loss.hinge(s, one, squared), [-1e4], 10001 ** 2, [-20002]],
    ['hinge, squared and right', (s) => loss.hinge(s, one, squared), [inf], 0, [0]],
    ['hinge, squared and wrong', (s) => loss.hinge(s, one, squared), [-inf], inf, [-inf]],
    ['multiclassHinge, far', (s) => loss.multiclassHinge(s, i32(1)), [1e4, -1e4, 0], 30002, [1, -2, 1]],
    ['multiclassHinge, right', (s) => loss.multiclassHinge(s, i32(0), squared), [inf, 0, 0], 0, [0, 0, 0]],
    ['multiclassHinge, wrong', (s) => loss.multiclassHinge(s, i32(1)), [inf, 0, 0], inf, [1, -2, 1]],
    ['meanSquared, far', targets(loss.meanSquared), [-1e4], 1e8, [-2e4]],
    ['meanSquared', targets(loss.meanSquared), [-inf], inf, [-inf]],
    ['meanAbsolute', targets(loss.meanAbsolute), [-inf], inf, [-1]],
    ['huber', targets(loss.huber), [-inf], inf, [-1]],
    ['huber, far', targets(loss.huber), [1e4], 9999.5, [1]],
    ['gaussian, far', mean(0), [1e4], 0.5e8 + constant, [1e4]],
    ['gaussian', mean(0), [inf], inf, [inf]],
    ['gaussian, right, of no variance', mean(-1e4), [0], constant - 5000, [0]],
    ['gaussian, wrong, of no variance', mean(-1e4), [1], inf, [inf]],
    ['gaussian, of great variance', mean(1e4), [100], constant + 5000, [0]],
    ['log variance of gaussian, great', variance(3), [1e4], constant + 5000, [0.5]],
    ['log variance of gaussian, infinite', variance(3), [inf], inf, [0.5]],
    ['log variance of gaussian, small', variance(3), [-1e4], inf, [-inf]],
    ['log variance of gaussian, none', variance(3), [-inf], inf, [-inf]],
    ['log variance of gaussian, none needed', variance(0), [-1e4], constant - 5000, [0.5]],
    ['means of gaussianMixture', (m) => mixture({ means: m }, f64([1e4])),
      [-1e4, 1e4], constant + Math.LN2, [0, 0]],
    ['target of gaussianMixture', (t) => mixture({ means: f64([0, 1e4]) }, t), [1e4], constant + Math.LN2, [0]],
    ['logits of gaussianMixture', (z) => mixture({ logits: z, means: f64([0, 1]) }, f64([0])), [1e4, -1e4], constant, [0, 0]],
    ['logits of gaussianMixture, wrong', (z) => mixture({ logits: z, means: f64([0, 1e4]) }, f64([0])), [-1e4, 1e4], 2e4 + constant, [-1, 1]],
    ['logits of gaussianMixture, impossible', (z) => mixture({ logits: z, means: f64([0, 1]) }, f64([0])), [0, -inf], constant, [0, 0]],
    ['log variances of gaussianMixture, small', (v) => mixture({ means: f64([0, 1]), logVariances: v }, f64([0])), [0, -1e4],
      constant + Math.LN2, [0.5, 0]],
    ['log variances of gaussianKullbackLeibler, small', (v) => loss.gaussianKullbackLeibler({ mean: 0, logVariance: v }), [-1e4], 4999.5, [-0.5]],
    ['log variances of gaussianKullbackLeibler, none', (v) => loss.gaussianKullbackLeibler({ mean: 0, logVariance: v }), [-inf], inf, [-0.5]],
    ['log variances of gaussianKullbackLeibler, great', (v) => loss.gaussianKullbackLeibler({ mean: 0, logVariance: v }), [1e4], inf, [inf]],
    ['means of gaussianKullbackLeibler', (m) => loss.gaussianKullbackLeibler({ mean: m, logVariance: 0 }), [1e4], 0.5e8, [1e4]],
    ['cosineDistance', (x) => loss.cosineDistance(x, arrayOf(x.dtype, [2], [0, 1])), [1e30, 0], 1, [0, -1e-30]],
    ['cosineDistance of zeros', (x) => loss.cosineDistance(x, arrayOf(x.dtype, [2], [0, 1])), [0, 0], 1, [0, -1]]
  ]

  test.each(rows)('%s', (_, f, x, value, gradient) => {
    for (const dtype of dtypes) {
      const z = arrayOf(dtype, [x.length], x)
      for (const [run, slope] of [[f, grad(f)], [jit(f), jit(grad(f))]]) {
        const type = run(z).dtype
        close('value', np.reshape(run(z), []), arrayOf(type, [], [value]), 2e-7)
        close('gradient', slope(z), arrayOf(dtype, [x.length], gradient), 2e-7)
      }
      for (let i = 0; i < x.length; i++) {
        const spoiled = arrayOf(dtype, [x.length], x.map((each, j) => (i === j ? NaN : each)))
        expect(f(spoiled).item()).toBeNaN()
      }
    }
  })

  test('a mixture all of whose components are out of reach has an infinite loss and no gradient', () => {
    const f = (m: nn.loss.Mixture): NdArray => loss.gaussianMixture(m, f64([1]))
    const m = { logits: f64([0, 0]), means: column(f64([0, 2])), logVariances: column(f64([-1e4, -1e4])) }
    expect(f(m).item()).toBe(inf)
    const g = grad(f)(m)
    for (const each of [g.logits, g.means, g.logVariances]) expect(np.any(each).item()).toBe(0)
  })
})
