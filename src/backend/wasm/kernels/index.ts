import type { Aval } from '../../../core/aval.js'
import type { AnyPrimitive, Eqn } from '../../../core/primitive.js'
import { avalsOf } from '../../../ir/jaxpr.js'
import type { Opaque } from '../../schedule/kernel.js'
import type { Demand } from '../../schedule/schedulable.js'
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
import { broughtBy, type Writer } from './writer.js'

/** Operations with loops of their own, by the names of their primitives: of those that do not bring them along. */
const writers: Readonly<Record<string, Writer>> = {
  ...argreductions, ...barriers, ...casting, ...ciphers, ...convolutions, ...cumulatives, ...gathering, ...joining, ...pooling, ...products,
  ...scatters, ...selections, ...slicing, ...sorting
}

const writerOf = (primitive: AnyPrimitive): Writer | undefined =>
  broughtBy(primitive) ?? (Object.hasOwn(writers, primitive.name) ? writers[primitive.name] : undefined)

/** What a writer is asked with about an equation. */
const typesOf = ({ inputs, params, outputs }: Eqn): readonly [avals: readonly Aval[], params: object, outs: readonly Aval[]] =>
  [avalsOf(inputs), params, avalsOf(outputs)]

/** Whether there are loops for the equation. */
export const writes = (eqn: Eqn): boolean => {
  const writer = writerOf(eqn.primitive)
  return writer !== undefined && (writer.accepts?.(...typesOf(eqn)) ?? true)
}

/** What they take. */
export const demand = (eqn: Eqn): Demand => {
  const [writer, types] = [writerOf(eqn.primitive), typesOf(eqn)]
  return { rooms: writer?.rooms?.(...types) ?? [], flops: writer?.flops?.(...types) ?? 0 }
}

/** The function of such an operation. */
export const emitOpaque = (module: ModuleBuilder, kernel: Opaque): Emitted => {
  const { primitive, params, avals, outs, results, workspace } = kernel
  const writer = writerOf(primitive) as Writer // it is schedulable
  const list = kernel.operands.length + results.length <= mostAddresses ? null : workspace[workspace.length - 1]
  const read = kernel.operands.filter((operand) => typeof operand !== 'number')
  return addressed(module, [...read, ...results, ...workspace.filter((room) => room !== list)], list, (at, scope) => {
    const operands = kernel.operands.map((operand) => (typeof operand === 'number' ? operand : at(operand)))
    return writer.write({ module, scope, params, operands, avals, results: results.map(at), outs, workspace: workspace.map(at) })
  })
}
