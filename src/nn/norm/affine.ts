import type { NdArray } from '../../core/array.js'
import { isDType, isFloat, type FloatDType } from '../../core/dtype.js'
import { ArgumentError, DTypeError, quoted } from '../../core/errors.js'
import { checkShape, type Shape } from '../../core/shape.js'
import * as np from '../../numpy/index.js'
import { struct, type Init } from '../init.js'
import { ones, zeros, type Initializer } from '../initializers.js'

/** Whether a layer has a parameter, or how it is drawn. */
export type Choice = Initializer | boolean

/** The parameters of a normalisation: `scale` and `bias`, each unless it is switched off by `false`. */
export type Affine<S extends Choice = true, B extends Choice = true> = {
  readonly [K in (S extends false ? never : 'scale') | (B extends false ? never : 'bias')]: NdArray
}

/** What a normalisation is multiplied by, and what is added to it. */
export interface AffineOptions<S extends Choice, B extends Choice> {
  /** Draws the scale, ones by default; `false`: there is none. */
  readonly scale?: S
  /** Draws the bias, zeros by default; `false`: there is none. */
  readonly bias?: B
  /** Of scale and bias; float32 by default. */
  readonly dtype?: FloatDType
}

/** The names of the options that all normalisations have. */
export const affineOptions: readonly string[] = ['eps', 'scale', 'bias', 'dtype']

const initializerOf = (who: string, name: string, choice: Choice, usual: Initializer): Initializer => {
  if (choice === true) return usual
  if (typeof choice !== 'function') throw new ArgumentError(who, `an initialiser or a boolean as ${name}`, quoted(choice))
  return choice
}

/** Checks that a value is a floating dtype. */
export const checkFloat = (who: string, dtype: FloatDType): FloatDType => {
  if (!isDType(dtype) || !isFloat(dtype)) throw new DTypeError(who, 'float32 or float64', dtype)
  return dtype
}

/** Checks that a number of things is a positive integer. */
export const checkCount = (who: string, what: string, count: number): number => {
  if (!Number.isSafeInteger(count) || count < 1) throw new ArgumentError(who, `a positive integer of ${what}`, quoted(count))
  return count
}

/** The parameters of a shape, and what they do to an array whose last axes have that shape. */
export interface AffineMap<P> {
  readonly init: Init<P>
  readonly map: (params: P, y: NdArray) => NdArray
}

export const affine = <S extends Choice, B extends Choice>(
  who: string, shape: Shape, options: AffineOptions<S, B>
): AffineMap<Affine<S, B>> => {
  const { dtype = 'float32' } = options
  const [scale, bias]: readonly Choice[] = [options.scale ?? true, options.bias ?? true]
  checkFloat(who, dtype)
  checkShape(who, shape)
  const fields = {
    ...(scale === false ? {} : { scale: initializerOf(who, 'scale', scale, ones)(shape, dtype) }),
    ...(bias === false ? {} : { bias: initializerOf(who, 'bias', bias, zeros)(shape, dtype) })
  }
  return {
    init: struct(fields),
    map: (params: { readonly scale?: NdArray; readonly bias?: NdArray }, y) => {
      const scaled = scale === false ? y : np.multiply(y, params.scale as NdArray) // init has drawn it
      return bias === false ? scaled : np.add(scaled, params.bias as NdArray) // init has drawn it
    }
  }
}
