import { range } from '../../core/shape.js'

/** The bytes of words of two vectors, 0 to 3 of the one and 4 to 7 of the other: what `v128.shuffle` puts together. */
export const words = (first: number, second: number, third: number, fourth: number): readonly number[] =>
  [first, second, third, fourth].flatMap((word) => range(4, 4 * word))

export const [lowHalves, highHalves] = [words(0, 1, 4, 5), words(2, 3, 6, 7)]

/** Words of the one and the other in turns. */
export const [lowWords, highWords] = [words(0, 4, 1, 5), words(2, 6, 3, 7)]

/** The upper half of a vector below. */
export const turnedHalves = words(2, 3, 0, 1)
