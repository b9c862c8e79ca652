/**
 * Reading and writing of the formats that data and parameters come in.
 *
 * @module
 */
export type { CsvProblem } from './cells.js'
export { csv, type Category, type ColumnKind, type Columns, type CsvOptions, type Table } from './csv.js'
export * as idx from './idx.js'
