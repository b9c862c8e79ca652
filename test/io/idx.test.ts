import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { gzipSync } from 'fflate'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { idx } from '../../src/io/index.js'
import type { IdxFile, PairProblem } from '../../src/io/idx.js'

/** An element type of the format: its code, its width, how a value is written and how the reader gives it. */
interface Codec {
  readonly code: number
  readonly size: number
  readonly dtype: IdxFile['dtype']
  readonly value: fc.Arbitrary<number>
  readonly write: (view: DataView, offset: number, value: number) => void
}

const CODECS: readonly Codec[] = [
  { code: 0x08, size: 1, dtype: 'uint8', value: fc.integer({ min: 0, max: 255 }), write: (v, o, x) => v.setUint8(o, x) },
  { code: 0x09, size: 1, dtype: 'int8', value: fc.integer({ min: -128, max: 127 }), write: (v, o, x) => v.setInt8(o, x) },
  { code: 0x0b, size: 2, dtype: 'int32', value: fc.integer({ min: -32768, max: 32767 }), write: (v, o, x) => v.setInt16(o, x) },
  { code: 0x0c, size: 4, dtype: 'int32', value: fc.integer(), write: (v, o, x) => v.setInt32(o, x) },
  { code: 0x0d, size: 4, dtype: 'float32', value: fc.float(), write: (v, o, x) => v.setFloat32(o, x) },
  { code: 0x0e, size: 8, dtype: 'float64', value: fc.double(), write: (v, o, x) => v.setFloat64(o, x) }
]

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

const encode = (codec: Codec, shape: readonly number[], values: readonly number[]): Uint8Array => {
  const header = 4 + 4 * shape.length
  const bytes = new Uint8Array(header + values.length * codec.size)
  const view = new DataView(bytes.buffer)
  bytes.set([0, 0, codec.code, shape.length])
  shape.forEach((size, axis) => view.setUint32(4 + 4 * axis, size))
  values.forEach((value, i) => codec.write(view, header + i * codec.size, value))
  return bytes
}

const ubytes = (shape: readonly number[], values: readonly number[]): Uint8Array => encode(CODECS[0], shape, values)

/** A valid file of any element type, rank and shape, zero sizes included. */
const validFile = fc
  .record({
    codec: fc.constantFrom(...CODECS),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 5 })
  })
  .chain(({ codec, shape }) =>
    fc
      .array(codec.value, { minLength: product(shape), maxLength: product(shape) })
      .map((values) => ({ codec, shape, values, bytes: encode(codec, shape, values) }))
  )

const right = <A>(result: E.Either<unknown, A>): A => {
  if (E.isLeft(result)) throw new Error(`expected a Right, got ${JSON.stringify(result.left)}`)
  return result.right
}

const tags = (result: E.Either<readonly { readonly _tag: string }[], unknown>): readonly string[] =>
  pipe(result, E.match((problems) => problems.map((p) => p._tag), () => []))

const messages = (result: E.Either<readonly { readonly message: string }[], unknown>): readonly string[] =>
  pipe(result, E.match((problems) => problems.map((p) => p.message), () => []))

