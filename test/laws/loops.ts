import type { NdArray } from '../../src/core/array.js'
import type { CondParams } from '../../src/control/cond.js'
import { partsOf, type ScanParams } from '../../src/control/loop.js'
import type { WhileParams } from '../../src/control/loops/while.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { full } from '../../src/lax/broadcast.js'
import { concatenate } from '../../src/lax/movement/concatenate.js'
import { expandDims } from '../../src/lax/movement/reshape.js'
import { indexInDim } from '../../src/lax/movement/slice.js'

/*
 * What the primitives that hold jaxprs mean, in plain JavaScript: `if` and `for`, with `evaluate` for the bodies. These
 * functions differentiate eagerly like any others, and know nothing of the rules that they are compared with.
 */

/** What a primitive means. */
export type Plain<P> = (operands: readonly NdArray[], params: P) => readonly NdArray[]

export const plainCond: Plain<CondParams> = ([index, ...operands], { branches }) =>
  evaluate(branches[Math.min(Math.max(index.item(), 0), branches.length - 1)], operands)

export const plainScan: Plain<ScanParams> = (operands, params) => {
  const { jaxpr, length, reverse, carries } = params
  const parts = partsOf(operands, params)
  let carry: readonly NdArray[] = parts.carry
  const ys: (readonly NdArray[])[] = []
  for (let k = 0; k < length; k++) {
    const i = reverse ? length - 1 - k : k
    const outs = evaluate(jaxpr, [...parts.constants, ...carry, ...parts.slices.map((x) => indexInDim(x, i, 0, false))])
    carry = outs.slice(0, carries)
    ys[i] = outs.slice(carries)
  }
  const stacked = jaxpr.outputs.slice(carries).map(({ aval }, k) =>
    (length === 0 ? full([0, ...aval.shape], 0, aval.dtype) : concatenate(ys.map((outs) => expandDims(outs[k], [0])), 0)))
  return [...carry, ...stacked]
}

export const plainWhile: Plain<WhileParams> = (operands, { test, body, testConstants, bodyConstants }) => {
  const forTest = operands.slice(0, testConstants)
  const forBody = operands.slice(testConstants, testConstants + bodyConstants)
  let carry: readonly NdArray[] = operands.slice(testConstants + bodyConstants)
  while (evaluate(test, [...forTest, ...carry])[0].item() !== 0) carry = evaluate(body, [...forBody, ...carry])
  return carry
}
