import type { NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { ArgumentError } from '../core/errors.js'
import { checkFunction } from '../core/options.js'
import { checkShape, type Shape } from '../core/shape.js'
import { checkFloat } from './check.js'
import type { Init, Key } from './init.js'

/**
 * Draws an array of a shape: `glorotUniform([784, 128])(key)`. Those that have parameters are made by a function of these:
 * `constant(0.1)([128])`. The dtype is float32 unless it is given.
 */
export type Initializer = (shape: Shape, dtype?: FloatDType) => Init<NdArray>

/** Whether a layer has a parameter, or how it is drawn. */
export type Choice = Initializer | boolean

/** Checks the initialiser of an option. */
export const checkInitializer = (who: string, name: string, draws: Initializer): Initializer =>
  checkFunction(who, `an initialiser as ${name}`, draws)

/** The initialiser that was chosen; undefined where there is to be no parameter. */
export const chosen = (who: string, name: string, choice: Choice, usual: Initializer): Initializer | undefined => {
  if (typeof choice === 'boolean') return choice ? usual : undefined
  return checkFunction(who, `an initialiser or a boolean as ${name}`, choice)
}

/** What an initialiser does once everything is checked. */
export type Draw = (key: Key, shape: Shape, dtype: FloatDType) => NdArray

/** An initialiser of a function that draws; shape and dtype are checked, by `check` too, before there is a key. */
export const initializer = (who: string, draw: Draw, check?: (shape: Shape) => void): Initializer => (shape, dtype = 'float32') => {
  if (!Array.isArray(shape)) throw new ArgumentError(who, 'a shape, a list of sizes such as [2, 3]', shape)
  checkShape(who, shape)
  checkFloat(who, dtype)
  check?.(shape)
  return (key) => draw(key, shape, dtype)
}

/** Checks a parameter. */
export const finite = (who: string, what: string, x: number): number => {
  if (!Number.isFinite(x)) throw new ArgumentError(who, `a finite ${what}`, x)
  return x
}
