import { byteSize, type DType } from '../../core/dtype.js'

/*
 * How products of matrices are cut: the figures at which tiles come nearest to what 128 bits can do.
 */

/** Bytes of a row of a tile. */
export const tileBytes = 64

/** How deep a block is, and how many rows and columns are worked on while it is in the cache. */
export const [blockDepth, blockRows, blockColumns] = [256, 128, 1024]

/** Columns of a tile. */
export const tileColumns = (dtype: DType): number => tileBytes / byteSize(dtype)

/** How many elements packing a block of the right factor takes. */
export const packedSize = (dtype: DType, columns: number, depth: number): number => {
  const width = tileColumns(dtype)
  return Math.min(depth, blockDepth) * Math.ceil(Math.min(columns, blockColumns) / width) * width
}
