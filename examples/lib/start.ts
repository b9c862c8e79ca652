import * as E from 'fp-ts/lib/Either.js'
import type { Options, Program } from './args.js'
import { command } from './command.js'
import { drawn, load, showProblems, type Digits } from './data.js'

/** What an example works with. */
export interface Start {
  readonly options: Options
  readonly digits: Digits
}

/** At most so many of the digits. */
const atMost = (digits: Digits, train: number, test: number): Digits => {
  const pixels = digits.rows * digits.cols
  return {
    ...digits,
    trainImages: digits.trainImages.subarray(0, train * pixels),
    trainLabels: digits.trainLabels.subarray(0, train),
    testImages: digits.testImages.subarray(0, test * pixels),
    testLabels: digits.testLabels.subarray(0, test)
  }
}

/**
 * The options of an example's command line, and its digits: drawn ones, or the first of those in the folder that it was given.
 * Where something is wrong it says what, and ends the program.
 */
export const start = async (program: Program, train: number, test: number): Promise<Start> => {
  const options = command(program)
  const digits = options.data === null ? E.right(drawn(train, test, options.seed)) : await load(options.data)()
  if (E.isLeft(digits)) {
    console.error(showProblems(digits.left))
    process.exit(2)
  }
  return { options, digits: atMost(digits.right, train, test) }
}
