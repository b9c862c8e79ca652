import { arenaOf } from '../schedule/arena.js'
import type { Buffer, Kernel, Routine, Schedule } from '../schedule/kernel.js'
import { i32, sequence, type Code, type Statement } from './code.js'
import { emitOpaque } from './kernels/index.js'
import { ModuleBuilder } from './module.js'
import { emitNest, type Emitted } from './nest.js'
import { emitProduct } from './product.js'
import { emitCond, emitScan, emitWhile, type Run } from './routine.js'

const emit = (module: ModuleBuilder, kernel: Kernel, around: Around): Emitted => {
  const within = ({ schedule }: Routine): Run => writeSchedule(module, schedule, around)
  switch (kernel.kind) {
    case 'nest': return emitNest(module, kernel)
    case 'product': return emitProduct(module, kernel)
    case 'opaque': return emitOpaque(module, kernel)
    case 'scan': return emitScan(module, kernel, within)
    case 'while': return emitWhile(module, kernel, within)
    case 'cond': return emitCond(module, kernel, within)
  }
}

/** Numbers for kernels that are to be timed. */
export type Numbering = (kernel: Kernel) => number

/** What stands before and after the call of a kernel. */
type Around = (kernel: Kernel, call: Statement) => Statement

const untimed: Around = (_, call) => call

/** Calls of a clock, with the kernel's number, before and after. */
const timing = (module: ModuleBuilder, numbering: Numbering): Around => {
  const signature = { params: ['i32'], result: 'none' } as const
  const [begin, end] = [module.importFunction('clock', 'begin', signature), module.importFunction('clock', 'end', signature)]
  return (kernel, call) => {
    const number = i32.const(numbering(kernel))
    return sequence(begin(number), call, end(number))
  }
}

/** The function that runs a schedule's kernels in order: it is called with the address of a table of addresses. */
const writeSchedule = (module: ModuleBuilder, schedule: Schedule, around: Around, exported?: string): Run => {
  const { inputs, outputs, kernels } = schedule
  const { offsets } = arenaOf(schedule)
  const emitted = kernels.map((kernel) => emit(module, kernel, around))
  const places = new Map([...inputs, ...outputs].map((buffer, i) => [buffer, i]))
  return module.define({ params: ['i32'], result: 'none' }, (scope, table) => {
    const arena = scope.local('i32')
    const address = (buffer: Buffer): Code<'i32'> => {
      const place = places.get(buffer)
      return place !== undefined ? i32.load(table.get, 4 * place) : i32.add(arena.get, i32.const(offsets.get(buffer) as number)) // scratch
    }
    return sequence(
      arena.set(i32.load(table.get, 4 * (inputs.length + outputs.length))),
      ...emitted.map((made, k) => around(kernels[k], made.call(...made.buffers.map(address))))
    )
  }, exported)
}

/**
 * The module of a schedule in the binary format; `maximum` is the greatest size of its memory, in pages, if that is shared. With
 * numbers for its kernels, it tells a clock when each of them begins and ends.
 */
export const assemble = (schedule: Schedule, maximum: number | undefined, numbering?: Numbering): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder()
  module.importMemory('heap', 'memory', 1, maximum)
  writeSchedule(module, schedule, numbering === undefined ? untimed : timing(module, numbering), 'run')
  return module.bytes()
}
