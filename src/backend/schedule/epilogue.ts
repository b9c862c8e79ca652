import { byteSize } from '../../core/dtype.js'
import { sizeOf, type Shape } from '../../core/shape.js'
import { counter, equalAffine, linear, strideOf } from './affine.js'
import { blockDepth } from './blocking.js'
import { scratchOf } from './buffers/leftover.js'
import { touched } from './buffers/touched.js'
import type { Affine, Buffer, Kernel, Nest, Product, Register, Schedule, Value } from './kernel.js'
import { elementwise } from './lower/elementwise.js'
import type { MapLowering, SourceLowering } from './lowering.js'
import { recounting } from './recount.js'
import { tilingOf } from './tiling.js'

/*
 * What is computed from the result of a product, element by element, is computed by the product itself, from the sums in its registers:
 * a bias, an activation, a scale, a mask, a residual. The product then has no result of its own, and nothing goes through memory again.
 */

/**
 * Beside sums of more terms what follows is next to nothing. It is worth code that no other product shares only where results of so many
 * bytes would go through memory again.
 */
const [deep, large] = [256, 2 ** 20]

/** Products of fewer rows gain nothing. */
const fewest = 4

/** The dearest operation, and all of them together: tiles of transcendental functions are long, and no faster. */
const [dearest, most] = [8, 40]

/** The operations of a value, and whether all of it is as narrow as a type. */
const lookAt = (root: Value, dtype: Buffer['dtype']): { readonly operations: readonly string[]; readonly isNarrow: boolean } => {
  const seen = new Set<Value>()
  const operations: string[] = []
  const visit = (value: Value): void => {
    if (seen.has(value)) return
    seen.add(value)
    if (value.kind !== 'apply') return
    operations.push(value.operation)
    value.args.forEach(visit)
  }
  visit(root)
  return { operations, isNarrow: [...seen].every((value) => byteSize(value.dtype) <= byteSize(dtype)) }
}

const costOf = (operation: string): number => {
  const lowerings: Readonly<Record<string, MapLowering | SourceLowering | undefined>> = elementwise
  const lowering = lowerings[operation]
  return lowering?.kind === 'map' ? lowering.cost : Infinity
}

/** Whether it is faster to make a value of sums in registers than of results in memory. */
const pays = (product: Product, value: Value): boolean => {
  const { dtype, rows, depth, out } = product
  const { turned, dots, sweeps, packs } = tilingOf(product)
  if (turned || dots || sweeps || rows < fewest || blockDepth(depth, packs ? 'packed' : 'direct') < depth) return false
  if (depth > deep && out.size * byteSize(dtype) < large) return false
  const { operations, isNarrow } = lookAt(value, dtype)
  const each = operations.map(costOf)
  return isNarrow && each.every((cost) => cost <= dearest) && each.reduce((a, b) => a + b, 0) <= most
}

const placeOf = (shape: Shape): Affine => linear(shape.map((_, k) => counter(k)), shape)

/** A nest as the end of a product: where its results go, and what they are. Nothing if it is more than that, or does not pay. */
const endOf = (product: Product, { outer, phases }: Nest): Pick<Product, 'out' | 'epilogue'> | null => {
  const [{ inner, reductions, stores: [store, ...others] }] = phases
  if (phases.length > 1 || reductions.length > 0 || others.length > 0) return null
  const { batch, rows, columns, dtype, out } = product
  const [from, to] = [[...outer, ...inner], [...batch, rows, columns]]
  if (store.buffer.dtype !== dtype || store.buffer.size !== out.size || sizeOf(from) !== out.size) return null
  const recount = recounting(from, to)
  const place = placeOf(to)
  const isHere = (at: Affine | null): boolean => at !== null && equalAffine(at, place)
  const sum: Register = { id: 0, dtype }
  const element: Value = { kind: 'register', dtype, register: sum }
  let fits = isHere(recount(store.at))
  const done = new Map<Value, Value>()
  const rewrite = (value: Value): Value => {
    const known = done.get(value) ?? rewritten(value)
    done.set(value, known)
    return known
  }
  const rewritten = (value: Value): Value => {
    if (value.kind === 'apply') return { ...value, args: value.args.map(rewrite) }
    if (value.kind !== 'load' && value.kind !== 'position') return value
    const at = recount(value.at)
    if (value.kind === 'load' && value.buffer === out) {
      fits &&= isHere(at)
      return element
    }
    // one for all columns, or one for each, side by side
    fits &&= at !== null && strideOf(at, to.length - 1) <= 1 && at.strides.every((stride) => stride >= 0)
    return { ...value, at: at ?? value.at }
  }
  const value = rewrite(store.value)
  return fits && pays(product, value) ? { out: store.buffer, epilogue: { sum, value } } : null
}

/** The kernels, with products that do what follows them. There is one kernel for each buffer that writes it. */
export const withEpilogues = (plan: Schedule): Schedule => {
  if (!plan.kernels.some(({ kind }) => kind === 'product')) return plan
  const writers = new Map<Buffer, number>()
  const readers = new Map<Buffer, number>()
  plan.kernels.forEach((kernel, k) => {
    const { reads, writes } = touched(kernel)
    for (const buffer of writes) writers.set(buffer, k)
    for (const buffer of reads) readers.set(buffer, (readers.get(buffer) ?? 0) + 1)
  })
  for (const buffer of plan.outputs) readers.set(buffer, Infinity)
  const kernels: (Kernel | null)[] = [...plan.kernels]
  plan.kernels.forEach((nest, n) => {
    if (nest.kind !== 'nest') return
    // the last of what it reads is the product's: all the rest is there before that
    const last = Math.max(...[...touched(nest).reads].map((buffer) => writers.get(buffer) ?? -1), -1)
    const product = kernels[last]
    if (product?.kind !== 'product' || product.epilogue !== null || readers.get(product.out) !== 1) return
    const end = endOf(product, nest)
    if (end === null) return
    kernels[last] = { ...product, ...end, name: `${product.name} ${nest.name}` }
    kernels[n] = null
    writers.set(end.out, last)
  })
  const left = kernels.filter((kernel) => kernel !== null)
  if (left.length === kernels.length) return plan
  return { ...plan, kernels: left, scratch: scratchOf(left, new Set([...plan.inputs, ...plan.outputs])) }
}
