import type { Buffer, Cond, Kernel, Schedule } from '../kernel.js'
import { alike, aliasesOf, onceIn, type Alias } from './aliasing.js'
import { copiesOf } from './copies.js'
import { touched } from './touched.js'

/** The kernels, by number, between which a buffer holds its elements: from the first that writes it to the last that needs it. */
export interface Life {
  readonly birth: number
  readonly death: number
}

/** An input whose memory an output takes: their positions. */
export interface Handing {
  readonly input: number
  readonly output: number
}

/** Operands by results. */
type Operands = ReadonlyMap<Buffer, readonly Buffer[]>

const byResult = (pairs: readonly Alias[]): Operands => {
  const found = new Map<Buffer, Buffer[]>()
  for (const { result, operand } of pairs) {
    const list = found.get(result)
    if (list === undefined) found.set(result, [operand])
    else list.push(operand)
  }
  return found
}

/** Of buffers that are not looked at: the room that kernels have to themselves. */
export const never: Life = { birth: -Infinity, death: Infinity }

/** What is known of the memory of a schedule's buffers. */
export interface Lives {
  /** Of inputs, outputs, and what lies between, but for the room that kernels have to themselves. */
  readonly of: ReadonlyMap<Buffer, Life>
  /** What results may be written over, for every kernel. */
  readonly aliases: readonly Operands[]
  /** Whether two buffers can share memory: one is not needed when the other is there, or it dies where that may be written over it. */
  apart(a: Buffer, b: Buffer): boolean
}

/** Lives of a schedule's buffers. Only inputs in `free` may be written over. */
export const livesOf = ({ inputs, outputs, kernels }: Schedule, free: ReadonlySet<Buffer>): Lives => {
  const births = new Map<Buffer, number>(inputs.map((buffer) => [buffer, -1]))
  const deaths = new Map<Buffer, number>(inputs.map((buffer) => [buffer, free.has(buffer) ? -1 : Infinity]))
  const last = (buffer: Buffer, k: number): void => {
    deaths.set(buffer, Math.max(deaths.get(buffer) ?? -1, k))
  }
  kernels.forEach((kernel, k) => {
    const { reads, writes } = touched(kernel)
    for (const buffer of writes) {
      if (!births.has(buffer)) births.set(buffer, k)
      last(buffer, k)
    }
    for (const buffer of reads) last(buffer, k)
  })
  for (const buffer of outputs) last(buffer, Infinity)
  const of = new Map([...births].map(([buffer, birth]) => [buffer, { birth, death: deaths.get(buffer) ?? birth }]))
  const aliases = kernels.map(sharesOf)
  const over = (k: number, later: Buffer, earlier: Buffer): boolean =>
    k >= 0 && aliases[k].get(later)?.includes(earlier) === true
  const apart = (a: Buffer, b: Buffer): boolean => {
    const [x, y] = [of.get(a), of.get(b)]
    if (x === undefined || y === undefined) return false
    if (x.death < y.birth || y.death < x.birth) return true
    return (x.death === y.birth && over(y.birth, b, a)) || (y.death === x.birth && over(x.birth, a, b))
  }
  return { of, aliases, apart }
}

/** What is known of a schedule, if all its inputs may be written over. */
interface Facts {
  readonly lives: Lives
  readonly positions: ReadonlyMap<Buffer, number>
  /** What buffers are copies of. */
  readonly copies: Operands
}

const known = new WeakMap<Schedule, Facts>()

const factsOf = (plan: Schedule): Facts => {
  const before = known.get(plan)
  if (before !== undefined) return before
  const facts: Facts = {
    lives: livesOf(plan, new Set(plan.inputs)),
    positions: new Map(plan.inputs.map((buffer, input) => [buffer, input])),
    copies: byResult(plan.kernels.flatMap(copiesOf))
  }
  known.set(plan, facts)
  return facts
}

/** Whether an output is an input as it came. */
export const isCopy = (plan: Schedule, { input, output }: Handing): boolean =>
  factsOf(plan).copies.get(plan.outputs[output])?.includes(plan.inputs[input]) === true

/** Whether the output may take the input's memory, which nobody else needs. */
export const canHand = (plan: Schedule, handing: Handing): boolean => {
  const [from, to] = [plan.inputs[handing.input], plan.outputs[handing.output]]
  return alike(from, to) && (factsOf(plan).lives.apart(from, to) || isCopy(plan, handing))
}

/** Inputs that an output is a copy of, or that it may be written over, from kernel to kernel. */
export const sourcesOf = (plan: Schedule, output: number): readonly number[] => {
  const { lives, positions, copies } = factsOf(plan)
  const seen = new Set([plan.outputs[output]])
  for (const buffer of seen) { // which go on with what is added
    const { birth } = lives.of.get(buffer) ?? never
    for (const list of [copies.get(buffer), lives.aliases[birth]?.get(buffer)]) for (const operand of list ?? []) seen.add(operand)
  }
  return [...seen].flatMap((buffer) => positions.get(buffer) ?? [])
}

/** Operands that every branch can write a result over. */
const ofCond = ({ index, branches, operands, results }: Cond): readonly Alias[] => {
  const alone = onceIn([index, ...operands])
  return results.flatMap((result, output) => {
    const inputs = new Set(branches.flatMap(({ schedule }) => sourcesOf(schedule, output)))
    return [...inputs]
      .filter((input) => alone(operands[input]) && branches.every(({ schedule }) => canHand(schedule, { input, output })))
      .map((input) => ({ result, operand: operands[input] }))
  })
}

const shares = new WeakMap<Kernel, Operands>()

/** Which results of a kernel may be written over which of its operands. */
const sharesOf = (kernel: Kernel): Operands => {
  const made = shares.get(kernel) ?? byResult(kernel.kind === 'cond' ? ofCond(kernel) : aliasesOf(kernel))
  shares.set(kernel, made)
  return made
}
