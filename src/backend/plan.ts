import type { NdArray } from '../core/array.js'
import type { Contraction } from '../control/jit.js'
import type { Atom, Jaxpr } from '../core/primitive.js'
import { literalArray } from '../ir/jaxpr.js'
import { memo } from '../ir/memo.js'
import { optimise } from './passes/index.js'
import type { Segment } from './schedule/prepare.js'

/** A program as it runs. */
export interface Plan {
  /** After all passes. */
  readonly jaxpr: Jaxpr
  /** What is compiled of it: all that it computes, each result once, from the inputs that it reads. */
  readonly segment: Segment
  /** Positions of the arguments that are not read. */
  readonly unread: readonly number[]
  /** The arguments that are read. */
  readonly reads: (args: readonly NdArray[]) => readonly NdArray[]
  /** The program's results, from its arguments and from what was computed. */
  readonly results: (args: readonly NdArray[], computed: readonly NdArray[]) => readonly NdArray[]
}

/** What becomes of a traced program. */
export const planned: (traced: Jaxpr, contraction?: Contraction) => Plan = memo(
  (contraction: Contraction = 'auto') => contraction,
  (traced, contraction = 'auto') => {
    const jaxpr = optimise(traced, { contraction })
    const { eqns } = jaxpr
    const read = new Set(eqns.flatMap((eqn) => eqn.inputs))
    const inputs = jaxpr.inputs.filter((v) => read.has(v))
    const places = new Map<Atom, number>(jaxpr.inputs.map((v, i) => [v, i]))
    const given = inputs.map((v) => places.get(v) as number) // it is an input
    const count = jaxpr.inputs.length
    const wanted = new Set(jaxpr.outputs)
    const outputs = eqns.flatMap((eqn) => eqn.outputs).filter((v) => wanted.has(v)) // in the order in which they are computed
    outputs.forEach((v, k) => places.set(v, count + k))
    const at = jaxpr.outputs.map((atom) => (atom.kind === 'literal' ? atom : places.get(atom) as number)) // every variable has a place
    const areComputed = at.length === outputs.length && at.every((place, k) => place === count + k)
    return {
      jaxpr,
      segment: { inputs, eqns, outputs },
      unread: jaxpr.inputs.flatMap((v, i) => (read.has(v) ? [] : [i])),
      reads: (args) => (given.length === count ? args : given.map((k) => args[k])),
      results: (args, computed) => (areComputed ? computed : at.map((place) => {
        if (typeof place !== 'number') return literalArray(place)
        return place < count ? args[place] : computed[place - count]
      }))
    }
  }
)

/** Positions of what is compiled whose memory results may take: donated arguments that are not results themselves. */
export const donatedTo = ({ jaxpr, segment }: Plan, donated: readonly number[]): readonly number[] => {
  const results = new Set<Atom>(jaxpr.outputs)
  const gifts = new Set(donated.map((at) => jaxpr.inputs[at]).filter((v) => !results.has(v)))
  return segment.inputs.flatMap((v, at) => (gifts.has(v) ? [at] : []))
}
