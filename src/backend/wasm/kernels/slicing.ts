import { byteSize, isUnsigned } from '../../../core/dtype.js'
import { equalShapes, sizeOf, type Shape } from '../../../core/shape.js'
import type { PadParams } from '../../../lax/movement/slice.js'
import type { DynamicSliceParams } from '../../../lax/indexed/dynamic.js'
import { after, i32, memory, select, sequence, type Code, type Statement } from '../code.js'
import { plus } from '../loops.js'
import { byteStrides, elementAt, storeElement } from './element.js'
import { copyBox, fillBox } from './walk.js'
import type { Writer, Writing } from './writer.js'

const address = (operand: Code<'i32'> | number): Code<'i32'> => operand as Code<'i32'> // operands with axes are no literals

/** Of operations on scalars, which do nothing. */
const same = ({ operands: [x], results: [to], outs: [{ dtype }] }: Writing): Statement => storeElement(dtype, to, elementAt(dtype, x))

/** The array within a larger one: first what surrounds it, then the elements that stay. */
const pad: Writer = {
  write(writing) {
    const { scope, params, operands: [x, value], avals: [{ shape, dtype }], results: [to], outs: [out] } = writing
    if (shape.length === 0) return same(writing)
    const { paddingConfig } = params as PadParams // of pad
    const bytes = byteSize(dtype)
    const first = paddingConfig.map(([low, , interior]) => (low < 0 ? Math.ceil(-low / (interior + 1)) : 0))
    const count = paddingConfig.map(([low, , interior], k) => {
      const last = Math.min(shape[k] - 1, Math.floor((out.shape[k] - 1 - low) / (interior + 1)))
      return Math.max(last - first[k] + 1, 0)
    })
    const [from, steps] = [byteStrides(dtype, shape), byteStrides(dtype, out.shape)]
    const strides = steps.map((step, k) => step * (paddingConfig[k][2] + 1))
    const start = first.reduce((sum, i, k) => sum + i * from[k], 0)
    const place = first.reduce((sum, i, k) => sum + paddingConfig[k][0] * steps[k] + i * strides[k], 0)
    const box = copyBox(scope, bytes, count, { at: plus(address(x), start), strides: from }, { at: plus(to, place), strides })
    if (sizeOf(count) === sizeOf(out.shape)) return box
    return sequence(fillBox(scope, dtype, out.shape, elementAt(dtype, value), { at: to, strides: steps }), box)
  }
}

/** The address at which a box begins; its start indices, the operands from `first` on, are clamped so that it is within the array. */
const boxStart = ({ scope, operands, avals }: Writing, first: number, array: Code<'i32'>, sizes: Shape): Code<'i32'> => {
  const { shape, dtype } = avals[0]
  const at = scope.local('i32')
  const strides = byteStrides(dtype, shape)
  const starts = sizes.flatMap((size, k) => {
    const limit = shape[k] - size
    if (limit === 0) return []
    const start = operands[first + k]
    if (typeof start === 'number') return [at.set(plus(at.get, Math.min(Math.max(start, 0), limit) * strides[k]))]
    const i = scope.local('i32')
    const { dtype: type } = avals[first + k]
    const under = isUnsigned(type) ? i32.ltU : i32.ltS
    return [
      i.set(elementAt(type, start) as Code<'i32'>), // an integer
      ...(isUnsigned(type) ? [] : [i.set(select(i32.ltS(i.get, i32.const(0)), i32.const(0), i.get))]),
      i.set(select(under(i.get, i32.const(limit)), i.get, i32.const(limit))),
      at.set(i32.add(at.get, i32.mul(i.get, i32.const(strides[k]))))
    ]
  })
  return after([at.set(array), ...starts], at.get)
}

const dynamicSlice: Writer = {
  write(writing) {
    const { scope, params, operands: [x], avals: [{ shape, dtype }], results: [to], outs: [out] } = writing
    if (shape.length === 0) return same(writing)
    const { sliceSizes } = params as DynamicSliceParams // of dynamic_slice
    const from = boxStart(writing, 1, address(x), sliceSizes)
    return copyBox(scope, byteSize(dtype), sliceSizes, { at: from, strides: byteStrides(dtype, shape) },
      { at: to, strides: byteStrides(dtype, out.shape) })
  }
}

const dynamicUpdateSlice: Writer = {
  write(writing) {
    const { scope, operands: [x, update], avals: [{ shape, dtype }, { shape: sizes }], results: [to] } = writing
    if (shape.length === 0) return same({ ...writing, operands: [update] })
    const bytes = byteSize(dtype)
    const box = { at: boxStart(writing, 2, to, sizes), strides: byteStrides(dtype, shape) }
    const put = copyBox(scope, bytes, sizes, { at: address(update), strides: byteStrides(dtype, sizes) }, box)
    if (equalShapes(sizes, shape) || x === to) return put
    return sequence(memory.copy(to, address(x), i32.const(bytes * sizeOf(shape))), put)
  }
}

export const slicing = { pad, dynamic_slice: dynamicSlice, dynamic_update_slice: dynamicUpdateSlice } as const
