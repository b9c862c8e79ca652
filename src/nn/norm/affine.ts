import type { NdArray } from '../../core/array.js'
import type { FloatDType } from '../../core/dtype.js'
import type { Shape } from '../../core/shape.js'
import * as np from '../../numpy/index.js'
import { checkFloat, parameter } from '../check.js'
import { struct, type Init } from '../init.js'
import { chosen, type Choice } from '../initializer.js'
import { ones, zeros } from '../initializers.js'

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

/** The parameters of a shape, and what they do to an array whose last axes have that shape. */
export interface AffineMap<P> {
  readonly init: Init<P>
  readonly map: (params: P, y: NdArray) => NdArray
}

/** Scale and bias of a shape: `kind` speaks for the options, `who` for parameters that do not fit. */
export const affine = <S extends Choice, B extends Choice>(
  kind: string, who: string, shape: Shape, options: AffineOptions<S, B>
): AffineMap<Affine<S, B>> => {
  const { scale = true, bias = true, dtype = 'float32' }: AffineOptions<Choice, Choice> = options
  checkFloat(kind, dtype)
  const [first, second] = [chosen(kind, 'scale', scale, ones), chosen(kind, 'bias', bias, zeros)]
  const fields = {
    ...(first === undefined ? {} : { scale: first(shape, dtype) }),
    ...(second === undefined ? {} : { bias: second(shape, dtype) })
  }
  return {
    init: struct(fields),
    map: (params, y) => {
      const p = params as Affine // what was switched off is not looked at
      const scaled = first === undefined ? y : np.multiply(y, parameter(who, p, 'scale', shape))
      return second === undefined ? scaled : np.add(scaled, parameter(who, p, 'bias', shape))
    }
  }
}
