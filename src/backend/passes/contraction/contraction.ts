import type { Jaxpr } from '../../../core/primitive.js'
import { settled } from '../algebra/settled.js'
import { hoistSums } from './accumulators.js'
import { estimate } from './estimate.js'
import { distribute } from './masks.js'
import { isLarge, type Model } from './model.js'
import { distributePieces } from './pieces.js'
import { plan } from './plan.js'

/** Planning makes copies of smaller values, which the next round sees. */
const mostRounds = 3

/** After a round that gains less than this part the next one would find nothing. */
const leastGain = 0.01

/** Opens products all over the program; the same object if nothing is gained. */
export const contract = (jaxpr: Jaxpr, model: Model, loose: boolean): Jaxpr => {
  if (!jaxpr.eqns.some(({ outputs }) => outputs.some((v) => isLarge(v, model)))) return jaxpr
  let current = jaxpr
  for (let round = 0; round < mostRounds; round++) {
    const prepared = settled(distributePieces(distribute(hoistSums(current, model), model), model))
    const next = settled(plan(prepared, { model, loose }))
    if (next === current) break
    const [before, after] = [estimate(current, model), estimate(next, model)]
    if (after < before) current = next
    if (after > (1 - leastGain) * before) break
  }
  return current
}
