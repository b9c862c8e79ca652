import { byteSize, type DType } from '../../core/dtype.js'
import { blockColumns, blockDepth, blockRows, rowStep, stripBytes, tileBytes } from './blocking.js'
import type { Product } from './kernel.js'

/*
 * How a product is carried out, and how it is cut into pieces that are independent.
 */

type Matrices = Pick<Product, 'dtype' | 'batch' | 'rows' | 'columns' | 'depth' | 'lhs' | 'rhs'>

/** The pieces of a product, and units of them. */
export interface Pieces {
  /** Which axis of the result is cut. */
  readonly axis: 'rows' | 'columns'
  /** How many rows or columns a piece has, and how many pieces there are to a matrix. */
  readonly size: number
  readonly count: number
  /** How many pieces are one unit; it may be several matrices. */
  readonly each: number
  readonly units: number
}

/** A product as it is carried out: vectors lie along its columns. */
export interface Tiling extends Matrices {
  /** It is the transposed product. */
  readonly turned: boolean
  /** A matrix times a vector or a few columns, rows lying side by side along the depth: vectors lie along it, too. */
  readonly dots: boolean
  /** Few rows, the right factor's lying side by side: these are read one after the other. */
  readonly sweeps: boolean
  /** Whether panels of the right factor are packed; else it is read where it is. */
  readonly packs: boolean
  /** How many elements a copy of a block of the left factor takes, its steps close together; 0: it is read where it is. */
  readonly copied: number
  /** Columns of a panel. */
  readonly width: number
  readonly pieces: Pieces
  /** How many elements of room a unit takes: for panels, for a copy of a block of the left factor, or for sums. */
  readonly room: number
}

/** A right factor of at most so many bytes, or for so few rows, is read where it is. */
const [small, few] = [16384, 8]

/** Sweeps are for so few rows, at least so many bytes of columns, and so many steps; for fewer steps where tiles would displace rows. */
const swept = { rows: 24, bytes: 256, steps: 64, fewSteps: 16 }

/** Rows so far apart, or multiples of it, compete for the same places in the first cache; half as far, for two each. */
const aliasing = 4096

/** Blocks of the left factor are copied if there are so many rows and steps at least. */
const fewest = { rows: 32, depth: 16 }

/** A right factor of so many bytes does not stay in the second cache. */
const large = 1048576

/** Vectors of the panel for one row alone. */
const rowVectors = 12

/** Vectors may lie along the depth if it has so many bytes at least, and the right factor takes so many at most when it is packed. */
const [deep, mostPacked] = [256, 65536]

/** So many units are enough; fewer are, where each takes room for its panels, or for a block of the left factor. */
const [enough, roomy, roomiest] = [64, 32, 16]

/** Products with fewer multiplications are one unit. */
const worthwhile = 16384

type Way = Pick<Tiling, 'turned' | 'dots' | 'sweeps' | 'packs' | 'copied' | 'width'>

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** How many columns are worked on together, at most three, where vectors lie along the depth. */
export const narrowColumns = (columns: number): readonly number[] => {
  const groups = Math.ceil(columns / 3)
  return Array.from({ length: groups }, (_, g) => Math.floor((columns + g) / groups))
}

/**
 * Whether sweeping is quicker than tiles: where the rows of the right factor are in each other's way, or where tiles would need panels for
 * few rows, or be of odd height.
 */
const isSwept = ({ dtype, rows, columns, depth, rhs }: Matrices, turned: boolean): boolean => {
  const bytes = byteSize(dtype)
  const size = columns * depth * bytes
  if (rhs.free !== 1 || rows > swept.rows || columns * bytes < swept.bytes || size <= small) return false
  if ((turned || rows <= few) && (rhs.depth * bytes) % aliasing === 0) return depth >= swept.fewSteps
  return !turned && depth >= swept.steps && (rows > few || (columns * bytes) % 16 !== 0 || (rows % 2 === 1 && size >= large))
}

/** How many elements a copy of a block of the left factor takes, if its steps are in each other's way; else 0. */
const copyOf = ({ dtype, rows, depth, lhs }: Matrices, packs: boolean): number => {
  const near = lhs.free !== 1 || (lhs.depth * byteSize(dtype)) % (aliasing / 2) !== 0
  if (near || rows < fewest.rows || depth < fewest.depth) return 0
  return blockRows * Math.min(depth, blockDepth(depth, packs ? 'packed' : 'direct'))
}

/** Whether few rows meet a right factor whose columns lie side by side along the depth: vectors may lie so as well, of both. */
const isTransposed = ({ dtype, rows, columns, depth, rhs }: Matrices): boolean =>
  rhs.depth === 1 && rows > 1 && rows <= 2 * few && columns >= 4 * rows && depth >= 8 * rows && isDeep(dtype, rows, depth)

