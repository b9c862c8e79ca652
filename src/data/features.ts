import { isArray } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { ShapeError, TreeError } from '../core/errors.js'
import { widen } from '../numpy/promote.js'
import type { Invertible } from './preprocessor.js'

/** A preprocessor whose states are objects of arrays. Throws TreeError for a state without one of the fields. */
export const withArrays = <S extends object>(who: string, fields: readonly (keyof S & string)[], parts: Invertible<S>): Invertible<S> => {
  const checked = (state: S): S => {
    const given = (state as unknown) ?? {}
    if (fields.every((name) => isArray((given as Partial<S>)[name]))) return state
    throw new TreeError(who, `a state as its fit makes it, arrays ${fields.join(', ')}`, state)
  }
  return { ...parts, apply: (state) => parts.apply(checked(state)), invert: (state) => parts.invert(checked(state)) }
}

/** Examples along axis 0, at least one, as floats. Throws ShapeError for scalars and where there is no example. */
export const examplesOf = (who: string, x: ArrayLike): NdArray => {
  const array = widen(who, x, 'float')
  if (array.ndim === 0 || array.shape[0] === 0) throw new ShapeError(who, 'at least one example along axis 0', array)
  return array
}

/** Examples that are vectors: a matrix. */
export const vectorsOf = (who: string, x: ArrayLike): NdArray => {
  const array = examplesOf(who, x)
  if (array.ndim !== 2 || array.shape[1] === 0) {
    throw new ShapeError(who, 'a matrix, [examples, features] (flatten images with np.reshape)', array)
  }
  return array
}

/** One example, or several along leading axes, as floats whose last axes are those of the fit. Throws ShapeError otherwise. */
export const fitting = (who: string, x: ArrayLike, features: readonly number[]): NdArray => {
  const array = widen(who, x, 'float')
  const from = array.ndim - features.length
  if (from < 0 || features.some((size, i) => size !== 1 && size !== array.shape[from + i])) {
    throw new ShapeError(who, `features of the shape [${features.join(',')}] that it was fitted to`, array)
  }
  return array
}
