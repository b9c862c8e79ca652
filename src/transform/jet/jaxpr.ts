import type { NdArray } from '../../core/array.js'
import type { Jaxpr, JetOf, Series, Tangent } from '../../core/primitive.js'
import { scatter } from '../mask.js'
import { orderOf } from './series.js'

/** The coefficients of series one after another, without the values. */
const coefficientsOf = (series: readonly Series[]): readonly Tangent[] => series.flatMap(([, ...rest]) => rest)

/** Which coefficients are not symbolic zeros: as many flags for each series as its order. */
export const nonzeroOf = (series: readonly Series[]): readonly boolean[] => coefficientsOf(series).map((c) => c !== null)

/** Values, then the coefficients that are not zero: what a `JetJaxpr` takes. */
export const pack = (series: readonly Series[]): readonly NdArray[] =>
  [...series.map(([value]) => value), ...coefficientsOf(series).filter((c) => c !== null)]

/** What `pack` packed, given which coefficients are not zero. */
export const unpack = (arrays: readonly NdArray[], count: number, order: number, nonzero: readonly boolean[]): readonly Series[] => {
  const coefficients = scatter(arrays.slice(count), nonzero)
  return arrays.slice(0, count).map((value, i): Series => [value, ...coefficients.slice(i * order, (i + 1) * order)])
}

/** Series through a jaxpr, which `apply` binds once it takes and returns coefficients too. */
export const jetCall = (
  jaxpr: Jaxpr, operands: readonly Series[], jetJaxpr: JetOf, apply: (jaxpr: Jaxpr, args: readonly NdArray[]) => readonly NdArray[]
): readonly Series[] => {
  const order = orderOf(operands[0])
  const count = jaxpr.outputs.length
  const { jaxpr: whole, varies } = jetJaxpr(jaxpr, order, nonzeroOf(operands), new Array<boolean>(count * order).fill(false))
  return unpack(apply(whole, pack(operands)), count, order, varies)
}
