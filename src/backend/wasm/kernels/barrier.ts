import { byteSize } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import { i32, memory, sequence } from '../code.js'
import { elementAt, storeElement } from './element.js'
import type { Writer } from './writer.js'

/** The operands as they are, in places of their own. */
const optimizationBarrier: Writer = {
  write: ({ operands, avals, results }) => sequence(...operands.map((x, k) => {
    const { dtype, shape } = avals[k]
    if (typeof x === 'number') return storeElement(dtype, results[k], elementAt(dtype, x))
    return memory.copy(results[k], x, i32.const(byteSize(dtype) * sizeOf(shape)))
  }))
}

export const barriers = { optimization_barrier: optimizationBarrier } as const
