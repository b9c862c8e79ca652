import { equalAffine } from '../affine.js'
import type { Buffer, Kernel, Nest, Opaque, Phase, Product, Store, Value } from '../kernel.js'
import { touched } from './touched.js'

/** The buffer that stands for a buffer. */
export type Rename = (buffer: Buffer) => Buffer

/** What gives values over other buffers: the same one for the same value. */
const renaming = (rename: Rename): ((value: Value) => Value) => {
  const done = new Map<Value, Value>()
  const rewrite = (value: Value): Value => {
    if (value.kind !== 'load' && value.kind !== 'apply') return value
    const known = done.get(value)
    if (known !== undefined) return known
    const next: Value = value.kind === 'load' ? { ...value, buffer: rename(value.buffer) } : { ...value, args: value.args.map(rewrite) }
    done.set(value, next)
    return next
  }
  return rewrite
}

const renamedNest = (nest: Nest, rename: Rename): Nest => {
  const rewrite = renaming(rename)
  const isCopy = ({ buffer, at, value }: Store): boolean => value.kind === 'load' && value.buffer === buffer && equalAffine(value.at, at)
  const phases = nest.phases.map(({ inner, reductions, stores }): Phase => ({
    inner,
    reductions: reductions.map((reduction) => ({ ...reduction, value: rewrite(reduction.value) })),
    stores: stores.map(({ buffer, at, value }) => ({ buffer: rename(buffer), at, value: rewrite(value) })).filter((store) => !isCopy(store))
  }))
  return { ...nest, phases: phases.filter(({ reductions, stores }) => reductions.length + stores.length > 0) }
}

const renamedProduct = (product: Product, rename: Rename): Product => {
  const { lhs, rhs, out, epilogue } = product
  return {
    ...product, out: rename(out), lhs: { ...lhs, buffer: rename(lhs.buffer) }, rhs: { ...rhs, buffer: rename(rhs.buffer) },
    epilogue: epilogue && { ...epilogue, value: renaming(rename)(epilogue.value) }
  }
}

const renamedOpaque = (kernel: Opaque, rename: Rename): Opaque => {
  const operands = kernel.operands.map((operand) => (typeof operand === 'number' ? operand : rename(operand)))
  const made = { ...kernel, operands, results: kernel.results.map(rename) }
  if (kernel.name !== 'optimization_barrier') return made
  const keep = <T>(list: readonly T[]): readonly T[] => list.filter((_, k) => made.operands[k] !== made.results[k])
  return { ...made, operands: keep(operands), avals: keep(made.avals), results: keep(made.results), outs: keep(made.outs) }
}

const of = (kernel: Kernel, rename: Rename): Kernel => {
  const all = (buffers: readonly Buffer[]): readonly Buffer[] => buffers.map(rename)
  switch (kernel.kind) {
    case 'nest': return renamedNest(kernel, rename)
    case 'product': return renamedProduct(kernel, rename)
    case 'opaque': return renamedOpaque(kernel, rename)
    case 'host': return {
      ...kernel, operands: kernel.operands.map((operand) => (operand === null ? null : rename(operand))), results: all(kernel.results)
    }
    case 'scan': return {
      ...kernel, constants: all(kernel.constants), start: all(kernel.start), stacks: all(kernel.stacks),
      carry: all(kernel.carry), results: all(kernel.results)
    }
    case 'while': return {
      ...kernel, testConstants: all(kernel.testConstants), bodyConstants: all(kernel.bodyConstants),
      start: all(kernel.start), carry: all(kernel.carry)
    }
    case 'cond': return { ...kernel, index: rename(kernel.index), operands: all(kernel.operands), results: all(kernel.results) }
  }
}

/** Whether a kernel does nothing. */
const isNothing = (kernel: Kernel): boolean =>
  (kernel.kind === 'nest' && kernel.phases.length === 0) || (kernel.kind === 'opaque' && kernel.results.length === 0)

/** The kernels over other buffers, without copies of buffers to themselves. */
export const renamed = (kernels: readonly Kernel[], rename: Rename): readonly Kernel[] => kernels.flatMap((kernel) => {
  const { reads, writes } = touched(kernel)
  if ([...reads, ...writes].every((buffer) => rename(buffer) === buffer)) return [kernel]
  const made = of(kernel, rename)
  return isNothing(made) ? [] : [made]
})
