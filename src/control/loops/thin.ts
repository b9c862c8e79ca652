import type { Atom, Eqn, Jaxpr, Var } from '../../core/primitive.js'

/** Elementwise operations that cost less to repeat than their results cost to keep. */
const cheap: ReadonlySet<string> = new Set([
  'neg', 'add', 'sub', 'mul', 'square', 'integer_pow', 'add_any', 'convert_element_type', 'broadcast_in_dim', 'reshape',
  'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'select_n', 'and', 'or', 'not', 'max', 'min', 'abs', 'sign'
])

const most = 3

/** Values to keep, and the equations that compute the others from them. */
export interface Thinned {
  readonly kept: readonly Var[]
  readonly recomputed: readonly Eqn[]
}

/**
 * Chooses which of the wanted variables to keep: one that is at most three cheap elementwise steps from others that
 * are at hand anyway is computed again.
 */
export const thin = (jaxpr: Jaxpr, wanted: readonly Var[], atHand: ReadonlySet<Atom>): Thinned => {
  const maker = new Map<Var, Eqn>()
  for (const eqn of jaxpr.eqns) for (const v of eqn.outputs) maker.set(v, eqn)
  const order = new Map(jaxpr.eqns.map((eqn, i) => [eqn, i]))
  const available = new Set<Atom>(atHand)
  const steps = (v: Var): ReadonlySet<Eqn> | null => {
    const needed = new Set<Eqn>()
    const visit = (atom: Atom): boolean => {
      if (atom.kind === 'literal' || available.has(atom)) return true
      const eqn = maker.get(atom)
      if (eqn === undefined || !cheap.has(eqn.primitive.name)) return false
      needed.add(eqn)
      return needed.size <= most && eqn.inputs.every(visit)
    }
    return visit(v) ? needed : null
  }
  const kept: Var[] = []
  const recomputed = new Set<Eqn>()
  for (const v of wanted) {
    if (available.has(v)) continue
    const again = steps(v)
    if (again === null) {
      kept.push(v)
      available.add(v)
    } else for (const eqn of again) recomputed.add(eqn)
  }
  return { kept, recomputed: [...recomputed].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)) }
}
