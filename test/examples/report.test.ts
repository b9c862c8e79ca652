import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inflateSync } from 'node:zlib'
import { escape, html } from '../../examples/lib/html.js'
import { drawing, filterSheet } from '../../examples/lib/pictures.js'
import { png } from '../../examples/lib/png.js'
import type { Results } from '../../examples/lib/report.js'
import { report } from '../../examples/lib/report.js'
import { draw } from '../../examples/lib/strokes.js'
import { uniform } from '../../examples/lib/uniform.js'

const results = (epochs: number): Results => {
  const next = uniform(1)
  return {
    title: 'Digits <script>alert("1")</script>',
    summary: 'A & B',
    losses: Array.from({ length: 80 * epochs }, (_, i) => Math.exp(-i / 200) * (1 + 0.2 * next())),
    accuracies: Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1, train: 1 - 0.2 / (i + 1), test: 1 - 0.25 / (i + 1) })),
    confusion: Array.from({ length: 10 }, (_, truth) =>
      Array.from({ length: 10 }, (_, answer) => (truth === answer ? 19 : truth === 3 ? 1 : 0))),
    firstLayer: { weights: Float32Array.from({ length: 784 * 128 }, () => next() - 0.5), rows: 28, cols: 28, units: 128 },
    config: { layers: '784-128-10', 'learning rate': 0.001, '<i>': '"&\'' },
    mistakes: [{ image: draw(4, 1), rows: 28, cols: 28, truth: 4, answer: 9 }],
    xor: {
      losses: [0.7, 0.3, 0.01],
      table: [{ inputs: [0, 1], target: 1, output: 0.98765 }],
      surface: { values: new Float32Array(16).fill(0.75), side: 4 }
    }
  }
}

describe('the report', () => {
  const text = report(results(12))

  it('is the same for the same results', () => {
    expect(report(results(12))).toBe(text)
  })

  it('is one page that asks for nothing: no script, no address but of name spaces, images inside', () => {
    expect(text.startsWith('<!doctype html>')).toBe(true)
    expect(text).not.toMatch(/<script|<link|<iframe|@import/i)
    const addresses = [...text.matchAll(/https?:\/\/[^\s"'<]*/g)].map(([address]) => address)
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([])
    expect([...text.matchAll(/src="([^"]*)"/g)].every(([, source]) => source.startsWith('data:image/png;base64,'))).toBe(true)
    expect([...text.matchAll(/url\(([^)]*)\)/g)].every(([, target]) => target.startsWith('#'))).toBe(true)
    expect(text.length).toBeLessThan(1_500_000)
  })

  it('escapes what it is told', () => {
    expect(text).toContain('Digits &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;')
    expect(text).toContain('<p>A &amp; B</p>')
    expect(text).toContain('<th scope="row">&lt;i&gt;</th><td>&quot;&amp;&#39;</td>')
  })

  it('names every picture and has every section', () => {
    for (const [svg] of text.matchAll(/<svg [^>]*>/g)) expect(svg).toMatch(/role="img" aria-label="[^"]{20,}"/)
    for (const [img] of text.matchAll(/<img [^>]*>/g)) expect(img).toMatch(/ alt="[^"]{5,}"/)
    expect([...text.matchAll(/<h2>([^<]*)</g)].map(([, name]) => name)).toEqual([
      'Loss', 'Accuracy', 'Confusion matrix', 'Read wrongly', 'First-layer filters', 'XOR', 'Settings'
    ])
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('says in large how many were right', () => {
    expect(text).toContain('<strong>95.5 %</strong>')
    expect(text).toContain('<td>0.988</td>')
  })

  it('is written for a run that was stopped at once, and for losses that are not finite', () => {
    const { mistakes: _mistakes, xor: _xor, ...rest } = results(0)
    expect(report(rest)).toContain('<h2>Loss</h2>')
    expect(report({ ...rest, losses: [NaN, Infinity, 1], accuracies: [{ epoch: 1, train: NaN, test: 0 }] })).toContain('<svg')
    const empty = Array.from({ length: 10 }, () => new Array<number>(10).fill(0))
    expect(report({ ...rest, confusion: empty })).toContain('<strong>none</strong>')
  })
})

describe('html', () => {
  it('escapes text so that no markup is left, and keeps what is HTML', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(escape(text)).not.toMatch(/[<>"']/)
        expect(html`<p>${[html`<b>${text}</b>`, 3]}</p>`.text).toBe(`<p><b>${escape(text)}</b>3</p>`)
      })
    )
  })
})

describe('pictures', () => {
  /** Chunks of a PNG by their type. */
  const chunks = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => {
    const found = new Map<string, Uint8Array>()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 8; at < bytes.length;) {
      const length = view.getUint32(at)
      found.set(String.fromCharCode(...bytes.subarray(at + 4, at + 8)), bytes.subarray(at + 8, at + 8 + length))
      at += length + 12
    }
    return found
  }

  it('a PNG holds the pixels row by row behind a header with their size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 2 as const, 4 as const),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.uint8Array({ minLength: 324, maxLength: 324 }),
        (channels, width, height, noise) => {
          const pixels = noise.subarray(0, width * height * channels)
          const found = chunks(png(pixels, width, height, channels))
          expect([...found.keys()]).toEqual(['IHDR', 'IDAT', 'IEND'])
          expect([...(found.get('IHDR') ?? [])]).toEqual([0, 0, 0, width, 0, 0, 0, height, 8, { 1: 0, 2: 4, 4: 6 }[channels], 0, 0, 0])
          const rows = inflateSync(found.get('IDAT') ?? new Uint8Array())
          const stride = width * channels
          for (let y = 0; y < height; y++) {
            const row = rows.subarray(y * (stride + 1), (y + 1) * (stride + 1))
            expect([...row]).toEqual([0, ...pixels.subarray(y * stride, (y + 1) * stride)])
          }
        }
      ),
      { numRuns: 50 }
    )
  })

  it('filters lie side by side in rows of sixteen', () => {
    const sheet = filterSheet({ weights: new Float32Array(6 * 20).fill(0.25), rows: 2, cols: 3, units: 20 })
    expect([sheet.width, sheet.height, sheet.scale]).toEqual([16 * 4 - 1, 2 * 3 - 1, 0.25])
  })

  it('a drawing has the size of its image', () => {
    expect(drawing(draw(3, 1), 28, 28)).toMatchObject({ width: 28, height: 28 })
  })
})
