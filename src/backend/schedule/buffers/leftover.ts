import type { Buffer, Kernel } from '../kernel.js'
import { touched } from './touched.js'

/** The kernels without stores that nobody reads. */
export const pruned = (kernels: readonly Kernel[], results: ReadonlySet<Buffer>): readonly Kernel[] => {
  const read = new Set(results)
  for (const kernel of kernels) for (const buffer of touched(kernel).reads) read.add(buffer)
  const rest = kernels.map((kernel): Kernel => {
    if (kernel.kind !== 'nest' || touched(kernel).writes.every((buffer) => read.has(buffer))) return kernel
    const phases = kernel.phases
      .map((phase) => ({ ...phase, stores: phase.stores.filter(({ buffer }) => read.has(buffer)) }))
      .filter(({ reductions, stores }) => reductions.length + stores.length > 0)
    return { ...kernel, phases }
  })
  return rest.filter((kernel) => kernel.kind !== 'nest' || kernel.phases.length > 0)
}

/** The buffers between the fixed ones, those of inputs and results. */
export const scratchOf = (kernels: readonly Kernel[], fixed: ReadonlySet<Buffer>): readonly Buffer[] => {
  const found = new Set<Buffer>()
  for (const kernel of kernels) {
    const { writes, own } = touched(kernel)
    for (const buffer of [...writes, ...own]) if (!fixed.has(buffer)) found.add(buffer)
  }
  return [...found]
}
