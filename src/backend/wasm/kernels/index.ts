import type { Eqn } from '../../../core/primitive.js'
import type { Opaque } from '../../schedule/kernel.js'
import { mostAddresses } from '../../schedule/workspace.js'
import { addressed } from '../addressed.js'
import type { Emitted } from '../emitted.js'
import type { ModuleBuilder } from '../module.js'
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

/** Whether there are loops for the equation. */
export const writes = ({ primitive: { name }, params, inputs, outputs }: Eqn): boolean =>
  Object.hasOwn(writers, name) &&
  (writers[name].accepts?.(inputs.map(({ aval }) => aval), params, outputs.map(({ aval }) => aval)) ?? true)

/** The function of such an operation. */
export const emitOpaque = (module: ModuleBuilder, kernel: Opaque): Emitted => {
  const { name, params, avals, outs, results, workspace } = kernel
  const list = kernel.operands.length + results.length <= mostAddresses ? null : workspace[workspace.length - 1]
  const read = kernel.operands.filter((operand) => typeof operand !== 'number')
  return addressed(module, [...read, ...results, ...workspace.filter((room) => room !== list)], list, (at, scope) => {
    const operands = kernel.operands.map((operand) => (typeof operand === 'number' ? operand : at(operand)))
    return writers[name].write({ module, scope, params, operands, avals, results: results.map(at), outs, workspace: workspace.map(at) })
  })
}
