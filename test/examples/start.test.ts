import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { DEFAULTS, parseFor } from '../../examples/lib/args.js'
import { braille, sideBySide } from '../../examples/lib/braille.js'

describe('the command line of an example', () => {
  const parse = parseFor({ name: 'story', about: 'Tells a story.', takes: ['seconds', 'seed'], defaults: { ...DEFAULTS, seconds: 5 } })
  const left = (...argv: readonly string[]): { readonly code: number; readonly text: string } => {
    const result = parse(argv)
    if (E.isRight(result)) throw new Error('expected a Left')
    return result.left
  }

  it('has defaults of its own', () => {
    expect(parse(['--seed', '3'])).toEqual(E.right({ ...DEFAULTS, seconds: 5, seed: 3 }))
  })

  it('shows the options that it takes, and refuses the others', () => {
    const { code, text } = left('--help')
    expect(code).toBe(0)
    expect(text).toMatch(/Usage: story \[options\]\s+Tells a story\.[^]*--seconds <n> .*\(default: 5\)[^]*--seed <n>/)
    expect(text).not.toContain('--out')
    expect(left('--out', 'x.html')).toMatchObject({ code: 2, text: expect.stringContaining("unknown option '--out'") as string })
  })
})

describe('pictures in braille', () => {
  it('have a dot for each pixel of at least the threshold, eight to a character', () => {
    expect(braille([1, 0, 0, 1, 0.5, 0, 0, 0.4], 4, 2, 0.5)).toEqual(['⠕'])
    expect(braille([0, 0, 0, 0, 9], 5, 1, 9)).toEqual(['⠀', '⠁'])
    expect(braille(new Uint8Array(8).fill(255), 4, 2, 1)).toEqual(['⣿'])
  })

  it('stand next to each other', () => {
    expect(sideBySide([['a', 'b'], ['c', 'd']])).toBe('a c\nb d')
    expect(sideBySide([])).toBe('')
  })
})
