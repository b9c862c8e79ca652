import { isFloat, type DType, type TypedArray } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'

/*
 * Sums of products. Operands and result are addressed through tables of offsets, one for each group of axes, so that
 * transposed operands, patches of images and permuted results need no copies of their own: `dot_general` and
 * `conv_general_dilated` both end here.
 */

/** A factor: the element at batch `g`, row (or column) `i` and depth `k` is `data[batch[g] + free[i] + depth[k]]`. */
export interface Factor {
  readonly data: TypedArray
  readonly batch: Int32Array
  readonly free: Int32Array
  readonly depth: Int32Array
}

/** Where the result goes: element `(g, i, j)` is `data[batch[g] + rows[i] + columns[j]]`. */
export interface Product {
  readonly data: TypedArray
  readonly batch: Int32Array
  readonly rows: Int32Array
  readonly columns: Int32Array
}

/** The offsets of every position along some axes, in row-major order of the axes as given. */
export const offsetsOf = (shape: Shape, strides: readonly number[], axes: readonly number[]): Int32Array => {
  let offsets = new Int32Array(1)
  for (const axis of axes) {
    const [size, stride] = [shape[axis], strides[axis]]
    const next = new Int32Array(offsets.length * size)
    let to = 0
    for (const base of offsets) for (let i = 0; i < size; i++) next[to++] = base + i * stride
    offsets = next
  }
  return offsets
}

/**
 * `out[g,i,j] = Σ_k lhs[g,i,k] · rhs[g,j,k]`, every element of the result written once. Floats are summed in float64,
 * in blocks of 256 (the error is at most (256 + K / 256) · 2⁻⁵³ · Σ|terms| before the rounding to the result's
 * dtype); integers wrap modulo 2³², exactly.
 */
export const sumOfProducts = (lhs: Factor, rhs: Factor, out: Product, dtype: DType): void => {
  if (!isFloat(dtype)) wrapping(lhs, rhs, out)
  else if (rhs.free.length < 3) narrow(lhs, rhs, out, out.rows, out.columns)
  else if (lhs.free.length < 3) narrow(rhs, lhs, out, out.columns, out.rows)
  else blocked(lhs, rhs, out)
}

const block = 256

/** Tiles of 4 × 4 sums held in registers, over operands packed into panels of 4 (Goto and van de Geijn, 2008). */
const blocked = (lhs: Factor, rhs: Factor, out: Product): void => {
  const [rows, columns, depth] = [out.rows.length, out.columns.length, lhs.depth.length]
  const width = Math.min(block, (columns + 3) & ~3)
  const height = Math.min(block, (rows + 3) & ~3)
  const sums = new Float64Array(height * width)
  const left = new Float64Array(4 * Math.min(block, depth))
  const right = new Float64Array(width * Math.min(block, depth))
  for (let g = 0; g < out.batch.length; g++) {
    for (let j0 = 0; j0 < columns; j0 += block) {
      const j1 = Math.min(columns, j0 + block)
      for (let i0 = 0; i0 < rows; i0 += block) {
        const i1 = Math.min(rows, i0 + block)
        sums.fill(0)
        for (let k0 = 0; k0 < depth; k0 += block) {
          const k1 = Math.min(depth, k0 + block)
          const panel = 4 * (k1 - k0)
          for (let j = j0, to = 0; j < j1; j += 4, to += panel) pack(rhs, rhs.batch[g], j, k0, k1, right, to)
          for (let i = i0; i < i1; i += 4) {
            pack(lhs, lhs.batch[g], i, k0, k1, left, 0)
            for (let j = j0, from = 0; j < j1; j += 4, from += panel) {
              tile(left, right, from, panel, sums, (i - i0) * width + (j - j0), width)
            }
          }
        }
        store(sums, width, out, out.batch[g], i0, i1, j0, j1)
      }
    }
  }
}

/** Four rows of a factor, interleaved. Rows beyond the last repeat it: their sums are not read. */
const pack = (x: Factor, base: number, row: number, k0: number, k1: number, panel: Float64Array, to: number): void => {
  const { data, free, depth } = x
  const last = free.length - 1
  const r0 = base + free[row]
  const r1 = base + free[Math.min(row + 1, last)]
  const r2 = base + free[Math.min(row + 2, last)]
  const r3 = base + free[Math.min(row + 3, last)]
  for (let k = k0; k < k1; k++, to += 4) {
    const at = depth[k]
    panel[to] = data[r0 + at]
    panel[to + 1] = data[r1 + at]
    panel[to + 2] = data[r2 + at]
    panel[to + 3] = data[r3 + at]
  }
}

