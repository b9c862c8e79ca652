import type { ArrayLike, NdArray } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { broadcastShapes, normalAxis, range, without } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { fromFront, indicesOf } from './indices.js'
import { checkWord } from './options.js'
import { arrayOf, expanded } from './promote.js'
import { mod } from './arithmetic.js'

/**
 * What happens to positions beyond the ends: `'fill'` gives the fill value, `'clip'` the element at the end, `'wrap'` counts
 * on from the other end.
 */
export type TakeMode = 'fill' | 'clip' | 'wrap'

/** How elements are taken. */
export interface TakeOptions {
  /** The axis of the positions; by default they count all elements, in row-major order. */
  readonly axis?: number | null
  /** `'fill'` by default. Negative positions count from the end, except with `'clip'`. */
  readonly mode?: TakeMode
  /** What mode `'fill'` gives beyond the ends: by default NaN, the least signed or the greatest unsigned integer, or true. */
  readonly fillValue?: number | boolean
}

const names = ['axis', 'mode', 'fillValue'] as const
const modes: readonly TakeMode[] = ['fill', 'clip', 'wrap']

const placed = (indices: NdArray, size: number, mode: TakeMode): NdArray =>
  mode === 'fill' ? fromFront(indices, size) : mode === 'wrap' ? mod(indices, size) : indices

/** What `lax.gather` is told of positions beyond the ends. */
export const filling = (mode: TakeMode, fillValue: number | boolean | undefined): Pick<lax.GatherOptions, 'mode' | 'fillValue'> =>
  mode === 'fill' ? { mode, ...(fillValue !== undefined && { fillValue }) } : { mode: 'clip' }

/**
 * The elements, or slices along an axis, at the given positions, whose axes stand in that axis's place. `jnp.take`.
 * Throws DTypeError unless the positions are integers.
 *
 * @example
 * np.take([10, 20, 30], [2, 0, -1]) // [30, 10, 30]
 * np.take([[1, 2], [3, 4]], [1, 1], { axis: 0 }) // [[3, 4], [3, 4]]
 */
export const take = (x: ArrayLike, indices: ArrayLike, options: TakeOptions = {}): NdArray => {
  checkOptions('take', options, names)
  const { axis = null, mode = 'fill', fillValue } = options
  checkWord('take', 'mode', modes, mode)
  const given = arrayOf('take', x)
  const array = axis === null ? lax.reshape(given, [given.size]) : given
  const at = axis === null ? 0 : normalAxis('take', axis, array.ndim)
  const size = array.shape[at]
  const positions = placed(indicesOf('take', indices), size, mode)
  if (size === 0 && positions.size > 0 && mode !== 'fill') throw new ShapeError('take', 'an axis with elements', array)
  return lax.gather(array, lax.expandDims(positions, [positions.ndim]), {
    offsetDims: [...range(at), ...range(array.ndim - at - 1, at + positions.ndim)],
    collapsedSliceDims: [at],
    startIndexMap: [at],
    sliceSizes: array.shape.with(at, 1),
    ...filling(mode, fillValue)
  })
}

/**
 * Elements along an axis, at positions of their own for each place along the other axes, which broadcast: what `argsort` and
 * `argmax` find. `jnp.take_along_axis`. Throws DTypeError unless the positions are integers.
 *
 * @example
 * const x = np.array([[3, 1, 2], [4, 6, 5]])
 * np.takeAlongAxis(x, np.argsort(x), { axis: -1 }) // [[1, 2, 3], [4, 5, 6]]
 */
export const takeAlongAxis = (x: ArrayLike, indices: ArrayLike, options: TakeOptions = {}): NdArray => {
  checkOptions('takeAlongAxis', options, names)
  const { axis = -1, mode = 'fill', fillValue } = options
  checkWord('takeAlongAxis', 'mode', modes, mode)
  const given = arrayOf('takeAlongAxis', x)
  const positions = indicesOf('takeAlongAxis', indices)
  const array = axis === null ? lax.reshape(given, [given.size]) : given
  if (positions.ndim !== array.ndim) throw new ShapeError('takeAlongAxis', `positions with ${array.ndim} axes`, positions)
  const at = axis === null ? 0 : normalAxis('takeAlongAxis', axis, array.ndim)
  const shape = broadcastShapes('takeAlongAxis', [array.shape.with(at, 1), positions.shape.with(at, 1)])
  const source = expanded(array, shape.with(at, array.shape[at]))
  const places = placed(expanded(positions, shape.with(at, positions.shape[at])), array.shape[at], mode)
  const others = without(range(array.ndim), [at])
  return lax.gather(source, lax.expandDims(places, [places.ndim]), {
    offsetDims: [],
    collapsedSliceDims: [at],
    startIndexMap: [at],
    operandBatchingDims: others,
    startIndicesBatchingDims: others,
    sliceSizes: source.shape.map(() => 1),
    ...filling(mode, fillValue)
  })
}
