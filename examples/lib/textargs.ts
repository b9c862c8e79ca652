import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { parseArgs } from 'node:util'

/** What the example of texts was asked to do. */
export interface TextOptions {
  /** A file to learn from; null asks for the story that is built in. */
  readonly data: string | null
  /** The most steps of training. */
  readonly steps: number
  /** Training stops after this many seconds. */
  readonly seconds: number
  readonly seed: number
  /** What logits are divided by before a letter is drawn: below 1 the writer is careful, above 1 bold. */
  readonly temperature: number
}

/** What holds where no option says otherwise. */
export const DEFAULTS: TextOptions = { data: null, steps: 200, seconds: 12, seed: 0, temperature: 0.7 }

/** How the options are used. */
export const USAGE = `Learns a text character by character, then writes one like it.

  --data FILE        what to learn (default: a short story)
  --steps N          at most so many steps of training (default: ${DEFAULTS.steps})
  --seconds N        stop training after this time (default: ${DEFAULTS.seconds})
  --seed N           seed of weights, order and writing (default: ${DEFAULTS.seed})
  --temperature N    below 1 careful, above 1 bold (default: ${DEFAULTS.temperature})
`

type Validated<A> = E.Either<readonly string[], A>

const validation = E.getApplicativeValidation(RA.getSemigroup<string>())

const number = (
  option: Exclude<keyof TextOptions, 'data'>, text: string | undefined, expected: string, holds: (n: number) => boolean
): Validated<number> => {
  if (text === undefined) return E.right(DEFAULTS[option])
  const n = text.trim() === '' ? NaN : Number(text)
  return holds(n) ? E.right(n) : E.left([`--${option} expects ${expected}, got '${text}'`])
}

const string = { type: 'string' } as const

const known = { data: string, steps: string, seconds: string, seed: string, temperature: string, help: { type: 'boolean' } } as const

const positive = (n: number): boolean => n > 0 && Number.isFinite(n)
const isSeed = (n: number): boolean => Number.isInteger(n) && n >= 0 && n < 2 ** 32

/** Reads the command line (without node and script): the options, null where help was asked for, or every mistake. */
export const parseText = (argv: readonly string[]): Validated<TextOptions | null> =>
  pipe(
    E.tryCatch(() => parseArgs({ args: [...argv], options: known }).values, (cause) => [(cause as Error).message]), // a TypeError
    E.chain(({ data, steps, seconds, seed, temperature, help }): Validated<TextOptions | null> =>
      help === true
        ? E.right(null)
        : sequenceS(validation)({
          data: E.right(data ?? null),
          steps: number('steps', steps, 'a positive whole number', (n) => n > 0 && Number.isSafeInteger(n)),
          seconds: number('seconds', seconds, 'a positive number', positive),
          seed: number('seed', seed, 'a whole number from 0 to 4294967295', isSeed),
          temperature: number('temperature', temperature, 'a positive number', positive)
        }))
  )
