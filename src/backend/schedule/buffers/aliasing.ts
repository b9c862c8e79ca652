import { equalAffine } from '../affine.js'
import type { Affine, Buffer, Cond, Kernel, Nest, Opaque, Scan, Value, While } from '../kernel.js'
import { asNest } from '../product.js'

/** A result that may be written over an operand of its kernel, if that is not read any more afterwards. */
export interface Alias {
  readonly result: Buffer
  readonly operand: Buffer
}

/** Whether buffers are as large as each other, with elements of one type. */
export const alike = (a: Buffer, b: Buffer): boolean => a.dtype === b.dtype && a.size === b.size

/** Whether a buffer is there only once. */
export const onceIn = (all: readonly unknown[]): ((buffer: Buffer) => boolean) => {
  const [seen, more] = [new Set<unknown>(), new Set<unknown>()]
  for (const each of all) (seen.has(each) ? more : seen).add(each)
  return (buffer) => !more.has(buffer)
}

/** Operations that go through elements once, in order, or change only some of an array: the first result may be the first operand. */
const overFirst: ReadonlySet<string> = new Set([
  'dynamic_update_slice', 'scatter', 'scatter_add', 'scatter_mul', 'scatter_min', 'scatter_max',
  'cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp'
])

/** The operand that has as many elements as are changed, where an operation changes some of an array. */
const updates: Readonly<Record<string, number>> = {
  dynamic_update_slice: 1, scatter: 2, scatter_add: 2, scatter_mul: 2, scatter_min: 2, scatter_max: 2
}

/** The operand with the elements that an operation puts into an array in place; −1: it writes all of its results. */
export const updateOf = ({ name, operands, results }: Opaque): number => (operands[0] === results[0] ? (updates[name] ?? -1) : -1)

/** Where and when a nest reads or writes a buffer. */
interface Access {
  readonly phase: number
  /** The store of the phase that it is, or with which it is read; −1: a reduction. */
  readonly turn: number
  readonly at: Affine
}

const readsOf = ({ phases }: Nest): ReadonlyMap<Buffer, readonly Access[]> => {
  const found = new Map<Buffer, Access[]>()
  phases.forEach(({ reductions, stores }, phase) => {
    const seen = new Set<Value>()
    const visit = (value: Value, turn: number): void => {
      if (seen.has(value)) return
      seen.add(value)
      if (value.kind === 'apply') for (const arg of value.args) visit(arg, turn)
      if (value.kind !== 'load') return
      const reads = found.get(value.buffer)
      const read = { phase, turn, at: value.at }
      if (reads === undefined) found.set(value.buffer, [read])
      else reads.push(read)
    }
    for (const { value } of reductions) visit(value, -1)
    stores.forEach(({ value }, turn) => visit(value, turn))
  })
  return found
}

/**
 * A store may go to a buffer each of whose elements is read before it is overwritten: all reads are in the same place as the store, with
 * it or before it, or else in complete phases before it in the only iteration of the nest. The same holds for what an earlier phase keeps
 * in a buffer for later ones.
 */
const ofNest = (nest: Nest): readonly Alias[] => {
  const { outer, phases } = nest
  const reads = readsOf(nest)
  const once = outer.every((extent) => extent === 1)
  const sameLoops = (p: number, q: number): boolean => {
    const [a, b] = [phases[p].inner, phases[q].inner]
    return a.length === b.length && a.every((extent, k) => extent === b[k])
  }
  const stores = new Map(phases.flatMap((each, phase) =>
    each.stores.map(({ buffer, at }, turn): [Buffer, Access] => [buffer, { phase, turn, at }])))
  return [...stores].flatMap(([result, { phase, turn, at }]) => {
    const earlier = (access: Access): boolean =>
      access.phase < phase && (once || (sameLoops(access.phase, phase) && equalAffine(access.at, at)))
    const before = (read: Access): boolean =>
      earlier(read) || (read.phase === phase && read.turn <= turn && equalAffine(read.at, at))
    return [...reads].filter(([operand, all]) => {
      if (operand === result || !alike(operand, result) || !all.every(before)) return false
      const kept = stores.get(operand)
      return kept === undefined || earlier(kept)
    }).map(([operand]) => ({ result, operand }))
  })
}

const ofOpaque = ({ name, operands, results: [result] }: Opaque): readonly Alias[] => {
  const [operand] = operands
  if (!overFirst.has(name) || typeof operand === 'number' || !alike(operand, result) || !onceIn(operands)(operand)) return []
  return [{ result, operand }]
}

/** What a loop's carry starts as, where the steps change it in place. */
const ofLoop = ({ start, carry, spare }: Scan | While, others: readonly Buffer[]): readonly Alias[] => {
  const alone = onceIn([...start, ...others])
  return carry.map((result, k) => ({ result, operand: start[k] }))
    .filter(({ operand }, k) => spare[k] === null && alone(operand))
}

/** Which results of a kernel may be written over which of its operands; those of a choice depend on its branches. */
export const aliasesOf = (kernel: Exclude<Kernel, Cond>): readonly Alias[] => {
  switch (kernel.kind) {
    case 'nest': return ofNest(kernel)
    case 'opaque': return ofOpaque(kernel)
    case 'scan': return ofLoop(kernel, [...kernel.constants, ...kernel.stacks])
    case 'while': return ofLoop(kernel, [...kernel.testConstants, ...kernel.bodyConstants])
    case 'product': return kernel.epilogue === null ? [] : ofNest(asNest(kernel))
    case 'host': return []
  }
}
