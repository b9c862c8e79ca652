import type { Jaxpr } from '../../../core/primitive.js'
import { simplify } from '../../../ir/passes.js'
import { algebra } from './algebra.js'

/** How often the passes are repeated at most, until nothing changes. */
const mostRounds = 4

/** The program after constants, common subexpressions, dead code and algebra have nothing more to do. */
export const settled = (jaxpr: Jaxpr): Jaxpr => {
  let current = simplify(jaxpr)
  for (let round = 0; round < mostRounds; round++) {
    const next = simplify(algebra(current))
    if (next === current) break
    current = next
  }
  return current
}
