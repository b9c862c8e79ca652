import { dataOf, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { allocate } from '../../core/dtype.js'
import { ShapeError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { equalShapes, sizeOf, type Shape } from '../../core/shape.js'
import { bind1 } from '../../core/trace.js'
import { reshaped } from '../broadcast.js'
import { allBatched } from '../elementwise/pointwise.js'
import { known, primitive } from '../rule.js'
import { leading, windowShape, windowsOf, type WindowParams } from './window.js'

/*
 * The derivative of maxima and minima over windows, and its transpose.
 */

export interface SelectParams extends WindowParams {
  /** An element of a window stays selected while it is `ge` (greater than or equal to) or `le` the following ones. */
  readonly selectPrim: 'ge' | 'le'
}

/** For each window the position in `x` of the element selected, the first of equals; −1 if the window has padding only. */
const selected = (x: NdArray, out: Shape, { selectPrim, ...params }: SelectParams): Int32Array => {
  if (sizeOf(out) === 0) return new Int32Array(0)
  const positions = new Int32Array(x.size)
  for (let i = 0; i < positions.length; i++) positions[i] = i
  const indices = wrap({ shape: x.shape, dtype: 'int32', weak: false }, positions)
  const { data, starts, steps } = windowsOf(indices, out, -1, params)
  const values = dataOf(x)
  const chosen = new Int32Array(starts.length)
  for (let i = 0; i < starts.length; i++) {
    let best = -1
    for (let k = 0; k < steps.length; k++) {
      const at = data[starts[i] + steps[k]]
      if (at < 0) continue
      if (best < 0 || !(selectPrim === 'ge' ? values[best] >= values[at] : values[best] <= values[at])) best = at
    }
    chosen[i] = best
  }
  return chosen
}

/** From each window of the first operand the element at which the same window of the second has its extreme. */
export const selectAndGatherAddP: Primitive<'select_and_gather_add', SelectParams> = primitive<'select_and_gather_add', SelectParams>(
  'select_and_gather_add',
  {
    abstract([d, x], params) {
      if (!equalShapes(d.shape, x.shape)) throw new ShapeError('selectAndGatherAdd', 'operands of one shape', [d, x])
      return reshaped(d, windowShape('selectAndGatherAdd', x.shape, params))
    },
    impl([d, x], params, out) {
      const [data, result] = [dataOf(d), allocate(out.dtype, sizeOf(out.shape))]
      const chosen = selected(x, out.shape, params)
      for (let i = 0; i < result.length; i++) result[i] = chosen[i] < 0 ? 0 : data[chosen[i]]
      return wrap(out, result)
    },
    rules: ['linear', null],
    transpose: [(ct, [, x], params) => bind1(selectAndScatterAddP, [ct, known(x)], params), null],
    batch: (size, operands, batched, params) =>
      bind1(selectAndGatherAddP, allBatched(size, operands, batched), { ...leading(params), selectPrim: params.selectPrim })
  }
)

/** Each element of the first operand, one for each window of the second, added up where that window has its extreme. */
export const selectAndScatterAddP: Primitive<'select_and_scatter_add', SelectParams> = primitive<'select_and_scatter_add', SelectParams>(
  'select_and_scatter_add',
  {
    abstract([source, x], params) {
      const shape = windowShape('selectAndScatterAdd', x.shape, params)
      if (!equalShapes(source.shape, shape)) {
        throw new ShapeError('selectAndScatterAdd', `a source [${shape.join(',')}], one element for each window`, source)
      }
      return reshaped(source, x.shape)
    },
    impl([source, x], params, out) {
      const [data, sums] = [dataOf(source), new Float64Array(sizeOf(out.shape))]
      const chosen = selected(x, source.shape, params)
      for (let i = 0; i < chosen.length; i++) if (chosen[i] >= 0) sums[chosen[i]] += data[i]
      const result = allocate(out.dtype, sums.length)
      result.set(sums)
      return wrap(out, result)
    },
    rules: ['linear', null],
    transpose: [(ct, [, x], params) => bind1(selectAndGatherAddP, [ct, known(x)], params), null],
    batch: (size, operands, batched, params) =>
      bind1(selectAndScatterAddP, allBatched(size, operands, batched), { ...leading(params), selectPrim: params.selectPrim })
  }
)
