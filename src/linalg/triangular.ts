import { wrap } from '../array/ndarray.js'
import { written } from '../backend/wasm/kernels/writer.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import { allocate } from '../core/dtype.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Primitive } from '../core/primitive.js'
import { broadcastShapes, equalShapes, sizeOf } from '../core/shape.js'
import { bind1 } from '../core/trace.js'
import * as lax from '../lax/index.js'
import { broadcastLeading } from '../lax/broadcast.js'
import { known } from '../lax/rule.js'
import { tril, triu } from '../numpy/matrix.js'
import { matmul } from '../numpy/products.js'
import { expanded, promoteAll } from '../numpy/promote.js'
import { matrixTranspose } from '../numpy/shape.js'
import { part, product, rowsOf, subtract, transposed, turned, type Dense } from './dense.js'
import { triangularLoops, type TriangularSolveParams } from './kernels/triangular.js'
import { joined, squareOf } from './square.js'
import { copies, stackOf } from './stack.js'

/** How many rows are solved for before they are taken from the others. */
const breadth = 32

/**
 * Overwrites b, of `width` columns, with the solution of a x = b for a lower triangle, or an upper one: block by block of rows, from
 * which the products with all those that are solved are taken at once.
 */
const substitute = (a: Dense, x: Float64Array, width: number, lower: boolean, unitDiagonal: boolean): void => {
  const n = a.rows
  for (let done = 0; done < n; done += breadth) {
    const [top, bottom] = lower ? [done, Math.min(done + breadth, n)] : [Math.max(n - done - breadth, 0), n - done]
    const [from, to] = lower ? [0, top] : [bottom, n]
    if (from < to) subtract(product(part(a, top, bottom, from, to), rowsOf(x, width, from, to)), rowsOf(x, width, top, bottom))
    const at = (step: number): number => (lower ? top + step : bottom - 1 - step)
    for (let step = 0; step < bottom - top; step++) {
      const i = at(step)
      const [row, own] = [a.first + i * a.down, i * width]
      for (let before = 0; before < step; before++) {
        const j = at(before)
        const factor = a.data[row + j * a.right]
        for (let c = 0, other = j * width; c < width; c++) x[own + c] -= factor * x[other + c]
      }
      if (!unitDiagonal) for (let c = 0; c < width; c++) x[own + c] /= a.data[row + i * a.right]
    }
  }
}

/** Solutions of systems with triangular matrices; the other triangle is not read. */
export const triangularSolveP: Primitive<'triangular_solve', TriangularSolveParams> = written({
  name: 'triangular_solve',
  abstract([a, b], { leftSide }) {
    const [matrix, right] = [squareOf('triangularSolve', a), stackOf('triangularSolve', b)]
    if (a.dtype !== b.dtype) throw new DTypeError('triangularSolve', 'operands of one dtype', [a, b])
    if (!equalShapes(matrix.lead, right.lead) || matrix.rows !== (leftSide ? right.rows : right.columns)) {
      throw new ShapeError('triangularSolve', `as many ${leftSide ? 'rows' : 'columns'} on the right-hand side as in the matrix`, [a, b])
    }
    return [{ shape: b.shape, dtype: b.dtype, weak: a.weak && b.weak }]
  },
  impl([a, b], { leftSide, lower, transposeA, unitDiagonal }, [out]) {
    const { lead, rows, columns } = stackOf('triangularSolve', b.aval)
    const [n, width] = leftSide ? [rows, columns] : [columns, rows]
    const [matrixAt, rightAt, result] = [copies(a), copies(b), allocate(out.dtype, b.size)]
    // x op(a) = b says op(a)ᵀ xᵀ = bᵀ.
    const isTurned = transposeA === leftSide
    for (let k = sizeOf(lead) - 1; k >= 0; k--) {
      const [matrix, given] = [rowsOf(matrixAt(k), n, 0, n), rightAt(k)]
      const x = leftSide ? given : transposed(given, rows, columns)
      substitute(isTurned ? turned(matrix) : matrix, x, width, lower !== isTurned, unitDiagonal)
      result.set(leftSide ? x : transposed(x, columns, rows), k * x.length)
    }
    return [wrap(out, result)]
  },
  // op(a) x = b, hence op(a) dx = db − op(da) x.
  linearize([a, b], params) {
    const { leftSide, lower, transposeA, unitDiagonal } = params
    const x = bind1(triangularSolveP, [a, b], params)
    const product = (da: NdArray): NdArray => {
      const triangle = lower ? tril(da, { k: unitDiagonal ? -1 : 0 }) : triu(da, { k: unitDiagonal ? 1 : 0 })
      const op = transposeA ? matrixTranspose(triangle) : triangle
      return leftSide ? matmul(op, x) : matmul(x, op)
    }
    return [[x], ([da, db]) => {
      if (da === null) return [db === null ? null : bind1(triangularSolveP, [a, db], params)]
      const moved = product(da)
      return [bind1(triangularSolveP, [a, db === null ? lax.neg(moved) : lax.sub(db, moved)], params)]
    }]
  },
  transpose([ct], [a], params) {
    return [null, ct === null ? null : bind1(triangularSolveP, [known(a), ct], { ...params, transposeA: !params.transposeA })]
  },
  batch(size, [a, b], [first, second], params) {
    if (first) return [[bind1(triangularSolveP, [a, second ? b : broadcastLeading(size, b)], params)], [true]]
    const { b: wide, back } = joined(b, 1, params.leftSide ? 'columns' : 'rows')
    return [[back(bind1(triangularSolveP, [a, wide], params))], [true]]
  }
}, triangularLoops)

/** Which triangular system is solved. */
export type TriangularSolveOptions = Partial<TriangularSolveParams>

/**
 * The solution of a system with a triangular matrix, by substitution: x with x op(a) = b, or op(a) x = b with `leftSide`. Only
 * the triangle that `lower` says (the upper one by default) is read, and with `unitDiagonal` not the diagonal, for ones;
 * op(a) is a, or with `transposeA` its transpose. a is `[..., n, n]`, b `[..., m, n]`, or `[..., n, m]` with `leftSide`; leading
 * axes broadcast. Zeros on the diagonal give infinities and NaN. JAX's `lax.linalg.triangular_solve`, here for operands of
 * any float dtypes. Throws ShapeError for other shapes.
 *
 * @example
 * const a = np.array([[2, 0], [1, 4]])
 * triangularSolve(a, [[2], [9]], { leftSide: true, lower: true }) // [[1], [2]]
 * triangularSolve(a, [[4, 8]], { lower: true }) // [[1, 2]]
 */
export const triangularSolve = (a: ArrayLike, b: ArrayLike, options: TriangularSolveOptions = {}): NdArray => {
  checkOptions('triangularSolve', options, ['leftSide', 'lower', 'transposeA', 'unitDiagonal'])
  const { leftSide = false, lower = false, transposeA = false, unitDiagonal = false } = options
  const [matrix, right] = promoteAll('triangularSolve', [a, b], 'float')
  const params = { leftSide, lower, transposeA, unitDiagonal }
  const [own, other] = [squareOf('triangularSolve', matrix), stackOf('triangularSolve', right)]
  if (own.lead.length === 0 && other.lead.length > 0) {
    const { b: wide, back } = joined(right, other.lead.length, leftSide ? 'columns' : 'rows')
    return back(bind1(triangularSolveP, [matrix, wide], params))
  }
  const lead = broadcastShapes('triangularSolve', [own.lead, other.lead])
  const operands = [matrix, right].map((x) => expanded(x, [...lead, ...x.shape.slice(-2)]))
  return bind1(triangularSolveP, operands, params)
}
