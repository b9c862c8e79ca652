import { arenaOf } from '../schedule/arena.js'
import type { Buffer, Kernel, Schedule } from '../schedule/kernel.js'
import { i32, sequence, type Code } from './code.js'
import { emitOpaque } from './kernels/index.js'
import { ModuleBuilder } from './module.js'
import { emitNest, type Emitted } from './nest.js'
import { emitProduct } from './product.js'
import { emitCond, emitScan, emitWhile, type Run } from './routine.js'

const emit = (module: ModuleBuilder, kernel: Kernel): Emitted => {
  switch (kernel.kind) {
    case 'nest': return emitNest(module, kernel)
    case 'product': return emitProduct(module, kernel)
    case 'opaque': return emitOpaque(module, kernel)
    case 'scan': return emitScan(module, kernel, ({ schedule }) => writeSchedule(module, schedule))
    case 'while': return emitWhile(module, kernel, ({ schedule }) => writeSchedule(module, schedule))
    case 'cond': return emitCond(module, kernel, ({ schedule }) => writeSchedule(module, schedule))
  }
}

/** The function that runs a schedule's kernels in order: it is called with the address of a table of addresses. */
const writeSchedule = (module: ModuleBuilder, schedule: Schedule, exported?: string): Run => {
  const { inputs, outputs, kernels } = schedule
  const { offsets } = arenaOf(schedule)
  const emitted = kernels.map((kernel) => emit(module, kernel))
  const places = new Map([...inputs, ...outputs].map((buffer, i) => [buffer, i]))
  return module.define({ params: ['i32'], result: 'none' }, (scope, table) => {
    const arena = scope.local('i32')
    const address = (buffer: Buffer): Code<'i32'> => {
      const place = places.get(buffer)
      return place !== undefined ? i32.load(table.get, 4 * place) : i32.add(arena.get, i32.const(offsets.get(buffer) as number)) // scratch
    }
    return sequence(
      arena.set(i32.load(table.get, 4 * (inputs.length + outputs.length))),
      ...emitted.map(({ buffers, call }) => call(...buffers.map(address)))
    )
  }, exported)
}

/** The module of a schedule in the binary format; `maximum` is the greatest size of its memory, in pages, if that is shared. */
export const assemble = (schedule: Schedule, maximum: number | undefined): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder()
  module.importMemory('heap', 'memory', 1, maximum)
  writeSchedule(module, schedule, 'run')
  return module.bytes()
}
