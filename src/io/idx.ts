import { sequenceS, sequenceT } from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RA from 'fp-ts/lib/ReadonlyArray.js'
import { ArgumentError, quoted } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { count as integer } from '../optim/checks.js'
import { gunzip, isGzip } from './gzip.js'

/**
 * What an IDX file holds: one array in row-major order, in a fresh typed array. The format's 16-bit integers
 * are widened to `int32`, every other element type keeps its width.
 */
export type IdxFile =
  | { readonly dtype: 'uint8'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'int8'; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float64'; readonly shape: readonly number[]; readonly data: Float64Array }

/** What can be wrong with the bytes of one IDX file. The `message` is a clause that reads well after the file's name. */
export type IdxProblem =
  | { readonly _tag: 'Gzip'; readonly message: string }
  | { readonly _tag: 'TruncatedHeader'; readonly expected: number; readonly got: number; readonly message: string }
  | { readonly _tag: 'WrongMagic'; readonly got: number; readonly message: string }
  | { readonly _tag: 'UnknownElementType'; readonly got: number; readonly message: string }
  | { readonly _tag: 'RankOutOfRange'; readonly got: number; readonly message: string }
  | { readonly _tag: 'TooLarge'; readonly shape: readonly number[]; readonly message: string }
  | { readonly _tag: 'TooFewBytes'; readonly expected: number; readonly got: number; readonly message: string }
  | { readonly _tag: 'TrailingBytes'; readonly expected: number; readonly got: number; readonly message: string }

/** What can be wrong with a file of images or of labels that is sound as an IDX file. */
export type ContentProblem =
  | { readonly _tag: 'WrongElementType'; readonly got: IdxFile['dtype']; readonly message: string }
  | { readonly _tag: 'WrongRank'; readonly expected: number; readonly got: number; readonly message: string }
  | {
      readonly _tag: 'LabelOutOfRange'
      readonly label: number
      readonly index: number
      readonly count: number
      readonly message: string
    }

/** What can be wrong with a pair of files: with one of them, or between them. */
export type PairProblem =
  | {
      readonly _tag: 'InFile'
      readonly file: 'images' | 'labels'
      readonly problem: IdxProblem | ContentProblem
      readonly message: string
    }
  | { readonly _tag: 'CountsDisagree'; readonly images: number; readonly labels: number; readonly message: string }

/** Grey images, one after the other in row-major order, with the class of each. */
export interface LabelledImages {
  readonly images: Uint8Array
  readonly labels: Uint8Array
  readonly count: number
  readonly rows: number
  readonly cols: number
}

/** Options of {@link pair}. */
export interface PairOptions {
  /** Every label must be below this number. The default is 10. */
  readonly classes?: number
}

type Validated<P, A> = E.Either<readonly P[], A>

const idxValidation = E.getApplicativeValidation(RA.getSemigroup<IdxProblem>())
const contentValidation = E.getApplicativeValidation(RA.getSemigroup<ContentProblem>())
const pairValidation = E.getApplicativeValidation(RA.getSemigroup<PairProblem>())

const fail = <P>(problem: P): Validated<P, never> => E.left([problem])

interface Element {
  readonly size: number
  readonly read: (view: DataView, count: number, shape: readonly number[]) => IdxFile
}

/** `data` with every place filled; a DataView reads big-endian unless told otherwise. */
const fill = <T extends Record<number, number>>(data: T, count: number, element: (i: number) => number): T => {
  for (let i = 0; i < count; i++) data[i] = element(i)
  return data
}

const uint8: Element = {
  size: 1,
  read: (view, n, shape) => ({ dtype: 'uint8', shape, data: new Uint8Array(view.buffer, view.byteOffset, n).slice() })
}

const int8: Element = {
  size: 1,
  read: (view, n, shape) => ({ dtype: 'int8', shape, data: new Int8Array(view.buffer, view.byteOffset, n).slice() })
}

const int16: Element = {
  size: 2,
  read: (view, n, shape) => ({ dtype: 'int32', shape, data: fill(new Int32Array(n), n, (i) => view.getInt16(2 * i)) })
}

const int32: Element = {
  size: 4,
  read: (view, n, shape) => ({ dtype: 'int32', shape, data: fill(new Int32Array(n), n, (i) => view.getInt32(4 * i)) })
}

const float32: Element = {
  size: 4,
  read: (view, n, shape) => ({ dtype: 'float32', shape, data: fill(new Float32Array(n), n, (i) => view.getFloat32(4 * i)) })
}

const float64: Element = {
  size: 8,
  read: (view, n, shape) => ({ dtype: 'float64', shape, data: fill(new Float64Array(n), n, (i) => view.getFloat64(8 * i)) })
}

/** The element types by the third byte of the file. */
const ELEMENTS: ReadonlyMap<number, Element> = new Map([
  [0x08, uint8],
  [0x09, int8],
  [0x0b, int16],
  [0x0c, int32],
  [0x0d, float32],
  [0x0e, float64]
])

const LARGEST_RANK = 32

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`

const zeros = (view: DataView): Validated<IdxProblem, null> => {
  const got = view.getUint16(0)
  return got === 0
    ? E.right(null)
    : fail({
        _tag: 'WrongMagic',
        got,
        message: `expected the magic number to begin with two zero bytes, got 0x${got.toString(16).padStart(4, '0')}`
      })
}

const elementType = (view: DataView): Validated<IdxProblem, Element> => {
  const got = view.getUint8(2)
  const element = ELEMENTS.get(got)
  return element === undefined
    ? fail({
        _tag: 'UnknownElementType',
        got,
        message: `expected an element type among ${[...ELEMENTS.keys()].map(hex).join(', ')}, got ${hex(got)}`
      })
    : E.right(element)
}

const dimensions = (view: DataView): Validated<IdxProblem, readonly number[]> => {
  const rank = view.getUint8(3)
  if (rank < 1 || rank > LARGEST_RANK) {
    return fail({ _tag: 'RankOutOfRange', got: rank, message: `expected a rank from 1 to ${LARGEST_RANK}, got ${rank}` })
  }
  const expected = 4 + 4 * rank
  return view.byteLength < expected
    ? fail(truncated(expected, view.byteLength))
    : E.right(Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)))
}

const truncated = (expected: number, got: number): IdxProblem => ({
  _tag: 'TruncatedHeader',
  expected,
  got,
  message: `expected a header of ${expected === 4 ? 'at least ' : ''}${expected} bytes, got ${got} bytes in all`
})

/** Reads the elements after the header, if the file holds exactly as many bytes as its dimensions promise. */
const payload =
  (view: DataView) =>
  ({ element, shape }: { readonly element: Element; readonly shape: readonly number[] }): Validated<IdxProblem, IdxFile> => {
    const header = 4 + 4 * shape.length
    const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1)
    const expected = count * element.size
    const got = view.byteLength - header
    const promise = `[${shape.join(', ')}] of ${element.size} bytes each`
    if (!Number.isSafeInteger(expected)) {
      return fail({ _tag: 'TooLarge', shape, message: `expected a shape that memory can hold, got ${promise}` })
    }
    if (got === expected) return E.right(element.read(new DataView(view.buffer, view.byteOffset + header), count, shape))
    const message = `expected ${expected} bytes after the header for ${promise}, got ${got}`
    return fail({ _tag: got < expected ? 'TooFewBytes' : 'TrailingBytes', expected, got, message })
  }

const parseRaw = (bytes: Uint8Array): Validated<IdxProblem, IdxFile> => {
  if (bytes.length < 4) return fail(truncated(4, bytes.length))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = pipe(
    sequenceS(idxValidation)({ element: elementType(view), shape: dimensions(view) }),
    E.chain(payload(view))
  )
  return pipe(
    sequenceT(idxValidation)(zeros(view), body),
    E.map(([, file]) => file)
  )
}

/**
 * Reads an IDX file, the format of the MNIST database (LeCun, Cortes and Burges, "The MNIST database of
 * handwritten digits", section "File formats"): two zero bytes, the element type, the rank, one big-endian
 * 32-bit size per axis, then the elements in row-major order, big-endian. Gzipped bytes are recognised and
 * inflated first. A file is read whole or not at all; on the left stands every problem that was found. Throws ArgumentError for what
 * is no bytes.
 *
 * @category io
 * @example
 * const bytes = Uint8Array.of(0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1)
 * const file = idx.parse(bytes)
 * E.isRight(file) && file.right.shape // [ 3 ]
 * E.isRight(file) && file.right.data // Uint8Array(3) [ 7, 2, 1 ]
 */
export const parse = (bytes: Uint8Array): Validated<IdxProblem, IdxFile> => {
  if (!(bytes instanceof Uint8Array)) throw new ArgumentError('idx.parse', 'a Uint8Array', quoted(bytes))
  return isGzip(bytes)
    ? pipe(
        gunzip(bytes),
        E.mapLeft((message): readonly IdxProblem[] => [{ _tag: 'Gzip', message }]),
        E.chain(parseRaw)
      )
    : parseRaw(bytes)
}

const bytesOf =
  (rank: number) =>
  (file: IdxFile): Validated<ContentProblem, { readonly shape: readonly number[]; readonly data: Uint8Array }> =>
    pipe(
      sequenceS(contentValidation)({
        data:
          file.dtype === 'uint8'
            ? E.right(file.data)
            : fail({ _tag: 'WrongElementType', got: file.dtype, message: `expected unsigned bytes, got ${file.dtype}` }),
        shape:
          file.shape.length === rank
            ? E.right(file.shape)
            : fail({
                _tag: 'WrongRank',
                expected: rank,
                got: file.shape.length,
                message: `expected rank ${rank}, got the shape [${file.shape.join(', ')}]`
              })
      })
    )

const classesBelow =
  (classes: number) =>
  ({ data }: { readonly data: Uint8Array }): Validated<ContentProblem, Uint8Array> => {
    const index = data.findIndex((label) => label >= classes)
    if (index < 0) return E.right(data)
    const label = data[index]
    const count = data.reduce((n, l) => n + (l >= classes ? 1 : 0), 0)
    const others = count > 1 ? ` and ${count - 1} more` : ''
    const message = `expected every label to be below ${classes}, got ${label} at ${index}${others}`
    return fail({ _tag: 'LabelOutOfRange', label, index, count, message })
  }

/** Two sound files agree on how many examples they hold; of an unsound one nothing is known. */
const sameCount = (
  images: Validated<IdxProblem, IdxFile>,
  labels: Validated<IdxProblem, IdxFile>
): Validated<PairProblem, null> => {
  if (E.isLeft(images) || E.isLeft(labels)) return E.right(null)
  const [counts, answers] = [images.right.shape[0], labels.right.shape[0]]
  return counts === answers
    ? E.right(null)
    : fail({
        _tag: 'CountsDisagree',
        images: counts,
        labels: answers,
        message: `expected as many labels as images, got ${answers} labels for ${counts} images`
      })
}

const inFile =
  (file: 'images' | 'labels') =>
  (problems: readonly (IdxProblem | ContentProblem)[]): readonly PairProblem[] =>
    problems.map((problem) => ({ _tag: 'InFile', file, problem, message: `${file}: ${problem.message}` }))

/**
 * Reads a file of grey images (rank 3, unsigned bytes) together with the file of their classes (rank 1,
 * unsigned bytes). On the left stands every problem of either file, each with the file it lies in, and the
 * disagreement of their counts. Throws ArgumentError for options that make no sense.
 *
 * @category io
 * @example
 * const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 255, 128)
 * const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7)
 * const pair = idx.pair(images, labels)
 * E.isRight(pair) && pair.right.labels // Uint8Array(1) [ 7 ]
 * const swapped = idx.pair(labels, images)
 * E.isLeft(swapped) && swapped.left[0].message // 'images: expected rank 3, got the shape [1]'
 */
export const pair = (
  images: Uint8Array,
  labels: Uint8Array,
  options: PairOptions = {}
): Validated<PairProblem, LabelledImages> => {
  checkOptions('idx.pair', options, ['classes'])
  const { classes = 10 } = options
  integer('idx.pair', 'number of classes', classes)
  const imageFile = parse(images)
  const labelFile = parse(labels)
  return pipe(
    sequenceT(pairValidation)(
      pipe(imageFile, E.chainW(bytesOf(3)), E.mapLeft(inFile('images'))),
      pipe(labelFile, E.chainW(bytesOf(1)), E.chainW(classesBelow(classes)), E.mapLeft(inFile('labels'))),
      sameCount(imageFile, labelFile)
    ),
    E.map(([{ shape: [count, rows, cols], data }, classOf]) => ({ images: data, labels: classOf, count, rows, cols }))
  )
}
