import { sumOfProducts } from '../array/matmul.js'

/*
 * Matrices of float64 within typed arrays, for kernels.
 */

/** A matrix whose element (i, j) is `data[first + i · down + j · right]`. */
export interface Dense {
  readonly data: Float64Array
  readonly first: number
  readonly rows: number
  readonly columns: number
  readonly down: number
  readonly right: number
}

/** A matrix stored row by row: the rows from `top` to `bottom` of an array with n columns. */
export const rowsOf = (data: Float64Array, n: number, top: number, bottom: number): Dense =>
  ({ data, first: top * n, rows: bottom - top, columns: n, down: n, right: 1 })

/** The rows from `top` to `bottom` and the columns from `left` to `end` of a matrix, where they lie. */
export const part = ({ data, first, down, right }: Dense, top: number, bottom: number, left: number, end: number): Dense =>
  ({ data, first: first + top * down + left * right, rows: bottom - top, columns: end - left, down, right })

/** The transpose of a matrix, where it lies. */
export const turned = ({ data, first, rows, columns, down, right }: Dense): Dense =>
  ({ data, first, rows: columns, columns: rows, down: right, right: down })

const multiples = (count: number, step: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i * step)

/** The product of two matrices, row by row. */
export const product = (x: Dense, y: Dense): Dense => {
  const data = new Float64Array(x.rows * y.columns)
  const none = new Int32Array(1)
  const depth = x.columns
  sumOfProducts(
    { data: x.data, batch: Int32Array.of(x.first), free: multiples(x.rows, x.down), depth: multiples(depth, x.right) },
    { data: y.data, batch: Int32Array.of(y.first), free: multiples(y.columns, y.right), depth: multiples(depth, y.down) },
    { data, batch: none, rows: multiples(x.rows, y.columns), columns: multiples(y.columns, 1) },
    'float64'
  )
  return rowsOf(data, y.columns, 0, x.rows)
}

/** Subtracts a matrix from another, where that lies. */
export const subtract = (change: Dense, from: Dense): void => {
  for (let i = 0; i < from.rows; i++) {
    let source = change.first + i * change.down
    for (let j = 0, at = from.first + i * from.down; j < from.columns; j++, at += from.right, source += change.right) {
      from.data[at] -= change.data[source]
    }
  }
}

/** A matrix, row by row, as its transpose. */
export const transposed = (x: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(x.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]
  return out
}

/** The identity with n rows. */
export const identity = (n: number): Float64Array => {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  return out
}
