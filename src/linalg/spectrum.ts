import type { NdArray } from '../core/array.js'
import { range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { eye } from '../numpy/matrix.js'
import { expanded } from '../numpy/promote.js'

/*
 * What the derivatives of eigenvalues and singular values share. Stacks of vectors have their elements along the last axis.
 */

/** Matrices of the vectors' elements: at row i and column j the element i, and the element j. */
export const pairs = (w: NdArray): readonly [rows: NdArray, columns: NdArray] => {
  const lead = range(w.ndim - 1)
  const shape = [...w.shape, w.shape[w.ndim - 1]]
  return [lax.broadcastInDim(w, shape, [...lead, w.ndim - 1]), lax.broadcastInDim(w, shape, [...lead, w.ndim])]
}

/** Reciprocals of the elements of square matrices, but zeros on the diagonal, where theirs are zero: infinities at other zeros. */
export const reciprocalGaps = (gaps: NdArray): NdArray => {
  const ones = expanded(eye(gaps.shape[gaps.ndim - 1], { dtype: gaps.dtype }), gaps.shape)
  return lax.sub(lax.reciprocal(lax.add(gaps, ones)), ones)
}
