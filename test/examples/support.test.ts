import * as E from 'fp-ts/lib/Either.js'
import { gzipSync } from 'fflate'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEFAULTS, parse } from '../../examples/lib/args.js'
import { drawn, load, showProblems } from '../../examples/lib/data.js'
import { progress } from '../../examples/lib/progress.js'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cotangent-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('the command line', () => {
  const left = (...argv: readonly string[]): { readonly code: number; readonly text: string } => {
    const result = parse(argv)
    if (E.isRight(result)) throw new Error('expected a Left')
    return result.left
  }

  it('has defaults for everything', () => {
    expect(parse([])).toEqual(E.right(DEFAULTS))
  })

  it('reads every option', () => {
    const out = join(folder, 'report.html')
    expect(parse(['--data', folder, '--seconds=2.5', '--epochs', '3', '--seed', '7', '--out', out])).toEqual(
      E.right({ data: folder, seconds: 2.5, epochs: 3, seed: 7, out })
    )
  })

  it('names every wrong value and asks for exit code 2', () => {
    const { code, text } = left('--seconds', 'soon', '--epochs', '1.5', '--seed=-1', '--data', join(folder, 'none'), '--out', folder)
    expect(code).toBe(2)
    expect(text.trim().split('\n')).toEqual([
      `error: option '--data' expects a folder that exists, got '${join(folder, 'none')}'`,
      "error: option '--seconds' expects a positive number, got 'soon'",
      "error: option '--epochs' expects a positive whole number, got '1.5'",
      "error: option '--seed' expects a whole number from 0 to 4294967295, got '-1'",
      `error: option '--out' expects a file in a folder that exists, got '${folder}'`
    ])
  })

  it('refuses zero, negative, infinite and empty times', () => {
    for (const text of ['0', '-3', 'Infinity', 'NaN', '']) expect(left(`--seconds=${text}`).code).toBe(2)
  })

  it('refuses unknown options, missing values and stray words with exit code 2', () => {
    expect(left('--secnds', '3')).toMatchObject({ code: 2 })
    expect(left('--secnds', '3').text).toContain("unknown option '--secnds'")
    expect(left('--data').text).toContain('argument missing')
    expect(left('mnist')).toMatchObject({ code: 2 })
  })

  it('shows help with exit code 0', () => {
    const { code, text } = left('--help')
    expect(code).toBe(0)
    expect(text).toContain('--seconds <n>')
  })
})

describe('the folder of data', () => {
  const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
  const images = (count: number, rows = 2, cols = 3): Uint8Array =>
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, rows, 0, 0, 0, cols, ...upTo(count * rows * cols))
  const labels = (count: number): Uint8Array => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, count, ...upTo(count))
  const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes)
  const problems = async (): Promise<readonly string[]> => {
    const result = await load(folder)()
    if (E.isRight(result)) throw new Error('expected a Left')
    return showProblems(result.left).replaceAll(folder, '.').split('\n')
  }

  it('splits a single set four to one, whatever the spelling of its names', async () => {
    put('t10k-images.idx3-ubyte', images(10))
    put('t10k-labels-idx1-ubyte.gz', gzipSync(labels(10)))
    const result = await load(folder)()
    expect(result).toMatchObject({ _tag: 'Right', right: { rows: 2, cols: 3 } })
    if (E.isLeft(result)) return
    expect([...result.right.trainLabels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect([...result.right.testLabels]).toEqual([8, 9])
    expect([...result.right.trainImages, ...result.right.testImages]).toEqual(upTo(60))
  })

  it('takes train and t10k as they are when both are there', async () => {
    put('train-images-idx3-ubyte', images(4))
    put('train-labels-idx1-ubyte', labels(4))
    put('t10k-images-idx3-ubyte.gz', gzipSync(images(2)))
    put('t10k-labels-idx1-ubyte', labels(2))
    const result = await load(folder)()
    expect(E.isRight(result) && [result.right.trainLabels.length, result.right.testLabels.length]).toEqual([4, 2])
  })

  it('names every problem of every file with its path', async () => {
    put('train-images-idx3-ubyte', images(4).subarray(0, 30))
    put('train-labels-idx1-ubyte', Uint8Array.of(1, 2, 3))
    put('t10k-images-idx3-ubyte', images(2))
    expect(await problems()).toEqual([
      './train-images-idx3-ubyte: expected 24 bytes after the header for [4, 2, 3] of 1 bytes each, got 14',
      './train-labels-idx1-ubyte: expected a header of at least 4 bytes, got 3 bytes in all',
      './t10k-labels-idx1-ubyte: expected this file or its .gz, it is not there'
    ])
  })

  it('holds the two sets to one size of image, and neither may be empty', async () => {
    put('train-images-idx3-ubyte', images(0, 3, 3))
    put('train-labels-idx1-ubyte', labels(0))
    put('t10k-images-idx3-ubyte', images(2))
    put('t10k-labels-idx1-ubyte', labels(2))
    expect(await problems()).toEqual([
      '.: expected images to learn from, got 0 of 3×3 pixels',
      '.: expected images of one size, got 3×3 to learn from and 2×3 to test on'
    ])
  })

  it('says what it looked for in a folder without any, and when there is no folder', async () => {
    expect(await problems()).toEqual([
      '.: expected t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or the same of train, each with .gz or without; found none'
    ])
    expect(await load(join(folder, 'none'))()).toMatchObject({ _tag: 'Left', left: [{ path: join(folder, 'none') }] })
  })

  const mnist = new URL('../../../shared/data/mnist/', import.meta.url)
  const there = existsSync(mnist)
  it.skipIf(!there)(there ? 'reads MNIST' : 'reads MNIST (skipped: no ../shared/data/mnist)', async () => {
    const result = await load(mnist.pathname)()
    expect(result).toMatchObject({ _tag: 'Right', right: { rows: 28, cols: 28 } })
    expect(E.isRight(result) && [result.right.trainLabels.length, result.right.testLabels.length]).toEqual([8000, 2000])
  })

  it('is not needed: the project draws digits itself', () => {
    const digits = drawn(20, 10, 4)
    expect([digits.trainImages.length, digits.testImages.length]).toEqual([20 * 784, 10 * 784])
    expect([...digits.testLabels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})

describe('progress', () => {
  /** A stream that keeps what is written, and says that it is a terminal, or not. */
  const stream = (isTTY: boolean): { readonly out: NodeJS.WriteStream; readonly text: () => string } => {
    let written = ''
    const out = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written += chunk.toString()
        done()
      }
    })
    // the bar asks a terminal only for these
    return { out: Object.assign(out, { isTTY, columns: 100, rows: 20 }) as unknown as NodeJS.WriteStream, text: () => written }
  }

  it('draws a bar with its figures on a terminal', () => {
    const { out, text } = stream(true)
    const bar = progress('epoch 1', 2, out)
    bar.tick({ loss: 0.5 })
    bar.tick({ loss: 0.25 })
    bar.stop()
    expect(text()).toContain('epoch 1')
    expect(text()).toContain('100 %  loss 0.25')
  })

  it('keeps silent where there is none', () => {
    const { out, text } = stream(false)
    const bar = progress('epoch 1', 2, out)
    bar.tick()
    bar.stop()
    expect(text()).toBe('')
  })
})
