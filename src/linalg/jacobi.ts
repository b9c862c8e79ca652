import { identity, product, rowsOf, transposed, turned } from './dense.js'
import { applyProduct, firstColumns, triangularize } from './householder.js'
import { symmetricEigen } from './tridiagonal.js'

/*
 * Singular values by one-sided Jacobi rotations of the triangular factor (Hestenes, 1958; Drmač & Veselić, New fast and accurate
 * Jacobi SVD algorithm, 2008): rows are rotated in pairs until all are orthogonal. Before that, eigenvectors of their products make
 * them nearly so, which leaves little to rotate. Small singular values of matrices with columns, or rows in descending order, of very
 * different sizes come out as accurately as great ones, down to ε²‖A‖, and as zero below; errors are never more than some n·ε‖A‖.
 */

/** Rows whose squared length is this much less than the greatest one are zero: what rounding leaves of them has no end. */
const negligible = 2 ** -208

const sweeps = 60

/** Rows whose squared lengths differ by more than this factor are not made orthogonal by eigenvectors, which would lose the shorter. */
const level = 2 ** -40

/** Fewer rows than this are rotated as they are. */
const few = 24

/** The sum of the products of the elements of two rows; four sums at once are faster, and have smaller errors. */
const dot = (x: Float64Array, n: number, p: number, q: number): number => {
  const end = p * n + n
  let s0 = 0, s1 = 0, s2 = 0, s3 = 0
  let i = p * n
  let j = q * n
  for (; i + 3 < end; i += 4, j += 4) {
    s0 += x[i] * x[j]
    s1 += x[i + 1] * x[j + 1]
    s2 += x[i + 2] * x[j + 2]
    s3 += x[i + 3] * x[j + 3]
  }
  for (; i < end; i++, j++) s0 += x[i] * x[j]
  return s0 + s1 + (s2 + s3)
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

/** The squares of the lengths of rows. */
const squaresOf = (w: Float64Array, n: number): Float64Array => {
  const squares = new Float64Array(n)
  for (let p = 0; p < n; p++) squares[p] = dot(w, n, p, p)
  return squares
}

/**
 * Sorts rows by their lengths, and multiplies those of like lengths by the eigenvectors of their products: then they are orthogonal
 * but for rounding. `turns`, the identity, becomes what the rows are multiplied with. Rows up to `least` stay as they are.
 */
const precondition = (w: Float64Array, n: number, turns: Float64Array | null, least: number): void => {
  if (n < few) return
  const lengths = squaresOf(w, n)
  const order = Int32Array.from(lengths.keys()).sort((i, j) => lengths[j] - lengths[i])
  const squares = lengths.toSorted((x, y) => y - x)
  for (const x of turns === null ? [w] : [w, turns]) {
    const rows = x.slice()
    for (let i = 0; i < n; i++) x.set(rows.subarray(order[i] * n, (order[i] + 1) * n), i * n)
  }
  for (let top = 0, bottom = 0; top < n && squares[top] > least; top = bottom) {
    while (bottom < n && squares[bottom] >= level * squares[top]) bottom++
    const count = bottom - top
    const rows = rowsOf(w, n, top, bottom)
    const products = product(rows, turned(rows)).data.map((x) => x / squares[top])
    const vectors = symmetricEigen(products, count, true)?.[1]
    if (vectors === undefined) continue
    w.set(product(turned(rowsOf(vectors, count, 0, count)), rows).data, top * n)
    if (turns === null) continue
    for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) turns[(top + i) * n + order[top + j]] = vectors[j * count + i]
  }
}

/**
 * Rotates the rows of an n × n matrix until they are orthogonal, the longest first, and those of `turns` alike, except those whose
 * squared lengths are not greater than `least`. Gives the squares of the lengths; nothing if 60 sweeps do not suffice.
 */
const orthogonalizeRows = (w: Float64Array, n: number, turns: Float64Array | null, least: number): Float64Array | undefined => {
  // As exact as the sum of so many rounded products, which a smaller bound would chase forever.
  const enough = 2 ** -53 * Math.max(n, 8)
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const squares = squaresOf(w, n)
    let isTurned = false
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
        if (squares[q] <= least) continue
        const overlap = dot(w, n, p, q)
        if (Math.abs(overlap) <= enough * Math.sqrt(squares[p]) * Math.sqrt(squares[q])) continue
        const cotangent = (squares[q] - squares[p]) / (2 * overlap)
        const t = (cotangent < 0 ? -1 : 1) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
        squares[p] -= t * overlap
        squares[q] += t * overlap
        rotate(w, n, p, q, t)
        if (turns !== null) rotate(turns, n, p, q, t)
        isTurned = true
      }
    }
    if (!isTurned) return squares
  }
  return undefined
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
  const least = negligible * squaresOf(w, n).reduce((x, y) => Math.max(x, y), 0)
  precondition(w, n, turns, least)
  const values = orthogonalizeRows(w, n, turns, least)
  if (values === undefined) return undefined
  for (let p = 0; p < n; p++) values[p] = values[p] <= least ? 0 : Math.sqrt(values[p])
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
