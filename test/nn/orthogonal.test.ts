import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/errors.js'
import { grad, jit, nn, np, random, vmap } from '../../src/index.js'
import { close, sameBits } from '../support/close.js'

const { deltaOrthogonal, identity, orthogonal } = nn.initializers
const key = random.key(3)

/** Throws unless the columns, or the rows, are orthonormal. */
const orthonormal = (q: NdArray, rows: boolean, size = 1): void => {
  const t = np.transpose(q)
  const product = rows ? np.matmul(q, t) : np.matmul(t, q)
  close('orthonormal', product, np.multiply(np.eye(product.shape[0], { dtype: q.dtype }), size), q.dtype === 'float32' ? 1e-5 : 1e-13)
}

describe('orthogonal', () => {
  test.each([[5, 5], [7, 3], [3, 7], [1, 4], [4, 1]])('of %i × %i has orthonormal columns or rows', (rows, columns) => {
    for (const dtype of ['float32', 'float64'] as const) {
      orthonormal(orthogonal()([rows, columns], dtype)(key), rows < columns)
      orthonormal(orthogonal(3)([rows, columns], dtype)(key), rows < columns, 9)
    }
  })

  test('counts all axes but that of the columns as rows', () => {
    const kernel = orthogonal()([3, 2, 4, 6], 'float64')(key)
    orthonormal(np.reshape(kernel, [24, 6]), false)
    const first = orthogonal(1, 0)([6, 3, 2], 'float64')(key)
    orthonormal(np.reshape(first, [6, 6]), true)
  })

  test('has determinants of both signs, and draws one sample for each key of a batch', () => {
    const keys = random.split(key, 40)
    const batch = vmap((k: NdArray) => orthogonal()([2, 2], 'float64')(k))(keys)
    const signs = [...batch].map((q) => {
      const [[a, b], [c, d]] = q.toList() as readonly (readonly number[])[]
      return Math.round(a * d - b * c)
    })
    expect(new Set(signs)).toEqual(new Set([1, -1]))
    sameBits('one of them', [...batch][7], orthogonal()([2, 2], 'float64')([...keys][7]))
    sameBits('jit', jit((k: NdArray) => orthogonal()([2, 2], 'float64')(k))(key), orthogonal()([2, 2], 'float64')(key))
  })

  test('of nothing', () => {
    expect(orthogonal()([0, 3])(key).shape).toEqual([0, 3])
    expect(orthogonal()([3, 0])(key).shape).toEqual([3, 0])
  })
})

describe('kernels that keep lengths', () => {
  test.each([[[3]], [[2]], [[3, 4]]])('of windows %j', (window) => {
    const x = random.normal(key, [2, ...window.map(() => 6), 3], { dtype: 'float64' })
    const layer = nn.conv(3, 3, window, { weight: identity(), dtype: 'float64' })
    close('the input', layer.apply(layer.init(key))(x), x, 0)
    const turn = nn.conv(3, 5, window, { weight: deltaOrthogonal(), dtype: 'float64', bias: false })
    const y = turn.apply(turn.init(key))(x)
    close('lengths', np.sum(np.square(y), { axis: -1 }), np.sum(np.square(x), { axis: -1 }), 1e-13)
  })

  test('of a dense layer', () => {
    const layer = nn.linear(2, 3, { weight: identity(2) })
    expect(layer.apply(layer.init(key))(np.array([1, 2])).toList()).toEqual([2, 4, 0])
    expect(identity(-1)([3, 2])(key).toList()).toEqual([[-1, 0], [0, -1], [0, 0]])
  })
})

test('a recurrence through an orthogonal matrix keeps its gradient', () => {
  const q = orthogonal()([8, 8], 'float64')(key)
  const after = (x: NdArray): NdArray => {
    let h = x
    for (let i = 0; i < 50; i++) h = np.matmul(h, q)
    return np.sum(np.multiply(h, h))
  }
  const x = random.normal(key, [8], { dtype: 'float64' })
  close('gradient', grad(after)(x), np.multiply(2, x), 1e-12)
})

describe('mistakes', () => {
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, string]>([
    ['a vector', () => orthogonal()([3]), ShapeError, 'orthogonal: expected a shape with an axis of inputs and an axis of outputs, got [3]'],
    ['a vector', () => identity()([3]), ShapeError, 'identity: expected a shape with an axis of inputs'],
    ['an axis', () => orthogonal(1, 2)([3, 3]), ShapeError, 'orthogonal: expected an axis from -2 to 1, got axis 2'],
    ['half an axis', () => orthogonal(1, 0.5), ArgumentError, 'orthogonal: expected an integer as columnAxis, got 0.5'],
    ['a scale', () => orthogonal(NaN), ArgumentError, 'orthogonal: expected a finite scale, got NaN'],
    ['a dtype', () => orthogonal()([2, 2], 'int32' as 'float32'), DTypeError, 'orthogonal: expected float32 or float64, got int32'],
    ['fewer outputs', () => deltaOrthogonal()([3, 4, 2]), ShapeError, 'deltaOrthogonal: expected at least as many outputs as inputs, got [3, 4, 2]'],
    ['no window', () => identity()([0, 2, 2]), ShapeError, 'identity: expected a window with a middle, got [0, 2, 2]']
  ])('%s', (_, f, error, message) => {
    expect(f).toThrow(error)
    expect(f).toThrow(message)
  })
})
