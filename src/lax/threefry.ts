import { readView } from '../array/loops.js'
import { dataOf, wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { aval } from '../core/aval.js'
import type { TypedArray } from '../core/dtype.js'
import { DTypeError } from '../core/errors.js'
import type { Primitive } from '../core/primitive.js'
import { broadcastShapes, sizeOf, stridesOf, type Shape } from '../core/shape.js'
import { bind } from '../core/trace.js'
import { reshape } from './movement/reshape.js'

/** The elements of an operand, one for each position of the result. */
const spread = (x: NdArray, shape: Shape, size: number): TypedArray => {
  const data = dataOf(x)
  if (data.length === size) return data
  const strides = new Array<number>(shape.length).fill(0)
  stridesOf(x.shape).forEach((stride, i) => {
    if (x.shape[i] !== 1) strides[shape.length - x.ndim + i] = stride
  })
  return readView(data, { shape, strides, offset: 0 }, new Uint32Array(size))
}

/**
 * Twenty rounds on each pair of counters (x, y), a word of the key added after every four. A step of the walk through
 * the keys is 0 if one key serves all. All arithmetic is modulo 2³².
 */
const encrypt = (operands: readonly TypedArray[], left: Uint32Array, right: Uint32Array): void => {
  const [first, second, highs, lows] = operands
  const [firstStep, secondStep, highStep, lowStep] = operands.map((data) => (data.length === 1 ? 0 : 1))
  for (let i = 0; i < left.length; i++) {
    const a = first[i * firstStep] | 0
    const b = second[i * secondStep] | 0
    const c = a ^ b ^ 0x1bd11bda
    let x = (highs[i * highStep] + a) | 0
    let y = (lows[i * lowStep] + b) | 0

    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + b) | 0; y = (y + c + 1) | 0

    x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + c) | 0; y = (y + a + 2) | 0

    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + a) | 0; y = (y + b + 3) | 0

    x = (x + y) | 0; y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0; y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0; y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0; y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + b) | 0; y = (y + c + 4) | 0

    x = (x + y) | 0; y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0; y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0; y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0; y = ((y << 6) | (y >>> 26)) ^ x
    left[i] = x + c
    right[i] = y + a + 5
  }
}

/** Threefry-2x32 of 20 rounds: a key of two words and counters of two words to two random words. Operands broadcast. */
export const threefry2x32P: Primitive<'threefry2x32'> = {
  name: 'threefry2x32',
  abstract(avals) {
    for (const { dtype } of avals) if (dtype !== 'uint32') throw new DTypeError('threefry2x32', 'four arrays of uint32', avals)
    const out = aval(broadcastShapes('threefry2x32', avals.map(({ shape }) => shape)), 'uint32')
    return [out, out]
  },
  impl(operands, _, outs) {
    const { shape } = outs[0]
    const size = sizeOf(shape)
    const elements = operands.map((operand) => (operand.size === 1 ? dataOf(operand) : spread(operand, shape, size)))
    const [left, right] = [new Uint32Array(size), new Uint32Array(size)]
    encrypt(elements, left, right)
    return [wrap(outs[0], left), wrap(outs[1], right)]
  },
  batch(_, operands, batched) {
    const rank = Math.max(...operands.map((x, i) => x.ndim - Number(batched[i])))
    const aligned = operands.map((x, i) => {
      if (!batched[i]) return x
      const [size, ...rest] = x.shape
      return reshape(x, [size, ...new Array<number>(rank - rest.length).fill(1), ...rest])
    })
    return [bind(threefry2x32P, aligned, {}), [true, true]]
  }
}

/**
 * Two random words for each counter (x, y), of the key (a, b): the block cipher Threefry-2x32 with 20 rounds
 * (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011), which all of `random` is made of. The four
 * operands are uint32 arrays that broadcast against each other. Nothing is differentiable.
 * Throws DTypeError for other dtypes, ShapeError for shapes that do not broadcast.
 *
 * @example
 * const zero = lax.full([], 0, 'uint32')
 * lax.threefry2x32(zero, zero, zero, zero) // [1797259609, 2579123966]
 */
export const threefry2x32 = (a: NdArray, b: NdArray, x: NdArray, y: NdArray): readonly [NdArray, NdArray] => {
  const [left, right] = bind(threefry2x32P, [a, b, x, y], {})
  return [left, right]
}
