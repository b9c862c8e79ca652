import { wrap } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import { allocate, coerce, type DType, type TypedArray } from '../../src/core/dtype.js'
import { sizeOf, type Shape } from '../../src/core/shape.js'
import { Tracer } from '../../src/core/trace.js'

/** An array of the elements given, row by row. */
export const arrayOf = (dtype: DType, shape: Shape, elements: ArrayLike<number>, weak = false): NdArray => {
  const data = allocate(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = coerce(dtype, elements[i])
  return wrap({ shape, dtype, weak }, data)
}

/** An array whose elements are a function of their position, row by row. */
export const generate = (dtype: DType, shape: Shape, element: (i: number) => number): NdArray =>
  arrayOf(dtype, shape, Array.from({ length: sizeOf(shape) }, (_, i) => element(i)))

/** A float64 vector, or scalar. */
export const f64 = (elements: number | readonly number[]): NdArray =>
  typeof elements === 'number' ? arrayOf('float64', [], [elements]) : arrayOf('float64', [elements.length], elements)

/** A float32 vector, or scalar. */
export const f32 = (elements: number | readonly number[]): NdArray =>
  typeof elements === 'number' ? arrayOf('float32', [], [elements]) : arrayOf('float32', [elements.length], elements)

/** An int32 vector, or scalar. */
export const i32 = (elements: number | readonly number[]): NdArray =>
  typeof elements === 'number' ? arrayOf('int32', [], [elements]) : arrayOf('int32', [elements.length], elements)

/** A number from −1 to 1, of magnitude ¼ at least, that only depends on its index and seed. */
export const noise = (seed: number, index: number): number => {
  let h = (Math.imul(seed + 1, 0x27d4eb2f) ^ Math.imul(index + 1, 0x165667b1)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  h ^= h >>> 16
  const magnitude = 0.25 + 0.75 * ((h >>> 1) / 2 ** 31)
  return (h & 1) === 0 ? magnitude : -magnitude
}

/** Pseudo-random elements for a direction, or a cotangent, like the array given. */
export const noiseLike = (x: { readonly shape: Shape; readonly dtype: DType }, seed: number): NdArray =>
  generate(x.dtype, x.shape, (i) => noise(seed, i))

/** The elements at one position of an axis, which disappears. */
export const sliceAt = (x: NdArray, axis: number, position: number): NdArray => {
  const inner = sizeOf(x.shape.slice(axis + 1))
  const outer = sizeOf(x.shape.slice(0, axis))
  const data = x.toTypedArray()
  const size = x.shape[axis]
  const at = (k: number): number => (Math.floor(k / inner) * size + position) * inner + (k % inner)
  return arrayOf(x.dtype, x.shape.filter((_, i) => i !== axis), Array.from({ length: outer * inner }, (_, k) => data[at(k)]), x.weak)
}

/** Arrays of one shape side by side along a new axis. */
export const stackAt = (xs: readonly NdArray[], axis: number): NdArray => {
  const [x] = xs
  const inner = sizeOf(x.shape.slice(axis))
  const outer = sizeOf(x.shape.slice(0, axis))
  const datas = xs.map((each) => each.toTypedArray())
  const elements: number[] = []
  for (let o = 0; o < outer; o++) for (const data of datas) for (let i = 0; i < inner; i++) elements.push(data[o * inner + i])
  return arrayOf(x.dtype, [...x.shape.slice(0, axis), xs.length, ...x.shape.slice(axis)], elements, x.weak)
}

/** An array as a failure shows it. */
export const show = (x: NdArray): string => {
  if (x instanceof Tracer) return x.toString()
  const data: TypedArray = x.toTypedArray()
  const elements = [...data].map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(', ')
  return `${x.dtype}${x.weak ? '~' : ''}[${x.shape.join(',')}] ${x.ndim === 0 ? elements : `(${elements})`}`
}
