import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { DerivativeError } from '../../core/errors.js'
import type { Primitive, Tangent } from '../../core/primitive.js'
import { range, sizeOf, without, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { div, mul } from '../elementwise/arithmetic.js'
import { broadcastInDim, full, fullLike, instantiate, zerosLike } from '../broadcast.js'
import { eq, gt, lt } from '../elementwise/comparison.js'
import {
  gatherBack, scatterAddP, scatterBatch, scattering, scatterParams, type Combine, type Scatter, type ScatterParams
} from './gather.js'
import { iota } from '../movement/iota.js'
import { reshape } from '../movement/reshape.js'
import { known, primitive } from '../rule.js'
import { select } from '../elementwise/select.js'

/*
 * Setting, multiplying, and taking the least or the greatest, at computed positions.
 */

const setTo: Combine = (target, updates, { starts, cells, outStarts, outCells }) => {
  for (let n = 0; n < starts.length; n++) {
    const [to, from] = [starts[n], outStarts[n]]
    if (to >= 0) for (let i = 0; i < cells.length; i++) target[to + cells[i]] = updates[from + outCells[i]]
  }
}

/** Which updates are in the result: where windows overlap, the last one in row-major order is. */
const written = (x: Shape, indices: NdArray, updates: { readonly aval: Aval }, params: ScatterParams): NdArray => {
  const { shape } = updates.aval
  const outer = without(range(shape.length), params.dimensionNumbers.updateWindowDims)
  const windows = outer.map((axis) => shape[axis])
  const ids = broadcastInDim(reshape(iota('int32', [sizeOf(windows)]), windows), shape, outer)
  const owners = bind1(scatterP, [full(x, -1, 'int32'), indices, ids], params)
  return eq(gatherBack(owners, indices, updates, params, -1), ids)
}

/** The operand with windows at positions that the indices hold set to the updates. */
export const scatterP: Primitive<'scatter', ScatterParams> = primitive<'scatter', ScatterParams>('scatter', {
  ...scattering('scatter', setTo, 'any'),
  linearIn: [0, 2],
  transpose: [
    (ct, [, indices, updates], params) => bind1(scatterP, [ct, known(indices), zerosLike(updates)], params),
    null,
    (ct, [, indices, updates], params) => {
      const back = gatherBack(ct, known(indices), updates, params)
      return params.uniqueIndices ? back : select(written(ct.shape, known(indices), updates, params), back, zerosLike(back))
    }
  ],
  batch: (size, operands, batched, params) => scatterBatch(scatterP, size, operands, batched, params)
})

/**
 * The array with windows at the positions that `indices` holds set to `updates`. Where windows overlap the last one in
 * row-major order stays. JAX's `lax.scatter`, which leaves that open. Mode and errors as in `scatterAdd`.
 *
 * @example
 * const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
 * lax.scatter(np.zeros([3]), np.array([[2], [0]], { dtype: 'int32' }), np.array([7, 8]), points) // [8, 0, 7]
 */
export const scatter: Scatter = (x, indices, updates, options) =>
  bind1(scatterP, [x, indices, updates], scatterParams('scatter', options))

/** Applies a function of an element and its update. Products of many float32 updates are rounded once. */
const combined =
  (f: (x: number, update: number) => number): Combine =>
  (target, updates, { starts, cells, outStarts, outCells }) => {
    const values = target instanceof Float32Array ? Float64Array.from(target) : target
    for (let n = 0; n < starts.length; n++) {
      const [to, from] = [starts[n], outStarts[n]]
      if (to >= 0) for (let i = 0; i < cells.length; i++) values[to + cells[i]] = f(values[to + cells[i]], updates[from + outCells[i]])
    }
    if (values !== target) target.set(values)
  }

const products = combined((x, update) => x * update)
const integerProducts = combined(Math.imul)

const multiply: Combine = (target, updates, windows) =>
  (target instanceof Float32Array || target instanceof Float64Array ? products : integerProducts)(target, updates, windows)

/** The operand with windows at positions that the indices hold multiplied by the updates. */
export const scatterMulP: Primitive<'scatter_mul', ScatterParams> = primitive<'scatter_mul', ScatterParams>('scatter_mul', {
  ...scattering('scatterMul', multiply, 'number'),
  rules: [
    'linear',
    null,
    ([x, indices], _, params) => {
      if (!params.uniqueIndices) {
        throw new DerivativeError('scatterMul', 'uniqueIndices: true for a derivative in the updates', 'indices that may repeat')
      }
      return (d) => mul(x, bind1(scatterAddP, [zerosLike(x), indices, d], params))
    }
  ],
  transpose: [(ct, [, indices, updates], params) => bind1(scatterMulP, [ct, known(indices), known(updates)], params), null, null],
  batch: (size, operands, batched, params) => scatterBatch(scatterMulP, size, operands, batched, params)
})

/**
 * The array with windows at the positions that `indices` holds multiplied by `updates`. JAX's `lax.scatter_mul`.
 * Mode and errors as in `scatterAdd`; DerivativeError where it is differentiated with respect to the updates without
 * `uniqueIndices: true`.
 *
 * @example
 * const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
 * lax.scatterMul(np.ones([3]), np.array([[2], [0], [2]], { dtype: 'int32' }), np.array([2, 3, 4]), points) // [3, 1, 8]
 */
export const scatterMul: Scatter = (x, indices, updates, options) =>
  bind1(scatterMulP, [x, indices, updates], scatterParams('scatterMul', options))

/**
 * The least or the greatest of elements and updates. The operand's element and the updates that equal the result share
 * its derivative evenly.
 */
const extremal = <const N extends 'scatter_min' | 'scatter_max'>(
  name: N,
  scatters: ReturnType<typeof scattering>,
  loses: (x: NdArray, best: NdArray) => NdArray
): Primitive<N, ScatterParams> => {
  const self: Primitive<N, ScatterParams> = {
    name,
    abstract: (avals, params) => [scatters.abstract(avals, params)],
    impl: (operands, params, outs) => [scatters.impl(operands, params, outs[0])],
    linearize([x, indices, updates], params) {
      const out = bind1(self, [x, indices, updates], params)
      const worse = loses(x, out)
      const missed = loses(updates, gatherBack(out, indices, updates, params))
      const chosen = (dx: NdArray, d: NdArray): NdArray =>
        bind1(scatterAddP, [select(worse, zerosLike(dx), dx), indices, select(missed, zerosLike(d), d)], params)
      const count = chosen(fullLike(x, 1), fullLike(updates, 1))
      const push = ([dx, , d]: readonly Tangent[]): readonly Tangent[] =>
        [dx === null && d === null ? null : div(chosen(instantiate(dx, x), instantiate(d, updates)), count)]
      return [[out], push]
    },
    batch: (size, operands, batched, params) => [[scatterBatch(self, size, operands, batched, params)], [true]]
  }
  return self
}

/** The operand with windows at positions that the indices hold replaced by updates that are less. */
export const scatterMinP: Primitive<'scatter_min', ScatterParams> =
  extremal('scatter_min', scattering('scatterMin', combined((x, update) => Math.min(x, update)), 'any'), gt)

/**
 * The array with windows at the positions that `indices` holds replaced by `updates` where those are less; NaN counts
 * as least. JAX's `lax.scatter_min`. Mode and errors as in `scatterAdd`.
 *
 * @example
 * const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
 * lax.scatterMin(np.array([3, 3, 3]), np.array([[2], [0]], { dtype: 'int32' }), np.array([1, 5]), points) // [3, 3, 1]
 */
export const scatterMin: Scatter = (x, indices, updates, options) =>
  bind1(scatterMinP, [x, indices, updates], scatterParams('scatterMin', options))

/** The operand with windows at positions that the indices hold replaced by updates that are greater. */
export const scatterMaxP: Primitive<'scatter_max', ScatterParams> =
  extremal('scatter_max', scattering('scatterMax', combined((x, update) => Math.max(x, update)), 'any'), lt)

/**
 * The array with windows at the positions that `indices` holds replaced by `updates` where those are greater; NaN
 * counts as greatest. JAX's `lax.scatter_max`. Mode and errors as in `scatterAdd`.
 *
 * @example
 * const points = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }
 * lax.scatterMax(np.array([3, 3, 3]), np.array([[2], [0]], { dtype: 'int32' }), np.array([1, 5]), points) // [5, 3, 3]
 */
export const scatterMax: Scatter = (x, indices, updates, options) =>
  bind1(scatterMaxP, [x, indices, updates], scatterParams('scatterMax', options))
