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
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)))
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()
  return [head, widths.map((width) => '─'.repeat(width)), ...rows].map(line).join('\n')
}
