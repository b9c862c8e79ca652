import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import Papa from 'papaparse'
import { wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import type { FloatDType } from '../core/dtype.js'
import { ArgumentError, DTypeError, quoted } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { checkWord } from '../numpy/options.js'
import { cellNumber, type CsvProblem } from './cells.js'
import { gunzip, isGzip } from './gzip.js'

/** What the cells of a column are read as. */
export type ColumnKind = 'number' | 'category'

/** A column of words: the position of each among the different ones, `names`, which are sorted by their code units. */
export interface Category {
  /** int32, [rows]; −1 for a missing cell. */
  readonly codes: NdArray
  readonly names: readonly string[]
}

/** Which columns to read, by their names. */
export type Columns = Readonly<Record<string, ColumnKind>>

/** What a file holds: a pytree whose arrays have one element per row. */
export type Table<C extends Columns = Readonly<Record<string, 'number'>>> = {
  readonly [K in keyof C]: C[K] extends 'category' ? Category : C[K] extends 'number' ? NdArray : NdArray | Category
}

/** How a file is read. */
export interface CsvOptions<C extends Columns> {
  /** The columns to read and what they hold, others being left out; by default all of them, as numbers. */
  readonly columns?: C
  /** Whether the first row holds the names of the columns (true by default); else their names, for a file that has none. */
  readonly header?: true | readonly string[]
  /** What stands between cells; a comma by default. */
  readonly delimiter?: string
  /** Cells that say that a value is missing, besides empty ones: `['NA', '?']`. */
  readonly missing?: readonly string[]
  /** What becomes of missing values: a `'problem'` (the default), `'nan'` (or the code −1), or their row is left out by `'drop'`. */
  readonly onMissing?: 'problem' | 'nan' | 'drop'
  /** The dtype of numbers; float32 by default. */
  readonly dtype?: FloatDType
}

type Validated<A> = E.Either<readonly CsvProblem[], A>

const fail = (problem: CsvProblem): Validated<never> => E.left([problem])

/** The text of bytes in UTF-8, gzipped or not. */
const decode = (bytes: Uint8Array): Validated<string> => pipe(
  isGzip(bytes) ? gunzip(bytes) : E.right(bytes),
  E.mapLeft((message): readonly CsvProblem[] => [{ _tag: 'Gzip', message }]),
  E.chain((plain) => {
    try {
      return E.right(new TextDecoder('utf-8', { fatal: true }).decode(plain))
    } catch {
      return fail({ _tag: 'Encoding', message: 'expected text in UTF-8' })
    }
  })
)

/** A line of cells, and its number as a spreadsheet counts. */
interface Line {
  readonly row: number
  readonly cells: readonly string[]
}

/** The lines that are not blank. In a file of one column a blank line after the first is an empty cell, but for the last one. */
const linesOf = (text: string, delimiter: string): Validated<readonly Line[]> => {
  const { data, errors } = Papa.parse<readonly string[]>(text, { delimiter, skipEmptyLines: false })
  if (errors.length > 0) {
    return E.left(errors.map(({ row = 0, message }): CsvProblem => ({
      _tag: 'Quotes', row: row + 1, message: `row ${row + 1}: ${message[0].toLowerCase()}${message.slice(1)}`
    })))
  }
  const blank = ({ cells }: Line): boolean => cells.length === 1 && cells[0].trim() === ''
  const lines = data.map((cells, i) => ({ row: i + 1, cells }))
  const single = lines.every(({ cells }) => cells.length === 1)
  const first = lines.findIndex((line) => !blank(line))
  const kept = lines.filter((line, i) => !blank(line) || (single && first >= 0 && i > first && i + 1 < lines.length))
  return kept.length === 0 ? fail({ _tag: 'Empty', message: 'expected a row at least, got none' }) : E.right(kept)
}

/** A column that was asked for, and where it stands. */
interface Column {
  readonly name: string
  readonly kind: ColumnKind
  readonly at: number
}

interface Layout {
  /** The number of cells of a row. */
  readonly width: number
  readonly columns: readonly Column[]
  readonly body: readonly Line[]
}

const layoutOf = (lines: readonly Line[], columns: Columns | undefined, header: true | readonly string[]): Validated<Layout> => {
  const names = header === true ? lines[0].cells.map((cell) => cell.trim()) : header
  const problems: CsvProblem[] = []
  names.forEach((name, i) => {
    const column = i + 1
    const first = names.indexOf(name)
    if (first < i && (columns === undefined || Object.hasOwn(columns, name))) {
      const message = `column ${column}: expected a name of its own, got ${JSON.stringify(name)}, as column ${first + 1}`
      problems.push({ _tag: 'DuplicateName', column, name, message })
    }
  })
  const wanted = columns ?? Object.fromEntries(names.map((name) => [name, 'number' as const]))
  for (const name of Object.keys(wanted)) {
    if (names.includes(name)) continue
    const list = names.map((each) => JSON.stringify(each)).join(', ')
    problems.push({ _tag: 'NoSuchColumn', name, message: `expected a column ${JSON.stringify(name)}, got ${list}` })
  }
  if (problems.length > 0) return E.left(problems)
  return E.right({
    width: names.length,
    columns: Object.entries(wanted).map(([name, kind]) => ({ name, kind, at: names.indexOf(name) })),
    body: header === true ? lines.slice(1) : lines
  })
}

/** The texts as their positions among the different ones; those missing have −1. */
const categoryOf = (texts: readonly (string | null)[]): Category => {
  const names = [...new Set(texts)].filter((text) => text !== null).sort()
  const codes = new Map<string | null, number>(names.map((name, i) => [name, i]))
  const data = Int32Array.from(texts, (text) => codes.get(text) ?? -1)
  return { codes: wrap({ shape: [data.length], dtype: 'int32', weak: false }, data), names }
}

const numbersOf = (values: readonly (number | null)[], dtype: FloatDType): NdArray => {
  const data = dtype === 'float32' ? new Float32Array(values.length) : new Float64Array(values.length)
  values.forEach((value, i) => {
    data[i] = value ?? NaN
  })
  return wrap({ shape: [data.length], dtype, weak: false }, data)
}

type Policy<C extends Columns> = Required<Pick<CsvOptions<C>, 'missing' | 'onMissing' | 'dtype'>>

const tableOf = <C extends Columns>({ width, columns, body }: Layout, { missing, onMissing, dtype }: Policy<C>): Validated<Table<C>> => {
  const problems: CsvProblem[] = []
  const absent = new Set(['', ...missing])
  const values = columns.map((): (string | number | null)[] => [])
  for (const { row, cells } of body) {
    if (cells.length !== width) {
      const message = `row ${row}: expected ${width} cells, got ${cells.length}`
      problems.push({ _tag: 'Ragged', row, expected: width, got: cells.length, message })
      continue
    }
    const refuse = (_tag: 'Missing' | 'NotANumber', { name, at }: Column, expected: string): null => {
      const text = cells[at]
      const got = text.trim() === '' ? 'an empty cell' : JSON.stringify(text)
      const message = `row ${row}, column ${at + 1} (${name}): expected ${expected}, got ${got}`
      problems.push({ _tag, row, column: at + 1, name, text, message })
      return null
    }
    const read = columns.map((column) => {
      const text = cells[column.at].trim()
      if (absent.has(text)) return onMissing === 'problem' ? refuse('Missing', column, 'a value') : null
      if (column.kind === 'category') return text
      return cellNumber(text, dtype) ?? refuse('NotANumber', column, `a number that ${dtype} holds`)
    })
    if (onMissing === 'drop' && read.includes(null)) continue
    read.forEach((value, i) => values[i].push(value))
  }
  if (problems.length > 0) return E.left(problems)
  return E.right(Object.freeze(Object.fromEntries(columns.map(({ name, kind }, i) => [
    name,
    kind === 'category' ? categoryOf(values[i] as readonly (string | null)[]) : numbersOf(values[i] as readonly (number | null)[], dtype)
  ]))) as Table<C>) // a field for each column, of its kind
}

const checkTexts = (name: string, texts: readonly string[]): readonly string[] => {
  if (!Array.isArray(texts) || !texts.every((text: unknown) => typeof text === 'string')) {
    throw new ArgumentError('csv', `a list of texts as ${name}`, quoted(texts))
  }
  return texts
}

const checked = <C extends Columns>(options: CsvOptions<C>): Required<Omit<CsvOptions<C>, 'columns'>> => {
  checkOptions('csv', options, ['columns', 'header', 'delimiter', 'missing', 'onMissing', 'dtype'])
  const { columns = {}, header = true, delimiter = ',', missing = [], onMissing = 'problem', dtype = 'float32' } = options
  for (const [name, kind] of Object.entries(columns)) {
    if (kind === 'number' || kind === 'category') continue
    throw new ArgumentError('csv', "columns of 'number' or 'category'", quoted(kind), ['columns', name])
  }
  if (header !== true) checkTexts('header', header)
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || Papa.BAD_DELIMITERS.includes(delimiter)) {
    throw new ArgumentError('csv', 'one character as delimiter, no quote and no end of line', quoted(delimiter))
  }
  checkWord('csv', 'onMissing', ['problem', 'nan', 'drop'], onMissing)
  if (dtype !== 'float32' && dtype !== 'float64') throw new DTypeError('csv', 'float32 or float64', quoted(dtype))
  return { header, delimiter, missing: checkTexts('missing', missing), onMissing, dtype }
}

