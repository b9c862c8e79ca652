/*
 * How products of matrices are cut: the figures at which tiles come nearest to what 128 bits can do.
 */

/** Bytes of a row of a tile. */
export const tileBytes = 64

/** How deep a block is at most, and how many rows and columns are worked on while it is in the cache. */
const deepest = 512
export const [blockRows, blockColumns] = [120, 256]

/** Heights of all tiles divide it: rows are cut into pieces of so many, or of multiples. */
export const rowStep = 12

/** How deep blocks are: there are as few as can be, all about as deep. */
export const blockDepth = (depth: number): number => {
  const count = Math.ceil(depth / deepest)
  return 4 * Math.ceil(depth / count / 4)
}
