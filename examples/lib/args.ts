import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { Command, CommanderError } from 'commander'
import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** What the demo was asked to do. */
export interface Options {
  /** The folder of MNIST files; `null` asks for the digits that the project draws. */
  readonly data: string | null
  /** Training stops after this many seconds. */
  readonly seconds: number
  /** The most passes over the data. */
  readonly epochs: number
  readonly seed: number
  /** Where the report goes. */
  readonly out: string
}

/** Why the demo should not start: text for the terminal, and the exit code (0 after `--help`, 2 for a mistake). */
export interface Exit {
  readonly code: 0 | 2
  readonly text: string
}

/** What holds where no option says otherwise. */
export const DEFAULTS: Options = { data: null, seconds: 60, epochs: 12, seed: 0, out: 'cotangent-report.html' }

type Validated<A> = E.Either<readonly string[], A>

const validation = E.getApplicativeValidation(RA.getSemigroup<string>())

const wrong = (option: string, expected: string, got: string): Validated<never> =>
  E.left([`error: option '${option}' expects ${expected}, got '${got}'`])

const number =
  (option: string, expected: string, holds: (n: number) => boolean) =>
  (text: string): Validated<number> => {
    const n = text.trim() === '' ? NaN : Number(text)
    return holds(n) ? E.right(n) : wrong(option, expected, text)
  }

const seconds = number('--seconds', 'a positive number', (n) => n > 0 && Number.isFinite(n))
const epochs = number('--epochs', 'a positive whole number', (n) => n > 0 && Number.isSafeInteger(n))
const seed = number('--seed', 'a whole number from 0 to 4294967295', (n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const data = (path: string): Validated<string> =>
  isDirectory(path) ? E.right(path) : wrong('--data', 'a folder that exists', path)

const out = (path: string): Validated<string> =>
  path !== '' && isDirectory(dirname(resolve(path))) && !isDirectory(path)
    ? E.right(path)
    : wrong('--out', 'a file in a folder that exists', path)

const or = <A>(text: string | undefined, fallback: A, parse: (text: string) => Validated<A>): Validated<A> =>
  text === undefined ? E.right(fallback) : parse(text)

type Texts = Partial<Readonly<Record<keyof Options, string>>>

/** A program that takes all of the options, or some. */
export interface Program {
  readonly name: string
  /** What it does, in a sentence for its help. */
  readonly about: string
  readonly takes: readonly (keyof Options)[]
  readonly defaults: Options
}

const help: Readonly<Record<keyof Options, readonly [flags: string, text: string]>> = {
  data: ['--data <dir>', 'folder of MNIST files, gzipped or not'],
  seconds: ['--seconds <n>', 'stop training after this time'],
  epochs: ['--epochs <n>', 'at most so many passes over the data'],
  seed: ['--seed <n>', 'seed of weights, order and drawings'],
  out: ['--out <file>', 'where the report goes']
}

const command = ({ name, about, takes, defaults }: Program, write: (text: string) => void): Command =>
  takes
    .reduce((program, option) => {
      const [flags, text] = help[option]
      return program.option(flags, `${text} (default: ${defaults[option] ?? 'digits drawn on the spot'})`)
    }, new Command(name).description(about).usage('[options]'))
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: write })

/** Reads a program's command line (without node and script). Every option is checked, and each mistake named. */
export const parseFor = (program: Program) => (argv: readonly string[]): E.Either<Exit, Options> => {
  let text = ''
  const reader = command(program, (line) => {
    text += line
  })
  try {
    reader.parse(argv, { from: 'user' })
  } catch (cause) {
    if (cause instanceof CommanderError) return E.left({ code: cause.exitCode === 0 ? 0 : 2, text })
    throw cause
  }
  const texts = reader.opts<Texts>()
  const { defaults } = program
  return pipe(
    sequenceS(validation)({
      data: or<string | null>(texts.data, defaults.data, data),
      seconds: or(texts.seconds, defaults.seconds, seconds),
      epochs: or(texts.epochs, defaults.epochs, epochs),
      seed: or(texts.seed, defaults.seed, seed),
      out: or(texts.out, defaults.out, out)
    }),
    E.mapLeft((messages): Exit => ({ code: 2, text: `${messages.join('\n')}\n` }))
  )
}

/** Reads the demo's command line. */
export const parse: (argv: readonly string[]) => E.Either<Exit, Options> = parseFor({
  name: 'demo',
  about: 'Trains a small network on XOR and another on handwritten digits, and writes a report.',
  takes: ['data', 'seconds', 'epochs', 'seed', 'out'],
  defaults: DEFAULTS
})
