import type { CondParams } from '../../control/cond.js'
import type { ScanParams } from '../../control/loop.js'
import type { WhileParams } from '../../control/loops/while.js'
import { byteSize } from '../../core/dtype.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { arenaOf } from './buffers/arena.js'
import { inPlace } from './buffers/inplace.js'
import { canHand, type Handing } from './buffers/sharing.js'
import type { Buffer, Cond, Routine, Scan, Schedule, While } from './kernel.js'
import { mostAddresses } from './workspace.js'

/** What a loop's kernel is made with. */
export interface Making {
  /** The schedule of a program within, in which nothing happens in place yet. */
  readonly schedule: (jaxpr: Jaxpr) => Schedule
  /** A buffer of the kernel's own. */
  readonly room: (dtype: Buffer['dtype'], size: number) => Buffer
}

const routineOf = (plan: Schedule, { room }: Making): Routine =>
  ({ schedule: plan, table: room('int32', plan.inputs.length + plan.outputs.length + 1), arena: room('uint8', arenaOf(plan).bytes) })

/** A program within that leaves its inputs as they are. */
const routine = (jaxpr: Jaxpr, making: Making): Routine => routineOf(inPlace(making.schedule(jaxpr), []), making)

/** The step of a loop, after so many constants: it changes in place what it can of the carry; the rest has places to alternate with. */
const step = (jaxpr: Jaxpr, constants: number, carry: readonly Buffer[], making: Making): Pick<Scan, 'body' | 'spare'> => {
  const plan = making.schedule(jaxpr)
  const all = carry.map((_, output): Handing => ({ input: constants + output, output }))
  const handed = all.filter((handing) => canHand(plan, handing))
  const placed = inPlace(plan, handed)
  const changed = new Set(handed.map(({ output }) => output))
  const spare = carry.map(({ dtype, size }, k) => (changed.has(k) ? null : making.room(dtype, size)))
  return { body: routineOf(placed, making), spare }
}

/** Room for the addresses of a kernel's buffers, operands and results, some of them with spare places, and those of its programs. */
const listOf = (operands: readonly Buffer[], results: readonly Buffer[], programs: number, { room }: Making): Buffer | null => {
  const count = operands.length + 2 * results.length + 2 * programs + 2
  return count <= mostAddresses ? null : room('int32', count)
}

/** The kernel of a scan, a while or a cond, whose operands and results have buffers. */
export const controlKernel = (
  { primitive: { name }, params }: Eqn, operands: readonly Buffer[], results: readonly Buffer[], making: Making
): Scan | While | Cond => {
  switch (name) {
    case 'scan': {
      const { jaxpr, length, reverse, constants, carries } = params as ScanParams // of a scan
      const carry = results.slice(0, carries)
      return {
        kind: 'scan', name, length, reverse, carry, results: results.slice(carries), list: listOf(operands, results, 1, making),
        ...step(jaxpr, constants, carry, making),
        constants: operands.slice(0, constants),
        start: operands.slice(constants, constants + carries),
        stacks: operands.slice(constants + carries)
      }
    }
    case 'while': {
      const { test, body, testConstants, bodyConstants } = params as WhileParams // of a while
      return {
        kind: 'while', name, test: routine(test, making), flag: making.room('bool', 1), carry: results,
        list: listOf(operands, results, 2, making),
        ...step(body, bodyConstants, results, making),
        testConstants: operands.slice(0, testConstants), bodyConstants: operands.slice(testConstants, testConstants + bodyConstants),
        start: operands.slice(testConstants + bodyConstants)
      }
    }
    default: {
      const { branches } = params as CondParams // of a cond
      const [index, ...rest] = operands
      // what they do in place depends on what is needed after them
      const routines = branches.map((branch) => routineOf(making.schedule(branch), making))
      const list = listOf(operands, results, branches.length, making)
      return { kind: 'cond', name, index, branches: routines, operands: rest, results, list }
    }
  }
}

/** Bytes of a buffer's elements. */
export const bytesIn = ({ dtype, size }: Buffer): number => size * byteSize(dtype)
