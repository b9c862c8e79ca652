import type { Host, Kernel, Schedule } from '../schedule/kernel.js'
import { routinesOf } from '../schedule/lines.js'
import { i32, sequence } from './code.js'
import type { Emitted } from './emitted.js'
import type { ModuleBuilder } from './module.js'

/** The host kernels of a schedule, those of programs within it too. */
export const hostsIn = ({ kernels }: Schedule): readonly Host[] => kernels.flatMap((kernel: Kernel) =>
  (kernel.kind === 'host' ? [kernel] : routinesOf(kernel).flatMap(([, routine]) => hostsIn(routine.schedule))))

/** How a module calls what it does not write itself. */
export type Hosts = (kernel: Host) => Emitted

/** The way out of a module, imported if its schedule has a use for it; nothing may be defined in the module before. */
export const hostsOf = (module: ModuleBuilder, schedule: Schedule): Hosts => {
  const kernels = hostsIn(schedule)
  if (kernels.length === 0) return ({ name }) => { throw new Error(`${name} is not in the schedule`) }
  const numbers = new Map(kernels.map((kernel, number) => [kernel, number]))
  const call = module.importFunction('host', 'call', { params: ['i32', 'i32'], result: 'none' })
  return (kernel) => {
    const { operands, results, table } = kernel
    const number = i32.const(numbers.get(kernel) as number) // it is one of them
    return {
      buffers: [table, ...operands.filter((operand) => operand !== null), ...results],
      units: 1,
      call: ([at, ...addresses]) => sequence(...addresses.map((address, k) => i32.store(at, address, 4 * k)), call(number, at))
    }
  }
}
