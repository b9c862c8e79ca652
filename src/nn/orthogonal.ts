import type { NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { normalAxis, range, sizeOf, without, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { qr } from '../linalg/qr.js'
import { multiply } from '../numpy/arithmetic.js'
import { diag, eye } from '../numpy/matrix.js'
import * as random from '../random/index.js'
import { finite, initializer, type Draw, type Initializer } from './initializer.js'

/*
 * Initialisers that keep lengths: signals neither grow nor fade through layers.
 */

const checkMatrix = (who: string, shape: Shape): void => {
  if (shape.length < 2) throw new ShapeError(who, 'a shape with an axis of inputs and an axis of outputs', [...shape])
}

const checkKernel = (who: string, shape: Shape): void => {
  checkMatrix(who, shape)
  if (shape.slice(0, -2).includes(0)) throw new ShapeError(who, 'a window with a middle', [...shape])
}

/** A matrix whose columns, or rows if there are fewer of them, are orthonormal, uniformly among all such. */
const uniformlyOrthogonal = (axis: number): Draw => (key, shape, dtype) => {
  const columns = shape[axis]
  const others = without(shape, [axis])
  const rows = sizeOf(others)
  const [q, r] = qr(random.normal(key, rows > columns ? [rows, columns] : [columns, rows], { dtype }))
  // Q alone is not uniform: its signs follow from the way it is computed.
  const signed = multiply(q, lax.sign(diag(r)))
  const matrix = rows < columns ? lax.transpose(signed, [1, 0]) : signed
  const order = range(shape.length - 1)
  return lax.transpose(lax.reshape(matrix, [...others, columns]), [...order.slice(0, axis), order.length, ...order.slice(axis)])
}

/** Places a matrix at the middle of a window of zeros: where padding to the same size sees the place itself. */
const centred = (matrix: NdArray, shape: Shape): NdArray => {
  const window = shape.slice(0, -2)
  const middle = window.map((size): readonly [number, number, number] => [(size - 1) >> 1, size - 1 - ((size - 1) >> 1), 0])
  return lax.pad(lax.reshape(matrix, [...window.map(() => 1), ...matrix.shape]), 0, [...middle, [0, 0, 0], [0, 0, 0]])
}

/** Checks the factor and the axis of an orthogonal initialiser; the axis is found when the shape is. */
const checkAxis = (who: string, scale: number, columnAxis: number): void => {
  finite(who, 'scale', scale)
  if (!Number.isInteger(columnAxis)) throw new ArgumentError(who, 'an integer as columnAxis', columnAxis)
}

/**
 * A matrix with orthonormal columns (rows, if there are fewer of them) times `scale`, uniformly distributed among all of these (Saxe,
 * McClelland & Ganguli, 2014): Q of a normal sample, its signs such that the diagonal of R is positive. All axes but
 * `columnAxis`, the last by default, count as rows: kernels of convolutions have orthonormal outputs. `jax.nn.initializers.orthogonal`.
 * Throws ShapeError for shapes of less than two axes.
 *
 * @example
 * const q = initializers.orthogonal()([4, 2])(random.key(0))
 * np.allclose(np.matmul(np.transpose(q), q), np.eye(2), { atol: 1e-6 }) // true
 */
export const orthogonal = (scale = 1, columnAxis = -1): Initializer => {
  checkAxis('orthogonal', scale, columnAxis)
  return initializer(
    'orthogonal',
    (key, shape, dtype) => lax.mul(uniformlyOrthogonal(normalAxis('orthogonal', columnAxis, shape.length))(key, shape, dtype), scale),
    (shape) => {
      checkMatrix('orthogonal', shape)
      normalAxis('orthogonal', columnAxis, shape.length)
    }
  )
}

/**
 * A kernel [...window, inputs, outputs] of a convolution that is zero but for its middle, where an orthogonal matrix times `scale` stands
 * (Xiao et al., 2018): with padding to the same size the convolution keeps lengths. `jax.nn.initializers.delta_orthogonal`, also
 * for matrices. Throws ShapeError if there are more inputs than outputs, or no middle.
 *
 * @example
 * initializers.deltaOrthogonal()([3, 1, 1])(random.key(0)) // [[[0]], [[1]], [[0]]]
 */
export const deltaOrthogonal = (scale = 1, columnAxis = -1): Initializer => {
  checkAxis('deltaOrthogonal', scale, columnAxis)
  return initializer(
    'deltaOrthogonal',
    (key, shape, dtype) => centred(orthogonal(scale, columnAxis)(shape.slice(-2), dtype)(key), shape),
    (shape) => {
      checkKernel('deltaOrthogonal', shape)
      normalAxis('deltaOrthogonal', columnAxis, 2)
      const [inputs, outputs] = shape.slice(-2)
      if (inputs > outputs) throw new ShapeError('deltaOrthogonal', 'at least as many outputs as inputs', [...shape])
    }
  )
}

/**
 * The identity times `scale`; the key is not used. A matrix [inputs, outputs] has it on its diagonal, a kernel [...window, inputs,
 * outputs] at its middle and zeros elsewhere: with padding to the same size the layer gives its input. Recurrent rectifiers start
 * so (Le, Jaitly & Hinton, 2015). PyTorch's `eye_` and `dirac_`. Throws ShapeError for shapes of less than two axes.
 *
 * @example
 * initializers.identity()([2, 3])(random.key(0)) // [[1, 0, 0], [0, 1, 0]]
 * initializers.identity(0.5)([3, 1, 1])(random.key(0)) // [[[0]], [[0.5]], [[0]]]
 */
export const identity = (scale = 1): Initializer => {
  finite('identity', 'scale', scale)
  return initializer(
    'identity',
    (_, shape, dtype) => {
      const diagonal = eye(shape[shape.length - 2], shape[shape.length - 1], { dtype: 'bool' })
      return centred(lax.select(diagonal, lax.full(diagonal.shape, scale, dtype), lax.full(diagonal.shape, 0, dtype)), shape)
    },
    (shape) => {
      checkKernel('identity', shape)
    }
  )
}
