import type { NdArray } from '../core/array.js'
import { sameType, type Aval } from '../core/aval.js'
import { join } from '../core/promotion.js'
import { equalShapes } from '../core/shape.js'
import { convertElementType } from '../lax/elementwise/convert.js'

/** The type that two results take together: they differ in nothing, or one of them is weak and yields. `undefined` if there is none. */
export const agreed = (a: Aval, b: Aval): Aval | undefined => {
  if (!equalShapes(a.shape, b.shape)) return undefined
  if (a.dtype === b.dtype) return { ...a, weak: a.weak && b.weak }
  if (a.weak === b.weak) return undefined
  const { dtype } = join(a, b)
  return dtype === (a.weak ? b : a).dtype ? { ...a, dtype, weak: false } : undefined
}

/** The array in the type agreed upon. */
export const converted = (x: NdArray, aval: Aval): NdArray =>
  sameType(x.aval, aval) && x.weak === aval.weak ? x : convertElementType(x, aval.dtype, aval.weak)
