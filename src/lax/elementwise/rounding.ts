import type { NdArray } from '../../core/array.js'
import { ArgumentError } from '../../core/errors.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { binary, lifted, pointwiseAval, unary, type Binary, type Unary } from './pointwise.js'

export const floorP: Primitive<'floor'> = unary('floor', { impl: Math.floor })

/**
 * The greatest integer that is not above, as a float. Its derivative is zero. JAX's `lax.floor`.
 *
 * @example
 * lax.floor(np.array([1.5, -1.5])) // [1, -2]
 */
export const floor: Unary = (x) => bind1(floorP, [x])

export const ceilP: Primitive<'ceil'> = unary('ceil', { impl: Math.ceil })

/**
 * The least integer that is not below, as a float. Its derivative is zero. JAX's `lax.ceil`.
 *
 * @example
 * lax.ceil(np.array([1.5, -1.5])) // [2, -1]
 */
export const ceil: Unary = (x) => bind1(ceilP, [x])

/** Where `round` sends what lies halfway between two integers. */
export type RoundingMethod = 'awayFromZero' | 'toNearestEven'

export interface RoundParams {
  readonly roundingMethod: RoundingMethod
}

/** The nearest integer; the sign of zeros is that of x. */
const nearest = (x: number, even: boolean): number => {
  const size = Math.abs(x)
  const below = Math.floor(size)
  const over = size - below
  const up = over > 0.5 || (over === 0.5 && (!even || below % 2 === 1))
  const result = up ? below + 1 : below
  return x < 0 || Object.is(x, -0) ? -result : result
}

export const roundP: Primitive<'round', RoundParams> = unary<'round', RoundParams>('round', {
  abstract([x], { roundingMethod }) {
    if (roundingMethod !== 'awayFromZero' && roundingMethod !== 'toNearestEven') {
      throw new ArgumentError('round', "the method 'awayFromZero' or 'toNearestEven'", roundingMethod)
    }
    return pointwiseAval('round', [x], 'float')
  },
  impl: (x, _, { roundingMethod }) => nearest(x, roundingMethod === 'toNearestEven')
})

/**
 * The nearest integer, as a float; halves go away from zero, or to the even neighbour. Its derivative is zero.
 * JAX's `lax.round`.
 *
 * @example
 * lax.round(np.array([0.5, 1.5, -2.5])) // [1, 2, -3]
 * lax.round(np.array([0.5, 1.5, -2.5]), 'toNearestEven') // [0, 2, -2]
 */
export const round = (x: NdArray, roundingMethod: RoundingMethod = 'awayFromZero'): NdArray => bind1(roundP, [x], { roundingMethod })

/**
 * The nearest integer, of two the even one: `round(x, 'toNearestEven')`.
 *
 * @example
 * lax.roundToEven(np.array([0.5, 1.5])) // [0, 2]
 */
export const roundToEven: Unary = (x) => round(x, 'toNearestEven')

const single = new Float32Array(1)
const singleBits = new Int32Array(single.buffer)
const double = new Float64Array(1)
const doubleBits = new BigInt64Array(double.buffer)

/** The neighbour of x, which is not 0: counted as an integer, the size of a float grows by one. */
const step = (x: number, outwards: boolean, isSingle: boolean): number => {
  if (isSingle) {
    single[0] = x
    singleBits[0] += outwards ? 1 : -1
    return single[0]
  }
  double[0] = x
  doubleBits[0] += outwards ? 1n : -1n
  return double[0]
}

export const nextafterP: Primitive<'nextafter'> = binary('nextafter', {
  domain: 'float',
  impl(x, y, dtype) {
    if (Number.isNaN(x) || Number.isNaN(y)) return NaN
    if (x === y) return y
    if (x === 0) return (y > 0 ? 1 : -1) * (dtype === 'float32' ? 2 ** -149 : Number.MIN_VALUE)
    return step(x, y > x === x > 0, dtype === 'float32')
  }
})

/**
 * The next float after x in the direction of y. JAX's `lax.nextafter`.
 *
 * @example
 * lax.nextafter(np.array(1), 2).item() // 1.0000001192092896
 */
export const nextafter: Binary = lifted(nextafterP)
