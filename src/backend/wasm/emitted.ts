import type { Buffer } from '../schedule/kernel.js'
import type { Code, Statement } from './code.js'

/**
 * A kernel as a function of the addresses of its buffers. Its iterations are cut into units, numbered from 0: each writes its own part of
 * the results and reads none of what others write, so that they may run in any order, and at the same time. The bits of the
 * results do not depend on who does which. What is one unit is not cut: operations with loops of their own, and loops and choices,
 * the programs within which have units of their own.
 */
export interface Emitted {
  readonly buffers: readonly Buffer[]
  readonly units: number
  /** Does the units from the first to the last, which is not included; at least one. */
  readonly call: (addresses: readonly Code<'i32'>[], first: Code<'i32'>, last: Code<'i32'>) => Statement
}
