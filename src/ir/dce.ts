import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { isEffectful } from './jaxpr.js'
import { maskKey, memo } from './memo.js'

/** A jaxpr without dead code, and which of the original's inputs it still has. */
export interface Pruned {
  readonly jaxpr: Jaxpr
  readonly usedInputs: readonly boolean[]
}

const prune = (jaxpr: Jaxpr, usedOutputs: readonly boolean[], pinned: readonly boolean[]): Pruned => {
  const used = new Set<Atom>()
  jaxpr.outputs.forEach((atom, i) => {
    if (usedOutputs[i]) used.add(atom)
  })
  const kept: Eqn[] = []
  let changed = false
  for (let i = jaxpr.eqns.length - 1; i >= 0; i--) {
    const eqn = jaxpr.eqns[i]
    const live = eqn.outputs.map((v) => used.has(v))
    const reduced = isEffectful(eqn) && !live.includes(true) ? eqn : live.includes(true) ? smaller(eqn, live) : null
    changed ||= reduced !== eqn
    if (reduced === null) continue
    kept.push(reduced)
    for (const atom of reduced.inputs) if (atom.kind === 'var') used.add(atom)
  }
  const usedInputs = jaxpr.inputs.map((v, i) => pinned[i] || used.has(v))
  if (!changed && !usedOutputs.includes(false) && !usedInputs.includes(false)) return { jaxpr, usedInputs }
  const inputs: readonly Var[] = jaxpr.inputs.filter((_, i) => usedInputs[i])
  return { jaxpr: { inputs, eqns: kept.reverse(), outputs: jaxpr.outputs.filter((_, i) => usedOutputs[i]) }, usedInputs }
}

const smaller = (eqn: Eqn, live: readonly boolean[]): Eqn | null => (eqn.primitive.dce === undefined ? eqn : eqn.primitive.dce(live, eqn))

const pruned = memo((outputs: readonly boolean[], inputs: readonly boolean[]) => `${maskKey(outputs)} ${maskKey(inputs)}`, prune)

/**
 * Removes what the outputs in use do not need, in nested jaxprs too: equations, inputs and unused outputs. Inputs
 * `keep` (all or none, or a mask) stay. The same object comes back if nothing is dead.
 */
export const dce = (jaxpr: Jaxpr, usedOutputs: readonly boolean[] | 'all' = 'all', keep: readonly boolean[] | boolean = false): Pruned =>
  pruned(
    jaxpr,
    usedOutputs === 'all' ? jaxpr.outputs.map(() => true) : usedOutputs,
    typeof keep === 'boolean' ? jaxpr.inputs.map(() => keep) : keep
  )
