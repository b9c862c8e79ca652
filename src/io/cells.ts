import type { FloatDType } from '../core/dtype.js'

/** What can be wrong with a file of comma-separated values. Rows and columns are counted from 1, the header being row 1. */
export type CsvProblem =
  | { readonly _tag: 'Gzip'; readonly message: string }
  | { readonly _tag: 'Encoding'; readonly message: string }
  | { readonly _tag: 'Empty'; readonly message: string }
  | { readonly _tag: 'Quotes'; readonly row: number; readonly message: string }
  | { readonly _tag: 'DuplicateName'; readonly column: number; readonly name: string; readonly message: string }
  | { readonly _tag: 'NoSuchColumn'; readonly name: string; readonly message: string }
  | { readonly _tag: 'Ragged'; readonly row: number; readonly expected: number; readonly got: number; readonly message: string }
  | {
      readonly _tag: 'NotANumber' | 'Missing'
      readonly row: number
      readonly column: number
      /** The column's name. */
      readonly name: string
      /** What the cell holds. */
      readonly text: string
      readonly message: string
    }

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** The number that a cell holds; undefined for what is no decimal number, or is too great for the dtype. */
export const cellNumber = (text: string, dtype: FloatDType): number | undefined => {
  if (!decimal.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(dtype === 'float32' ? Math.fround(value) : value) ? value : undefined
}
