import { equalAffine } from '../affine.js'
import type { Buffer, Kernel } from '../kernel.js'

/** A result that is the same as an operand, element by element. */
export interface Copy {
  readonly result: Buffer
  readonly operand: Buffer
}

/** The results of a kernel that are copies. */
export const copiesOf = (kernel: Kernel): readonly Copy[] => {
  switch (kernel.kind) {
    case 'nest': return kernel.phases.flatMap(({ stores }) => stores.flatMap(({ buffer: result, at, value }) => {
      if (value.kind !== 'load' || value.buffer.dtype !== result.dtype || value.buffer.size !== result.size) return []
      return equalAffine(value.at, at) ? [{ result, operand: value.buffer }] : []
    }))
    case 'opaque': return kernel.name !== 'optimization_barrier' ? [] : kernel.results.flatMap((result, k) => {
      const operand = kernel.operands[k]
      return typeof operand === 'number' ? [] : [{ result, operand }]
    })
    default: return []
  }
}
