import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { jvp } from '../../src/transform/forward.js'
import { grad } from '../../src/transform/grad.js'
import { vjp } from '../../src/transform/reverse.js'
import { vmap } from '../../src/transform/vmap.js'
import { cases, check, type Case } from '../numpy/golden.js'
import { f32, f64, i32 } from '../support/arrays.js'
import { close } from '../support/close.js'
import { ways } from '../support/ways.js'

type AnyFunction = (...args: readonly unknown[]) => NdArray

/** Golden cases of `jax.nn`; the normalisation of `standardize` and the weights of `logsumexp` are not of this set. */
const own = (topic: string): readonly (readonly [string, Case])[] =>
  cases(topic)
    .filter(({ fn, name }) => /^nn\.\w+$/.test(fn) && fn !== 'nn.standardize' && !name.includes('weighted'))
    .map((each) => [each.name, each])

const functionOf = ({ fn, params }: Case): ((x: NdArray) => NdArray) => {
  const name = fn.replace('nn.', '')
  if (name === 'oneHot') return (x) => nn.oneHot(x, params?.['numClasses'] as number)
  const f = (name === 'logsumexp' ? np.logsumexp : nn[name as keyof typeof nn]) as AnyFunction // named at run time
  return (x) => (params === undefined ? f(x) : f(x, params))
}

describe.each(ways)('values are those of JAX, %s', (_how, run) => {
  test.each(own('numpy'))('%s', (_, each) => {
    check(each.name, run(functionOf(each))(each.args[0] as NdArray), each.out, each.tol) // one array, no list
  })
})

describe.each(ways)('derivatives at kinks are those of JAX, %s', (_how, run) => {
  test.each(own('kinks'))('%s', (_, each) => {
    const f = functionOf(each)
    const x = each.args[0] as NdArray // one array, no list
    const tol = { abs: each.name === 'nn.gelu' ? 1e-13 : 1e-14, rel: 1e-13 } // JAX's gelu cancels in its tail
    check('value', run(f)(x), each.out, tol)
    check('jvp', run(jvp(f))([x], [(each.tangents as readonly NdArray[])[0]])[1], each.jvp as NdArray, tol)
    const pulled = run((y: NdArray, ct: NdArray) => vjp(f)(y)[1](ct)[0])
    check('vjp', pulled(x, each.cotangent as NdArray), (each.grad as readonly NdArray[])[0], tol)
  })
})

const elementwise = {
  relu: nn.relu, relu6: nn.relu6, absRectifier: nn.absRectifier, leakyRelu: nn.leakyRelu, elu: nn.elu, celu: nn.celu, selu: nn.selu,
  softplus: nn.softplus, sigmoid: nn.sigmoid, logSigmoid: nn.logSigmoid, tanh: nn.tanh, silu: nn.silu, swish: nn.swish, mish: nn.mish, gelu: nn.gelu,
  exactGelu: (x: NdArray) => nn.gelu(x, { approximate: false }), hardTanh: nn.hardTanh, hardSigmoid: nn.hardSigmoid,
  hardSilu: nn.hardSilu, softSign: nn.softSign
}

describe.each(Object.entries(elementwise))('%s', (name, f) => {
  test('is finite with its derivative wherever the argument is', () => {
    const x = f64([-1e4, -30, -1e-300, -0, 0, 1e-300, 30, 1e4, -1e300, 1e300])
    for (const y of [f(x), vmap(grad(f))(x)]) expect([...y.toTypedArray()].every(Number.isFinite), y.toString()).toBe(true)
  })

  test('keeps NaN', () => {
    expect(f(f32(NaN)).item()).toBeNaN()
  })

  test('makes float32 of integers, keeps float64, and maps over a batch', () => {
    expect(f(i32([1, 2])).dtype).toBe('float32')
    expect(f(f64([1, 2])).dtype).toBe('float64')
    const x = f64([-2, 0.5, 3])
    close(name, vmap(f)(x), f(x), 0)
  })
})

describe('softmax', () => {
  const rows = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 6 }).map(f64)

  test('sums to 1, ignores shifts, and is the exponential of logSoftmax', () => {
    fc.assert(fc.property(rows, fc.double({ min: -100, max: 100, noNaN: true }), (x, shift) => {
      close('sum', np.sum(nn.softmax(x)), f64(1), 1e-14)
      close('shift', nn.softmax(np.add(x, shift)), nn.softmax(x), 1e-11)
      close('exp', np.exp(nn.logSoftmax(x)), nn.softmax(x), 1e-12)
    }))
  })

  test('takes several axes', () => {
    close('both', nn.softmax(np.zeros([2, 3]), { axis: [0, 1] }), np.full([2, 3], 1 / 6), 1e-7)
  })
})

