import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { maskKey, memo } from './memo.js'

/** A jaxpr cut in two: what can be computed from the known inputs, and the rest. */
export interface Split {
  /** From the known inputs to the known outputs and the residuals. */
  readonly known: Jaxpr
  /** From the residuals and the unknown inputs to the unknown outputs. */
  readonly rest: Jaxpr
  /** How many residuals there are. */
  readonly residuals: number
  /** Which outputs depend on unknown inputs. */
  readonly unknownOutputs: readonly boolean[]
}

/**
 * Cuts a jaxpr by dependence on its unknown inputs, equation by equation. Outputs marked in `forced` count as unknown even
 * if they are not. Known inputs that the rest reads are residuals too.
 */
export const split: (jaxpr: Jaxpr, unknown: readonly boolean[], forced: readonly boolean[]) => Split = memo(
  (unknown, forced) => `${maskKey(unknown)} ${maskKey(forced)}`,
  (jaxpr, unknown, forced) => {
    const pending = new Set<Atom>(jaxpr.inputs.filter((_, i) => unknown[i]))
    const [now, later]: [Eqn[], Eqn[]] = [[], []]
    for (const eqn of jaxpr.eqns) {
      const waits = eqn.inputs.some((atom) => pending.has(atom))
      ;(waits ? later : now).push(eqn)
      if (waits) for (const v of eqn.outputs) pending.add(v)
    }
    const unknownOutputs = jaxpr.outputs.map((atom, i) => forced[i] || pending.has(atom))
    const rest = jaxpr.outputs.filter((_, i) => unknownOutputs[i])
    const needed = new Set<Var>()
    for (const atoms of [rest, ...later.map((eqn) => eqn.inputs)]) {
      for (const atom of atoms) if (atom.kind === 'var' && !pending.has(atom)) needed.add(atom)
    }
    const residuals = [...needed]
    return {
      known: {
        inputs: jaxpr.inputs.filter((_, i) => !unknown[i]),
        eqns: now,
        outputs: [...jaxpr.outputs.filter((_, i) => !unknownOutputs[i]), ...residuals]
      },
      rest: { inputs: [...residuals, ...jaxpr.inputs.filter((_, i) => unknown[i])], eqns: later, outputs: rest },
      residuals: residuals.length,
      unknownOutputs
    }
  }
)
