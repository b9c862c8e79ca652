import type { Eqn } from '../../../core/primitive.js'
import type { Opaque } from '../../schedule/kernel.js'
import type { Code } from '../code.js'
import type { ModuleBuilder } from '../module.js'
import type { Emitted } from '../nest.js'
import type { Writer } from './writer.js'
import { joining } from './joining.js'

/** Operations with loops of their own, by the names of their primitives. */
const writers: Readonly<Record<string, Writer>> = { ...joining }

/** Whether there are loops for the equation. */
export const writes = ({ primitive: { name }, params, inputs, outputs }: Eqn): boolean =>
  Object.hasOwn(writers, name) && (writers[name].accepts?.(inputs.map(({ aval }) => aval), params, outputs.map(({ aval }) => aval)) ?? true)

/** The function of such an operation. */
export const emitOpaque = (module: ModuleBuilder, kernel: Opaque): Emitted => {
  const read = kernel.operands.filter((operand) => typeof operand !== 'number')
  const buffers = [...new Set([...read, ...kernel.results])]
  const callee = module.define({ params: buffers.map(() => 'i32' as const), result: 'none' }, (scope, ...pointers) => {
    const at = (buffer: (typeof buffers)[number]): Code<'i32'> => pointers[buffers.indexOf(buffer)].get
    const operands = kernel.operands.map((operand) => (typeof operand === 'number' ? operand : at(operand)))
    return writers[kernel.name].write({ scope, params: kernel.params, operands, avals: kernel.avals, results: kernel.results.map(at), outs: kernel.outs })
  })
  return { buffers, call: (...addresses) => callee(...addresses) }
}
