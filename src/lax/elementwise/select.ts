import { dataOf, share, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate } from '../../core/dtype.js'
import { DTypeError, ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes, sizeOf } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { broadcastInDim, zerosLike } from '../broadcast.js'
import { known, primitive } from '../rule.js'
import { pickElements } from './elements.js'
import { allBatched, pointwiseAval } from './pointwise.js'

/** The type of the cases, and of the result. */
const selectAval = ([which, ...cases]: readonly Aval[]): Aval => {
  if (cases.length === 0) throw new ShapeError('selectN', 'at least one case', 'none')
  if (which.dtype !== 'bool' && which.dtype !== 'int32') throw new DTypeError('selectN', 'a choice of bool or int32', which)
  if (which.dtype === 'bool' && cases.length > 2) throw new ShapeError('selectN', 'at most two cases for booleans', `${cases.length} cases`)
  const out = pointwiseAval('selectN', cases, 'any')
  if (which.shape.length > 0 && !equalShapes(which.shape, out.shape)) {
    throw new ShapeError('selectN', 'a choice that is a scalar or has the shape of the cases', [which, out])
  }
  return out
}

/** Elements of one of several arrays. A scalar chooses a whole array. */
export const selectNP: Primitive<'select_n'> = primitive('select_n', {
  abstract: selectAval,
  impl([which, ...cases], _, out) {
    const chosen = dataOf(which)
    if (which.ndim === 0 && out.shape.length > 0) {
      const last = cases.length - 1
      return share(out, cases[chosen[0] < 0 ? 0 : Math.min(chosen[0], last)])
    }
    return wrap(out, pickElements(chosen, cases.map(dataOf), allocate(out.dtype, sizeOf(out.shape))))
  },
  linearFrom: 1,
  transpose: (position) => (ct, [which, ...cases]) =>
    bind1(selectNP, [known(which), ...cases.map((_, i) => (i === position - 1 ? ct : zerosLike(ct)))]),
  batch(size, operands, batched) {
    const [which, ...cases] = operands
    const [whichBatched, ...casesBatched] = batched
    const { shape } = cases[0].aval
    const perElement = casesBatched[0] ? shape.slice(1) : shape
    if (whichBatched && which.ndim === 1 && perElement.length > 0) {
      const full = broadcastInDim(which, [size, ...perElement], [0])
      return bind1(selectNP, [full, ...allBatched(size, cases, casesBatched)])
    }
    if (!whichBatched && which.ndim === 0) return bind1(selectNP, [which, ...allBatched(size, cases, casesBatched)])
    return bind1(selectNP, allBatched(size, operands, batched))
  }
})

/**
 * Elements from several arrays of one type: from `cases[0]` where `which` is 0 or false, from `cases[1]` where it is 1 or
 * true, and so on; beyond the cases from the nearest. A scalar `which` chooses a whole array. JAX's `lax.select_n`.
 * Throws ShapeError and DTypeError if the cases differ in type or `which` does not fit them.
 *
 * @example
 * lax.selectN(np.array([0, 2, 1], { dtype: 'int32' }), np.array([1, 2, 3]), np.array([4, 5, 6]), np.array([7, 8, 9])) // [1, 8, 6]
 */
export const selectN = (which: NdArray, ...cases: readonly NdArray[]): NdArray => bind1(selectNP, [which, ...cases])

/**
 * `onTrue` where the predicate holds, `onFalse` elsewhere. JAX's `lax.select`.
 *
 * @example
 * lax.select(np.array([true, false]), np.array([1, 2]), np.array([3, 4])) // [1, 4]
 */
export const select = (predicate: NdArray, onTrue: NdArray, onFalse: NdArray): NdArray => bind1(selectNP, [predicate, onFalse, onTrue])
