import { byteSize } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
import { i32, leave, loop, memory, sequence, type Code } from '../code.js'
import type { Writer } from './writer.js'

/** Arrays one behind the other along an axis: runs of each go to their places. */
const concatenate: Writer = {
  write({ scope, params, operands, avals, results: [to], outs: [out] }) {
    const { dimension } = params as { readonly dimension: number } // of concatenate
    const bytes = byteSize(out.dtype) * sizeOf(out.shape.slice(dimension + 1))
    const [i, at] = [scope.local('i32'), scope.local('i32')]
    const rows = sizeOf(out.shape.slice(0, dimension))
    let offset = 0
    const copies = operands.map((from, k) => {
      const run = avals[k].shape[dimension] * bytes
      const here = offset
      offset += run
      const source = i32.add(from as Code<'i32'>, i32.mul(i.get, i32.const(run))) // operands with axes are no literals
      return memory.copy(i32.add(at.get, i32.const(here)), source, i32.const(run))
    })
    return sequence(
      i.set(i32.const(0)), at.set(to),
      loop(sequence(
        ...copies,
        at.set(i32.add(at.get, i32.const(offset))),
        leave(0, i32.ltU(i.tee(i32.add(i.get, i32.const(1))), i32.const(rows)))
      ))
    )
  }
}

export const joining = { concatenate } as const
