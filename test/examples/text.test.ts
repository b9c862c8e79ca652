import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alphabetOf, readText, STORY } from '../../examples/lib/text.js'
import { DEFAULTS, parseText } from '../../examples/lib/textargs.js'

describe('an alphabet', () => {
  it('decodes what it encodes, by numbers below its size', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { size, encode, decode } = alphabetOf(text)
        const codes = encode(text)
        expect(decode(codes)).toBe(text)
        expect(new Set(codes).size).toBe(size)
        expect(codes.every((code) => code >= 0 && code < size)).toBe(true)
      })
    )
  })

  it('is in the order of code points, and knows no others', () => {
    const { encode, decode } = alphabetOf('b😀a￮')
    expect(decode([0, 1, 2, 3])).toBe('ab￮😀')
    expect(() => encode('c')).toThrow('the alphabet has no "c"')
  })
})

describe('the story', () => {
  it('is long enough for the example', () => {
    expect(STORY.length).toBeGreaterThan(1200)
    expect(alphabetOf(STORY).size).toBeLessThan(50)
  })
})

describe('a text file', () => {
  const within = (name: string, bytes: Uint8Array | string, least: number): E.Either<string, string> => {
    const folder = mkdtempSync(join(tmpdir(), 'text-'))
    try {
      writeFileSync(join(folder, name), bytes)
      return readText(join(folder, name), least)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('is read, with one kind of line end', () => {
    expect(within('a.txt', 'äb\r\nc', 4)).toEqual(E.right('äb\nc'))
  })

  it.each<readonly [string, E.Either<string, string>, RegExp]>([
    ['is missing', readText('no/such.txt', 1), /no\/such\.txt cannot be read \(ENOENT/],
    ['is a folder', readText(tmpdir(), 1), /cannot be read \(EISDIR/],
    ['is short', within('a.txt', 'abc', 4), /a\.txt has 3 characters, and at least 4 are needed$/],
    ['is no text', within('a.bin', Uint8Array.of(0xff, 0xfe, 0x41), 1), /a\.bin is no UTF-8 text$/]
  ])('%s', (_, result, message) => {
    expect(E.isLeft(result) ? result.left : '').toMatch(message)
  })
})

describe('the command line', () => {
  it('has defaults, and numbers', () => {
    expect(parseText([])).toEqual(E.right(DEFAULTS))
    const argv = ['--data', 'a.txt', '--steps', '7', '--seconds=0.5', '--seed', '3', '--temperature', '1e-1']
    expect(parseText(argv)).toEqual(E.right({ data: 'a.txt', steps: 7, seconds: 0.5, seed: 3, temperature: 0.1 }))
    expect(parseText(['--help', '--steps', 'x'])).toEqual(E.right(null))
  })

  it('names every mistake', () => {
    expect(parseText(['--steps', '1.5', '--seconds', '0', '--seed=-1', '--temperature=hot'])).toEqual(E.left([
      "--steps expects a positive whole number, got '1.5'",
      "--seconds expects a positive number, got '0'",
      "--seed expects a whole number from 0 to 4294967295, got '-1'",
      "--temperature expects a positive number, got 'hot'"
    ]))
    for (const argv of [['--step', '3'], ['--seed', '-1'], ['text.txt'], ['--data']]) expect(E.isLeft(parseText(argv))).toBe(true)
  })
})
