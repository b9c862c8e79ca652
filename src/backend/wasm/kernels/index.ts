import type { Eqn } from '../../../core/primitive.js'
import type { Opaque } from '../../schedule/kernel.js'
import type { Code } from '../code.js'
import type { ModuleBuilder } from '../module.js'
import type { Emitted } from '../nest.js'
import { argreductions } from './argreduce.js'
import { barriers } from './barrier.js'
import { casting } from './bitcast.js'
import { convolutions } from './convolution.js'
import { cumulatives } from './cumulative.js'
import { products } from './dot.js'
import { gathering } from './gather.js'
import { joining } from './joining.js'
import { pooling } from './pooling.js'
import { scatters } from './scatter.js'
import { selections } from './selection.js'
import { slicing } from './slicing.js'
import { sorting } from './sort.js'
import { ciphers } from './threefry.js'
import type { Writer } from './writer.js'

/** Operations with loops of their own, by the names of their primitives. */
const writers: Readonly<Record<string, Writer>> = {
  ...argreductions, ...barriers, ...casting, ...ciphers, ...convolutions, ...cumulatives, ...gathering, ...joining, ...pooling, ...products,
  ...scatters, ...selections, ...slicing, ...sorting
}

/** Functions take a thousand parameters at most. */
const mostBuffers = 900

/** Whether there are loops for the equation. */
export const writes = ({ primitive: { name }, params, inputs, outputs }: Eqn): boolean =>
  Object.hasOwn(writers, name) && inputs.length + outputs.length <= mostBuffers &&
  (writers[name].accepts?.(inputs.map(({ aval }) => aval), params, outputs.map(({ aval }) => aval)) ?? true)

/** The function of such an operation. */
export const emitOpaque = (module: ModuleBuilder, kernel: Opaque): Emitted => {
  const read = kernel.operands.filter((operand) => typeof operand !== 'number')
  const buffers = [...new Set([...read, ...kernel.results, ...kernel.workspace])]
  const callee = module.define({ params: buffers.map(() => 'i32' as const), result: 'none' }, (scope, ...pointers) => {
    const places = new Map(buffers.map((buffer, i) => [buffer, pointers[i].get]))
    const at = (buffer: (typeof buffers)[number]): Code<'i32'> => places.get(buffer) as Code<'i32'> // one for each
    const operands = kernel.operands.map((operand) => (typeof operand === 'number' ? operand : at(operand)))
    const { name, params, avals, outs, results, workspace } = kernel
    return writers[name].write({ module, scope, params, operands, avals, results: results.map(at), outs, workspace: workspace.map(at) })
  })
  return { buffers, units: 1, call: (addresses) => callee(...addresses) }
}
