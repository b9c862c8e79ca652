/*
 * Householder's reflections H = I − τ v vᵀ, v₀ = 1, with the signs of LAPACK, on matrices of float64 stored row by row.
 */

/**
 * The reflection that maps a vector to a multiple β of the first unit vector: β and the rest of v take its place; gives τ.
 * As LAPACK's dlarfg: β has the sign that x₀ has not, and a vector that is such a multiple already is left alone.
 */
export const reflector = (x: Float64Array, first: number, step: number, count: number): number => {
  let sum = 0
  for (let i = 1, at = first + step; i < count; i++, at += step) sum += x[at] * x[at]
  if (sum === 0) return 0
  const alpha = x[first]
  const size = Math.sqrt(alpha * alpha + sum)
  const beta = alpha < 0 ? size : -size
  for (let i = 1, at = first + step; i < count; i++, at += step) x[at] /= alpha - beta
  x[first] = beta
  return (beta - alpha) / beta
}

/** Reflections H₀, H₁, …: the vector of Hₖ lies in column k of a matrix, from row k + `shift` on, its first element 1 not stored. */
export interface Reflections {
  readonly data: Float64Array
  readonly columns: number
  readonly shift: number
  readonly taus: Float64Array
}

/** Applies Hₖ from the left to a matrix with `width` columns, from column `from` on. `sums` is scratch space for a row. */
export const reflect = (
  { data, columns, shift, taus }: Reflections, k: number, matrix: Float64Array, width: number, from: number, sums: Float64Array
): void => {
  const tau = taus[k]
  if (tau === 0) return
  const first = k + shift
  const rows = matrix.length / width
  for (let j = from; j < width; j++) sums[j] = matrix[first * width + j]
  for (let i = first + 1; i < rows; i++) {
    const v = data[i * columns + k]
    for (let j = from; j < width; j++) sums[j] += v * matrix[i * width + j]
  }
  for (let j = from; j < width; j++) matrix[first * width + j] -= tau * sums[j]
  for (let i = first + 1; i < rows; i++) {
    const v = tau * data[i * columns + k]
    for (let j = from; j < width; j++) matrix[i * width + j] -= v * sums[j]
  }
}

/** Overwrites an m × n matrix with R, on and above the diagonal, and the reflections whose product is Q, below it. */
export const triangularize = (matrix: Float64Array, rows: number, columns: number): Reflections => {
  const taus = new Float64Array(Math.min(rows, columns))
  const reflections = { data: matrix, columns, shift: 0, taus }
  const sums = new Float64Array(columns)
  for (let k = 0; k < taus.length; k++) {
    taus[k] = reflector(matrix, k * columns + k, columns, rows - k)
    reflect(reflections, k, matrix, columns, k + 1, sums)
  }
  return reflections
}

/** Multiplies a matrix with `width` columns by H₀ H₁ ⋯ from the left. */
export const applyProduct = (reflections: Reflections, matrix: Float64Array, width: number): void => {
  const sums = new Float64Array(width)
  for (let k = reflections.taus.length - 1; k >= 0; k--) reflect(reflections, k, matrix, width, 0, sums)
}

/** The first `width` columns of H₀ H₁ ⋯, row by row. */
export const firstColumns = (reflections: Reflections, rows: number, width: number): Float64Array => {
  const out = new Float64Array(rows * width)
  for (let i = 0; i < width; i++) out[i * width + i] = 1
  const sums = new Float64Array(width)
  // Column j < k + shift is still a unit vector that the reflection does not touch.
  for (let k = reflections.taus.length - 1; k >= 0; k--) reflect(reflections, k, out, width, k + reflections.shift, sums)
  return out
}

/** A matrix, row by row, as its transpose. */
export const transposed = (x: Float64Array, rows: number, columns: number): Float64Array => {
  const out = new Float64Array(x.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]
  return out
}
