import type { Eqn, Jaxpr } from '../core/primitive.js'
import { memo } from '../ir/memo.js'
import { partition, type Part } from './partition.js'
import { optimise } from './passes/index.js'
import { schedulable, type Target } from './schedule/schedulable.js'
import { writes } from './wasm/kernels/index.js'
import { emits } from './wasm/operations.js'

/** A program as it runs: after all passes, and in parts. */
export interface Plan {
  readonly jaxpr: Jaxpr
  readonly parts: readonly Part[]
}

const target: Target = { emits, writes }

/** Whether an equation can be part of a compiled program. */
export const compilable = (eqn: Eqn): boolean => schedulable(eqn, target)

/** What becomes of a traced program. */
export const planned: (traced: Jaxpr) => Plan = memo(
  () => '',
  (traced) => {
    const jaxpr = optimise(traced)
    return { jaxpr, parts: partition(jaxpr, compilable) }
  }
)
