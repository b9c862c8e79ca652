import type { ArrayLike } from '../core/array.js'
import { ShapeError } from '../core/errors.js'
import { withName } from '../core/name.js'
import { checkList } from '../core/options.js'
import { checkShape, sizeOf, type Shape } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { arrayOf, type Unary } from '../numpy/promote.js'
import { checkCount, checkFeatures } from './check.js'

/**
 * The last axes as one, in row-major order; three by default: images [...batch, height, width, channels] become rows
 * [...batch, height width channels]. What stands before, batch axes or none, stays. Throws ArgumentError unless `axes` is a positive
 * integer, ShapeError for inputs with fewer axes.
 *
 * @example
 * flatten()(np.zeros([32, 7, 7, 8])).shape // [32, 392]
 * flatten(2)([[1, 2], [3, 4]]) // [1, 2, 3, 4]
 */
export const flatten = (axes = 3): Unary => {
  checkCount('flatten', 'axes', axes)
  const who = `flatten(${axes})`
  return withName(who, (x: ArrayLike) => {
    const a = arrayOf(who, x)
    if (a.ndim < axes) throw new ShapeError(who, `an input of at least ${axes} axes`, a)
    return lax.reshape(a, [...a.shape.slice(0, -axes), sizeOf(a.shape.slice(-axes))])
  })
}

/**
 * The last axis as several, in row-major order: undoes `flatten`, before the convolutions of a decoder. Throws ShapeError for what
 * is no shape and for inputs whose last axis has another size.
 *
 * @example
 * unflatten([7, 7, 8])(np.zeros([32, 392])).shape // [32, 7, 7, 8]
 */
export const unflatten = (shape: Shape): Unary => {
  checkList('unflatten', 'a shape, a list of sizes such as [7, 7, 8]', shape)
  const size = sizeOf(checkShape('unflatten', shape))
  const who = `unflatten([${shape.join(', ')}])`
  return withName(who, (x: ArrayLike) => {
    const a = checkFeatures(who, arrayOf(who, x), size)
    return lax.reshape(a, [...a.shape.slice(0, -1), ...shape])
  })
}