const isVector = ({ dtype, columns, depth, lhs, rhs }: Matrices): boolean =>
  columns === 1 && lhs.depth === 1 && rhs.depth === 1 && depth * byteSize(dtype) >= 64

/** Whether vectors along a few columns would be empty to an eighth or more, where they may as well lie along the depth. */
const isNarrow = ({ dtype, rows, columns, depth, lhs }: Matrices): boolean => {
  const lanes = 16 / byteSize(dtype)
  const filled = lanes * Math.ceil(columns / lanes)
  return lhs.depth === 1 && columns > 1 && columns <= 2 * few && rows >= rowStep && 8 * (filled - columns) >= filled &&
    isDeep(dtype, columns, depth)
}

/** Whether vectors may lie along the depth: sums are long, and so many columns, packed, stay in the cache. */
const isDeep = (dtype: DType, columns: number, depth: number): boolean =>
  depth * byteSize(dtype) >= deep && packedAlong(dtype, columns, depth) * byteSize(dtype) <= mostPacked

/** How many elements columns take that are packed along the depth. */
const packedAlong = (dtype: DType, columns: number, depth: number): number => {
  const lanes = 16 / byteSize(dtype)
  return columns * lanes * Math.ceil(depth / lanes)
}

const piecesOf = ({ batch, rows, columns, depth }: Matrices, { dots, sweeps, packs, copied, width }: Omit<Way, 'turned'>): Pieces => {
  const matrices = product(batch)
  if (matrices * rows * columns * depth < worthwhile) return { axis: 'rows', size: rows, count: 1, each: matrices, units: 1 }
  const most = copied > 0 ? roomiest : packs || sweeps ? roomy : enough
  const cut = (axis: Pieces['axis'], extent: number, step: number): Pieces => {
    const size = step * Math.ceil(extent / step / Math.ceil(most / matrices))
    const count = Math.ceil(extent / size)
    const each = Math.ceil((matrices * count) / most)
    return { axis, size, count, each, units: Math.ceil((matrices * count) / each) }
  }
  const [across, along] = [cut('rows', rows, rowStep), cut('columns', columns, width)]
  if (sweeps) return along
  // pieces of columns pack their own panels, pieces of rows all of them
  return !dots && along.units * (packs ? 4 : 1) >= across.units ? along : across
}

/** How a product is carried out: transposed, if that makes it one of a matrix and a vector, or one of few rows, or of few columns. */
export const tilingOf = ({ dtype, batch, rows, columns, depth, lhs, rhs }: Product): Tiling => {
  const matrices: Matrices = { dtype, batch, rows, columns, depth, lhs, rhs }
  const transposed: Matrices = { ...matrices, rows: columns, columns: rows, lhs: rhs, rhs: lhs }
  const lanes = 16 / byteSize(dtype)
  const flat = lhs.free === 1 && columns <= 2 * few && rows * byteSize(dtype) >= tileBytes && rows % lanes === 0
  const across = isTransposed(matrices)
  const turned = flat || across || isVector(transposed)
  const view = turned ? transposed : matrices
  const narrow = across || isNarrow(view)
  const dots = narrow || isVector(view)
  const sweeps = !dots && isSwept(view, turned)
  const whole = view.rhs.free === 1 && view.columns % lanes === 0
  const packs = narrow || (!turned && !dots && !sweeps && !(whole && (rows <= few || columns * depth * byteSize(dtype) <= small)))
  const width = (view.rows === 1 && !packs && !sweeps ? 16 * rowVectors : tileBytes) / byteSize(dtype)
  const copied = dots || sweeps ? 0 : copyOf(view, packs)
  const way: Way = { turned, dots, sweeps, packs, copied, width }
  const pieces = piecesOf(view, way)
  return { ...view, ...way, pieces, room: roomOf(view, way, pieces) }
}

const roomOf = ({ dtype, rows, columns, depth }: Matrices, way: Way, { axis, size, each }: Pieces): number => {
  const { dots, sweeps, packs, copied, width } = way
  if (dots && packs) return packedAlong(dtype, columns, depth)
  const most = Math.min(axis === 'columns' ? size * each : columns, columns)
  if (sweeps) return rows * Math.min(most, stripBytes(rows) / byteSize(dtype)) * (blockDepth(depth, 'swept') < depth ? 2 : 1)
  if (!packs) return copied
  return copied + Math.min(depth, blockDepth(depth, 'packed')) * width * Math.ceil(Math.min(most, blockColumns) / width)
}