describe('units with parameters', () => {
  const x = f64([-2, -0.5, 0.25, 3])
  const pairs = (a: NdArray, b: NdArray): NdArray => np.reshape(np.stack([a, b], { axis: -1 }), [8])

  test('prelu with the slopes 0 and 0.1 is relu and leakyRelu', () => {
    expect(nn.prelu(4).apply({ slope: f64([0, 0, 0, 0]) })(x).toList()).toEqual([-0, -0, 0.25, 3])
    close('leaky', nn.prelu(4).apply({ slope: f64([0.1, 0.1, 0.1, 0.1]) })(x), nn.leakyRelu(x, { negativeSlope: 0.1 }), 0)
    expect(nn.prelu(2).init(random.key(0)).slope.toList()).toEqual([0.25, 0.25])
    expect(nn.prelu(1).apply({ slope: f64([0.5]) })(f64(-2)).shape).toEqual([])
  })

  test('maxout of two pieces reproduces relu and the absolute value', () => {
    close('relu', nn.maxout(2)(pairs(x, np.zerosLike(x))), nn.relu(x), 0)
    close('abs', nn.maxout(2)(pairs(x, np.negative(x))), nn.absRectifier(x), 0)
  })

  test('maxoutLinear is maxout behind linear, drawn as that', () => {
    const [layer, affine] = [nn.maxoutLinear(3, 2, 4), nn.linear(3, 8)]
    const params = layer.init(random.key(1))
    close('weight', params.weight, affine.init(random.key(1)).weight, 0)
    const input = random.normal(random.key(2), [5, 3])
    close('output', layer.apply(params)(input), nn.maxout(4)(affine.apply(params)(input)), 0)
    expect(layer.apply(params)(input).shape).toEqual([5, 2])
  })

  test('products of cosine units average to a Gaussian kernel', () => {
    const net = nn.cosine(2, 20_000)
    const params = net.init(random.key(4))
    const [a, b] = [net.apply(params)(np.array([0.3, -0.2])), net.apply(params)(np.array([-0.4, 0.5]))]
    expect(2 * np.mean(np.multiply(a, b)).item()).toBeCloseTo(Math.exp(-0.5 * (0.7 ** 2 + 0.7 ** 2)), 1)
    expect(np.max(params.bias).item()).toBeGreaterThan(6)
  })

  test('layers under vmap are themselves on a batch', () => {
    const batch = random.normal(random.key(5), [4, 6])
    const layers = [nn.prelu(6), nn.maxoutLinear(6, 2), nn.radialBasis(6, 3), nn.cosine(6, 3)] as readonly nn.Layer<unknown>[]
    for (const layer of layers) {
      const f = layer.apply(layer.init(random.key(6)))
      close('batch', vmap(f)(batch), f(batch), 1e-6)
    }
  })

  test('a radial basis function is 1 at its centre and exp(-1) at its width', () => {
    const layer = nn.radialBasis(2, 2)
    const y = layer.apply({ centre: np.array([[0, 0], [3, 4]]), width: np.array([5, 5]) })(np.array([[0, 0], [3, 4]]))
    close('responses', y, np.array([[1, Math.exp(-1)], [Math.exp(-1), 1]]), 1e-6)
    checkGrads((p: nn.RadialBasis, at: NdArray) => layer.apply(p)(at))({ centre: np.reshape(x, [2, 2]), width: f64([2, 3]) }, f64([0.5, 1]))
  })
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['an unknown option', () => nn.leakyRelu([1], { slope: 1 } as object), ArgumentError, 'options among negativeSlope'],
    ['NaN as a slope', () => nn.leakyRelu([1], { negativeSlope: NaN }), ArgumentError, 'a number as negativeSlope, got NaN'],
    ['a beta of 0', () => nn.swish([1], { beta: 0 }), ArgumentError, 'swish: expected a positive beta, got 0'],
    ['half a unit of prelu', () => nn.prelu(0.5), ArgumentError, 'a positive integer of units, got 0.5'],
    ['another number of units of prelu', () => nn.prelu(2).apply({ slope: f64([0, 0]) })(f64([1, 2, 3])), ShapeError, 'whose last axis has size 2'],
    ['no units of maxoutLinear', () => nn.maxoutLinear(2, 0), ArgumentError, 'maxoutLinear: expected a positive integer of units, got 0'],
    ['no pieces of maxoutLinear', () => nn.maxoutLinear(2, 2, 0), ArgumentError, 'a positive integer of pieces'],
    ['inputs of maxoutLinear of another size', () => nn.maxoutLinear(2, 3).apply(nn.maxoutLinear(2, 3).init(random.key(0)))(f64([1])), ShapeError,
      'maxoutLinear(2, 3, 2): expected an input whose last axis has size 2'],
    ['inputs of cosine of another size', () => nn.cosine(2, 3).apply(nn.cosine(2, 3).init(random.key(0)))(f64([1])), ShapeError,
      'cosine(2, 3): expected an input whose last axis has size 2'],
    ['radial basis functions of no inputs', () => nn.radialBasis(0, 2), ArgumentError, 'a positive integer of inputs'],
    ['inputs of another size', () => nn.radialBasis(2, 2).apply(nn.radialBasis(2, 2).init(random.key(0)))(f64([1, 2, 3])), ShapeError,
      'radialBasis(2, 2): expected an input whose last axis has size 2'],
    ['softmax of a scalar', () => nn.softmax(1), ShapeError, 'softmax'],
    ['softmax along no axis', () => nn.softmax([1], { axis: 1 }), ShapeError, 'axis 1'],
    ['glu of an odd size', () => nn.glu([1, 2, 3]), ShapeError, 'an even size'],
    ['maxout of an odd size', () => nn.maxout(2)([1, 2, 3]), ShapeError, 'a multiple of 2'],
    ['maxout of no pieces', () => nn.maxout(0)([1, 2, 3]), ArgumentError, 'a positive integer of pieces'],
    ['oneHot of fractions', () => nn.oneHot([0.5], 2), ArgumentError, 'integer indices'],
    ['oneHot of -1 classes', () => nn.oneHot([0], -1), ArgumentError, 'a natural number of classes']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
