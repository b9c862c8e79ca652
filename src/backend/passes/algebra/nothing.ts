import { coerce, maxValue, minValue, type DType } from '../../../core/dtype.js'
import type { AnyPrimitive } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { reduceSumP } from '../../../lax/broadcast.js'
import { concatenateP, type ConcatenateParams } from '../../../lax/concatenate.js'
import { convGeneralDilatedP } from '../../../lax/conv.js'
import { dotGeneralP } from '../../../lax/dot.js'
import { dynamicUpdateSliceP } from '../../../lax/dynamic.js'
import { scatterAddP } from '../../../lax/gather.js'
import { reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP, reduceXorP } from '../../../lax/reduce.js'
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP } from '../../../lax/reducewindow.js'
import { scatterMaxP, scatterMinP, scatterMulP, scatterP } from '../../../lax/scatter.js'
import { padP } from '../../../lax/slice.js'
import type { Rule, Rules } from './rule.js'

/*
 * What is made of arrays without elements: numbers that are known, and operands as they are.
 */

const isEmpty = ({ aval }: { readonly aval: { readonly shape: readonly number[] } }): boolean => sizeOf(aval.shape) === 0

/** The number that every element is where there is nothing to reduce, or to multiply. */
const filled = (identity: (dtype: DType) => number): Rule => ({ inputs, outputs: [out] }, _, b) => {
  if (!inputs.some(isEmpty) || isEmpty(out)) return undefined
  const { shape, dtype } = out.aval
  return b.fill(coerce(dtype, identity(dtype)), shape, dtype)
}

const zero = filled(() => 0)

/** A convolution without weights; those there are meet the padding of an image that is empty. */
const unweighted: Rule = (eqn, program, b) => (isEmpty(eqn.inputs[1]) ? zero(eqn, program, b) : undefined)

/** The operand, where there is nothing to write into it. */
const untouched = (updates: number): Rule => ({ inputs }) => (isEmpty(inputs[updates]) && !isEmpty(inputs[0]) ? inputs[0] : undefined)

const padding: Rule = ({ inputs: [x, value], outputs: [out] }, _, b) =>
  (isEmpty(x) && !isEmpty(out) ? b.spread(value, out.aval.shape, []) : undefined)

const joined: Rule = ({ inputs, params }, _, b) => {
  const some = inputs.filter((x) => !isEmpty(x))
  if (some.length === inputs.length || some.length === 0) return undefined
  return some.length === 1 ? some[0] : b.apply(concatenateP, some, params as ConcatenateParams) // the equation is one
}

const identities: readonly (readonly [AnyPrimitive, Rule])[] = [
  [reduceSumP, zero], [reduceOrP, zero], [reduceXorP, zero], [dotGeneralP, zero], [convGeneralDilatedP, unweighted],
  [reduceWindowSumP, zero], [reduceProdP, filled(() => 1)], [reduceAndP, filled((dtype) => (dtype === 'bool' ? 1 : -1))],
  [reduceMaxP, filled(minValue)], [reduceWindowMaxP, filled(minValue)],
  [reduceMinP, filled(maxValue)], [reduceWindowMinP, filled(maxValue)]
]

export const nothing: Rules = [
  ...identities, [padP, padding], [concatenateP, joined], [dynamicUpdateSliceP, untouched(1)],
  [scatterP, untouched(2)], [scatterAddP, untouched(2)], [scatterMulP, untouched(2)],
  [scatterMinP, untouched(2)], [scatterMaxP, untouched(2)]
]
