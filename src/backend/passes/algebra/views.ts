import { coerce, isFloat } from '../../../core/dtype.js'
import type { Atom, Eqn } from '../../../core/primitive.js'
import { equalShapes, sizeOf, type Shape } from '../../../core/shape.js'
import { nameP } from '../../../control/checkpoint/name.js'
import { broadcastInDimP, type BroadcastParams } from '../../../lax/broadcast.js'
import { convertElementTypeP } from '../../../lax/elementwise/convert.js'
import { reshapeP, squeezeP } from '../../../lax/movement/reshape.js'
import { stopGradientP } from '../../../lax/stop.js'
import { transposeP, type TransposeParams } from '../../../lax/movement/transpose.js'
import { numberOf, type Rule, type Rules } from './rule.js'

/*
 * The same elements, looked at differently: chains become one step, and steps that change nothing disappear.
 */

const long = (shape: Shape): readonly number[] => shape.flatMap((size, axis) => (size === 1 ? [] : [axis]))

/** An array of one number, in whatever shape. */
const uniform: Rule = ({ inputs: [x], outputs: [out] }, program, b) => {
  const value = numberOf(x, program)
  return value === undefined || x.kind === 'literal' ? undefined : b.fill(value, out.aval.shape, out.aval.dtype)
}

const permutationOf = (eqn: Eqn): readonly number[] => (eqn.params as TransposeParams).permutation

const transposed: Rule = (eqn, program, b) => {
  const [x] = eqn.inputs
  const permutation = permutationOf(eqn)
  const inner = program.definition(x)
  if (inner?.primitive === transposeP) {
    const own = permutationOf(inner)
    return b.transpose(inner.inputs[0], permutation.map((axis) => own[axis]))
  }
  // Axes of size 1 may stand anywhere.
  const moved = permutation.filter((axis) => x.aval.shape[axis] !== 1)
  return moved.every((axis, i) => i === 0 || moved[i - 1] < axis) ? b.reshape(x, eqn.outputs[0].aval.shape) : undefined
}

const isReshape = (eqn: Eqn | undefined): eqn is Eqn => eqn?.primitive === reshapeP || eqn?.primitive === squeezeP

const reshaped: Rule = ({ inputs: [x], outputs: [out], primitive }, program, b) => {
  const inner = program.definition(x)
  if (isReshape(inner)) return b.reshape(inner.inputs[0], out.aval.shape)
  return primitive === squeezeP || equalShapes(x.aval.shape, out.aval.shape) ? b.reshape(x, out.aval.shape) : undefined
}

/** A copy along axes that the operand of the operand does not have either. */
const broadcasted: Rule = (eqn, program, b) => {
  const [[x], [out]] = [eqn.inputs, eqn.outputs]
  const { shape, broadcastDimensions } = eqn.params as BroadcastParams // the equation is one of this primitive
  const inner = program.definition(x)
  if (inner?.primitive === broadcastInDimP) {
    const own = (inner.params as BroadcastParams).broadcastDimensions
    return b.spread(inner.inputs[0], shape, own.map((axis) => broadcastDimensions[axis]))
  }
  if (sizeOf(x.aval.shape) === sizeOf(shape) && x.kind === 'var') return b.reshape(x, out.aval.shape)
  if (!isReshape(inner)) return undefined
  // The reshape only put in axes of size 1, or took them out.
  const [source] = inner.inputs
  const [from, to] = [long(source.aval.shape), long(x.aval.shape)]
  const alike = from.length === source.aval.shape.length && from.length === to.length &&
    from.every((axis, i) => source.aval.shape[axis] === x.aval.shape[to[i]])
  return alike ? b.spread(source, shape, to.map((axis) => broadcastDimensions[axis])) : undefined
}

/** Whether every number of the type of one atom is one of the type of the other. */
const holds = (wide: Atom, narrow: Atom): boolean => {
  const [w, n] = [wide.aval.dtype, narrow.aval.dtype]
  return w === n || (w === 'float64' && n !== 'float64') || (w === 'float32' && (n === 'bool' || n === 'int8' || n === 'uint8'))
}

const converted: Rule = (eqn, program, b) => {
  const [[x], [out]] = [eqn.inputs, eqn.outputs]
  const inner = program.definition(x)
  if (inner?.primitive === convertElementTypeP && holds(x, inner.inputs[0])) {
    const [source] = inner.inputs
    const direct = source.aval.dtype === out.aval.dtype || (isFloat(x.aval.dtype) && isFloat(out.aval.dtype))
    if (direct) return b.convert(source, out.aval.dtype, out.aval.weak)
  }
  const value = x.kind === 'literal' || !isFloat(out.aval.dtype) ? undefined : numberOf(x, program)
  return value === undefined ? undefined : b.fill(coerce(out.aval.dtype, value), out.aval.shape, out.aval.dtype)
}

const same: Rule = ({ inputs: [x] }) => x

export const views: Rules = [
  [transposeP.name, uniform], [transposeP.name, transposed],
  [reshapeP.name, uniform], [reshapeP.name, reshaped],
  [squeezeP.name, uniform], [squeezeP.name, reshaped],
  [broadcastInDimP.name, broadcasted],
  [convertElementTypeP.name, converted],
  [stopGradientP.name, same], [nameP.name, same]
]
