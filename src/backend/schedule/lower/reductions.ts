import type { Combiner } from '../kernel.js'
import type { ProductLowering, ReduceLowering } from '../lowering.js'

const reduce = (combiner: Combiner): ReduceLowering => ({
  kind: 'reduce',
  combiner,
  axes: ({ params }) => (params as { readonly axes: readonly number[] }).axes // of reductions
})

const product: ProductLowering = { kind: 'product' }

export const reductions = {
  reduce_sum: reduce('add'), reduce_max: reduce('max'), reduce_min: reduce('min'), reduce_prod: reduce('mul'),
  reduce_and: reduce('and'), reduce_or: reduce('or'), reduce_xor: reduce('xor'),
  dot_general: product
} as const