/** Adds the product of two panels to a tile of `sums`. */
const tile = (a: Float64Array, b: Float64Array, from: number, length: number, sums: Float64Array, at: number, width: number): void => {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0
  for (let p = 0; p < length; p += 4, from += 4) {
    const b0 = b[from]
    const b1 = b[from + 1]
    const b2 = b[from + 2]
    const b3 = b[from + 3]
    const a0 = a[p]
    c00 += a0 * b0
    c01 += a0 * b1
    c02 += a0 * b2
    c03 += a0 * b3
    const a1 = a[p + 1]
    c10 += a1 * b0
    c11 += a1 * b1
    c12 += a1 * b2
    c13 += a1 * b3
    const a2 = a[p + 2]
    c20 += a2 * b0
    c21 += a2 * b1
    c22 += a2 * b2
    c23 += a2 * b3
    const a3 = a[p + 3]
    c30 += a3 * b0
    c31 += a3 * b1
    c32 += a3 * b2
    c33 += a3 * b3
  }
  addRow(sums, at, c00, c01, c02, c03)
  addRow(sums, at + width, c10, c11, c12, c13)
  addRow(sums, at + 2 * width, c20, c21, c22, c23)
  addRow(sums, at + 3 * width, c30, c31, c32, c33)
}

const addRow = (sums: Float64Array, at: number, c0: number, c1: number, c2: number, c3: number): void => {
  sums[at] += c0
  sums[at + 1] += c1
  sums[at + 2] += c2
  sums[at + 3] += c3
}

const store = (sums: Float64Array, width: number, out: Product, base: number, i0: number, i1: number, j0: number, j1: number): void => {
  const { data, rows, columns } = out
  for (let i = i0; i < i1; i++) {
    const to = base + rows[i]
    for (let j = j0, from = (i - i0) * width; j < j1; j++, from++) data[to + columns[j]] = sums[from]
  }
}

/** A matrix times one or two vectors: read the matrix once, along its nearer axis. */
const narrow = (matrix: Factor, vectors: Factor, out: Product, rows: Int32Array, columns: Int32Array): void => {
  const { data, free, depth } = matrix
  const along = depth.length < 2 || free.length < 2 || Math.abs(depth[1] - depth[0]) <= Math.abs(free[1] - free[0])
  const vector = new Float64Array(depth.length)
  const sums = new Float64Array(free.length)
  const part = new Float64Array(along ? 0 : free.length)
  for (let g = 0; g < out.batch.length; g++) {
    for (let j = 0; j < columns.length; j++) {
      const start = vectors.batch[g] + vectors.free[j]
      for (let k = 0; k < vector.length; k++) vector[k] = vectors.data[start + vectors.depth[k]]
      sums.fill(0)
      if (along) dots(data, matrix.batch[g], free, depth, vector, sums)
      else combination(data, matrix.batch[g], free, depth, vector, part, sums)
      const to = out.batch[g] + columns[j]
      for (let i = 0; i < sums.length; i++) out.data[to + rows[i]] = sums[i]
    }
  }
}

/** Matrix times vector, row by row. */
const dots = (data: TypedArray, base: number, free: Int32Array, depth: Int32Array, vector: Float64Array, sums: Float64Array): void => {
  for (let i = 0; i < sums.length; i++) {
    const from = base + free[i]
    let sum = 0
    for (let k0 = 0; k0 < vector.length; k0 += block) {
      const k1 = Math.min(vector.length, k0 + block)
      let even = 0
      let odd = 0
      let k = k0
      for (; k + 1 < k1; k += 2) {
        even += data[from + depth[k]] * vector[k]
        odd += data[from + depth[k + 1]] * vector[k + 1]
      }
      if (k < k1) even += data[from + depth[k]] * vector[k]
      sum += even + odd
    }
    sums[i] = sum
  }
}

/** Matrix times vector as a combination of columns. */
const combination = (
  data: TypedArray, base: number, free: Int32Array, depth: Int32Array, vector: Float64Array, part: Float64Array, sums: Float64Array
): void => {
  for (let k0 = 0; k0 < vector.length; k0 += block) {
    const k1 = Math.min(vector.length, k0 + block)
    part.fill(0)
    for (let k = k0; k < k1; k++) {
      const from = base + depth[k]
      const weight = vector[k]
      for (let i = 0; i < part.length; i++) part[i] += data[from + free[i]] * weight
    }
    for (let i = 0; i < sums.length; i++) sums[i] += part[i]
  }
}

const signed = (data: TypedArray): Int32Array => (data instanceof Int32Array ? data : new Int32Array(data))

const wrapping = (lhs: Factor, rhs: Factor, out: Product): void => {
  const [a, b] = [signed(lhs.data), signed(rhs.data)]
  const sums = new Int32Array(out.columns.length)
  for (let g = 0; g < out.batch.length; g++) {
    for (let i = 0; i < out.rows.length; i++) {
      sums.fill(0)
      for (let k = 0; k < lhs.depth.length; k++) {
        const factor = a[lhs.batch[g] + lhs.free[i] + lhs.depth[k]]
        const from = rhs.batch[g] + rhs.depth[k]
        for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] + Math.imul(factor, b[from + rhs.free[j]])) | 0
      }
      const to = out.batch[g] + out.rows[i]
      for (let j = 0; j < sums.length; j++) out.data[to + out.columns[j]] = sums[j]
    }
  }
}
