import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { isEffectful } from '../ir/jaxpr.js'
import type { Segment } from './schedule/prepare.js'

/** Part of a program: equations that are compiled together, or one that is interpreted. */
export interface Part {
  readonly compiled: boolean
  /** Its inputs are what it reads of the rest of the program, its outputs what the rest reads of it. */
  readonly jaxpr: Segment
}

/**
 * Cuts a program into parts, as few as there have to be: an equation joins the earliest part of its kind in which all that it
 * reads is there. Effects stay in order.
 */
export const partition = (jaxpr: Jaxpr, compilable: (eqn: Eqn) => boolean): readonly Part[] => {
  const stageOf = new Map<Var, number>()
  const stages: Eqn[][] = []
  let effects = 0
  for (const eqn of jaxpr.eqns) {
    const parity = compilable(eqn) ? 0 : 1 // even stages are compiled, odd ones interpreted
    const reads = eqn.inputs.reduce((last, atom) => (atom.kind === 'var' ? Math.max(last, stageOf.get(atom) ?? 0) : last), 0)
    const from = isEffectful(eqn) ? Math.max(reads, effects) : reads
    const stage = from % 2 === parity ? from : from + 1
    if (isEffectful(eqn)) effects = stage
    for (const v of eqn.outputs) stageOf.set(v, stage)
    for (let k = stages.length; k <= stage; k++) stages.push([])
    stages[stage].push(eqn)
  }
  const parts = stages.flatMap((eqns, stage) => {
    if (eqns.length === 0) return []
    return stage % 2 === 0 ? [{ compiled: true, eqns }] : eqns.map((eqn) => ({ compiled: false, eqns: [eqn] }))
  })
  return closed(parts, jaxpr.outputs)
}

interface Stage {
  readonly compiled: boolean
  readonly eqns: readonly Eqn[]
}

/** Parts with what they read and what is read of them. */
const closed = (parts: readonly Stage[], results: readonly Atom[]): readonly Part[] => {
  const needed = new Set(results)
  const out: Part[] = []
  for (const { compiled, eqns } of [...parts].reverse()) {
    const made = new Set(eqns.flatMap((eqn) => eqn.outputs))
    const outputs = compiled ? [...made].filter((v) => needed.has(v)) : eqns[0].outputs
    const reads = new Set<Var>()
    for (const eqn of eqns) {
      for (const atom of eqn.inputs) {
        if (atom.kind === 'literal' || made.has(atom)) continue
        reads.add(atom)
        needed.add(atom)
      }
    }
    out.unshift({ compiled, jaxpr: { inputs: [...reads], eqns, outputs } })
  }
  return out
}
