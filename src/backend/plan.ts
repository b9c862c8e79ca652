import type { Atom, Eqn, Jaxpr } from '../core/primitive.js'
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

/** Positions of those inputs of each part whose memory its results may take: donated ones that nobody else reads. */
export const donatedTo = ({ jaxpr, parts }: Plan, donated: readonly number[]): readonly (readonly number[])[] => {
  const readers = new Map<Atom, number>()
  for (const atom of [...jaxpr.outputs, ...parts.flatMap((part) => part.jaxpr.inputs)]) readers.set(atom, (readers.get(atom) ?? 0) + 1)
  const gifts = new Set<Atom>(donated.map((at) => jaxpr.inputs[at]).filter((v) => readers.get(v) === 1))
  return parts.map((part) => part.jaxpr.inputs.flatMap((v, at) => (gifts.has(v) ? [at] : [])))
}
