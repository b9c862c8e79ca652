import { transposed } from './dense.js'
import { firstColumns, reflector } from './householder.js'

/*
 * Eigenvalues of a symmetric matrix: Householder's reflections make it tridiagonal, implicit QR steps with Wilkinson's shift
 * make that diagonal (Golub & Van Loan, Matrix Computations, 8.3). Errors are some n·ε‖A‖.
 */

interface Tridiagonal {
  readonly diagonal: Float64Array
  /** The elements beside the diagonal. */
  readonly beside: Float64Array
  /** The rows of Qᵀ, where A = Q T Qᵀ. */
  readonly rows: Float64Array | null
}

/** A − v wᵀ − w vᵀ for the last rows and columns of A, from `first` on, where A becomes H A H: its lower triangle. */
const reflectBothSides = (a: Float64Array, n: number, first: number, v: Float64Array, w: Float64Array, tau: number): void => {
  let overlap = 0
  for (let i = first; i < n; i++) {
    const [row, vi] = [i * n, v[i]]
    let sum = a[row + i] * vi
    for (let j = first; j < i; j++) {
      sum += a[row + j] * v[j]
      w[j] += a[row + j] * vi
    }
    w[i] = sum
  }
  for (let i = first; i < n; i++) {
    w[i] *= tau
    overlap += w[i] * v[i]
  }
  const half = (tau / 2) * overlap
  for (let i = first; i < n; i++) w[i] -= half * v[i]
  for (let i = first; i < n; i++) {
    const [row, vi, wi] = [i * n, v[i], w[i]]
    for (let j = first; j <= i; j++) a[row + j] -= vi * w[j] + wi * v[j]
  }
}

/** Overwrites the symmetric matrix, of which the lower triangle is read. */
const tridiagonalize = (a: Float64Array, n: number, vectors: boolean): Tridiagonal => {
  const taus = new Float64Array(Math.max(n - 2, 0))
  const [v, w] = [new Float64Array(n), new Float64Array(n)]
  for (let k = 0; k < taus.length; k++) {
    const first = k + 1
    taus[k] = reflector(a, first * n + k, n, n - first)
    if (taus[k] === 0) continue
    v[first] = 1
    for (let i = first + 1; i < n; i++) v[i] = a[i * n + k]
    reflectBothSides(a, n, first, v, w, taus[k])
  }
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i])
  const beside = Float64Array.from({ length: Math.max(n - 1, 0) }, (_, i) => a[(i + 1) * n + i])
  if (!vectors) return { diagonal, beside, rows: null }
  return { diagonal, beside, rows: transposed(firstColumns({ data: a, columns: n, shift: 1, taus }, n, n), n, n) }
}

/** Rotations: that k has the cosine and the sine at k, and turns the rows k and k + 1. */
interface Rotations {
  readonly cosines: Float64Array
  readonly sines: Float64Array
}

/** Turns rows of a matrix with n columns, the rotations from `low` to `high`, `high` excluded, one after the other. */
const rotateRows = (x: Float64Array, n: number, low: number, high: number, { cosines, sines }: Rotations): void => {
  let k = low
  // Two at once: the row that both turn is read and written once.
  for (; k + 1 < high; k += 2) {
    const [c, s, c2, s2] = [cosines[k], sines[k], cosines[k + 1], sines[k + 1]]
    for (let i = k * n, j = i + n, l = j + n, end = j; i < end; i++, j++, l++) {
      const a = x[i]
      const b = x[j]
      const d = x[l]
      const between = c * b - s * a
      x[i] = c * a + s * b
      x[j] = c2 * between + s2 * d
      x[l] = c2 * d - s2 * between
    }
  }
  if (k === high) return
  const [c, s] = [cosines[k], sines[k]]
  for (let i = k * n, j = i + n, end = j; i < end; i++, j++) {
    const a = x[i]
    const b = x[j]
    x[i] = c * a + s * b
    x[j] = c * b - s * a
  }
}

/** The cosine and the sine of the rotation that maps (x, y) to (r, 0), and r, by tangents: no square overflows or underflows. */
const rotationOf = (x: number, y: number): readonly [r: number, c: number, s: number] => {
  if (y === 0) return [x, 1, 0]
  const [great, small] = Math.abs(x) > Math.abs(y) ? [x, y] : [y, x]
  const t = small / great
  const u = Math.sqrt(1 + t * t)
  return great === x ? [x * u, 1 / u, t / u] : [y * u, t / u, 1 / u]
}

/** One implicit QR step on the rows `low` to `high` of the tridiagonal matrix. */
const step = ({ diagonal: d, beside: e, rows }: Tridiagonal, low: number, high: number, { cosines, sines }: Rotations): void => {
  // The shift is the eigenvalue of the last 2 × 2 block that is nearer to its last element.
  const half = (d[high - 1] - d[high]) / 2
  const last = e[high - 1]
  const shift = d[high] - (last * last) / (half + (half < 0 ? -1 : 1) * Math.sqrt(half * half + last * last))
  let x = d[low] - shift
  let bulge = e[low]
  for (let k = low; k < high; k++) {
    const [r, c, s] = rotationOf(x, bulge)
    if (k > low) e[k - 1] = r
    const [p, q, b] = [d[k], d[k + 1], e[k]]
    d[k] = c * c * p + 2 * c * s * b + s * s * q
    d[k + 1] = s * s * p - 2 * c * s * b + c * c * q
    e[k] = (c * c - s * s) * b - c * s * (p - q)
    if (k + 1 < high) {
      x = e[k]
      bulge = s * e[k + 1]
      e[k + 1] *= c
    }
    cosines[k] = c
    sines[k] = s
  }
  if (rows !== null) rotateRows(rows, d.length, low, high, { cosines, sines })
}

/** Elements beside the diagonal below this are zero: the matrix is scaled, and their squares would underflow. */
const tiny = 1e-140

const steps = 30

/** Makes the tridiagonal matrix diagonal; whether it could. */
const diagonalize = (t: Tridiagonal): boolean => {
  const { diagonal: d, beside: e } = t
  const negligible = (k: number): boolean => Math.abs(e[k]) <= 2 ** -53 * (Math.abs(d[k]) + Math.abs(d[k + 1])) + tiny
  const rotations = { cosines: new Float64Array(d.length), sines: new Float64Array(d.length) }
  let left = steps * d.length
  for (let high = d.length - 1; high > 0;) {
    let low = high
    while (low > 0 && !negligible(low - 1)) low--
    if (low === high) high--
    else if (left-- === 0) return false
    else step(t, low, high, rotations)
  }
  return true
}

/**
 * The eigenvalues of a symmetric matrix, of which the lower triangle is read, in ascending order, and the eigenvectors as the columns
 * of a matrix, if they are asked for. Overwrites the matrix. Nothing if it takes more than 30 steps for an eigenvalue.
 */
export const symmetricEigen = (matrix: Float64Array, n: number, vectors: boolean): readonly Float64Array[] | undefined => {
  const t = tridiagonalize(matrix, n, vectors)
  if (!diagonalize(t)) return undefined
  const { diagonal, rows } = t
  const order = Array.from(diagonal.keys()).sort((i, j) => diagonal[i] - diagonal[j])
  const values = Float64Array.from(order, (i) => diagonal[i])
  if (rows === null) return [values]
  const columns = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    for (let i = 0, from = order[j] * n; i < n; i++) columns[i * n + j] = rows[from + i]
  }
  return [values, columns]
}
