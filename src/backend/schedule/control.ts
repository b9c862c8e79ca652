import { byteSize } from '../../core/dtype.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import type { CondParams } from '../../control/cond.js'
import type { ScanParams } from '../../control/loop.js'
import type { WhileParams } from '../../control/while.js'
import { arenaOf } from './arena.js'
import type { Buffer, Cond, Routine, Scan, Schedule, While } from './kernel.js'

/** What a loop's kernel is made with. */
export interface Making {
  /** The schedule of a program within. */
  readonly schedule: (jaxpr: Jaxpr) => Schedule
  /** A buffer of the kernel's own. */
  readonly room: (dtype: Buffer['dtype'], size: number) => Buffer
}

const routine = (jaxpr: Jaxpr, { schedule, room }: Making): Routine => {
  const plan = schedule(jaxpr)
  return { schedule: plan, table: room('int32', plan.inputs.length + plan.outputs.length + 1), arena: room('uint8', arenaOf(plan).bytes) }
}

const like = (buffers: readonly Buffer[], { room }: Making): readonly Buffer[] => buffers.map(({ dtype, size }) => room(dtype, size))

/** The kernel of a scan, a while or a cond, whose operands and results have buffers. */
export const controlKernel = (
  { primitive: { name }, params }: Eqn, operands: readonly Buffer[], results: readonly Buffer[], making: Making
): Scan | While | Cond => {
  switch (name) {
    case 'scan': {
      const { jaxpr, length, reverse, constants, carries } = params as ScanParams // of a scan
      const carry = results.slice(0, carries)
      return {
        kind: 'scan', name, length, reverse, body: routine(jaxpr, making),
        constants: operands.slice(0, constants),
        start: operands.slice(constants, constants + carries),
        stacks: operands.slice(constants + carries),
        carry, spare: like(carry, making), results: results.slice(carries)
      }
    }
    case 'while': {
      const { test, body, testConstants, bodyConstants } = params as WhileParams // of a while
      const start = operands.slice(testConstants + bodyConstants)
      return {
        kind: 'while', name, test: routine(test, making), body: routine(body, making), flag: making.room('bool', 1),
        testConstants: operands.slice(0, testConstants), bodyConstants: operands.slice(testConstants, testConstants + bodyConstants),
        start, carry: results, spare: [like(results, making), like(results, making)]
      }
    }
    default: {
      const { branches } = params as CondParams // of a cond
      const [index, ...rest] = operands
      return { kind: 'cond', name, index, branches: branches.map((branch) => routine(branch, making)), operands: rest, results }
    }
  }
}

/** Bytes of a buffer's elements. */
export const bytesIn = ({ dtype, size }: Buffer): number => size * byteSize(dtype)
