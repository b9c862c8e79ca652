import type { Eq } from 'fp-ts/lib/Eq.js'
import { shortName, type DType } from './dtype.js'
import { equalShapes, type Shape } from './shape.js'

/** An abstract value: all that a trace knows of an array. */
export interface Aval {
  readonly shape: Shape
  readonly dtype: DType
  /** It came from a bare number: its dtype yields to those of arrays. */
  readonly weak: boolean
}

export const aval = (shape: Shape, dtype: DType, weak = false): Aval => ({ shape, dtype, weak })

/** Shape, dtype and weakness agree. */
export const equalAvals = (a: Aval, b: Aval): boolean =>
  a === b || (a.dtype === b.dtype && a.weak === b.weak && equalShapes(a.shape, b.shape))

/** Shape and dtype agree. */
export const sameType = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && equalShapes(a.shape, b.shape)

export const eqAval: Eq<Aval> = { equals: equalAvals }

/**
 * As jaxprs print it.
 *
 * @example
 * showAval(aval([2, 3], 'float32')) // f32[2,3]
 */
export const showAval = (a: Aval): string => `${shortName(a.dtype)}[${a.shape.join(',')}]`
