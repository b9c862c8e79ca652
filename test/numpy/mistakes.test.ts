import { expect, test } from 'vitest'
import { ArgumentError, DTypeError, ShapeError, TracerError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as linalg from '../../src/linalg/index.js'
import * as np from '../../src/numpy/index.js'

const x = np.ones([2, 3])
const wrong = <T>(options: Readonly<Record<string, unknown>>): T => options as T // a mistake on purpose

test.each<[string, () => unknown, new (...args: never[]) => Error, string]>([
  ['an unknown option', () => np.sum(x, wrong({ axes: 1 })),
    ArgumentError, 'sum: expected options among axis, keepdims, dtype, got the unknown option "axes"'],
  ['an axis beyond the rank', () => np.mean(x, { axis: 2 }), ShapeError, 'mean: expected an axis from -2 to 1, got axis 2'],
  ['an axis twice', () => np.sum(x, { axis: [0, -2] }), ShapeError, 'sum: expected each axis at most once'],
  ['a fractional axis', () => np.max(x, { axis: 0.5 }), ArgumentError, 'max: expected an integer axis, got 0.5'],
  ['the greatest of nothing', () => np.max(np.zeros([0])), ShapeError, 'max: expected at least one element along the axes, got float32[0]'],
  ['an unknown dtype', () => np.zeros([2], wrong({ dtype: 'float16' })), DTypeError, 'zeros: expected a dtype among bool, int8'],
  ['a negative size', () => np.zeros([2, -1]), ShapeError, 'zeros: expected a shape of non-negative integers, got [2, -1]'],
  ['a size that does not divide', () => np.reshape(x, [4, -1]), ShapeError, 'reshape: expected a number of elements that [4,-1] divides'],
  ['two open sizes', () => np.reshape(x, [-1, -1]), ShapeError, 'reshape: expected a shape of non-negative integers'],
  ['other elements', () => np.reshape(x, [4]), ShapeError, 'reshape: expected an array of 4 elements for the shape [4], got float32[2,3]'],
  ['parts that are not equal', () => np.split(x, 2, { axis: 1 }),
    ShapeError, 'split: expected a size of axis 1 that 2 divides, got float32[2,3]'],
  ['no arrays', () => np.concatenate([]), ArgumentError, 'concatenate: expected at least one array'],
  ['shapes that differ', () => np.stack([x, np.ones([2])]), ShapeError, 'stack: expected arrays of the shape [2,3], got float32[2] at [1]'],
  ['a step of zero', () => np.arange(0, 1, 0), ArgumentError, 'arange: expected finite numbers'],
  ['an unknown mode', () => np.pad(x, 1, wrong({ mode: 'mirror' })),
    ArgumentError, 'pad: expected mode among constant, edge, reflect, symmetric, wrap'],
  ['a negative width', () => np.pad(x, -1), ArgumentError, 'pad: expected an integer width of at least 0, got -1'],
  ['widths for other axes', () => np.pad(x, [[1, 1], [0, 0], [0, 0]]), ShapeError, 'pad: expected widths for each of 2 axes'],
  ['a fraction beyond 1', () => np.quantile(x, 2), ArgumentError, 'quantile: expected a number from 0 to 1, got 2'],
  ['floating positions', () => np.take(x, np.array([1])), DTypeError, 'take: expected integer indices'],
  ['fractional positions', () => np.take(x, [0.5]), ArgumentError, 'take: expected integer indices, got 0.5'],
  ['a negative power of integers', () => np.power(np.ones([1], { dtype: 'int32' }), -1),
    ArgumentError, 'power: expected a non-negative exponent'],
  ['bits of floats', () => np.bitwiseAnd(x, x), DTypeError, 'integers or booleans'],
  ['axes to contract that differ', () => np.tensordot(x, x, { axes: 1 }), ShapeError, 'tensordot: expected contracting sizes to agree'],
  ['two components', () => np.cross([1, 2], [3, 4]), ShapeError, 'cross: expected vectors of three components along axis 0'],
  ['an order of matrices', () => linalg.norm(x, { ord: 3 }),
    ArgumentError, "norm: expected 'fro', 'nuc', ±1, ±2 or ±Infinity as the order for matrices, got 3"],
  ['three axes', () => linalg.norm(np.ones([1, 1, 1]), { ord: 1 }), ShapeError, 'norm: expected one axis of vectors or two of matrices'],
  ['an array beyond vectors and matrices', () => np.diag(np.ones([1, 1, 1])), ShapeError, 'diag: expected a vector or a matrix'],
  ['a text', () => np.sin('1' as never), ArgumentError, 'sin: expected an array, a number or a boolean, got "1"'],
  ['nothing', () => np.add(x, undefined as never), ArgumentError, 'add: expected an array, a number or a boolean, got undefined'],
  ['a place that is not known', () => jit((y: typeof x) => np.nonzero(y)[0])(x), TracerError, 'a value traced by jit'],
  ['a traced number', () => jit((y: typeof x) => np.add(y, Number(np.max(y))))(x), TracerError, 'conversion to a primitive']
])('%s', (_, f, kind, message) => {
  expect(f).toThrow(kind)
  expect(f).toThrow(message)
})
