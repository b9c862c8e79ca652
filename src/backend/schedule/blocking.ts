/*
 * How products of matrices are cut: the figures at which tiles come nearest to what 128 bits can do.
 */

/** Bytes of a row of a tile. */
export const tileBytes = 64

/** How deep a block is at most, of panels and of a factor that is read where it is. */
const deepest = { packed: 512, direct: 256 }

/** How many rows, and how many columns that are packed, are worked on while a block is in the cache. */
export const [blockRows, blockColumns] = [120, 256]

/** Heights of all tiles divide it: rows are cut into pieces of so many, or of multiples. */
export const rowStep = 12

/** How deep blocks are: there are as few as can be, all about as deep. */
export const blockDepth = (depth: number, packs: boolean): number => {
  const count = Math.ceil(depth / deepest[packs ? 'packed' : 'direct'])
  return 4 * Math.ceil(depth / count / 4)
}
