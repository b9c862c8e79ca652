import type { Buffer, Cond, Kernel, Routine, Schedule } from '../kernel.js'
import { arenaOf } from './arena.js'
import { copiesOf } from './copies.js'
import { scratchOf } from './leftover.js'
import { renamed, type Rename } from './renamed.js'
import { canHand, isCopy, livesOf, sourcesOf, type Handing } from './sharing.js'
import { Strands } from './strands.js'

/*
 * Results are written over operands that nobody needs any more: the kernel then has one buffer for both. Copies that are the same as
 * what they are copies of are not made.
 */

/** The schedule over other buffers; `finish` has the last word on its kernels. */
const over = (plan: Schedule, rename: Rename, finish = (kernel: Kernel): Kernel => kernel): Schedule => {
  const [inputs, outputs] = [plan.inputs.map(rename), plan.outputs.map(rename)]
  const kernels = renamed(plan.kernels, rename).map(finish)
  return { inputs, outputs, kernels, scratch: scratchOf(kernels, new Set([...inputs, ...outputs])) }
}

/** A schedule without copies between inputs and outputs: a value and its copy are one buffer. */
export const withoutCopies = (plan: Schedule): Schedule => {
  const fixed = new Set([...plan.inputs, ...plan.outputs])
  const names = new Map<Buffer, Buffer>()
  const rename: Rename = (buffer) => {
    let at = buffer
    for (let next = names.get(at); next !== undefined; next = names.get(at)) at = next
    return at
  }
  for (const copy of plan.kernels.flatMap(copiesOf)) {
    const [result, operand] = [rename(copy.result), rename(copy.operand)]
    if (result === operand) continue
    if (!fixed.has(result)) names.set(result, operand)
    else if (!fixed.has(operand)) names.set(operand, result)
  }
  return names.size === 0 ? plan : over(plan, rename)
}

/** How many inputs are tried for an output at most. */
const mostTries = 64

/** Which outputs take the memory of which of the inputs: those that are written over them first, then any that can; each once. */
export const handings = (plan: Schedule, inputs: readonly number[]): readonly Handing[] => {
  const free = new Set(inputs)
  const found = new Map<number, number>()
  const take = (output: number, among: ReadonlySet<number> | readonly number[]): void => {
    if (found.has(output)) return
    let tries = mostTries
    for (const input of among) {
      if (!free.has(input)) continue
      if (canHand(plan, { input, output })) {
        free.delete(input)
        found.set(output, input)
        return
      }
      if (--tries === 0) return
    }
  }
  plan.outputs.forEach((_, output) => take(output, sourcesOf(plan, output)))
  const typeOf = ({ dtype, size }: Buffer): string => `${dtype} ${size}`
  const byType = new Map<string, number[]>()
  for (const input of free) {
    const type = typeOf(plan.inputs[input])
    const list = byType.get(type) ?? []
    list.push(input)
    byType.set(type, list)
  }
  plan.outputs.forEach((buffer, output) => take(output, byType.get(typeOf(buffer)) ?? []))
  return [...found].map(([output, input]) => ({ input, output }))
}

/** A program within, whose outputs take the memory of inputs. */
const handedOver = ({ schedule, table, arena }: Routine, handed: readonly Handing[]): Routine => {
  const placed = inPlace(schedule, handed)
  return { schedule: placed, table, arena: { ...arena, size: arenaOf(placed).bytes } }
}

/** A choice, with branches that know what is to be done in place. */
const settled = (kernel: Cond): Cond => {
  const handed = kernel.results.flatMap((result, output) => {
    const input = kernel.operands.indexOf(result)
    return input < 0 ? [] : [{ input, output }]
  })
  return { ...kernel, branches: kernel.branches.map((branch) => handedOver(branch, handed)) }
}

/** Outputs that are inputs as they came, and take their memory, are one buffer with them. */
const unmoved = (plan: Schedule, handed: readonly Handing[]): Schedule => {
  const names = new Map(handed.filter((each) => isCopy(plan, each)).map(({ input, output }) => [plan.outputs[output], plan.inputs[input]]))
  return names.size === 0 ? plan : over(plan, (buffer) => names.get(buffer) ?? buffer)
}

/**
 * The schedule with results in the places of operands that die, where the kernel allows it. The outputs of `handed` take the memory of
 * their inputs, as they can; no other input is written over.
 */
export const inPlace = (raw: Schedule, handed: readonly Handing[]): Schedule => {
  const plan = unmoved(raw, handed)
  const { inputs, outputs, scratch } = plan
  const lives = livesOf(plan, new Set(handed.map(({ input }) => inputs[input])))
  const strands = new Strands(lives)
  for (const { input, output } of handed) strands.join(inputs[input], outputs[output])
  for (const aliases of lives.aliases) {
    for (const [result, operands] of aliases) for (const operand of operands) strands.join(result, operand)
  }
  const names = new Map<Buffer, Buffer>()
  for (const buffer of [...inputs, ...outputs, ...scratch]) {
    if (!names.has(buffer)) for (const other of strands.of(buffer)) names.set(other, buffer)
  }
  return over(plan, (buffer) => names.get(buffer) ?? buffer, (kernel) => (kernel.kind === 'cond' ? settled(kernel) : kernel))
}
