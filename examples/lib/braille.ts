/** The bits of the eight dots of a braille character, row by row: two across, four down. */
const DOTS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80] as const

/** Lines of braille in which a dot is raised where the image is at least the threshold. */
export const braille = (image: ArrayLike<number>, rows: number, cols: number, threshold: number): readonly string[] =>
  Array.from({ length: Math.ceil(rows / 4) }, (_, line) =>
    Array.from({ length: Math.ceil(cols / 2) }, (_, column) => {
      const raised = DOTS.filter((_, i) => {
        const [y, x] = [4 * line + (i >> 1), 2 * column + (i & 1)]
        return y < rows && x < cols && image[y * cols + x] >= threshold
      })
      return String.fromCodePoint(0x2800 + raised.reduce<number>((sum, dot) => sum + dot, 0))
    }).join(''))

/** Pictures made of lines, all of one height, next to each other. */
export const sideBySide = (pictures: readonly (readonly string[])[]): string =>
  pictures.length === 0 ? '' : pictures[0].map((_, line) => pictures.map((picture) => picture[line]).join(' ')).join('\n')
