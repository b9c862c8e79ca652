import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, quoted, ShapeError } from '../core/errors.js'
import * as lax from '../lax/index.js'
import * as np from '../numpy/index.js'
import { arrayOf, promoteAll, widen } from '../numpy/promote.js'
import { radial } from './units.js'

/*
 * Fixed functions of the inputs, of which a linear model can be made: without parameters, so that least squares finds the rest in
 * closed form.
 */

/**
 * All products of up to `degree` of the inputs along the last axis, by degree: [..., n] becomes 1, x₀ …, x₀², x₀x₁ … of shape
 * [..., C(n + degree, degree)]. Throws ArgumentError for a degree that is no natural number.
 *
 * @example
 * const cubic = features.polynomial(3)
 * cubic([[2], [3]]) // [[1, 2, 4, 8], [1, 3, 9, 27]]
 * features.polynomial(2)([2, 5]) // [1, 2, 5, 4, 10, 25]
 */
export const polynomial = (degree: number) => {
  if (!Number.isSafeInteger(degree) || degree < 0) throw new ArgumentError('polynomial', 'a natural number as degree', quoted(degree))
  return (x: ArrayLike): NdArray => {
    const a = widen('polynomial', x, 'float')
    if (a.ndim === 0) throw new ShapeError('polynomial', 'inputs along a last axis', a)
    const inputs = Array.from({ length: a.shape[a.ndim - 1] }, (_, i) => lax.indexInDim(a, i, -1, false))
    // products of one degree with the input that came last; those of the next continue them with it or a later one
    let products: readonly (readonly [product: NdArray, last: number])[] = [[lax.full(a.shape.slice(0, -1), 1, a.dtype), 0]]
    const columns = products.map(([product]) => product)
    for (let d = 0; d < degree; d++) {
      products = products.flatMap(([product, last]) =>
        inputs.slice(last).map((input, i) => [d === 0 ? input : lax.mul(product, input), last + i] as const))
      columns.push(...products.map(([product]) => product))
    }
    return np.stack(columns, { axis: -1 })
  }
}

/**
 * Gaussian bumps `exp(−‖x − cᵢ‖² / σᵢ²)` at given centres [units, n], of a width or one for each: inputs [..., n] become
 * [..., units]. Centres may be a grid, or some of the data; `radialBasis` learns them. Throws ShapeError for inputs and widths that do
 * not fit the centres, ArgumentError for a width that is not positive.
 *
 * @example
 * const bumps = features.gaussian([[0], [1], [2]], 1)
 * bumps([[1], [2]]) // [[0.3679, 1, 0.3679], [0.0183, 0.3679, 1]]
 */
export const gaussian = (centres: ArrayLike, width: ArrayLike) => {
  if (typeof width === 'number' && !(width > 0)) throw new ArgumentError('gaussian', 'a positive width', width)
  const [at, widths] = [arrayOf('gaussian', centres), arrayOf('gaussian', width)]
  if (at.ndim !== 2) throw new ShapeError('gaussian', 'centres of shape [units, n]', at)
  const units = at.shape[0]
  if (widths.ndim > 1 || (widths.ndim === 1 && widths.size !== units)) throw new ShapeError('gaussian', `one width, or ${units}`, widths)
  return (x: ArrayLike): NdArray => {
    const [a, c, w] = promoteAll('gaussian', [x, at, widths], 'float')
    if (a.shape.at(-1) !== c.shape[1]) throw new ShapeError('gaussian', `inputs of shape [..., ${c.shape[1]}]`, a)
    return radial(a, c, np.broadcastTo(w, [units]))
  }
}
