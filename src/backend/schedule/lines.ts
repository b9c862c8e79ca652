import { showAval, type Aval } from '../../core/aval.js'
import { byteSize } from '../../core/dtype.js'
import { sizeOf } from '../../core/shape.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { showOperation } from '../../ir/show.js'
import { updateOf } from './buffers/aliasing.js'
import { workOf, type Work } from './cost.js'
import type { Buffer, Kernel, Nest, Phase, Product, Routine, Schedule, Value } from './kernel.js'
import { asNest } from './product.js'

/** A kernel of a schedule, to look at. */
export interface KernelLine extends Work {
  readonly kind: Kernel['kind']
  /** The primitives that it carries out, as far as they have results of their own. */
  readonly name: string
  /** Extents: those of independent iterations, and in brackets those within one of them. */
  readonly loops: string
  /** The operations in its loops. */
  readonly computes: string
  /** Programs within it: what each is, and its kernels. */
  readonly within: readonly (readonly [role: string, kernels: readonly KernelLine[]])[]
}

const by = (extents: readonly number[]): string => (extents.length === 0 ? '1' : extents.join('×'))

const signs: Readonly<Record<string, string>> = { add: 'sum', mul: 'product' }

/** The operations of a phase, each with how often it occurs; then its reductions. */
const operationsOf = ({ reductions, stores }: Phase): string => {
  const counts = new Map<string, number>()
  const seen = new Set<Value>()
  const visit = (value: Value): void => {
    if (value.kind !== 'apply' || seen.has(value)) return
    seen.add(value)
    value.args.forEach(visit)
    counts.set(value.operation, (counts.get(value.operation) ?? 0) + 1)
  }
  for (const { value } of [...reductions, ...stores]) visit(value)
  const applied = [...counts].map(([name, count]) => (count === 1 ? name : `${name}×${count}`))
  const reduced = reductions.map(({ combiner }) => `→${signs[combiner] ?? combiner}`)
  return [...applied, ...reduced].join(' ')
}

const nestLine = ({ outer, phases }: Nest): Pick<KernelLine, 'loops' | 'computes'> => {
  const operations = phases.map(operationsOf).filter((text) => text !== '')
  const inner = phases.filter((phase) => phase.inner.length > 0).map((phase) => by(phase.inner))
  return {
    loops: outer.length === 0 && inner.length > 0 ? inner.join(' ') : `${by(outer)}${inner.length > 0 ? ` [${inner.join(' ')}]` : ''}`,
    computes: operations.length === 0 ? 'copy' : operations.join(' | ')
  }
}

const productLine = (product: Product): Pick<KernelLine, 'loops' | 'computes'> => {
  const { batch, rows, columns, depth } = product
  return { loops: `${by([...batch, rows, columns])} [${depth}]`, computes: nestLine(asNest(product)).computes }
}

const shapes = (avals: readonly Aval[]): string => avals.map(({ shape }) => by(shape)).join(', ')

/** The programs within a kernel, and what they are to it. */
export const routinesOf = (kernel: Kernel): readonly (readonly [role: string, routine: Routine])[] => {
  switch (kernel.kind) {
    case 'scan': return [['step', kernel.body]]
    case 'while': return [['test', kernel.test], ['step', kernel.body]]
    case 'cond': return kernel.branches.map((branch, i) => [`branch ${i}`, branch])
    default: return []
  }
}

const shapeOf = (kernel: Kernel): Pick<KernelLine, 'loops' | 'computes'> => {
  switch (kernel.kind) {
    case 'nest': return nestLine(kernel)
    case 'product': return productLine(kernel)
    case 'opaque': return { loops: shapes(kernel.outs), computes: `of ${shapes(kernel.avals)}${updateOf(kernel) < 0 ? '' : ', in place'}` }
    case 'host': return { loops: avalsOf(kernel.eqn.outputs).map(showAval).join(' '), computes: `host: ${showOperation(kernel.eqn)}` }
    case 'scan': return { loops: `${kernel.length} steps`, computes: '' }
    case 'while': return { loops: '? steps', computes: '' }
    case 'cond': return { loops: `one of ${kernel.branches.length}`, computes: '' }
  }
}

/** A kernel as a line. */
export const lineOf = (kernel: Kernel): KernelLine => ({
  kind: kernel.kind, name: kernel.name, ...shapeOf(kernel), ...workOf(kernel),
  within: routinesOf(kernel).map(([role, { schedule }]) => [role, linesOf(schedule)])
})

/** The kernels of a schedule, in order. */
export const linesOf = ({ kernels }: Schedule): readonly KernelLine[] => kernels.map(lineOf)

/** Buffers of a schedule and of the programs within it. */
export const buffersOf = ({ inputs, outputs, scratch, kernels }: Schedule): readonly Buffer[] => [
  ...inputs, ...outputs, ...scratch,
  ...kernels.flatMap((kernel) => routinesOf(kernel).flatMap(([, { schedule }]) => buffersOf(schedule)))
]

/** Bytes of the elements of types. */
export const bytesOfAvals = (avals: readonly Aval[]): number =>
  avals.reduce((sum, { dtype, shape }) => sum + byteSize(dtype) * sizeOf(shape), 0)
