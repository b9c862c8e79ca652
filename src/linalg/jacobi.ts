import { applyProduct, firstColumns, transposed, triangularize } from './householder.js'

/*
 * Singular values by one-sided Jacobi rotations of the triangular factor (Hestenes, 1958; Drmač & Veselić, New fast and accurate
 * Jacobi SVD algorithm, 2008): rows are rotated in pairs until all are orthogonal. Small singular values come out as accurately as
 * the matrix determines them, and errors are never more than some n·ε‖A‖.
 */

/** Squares of lengths below this are zero: the matrix is scaled, and products of such rows would underflow. */
const tiny = 1e-280

const sweeps = 60

const dot = (x: Float64Array, n: number, p: number, q: number): number => {
  let sum = 0
  for (let i = p * n, j = q * n, end = i + n; i < end; i++, j++) sum += x[i] * x[j]
  return sum
}

/** Rotates rows p and q of a matrix with n columns by the angle with tangent t, in the form in which rounding keeps lengths. */
const rotate = (x: Float64Array, n: number, p: number, q: number, t: number): void => {
  const c = 1 / Math.sqrt(1 + t * t)
  const s = c * t
  const half = s / (1 + c)
  for (let i = p * n, j = q * n, end = i + n; i < end; i++, j++) {
    const a = x[i]
    const b = x[j]
    x[i] = a - s * (b + half * a)
    x[j] = b + s * (a - half * b)
  }
}

const exchange = (x: Float64Array, n: number, p: number, q: number): void => {
  const row = x.slice(p * n, p * n + n)
  x.copyWithin(p * n, q * n, q * n + n)
  x.set(row, q * n)
}

/**
 * Rotates the rows of an n × n matrix until they are orthogonal, the longest first, and those of `turns` alike. Gives the squares of
 * their lengths; nothing if 60 sweeps do not suffice.
 */
const orthogonalizeRows = (w: Float64Array, n: number, turns: Float64Array | null): Float64Array | undefined => {
  const squares = new Float64Array(n)
  const enough = 2 ** -52 * Math.sqrt(n)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (let p = 0; p < n; p++) squares[p] = dot(w, n, p, p)
    let turned = false
    for (let p = 0; p < n - 1; p++) {
      let longest = p
      for (let q = p + 1; q < n; q++) if (squares[q] > squares[longest]) longest = q
      if (longest !== p) {
        exchange(w, n, p, longest)
        if (turns !== null) exchange(turns, n, p, longest)
        const square = squares[p]
        squares[p] = squares[longest]
        squares[longest] = square
      }
      for (let q = p + 1; q < n; q++) {
        if (squares[q] < tiny) continue
        const overlap = dot(w, n, p, q)
        if (Math.abs(overlap) <= enough * Math.sqrt(squares[p]) * Math.sqrt(squares[q])) continue
        const cotangent = (squares[q] - squares[p]) / (2 * overlap)
        const t = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
        squares[p] -= t * overlap
        squares[q] += t * overlap
        rotate(w, n, p, q, t)
        if (turns !== null) rotate(turns, n, p, q, t)
        turned = true
      }
    }
    if (!turned) return squares
  }
  return undefined
}

const identity = (n: number): Float64Array => {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  return out
}

/** Makes the rows of length σ unit vectors, and replaces those without length by an orthonormal rest. */
const normalizeRows = (w: Float64Array, n: number, lengths: Float64Array): void => {
  let rank = 0
  while (rank < n && lengths[rank] > 0) rank++
  for (let p = 0; p < rank; p++) for (let i = p * n; i < (p + 1) * n; i++) w[i] /= lengths[p]
  if (rank === n) return
  const basis = firstColumns(triangularize(transposed(w.subarray(0, rank * n), rank, n), n, rank), n, n)
  for (let p = rank; p < n; p++) for (let i = 0; i < n; i++) w[p * n + i] = basis[i * n + p]
}

/** As `singular`, of a matrix with at least as many rows as columns; U has `width` columns. */
const tall = (matrix: Float64Array, rows: number, n: number, width: number | null): readonly Float64Array[] | undefined => {
  const reflections = triangularize(matrix, rows, n)
  const w = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) w[i * n + j] = matrix[i * n + j]
  const turns = width === null ? null : identity(n)
  const values = orthogonalizeRows(w, n, turns)
  if (values === undefined) return undefined
  for (let p = 0; p < n; p++) values[p] = values[p] < tiny ? 0 : Math.sqrt(values[p])
  if (width === null || turns === null) return [values]
  normalizeRows(w, n, values)
  const left = new Float64Array(rows * width)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) left[i * width + j] = turns[j * n + i]
  for (let i = n; i < width; i++) left[i * width + i] = 1
  applyProduct(reflections, left, width)
  return [values, left, w]
}

/**
 * The singular values in descending order, and with vectors U and Vᵀ row by row: their first min(m, n) columns and rows, or `full`,
 * all of them. Overwrites the matrix. Nothing if the iteration does not converge.
 */
export const singular = (
  matrix: Float64Array, rows: number, columns: number, vectors: boolean, full: boolean
): readonly Float64Array[] | undefined => {
  const [most, least] = [Math.max(rows, columns), Math.min(rows, columns)]
  const width = vectors ? (full ? most : least) : null
  if (rows >= columns) return tall(matrix, rows, columns, width)
  const factors = tall(transposed(matrix, rows, columns), columns, rows, width)
  if (factors === undefined || width === null) return factors
  const [values, left, right] = factors
  return [values, transposed(right, rows, rows), transposed(left, columns, width)]
}
