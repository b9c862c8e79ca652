import type { Eqn } from '../../core/primitive.js'
import { sliceP, type SliceParams } from '../../lax/movement/slice.js'
import { splitP, type SplitParams } from '../../lax/movement/split.js'

/** Whether an equation takes an array apart. */
export const isSplit = ({ primitive }: Eqn): boolean => primitive === splitP

/** Equations with arrays that are taken apart as slices: each part goes into the loops of its readers. */
export const parted = (eqns: readonly Eqn[]): readonly Eqn[] => {
  if (!eqns.some(isSplit)) return eqns
  return eqns.flatMap((eqn) => {
    if (!isSplit(eqn)) return [eqn]
    const { inputs: [x], outputs } = eqn
    const { axis, sizes } = eqn.params as SplitParams // of split
    const none = x.aval.shape.map(() => 0)
    let end = 0
    return outputs.map((part, k): Eqn => {
      const start = end
      end += sizes[k]
      const params: SliceParams = { startIndices: none.with(axis, start), limitIndices: x.aval.shape.with(axis, end), strides: null }
      return { ...eqn, primitive: sliceP, params, outputs: [part] }
    })
  })
}
