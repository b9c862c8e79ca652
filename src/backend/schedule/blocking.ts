import { byteSize, type DType } from '../../core/dtype.js'
import type { Product } from './kernel.js'

/*
 * How products of matrices are cut: the figures at which tiles come nearest to what 128 bits can do.
 */

/** Bytes of a row of a tile. */
export const tileBytes = 64

/** How deep a block is at most, and how many rows and columns are worked on while it is in the cache. */
const deepest = 512
export const [blockRows, blockColumns] = [128, 256]

/** How deep blocks are: there are as few as can be, all about as deep. */
export const blockDepth = (depth: number): number => {
  const count = Math.ceil(depth / deepest)
  return 4 * Math.ceil(depth / count / 4)
}

/** A right factor of at most so many bytes, or for so few rows, is read where it is. */
const [small, few] = [16384, 8]

/** Sums in progress for a row of a matrix that is multiplied with a vector. */
export const sumsInRow = 4

export type Matrices = Pick<Product, 'dtype' | 'rows' | 'columns' | 'depth' | 'lhs' | 'rhs'>

const lanesOf = (dtype: DType): number => 16 / byteSize(dtype)

/** Whether it is a matrix times a vector, where both lie side by side along the depth. */
export const isDots = ({ dtype, columns, depth, lhs, rhs }: Matrices): boolean =>
  columns === 1 && lhs.depth === 1 && rhs.depth === 1 && depth >= sumsInRow * lanesOf(dtype)

/** The product with its rows for columns. */
export const turned = <P extends Matrices>(product: P): P =>
  ({ ...product, rows: product.columns, columns: product.rows, lhs: product.rhs, rhs: product.lhs })

/** Whether the turned product is computed: of few columns and a left factor whose rows lie side by side, or of a vector and a matrix. */
export const turns = (product: Matrices): boolean => {
  const { dtype, rows, columns, lhs } = product
  if (isDots(turned(product))) return true
  return lhs.free === 1 && columns <= 2 * few && rows * byteSize(dtype) >= tileBytes && rows % lanesOf(dtype) === 0
}

/** How many elements a block of the right factor takes when it is packed; 0 if it is read where it is. */
export const packedSize = (product: Matrices): number => {
  const { dtype, rows, columns, depth, rhs } = product
  const side = rhs.free === 1 && columns % lanesOf(dtype) === 0
  if (isDots(product) || turns(product) || (side && (rows <= few || columns * depth * byteSize(dtype) <= small))) return 0
  const width = tileBytes / byteSize(dtype)
  return Math.min(depth, blockDepth(depth)) * Math.ceil(Math.min(columns, blockColumns) / width) * width
}
