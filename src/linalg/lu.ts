import { wrap } from '../array/ndarray.js'
import { written } from '../backend/wasm/kernels/writer.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { allocate } from '../core/dtype.js'
import type { Primitive } from '../core/primitive.js'
import { range, sizeOf } from '../core/shape.js'
import { bind } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { eye, tril, triu } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { expanded } from '../numpy/promote.js'
import { luLoops } from './kernels/lu.js'
import { copies, matrices, stackOf } from './stack.js'
import { triangularSolve } from './triangular.js'

/**
 * Overwrites a matrix with U, on and above the diagonal, and L, below it, by elimination with the greatest element of each
 * column for a pivot. `pivots` takes the row that each was exchanged with, `order` where each row of L U comes from.
 */
export const eliminate = (a: Float64Array, rows: number, columns: number, pivots: Int32Array, order: Int32Array): void => {
  for (let i = 0; i < rows; i++) order[i] = i
  for (let k = 0; k < pivots.length; k++) {
    let best = k
    for (let i = k + 1; i < rows; i++) if (Math.abs(a[i * columns + k]) > Math.abs(a[best * columns + k])) best = i
    pivots[k] = best
    const pivot = a[best * columns + k]
    if (pivot === 0) continue
    if (best !== k) {
      for (let j = 0; j < columns; j++) {
        const x = a[k * columns + j]
        a[k * columns + j] = a[best * columns + j]
        a[best * columns + j] = x
      }
      const row = order[k]
      order[k] = order[best]
      order[best] = row
    }
    const own = k * columns
    for (let i = k + 1; i < rows; i++) {
      const row = i * columns
      const factor = (a[row + k] /= pivot)
      for (let j = k + 1; j < columns; j++) a[row + j] -= factor * a[own + j]
    }
  }
}

/** The rows of matrices in another order, that of each matrix its own. */
export const permuteRows = (x: NdArray, order: NdArray): NdArray => {
  if (x.size === 0) return x
  const stack = range(x.ndim - 2)
  const row = x.ndim - 2
  return lax.gather(x, lax.expandDims(order, [order.ndim]), {
    offsetDims: [row + 1],
    collapsedSliceDims: [row],
    startIndexMap: [row],
    operandBatchingDims: stack,
    startIndicesBatchingDims: stack,
    sliceSizes: [...stack.map(() => 1), 1, x.shape[row + 1]],
    mode: 'promise_in_bounds',
    uniqueIndices: true
  })
}

/** L without its diagonal and U, of packed factors, made square by columns and rows of the identity. */
const unpacked = (lu: NdArray, rows: number, columns: number): readonly [l: NdArray, u: NdArray] => {
  const rank = Math.min(rows, columns)
  const row = lu.ndim - 2
  const outer = range(row).map(() => [0, 0, 0] as const)
  const l = lax.pad(tril(lax.sliceInDim(lu, 0, rank, 1, row + 1), { k: -1 }), 0, [...outer, [0, 0, 0], [0, rows - rank, 0]])
  const u = lax.pad(triu(lax.sliceInDim(lu, 0, rank, 1, row)), 0, [...outer, [0, columns - rank, 0], [0, 0, 0]])
  const ones = lax.pad(eye(columns - rank, { dtype: 'bool' }), 0, [[rank, 0, 0], [rank, 0, 0]])
  return [l, lax.add(u, expanded(lax.convertElementType(ones, u.dtype), u.shape))]
}

/** Packed factors, the rows exchanged, and where each row comes from. */
export const luP: Primitive<'lu'> = written({
  name: 'lu',
  abstract([x]) {
    const { lead, rows, columns } = stackOf('lu', x)
    const integers = (count: number) => ({ shape: [...lead, count], dtype: 'int32' as const, weak: false })
    return [x, integers(Math.min(rows, columns)), integers(rows)]
  },
  impl([x], _, outs) {
    const { lead, rows, columns } = stackOf('lu', x.aval)
    const [matrixAt, result] = [copies(x), allocate(outs[0].dtype, x.size)]
    const [pivots, order] = [outs[1], outs[2]].map(({ shape }) => new Int32Array(sizeOf(shape)))
    const rank = Math.min(rows, columns)
    for (let k = sizeOf(lead) - 1; k >= 0; k--) {
      const matrix = matrixAt(k)
      eliminate(matrix, rows, columns, pivots.subarray(k * rank, (k + 1) * rank), order.subarray(k * rows, (k + 1) * rows))
      result.set(matrix, k * matrix.length)
    }
    return [wrap(outs[0], result), wrap(outs[1], pivots), wrap(outs[2], order)]
  },
  // L⁻¹ P dA U⁻¹ = L⁻¹ dL + dU U⁻¹: strictly lower triangular and upper triangular (de Hoog, Anderssen & Lukas, 2011).
  linearize([x], params) {
    const [lu, pivots, order] = bind(luP, [x], params)
    const { rows, columns } = stackOf('lu', x.aval)
    const push = (d: NdArray): NdArray => {
      const [l, u] = unpacked(lu, rows, columns)
      const left = triangularSolve(l, permuteRows(d, order), { leftSide: true, lower: true, unitDiagonal: true })
      const both = triangularSolve(u, left)
      const lower = tril(both, { k: -1 })
      return lax.add(lax.add(lower, matmul(l, lower)), matmul(triu(both), u))
    }
    return [[lu, pivots, order], ([d]) => [d === null ? null : push(d), null, null]]
  },
  batch(_, operands, __, params) {
    const outs = bind(luP, operands, params)
    return [outs, outs.map(() => true)]
  }
}, luLoops)

/**
 * The factorisation P A = L U by elimination with partial pivoting, as LAPACK's `getrf`, of matrices `[..., m, n]`: U on and
 * above the diagonal and the unit lower triangular L below it, in one matrix; the pivots (int32): row i was exchanged with row
 * `pivots[i]`; and the permutation (int32): row i of L U is row `permutation[i]` of A. A singular matrix has a zero on the
 * diagonal of U, and derivatives that are not finite. JAX's `lax.linalg.lu`.
 *
 * @example
 * const [packed, pivots, permutation] = lu([[1, 2], [4, 4]])
 * packed // [[4, 4], [0.25, 1]]
 * permutation // [1, 0]
 */
export const lu = (a: ArrayLike): readonly [packed: NdArray, pivots: NdArray, permutation: NdArray] => {
  const [packed, pivots, permutation] = bind(luP, [matrices('lu', a)], {})
  return [packed, pivots, permutation]
}
