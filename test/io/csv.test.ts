import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { gzipSync } from 'fflate'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DTypeError } from '../../src/core/errors.js'
import * as io from '../../src/io/index.js'
import { sameBits } from '../support/close.js'
import { f32, f64, i32 } from '../support/arrays.js'

const right = <A>(result: E.Either<readonly io.CsvProblem[], A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.map(({ message }) => message).join('; '))
  return result.right
}

const problems = (result: E.Either<readonly io.CsvProblem[], unknown>): readonly io.CsvProblem[] => {
  if (E.isRight(result)) throw new Error('no problem')
  return result.left
}

const messages = (result: E.Either<readonly io.CsvProblem[], unknown>): readonly string[] => problems(result).map(({ message }) => message)
const encoder = new TextEncoder()

describe('csv', () => {
  test('reads numbers, all columns of them unless told otherwise', () => {
    const table = right(io.csv('a, b\n1,2.5\n-3e2 , .5\n'))
    expectTypeOf(table['a']).toEqualTypeOf<NdArray>()
    sameBits('a', table['a'], f32([1, -300]))
    sameBits('b', table['b'], f32([2.5, 0.5]))
    sameBits('float64', right(io.csv('x\n0.1', { dtype: 'float64' }))['x'], f64([0.1]))
  })

  test('reads the columns asked for, with their types', () => {
    const table = right(io.csv('id,width,kind\nx1,2,b\nx2,3,a\nx3,4,b', { columns: { kind: 'category', width: 'number' } }))
    expectTypeOf(table).toEqualTypeOf<{ readonly kind: io.Category; readonly width: NdArray }>()
    expect(table.kind.names).toEqual(['a', 'b'])
    sameBits('codes', table.kind.codes, i32([1, 0, 1]))
    expect(Object.keys(table)).toEqual(['kind', 'width'])
  })

  test('takes names for a file without a header, and other delimiters', () => {
    const table = right(io.csv('1;2\n3;4', { header: ['a', 'b'], delimiter: ';' }))
    sameBits('b', table['b'], f32([2, 4]))
  })

  test('understands quotes, ends of line, blank lines, byte order marks and gzip', () => {
    const text = '\ufeff"the ""x""","y, z"\r\n"1",2\r\n\r\n  \r\n3,"4"\r\n'
    const expected = right(io.csv('p,q\n1,2\n3,4'))
    for (const source of [text, encoder.encode(text), gzipSync(encoder.encode(text))]) {
      const table = right(io.csv(source))
      expect(Object.keys(table)).toEqual(['the "x"', 'y, z'])
      sameBits('first', table['the "x"'], expected['p'])
      sameBits('second', table['y, z'], expected['q'])
    }
  })

  test('reads what was written', () => {
    const cell = fc.double({ noNaN: true, noDefaultInfinity: true })
    fc.assert(fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 10 }), (rows) => {
      const text = ['a,b', ...rows.map((row) => row.join(','))].join('\n')
      const table = right(io.csv(text, { dtype: 'float64' }))
      sameBits('a', table['a'], f64(rows.map(([a]) => a + 0))) // −0 is written as 0
      sameBits('b', table['b'], f64(rows.map(([, b]) => b + 0)))
    }), { numRuns: 30 })
  })

  test('reads any words, and knows them again', () => {
    const words = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }).filter((word) => word.trim() === word), { minLength: 1, maxLength: 10 })
    fc.assert(fc.property(words, (list) => {
      const quoted = list.map((word) => `"${word.replaceAll('"', '""')}",0`)
      const { word } = right(io.csv(['word,n', ...quoted].join('\n'), { columns: { word: 'category' } }))
      expect([...word.codes.toTypedArray()].map((code) => word.names[code])).toEqual(list)
    }), { numRuns: 20 })
  })
})

describe('missing values', () => {
  const text = 'x,kind\n1,a\n,b\nNA,\n4,a'
  const columns = { x: 'number', kind: 'category' } as const

  test('are problems, each with its place', () => {
    expect(problems(io.csv(text, { columns, missing: ['NA'] }))).toEqual([
      { _tag: 'Missing', row: 3, column: 1, name: 'x', text: '', message: 'row 3, column 1 (x): expected a value, got an empty cell' },
      { _tag: 'Missing', row: 4, column: 1, name: 'x', text: 'NA', message: 'row 4, column 1 (x): expected a value, got "NA"' },
      { _tag: 'Missing', row: 4, column: 2, name: 'kind', text: '', message: 'row 4, column 2 (kind): expected a value, got an empty cell' }
    ])
  })

  test('become NaN and -1, or their rows are left out', () => {
    const kept = right(io.csv(text, { columns, missing: ['NA'], onMissing: 'nan' }))
    sameBits('x', kept.x, f32([1, NaN, NaN, 4]))
    sameBits('kind', kept.kind.codes, i32([0, 1, -1, 0]))
    const dropped = right(io.csv(text, { columns, missing: ['NA'], onMissing: 'drop' }))
    sameBits('x', dropped.x, f32([1, 4]))
    expect(dropped.kind.names).toEqual(['a'])
  })

  test('are blank lines in a file of one column', () => {
    sameBits('x', right(io.csv('x\n1\n\n3\n', { onMissing: 'nan' }))['x'], f32([1, NaN, 3]))
    expect(messages(io.csv('x\n1\n\n3\n'))).toEqual(['row 3, column 1 (x): expected a value, got an empty cell'])
  })
})

