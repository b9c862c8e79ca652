import type { NdArray } from '../../core/array.js'
import { ArgumentError, ShapeError, quoted } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'
import { paddingPairs, type Pair } from '../../lax/window/convdims.js'

/*
 * What convolutions and pools share: windows that slide along the axes of space, which lie between those of the batch and
 * the channels.
 */

/** A number for every axis of the window, or one for each. */
export type PerAxis = number | readonly number[]

/**
 * What is added around the input. With `'SAME'` there are ⌈size / stride⌉ places of the window, the odd element of padding behind;
 * `'VALID'` adds nothing; a number is added before and after every axis; a pair [before, after] for each axis says it all.
 */
export type Padding = 'SAME' | 'VALID' | number | readonly Pair[]

/** Padding by name, or a pair for each axis. */
export type ResolvedPadding = 'SAME' | 'VALID' | readonly Pair[]

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0 // a safe integer is a number

const isSize = (n: unknown): n is number => isCount(n) && n > 0

/** Checks the sizes of a window, one for each axis of space. */
export const checkWindow = (who: string, window: readonly number[], what = 'a window'): readonly number[] => {
  if (Array.isArray(window) && window.length >= 1 && window.length <= 3 && window.every(isSize)) return window
  throw new ArgumentError(who, `${what} of one to three positive integers, such as [2, 2]`, quoted(window))
}

/** Checks a number of axes of space. */
export const checkRank = (who: string, rank: number): void => {
  if (rank !== 1 && rank !== 2 && rank !== 3) throw new ArgumentError(who, '1, 2 or 3 axes of space', quoted(rank))
}

/** A positive integer for each axis of the window. */
export const perAxis = (who: string, what: string, value: PerAxis, rank: number): readonly number[] => {
  const list = Array.isArray(value) ? value : new Array<unknown>(rank).fill(value)
  if (list.length === rank && list.every(isSize)) return list
  throw new ArgumentError(who, `a positive integer as ${what}, or a list of ${rank}`, quoted(value))
}

const isPair = (pair: unknown): pair is Pair => Array.isArray(pair) && pair.length === 2 && pair.every(isCount)

/** Checks padding, and gives the pairs that a number stands for. */
export const checkPadding = (who: string, padding: Padding, rank: number): ResolvedPadding => {
  if (padding === 'SAME' || padding === 'VALID') return padding
  if (isCount(padding)) return new Array<Pair>(rank).fill([padding, padding])
  if (Array.isArray(padding) && padding.length === rank && padding.every(isPair)) return padding
  const expected = `padding 'SAME', 'VALID', a natural number or a list of ${rank} pairs of them [before, after]`
  throw new ArgumentError(who, expected, quoted(padding))
}

const names = [['length'], ['height', 'width'], ['depth', 'height', 'width']] as const

/** The sizes along space. Throws ShapeError for an input with too few axes, or with another number of channels if that is given. */
export const spaceOf = (who: string, x: NdArray, rank: number, channels?: number): Shape => {
  if (x.ndim <= rank || (channels !== undefined && x.shape.at(-1) !== channels)) {
    throw new ShapeError(who, `an input of shape [...batch, ${names[rank - 1].join(', ')}, ${channels ?? 'channels'}]`, x)
  }
  return x.shape.slice(-rank - 1, -1)
}

/** Throws ShapeError unless the sizes along space are at least these. */
export const checkLeast = (who: string, x: NdArray, space: Shape, least: Shape): void => {
  if (space.some((size, d) => size < least[d])) {
    throw new ShapeError(who, `an input of at least [${least.join(', ')}] along ${names[space.length - 1].join(', ')}`, x)
  }
}

/** Padding in pairs. `windows` are the sizes of the windows, dilated. Throws ShapeError where there would be no place for one. */
export const pairsOf = (
  who: string, x: NdArray, space: Shape, padding: ResolvedPadding, windows: Shape, stride: Shape
): readonly Pair[] => {
  const added = (d: number): number => (typeof padding === 'string' ? 0 : padding[d][0] + padding[d][1])
  checkLeast(who, x, space, windows.map((size, d) => (padding === 'SAME' ? 1 : Math.max(1, size - added(d)))))
  return paddingPairs(who, padding, space, windows, stride)
}
