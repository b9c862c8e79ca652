import type { ArrayLike, NdArray } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { normalAxis, range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { add, divide, multiply, subtract } from './arithmetic.js'
import { checkInteger, checkWord } from './options.js'
import { promoteAll, widen } from './promote.js'

/** Which part of a convolution: all of it, as much as the longer vector, or where the vectors overlap entirely. */
export type ConvolveMode = 'full' | 'same' | 'valid'

/** Which part is wanted. */
export interface ConvolveOptions {
  /** `'full'` by default, `'valid'` for `correlate`. */
  readonly mode?: ConvolveMode
}

const slid = (who: string, x: NdArray, kernel: NdArray, mode: ConvolveMode): NdArray => {
  checkWord(who, 'mode', ['full', 'same', 'valid'], mode)
  const size = kernel.size
  const before = mode === 'full' ? size - 1 : mode === 'same' ? Math.floor(size / 2) : 0
  const after = mode === 'full' ? size - 1 : mode === 'same' ? size - Math.floor(size / 2) - 1 : 0
  const out = lax.convGeneralDilated(lax.reshape(x, [1, 1, x.size]), lax.reshape(kernel, [1, 1, size]), { padding: [[before, after]] })
  return lax.reshape(out, [out.size])
}

const vectors = (who: string, x: ArrayLike, y: ArrayLike): readonly [NdArray, NdArray] => {
  const [a, b] = promoteAll(who, [x, y], 'number')
  if (a.ndim !== 1 || b.ndim !== 1 || a.size === 0 || b.size === 0) throw new ShapeError(who, 'vectors with elements', [a, b])
  return [a, b]
}

/**
 * The convolution of two vectors. `jnp.convolve`.
 *
 * @example
 * np.convolve([1, 2, 3], [1, 10]) // [1, 12, 23, 30]
 * np.convolve([1, 2, 3], [1, 10], { mode: 'valid' }) // [12, 23]
 */
export const convolve = (x: ArrayLike, y: ArrayLike, options: ConvolveOptions = {}): NdArray => {
  checkOptions('convolve', options, ['mode'])
  const [a, b] = vectors('convolve', x, y)
  const [long, short] = a.size < b.size ? [b, a] : [a, b]
  return slid('convolve', long, lax.rev(short, [0]), options.mode ?? 'full')
}

/** The sums of products of two vectors at every offset. `jnp.correlate`. */
export const correlate = (x: ArrayLike, y: ArrayLike, options: ConvolveOptions = {}): NdArray => {
  checkOptions('correlate', options, ['mode'])
  const [a, b] = vectors('correlate', x, y)
  const mode = options.mode ?? 'valid'
  return a.size < b.size ? lax.rev(slid('correlate', b, a, mode), [0]) : slid('correlate', a, b, mode)
}

/**
 * The polynomial with the given coefficients, that of the highest power first, at every element. `jnp.polyval`.
 *
 * @example
 * np.polyval([1, 0, -2], 3) // 7
 */
export const polyval = (coefficients: ArrayLike, x: ArrayLike): NdArray => {
  const [c, points] = promoteAll('polyval', [coefficients, x])
  if (c.ndim === 0) throw new ShapeError('polyval', 'coefficients along an axis', c)
  return range(c.shape[0]).reduce<NdArray>((sum, i) => add(multiply(sum, points), lax.indexInDim(c, i, 0, false)), lax.fullLike(points, 0))
}

/** The powers of `vander`. */
export interface VanderOptions {
  /** How many columns; as many as elements by default. */
  readonly n?: number
  /** Whether powers ascend; false by default. */
  readonly increasing?: boolean
}

/**
 * The powers of the elements of a vector, in rows. `jnp.vander`.
 *
 * @example
 * np.vander([2, 3], { n: 3 }) // [[4, 2, 1], [9, 3, 1]]
 */
export const vander = (x: ArrayLike, options: VanderOptions = {}): NdArray => {
  checkOptions('vander', options, ['n', 'increasing'])
  const vector = widen('vander', x, 'number')
  if (vector.ndim !== 1) throw new ShapeError('vander', 'a vector', vector)
  const { n = vector.size, increasing = false } = options
  checkInteger('vander', 'number of columns', n, 0)
  if (n === 0) return lax.full([vector.size, 0], 0, vector.dtype)
  const columns = range(n).map((power) => lax.expandDims(lax.integerPow(vector, increasing ? power : n - 1 - power), [1]))
  return lax.concatenate(columns, 1)
}

/** Where the samples of `trapezoid` lie. */
export interface TrapezoidOptions {
  /** Their positions along the axis; evenly spaced by default. */
  readonly x?: ArrayLike
  /** The spacing; 1 by default. */
  readonly dx?: number
  /** The last one by default. */
  readonly axis?: number
}

/**
 * The integral along an axis by the trapezoidal rule. `jnp.trapezoid`.
 *
 * @example
 * np.trapezoid([1, 2, 3], { dx: 2 }) // 8
 */
export const trapezoid = (y: ArrayLike, options: TrapezoidOptions = {}): NdArray => {
  checkOptions('trapezoid', options, ['x', 'dx', 'axis'])
  const { x, dx = 1, axis = -1 } = options
  const values = widen('trapezoid', y, 'float')
  const at = normalAxis('trapezoid', axis, values.ndim)
  const moved = lax.transpose(values, [...range(values.ndim).filter((i) => i !== at), at])
  const last = values.ndim - 1
  const size = values.shape[at]
  const ends = (v: NdArray): readonly [NdArray, NdArray] => {
    const lastAxis = v.ndim - 1
    return [lax.sliceInDim(v, 0, Math.max(size - 1, 0), 1, lastAxis), lax.sliceInDim(v, Math.min(1, size), size, 1, lastAxis)]
  }
  const widths = (): ArrayLike => {
    if (x === undefined) return dx
    const positions = widen('trapezoid', x, 'float')
    if (positions.shape.at(-1) !== size) throw new ShapeError('trapezoid', `positions of ${size} samples`, positions)
    const [before, after] = ends(positions)
    return subtract(after, before)
  }
  const [before, after] = ends(moved)
  const areas = multiply(add(before, after), divide(widths(), 2))
  return lax.reduceSum(areas, [last])
}
