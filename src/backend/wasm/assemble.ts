import { arenaOf } from '../schedule/buffers/arena.js'
import type { Buffer, Kernel, Routine, Schedule } from '../schedule/kernel.js'
import { i32, sequence, type Code, type Statement } from './code.js'
import type { Emitted } from './emitted.js'
import { hostsOf, type Hosts } from './host.js'
import { emitOpaque } from './kernels/index.js'
import { ModuleBuilder } from './module.js'
import { emitNest } from './nests/nest.js'
import { emitProduct } from './products/product.js'
import { emitCond, emitScan, emitWhile, type Run } from './routine.js'

const emit = (module: ModuleBuilder, kernel: Kernel, hosts: Hosts, calls: Calls): Emitted => {
  const within = ({ schedule }: Routine): Run => writeSchedule(module, schedule, hosts, calls)
  switch (kernel.kind) {
    case 'nest': return emitNest(module, kernel)
    case 'product': return emitProduct(module, kernel)
    case 'opaque': return emitOpaque(module, kernel)
    case 'host': return hosts(kernel)
    case 'scan': return emitScan(module, kernel, within)
    case 'while': return emitWhile(module, kernel, within)
    case 'cond': return emitCond(module, kernel, within)
  }
}

/** Numbers for kernels that are to be timed. */
export type Numbering = (kernel: Kernel) => number

/** Which units of a kernel each call of it does, from a first to a last, which is not included: as many calls as there are pairs. */
export type Division = (units: number) => readonly (readonly [first: number, last: number])[]

/** What a module is for. */
export interface Purpose {
  /** The greatest size of its memory, in pages, if that is shared. */
  readonly maximum?: number | undefined
  /** With it the module tells a clock when each kernel begins and ends. */
  readonly numbering?: Numbering | undefined
  /** How kernels are cut; a single call does everything if not given. */
  readonly division?: Division | undefined
  /** Whether multiplications and additions may be fused. */
  readonly fma?: boolean | undefined
}

/** How a kernel is called. */
type Calls = (kernel: Kernel, made: Emitted, addresses: readonly Code<'i32'>[]) => Statement

const calling = (division: Division = (units) => [[0, units]]): Calls => (_, { units, call }, addresses) =>
  sequence(...division(units).map(([first, last]) => call(addresses, i32.const(first), i32.const(last))))

/** Calls of a clock, with the kernel's number, before and after. */
const timed = (module: ModuleBuilder, numbering: Numbering, calls: Calls): Calls => {
  const signature = { params: ['i32'], result: 'none' } as const
  const [begin, end] = [module.importFunction('clock', 'begin', signature), module.importFunction('clock', 'end', signature)]
  return (kernel, made, addresses) => {
    const number = i32.const(numbering(kernel))
    return sequence(begin(number), calls(kernel, made, addresses), end(number))
  }
}

/** The function that runs a schedule's kernels in order: it is called with the address of a table of addresses. */
const writeSchedule = (module: ModuleBuilder, schedule: Schedule, hosts: Hosts, calls: Calls, exported?: string): Run => {
  const { inputs, outputs, kernels } = schedule
  const { offsets } = arenaOf(schedule)
  const emitted = kernels.map((kernel) => emit(module, kernel, hosts, calls))
  const places = new Map([...inputs, ...outputs].map((buffer, i) => [buffer, i]))
  return module.define({ params: ['i32'], result: 'none' }, (scope, table) => {
    const arena = scope.local('i32')
    const address = (buffer: Buffer): Code<'i32'> => {
      const place = places.get(buffer)
      if (place !== undefined) return i32.load(table.get, 4 * place)
      return i32.add(arena.get, i32.const(offsets.get(buffer) ?? 0)) // scratch; what has no elements may be anywhere
    }
    return sequence(
      arena.set(i32.load(table.get, 4 * (inputs.length + outputs.length))),
      ...emitted.map((made, k) => calls(kernels[k], made, made.buffers.map(address)))
    )
  }, exported)
}

/** The module of a schedule in the binary format. */
export const assemble = (schedule: Schedule, { maximum, numbering, division, fma }: Purpose = {}): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(fma)
  module.importMemory('heap', 'memory', 1, maximum)
  const calls = calling(division)
  writeSchedule(module, schedule, hostsOf(module, schedule), numbering === undefined ? calls : timed(module, numbering, calls), 'run')
  return module.bytes()
}
