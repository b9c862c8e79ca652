import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as nn from '../../src/nn/index.js'
import * as np from '../../src/numpy/index.js'
import * as random from '../../src/random/index.js'
import { grad } from '../../src/transform/grad.js'
import { vmap } from '../../src/transform/vmap.js'
import { f64, i32 } from '../support/arrays.js'
import { close, sameBits } from '../support/close.js'

const key = random.key(5)
const words = nn.embedding(4, 3)
const params = words.init(key)

test('is the product of one-hot vectors with the weight, whatever the shape of the ids', () => {
  for (const shape of [[], [6], [2, 3], [1, 3, 2]]) {
    const ids = random.randint(key, shape, 0, 4)
    const y = words.apply(params)(ids)
    close('one-hot', y, np.matmul(nn.oneHot(ids, 4), params.weight), 0)
    sameBits('jit', jit(words.apply(params))(ids), y)
    if (shape.length > 0) sameBits('vmap', vmap(words.apply(params))(ids), y)
  }
  expect(words.apply(params)(np.zeros([0], { dtype: 'uint8' })).shape).toEqual([0, 3])
})

test('the gradient adds up what the uses of each vector ask for', () => {
  const loss = (p: nn.Weight, ids: NdArray): NdArray => np.sum(np.square(words.apply(p)(ids)))
  const ids = i32([2, 0, 2])
  const uses = np.reshape(f64([1, 0, 2, 0]), [4, 1])
  close('uses', grad(loss)(params, ids).weight, np.astype(np.multiply(np.multiply(2, params.weight), uses), 'float32'), 1e-6)
  const each = vmap(grad(loss), { in: [null, 0] })(params, ids).weight
  close('each', np.sum(each, { axis: 0 }), grad(loss)(params, ids).weight, 1e-6)
})

test('attends by the same weight', () => {
  const x = np.ones([2, 5, 3])
  close('logits', words.attend(params)(x), np.matmul(x, np.transpose(params.weight)), 0)
  const tied = (p: nn.Weight): NdArray => np.sum(words.attend(p)(words.apply(p)(i32([1, 2]))))
  expect(np.all(np.notEqual(grad(tied)(params).weight, 0)).item()).toBe(1)
})

test('is drawn with vectors of unit length on average, and as told', () => {
  const { weight } = nn.embedding(400, 16).init(key)
  expect(np.mean(np.sum(np.square(weight), { axis: 1 })).item()).toBeCloseTo(1, 1)
  const ones = nn.embedding(2, 2, { weight: nn.initializers.ones, dtype: 'float64' }).init(key).weight
  expect([ones.dtype, ones.toList()]).toEqual(['float64', [[1, 1], [1, 1]]])
  expectTypeOf<nn.Params<typeof words>>().toEqualTypeOf<nn.Weight>()
})

test('traced ids out of range give NaN and no gradient', () => {
  const ids = i32([1, -1, 4])
  const y = jit(words.apply(params))(ids)
  expect(np.isnan(y).toList()).toEqual([[false, false, false], [true, true, true], [true, true, true]])
  const gradient = jit(grad((p: nn.Weight, at: NdArray) => np.sum(words.apply(p)(at))))(params, ids).weight
  expect(gradient.toList()).toEqual([[0, 0, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0]])
})

describe('bad input', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['nothing to look up', () => nn.embedding(0, 3), ArgumentError, 'embedding: expected a positive integer of things, got 0'],
    ['half a feature', () => nn.embedding(3, 0.5), ArgumentError, 'embedding: expected a positive integer of features, got 0.5'],
    ['an unknown option', () => nn.embedding(3, 3, { init: nn.initializers.ones } as object), ArgumentError, '"init"'],
    ['an integer dtype', () => nn.embedding(3, 3, { dtype: 'int32' as 'float32' }), DTypeError, 'float32 or float64'],
    ['an id beyond the end', () => words.apply(params)(np.reshape(i32([0, 3, 1, 2, 4, 0]), [2, 3])), ArgumentError,
      'embedding(4, 3): expected ids from 0 to 3, got the id 4 at ids[1][1]'],
    ['a negative id', () => words.apply(params)(i32(-1)), ArgumentError, 'expected ids from 0 to 3, got the id -1 at ids'],
    ['floating ids', () => words.apply(params)(np.array([0, 2])), DTypeError, 'integer ids'],
    ['a list', () => words.apply(params)([0, 2] as never), ArgumentError, 'embedding(4, 3)'],
    ['a weight of another shape', () => words.apply({ weight: np.ones([3, 4]) })(i32(0)), ShapeError,
      'embedding(4, 3): expected an array of shape [4,3], got float32[3,4] at params.weight'],
    ['features of another size', () => words.attend(params)(np.ones([4])), ShapeError,
      'an input whose last axis has size 3, got float32[4]']
  ])('%s', (_, f, type, message) => {
    expect(f).toThrow(type)
    expect(f).toThrow(message)
  })
})
