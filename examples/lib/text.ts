import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readFileSync } from 'node:fs'

/** A story to learn from where no file is given: small, and full of words that come again. */
export const STORY = `The lamp on the hill was old, and the keeper of the lamp was old, and the sea below them was older than both.
Every evening the keeper went up the stair, and every evening the stair was a little longer.
"One step more than yesterday," said the keeper. "One step more," said the stair.

When the wind came from the north, the lamp sang low. When the wind came from the south, the lamp sang high.
When there was no wind at all, the keeper sang, and the lamp was still and listened.

One evening a small boat came over the water. There was no light in the boat, and no sail on the boat, and in the boat sat a child.
"Where does the sea end?" said the child. "Where the light ends," said the keeper.
"And where does the light end?" said the child. "Where the sea ends," said the keeper, and they both laughed.

So the child went up the stair, and the stair was a little shorter. The child lit the lamp, and the lamp sang high and low.
The light went over the water and over the stones, and there was no end of the light, and there was no end of the sea.

In the morning the boat was gone, and the child was there. "One step less than yesterday," said the child.
"One step less," said the stair. And the keeper, who was old, sat down in the sun by the door, and listened to the lamp,
and to the wind from the north and the wind from the south, and to the sea below them, which was older than all.
`

/** The characters of a text, in the order of their code points, and their numbers. */
export interface Alphabet {
  readonly size: number
  /** Numbers of characters, each of which must be in the alphabet. */
  readonly encode: (text: string) => Int32Array
  readonly decode: (codes: Iterable<number>) => string
}

/** The alphabet of a text. */
export const alphabetOf = (text: string): Alphabet => {
  const letters = [...new Set(text)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0))
  const codes = new Map(letters.map((letter, code) => [letter, code]))
  return {
    size: letters.length,
    encode: (written) =>
      Int32Array.from(written, (letter) => {
        const code = codes.get(letter)
        if (code === undefined) throw new RangeError(`the alphabet has no ${JSON.stringify(letter)}`)
        return code
      }),
    decode: (numbers) => Array.from(numbers, (code) => letters[code]).join('')
  }
}

const decoded = (bytes: Uint8Array): E.Either<string, string> =>
  E.tryCatch(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes), () => 'is no UTF-8 text')

const longEnough = (least: number) => (text: string): E.Either<string, string> => {
  const length = Array.from(text).length
  return length >= least ? E.right(text) : E.left(`has ${length} characters, and at least ${least} are needed`)
}

/** A text file of at least so many characters, or what is wrong with it. */
export const readText = (path: string, least: number): E.Either<string, string> =>
  pipe(
    E.tryCatch(() => readFileSync(path), (cause) => `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`),
    E.chain(decoded),
    E.map((text) => text.replaceAll('\r\n', '\n')),
    E.chain(longEnough(least)),
    E.mapLeft((problem) => `${path} ${problem}`)
  )
