import type { NdArray } from '../../src/core/array.js'
import { isFloat, isInteger, isUnsigned } from '../../src/core/dtype.js'
import { range } from '../../src/core/shape.js'
import * as lax from '../../src/control/index.js'
import { cast } from '../laws/bodies.js'

/** Numbers that decide what an operation leaves open; they shrink to zeros. */
export class Dice {
  readonly #rolls: readonly number[]
  #next = 0

  constructor(rolls: readonly number[]) {
    this.#rolls = rolls
  }

  below(n: number): number {
    return this.#rolls[this.#next++ % this.#rolls.length] % n
  }

  flag(): boolean {
    return this.below(2) === 1
  }

  pick<A>(list: readonly A[]): A {
    return list[this.below(list.length)]
  }

  /** Some of the numbers below n. */
  some(n: number): readonly number[] {
    return range(n).filter(() => this.flag())
  }

  /** The numbers below n in some order. */
  order(n: number): readonly number[] {
    const left = [...range(n)]
    return range(n).map(() => left.splice(this.below(left.length), 1)[0])
  }
}

/** What a step works on: values, a scalar of int32 if it needs one, and dice. */
export interface Materials {
  readonly x: NdArray
  readonly y: NdArray
  readonly index: () => NdArray
  readonly dice: Dice
}

export type Operation = (materials: Materials) => NdArray | readonly NdArray[]

export type Unary = (x: NdArray) => NdArray
export type Binary = (x: NdArray, y: NdArray) => NdArray

export const floatOf = (x: NdArray): NdArray => (isFloat(x.dtype) ? x : cast(x, 'float32'))
export const integerOf = (x: NdArray): NdArray => (isInteger(x.dtype) ? x : cast(x, 'int32'))
export const signedOf = (x: NdArray): NdArray => (x.dtype === 'bool' || isUnsigned(x.dtype) ? cast(x, 'int32') : x)
export const discreteOf = (x: NdArray): NdArray => (isFloat(x.dtype) ? lax.gt(x, 0.5) : x)

/** At least one axis. */
export const ranked = (x: NdArray): NdArray => (x.ndim === 0 ? lax.broadcastInDim(x, [3], []) : x)

/** Scalars that programs mention. */
export const literals = [1, 0, 2, -1, 0.5, 3, -0.25, 1000] as const
