import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { checkGrads } from '../../src/transform/check.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64 } from '../support/arrays.js'
import { close } from '../support/close.js'

const { features } = nn

/** All exponents of `inputs` variables of a total degree, the first variable's greatest first. */
const exponents = (inputs: number, degree: number): readonly (readonly number[])[] =>
  inputs === 1
    ? [[degree]]
    : Array.from({ length: degree + 1 }, (_, i) => degree - i).flatMap((own) => exponents(inputs - 1, degree - own).map((rest) => [own, ...rest]))

describe('polynomial', () => {
  test('has every monomial once, by degree', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 4 }), (inputs, degree) => {
      const x = [1.5, -2, 0.75].slice(0, inputs)
      const expected = Array.from({ length: degree + 1 }, (_, d) => exponents(inputs, d)).flat()
        .map((powers) => powers.reduce((product, power, i) => product * x[i] ** power, 1))
      close('monomials', features.polynomial(degree)(f64(x)), f64(expected), 1e-14)
    }), { numRuns: 30 })
  })

  test('a line fits in closed form: the normal equations', () => {
    const x = np.expandDims(np.linspace(-1, 1, 9), 1)
    const phi = features.polynomial(1)(x)
    const y = np.add(2, np.multiply(3, np.squeeze(x, [1])))
    const [[a, b], [c, d]] = np.matmul(np.transpose(phi), phi).toList() as readonly (readonly [number, number])[]
    const [p, q] = np.matmul(np.transpose(phi), y).toList() as readonly [number, number]
    expect([(d * p - b * q) / (a * d - b * c), (a * q - c * p) / (a * d - b * c)].map((w) => w.toFixed(5))).toEqual(['2.00000', '3.00000'])
  })
})

describe('gaussian', () => {
  test('is radialBasis with centres that are given', () => {
    const [centre, width, x] = [random.normal(random.key(0), [3, 2]), np.array([1, 2, 3]), random.normal(random.key(1), [5, 2])]
    close('features', features.gaussian(centre, width)(x), nn.radialBasis(2, 3).apply({ centre, width })(x), 0)
    close('one width', features.gaussian(centre, 2)(x), features.gaussian(centre, [2, 2, 2])(x), 0)
  })
})

test('features compose with the transforms, and with layers', () => {
  const x = random.normal(random.key(2), [4, 2], { dtype: 'float64' })
  for (const f of [features.polynomial(3), features.gaussian(np.array([[0, 0], [1, 1]], { dtype: 'float64' }), 0.7)]) {
    close('jit', jit(f)(x), f(x), 1e-15)
    close('vmap', vmap(f)(x), f(x), 1e-15)
    checkGrads((y: NdArray) => f(y))(x)
  }
  const net = nn.chain(features.polynomial(2), nn.linear(6, 1))
  expect(net.apply(net.init(random.key(3)))(np.zeros([4, 2])).shape).toEqual([4, 1])
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['half a degree', () => features.polynomial(1.5), ArgumentError, 'a natural number as degree, got 1.5'],
    ['a polynomial of a scalar', () => features.polynomial(1)(2), ShapeError, 'inputs along a last axis'],
    ['a width of 0', () => features.gaussian([[0]], 0), ArgumentError, 'a positive width'],
    ['centres in a vector', () => features.gaussian([0, 1], 1), ShapeError, 'centres of shape [units, n]'],
    ['two widths for three centres', () => features.gaussian([[0], [1], [2]], [1, 2]), ShapeError, 'one width, or 3'],
    ['inputs of another size', () => features.gaussian([[0], [1]], 1)([[0, 1]]), ShapeError, 'inputs of shape [..., 1]']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
