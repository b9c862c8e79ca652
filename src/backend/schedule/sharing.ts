import { alike, aliasesOf, isAlone, type Alias } from './aliasing.js'
import { copiesOf } from './copies.js'
import type { Buffer, Cond, Kernel, Schedule } from './kernel.js'
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

/** What is known of the memory of a schedule's buffers. */
export interface Lives {
  /** Of inputs, outputs, and what lies between, but for the room that kernels have to themselves. */
  readonly of: ReadonlyMap<Buffer, Life>
  /** Pairs for every kernel. */
  readonly aliases: readonly (readonly Alias[])[]
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
    k >= 0 && aliases[k].some(({ result, operand }) => result === later && operand === earlier)
  const apart = (a: Buffer, b: Buffer): boolean => {
    const [x, y] = [of.get(a), of.get(b)]
    if (x === undefined || y === undefined) return false
    if (x.death < y.birth || y.death < x.birth) return true
    return (x.death === y.birth && over(y.birth, b, a)) || (y.death === x.birth && over(x.birth, a, b))
  }
  return { of, aliases, apart }
}

const known = new WeakMap<Schedule, Lives>()

/** Lives, if all inputs may be written over. */
const freeLives = (plan: Schedule): Lives => {
  const made = known.get(plan) ?? livesOf(plan, new Set(plan.inputs))
  known.set(plan, made)
  return made
}

const copied = new WeakMap<Schedule, ReadonlySet<string>>()

/** Whether an output is an input as it came. */
export const isCopy = (plan: Schedule, { input, output }: Handing): boolean => {
  const key = (result: Buffer, operand: Buffer): string => `${result.id} ${operand.id}`
  const made = copied.get(plan) ?? new Set(plan.kernels.flatMap(copiesOf).map(({ result, operand }) => key(result, operand)))
  copied.set(plan, made)
  return made.has(key(plan.outputs[output], plan.inputs[input]))
}

/** Whether the output may take the input's memory, which nobody else needs. */
export const canHand = (plan: Schedule, handing: Handing): boolean => {
  const [from, to] = [plan.inputs[handing.input], plan.outputs[handing.output]]
  return alike(from, to) && (freeLives(plan).apart(from, to) || isCopy(plan, handing))
}

/** Operands that every branch can write a result over. */
const ofCond = ({ index, branches, operands, results }: Cond): readonly Alias[] => {
  const all = [index, ...operands]
  return results.flatMap((result, output) => operands
    .map((operand, input) => ({ result, operand, input }))
    .filter(({ operand }) => alike(operand, result) && isAlone(operand, all))
    .filter(({ input }) => branches.every(({ schedule }) => canHand(schedule, { input, output })))
    .map(({ operand }) => ({ result, operand })))
}

const shares = new WeakMap<Kernel, readonly Alias[]>()

/** Which results of a kernel may be written over which of its operands. */
const sharesOf = (kernel: Kernel): readonly Alias[] => {
  const made = shares.get(kernel) ?? (kernel.kind === 'cond' ? ofCond(kernel) : aliasesOf(kernel))
  shares.set(kernel, made)
  return made
}
