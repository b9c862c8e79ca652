import { isFloat, isUnsigned, type DType } from '../../../core/dtype.js'
import { range, without } from '../../../core/shape.js'
import type { DotParams } from '../../../lax/dot.js'
import { f32, f64, i32, sequence, type Code, type Local, type Statement } from '../code.js'
import { byteStrides, elementAt, storeElement } from './element.js'
import { walk } from './walk.js'
import type { Writer } from './writer.js'

/** A float64 number from an element. */
const wide = (dtype: DType, element: Code): Code<'f64'> => {
  if (dtype === 'float64') return element as Code<'f64'> // the type of its dtype, here and below
  if (dtype === 'float32') return f64.promote(element as Code<'f32'>)
  return (isUnsigned(dtype) || dtype === 'bool' ? f64.convertI32U : f64.convertI32S)(element as Code<'i32'>)
}

/** A sum of products on its way: of floats in float64, of booleans whether any is true. */
const summing = (out: DType, dtype: DType, local: (type: 'i32' | 'f64') => Local) => {
  const sum = local(isFloat(out) ? 'f64' : 'i32')
  if (isFloat(out)) {
    const total = sum as Local<'f64'> // as it was made
    return {
      start: total.set(f64.const(0)),
      take: (a: Code, b: Code): Statement => total.set(f64.add(total.get, f64.mul(wide(dtype, a), wide(dtype, b)))),
      value: out === 'float32' ? f32.demote(total.get) : total.get
    }
  }
  const total = sum as Local<'i32'> // as it was made
  const [add, mul] = out === 'bool' ? [i32.or, i32.and] : [i32.add, i32.mul]
  return {
    start: total.set(i32.const(0)),
    take: (a: Code, b: Code): Statement => total.set(add(total.get, mul(a as Code<'i32'>, b as Code<'i32'>))), // integers
    value: total.get
  }
}

/** Products whose axes do not make matrices, and those of integers and booleans: element by element. */
const dotGeneral: Writer = {
  write({ scope, params, operands, avals, results: [to], outs: [out] }) {
    const { dimensionNumbers: { contracting, batch } } = params as DotParams // of dot_general
    const { dtype } = avals[0]
    const strides = avals.map((aval) => byteStrides(aval.dtype, aval.shape))
    const free = avals.map(({ shape }, side) => without(range(shape.length), [...contracting[side], ...batch[side]]))
    const along = (side: number, axes: readonly number[]): readonly number[] => axes.map((axis) => strides[side][axis])
    const none = free.map((axes) => axes.map(() => 0))
    const [lhs, rhs, at] = Array.from({ length: 3 }, () => scope.local('i32'))
    const start = (pointer: Local<'i32'>, operand: Code<'i32'> | number): Statement =>
      pointer.set(typeof operand === 'number' ? i32.const(0) : operand)
    const element = (pointer: Local<'i32'>, side: number): Code => {
      const operand = operands[side]
      return elementAt(dtype, typeof operand === 'number' ? operand : pointer.get)
    }
    const sum = summing(out.dtype, dtype, (type) => scope.local(type))
    const depth = contracting[0].map((axis) => avals[0].shape[axis])
    const inner = walk(
      scope, depth, [{ at: lhs, strides: along(0, contracting[0]) }, { at: rhs, strides: along(1, contracting[1]) }],
      sum.take(element(lhs, 0), element(rhs, 1))
    )
    const walkers = [
      { at: lhs, strides: [...along(0, batch[0]), ...along(0, free[0]), ...none[1]] },
      { at: rhs, strides: [...along(1, batch[1]), ...none[0], ...along(1, free[1])] },
      { at, strides: byteStrides(out.dtype, out.shape) }
    ]
    return sequence(
      start(lhs, operands[0]), start(rhs, operands[1]), at.set(to),
      walk(scope, out.shape, walkers, sequence(sum.start, inner, storeElement(out.dtype, at.get, sum.value)))
    )
  }
}

export const products = { dot_general: dotGeneral } as const
