/*
 * How products of matrices are cut: the figures at which tiles come nearest to what 128 bits can do.
 */

/** Bytes of a row of a tile. */
export const tileBytes = 64

/** How the right factor is taken: from panels, where it is, or by sweeping over its rows. */
export type Access = 'packed' | 'direct' | 'swept'

/** How deep a block is at most. */
const deepest: Readonly<Record<Access, number>> = { packed: 512, direct: 256, swept: 1024 }

/** How many rows, and how many columns that are packed, are worked on while a block is in the cache. */
export const [blockRows, blockColumns] = [120, 256]

/** Heights of all tiles divide it: rows are cut into pieces of so many, or of multiples. */
export const rowStep = 12

/** How deep blocks are: there are as few as can be, all about as deep. */
export const blockDepth = (depth: number, access: Access): number => {
  const count = Math.ceil(depth / deepest[access])
  return 8 * Math.ceil(depth / count / 8)
}

/** Bytes of a row of a strip: strips of so many rows and what they meet of the right factor lie in the first cache. */
export const stripBytes = (rows: number): number => tileBytes * Math.min(128, Math.max(8, Math.floor(256 / rows)))
