import { forEachLine } from '../../array/lines.js'
import { checkArray, dataOf, wrap } from '../../array/ndarray.js'
import { stableOrder } from '../../array/order.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { allocate } from '../../core/dtype.js'
import { ArgumentError, ShapeError } from '../../core/errors.js'
import { checkList, checkOptions } from '../../core/options.js'
import type { Eqn, Primitive } from '../../core/primitive.js'
import { equalShapes, normalAxes, normalAxis, range, sizeOf, without } from '../../core/shape.js'
import { bind } from '../../core/trace.js'
import { allBatched } from '../elementwise/pointwise.js'
import { iota } from '../movement/iota.js'
import { expandDims } from '../movement/reshape.js'
import { gather } from './gather.js'

/** The elements of `x` at the positions along an axis that `indices`, of as many axes, holds, each at most once. */
export const takeAlong = (x: NdArray, indices: NdArray, axis: number): NdArray => {
  const others = without(range(x.ndim), [axis])
  return gather(x, expandDims(indices, [x.ndim]), {
    offsetDims: [],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    operandBatchingDims: others,
    startIndicesBatchingDims: others,
    sliceSizes: x.shape.map(() => 1),
    mode: 'promise_in_bounds',
    uniqueIndices: true
  })
}

export interface SortParams {
  readonly dimension: number
  /** Equal keys keep their order. The implementation is stable in any case. */
  readonly isStable: boolean
  /** How many operands, from the first on, are compared. */
  readonly numKeys: number
}

/** All operands rearranged alike along one axis, so that the keys ascend lexicographically. */
export const sortP: Primitive<'sort', SortParams> = {
  name: 'sort',
  abstract(avals: readonly Aval[], { dimension, numKeys }) {
    if (avals.length === 0) throw new ArgumentError('sort', 'at least one operand', 'none')
    const [{ shape }] = avals
    for (const x of avals) if (!equalShapes(x.shape, shape)) throw new ShapeError('sort', 'operands of one shape', avals)
    normalAxes('sort', [dimension], shape.length)
    if (!Number.isInteger(numKeys) || numKeys < 1 || numKeys > avals.length) {
      throw new ArgumentError('sort', `numKeys from 1 to ${avals.length}`, numKeys)
    }
    return avals
  },
  impl(operands, { dimension, numKeys }, outs) {
    const sources = operands.map(dataOf)
    const results = outs.map((out) => allocate(out.dtype, sizeOf(out.shape)))
    const count = operands[0].shape[dimension]
    const [keys, order, scratch] = [new Float64Array(count), new Int32Array(count), new Int32Array(count)]
    forEachLine(operands[0].shape, dimension, false, ({ first, step }) => {
      for (let i = 0; i < count; i++) order[i] = i
      for (let key = numKeys - 1; key >= 0; key--) {
        const data = sources[key]
        for (let i = 0, at = first; i < count; i++, at += step) keys[i] = data[at]
        stableOrder(keys, order, scratch)
      }
      for (let k = 0; k < sources.length; k++) {
        const [data, result] = [sources[k], results[k]]
        for (let i = 0, at = first; i < count; i++, at += step) result[at] = data[first + order[i] * step]
      }
    })
    return results.map((data, k) => wrap(outs[k], data))
  },
  linearize(primals, params) {
    const { dimension } = params
    const outs = bind(sortP, [...primals, iota('int32', primals[0].shape, dimension)], params)
    const order = outs[primals.length]
    return [outs.slice(0, -1), (tangents) => tangents.map((d) => (d === null ? null : takeAlong(d, order, dimension)))]
  },
  batch(size, operands, batched, { dimension, ...params }) {
    const outs = bind(sortP, allBatched(size, operands, batched), { dimension: dimension + 1, ...params })
    return [outs, outs.map(() => true)]
  },
  dce(used: readonly boolean[], eqn: Eqn) {
    if (!used.includes(true)) return null
    const { numKeys } = eqn.params as SortParams // an equation of this primitive has its params
    const stays = (_: unknown, i: number): boolean => i < numKeys || used[i]
    if (used.every(stays)) return eqn
    return { ...eqn, inputs: eqn.inputs.filter(stays), outputs: eqn.outputs.filter(stays) }
  }
}

export interface SortOptions {
  /** The axis that is sorted: the last one unless given. */
  readonly dimension?: number
  readonly isStable?: boolean
  /** How many operands, from the first on, are compared: 1 unless given. */
  readonly numKeys?: number
}

/**
 * Several arrays rearranged alike along an axis, so that the first `numKeys` of them ascend lexicographically. Equal
 * keys (0 and −0 are) keep their order, NaN comes last. JAX's `lax.sort` of a tuple. Throws ShapeError if the shapes
 * differ.
 *
 * @example
 * lax.sortMany([np.array([3, 1, 2]), np.array([10, 20, 30])])[1] // [20, 30, 10]
 */
export const sortMany = (operands: readonly NdArray[], options: SortOptions = {}): readonly NdArray[] => {
  checkOptions('sort', options, ['dimension', 'isStable', 'numKeys'])
  const { dimension = -1, isStable = true, numKeys = 1 } = options
  if (checkList('sort', 'a list of operands', operands).length === 0) throw new ArgumentError('sort', 'at least one operand', 'none')
  return bind(sortP, operands, { dimension: normalAxis('sort', dimension, checkArray('sort', operands[0]).ndim), isStable, numKeys })
}

/**
 * The elements along an axis (the last one unless given) in ascending order; NaN comes last, 0 and −0 keep their order.
 * JAX's `lax.sort`. Throws ShapeError for an axis out of range.
 *
 * @example
 * lax.sort(np.array([3, 1, 2])) // [1, 2, 3]
 */
export const sort = (x: NdArray, dimension = -1): NdArray => sortMany([x], { dimension })[0]

/**
 * The positions (int32) of the elements along an axis (the last one unless given) in ascending order; equal ones in the
 * order in which they stand, NaN last. Throws ShapeError for an axis out of range.
 *
 * @example
 * lax.argsort(np.array([3, 1, 2])) // [1, 2, 0]
 */
export const argsort = (x: NdArray, dimension = -1): NdArray => {
  const axis = normalAxis('argsort', dimension, checkArray('argsort', x).ndim)
  return sortMany([x, iota('int32', x.shape, axis)], { dimension: axis })[1]
}
