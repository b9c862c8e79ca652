import type { Atom, Eqn, Jaxpr, Var } from '../../core/primitive.js'
import { sizeOf } from '../../core/shape.js'
import { isEffectful, variable, withParts } from '../../ir/jaxpr.js'
import { dce } from '../../ir/dce.js'
import { memo } from '../../ir/memo.js'
import { convertElementTypeP, type ConvertParams } from '../../lax/elementwise/convert.js'
import { asMatrices } from './matrices.js'
import { parted } from './parted.js'
import { widened } from './widen.js'

/** A program all of whose results are computed in it, each once. */
export interface Segment extends Jaxpr {
  readonly outputs: readonly Var[]
}

const copyOf = (atom: Atom, copies: Eqn[]): Var => {
  const copy = variable(atom.aval)
  const params: ConvertParams = { newDtype: atom.aval.dtype, weakType: atom.aval.weak }
  copies.push({ primitive: convertElementTypeP, inputs: [atom], params, outputs: [copy] })
  return copy
}

/** Equations whose products, loops and choices take no literals: they read memory. */
const withoutLiterals = (eqns: readonly Eqn[]): readonly Eqn[] => {
  const reads = ({ primitive }: Eqn): boolean => primitive.jaxprs !== undefined || primitive.name === 'dot_general'
  const takes = (eqn: Eqn): boolean => reads(eqn) && eqn.inputs.some(({ kind }) => kind === 'literal')
  if (!eqns.some(takes)) return eqns
  return eqns.flatMap((eqn) => {
    if (!takes(eqn)) return [eqn]
    const copies: Eqn[] = []
    const inputs = eqn.inputs.map((atom) => (atom.kind === 'literal' ? copyOf(atom, copies) : atom))
    return [...copies, withParts(eqn, inputs)]
  })
}

/** Whether an equation computes nothing at all: its results have no elements. */
const isVoid = (eqn: Eqn): boolean => eqn.outputs.every(({ aval }) => sizeOf(aval.shape) === 0) && !isEffectful(eqn)

/** Without what computes nothing, and what only that reads. */
const withoutVoids = (jaxpr: Segment): Segment => {
  if (!jaxpr.eqns.some(isVoid)) return jaxpr
  const { eqns } = dce({ ...jaxpr, eqns: jaxpr.eqns.filter((eqn) => !isVoid(eqn)) }, 'all', true).jaxpr
  return { ...jaxpr, eqns }
}

/** A program ready to be scheduled. */
export const preparedSegment = (segment: Segment): Segment => {
  const { inputs, eqns, outputs } = withoutVoids({ ...segment, eqns: parted(withoutLiterals(segment.eqns)) })
  return { inputs, eqns: asMatrices(widened(eqns)), outputs }
}

/** An optimised program within another, with copies for results that are inputs, constants, or the same as others. */
export const prepared: (jaxpr: Jaxpr) => Segment = memo(
  () => '',
  ({ inputs, eqns, outputs }) => {
    const taken = new Set<Atom>(inputs)
    const copies: Eqn[] = []
    const own = outputs.map((atom) => {
      if (atom.kind === 'literal' || taken.has(atom)) return copyOf(atom, copies)
      taken.add(atom)
      return atom
    })
    return preparedSegment({ inputs, eqns: [...eqns, ...copies], outputs: own })
  }
)
