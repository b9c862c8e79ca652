/** Rows of texts below each other in columns; with `numbers` the last one is aligned at its right. */
export const layOut = (rows: readonly (readonly string[])[], numbers = false): string => {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const last = numbers ? widths.length - 1 : -1
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === last ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  ').trimEnd()
  return rows.map(line).join('\n')
}

/**
 * Rows of texts below each other in columns, the first row above a line.
 *
 * @example
 * showTable(['name', 'size'], [['weight', '6'], ['bias', '3']]) //
 * // name    size
 * // ──────  ────
 * // weight  6
 * // bias    3
 */
export const showTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const rule = head.map((title, i) => '─'.repeat(Math.max(title.length, ...rows.map((row) => row[i].length))))
  return layOut([head, rule, ...rows])
}
