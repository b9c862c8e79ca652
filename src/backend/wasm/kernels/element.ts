import { byteSize, type DType } from '../../../core/dtype.js'
import { stridesOf, type Shape } from '../../../core/shape.js'
import { f32, f64, i32, type Code, type Statement } from '../code.js'
import { loadOne } from '../lanes.js'

/** A number as an element: an i32 for whatever is no float. */
export const constantElement = (dtype: DType, value: number): Code => {
  if (dtype === 'float32') return f32.const(value)
  return dtype === 'float64' ? f64.const(value) : i32.const(value)
}

/** The element at an address, or the literal that stands for it. */
export const elementAt = (dtype: DType, operand: Code<'i32'> | number, offset = 0): Code =>
  typeof operand === 'number' ? constantElement(dtype, operand) : loadOne(dtype, operand, offset)

/** Writes an element. */
export const storeElement = (dtype: DType, address: Code<'i32'>, value: Code, offset = 0): Statement => {
  if (dtype === 'float32') return f32.store(address, value as Code<'f32'>, offset) // the type of its dtype, here and below
  if (dtype === 'float64') return f64.store(address, value as Code<'f64'>, offset)
  return byteSize(dtype) === 1 ? i32.store8(address, value as Code<'i32'>, offset) : i32.store(address, value as Code<'i32'>, offset)
}

/** Bytes from one element to the next along every axis. */
export const byteStrides = (dtype: DType, shape: Shape): readonly number[] => stridesOf(shape).map((stride) => stride * byteSize(dtype))