describe('idx.parse', () => {
  it('reads what an encoder wrote, at any offset of a buffer, gzipped or not', () => {
    fc.assert(
      fc.property(validFile, fc.integer({ min: 0, max: 9 }), fc.boolean(), ({ codec, shape, values, bytes }, offset, zip) => {
        const stored = zip ? gzipSync(bytes) : bytes
        const shifted = new Uint8Array(stored.length + offset + 3).fill(0xaa)
        shifted.set(stored, offset)
        const file = right(idx.parse(shifted.subarray(offset, offset + stored.length)))
        expect(file.dtype).toBe(codec.dtype)
        expect(file.shape).toEqual(shape)
        expect([...file.data]).toEqual(values)
      })
    )
  })

  it('copies: the file changes nothing that was read, and the other way round', () => {
    const bytes = ubytes([2], [1, 2])
    const file = right(idx.parse(bytes))
    bytes[8] = 99
    file.data[1] = 77
    expect([...file.data]).toEqual([1, 77])
    expect([...bytes.subarray(8)]).toEqual([99, 2])
  })

  it('refuses every truncation of a valid file, gzipped or not', () => {
    fc.assert(
      fc.property(validFile, ({ bytes }) => {
        for (const whole of [bytes, gzipSync(bytes)]) {
          for (let n = 0; n < whole.length; n++) expect(idx.parse(whole.subarray(0, n))._tag).toBe('Left')
        }
      }),
      { numRuns: 50 }
    )
  })

  it('refuses every extension of a valid file, gzipped or not', () => {
    fc.assert(
      fc.property(validFile, fc.uint8Array({ minLength: 1, maxLength: 40 }), ({ bytes }, extra) => {
        expect(tags(idx.parse(Uint8Array.of(...bytes, ...extra)))).toEqual(['TrailingBytes'])
        expect(tags(idx.parse(Uint8Array.of(...gzipSync(bytes), ...extra)))).toEqual(['Gzip'])
      })
    )
  })

  it('refuses a gzip file of which a byte of the data or of the trailer was changed', () => {
    const zipped = gzipSync(ubytes([40], Array.from({ length: 40 }, (_, i) => (i * i) % 251)))
    for (let i = 10; i < zipped.length; i++) {
      const damaged = zipped.slice()
      damaged[i] ^= 0x55
      expect(idx.parse(damaged)._tag).toBe('Left')
    }
  })

  it('never throws and never reads half, whatever the bytes', () => {
    const header = fc.tuple(
      fc.constantFrom([0, 0], [0x1f, 0x8b], [7, 0]),
      fc.constantFrom(8, 9, 0x0b, 0x0c, 0x0d, 0x0e, 0x0a, 0),
      fc.integer({ min: 0, max: 40 })
    )
    const almost = fc
      .tuple(header, fc.uint8Array({ maxLength: 64 }))
      .map(([[magic, type, rank], rest]) => Uint8Array.of(...magic, type, rank, ...rest))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), almost), (bytes) => {
        const result = idx.parse(bytes)
        if (E.isRight(result)) expect(result.right.data.length).toBe(product(result.right.shape))
        else expect(result.left.length).toBeGreaterThan(0)
      }),
      { numRuns: 2000 }
    )
  })

  it('reports every problem of a header at once', () => {
    expect(tags(idx.parse(new TextEncoder().encode('{"not": "idx"}')))).toEqual(['WrongMagic', 'UnknownElementType', 'RankOutOfRange'])
    expect(tags(idx.parse(Uint8Array.of(0, 1, 8, 1, 0, 0, 0, 3, 1)))).toEqual(['WrongMagic', 'TooFewBytes'])
    expect(tags(idx.parse(Uint8Array.of(0, 0, 7, 3, 0, 0)))).toEqual(['UnknownElementType', 'TruncatedHeader'])
  })

  it('refuses rank zero, sizes beyond memory, and a gzip length that cannot be', () => {
    const absurd = Uint8Array.of(0, 0, 0x0e, 3, ...new Array<number>(12).fill(255))
    expect(tags(idx.parse(Uint8Array.of(0, 0, 8, 0, 5)))).toEqual(['RankOutOfRange'])
    expect(tags(idx.parse(absurd))).toEqual(['TooLarge'])
    const bomb = gzipSync(ubytes([1], [1]))
    bomb.fill(0xff, bomb.length - 4)
    expect(tags(idx.parse(bomb))).toEqual(['Gzip'])
  })

  it('lets a zero size stand beside sizes whose product would overflow', () => {
    const file = right(idx.parse(Uint8Array.of(0, 0, 8, 3, ...new Array<number>(8).fill(255), 0, 0, 0, 0)))
    expect(file.shape).toEqual([4294967295, 4294967295, 0])
    expect(file.data.length).toBe(0)
  })

  it('says what was expected and what arrived', () => {
    expect(messages(idx.parse(new Uint8Array(2)))).toEqual(['expected a header of at least 4 bytes, got 2 bytes in all'])
    expect(messages(idx.parse(Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 2, 1, 2, 3)))).toEqual([
      'expected 8 bytes after the header for [2] of 4 bytes each, got 3'
    ])
  })
})

