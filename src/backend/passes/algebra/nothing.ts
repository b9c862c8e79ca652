import { coerce, maxValue, minValue, type DType } from '../../../core/dtype.js'
import { sizeOf } from '../../../core/shape.js'
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

const joined: Rule = ({ primitive, inputs, params }, _, b) => {
  const some = inputs.filter((x) => !isEmpty(x))
  if (some.length === inputs.length || some.length === 0) return undefined
  return some.length === 1 ? some[0] : b.apply(primitive, some, params)
}

/** By name, so that bundles do not hold what nobody uses. */
export const nothing: Rules = [
  ['reduce_sum', zero], ['reduce_or', zero], ['reduce_xor', zero], ['dot_general', zero], ['conv_general_dilated', unweighted],
  ['reduce_window_sum', zero], ['reduce_prod', filled(() => 1)], ['reduce_and', filled((dtype) => (dtype === 'bool' ? 1 : -1))],
  ['reduce_max', filled(minValue)], ['reduce_window_max', filled(minValue)],
  ['reduce_min', filled(maxValue)], ['reduce_window_min', filled(maxValue)],
  ['pad', padding], ['concatenate', joined], ['dynamic_update_slice', untouched(1)],
  ['scatter', untouched(2)], ['scatter_add', untouched(2)], ['scatter_mul', untouched(2)],
  ['scatter_min', untouched(2)], ['scatter_max', untouched(2)]
]
