import { part, product, rowsOf, subtract, turned, type Dense } from './dense.js'

/*
 * Householder's reflections H = I − τ v vᵀ, v₀ = 1, with the signs of LAPACK, on matrices of float64 stored row by row.
 */

/**
 * The reflection that maps a vector to a multiple β of the first unit vector: β and the rest of v take its place; gives τ.
 * As LAPACK's dlarfg: β has the sign that x₀ has not, and a vector that is such a multiple already is left alone.
 */
export const reflector = (x: Float64Array, first: number, step: number, count: number): number => {
  let most = 0
  for (let i = 1, at = first + step; i < count; i++, at += step) most = Math.max(most, Math.abs(x[at]))
  if (most === 0) return 0
  // In units of the greatest element, whose square neither overflows nor underflows.
  most = Math.max(most, Math.abs(x[first]))
  let sum = 0
  for (let i = 0, at = first; i < count; i++, at += step) sum += (x[at] / most) ** 2
  const alpha = x[first] / most
  const beta = alpha < 0 ? Math.sqrt(sum) : -Math.sqrt(sum)
  for (let i = 1, at = first + step; i < count; i++, at += step) x[at] = x[at] / most / (alpha - beta)
  x[first] = beta * most
  return (beta - alpha) / beta
}

/** Reflections H₀, H₁, …: the vector of Hₖ lies in column k of a matrix, from row k + `shift` on, its first element 1 not stored. */
export interface Reflections {
  readonly data: Float64Array
  readonly columns: number
  readonly shift: number
  readonly taus: Float64Array
}

/** Applies Hₖ from the left to the columns from `from` to `to` of a matrix with `width` columns. */
const reflect = (
  { data, columns, shift, taus }: Reflections, k: number, matrix: Float64Array, width: number, from: number, to: number
): void => {
  const tau = taus[k]
  if (tau === 0) return
  const first = k + shift
  const rows = matrix.length / width
  const sums = matrix.slice(first * width + from, first * width + to)
  for (let i = first + 1; i < rows; i++) {
    const v = data[i * columns + k]
    for (let j = 0, at = i * width + from; j < sums.length; j++, at++) sums[j] += v * matrix[at]
  }
  for (let j = 0, at = first * width + from; j < sums.length; j++, at++) matrix[at] -= tau * sums[j]
  for (let i = first + 1; i < rows; i++) {
    const v = tau * data[i * columns + k]
    for (let j = 0, at = i * width + from; j < sums.length; j++, at++) matrix[at] -= v * sums[j]
  }
}

/** How many reflections are applied at once. */
const breadth = 32

/** The product of some reflections as I − V T Vᵀ (Schreiber & Van Loan, 1989): V from the first row that it touches on, and T. */
interface Panel {
  readonly first: number
  readonly vectors: Dense
  readonly factor: Dense
}

/** The reflections `from` to `to`, `to` excluded, as one. */
const panelOf = ({ data, columns, shift, taus }: Reflections, from: number, to: number): Panel => {
  const [first, width, rows] = [from + shift, to - from, data.length / columns - from - shift]
  const v = new Float64Array(rows * width)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width && j <= i; j++) v[i * width + j] = i === j ? 1 : data[(first + i) * columns + from + j]
  }
  const vectors = rowsOf(v, width, 0, rows)
  const { data: overlaps } = product(turned(vectors), vectors)
  const t = new Float64Array(width * width)
  for (let j = 0; j < width; j++) {
    const tau = taus[from + j]
    for (let i = 0; i < j; i++) {
      let sum = 0
      for (let k = i; k < j; k++) sum += t[i * width + k] * overlaps[k * width + j]
      t[i * width + j] = -tau * sum
    }
    t[j * width + j] = tau
  }
  return { first, vectors, factor: rowsOf(t, width, 0, width) }
}

/** Multiplies a matrix with `width` columns, from column `from` on, by I − V T Vᵀ from the left. */
const applyPanel = ({ first, vectors, factor }: Panel, matrix: Float64Array, width: number, from: number): void => {
  const bottom = matrix.length / width
  const block = part(rowsOf(matrix, width, 0, bottom), first, bottom, from, width)
  subtract(product(vectors, product(factor, product(turned(vectors), block))), block)
}

/** Overwrites an m × n matrix with R, on and above the diagonal, and the reflections whose product is Q, below it. */
export const triangularize = (matrix: Float64Array, rows: number, columns: number): Reflections => {
  const taus = new Float64Array(Math.min(rows, columns))
  const reflections = { data: matrix, columns, shift: 0, taus }
  for (let top = 0; top < taus.length; top += breadth) {
    const bottom = Math.min(top + breadth, taus.length)
    const end = columns - bottom < breadth ? columns : bottom
    for (let k = top; k < bottom; k++) {
      taus[k] = reflector(matrix, k * columns + k, columns, rows - k)
      reflect(reflections, k, matrix, columns, k + 1, end)
    }
    if (end === columns) continue
    const panel = panelOf(reflections, top, bottom)
    applyPanel({ ...panel, factor: turned(panel.factor) }, matrix, columns, end)
  }
  return reflections
}

/** Multiplies a matrix with `width` columns by H₀ H₁ ⋯ from the left, each Hₖ from a column on: those before it are zero where it acts. */
const applyFrom = (reflections: Reflections, matrix: Float64Array, width: number, from: (k: number) => number): void => {
  for (let bottom = reflections.taus.length; bottom > 0; bottom -= breadth) {
    const top = Math.max(bottom - breadth, 0)
    if (width - from(top) > breadth) applyPanel(panelOf(reflections, top, bottom), matrix, width, from(top))
    else for (let k = bottom - 1; k >= top; k--) reflect(reflections, k, matrix, width, from(k), width)
  }
}

/** Multiplies a matrix with `width` columns by H₀ H₁ ⋯ from the left. */
export const applyProduct = (reflections: Reflections, matrix: Float64Array, width: number): void => {
  applyFrom(reflections, matrix, width, () => 0)
}

/** The first `width` columns of H₀ H₁ ⋯, row by row. */
export const firstColumns = (reflections: Reflections, rows: number, width: number): Float64Array => {
  const out = new Float64Array(rows * width)
  for (let i = 0; i < width; i++) out[i * width + i] = 1
  // Column j < k + shift is still a unit vector that the reflection does not touch.
  applyFrom(reflections, out, width, (k) => k + reflections.shift)
  return out
}