describe('problems', () => {
  test('are all found, with row and column as a spreadsheet shows them', () => {
    const text = 'a,b\n1,two\n\n3\n4,5,6\n"0x1",Infinity\n1e39,1.2.3\n'
    expect(problems(io.csv(text))).toEqual([
      { _tag: 'NotANumber', row: 2, column: 2, name: 'b', text: 'two', message: 'row 2, column 2 (b): expected a number that float32 holds, got "two"' },
      { _tag: 'Ragged', row: 4, expected: 2, got: 1, message: 'row 4: expected 2 cells, got 1' },
      { _tag: 'Ragged', row: 5, expected: 2, got: 3, message: 'row 5: expected 2 cells, got 3' },
      { _tag: 'NotANumber', row: 6, column: 1, name: 'a', text: '0x1', message: 'row 6, column 1 (a): expected a number that float32 holds, got "0x1"' },
      { _tag: 'NotANumber', row: 6, column: 2, name: 'b', text: 'Infinity', message: 'row 6, column 2 (b): expected a number that float32 holds, got "Infinity"' },
      { _tag: 'NotANumber', row: 7, column: 1, name: 'a', text: '1e39', message: 'row 7, column 1 (a): expected a number that float32 holds, got "1e39"' },
      { _tag: 'NotANumber', row: 7, column: 2, name: 'b', text: '1.2.3', message: 'row 7, column 2 (b): expected a number that float32 holds, got "1.2.3"' }
    ])
  })

  test.each<readonly [string, E.Either<readonly io.CsvProblem[], unknown>, readonly string[]]>([
    ['nothing at all', io.csv(''), ['expected a row at least, got none']],
    ['blank lines alone', io.csv('\n \n'), ['expected a row at least, got none']],
    ['a column that is not there', io.csv('a,b\n1,2', { columns: { c: 'number', d: 'category' } }),
      ['expected a column "c", got "a", "b"', 'expected a column "d", got "a", "b"']],
    ['a name that comes twice', io.csv('a,b,a\n1,2,3'), ['column 3: expected a name of its own, got "a", as column 1']],
    ['a quote without an end', io.csv('a,b\n1,"2'), ['row 2: quoted field unterminated']],
    ['bytes that are no text', io.csv(Uint8Array.of(0x61, 0xff)), ['expected text in UTF-8']],
    ['gzip that is broken', io.csv(Uint8Array.of(0x1f, 0x8b, 1)), ['gzip data ends after 3 bytes, the shortest file has 20']],
    ['a header that is missing', io.csv('1,2\n3,4', { header: ['a'] }), ['row 1: expected 1 cells, got 2', 'row 2: expected 1 cells, got 2']]
  ])('%s', (_, result, expected) => {
    expect(messages(result)).toEqual(expected)
  })

  test('a name that comes twice may be left out', () => {
    sameBits('b', right(io.csv('a,b,a\n1,2,3', { columns: { b: 'number' } })).b, f32([2]))
  })

  const wrong = (x: unknown): never => x as never // callers without types pass anything
  test.each<readonly [string, () => unknown, new (...args: never) => Error, string]>([
    ['an unknown option', () => io.csv('a', wrong({ headers: true })), ArgumentError, 'the unknown option "headers"'],
    ['an unknown kind', () => io.csv('a', { columns: { a: wrong('date') } }), ArgumentError, "csv: expected columns of 'number' or 'category', got \"date\" at columns.a"],
    ['a header of numbers', () => io.csv('a', { header: wrong([1]) }), ArgumentError, 'a list of texts as header'],
    ['a text to be missing', () => io.csv('a', { missing: wrong('NA') }), ArgumentError, 'a list of texts as missing'],
    ['a quote as delimiter', () => io.csv('a', { delimiter: '"' }), ArgumentError, 'one character as delimiter'],
    ['an unknown policy', () => io.csv('a', { onMissing: wrong('mean') }), ArgumentError, 'problem, nan, drop'],
    ['integers', () => io.csv('a', { dtype: wrong('int32') }), DTypeError, 'float32 or float64'],
    ['no text', () => io.csv(wrong(3)), ArgumentError, 'a text or a Uint8Array']
  ])('%s', (_, run, error, message) => {
    expect(run).toThrow(error)
    expect(run).toThrow(message)
  })
})
