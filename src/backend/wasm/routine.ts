import type { Buffer, Cond, Routine, Scan, While } from '../schedule/kernel.js'
import { bytesIn } from '../schedule/control.js'
import { i32, leave, loop, memory, select, sequence, when, type Code, type Local, type Statement } from './code.js'
import type { ModuleBuilder } from './module.js'
import type { Emitted } from './nest.js'

/** Runs a schedule, given the address of the table with the addresses of its inputs, its outputs and its arena. */
export type Run = (table: Code<'i32'>) => Statement

/** How the programs within are written. */
export type WriteSchedule = (routine: Routine) => Run

type Address = (buffer: Buffer) => Code<'i32'>

/** Writes an address into the place of a table. */
const enter = (table: Code<'i32'>, place: number, address: Code<'i32'>): Statement => i32.store(table, address, 4 * place)

const enterAll = (table: Code<'i32'>, from: number, addresses: readonly Code<'i32'>[]): Statement =>
  sequence(...addresses.map((address, i) => enter(table, from + i, address)))

/** The function of a kernel with programs within: its body from the addresses of the buffers. */
const define = (
  module: ModuleBuilder, buffers: readonly Buffer[], write: (address: Address, local: () => Local<'i32'>) => Statement
): Emitted => {
  const distinct = [...new Set(buffers)]
  const callee = module.define({ params: distinct.map(() => 'i32' as const), result: 'none' }, (scope, ...pointers) => {
    const places = new Map(distinct.map((buffer, i) => [buffer, pointers[i]]))
    return write((buffer) => (places.get(buffer) as Local<'i32'>).get, () => scope.local('i32')) // one for each
  })
  return { buffers: distinct, units: 1, call: (addresses) => callee(...addresses) }
}

/** A scan: the carry alternates between two places, so that the last step leaves it in the results. */
export const emitScan = (module: ModuleBuilder, kernel: Scan, schedule: WriteSchedule): Emitted => {
  const { length, reverse, body, constants, start, stacks, carry, spare, results } = kernel
  const run = schedule(body)
  const { inputs, outputs } = body.schedule
  const buffers = [...constants, ...start, ...stacks, ...carry, ...spare, ...results, body.table, body.arena]
  return define(module, buffers, (address, local) => {
    const table = address(body.table)
    const [step, at, other] = [local(), local(), local()]
    const from = carry.map(() => local())
    const to = carry.map(() => local())
    const slices = (stack: Buffer, bytes: number): Code<'i32'> => i32.add(address(stack), i32.mul(at.get, i32.const(bytes)))
    const sliceBytes = (buffer: Buffer): number => bytesIn(buffer) / length
    return sequence(
      enterAll(table, 0, constants.map(address)),
      enter(table, inputs.length + outputs.length, address(body.arena)),
      ...from.map((pointer, k) => pointer.set(address(start[k]))),
      step.set(i32.const(0)),
      other.set(i32.const((length - 1) % 2)),
      loop(sequence(
        at.set(reverse ? i32.sub(i32.const(length - 1), step.get) : step.get),
        ...to.map((pointer, k) => pointer.set(select(other.get, address(spare[k]), address(carry[k])))),
        enterAll(table, constants.length, from.map((pointer) => pointer.get)),
        enterAll(table, constants.length + carry.length, stacks.map((stack) => slices(stack, sliceBytes(stack)))),
        enterAll(table, inputs.length, to.map((pointer) => pointer.get)),
        enterAll(table, inputs.length + carry.length, results.map((stack) => slices(stack, sliceBytes(stack)))),
        run(table),
        ...from.map((pointer, k) => pointer.set(to[k].get)),
        other.set(i32.xor(other.get, i32.const(1))),
        leave(0, i32.ltU(step.tee(i32.add(step.get, i32.const(1))), i32.const(length)))
      ))
    )
  })
}

/** A while: steps leave the carry in two places in turn; in the end it is copied to the results. */
export const emitWhile = (module: ModuleBuilder, kernel: While, schedule: WriteSchedule): Emitted => {
  const { test, body, flag, testConstants, bodyConstants, start, carry, spare } = kernel
  const [runTest, runBody] = [schedule(test), schedule(body)]
  const buffers = [
    ...testConstants, ...bodyConstants, ...start, ...carry, ...spare.flat(), flag, test.table, test.arena, body.table, body.arena
  ]
  const places = ({ schedule: { inputs, outputs } }: Routine): number => inputs.length + outputs.length
  return define(module, buffers, (address, local) => {
    const [tests, bodies] = [address(test.table), address(body.table)]
    const other = local()
    const from = carry.map(() => local())
    const to = carry.map(() => local())
    const step = sequence(
      ...to.map((pointer, k) => pointer.set(select(other.get, address(spare[0][k]), address(spare[1][k])))),
      other.set(i32.xor(other.get, i32.const(1))),
      enterAll(bodies, bodyConstants.length, from.map((pointer) => pointer.get)),
      enterAll(bodies, body.schedule.inputs.length, to.map((pointer) => pointer.get)),
      runBody(bodies),
      ...from.map((pointer, k) => pointer.set(to[k].get)),
      leave(1)
    )
    return sequence(
      enterAll(tests, 0, testConstants.map(address)),
      enter(tests, test.schedule.inputs.length, address(flag)),
      enter(tests, places(test), address(test.arena)),
      enterAll(bodies, 0, bodyConstants.map(address)),
      enter(bodies, places(body), address(body.arena)),
      ...from.map((pointer, k) => pointer.set(address(start[k]))),
      other.set(i32.const(0)),
      loop(sequence(
        enterAll(tests, testConstants.length, from.map((pointer) => pointer.get)),
        runTest(tests),
        when(i32.load8U(address(flag)), step)
      )),
      ...carry.map((buffer, k) => memory.copy(address(buffer), from[k].get, i32.const(bytesIn(buffer))))
    )
  })
}

/** A cond: the branch whose number the index is, the nearest if there is none. */
export const emitCond = (module: ModuleBuilder, kernel: Cond, schedule: WriteSchedule): Emitted => {
  const { index, branches, operands, results } = kernel
  const runs = branches.map(schedule)
  const buffers = [index, ...operands, ...results, ...branches.flatMap(({ table, arena }) => [table, arena])]
  return define(module, buffers, (address, local) => {
    const which = local()
    const branch = (k: number): Statement => {
      const { table, arena } = branches[k]
      return sequence(
        enterAll(address(table), 0, operands.map(address)),
        enterAll(address(table), operands.length, results.map(address)),
        enter(address(table), operands.length + results.length, address(arena)),
        runs[k](address(table))
      )
    }
    const last = branches.length - 1
    const choice = branches.slice(0, last).reduceRight<Statement>(
      (rest, _, k) => when(i32.leS(which.get, i32.const(k)), branch(k), rest), branch(last))
    return sequence(which.set(index.dtype === 'bool' ? i32.load8U(address(index)) : i32.load(address(index))), choice)
  })
}
