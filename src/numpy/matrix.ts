import type { ArrayLike, NdArray } from '../core/array.js'
import { checkDType, type DType } from '../core/dtype.js'
import { ShapeError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { normalAxes, range, without } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { checkInteger, checkWord } from './options.js'
import { arrayOf } from './promote.js'

/** Which diagonal: 0 the main one, positive above it, negative below. */
export interface DiagonalOption {
  readonly k?: number
}

/** A matrix made from nothing. */
export interface EyeOptions extends DiagonalOption {
  /** float32 by default. */
  readonly dtype?: DType
}

/** Whether column − row compares with `k`, as a matrix of booleans. */
const bands = (
  rows: number, columns: number, k: number, compare: (x: NdArray, y: NdArray) => NdArray
): NdArray => {
  const shape = [rows, columns]
  const column = lax.broadcastInDim(lax.iota('int32', [columns]), shape, [1])
  const row = lax.broadcastInDim(lax.iota('int32', [rows]), shape, [0])
  return compare(column, k === 0 ? row : lax.add(row, k))
}

const matrixOf = (
  who: string, rows: number, columns: number, options: EyeOptions, compare: (x: NdArray, y: NdArray) => NdArray
): NdArray => {
  checkOptions(who, options, ['k', 'dtype'])
  const { k = 0, dtype = 'float32' } = options
  checkInteger(who, 'number of rows', rows, 0)
  checkInteger(who, 'number of columns', columns, 0)
  checkInteger(who, 'diagonal', k)
  const mask = bands(rows, columns, k, compare)
  return checkDType(who, dtype) === 'bool' ? mask : lax.convertElementType(mask, dtype)
}

/**
 * Ones on a diagonal of a matrix of zeros. `jnp.eye`.
 *
 * @example
 * np.eye(2) // [[1, 0], [0, 1]]
 * np.eye(2, 3, { k: 1 }) // [[0, 1, 0], [0, 0, 1]]
 */
export const eye = (rows: number, columns: number | EyeOptions = rows, options: EyeOptions = {}): NdArray =>
  typeof columns === 'object' ? matrixOf('eye', rows, rows, columns, lax.eq) : matrixOf('eye', rows, columns, options, lax.eq)

/** The identity matrix. `jnp.identity`. */
export const identity = (size: number, options: { readonly dtype?: DType } = {}): NdArray => {
  checkOptions('identity', options, ['dtype'])
  return matrixOf('identity', size, size, options, lax.eq)
}

/**
 * Ones at and below a diagonal, zeros above. `jnp.tri`.
 *
 * @example
 * np.tri(3) // [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
 */
export const tri = (rows: number, columns: number = rows, options: EyeOptions = {}): NdArray =>
  matrixOf('tri', rows, columns, options, lax.le)

const masked = (who: string, x: ArrayLike, options: DiagonalOption, lower: boolean): NdArray => {
  checkOptions(who, options, ['k'])
  const matrix = arrayOf(who, x)
  const { k = 0 } = options
  checkInteger(who, 'diagonal', k)
  if (matrix.ndim < 2) throw new ShapeError(who, 'a matrix, or a stack of them', matrix)
  const [rows, columns] = matrix.shape.slice(-2)
  const mask = lax.broadcastInDim(bands(rows, columns, k, lower ? lax.le : lax.ge), matrix.shape, range(2, matrix.ndim - 2))
  return lax.select(mask, matrix, lax.fullLike(matrix, 0))
}

/**
 * The lower triangle, of the last two axes: zeros above diagonal `k`. `jnp.tril`.
 *
 * @example
 * np.tril([[1, 2], [3, 4]]) // [[1, 0], [3, 4]]
 */
export const tril = (x: ArrayLike, options: DiagonalOption = {}): NdArray => masked('tril', x, options, true)

/**
 * The upper triangle, of the last two axes: zeros below diagonal `k`. `jnp.triu`.
 *
 * @example
 * np.triu([[1, 2], [3, 4]]) // [[1, 2], [0, 4]]
 */
export const triu = (x: ArrayLike, options: DiagonalOption = {}): NdArray => masked('triu', x, options, false)

/** Which diagonal of which two axes. */
export interface DiagonalOptions {
  /** 0 is the main one, positive above, negative below. */
  readonly offset?: number
  /** The axes that span the matrices; 0 and 1 by default. */
  readonly axis1?: number
  readonly axis2?: number
}

/** The diagonal of the last two axes: in row-major order its elements are evenly spaced. */
export const lastDiagonal = (x: NdArray, k: number): NdArray => {
  const outer = x.shape.slice(0, -2)
  const [rows, columns] = x.shape.slice(-2)
  const length = Math.max(Math.min(rows + Math.min(k, 0), columns - Math.max(k, 0)), 0)
  const start = k >= 0 ? k : -k * columns
  const flat = lax.reshape(x, [...outer, rows * columns])
  if (length === 0) return lax.sliceInDim(flat, 0, 0, 1, outer.length)
  return lax.sliceInDim(flat, start, start + (length - 1) * (columns + 1) + 1, columns + 1, outer.length)
}

/**
 * The diagonals of the matrices that two axes span, along a new last axis. `jnp.diagonal`.
 *
 * @example
 * np.diagonal([[1, 2], [3, 4]]) // [1, 4]
 * np.diagonal([[1, 2], [3, 4]], { offset: 1 }) // [2]
 */
export const diagonal = (x: ArrayLike, options: DiagonalOptions = {}): NdArray => {
  checkOptions('diagonal', options, ['offset', 'axis1', 'axis2'])
  const { offset = 0, axis1 = 0, axis2 = 1 } = options
  checkInteger('diagonal', 'offset', offset)
  const array = arrayOf('diagonal', x)
  if (array.ndim < 2) throw new ShapeError('diagonal', 'an array of at least two axes', array)
  const axes = normalAxes('diagonal', [axis1, axis2], array.ndim)
  return lastDiagonal(lax.transpose(array, [...without(range(array.ndim), axes), ...axes]), offset)
}

/**
 * A vector as a diagonal of a matrix of zeros, or the diagonal of a matrix. `jnp.diag`.
 *
 * @example
 * np.diag([1, 2]) // [[1, 0], [0, 2]]
 * np.diag([[1, 2], [3, 4]]) // [1, 4]
 */
export const diag = (x: ArrayLike, options: DiagonalOption = {}): NdArray => {
  checkOptions('diag', options, ['k'])
  const { k = 0 } = options
  checkInteger('diag', 'diagonal', k)
  const array = arrayOf('diag', x)
  if (array.ndim === 2) return lastDiagonal(array, k)
  if (array.ndim !== 1) throw new ShapeError('diag', 'a vector or a matrix', array)
  const [length] = array.shape
  const size = length + Math.abs(k)
  if (length === 0) return lax.full([size, size], 0, array.dtype)
  const low = k >= 0 ? k : -k * size
  const high = size * size - low - (length - 1) * (size + 1) - 1
  return lax.reshape(lax.pad(array, 0, [[low, high, size]]), [size, size])
}

/** How `meshgrid` lays out its results. */
export interface MeshgridOptions {
  /** `'xy'` (the default): the first vector runs along axis 1, the second along axis 0. `'ij'`: each along its own. */
  readonly indexing?: 'xy' | 'ij'
  /** Size 1 along the other axes instead of copies; false by default. */
  readonly sparse?: boolean
}

/**
 * For each vector its coordinate at every point of the grid that they span. `jnp.meshgrid`.
 *
 * @example
 * const [x, y] = np.meshgrid([[1, 2], [10, 20]])
 * x // [[1, 2], [1, 2]]
 * y // [[10, 10], [20, 20]]
 */
export const meshgrid = (vectors: readonly ArrayLike[], options: MeshgridOptions = {}): readonly NdArray[] => {
  checkOptions('meshgrid', options, ['indexing', 'sparse'])
  const { indexing = 'xy', sparse = false } = options
  checkWord('meshgrid', 'indexing', ['xy', 'ij'], indexing)
  const arrays = checkList('meshgrid', 'a list of vectors', vectors).map((x) => arrayOf('meshgrid', x)).map((x, i) => {
    if (x.ndim > 1) throw new ShapeError('meshgrid', 'vectors', x, [i])
    return lax.reshape(x, [x.size])
  })
  const axes = range(arrays.length)
  const places = indexing === 'xy' && arrays.length > 1 ? [1, 0, ...axes.slice(2)] : axes
  const shape = new Array<number>(arrays.length)
  arrays.forEach((x, i) => (shape[places[i]] = x.size))
  const sizes = (place: number): readonly number[] => (sparse ? shape.map((size, axis) => (axis === place ? size : 1)) : shape)
  return arrays.map((x, i) => lax.broadcastInDim(x, sizes(places[i]), [places[i]]))
}
