import { byteSize, coerce } from '../../../core/dtype.js'
import type { GatherParams } from '../../../lax/indexed/gather.js'
import type { Code } from '../code.js'
import { constantElement } from './element.js'
import { copyBox, fillBox } from './walk.js'
import { eachWindow, windowBox, type Windows } from './windows.js'
import type { Writer } from './writer.js'

/** Windows of the operand, run by run. */
const gather: Writer = {
  accepts: ([x]) => x.shape.length > 0,
  write({ scope, params, operands: [x, indices], avals, results: [to], outs: [out] }) {
    const { dimensionNumbers: numbers, sliceSizes, mode, fillValue } = params as GatherParams // of gather
    const { dtype } = out
    const windows: Windows = {
      x: { at: x as Code<'i32'>, aval: avals[0] }, // operands with axes are no literals
      indices: { at: indices as Code<'i32'>, aval: avals[1] },
      other: { at: to, aval: out },
      sliceSizes, numbers
    }
    const { extents, strides, otherStrides } = windowBox(windows)
    return eachWindow(
      scope, windows,
      (at, place) => copyBox(scope, byteSize(dtype), extents, { at: at.get, strides }, { at: place.get, strides: otherStrides }),
      mode !== 'fill' ? undefined : (place) =>
        fillBox(scope, dtype, extents, constantElement(dtype, coerce(dtype, fillValue ?? 0)), { at: place.get, strides: otherStrides })
    )
  }
}

export const gathering = { gather } as const
