import type { Contraction } from '../control/jit.js'
import type { Jaxpr } from '../core/primitive.js'
import { showTable } from '../core/table.js'
import { showBytes, showFlops } from '../core/units.js'
import { avalsOf } from '../ir/jaxpr.js'
import { donatedTo, planned, type Plan } from './plan.js'
import { arenaOf } from './schedule/buffers/arena.js'
import { bytesIn } from './schedule/control.js'
import { buffersOf, bytesOfAvals, linesOf, type KernelLine } from './schedule/lines.js'
import { scheduled } from './wasm/target.js'

/** What a program takes, estimated from its schedule: a `while` counts as one step, a `cond` as its dearest branch. */
export interface Cost {
  /** Elementary operations on elements, as far as they are compiled. */
  readonly flops: number
  /** Bytes that its kernels have to read and write, each kernel by itself. */
  readonly reads: number
  readonly writes: number
  /** Bytes of what lies between arguments and results. */
  readonly arenaBytes: number
  readonly argumentBytes: number
  readonly resultBytes: number
  /** Kernels that run one after the other; loops count as one. */
  readonly kernels: number
  /** Kernels that are calls of JavaScript, those within loops included. */
  readonly host: number
}

/** How many kernels are calls of JavaScript, those within loops included. */
const hostsAmong = (lines: readonly KernelLine[]): number =>
  lines.reduce((sum, { kind, within }) => sum + (kind === 'host' ? 1 : hostsAmong(within.flatMap(([, kernels]) => kernels))), 0)

/** Lines of a table, nested kernels below those that they are in. */
const rowsOf = (lines: readonly KernelLine[], prefix: string, indent: string): readonly (readonly string[])[] =>
  lines.flatMap((line, i) => {
    const number = `${prefix}${i + 1}`
    const { name, loops, computes, flops, reads, writes } = line
    const own = [`${indent}${number}`, name, loops, computes, showFlops(flops), showBytes(reads), showBytes(writes)]
    const inner = line.within.flatMap(([role, kernels]) =>
      [[`${indent}  ${role}`, '', '', '', '', '', ''], ...rowsOf(kernels, `${number}.`, `${indent}  `)])
    return [own, ...inner]
  })

/** The kernels of a program, in order, to look at. */
export class Outline {
  readonly name: string
  /** Programs within a loop are in its line. */
  readonly kernels: readonly KernelLine[]
  readonly cost: Cost
  /** Bytes of every array that it makes or reads, programs within it included: the largest first. */
  readonly buffers: readonly number[]

  constructor(name: string, program: Plan, donated: readonly number[]) {
    const { jaxpr, segment } = program
    const plan = scheduled(segment, donatedTo(program, donated))
    this.name = name
    this.kernels = linesOf(plan)
    this.buffers = [...new Set(buffersOf(plan))].map(bytesIn).sort((a, b) => b - a)
    const total = (field: 'flops' | 'reads' | 'writes'): number => this.kernels.reduce((sum, line) => sum + line[field], 0)
    this.cost = {
      flops: total('flops'), reads: total('reads'), writes: total('writes'),
      arenaBytes: arenaOf(plan).bytes,
      argumentBytes: bytesOfAvals(avalsOf(jaxpr.inputs)),
      resultBytes: bytesOfAvals(avalsOf(jaxpr.outputs)),
      kernels: this.kernels.length,
      host: hostsAmong(this.kernels)
    }
  }

  /** A table: a line per kernel. */
  toString(): string {
    const { flops, reads, writes, arenaBytes, kernels, host } = this.cost
    const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
    const head = [
      count(kernels, 'kernel'), ...(host > 0 ? [`${host} in JavaScript`] : []),
      showFlops(flops), `${showBytes(reads)} read`, `${showBytes(writes)} written`, `arena ${showBytes(arenaBytes)}`
    ]
    const table = showTable(['', 'kernel', 'loops', 'computes', 'flops', 'reads', 'writes'], rowsOf(this.kernels, '', ''))
    return `${this.name}: ${head.join(', ')}\n${table}`
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** The kernels that a traced program becomes, if the inputs at some positions are donated. */
export const outlineOf = (name: string, jaxpr: Jaxpr, donated: readonly number[], contraction?: Contraction): Outline =>
  new Outline(name, planned(jaxpr, contraction), donated)
