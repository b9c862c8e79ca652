import type { Buffer, Cond, Kernel, Nest, Routine, Scan, Value, While } from '../kernel.js'
import { asNest } from '../product.js'

/** The buffers that a kernel reads, writes, and needs for itself. */
export interface Touched {
  readonly reads: ReadonlySet<Buffer>
  readonly writes: readonly Buffer[]
  readonly own: readonly Buffer[]
}

const rooms = (routines: readonly Routine[]): readonly Buffer[] => routines.flatMap(({ table, arena }) => [table, arena])

const listOf = ({ list }: Scan | While | Cond): readonly Buffer[] => (list === null ? [] : [list])

/** The places that parts of a loop's carry alternate with. */
export const sparesOf = ({ spare }: Scan | While): readonly Buffer[] => spare.filter((buffer) => buffer !== null)

const found = new WeakMap<Kernel, Touched>()

/** What a kernel does with buffers. */
export const touched = (kernel: Kernel): Touched => {
  const known = found.get(kernel)
  if (known !== undefined) return known
  const own = look(kernel)
  found.set(kernel, own)
  return own
}

const lookAtNest = ({ phases }: Nest): Touched => {
  const reads = new Set<Buffer>()
  const seen = new Set<Value>()
  const visit = (value: Value): void => {
    if (seen.has(value)) return
    seen.add(value)
    if (value.kind === 'load') reads.add(value.buffer)
    if (value.kind === 'apply') value.args.forEach(visit)
  }
  for (const { reductions, stores } of phases) for (const { value } of [...reductions, ...stores]) visit(value)
  return { reads, writes: [...new Set(phases.flatMap(({ stores }) => stores.map(({ buffer }) => buffer)))], own: [] }
}

const look = (kernel: Kernel): Touched => {
  switch (kernel.kind) {
    case 'nest': return lookAtNest(kernel)
    case 'product': return { ...lookAtNest(asNest(kernel)), own: kernel.packed === null ? [] : [kernel.packed] }
    case 'opaque': {
      const { operands, results, workspace } = kernel
      return { reads: new Set(operands.filter((x) => typeof x !== 'number')), writes: results, own: workspace }
    }
    case 'host': {
      const { operands, results, table } = kernel
      return { reads: new Set(operands.filter((x) => x !== null)), writes: results, own: [table] }
    }
    case 'scan': return {
      reads: new Set([...kernel.constants, ...kernel.start, ...kernel.stacks]),
      writes: [...kernel.carry, ...kernel.results],
      own: [...sparesOf(kernel), ...listOf(kernel), ...rooms([kernel.body])]
    }
    case 'while': return {
      reads: new Set([...kernel.testConstants, ...kernel.bodyConstants, ...kernel.start]),
      writes: kernel.carry,
      own: [kernel.flag, ...sparesOf(kernel), ...listOf(kernel), ...rooms([kernel.test, kernel.body])]
    }
    case 'cond': return {
      reads: new Set([kernel.index, ...kernel.operands]),
      writes: kernel.results,
      own: [...listOf(kernel), ...rooms(kernel.branches)]
    }
  }
}
