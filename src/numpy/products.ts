import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { broadcastShapes, normalAxes, normalAxis, range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { multiply, subtract } from './arithmetic.js'
import { promoteAll, type Binary } from './promote.js'
import { ravel } from './shape.js'

/** Without the axes of size 1 among the first `count`. */
const squeezed = (x: NdArray, count: number): NdArray => lax.squeeze(x, range(count).filter((axis) => x.shape[axis] === 1))

/**
 * The matrix product of the last two axes; the axes before them broadcast. A vector on the left is a row, on the right a
 * column, and that axis disappears. `jnp.matmul`. Throws ShapeError for scalars and where inner sizes differ.
 *
 * @example
 * np.matmul([[1, 2], [3, 4]], [[1], [10]]) // [[21], [43]]
 * np.matmul([1, 2], [3, 4]) // 11
 */
export const matmul: Binary = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = promoteAll('matmul', [x, y])
  const inner = Math.max(b.ndim - 2, 0)
  if (a.ndim === 0 || b.ndim === 0) throw new ShapeError('matmul', 'operands with at least one axis', [a, b])
  if (a.shape[a.ndim - 1] !== b.shape[inner]) throw new ShapeError('matmul', 'contracting sizes to agree', [a, b])
  if (a.ndim <= 2 && b.ndim <= 2) return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [inner]] })
  const [outerA, outerB] = [Math.max(a.ndim - 2, 0), inner]
  const batch = broadcastShapes('matmul', [a.shape.slice(0, outerA), b.shape.slice(0, outerB)])
  // Batch axes of only one operand (the other has none, or size 1) are free: nothing has to be copied.
  const [left, right] = [squeezed(a, outerA), squeezed(b, outerB)]
  const axesOf = (sizes: readonly number[]): readonly number[] => {
    const offset = batch.length - sizes.length
    return sizes.flatMap((size, i) => (size === 1 ? [] : [offset + i]))
  }
  const [batchA, batchB] = [axesOf(a.shape.slice(0, outerA)), axesOf(b.shape.slice(0, outerB))]
  const shared = batchA.filter((axis) => batchB.includes(axis))
  const out = lax.dotGeneral(left, right, {
    contract: [[left.ndim - 1], [batchB.length]],
    batch: [shared.map((axis) => batchA.indexOf(axis)), shared.map((axis) => batchB.indexOf(axis))]
  })
  // What the axes of the product are: batch axes by number, then rows and columns.
  const row = a.ndim > 1 ? [batch.length] : []
  const column = b.ndim > 1 ? [batch.length + 1] : []
  const alone = (axes: readonly number[]): readonly number[] => axes.filter((axis) => !shared.includes(axis))
  const labels = [...shared, ...alone(batchA), ...row, ...alone(batchB), ...column]
  const order = labels.toSorted((i, j) => i - j)
  const moved = lax.transpose(out, order.map((label) => labels.indexOf(label)))
  const tail = moved.shape.slice(moved.ndim - row.length - column.length)
  return lax.reshape(moved, [...batch, ...tail])
}

/**
 * The sum of products over the last axis of `x` and the second to last, or only, axis of `y`; scalars multiply. `jnp.dot`.
 *
 * @example
 * np.dot([1, 2], [3, 4]) // 11
 */
export const dot: Binary = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = promoteAll('dot', [x, y])
  if (a.ndim === 0 || b.ndim === 0) return multiply(a, b)
  const inner = Math.max(b.ndim - 2, 0)
  if (a.shape[a.ndim - 1] !== b.shape[inner]) throw new ShapeError('dot', 'contracting sizes to agree', [a, b])
  return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [inner]] })
}

/** The sum of products of all elements. `jnp.vdot`. Throws ShapeError if there are not as many. */
export const vdot: Binary = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = [ravel(x), ravel(y)]
  if (a.size !== b.size) throw new ShapeError('vdot', 'as many elements on both sides', [a, b])
  return dot(a, b)
}

/** The sums of products over the last axes; scalars multiply. `jnp.inner`. */
export const inner: Binary = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = promoteAll('inner', [x, y])
  if (a.ndim === 0 || b.ndim === 0) return multiply(a, b)
  if (a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) throw new ShapeError('inner', 'last sizes to agree', [a, b])
  return lax.dotGeneral(a, b, { contract: [[a.ndim - 1], [b.ndim - 1]] })
}

