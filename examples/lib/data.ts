import { sequenceS } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { idx } from 'cotangent/io'
import { dataset, SIDE } from './strokes.js'

/** Grey images of digits with their labels, to learn from and to be tested on. */
export interface Digits {
  readonly trainImages: Uint8Array
  readonly trainLabels: Uint8Array
  readonly testImages: Uint8Array
  readonly testLabels: Uint8Array
  readonly rows: number
  readonly cols: number
}

/** What is wrong, and the file or folder where it is. */
export interface DataProblem {
  readonly path: string
  readonly message: string
}

type Validated<A> = E.Either<readonly DataProblem[], A>
type Labelled = idx.LabelledImages

const semigroup = RA.getSemigroup<DataProblem>()
const validation = E.getApplicativeValidation(semigroup)
const taskValidation = TE.getApplicativeTaskValidation(T.ApplyPar, semigroup)

const problem = (path: string, message: string): readonly DataProblem[] => [{ path, message }]

const because = (path: string) => (cause: unknown): readonly DataProblem[] =>
  problem(path, cause instanceof Error ? cause.message : String(cause))

type SetName = 'train' | 't10k'
type Kind = 'images' | 'labels'

/** The names in use: t10k-images-idx3-ubyte, with dots for hyphens or without, with .gz or without. */
const named = (set: SetName, kind: Kind): RegExp =>
  new RegExp(`^${set}[-.]${kind}[-.]idx${kind === 'images' ? 3 : 1}[-.]ubyte(\\.gz)?$`)

const usual = (set: SetName, kind: Kind): string => `${set}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte`

const read = (directory: string, names: readonly string[], set: SetName, kind: Kind) => {
  const name = [...names].sort().find((candidate) => named(set, kind).test(candidate))
  if (name === undefined) {
    return TE.left(problem(join(directory, usual(set, kind)), 'expected this file or its .gz, it is not there'))
  }
  const path = join(directory, name)
  return TE.tryCatch(async () => ({ path, bytes: new Uint8Array(await readFile(path)) }), because(path))
}

/** The images and labels of one set; `null` where the folder has neither file. */
const readSet = (directory: string, names: readonly string[], set: SetName): TE.TaskEither<readonly DataProblem[], Labelled | null> => {
  const there = (kind: Kind): boolean => names.some((name) => named(set, kind).test(name))
  if (!there('images') && !there('labels')) return TE.right(null)
  return pipe(
    sequenceS(taskValidation)({
      images: read(directory, names, set, 'images'),
      labels: read(directory, names, set, 'labels')
    }),
    TE.chainEitherK(({ images, labels }) =>
      pipe(
        idx.pair(images.bytes, labels.bytes),
        E.mapLeft(RA.map((p) => p._tag === 'InFile'
          ? { path: (p.file === 'images' ? images : labels).path, message: p.problem.message }
          : { path: labels.path, message: p.message }))
      )
    )
  )
}

const part = (set: Labelled, from: number, to: number): Labelled => ({
  ...set,
  count: to - from,
  images: set.images.subarray(from * set.rows * set.cols, to * set.rows * set.cols),
  labels: set.labels.subarray(from, to)
})

/** Both parts hold images, and all images are of one size. */
const checked = (directory: string) => ({ train, test }: { readonly train: Labelled; readonly test: Labelled }): Validated<Digits> => {
  const size = (set: Labelled): string => `${set.rows}×${set.cols}`
  const enough = (name: string, set: Labelled): Validated<null> =>
    set.count > 0 && set.rows * set.cols > 0
      ? E.right(null)
      : E.left(problem(directory, `expected images to ${name}, got ${set.count} of ${size(set)} pixels`))
  return pipe(
    sequenceS(validation)({
      train: enough('learn from', train),
      test: enough('test on', test),
      size: size(train) === size(test)
        ? E.right(null)
        : E.left(problem(directory, `expected images of one size, got ${size(train)} to learn from and ${size(test)} to test on`))
    }),
    E.map(() => ({
      trainImages: train.images,
      trainLabels: train.labels,
      testImages: test.images,
      testLabels: test.labels,
      rows: train.rows,
      cols: train.cols
    }))
  )
}

/** Four fifths to learn from, the rest to test on. */
const split = (set: Labelled): { readonly train: Labelled; readonly test: Labelled } => {
  const border = Math.floor((set.count * 4) / 5)
  return { train: part(set, 0, border), test: part(set, border, set.count) }
}

/**
 * Reads a folder of MNIST files, gzipped or not. Where it has the sets `train` and `t10k`, they are what to
 * learn from and what to test on; a single set is split, its first four fifths to learn from. On the left
 * stands every problem of every file, with its path.
 */
export const load = (directory: string): TE.TaskEither<readonly DataProblem[], Digits> =>
  pipe(
    TE.tryCatch(() => readdir(directory), because(directory)),
    TE.chain((names) => sequenceS(taskValidation)({
      train: readSet(directory, names, 'train'),
      test: readSet(directory, names, 't10k')
    })),
    TE.chainEitherK(({ train, test }) => {
      const single = train ?? test
      if (single === null) {
        const expected = `${usual('t10k', 'images')} and ${usual('t10k', 'labels')}`
        return E.left(problem(directory, `expected ${expected}, or the same of train, each with .gz or without; found none`))
      }
      return checked(directory)(train !== null && test !== null ? { train, test } : split(single))
    })
  )

/** Digits that the project draws itself; the two parts share no drawing. */
export const drawn = (train: number, test: number, seed: number): Digits => {
  const { images, labels, count } = dataset(train + test, seed)
  const all = { images, labels, count, rows: SIDE, cols: SIDE }
  const [learn, hold] = [part(all, 0, train), part(all, train, count)]
  return {
    trainImages: learn.images,
    trainLabels: learn.labels,
    testImages: hold.images,
    testLabels: hold.labels,
    rows: SIDE,
    cols: SIDE
  }
}

/** One line per problem, for the terminal. */
export const showProblems = (problems: readonly DataProblem[]): string =>
  problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
