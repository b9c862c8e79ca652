import type { NdArray } from '../../core/array.js'
import type { Jaxpr, Series, Tangent } from '../../core/primitive.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { stageClosed } from '../../ir/stage.js'
import { instantiate } from '../../lax/broadcast.js'
import { scatter } from '../mask.js'
import { jetArrays } from './trace.js'
import { orderOf } from './series.js'

/** A jaxpr from values, then the coefficients that are not zero, variable by variable, to the same of its outputs. */
export interface JetJaxpr {
  readonly jaxpr: Jaxpr
  /** Which coefficients the outputs have: `order` flags for each. */
  readonly varies: readonly boolean[]
}

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

/**
 * Taylor mode on a jaxpr. Both masks have `order` flags for each variable; coefficients of outputs that are marked in
 * `forced` are arrays even if they are zero.
 */
export const jetJaxpr: (jaxpr: Jaxpr, order: number, nonzero: readonly boolean[], forced: readonly boolean[]) => JetJaxpr = memo(
  (order, nonzero, forced) => `${order} ${maskKey(nonzero)} ${maskKey(forced)}`,
  (jaxpr, order, nonzero, forced) => {
    const avals = avalsOf(jaxpr.inputs)
    let varies: readonly boolean[] = []
    const result = stageClosed((args) => {
      const outs = jetArrays((xs) => evaluate(jaxpr, xs), unpack(args, avals.length, order, nonzero), order)
      const whole = outs.map(([value, ...rest], i): Series =>
        [value, ...rest.map((c, j) => (forced[i * order + j] ? instantiate(c, value) : c))])
      varies = nonzeroOf(whole)
      return pack(whole)
    }, [...avals, ...avals.flatMap((aval, i) => nonzero.slice(i * order, (i + 1) * order).flatMap((flag) => (flag ? [aval] : [])))])
    return { jaxpr: result, varies }
  }
)

/** Series through a jaxpr, which `apply` binds once it takes and returns coefficients too. */
export const jetCall = (
  jaxpr: Jaxpr, operands: readonly Series[], apply: (jaxpr: Jaxpr, args: readonly NdArray[]) => readonly NdArray[]
): readonly Series[] => {
  const order = orderOf(operands[0])
  const count = jaxpr.outputs.length
  const { jaxpr: whole, varies } = jetJaxpr(jaxpr, order, nonzeroOf(operands), new Array<boolean>(count * order).fill(false))
  return unpack(apply(whole, pack(operands)), count, order, varies)
}