/**
 * Reads comma-separated values (RFC 4180), a text or its bytes in UTF-8, gzipped or not: a tree with an array for each column.
 * Numbers are decimal, with a point; columns of kind `'category'` become codes and names. Space around cells does not
 * count, nor do blank lines. A file is read whole or not at all; on the left stands every problem that was found, with row and column
 * as a spreadsheet shows them, counted from 1, the header being row 1.
 *
 * Throws ArgumentError for options that make no sense.
 *
 * @example
 * const flowers = 'length,width,kind\n5.1,3.5,setosa\n7,3.2,versicolor\n'
 * const table = csv(flowers, { columns: { length: 'number', kind: 'category' } })
 * table // { _tag: 'Right', right: { length: [5.1, 7], kind: { codes: [0, 1], names: ['setosa', 'versicolor'] } } }
 * const wrong = csv('a,b\n1,2\n3,x\n4\n')
 * E.isLeft(wrong) && wrong.left.map((problem) => problem.message)
 * // ['row 3, column 2 (b): expected a number that float32 holds, got "x"', 'row 4: expected 2 cells, got 1']
 */
export const csv = <const C extends Columns = Readonly<Record<string, 'number'>>>(
  source: string | Uint8Array, options: CsvOptions<C> = {}
): E.Either<readonly CsvProblem[], Table<C>> => {
  const { header, delimiter, ...policy } = checked(options)
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) throw new ArgumentError('csv', 'a text or a Uint8Array', source)
  return pipe(
    typeof source === 'string' ? E.right(source) : decode(source),
    E.chain((text) => linesOf(text, delimiter)),
    E.chain((lines) => layoutOf(lines, options.columns, header)),
    E.chain((layout) => tableOf<C>(layout, policy))
  )
}
