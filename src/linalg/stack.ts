import { dataOf, wrap } from '../array/ndarray.js'
import type { ArrayLike, NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { allocate, isFloat, type FloatDType } from '../core/dtype.js'
import { DTypeError, ShapeError } from '../core/errors.js'
import { sizeOf, type Shape } from '../core/shape.js'
import { widen } from '../numpy/promote.js'

/*
 * Stacks of matrices: the last two axes are rows and columns, those before them count. A kernel works on one matrix of
 * float64 after the other; results are rounded once.
 */

/** The sizes of a stack of matrices. */
export interface Stack {
  readonly lead: Shape
  readonly rows: number
  readonly columns: number
  readonly dtype: FloatDType
}

/** Throws ShapeError for fewer than two axes. */
export const checkMatrix = (who: string, x: Aval): void => {
  if (x.shape.length < 2) throw new ShapeError(who, 'a matrix, or a stack of them', x)
}

/** The sizes of a stack of matrices. Throws ShapeError for fewer than two axes, DTypeError for other numbers than floats. */
export const stackOf = (who: string, x: Aval): Stack => {
  checkMatrix(who, x)
  if (!isFloat(x.dtype)) throw new DTypeError(who, 'floating-point matrices', x)
  const [rows, columns] = x.shape.slice(-2)
  return { lead: x.shape.slice(0, -2), rows, columns, dtype: x.dtype }
}

/** The matrices of a stack by their positions, copied. */
export const copies = (x: NdArray): ((position: number) => Float64Array) => {
  const [data, size] = [dataOf(x), sizeOf(x.shape.slice(-2))]
  return (position) => new Float64Array(data.subarray(position * size, (position + 1) * size))
}

/** What stands for a stack of matrices: integers become float32. Throws ShapeError for fewer than two axes. */
export const matrices = (who: string, x: ArrayLike): NdArray => {
  const array = widen(who, x, 'float')
  stackOf(who, array)
  return array
}

/** The relative spacing of the numbers of a dtype. */
export const epsilon = (dtype: FloatDType): number => (dtype === 'float32' ? 2 ** -23 : 2 ** -52)

/** The power of two that brings the greatest magnitude near 1, so that squares stay in range; NaN if an element is not finite. */
const scaleOf = (x: Float64Array): number => {
  let max = 0
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i])
    if (!(size <= Number.MAX_VALUE)) return NaN
    if (size > max) max = size
  }
  return max === 0 ? 1 : 2 ** -Math.max(Math.floor(Math.log2(max)), -1022)
}

/** Factors of the matrix at a position of a stack, which the function may overwrite; nothing if the iteration does not converge. */
export type Factorize = (matrix: Float64Array, position: number) => readonly Float64Array[] | undefined

/**
 * Factors the matrices of a stack one by one. They come scaled by a power of two; `growth` says for each factor which power of the
 * scale it has, to be scaled back. A matrix with NaN or infinities has factors of NaN.
 */
export const factorEach = (
  x: NdArray, outs: readonly Aval[], growth: readonly (-1 | 0 | 1)[], factorize: Factorize
): readonly NdArray[] => {
  const matrixAt = copies(x)
  const results = outs.map((out) => allocate(out.dtype, sizeOf(out.shape)))
  const count = sizeOf(x.shape.slice(0, -2))
  for (let k = 0; k < count; k++) {
    const matrix = matrixAt(k)
    const scale = scaleOf(matrix)
    for (let i = 0; i < matrix.length; i++) matrix[i] *= scale
    const factors = Number.isNaN(scale) ? undefined : factorize(matrix, k)
    results.forEach((result, f) => {
      const size = result.length / count
      if (factors === undefined) {
        result.fill(NaN, k * size, (k + 1) * size)
        return
      }
      const factor = factors[f]
      if (growth[f] === 1) for (let i = 0; i < factor.length; i++) factor[i] /= scale
      if (growth[f] === -1) for (let i = 0; i < factor.length; i++) factor[i] *= scale
      result.set(factor, k * size)
    })
  }
  return results.map((data, f) => wrap(outs[f], data))
}