describe('idx.pair', () => {
  const images = ubytes([2, 1, 3], [1, 2, 3, 4, 5, 6])

  it('gives images and labels with their sizes', () => {
    expect(right(idx.pair(images, gzipSync(ubytes([2], [9, 0]))))).toEqual({
      images: Uint8Array.of(1, 2, 3, 4, 5, 6),
      labels: Uint8Array.of(9, 0),
      count: 2,
      rows: 1,
      cols: 3
    })
  })

  it('collects the problems of both files and of their counts', () => {
    const shorts = encode(CODECS[2], [3, 2], [1, 2, 3, 4, 5, 6])
    const result = idx.pair(shorts, ubytes([2], [9, 10]))
    expect(messages(result)).toEqual([
      'images: expected unsigned bytes, got int32',
      'images: expected rank 3, got the shape [3, 2]',
      'labels: expected every label to be below 10, got 10 at 1',
      'expected as many labels as images, got 2 labels for 3 images'
    ])
    const where = (p: PairProblem): string => (p._tag === 'InFile' ? `${p.file} ${p.problem._tag}` : p._tag)
    expect(pipe(result, E.match((problems) => problems.map(where), () => []))).toEqual([
      'images WrongElementType',
      'images WrongRank',
      'labels LabelOutOfRange',
      'CountsDisagree'
    ])
  })

  it('knows nothing of the count of an unsound file', () => {
    expect(messages(idx.pair(images.subarray(0, 17), ubytes([5], [0, 1, 2, 3, 4])))).toEqual([
      'images: expected 6 bytes after the header for [2, 1, 3] of 1 bytes each, got 1'
    ])
  })

  it('holds labels below the number of classes that is asked for', () => {
    const labels = ubytes([2], [25, 3])
    expect(E.isRight(idx.pair(images, labels, { classes: 26 }))).toBe(true)
    expect(messages(idx.pair(images, labels, { classes: 3 }))).toEqual([
      'labels: expected every label to be below 3, got 25 at 0 and 1 more'
    ])
  })
})

describe("the caller's mistakes", () => {
  const bytes = new Uint8Array(4)
  it.each<readonly [string, () => unknown, string]>([
    ['a buffer for bytes', () => idx.parse(new ArrayBuffer(4) as never), 'idx.parse: expected a Uint8Array, got an instance of ArrayBuffer'],
    ['no bytes', () => idx.pair(bytes, undefined as never), 'idx.parse: expected a Uint8Array, got undefined'],
    ['no classes', () => idx.pair(bytes, bytes, { classes: 0 }), 'idx.pair: expected an integer number of classes of at least 1, got 0'],
    ['an unknown option', () => idx.pair(bytes, bytes, { count: 3 } as never), 'the unknown option "count"']
  ])('%s', (_, run, message) => {
    expect(run).toThrow(ArgumentError)
    expect(run).toThrow(message)
  })
})

describe('the MNIST files', () => {
  const directory = new URL('../../../shared/data/mnist/', import.meta.url)
  const path = (name: string): URL => new URL(name, directory)
  const there = existsSync(path('t10k-images-idx3-ubyte.gz'))

  it.skipIf(!there)(there ? 'are read' : 'are read (skipped: no files in ../shared/data/mnist)', () => {
    const pair = right(
      idx.pair(readFileSync(path('t10k-images-idx3-ubyte.gz')), readFileSync(path('t10k-labels-idx1-ubyte.gz')))
    )
    expect([pair.count, pair.rows, pair.cols]).toEqual([10000, 28, 28])
    expect([...pair.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
    expect(pair.images.length).toBe(7840000)
  })
})
