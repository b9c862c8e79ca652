import { describe, expect, test } from 'vitest'
import type { DType } from '../../src/core/dtype.js'
import type { Buffer } from '../../src/backend/schedule/kernel.js'
import { tilingOf, type Tiling } from '../../src/backend/schedule/tiling.js'

interface Sizes {
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly dtype?: 'float32' | 'float64'
  /** Which factors are stored the other way round. */
  readonly turned?: readonly ('lhs' | 'rhs')[]
}

const buffer = (id: number, dtype: DType, size: number): Buffer => ({ id, dtype, size })

const tiled = ({ rows, columns, depth, dtype = 'float32', turned = [] }: Sizes): Tiling => tilingOf({
  kind: 'product', name: 'dot_general', dtype, batch: [], rows, columns, depth,
  lhs: {
    buffer: buffer(0, dtype, rows * depth), offset: 0, batch: [], ...(turned.includes('lhs') ? { free: 1, depth: rows } : { free: depth, depth: 1 })
  },
  rhs: {
    buffer: buffer(1, dtype, columns * depth), offset: 0, batch: [],
    ...(turned.includes('rhs') ? { free: depth, depth: 1 } : { free: 1, depth: columns })
  },
  out: buffer(2, dtype, rows * columns), packed: null, epilogue: null
})

const wayOf = (sizes: Sizes): string => {
  const { turned, sweeps, dots, packs, copied } = tiled(sizes)
  const way = sweeps ? 'sweeps' : dots ? (packs ? 'dots, packed' : 'dots') : packs ? 'panels' : 'where it is'
  return `${turned ? 'transposed, ' : ''}${way}${copied > 0 ? ', copies' : ''}`
}

const sizes = (rows: number, columns: number, depth: number, more: Partial<Sizes> = {}): Sizes => ({ rows, columns, depth, ...more })

describe('products are carried out', () => {
  test.each([
    ['rows of 8 KB', sizes(8, 2048, 512), 'sweeps'],
    ['rows of 4 KB', sizes(8, 1024, 1024), 'sweeps'],
    ['rows of 12 KB, few of them', sizes(4, 3072, 16), 'sweeps'],
    ['rows of 4 KB of float64', sizes(8, 512, 300, { dtype: 'float64' }), 'sweeps'],
    ['rows that lie apart', sizes(8, 2000, 512), 'where it is'],
    ['rows of 2 KB', sizes(8, 512, 512), 'where it is'],
    ['hardly any rows', sizes(8, 1024, 4), 'where it is'],
    ['a broken last vector', sizes(8, 1001, 512), 'sweeps'],
    ['one row and a large matrix', sizes(1, 1000, 1000), 'sweeps'],
    ['one row and a small matrix', sizes(1, 200, 200), 'where it is'],
    ['more rows than tiles read unpacked', sizes(16, 512, 512), 'sweeps'],
    ['so many that panels pay', sizes(32, 2048, 512), 'panels'],
    ['short rows', sizes(16, 32, 512), 'panels'],
    ['a small right factor', sizes(16, 64, 64), 'where it is'],
    ['a right factor stored the other way round', sizes(8, 512, 512, { turned: ['rhs'] }), 'transposed, dots, packed'],
    ['both factors stored the other way round', sizes(16, 512, 512, { turned: ['lhs', 'rhs'] }), 'transposed, dots, packed'],
    ['one row, and a right factor stored the other way round', sizes(1, 512, 512, { turned: ['rhs'] }), 'transposed, dots'],
    ['more rows, and a right factor stored the other way round', sizes(17, 512, 512, { turned: ['rhs'] }), 'panels'],
    ['few columns stored the other way round', sizes(8, 16, 512, { turned: ['rhs'] }), 'panels'],
    ['short columns stored the other way round', sizes(4, 512, 32, { turned: ['rhs'] }), 'panels'],
    ['a gradient of a layer of 4 KB', sizes(1024, 512, 128, { turned: ['lhs'] }), 'panels, copies'],
    ['a gradient of a layer of 2 KB', sizes(512, 512, 128, { turned: ['lhs'] }), 'panels, copies'],
    ['a gradient of a layer of another width', sizes(784, 512, 128, { turned: ['lhs'] }), 'panels'],
    ['a gradient of a layer for few examples', sizes(1024, 512, 8, { turned: ['lhs'] }), 'where it is'],
    ['a gradient of a layer of few columns', sizes(1024, 32, 128, { turned: ['lhs'] }), 'where it is, copies'],
    ['a gradient of a layer of hardly any columns', sizes(1024, 10, 128, { turned: ['lhs'] }), 'transposed, sweeps'],
    ['the same of another width', sizes(784, 10, 128, { turned: ['lhs'] }), 'transposed, where it is'],
    ['few columns', sizes(512, 10, 512), 'dots, packed'],
    ['one column', sizes(512, 1, 512), 'dots'],
    ['a left factor stored the other way round', sizes(8, 2048, 512, { turned: ['lhs'] }), 'sweeps'],
    ['as many rows as columns', sizes(512, 512, 512), 'panels']
  ] as const)('%s', (_, given, way) => {
    expect(wayOf(given)).toBe(way)
  })

  test('in pieces of columns with a strip each, if they sweep', () => {
    const { pieces: { axis, size, units }, room } = tiled(sizes(8, 2048, 512))
    expect(axis).toBe('columns')
    expect(units * size).toBe(2048)
    expect(room).toBe(8 * size)
    // and one for the sums of a block, where there are several
    const deep = tiled(sizes(8, 2048, 1500))
    expect(deep.room).toBe(16 * deep.pieces.size)
  })
})
