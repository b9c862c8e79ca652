import { byteSize, type DType } from '../../core/dtype.js'
import { f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i64x2, i8x16, select, v128, type Code, type Statement } from './code.js'

/*
 * All values are computed in vectors, at the ends of loops and one by one too: the bits of a result do not depend on its place. There are
 * four lanes where nothing is wider than 32 bits, else two. Integers are held in 32 bits; booleans are masks as wide as the lanes;
 * in two lanes, what is narrower lies in the lower half of the vector.
 */

/** How many elements a vector holds. */
export type Lanes = 2 | 4

/** One element from memory. */
export const loadOne = (dtype: DType, address: Code<'i32'>, offset: number): Code => {
  switch (dtype) {
    case 'float32': return f32.load(address, offset)
    case 'float64': return f64.load(address, offset)
    case 'int8': return i32.load8S(address, offset)
    case 'bool':
    case 'uint8': return i32.load8U(address, offset)
    default: return i32.load(address, offset)
  }
}

/** The same element in every lane. */
export const splat = (dtype: DType, value: Code): Code<'v128'> => {
  if (dtype === 'float32') return f32x4.splat(value as Code<'f32'>) // the type of its dtype, here and below
  if (dtype === 'float64') return f64x2.splat(value as Code<'f64'>)
  return i32x4.splat(dtype === 'bool' ? i32.sub(i32.const(0), value as Code<'i32'>) : value as Code<'i32'>)
}

/** A number in every lane. */
export const constantLanes = (dtype: DType, value: number): Code<'v128'> => {
  if (dtype === 'float32') return v128.const(Float32Array.of(value, value, value, value))
  if (dtype === 'float64') return v128.const(Float64Array.of(value, value))
  const n = dtype === 'bool' ? -value : value | 0
  return v128.const(Int32Array.of(n, n, n, n))
}

/** A number in the first lane, and others a step apart. */
export const ramp = (dtype: DType, first: Code<'i32'>, step: number): Code<'v128'> => {
  const numbers = i32x4.add(i32x4.splat(first), v128.const(Int32Array.of(0, step, 2 * step, 3 * step)))
  if (dtype === 'float32') return f32x4.convertI32S(numbers)
  return dtype === 'float64' ? f64x2.convertLowI32S(numbers) : numbers
}

/** 32-bit masks of the low two lanes as 64-bit masks. */
export const widenMask = (mask: Code<'v128'>): Code<'v128'> => i64x2.extendLowS(mask)

/** 64-bit masks as 32-bit masks in the low two lanes. */
export const narrowMask = (mask: Code<'v128'>): Code<'v128'> =>
  v128.shuffle(mask, mask, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])

/** One element of memory in every lane. */
export const loadSplat = (dtype: DType, address: Code<'i32'>): Code<'v128'> => {
  switch (dtype) {
    case 'float64': return v128.load64Splat(address)
    case 'float32':
    case 'int32':
    case 'uint32': return v128.load32Splat(address)
    default: return splat(dtype, loadOne(dtype, address, 0))
  }
}

/** Consecutive elements of memory, as many as there are lanes. */
export const loadLanes = (dtype: DType, address: Code<'i32'>, lanes: Lanes, offset = 0): Code<'v128'> => {
  switch (dtype) {
    case 'float64': return v128.load(address, offset)
    case 'float32':
    case 'int32':
    case 'uint32': return lanes === 4 ? v128.load(address, offset) : v128.load64Zero(address, offset)
    default: {
      const bytes = lanes === 4 ? v128.load32Zero(address, offset) : i32x4.splat(i32.load16U(address, offset))
      const words = dtype === 'int8' ? i32x4.extendLowS(i16x8.extendLowS(bytes)) : i32x4.extendLowU(i16x8.extendLowU(bytes))
      if (dtype !== 'bool') return words
      return lanes === 4 ? i32x4.neg(words) : widenMask(i32x4.neg(words))
    }
  }
}

/** Elements of memory `step` bytes apart in the first `count` lanes. */
export const gatherLanes = (dtype: DType, address: Code<'i32'>, lanes: Lanes, count: number, step: number): Code<'v128'> => {
  let vector = splat(dtype, loadOne(dtype, address, 0))
  for (let lane = 1; lane < count; lane++) {
    // offsets are not negative: where steps are, the address moves
    const from = step < 0 ? i32.add(address, i32.const(lane * step)) : address
    vector = replaceLane(dtype, vector, lane, loadOne(dtype, from, step < 0 ? 0 : lane * step), lanes)
  }
  return vector
}

const replaceLane = (dtype: DType, vector: Code<'v128'>, lane: number, value: Code, lanes: Lanes): Code<'v128'> => {
  if (dtype === 'float32') return f32x4.replace(vector, lane, value as Code<'f32'>) // the type of its dtype, here and below
  if (dtype === 'float64') return f64x2.replace(vector, lane, value as Code<'f64'>)
  if (dtype !== 'bool') return i32x4.replace(vector, lane, value as Code<'i32'>)
  return lanes === 4
    ? i32x4.replace(vector, lane, i32.sub(i32.const(0), value as Code<'i32'>))
    : i64x2.replace(vector, lane, select(value as Code<'i32'>, i64.const(-1n), i64.const(0n)))
}

/** The lanes into consecutive elements of memory. */
export const storeLanes = (dtype: DType, address: Code<'i32'>, value: Code<'v128'>, lanes: Lanes, offset = 0): Statement => {
  switch (dtype) {
    case 'float64': return v128.store(address, value, offset)
    case 'float32':
    case 'int32':
    case 'uint32': return lanes === 4 ? v128.store(address, value, offset) : v128.store64Lane(address, value, 0, offset)
    default: {
      const whole = dtype === 'bool' && lanes === 2 ? narrowMask(value) : value
      const words = v128.and(whole, constantLanes('int32', dtype === 'bool' ? 1 : 255))
      const halves = i16x8.narrowU(words, words)
      const bytes = i8x16.narrowU(halves, halves)
      return lanes === 4 ? v128.store32Lane(address, bytes, 0, offset) : v128.store16Lane(address, bytes, 0, offset)
    }
  }
}

/** The first `count` lanes into elements of memory `step` bytes apart; `value` is read several times. */
export const scatterLanes = (
  dtype: DType, address: Code<'i32'>, value: Code<'v128'>, lanes: Lanes, count: number, step: number
): readonly Statement[] => Array.from({ length: count }, (_, lane) => {
  const at = step < 0 ? i32.add(address, i32.const(lane * step)) : address
  return storeOne(dtype, at, value, lane, lanes, step < 0 ? 0 : lane * step)
})

const storeOne = (dtype: DType, address: Code<'i32'>, value: Code<'v128'>, lane: number, lanes: Lanes, offset: number): Statement => {
  if (dtype === 'float64') return v128.store64Lane(address, value, lane, offset)
  if (byteSize(dtype) === 4) return v128.store32Lane(address, value, lane, offset)
  const at = dtype === 'bool' && lanes === 2 ? 2 * lane : lane
  return i32.store8(address, dtype === 'bool' ? i32.and(i32x4.extract(value, at), i32.const(1)) : i32x4.extract(value, at), offset)
}

/** The lanes turned by so many: what combines a vector with itself. */
export const turned = (dtype: DType, lanes: Lanes, by: number): readonly number[] => {
  const bytes = 4 * (lanes === 2 && byteSize(dtype) <= 4 && dtype !== 'bool' ? 1 : 4 / lanes)
  const used = bytes * lanes
  return Array.from({ length: 16 }, (_, i) => (i < used ? (i + by * bytes) % used : i))
}
