import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { Unknown, type Jaxpr } from '../../core/primitive.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { stageClosed } from '../../ir/stage.js'
import { instantiate, sumOf } from '../../lax/broadcast.js'
import { backward } from '../../transform/backward.js'
import { scatter, select } from '../../transform/mask.js'
import { split } from '../../ir/split.js'
import { joined, partsOf, type Parts, type ScanParams } from '../loop.js'
import { fixedPoint, none } from '../wiring.js'

/**
 * The body of a scan's transpose. The linear constants and the carry are unknown, and so is the carry of the
 * transpose: the sums of the constants' cotangents so far, and the cotangent of the carry. Slices of the unknown
 * inputs become slices of outputs.
 */
export const transposeScan: (
  jaxpr: Jaxpr,
  constants: number,
  carries: number,
  known: readonly boolean[],
  cotangents: readonly boolean[]
) => Jaxpr = memo(
  (constants, carries, known, cotangents) => `${constants} ${carries} ${maskKey(known)} ${maskKey(cotangents)}`,
  (jaxpr, constants, carries, mask, cotangents) => {
    const shape = { constants, carries }
    const inputs = partsOf(jaxpr.inputs, shape)
    const known = partsOf(mask, shape)
    const isUnknown = (flags: readonly boolean[]): readonly boolean[] => flags.map((flag) => !flag)
    const sums = avalsOf(select(inputs.constants, isUnknown(known.constants)))
    const sliceTypes = avalsOf(select(inputs.slices, isUnknown(known.slices)))
    const outs = jaxpr.outputs.slice(carries)
    const avals: Parts<Aval> = {
      constants: avalsOf(select(inputs.constants, known.constants)),
      carry: [...sums, ...avalsOf(inputs.carry)],
      slices: [...avalsOf(select(inputs.slices, known.slices)), ...avalsOf(select(outs, cotangents))]
    }
    type Typed = readonly { readonly aval: Aval }[]
    const fill = (values: readonly NdArray[], flags: readonly boolean[], types: Typed): readonly (NdArray | Unknown)[] =>
      scatter(values, flags).map((x, i) => x ?? new Unknown(types[i].aval))
    return stageClosed((args) => {
      const given = partsOf(args, { constants: avals.constants.length, carries: avals.carry.length })
      const knownSlices = known.slices.filter(Boolean).length
      const operands = joined({
        constants: fill(given.constants, known.constants, inputs.constants),
        carry: inputs.carry.map((v) => new Unknown(v.aval)),
        slices: fill(given.slices.slice(0, knownSlices), known.slices, inputs.slices)
      })
      const cts = backward(jaxpr, operands, [...given.carry.slice(sums.length), ...scatter(given.slices.slice(knownSlices), cotangents)])
      const parts = partsOf(cts, shape)
      const added = select(parts.constants, isUnknown(known.constants)).map((ct, i) => sumOf(given.carry[i], ct) ?? given.carry[i])
      return [
        ...added,
        ...parts.carry.map((ct, i) => instantiate(ct, inputs.carry[i])),
        ...select(parts.slices, isUnknown(known.slices)).map((ct, i) => instantiate(ct, { aval: sliceTypes[i] }))
      ]
    }, joined(avals))
  }
)

/** Which of the carry depends on unknown operands, at the start or after some steps. */
export const linearCarry = ({ jaxpr, constants, carries }: ScanParams, unknown: readonly boolean[]): readonly boolean[] => {
  const parts = partsOf(unknown, { constants, carries })
  const outputs = none(jaxpr.outputs)
  return fixedPoint(parts.carry, (carry) => split(jaxpr, joined({ ...parts, carry }), outputs).unknownOutputs.slice(0, carries))
}
