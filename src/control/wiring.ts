import type { Aval } from '../core/aval.js'
import type { Atom, Jaxpr, Var } from '../core/primitive.js'
import { variable } from '../ir/jaxpr.js'

/** All false, one flag for each item. */
export const none = (list: readonly unknown[]): readonly boolean[] => list.map(() => false)

/** Both masks together. */
export const either = (a: readonly boolean[], b: readonly boolean[]): readonly boolean[] => a.map((flag, i) => flag || b[i])

export const equalMasks = (a: readonly boolean[], b: readonly boolean[]): boolean => a.every((flag, i) => flag === b[i])

/** Grows a mask until it grows no more. */
export const fixedPoint = (start: readonly boolean[], grow: (mask: readonly boolean[]) => readonly boolean[]): readonly boolean[] => {
  for (let mask = start; ; ) {
    const next = either(mask, grow(mask))
    if (equalMasks(mask, next)) return mask
    mask = next
  }
}

/** Inputs that a jaxpr takes but does not read. */
export const unread = (avals: readonly Aval[]): readonly Var[] => avals.map(variable)

/** The jaxpr with its inputs and outputs in another order, or with more or fewer of them: no equation changes. */
export const rewired = ({ eqns, outputs: same }: Jaxpr, inputs: readonly Var[], outputs: readonly Atom[] = same): Jaxpr =>
  ({ inputs, eqns, outputs })
