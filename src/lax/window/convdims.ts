import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkList } from '../../core/options.js'
import { range, type Shape } from '../../core/shape.js'

/*
 * The geometry that convolutions and windowed reductions share: dilation, padding, how often a window fits; and the
 * names of a convolution's axes.
 */

/** Elements before and after, along one axis; negative ones are taken away. */
export type Pair = readonly [low: number, high: number]

/**
 * Padding by name or in numbers: `'VALID'` is none; with `'SAME'` there are ⌈size / stride⌉ windows, the odd element of
 * padding after the array; with `'SAME_LOWER'` before it.
 */
export type WindowPadding = 'VALID' | 'SAME' | 'SAME_LOWER' | readonly Pair[]

/** The size of an axis whose neighbours are set `factor` apart. */
export const dilated = (size: number, factor: number): number => (size === 0 ? 0 : 1 + (size - 1) * factor)

/** How many windows there are. */
export const windowCount = (size: number, window: number, stride: number): number =>
  size < window ? 0 : Math.floor((size - window) / stride) + 1

/** Padding in numbers. `windows` are the sizes of the windows, dilated. */
export const paddingPairs = (who: string, padding: WindowPadding, sizes: Shape, windows: Shape, strides: Shape): readonly Pair[] => {
  if (typeof padding !== 'string') return checkList(who, 'padding in pairs of numbers, or its name', padding)
  if (padding === 'VALID') return sizes.map(() => [0, 0])
  if (padding !== 'SAME' && padding !== 'SAME_LOWER') {
    throw new ArgumentError(who, "padding 'VALID', 'SAME', 'SAME_LOWER' or pairs of numbers", padding)
  }
  return sizes.map((size, i) => {
    const total = Math.max((Math.ceil(size / strides[i]) - 1) * strides[i] + windows[i] - size, 0)
    const less = Math.floor(total / 2)
    return padding === 'SAME' ? [less, total - less] : [total - less, less]
  })
}

/** Checks a list of positive integers, one for each of `count` axes. */
export const checkPositive = (who: string, word: string, list: readonly number[], count: number): void => {
  if (checkList(who, `a list of numbers as ${word}`, list).length !== count || !list.every((x) => Number.isInteger(x) && x > 0)) {
    throw new ShapeError(who, `${word}: ${count} positive integers`, [...list])
  }
}

/** Checks that there is a pair of integers for each of `count` axes. */
export const checkPairs = (who: string, padding: readonly Pair[], count: number): void => {
  for (const pair of padding) checkList(who, 'pairs of numbers as padding', pair)
  if (padding.length !== count || !padding.every((pair) => pair.length === 2 && pair.every(Number.isInteger))) {
    throw new ShapeError(who, `padding: ${count} pairs of integers`, padding.map((pair) => [...pair]))
  }
}

/**
 * Which axes are which: for the image and the result the batch, the features, then space; for the kernel the output
 * features, the input features, then space.
 */
export interface ConvDimensionNumbers {
  readonly lhsSpec: readonly number[]
  readonly rhsSpec: readonly number[]
  readonly outSpec: readonly number[]
}

/** The axes as letters, as in `['NHWC', 'HWIO', 'NHWC']`: N batch, C features, O and I features of the kernel, others space. */
export type ConvLetters = readonly [lhs: string, rhs: string, out: string]

/** The positions of the two named axes, then those of space in the kernel's order. */
const positions = (spec: string, first: string, second: string, space: readonly string[]): readonly number[] =>
  [first, second, ...space].map((letter) => spec.indexOf(letter))

/** Dimension numbers from letters; unless given, batch and features lead (`NCHW`, `OIHW`, `NCHW`). */
export const convDimensionNumbers = (
  who: string, rank: number, numbers: ConvLetters | ConvDimensionNumbers | undefined
): ConvDimensionNumbers => {
  if (numbers === undefined) return { lhsSpec: range(rank), rhsSpec: range(rank), outSpec: range(rank) }
  if ('lhsSpec' in numbers) return numbers
  const [lhs, rhs, out] = numbers
  const space = Array.from(rhs).filter((letter) => letter !== 'O' && letter !== 'I')
  const specs = {
    lhsSpec: positions(lhs, 'N', 'C', space),
    rhsSpec: positions(rhs, 'O', 'I', space),
    outSpec: positions(out, 'N', 'C', space)
  }
  if (numbers.every((spec) => spec.length === rank) && Object.values(specs).every((spec) => isPermutation(spec, rank))) return specs
  const expected = `dimensionNumbers of ${rank} letters each: N and C, O and I, and the same ones for space`
  throw new ArgumentError(who, expected, numbers.join(', '))
}

const isPermutation = (spec: readonly number[], rank: number): boolean =>
  spec.length === rank && range(rank).every((axis) => spec.includes(axis))

/** Checks that every list of dimension numbers is a permutation of the axes. */
export const checkConvNumbers = (who: string, { lhsSpec, rhsSpec, outSpec }: ConvDimensionNumbers, rank: number): void => {
  for (const spec of [lhsSpec, rhsSpec, outSpec]) {
    if (!isPermutation(spec, rank)) throw new ShapeError(who, `dimensionNumbers that are permutations of ${rank} axes`, [...spec])
  }
}
