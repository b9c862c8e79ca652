import { byteSize } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import { i32, memory } from '../code.js'
import { elementAt, storeElement } from './element.js'
import type { Writer } from './writer.js'

/** The same bytes, as elements of another width. */
const bitcast: Writer = {
  write({ operands: [x], avals: [{ shape, dtype }], results: [to] }) {
    if (typeof x === 'number') return storeElement(dtype, to, elementAt(dtype, x))
    return memory.copy(to, x, i32.const(byteSize(dtype) * sizeOf(shape)))
  }
}

export const casting = { bitcast_convert_type: bitcast } as const
