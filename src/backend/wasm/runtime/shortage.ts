import { MemoryError } from '../../../core/errors.js'
import { showBytes } from '../../../core/units.js'
import { arenaOf } from '../../schedule/buffers/arena.js'
import { bytesIn } from '../../schedule/control.js'
import type { Buffer, Schedule } from '../../schedule/kernel.js'
import { page, type Heap } from './heap.js'

const total = (buffers: readonly Buffer[]): number => buffers.reduce((sum, buffer) => sum + bytesIn(buffer), 0)

/** How many of the largest buffers an error lists. */
const listed = 5

/** The error for a program that the memory has no room for, with the sizes and the largest buffers. */
export const tooLarge = (who: string, plan: Schedule, heap: Heap): MemoryError => {
  const { inputs, outputs, scratch } = plan
  const roles = [...inputs.map((buffer) => ['an argument', buffer] as const), ...outputs.map((buffer) => ['a result', buffer] as const),
    ...scratch.map((buffer) => ['scratch', buffer] as const)]
  const largest = roles.toSorted(([, a], [, b]) => bytesIn(b) - bytesIn(a)).slice(0, listed)
    .map(([role, buffer]) => `${showBytes(bytesIn(buffer))} (${role}, ${buffer.size} × ${buffer.dtype})`)
  const parts = `arguments ${showBytes(total(inputs))}, results ${showBytes(total(outputs))}, scratch ${showBytes(arenaOf(plan).bytes)}`
  return new MemoryError(
    who,
    `room in memory for ${parts}; the largest buffers are ${largest.join(', ')}`,
    `an engine that grants no more: ${showBytes(heap.taken)} are in use, ${showBytes(heap.maximum * page)} is the most`
  )
}
