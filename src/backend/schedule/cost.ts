import { byteSize } from '../../core/dtype.js'
import { sizeOf } from '../../core/shape.js'
import { updateOf } from './buffers/aliasing.js'
import { touched } from './buffers/touched.js'
import { bytesIn } from './control.js'
import type { Affine, Buffer, Host, Kernel, Nest, Opaque, Schedule, Value } from './kernel.js'
import { asNest } from './product.js'

/** What a kernel does, counted from the loops: what its time is compared with. */
export interface Work {
  /** Elementary operations on elements; a multiplication and an addition are two. */
  readonly flops: number
  /** Bytes that have to be read and written at least once. */
  readonly reads: number
  readonly writes: number
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

const bytesOf = (buffers: Iterable<Buffer>): number => [...buffers].reduce((sum, buffer) => sum + bytesIn(buffer), 0)

const plus = (a: Work, b: Work): Work => ({ flops: a.flops + b.flops, reads: a.reads + b.reads, writes: a.writes + b.writes })

const times = (n: number, a: Work): Work => ({ flops: n * a.flops, reads: n * a.reads, writes: n * a.writes })

const none: Work = { flops: 0, reads: 0, writes: 0 }

/** How many settings of the counters with a stride there are. */
const placesOf = ({ strides }: Affine, extents: readonly number[]): number =>
  extents.reduce((count, extent, k) => ((strides[k] ?? 0) === 0 ? count : count * extent), 1)

/** Every value once for each setting of the counters that it depends on, every element of a buffer once. */
const workOfNest = ({ outer, phases }: Nest): Work => {
  const [read, written] = [new Map<Buffer, number>(), new Map<Buffer, number>()]
  const touch = (map: Map<Buffer, number>, buffer: Buffer, count: number): void => {
    map.set(buffer, Math.min(buffer.size, (map.get(buffer) ?? 0) + count))
  }
  let flops = 0
  for (const { inner, reductions, stores } of phases) {
    const extents = [...outer, ...inner]
    const counters = new Map<Value, ReadonlySet<number>>()
    const along = (at: Affine): ReadonlySet<number> => new Set([...extents.keys()].filter((k) => (at.strides[k] ?? 0) !== 0))
    const visit = (value: Value): ReadonlySet<number> => {
      const known = counters.get(value)
      if (known !== undefined) return known
      let depends: ReadonlySet<number>
      switch (value.kind) {
        case 'constant': depends = new Set(); break
        case 'register': depends = new Set(outer.keys()); break
        case 'position': depends = along(value.at); break
        case 'load':
          if (!written.has(value.buffer)) touch(read, value.buffer, placesOf(value.at, extents)) // what it has made lies in the caches
          depends = along(value.at)
          break
        case 'apply': {
          const all = new Set<number>()
          for (const arg of value.args) for (const k of visit(arg)) all.add(k)
          flops += product([...all].map((k) => extents[k]))
          depends = all
        }
      }
      counters.set(value, depends)
      return depends
    }
    for (const { value } of [...reductions, ...stores]) visit(value)
    flops += reductions.length * product(extents)
    for (const { buffer, at } of stores) touch(written, buffer, placesOf(at, extents))
  }
  const bytes = (map: ReadonlyMap<Buffer, number>): number =>
    [...map].reduce((sum, [buffer, count]) => sum + (count / buffer.size) * bytesIn(buffer), 0)
  return { flops, reads: bytes(read), writes: bytes(written) }
}

/** An array that is changed in place: as much of it as there are updates. */
const workOfUpdate = (kernel: Opaque): Work => {
  const { operands, avals } = kernel
  const { dtype, shape } = avals[updateOf(kernel)]
  const others = operands.filter((operand, k) => k > 0 && typeof operand !== 'number') as readonly Buffer[] // the numbers are gone
  return { flops: 0, reads: bytesOf(new Set(others)), writes: sizeOf(shape) * byteSize(dtype) }
}

/** What a host does is not known. */
const flopsOf = (kernel: Opaque | Host): number => {
  switch (kernel.kind) {
    case 'opaque': return kernel.flops
    case 'host': return 0
  }
}

/** What a schedule's kernels do. */
const workOfAll = ({ kernels }: Schedule): Work => kernels.map(workOf).reduce(plus, none)

/** What a kernel does. A `while` counts as one step, a `cond` as its dearest branch: how they go is not known before. */
export const workOf = (kernel: Kernel): Work => {
  switch (kernel.kind) {
    case 'nest': return workOfNest(kernel)
    case 'product': return workOfNest(asNest(kernel))
    case 'scan': return times(kernel.length, workOfAll(kernel.body.schedule))
    case 'while': return plus(workOfAll(kernel.test.schedule), workOfAll(kernel.body.schedule))
    case 'cond': {
      const branches = kernel.branches.map(({ schedule }) => workOfAll(schedule))
      return branches.reduce((most, work) => (work.flops + work.reads > most.flops + most.reads ? work : most))
    }
    default: {
      const { reads, writes } = touched(kernel)
      if (kernel.kind === 'opaque' && updateOf(kernel) >= 0) return workOfUpdate(kernel)
      return { flops: flopsOf(kernel), reads: bytesOf(reads), writes: bytesOf(writes) }
    }
  }
}
