import { arrayOver, storageOf, relocate, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { arenaOf } from '../schedule/arena.js'
import { preparedSegment, type Segment } from '../schedule/prepare.js'
import { schedule } from '../schedule/schedule.js'
import { assemble } from './assemble.js'
import { instantiate } from './engine.js'
import { bytesOf, type Heap, type Region } from './heap.js'

/** Runs a compiled straight-line program. */
export type Executable = (args: readonly NdArray[]) => readonly NdArray[]

/** Results up to this many bytes are copied out at once: a typed array is less to keep than a place in the memory. */
const small = 1024

/** Arguments of more bytes move into the memory when they are first used there. */
const movable = 4096

type Run = (table: number) => void

/** Compiles a program all of whose equations are schedulable. */
export const compile = (jaxpr: Segment, heap: Heap): Executable => {
  const plan = schedule(preparedSegment(jaxpr))
  const shared = !(heap.memory.buffer instanceof ArrayBuffer)
  const { inputs, outputs } = plan
  const arenaBytes = arenaOf(plan).bytes
  const run = instantiate(assemble(plan, shared ? 65536 : undefined), { heap: { memory: heap.memory } })['run'] as Run // the module exports it
  const avals = jaxpr.outputs.map(({ aval }) => aval)
  const sizes = outputs.map(({ dtype, size }) => bytesOf(dtype, size))
  const tableBytes = 4 * (inputs.length + outputs.length + 1)
  const argumentBytes = inputs.reduce((sum, { dtype, size }) => sum + bytesOf(dtype, size) + 64, 0)
  const needed = tableBytes + arenaBytes + argumentBytes + sizes.reduce((sum, size) => sum + size + 64, 128)

  return (args) => {
    heap.reserve(needed)
    const passing: Region[] = []
    const temporary = (size: number): Region => {
      const region = heap.take(size)
      passing.push(region)
      return region
    }
    const place = (x: NdArray, k: number): number => {
      const storage = storageOf(x)
      const found = heap.addressOf(storage)
      if (found !== undefined) return found
      const { dtype, size } = inputs[k]
      const length = bytesOf(dtype, size)
      const region = length > movable ? heap.take(length) : temporary(length)
      heap.write(region.address, storage.read(), dtype)
      if (length > movable) relocate(x, heap.keep(region, dtype, size))
      return region.address
    }
    const table = temporary(tableBytes)
    const arena = temporary(arenaBytes)
    const addresses = args.map(place)
    const regions = sizes.map((size) => (size > small ? heap.take(size) : temporary(size)))
    const entries = new Int32Array(heap.memory.buffer, table.address, tableBytes / 4)
    entries.set(addresses)
    regions.forEach((region, k) => (entries[inputs.length + k] = region.address))
    entries[inputs.length + outputs.length] = arena.address
    run(table.address)
    const made = regions.map((region, k) => {
      const { dtype, size } = outputs[k]
      return sizes[k] > small ? heap.keep(region, dtype, size) : heap.copy(region.address, dtype, size)
    })
    passing.forEach((region) => heap.give(region))
    return made.map((elements, k) => {
      const aval = { ...avals[k] }
      return 'read' in elements ? arrayOver(aval, elements) : wrap(aval, elements)
    })
  }
}
