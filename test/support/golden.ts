import { readFileSync } from 'node:fs'
import type { NdArray } from '../../src/core/array.js'
import type { DType } from '../../src/core/dtype.js'
import type { Shape } from '../../src/core/shape.js'
import { arrayOf } from './arrays.js'
import { close, sameBits } from './close.js'

interface Flat {
  readonly dtype: DType
  readonly shape: Shape
  readonly data: readonly (number | boolean | string)[]
}

/** A case as `golden.py` writes it, its arrays made. */
export interface Case<P> {
  readonly name: string
  readonly fn: string
  readonly args: readonly NdArray[]
  readonly params: P
  readonly out: NdArray
  readonly cotangent: NdArray
  readonly grad: readonly NdArray[]
}

const isFlat = (x: unknown): x is Flat => typeof x === 'object' && x !== null && 'dtype' in x && 'data' in x

/** What golden.py wrote, with arrays in the place of their descriptions. */
const revive = (_: string, x: unknown): unknown => (isFlat(x) ? arrayOf(x.dtype, x.shape, x.data.map(Number)) : x)

/** The cases of a topic. Fields that a case does not have are undefined, whatever their type says. */
export const golden = <P>(topic: string): readonly Case<P>[] =>
  JSON.parse(readFileSync(new URL(`../golden/${topic}.json`, import.meta.url), 'utf8'), revive) as readonly Case<P>[] // our own file

/** Throws unless an array is a golden one: to the bit, or within a tolerance. */
export const same = (what: string, got: NdArray, expected: NdArray, tolerance?: number): void => {
  if (tolerance === undefined) sameBits(what, got, expected)
  else close(what, got, expected, tolerance)
}
