import { sparesOf } from '../schedule/buffers/touched.js'
import { bytesIn } from '../schedule/control.js'
import type { Buffer, Cond, Routine, Scan, While } from '../schedule/kernel.js'
import { addressed, type Address } from './addressed.js'
import { i32, leave, loop, memory, nothing, select, sequence, when, type Code, type Local, type Statement } from './code.js'
import type { Emitted } from './emitted.js'
import type { ModuleBuilder } from './module.js'

/** Runs a schedule, given the address of the table with the addresses of its inputs, its outputs and its arena. */
export type Run = (table: Code<'i32'>) => Statement

/** How the programs within are written. */
export type WriteSchedule = (routine: Routine) => Run

/** Writes an address into the place of a table. */
const enter = (table: Code<'i32'>, place: number, address: Code<'i32'>): Statement => i32.store(table, address, 4 * place)

const enterAll = (table: Code<'i32'>, from: number, addresses: readonly Code<'i32'>[]): Statement =>
  sequence(...addresses.map((address, i) => enter(table, from + i, address)))

/** What is done once before a loop for the parts of the carry that its steps change in place: they are copied, and the body is told. */
const settle = ({ start, carry, spare, body }: Scan | While, constants: number, address: Address): Statement => {
  const table = address(body.table)
  return sequence(...carry.map((buffer, k) => {
    if (spare[k] !== null) return nothing
    const copy = start[k] === buffer ? nothing : memory.copy(address(buffer), address(start[k]), i32.const(bytesIn(buffer)))
    return sequence(copy, enter(table, constants + k, address(buffer)), enter(table, body.schedule.inputs.length + k, address(buffer)))
  }))
}

/** A part of the carry that goes back and forth between two places. */
interface Alternating {
  readonly k: number
  readonly start: Buffer
  readonly carry: Buffer
  readonly spare: Buffer
  readonly from: Local<'i32'>
  readonly to: Local<'i32'>
}

const alternating = ({ start, carry, spare }: Scan | While, local: () => Local<'i32'>): readonly Alternating[] =>
  carry.flatMap((buffer, k) => {
    const other = spare[k]
    return other === null ? [] : [{ k, start: start[k], carry: buffer, spare: other, from: local(), to: local() }]
  })

/** Where the body finds those parts, and where it leaves them. */
const enterParts = (table: Code<'i32'>, constants: number, { schedule: { inputs } }: Routine, parts: readonly Alternating[]): Statement =>
  sequence(...parts.map(({ k, from, to }) => sequence(enter(table, constants + k, from.get), enter(table, inputs.length + k, to.get))))

/** A scan: what is not changed in place alternates between two places, so that the last step leaves it in the results. */
export const emitScan = (module: ModuleBuilder, kernel: Scan, schedule: WriteSchedule): Emitted => {
  const { length, reverse, body, constants, start, stacks, carry, results } = kernel
  const run = schedule(body)
  const { inputs, outputs } = body.schedule
  const buffers = [...constants, ...start, ...stacks, ...carry, ...sparesOf(kernel), ...results, body.table, body.arena]
  return addressed(module, buffers, kernel.list, (address, scope) => {
    const local = (): Local<'i32'> => scope.local('i32')
    const table = address(body.table)
    const [step, at, other] = [local(), local(), local()]
    const parts = alternating(kernel, local)
    const slices = (stack: Buffer): Code<'i32'> => i32.add(address(stack), i32.mul(at.get, i32.const(bytesIn(stack) / length)))
    return sequence(
      enterAll(table, 0, constants.map(address)),
      enter(table, inputs.length + outputs.length, address(body.arena)),
      settle(kernel, constants.length, address),
      ...parts.map((part) => part.from.set(address(part.start))),
      step.set(i32.const(0)),
      other.set(i32.const((length - 1) % 2)),
      loop(sequence(
        at.set(reverse ? i32.sub(i32.const(length - 1), step.get) : step.get),
        ...parts.map(({ to, ...part }) => to.set(select(other.get, address(part.spare), address(part.carry)))),
        enterParts(table, constants.length, body, parts),
        enterAll(table, constants.length + carry.length, stacks.map(slices)),
        enterAll(table, inputs.length + carry.length, results.map(slices)),
        run(table),
        ...parts.map(({ from, to }) => from.set(to.get)),
        other.set(i32.xor(other.get, i32.const(1))),
        leave(0, i32.ltU(step.tee(i32.add(step.get, i32.const(1))), i32.const(length)))
      ))
    )
  })
}

/** A while: what is not changed in place alternates between the results and another place; in the end it goes to the results. */
export const emitWhile = (module: ModuleBuilder, kernel: While, schedule: WriteSchedule): Emitted => {
  const { test, body, flag, testConstants, bodyConstants, start, carry } = kernel
  const [runTest, runBody] = [schedule(test), schedule(body)]
  const buffers = [
    ...testConstants, ...bodyConstants, ...start, ...carry, ...sparesOf(kernel), flag, test.table, test.arena, body.table, body.arena
  ]
  const places = ({ schedule: { inputs, outputs } }: Routine): number => inputs.length + outputs.length
  return addressed(module, buffers, kernel.list, (address, scope) => {
    const local = (): Local<'i32'> => scope.local('i32')
    const [tests, bodies] = [address(test.table), address(body.table)]
    const parts = alternating(kernel, local)
    const step = sequence(
      ...parts.map(({ from, to, ...part }) =>
        to.set(select(i32.eq(from.get, address(part.carry)), address(part.spare), address(part.carry)))),
      enterParts(bodies, bodyConstants.length, body, parts),
      runBody(bodies),
      ...parts.map(({ from, to }) => from.set(to.get)),
      leave(1)
    )
    return sequence(
      enterAll(tests, 0, testConstants.map(address)),
      enterAll(tests, testConstants.length, carry.map(address)),
      enter(tests, test.schedule.inputs.length, address(flag)),
      enter(tests, places(test), address(test.arena)),
      enterAll(bodies, 0, bodyConstants.map(address)),
      enter(bodies, places(body), address(body.arena)),
      settle(kernel, bodyConstants.length, address),
      ...parts.map((part) => part.from.set(address(part.start))),
      loop(sequence(
        ...parts.map(({ k, from }) => enter(tests, testConstants.length + k, from.get)),
        runTest(tests),
        when(i32.load8U(address(flag)), step)
      )),
      ...parts.map(({ from, ...part }) => when(i32.ne(from.get, address(part.carry)),
        memory.copy(address(part.carry), from.get, i32.const(bytesIn(part.carry)))))
    )
  })
}

/** A cond: the branch whose number the index is, the nearest if there is none. */
export const emitCond = (module: ModuleBuilder, kernel: Cond, schedule: WriteSchedule): Emitted => {
  const { index, branches, operands, results } = kernel
  const runs = branches.map(schedule)
  const buffers = [index, ...operands, ...results, ...branches.flatMap(({ table, arena }) => [table, arena])]
  return addressed(module, buffers, kernel.list, (address, scope) => {
    const local = (): Local<'i32'> => scope.local('i32')
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