/**
 * The product of every element of `x` with every one of `y`, as a matrix. `jnp.outer`.
 *
 * @example
 * np.outer([1, 2], [3, 4]) // [[3, 4], [6, 8]]
 */
export const outer: Binary = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = promoteAll('outer', [x, y])
  return multiply(lax.reshape(a, [a.size, 1]), lax.reshape(b, [1, b.size]))
}

/** Which axes are summed over. */
export interface TensordotOptions {
  /** The last axes of `x` with as many first ones of `y`, 2 by default; or a list for each. */
  readonly axes?: number | readonly [x: number | readonly number[], y: number | readonly number[]]
}

/**
 * The sum of products over axes of both; the axes left of `x`, then those of `y`. `jnp.tensordot`.
 *
 * @example
 * np.tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]]) // 5
 * np.tensordot([[1, 2], [3, 4]], [[1, 0], [0, 1]], { axes: [0, 1] }) // [[1, 3], [2, 4]]
 */
export const tensordot = (x: ArrayLike, y: ArrayLike, options: TensordotOptions = {}): NdArray => {
  checkOptions('tensordot', options, ['axes'])
  const { axes = 2 } = options
  const [a, b] = promoteAll('tensordot', [x, y])
  if (typeof axes === 'number' && (!Number.isInteger(axes) || axes < 0 || axes > Math.min(a.ndim, b.ndim))) {
    throw new ArgumentError('tensordot', `a number of axes from 0 to ${Math.min(a.ndim, b.ndim)}`, axes)
  }
  const left = normalAxes('tensordot', typeof axes === 'number' ? range(axes, a.ndim - axes) : axes[0], a.ndim)
  const right = normalAxes('tensordot', typeof axes === 'number' ? range(axes) : axes[1], b.ndim)
  if (left.length !== right.length || left.some((axis, i) => a.shape[axis] !== b.shape[right[i]])) {
    throw new ShapeError('tensordot', `contracting sizes to agree along axes [${left.join(',')}] and [${right.join(',')}]`, [a, b])
  }
  return lax.dotGeneral(a, b, { contract: [left, right] })
}

/**
 * The Kronecker product: every element of `x` times the whole of `y`. `jnp.kron`.
 *
 * @example
 * np.kron([1, 10], [1, 2]) // [1, 2, 10, 20]
 */
export const kron = (x: ArrayLike, y: ArrayLike): NdArray => {
  const [a, b] = promoteAll('kron', [x, y])
  const rank = Math.max(a.ndim, b.ndim)
  const sizes = (v: NdArray): readonly number[] => [...new Array<number>(rank - v.ndim).fill(1), ...v.shape]
  const [m, n] = [sizes(a), sizes(b)]
  const left = lax.reshape(a, m.flatMap((size) => [size, 1]))
  const right = lax.reshape(b, n.flatMap((size) => [1, size]))
  return lax.reshape(multiply(left, right), m.map((size, i) => size * n[i]))
}

/** Which axis holds the vectors. */
export interface CrossOptions {
  /** The last one by default. */
  readonly axis?: number
}

/**
 * The cross product of vectors of three components. `jnp.cross`. Throws ShapeError for others.
 *
 * @example
 * np.cross([1, 0, 0], [0, 1, 0]) // [0, 0, 1]
 */
export const cross = (x: ArrayLike, y: ArrayLike, options: CrossOptions = {}): NdArray => {
  checkOptions('cross', options, ['axis'])
  const { axis = -1 } = options
  const [a, b] = promoteAll('cross', [x, y])
  const components = (v: NdArray): readonly NdArray[] => {
    const at = normalAxis('cross', axis, v.ndim)
    if (v.shape[at] !== 3) throw new ShapeError('cross', `vectors of three components along axis ${at}`, v)
    return lax.split(v, [1, 1, 1], at)
  }
  const [a1, a2, a3] = components(a)
  const [b1, b2, b3] = components(b)
  const minor = (p: NdArray, q: NdArray, r: NdArray, s: NdArray): NdArray => subtract(multiply(p, q), multiply(r, s))
  const parts = [minor(a2, b3, a3, b2), minor(a3, b1, a1, b3), minor(a1, b2, a2, b1)]
  return lax.concatenate(parts, axis < 0 ? parts[0].ndim + axis : axis)
}
