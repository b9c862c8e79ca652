import { checkArray, dataOf, isArray, isConcrete } from '../array/ndarray.js'
import { unravel } from '../control/effects/check.js'
import type { NdArray } from '../core/array.js'
import { isDType, isFloat, type FloatDType } from '../core/dtype.js'
import { ArgumentError, CotangentError, DTypeError, quoted, ShapeError, TreeError } from '../core/errors.js'
import { equalShapes, type Shape } from '../core/shape.js'

/*
 * What layers check: sizes and dtypes when they are made, parameters and inputs when they are applied.
 */

/** Checks that a number of things is a positive integer. */
export const checkCount = (who: string, what: string, count: number): number => {
  if (!Number.isSafeInteger(count) || count < 1) throw new ArgumentError(who, `a positive integer of ${what}`, quoted(count))
  return count
}

/** Checks that a value is a floating dtype. */
export const checkFloat = (who: string, dtype: FloatDType): FloatDType => {
  if (!isDType(dtype) || !isFloat(dtype)) throw new DTypeError(who, 'float32 or float64', dtype)
  return dtype
}

/** Checks that a leaf of a tree is an array of a shape. */
export const checkLeaf = (who: string, leaf: unknown, shape: Shape, path: string): NdArray => {
  const expected = `an array of shape [${shape.join(',')}]`
  if (!isArray(leaf)) throw new TreeError(who, expected, leaf, path)
  if (!equalShapes(leaf.shape, shape)) throw new ShapeError(who, expected, leaf, path)
  return leaf
}

/** The parameter of a name. Throws TreeError where there is none, ShapeError if it has another shape than the one it is drawn with. */
export const parameter = <N extends string>(
  who: string, params: { readonly [K in N]: NdArray }, name: N, shape: Shape
): NdArray => checkLeaf(who, (params as typeof params | null)?.[name], shape, `params.${name}`) // callers without types pass anything

/** What a part of a net gives. Complaints about its parameters say where these stand among those of the net: `params[2].weight`. */
export const within = <R>(index: number, part: () => R): R => {
  try {
    return part()
  } catch (error) {
    if (!(error instanceof CotangentError) || error.path?.startsWith('params') !== true) throw error
    const { constructor, who, expected, got, path } = error
    const Kind = constructor as new (...of: ConstructorParameters<typeof CotangentError>) => CotangentError // it made the error
    throw new Kind(who, expected, got, `params[${index}]${path.slice('params'.length)}`)
  }
}

/** Checks an input whose last axis is that of the features. */
export const checkFeatures = (who: string, x: NdArray, features: number): NdArray => {
  if (checkArray(who, x).shape.at(-1) !== features) throw new ShapeError(who, `an input whose last axis has size ${features}`, x)
  return x
}

/** Throws ArgumentError at the first element for which the test fails, if the elements are known. */
export const checkElements = (
  who: string, x: NdArray, what: 'answer' | 'id' | 'label' | 'weight', expected: string, holds: (element: number) => boolean
): void => {
  if (!isConcrete(x)) return
  const data = dataOf(x)
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i])) throw new ArgumentError(who, expected, `the ${what} ${data[i]}`, [`${what}s`, ...unravel(i, x.shape)])
  }
}
