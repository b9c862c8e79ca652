import { byteSize, type DType } from '../../core/dtype.js'
import type { Primitive } from '../../core/primitive.js'
import { bind1 } from '../../core/trace.js'
import { binary, lifted, unary, type Binary, type Unary } from './pointwise.js'

/** The bits of an element, without those of its sign beyond its width. */
const unsigned = (x: number, dtype: DType): number => (byteSize(dtype) === 1 ? x & 255 : x >>> 0)

/** The bits of an element, the highest one taken for a sign. */
const signed = (x: number, dtype: DType): number => (byteSize(dtype) === 1 ? (x << 24) >> 24 : x | 0)

const width = (dtype: DType): number => 8 * byteSize(dtype)

/** Whether a shift leaves nothing; counts are read without sign. */
const beyond = (count: number, dtype: DType): boolean => count < 0 || count >= width(dtype)

export const notP: Primitive<'not'> = unary('not', {
  domain: 'bits',
  impl: (x, dtype) => (dtype === 'bool' ? 1 - x : ~x)
})

/**
 * The complement of every bit of integers, and of booleans. JAX's `lax.bitwise_not`.
 *
 * @example
 * lax.bitwiseNot(np.array([true, false])) // [false, true]
 */
export const bitwiseNot: Unary = (x) => bind1(notP, [x])

export const andP: Primitive<'and'> = binary('and', { domain: 'bits', impl: (x, y) => x & y })

/**
 * The bits that are set in both operands; of booleans, whether both are true. JAX's `lax.bitwise_and`.
 *
 * @example
 * lax.bitwiseAnd(np.array([true, true]), np.array([true, false])) // [true, false]
 */
export const bitwiseAnd: Binary = lifted(andP)

export const orP: Primitive<'or'> = binary('or', { domain: 'bits', impl: (x, y) => x | y })

/**
 * The bits that are set in either operand; of booleans, whether one is true. JAX's `lax.bitwise_or`.
 *
 * @example
 * lax.bitwiseOr(np.array([true, false]), np.array([false, false])) // [true, false]
 */
export const bitwiseOr: Binary = lifted(orP)

export const xorP: Primitive<'xor'> = binary('xor', { domain: 'bits', impl: (x, y) => x ^ y })

/**
 * The bits that are set in one operand alone; of booleans, whether they differ. JAX's `lax.bitwise_xor`.
 *
 * @example
 * lax.bitwiseXor(np.array([true, false]), np.array([true, true])) // [false, true]
 */
export const bitwiseXor: Binary = lifted(xorP)

export const shiftLeftP: Primitive<'shift_left'> = binary('shift_left', {
  domain: 'integer',
  impl: (x, n, dtype) => (beyond(n, dtype) ? 0 : x << n)
})

/**
 * Bits moved up by the count in the second operand; counts beyond the width, negative ones included, leave 0.
 * JAX's `lax.shift_left`.
 *
 * @example
 * lax.shiftLeft(np.array([1, 3], { dtype: 'int32' }), 4) // [16, 48]
 */
export const shiftLeft: Binary = lifted(shiftLeftP)

export const shiftRightLogicalP: Primitive<'shift_right_logical'> = binary('shift_right_logical', {
  domain: 'integer',
  impl: (x, n, dtype) => (beyond(n, dtype) ? 0 : unsigned(x, dtype) >>> n)
})

/**
 * Bits moved down, zeros coming in; counts beyond the width leave 0. JAX's `lax.shift_right_logical`.
 *
 * @example
 * lax.shiftRightLogical(np.array([-1, 16], { dtype: 'int32' }), 4) // [268435455, 1]
 */
export const shiftRightLogical: Binary = lifted(shiftRightLogicalP)

export const shiftRightArithmeticP: Primitive<'shift_right_arithmetic'> = binary('shift_right_arithmetic', {
  domain: 'integer',
  impl: (x, n, dtype) => signed(x, dtype) >> (beyond(n, dtype) ? 31 : n)
})

/**
 * Bits moved down, copies of the highest bit coming in, which of unsigned integers is taken for a sign too; counts beyond
 * the width leave that bit everywhere.
 * JAX's `lax.shift_right_arithmetic`.
 *
 * @example
 * lax.shiftRightArithmetic(np.array([-16, 16], { dtype: 'int32' }), 2) // [-4, 4]
 */
export const shiftRightArithmetic: Binary = lifted(shiftRightArithmeticP)

/** The number of bits set in a word: sums of neighbouring fields, which double in width. */
const ones = (x: number): number => {
  x -= (x >>> 1) & 0x55555555
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export const populationCountP: Primitive<'population_count'> = unary('population_count', {
  domain: 'integer',
  impl: (x, dtype) => ones(unsigned(x, dtype))
})

/**
 * How many bits are set. JAX's `lax.population_count`.
 *
 * @example
 * lax.populationCount(np.array([7, -1], { dtype: 'int32' })) // [3, 32]
 */
export const populationCount: Unary = (x) => bind1(populationCountP, [x])

export const clzP: Primitive<'clz'> = unary('clz', {
  domain: 'integer',
  impl: (x, dtype) => Math.clz32(unsigned(x, dtype)) - 32 + width(dtype)
})

/**
 * How many zero bits lead. JAX's `lax.clz`.
 *
 * @example
 * lax.clz(np.array([1, 0], { dtype: 'int32' })) // [31, 32]
 */
export const clz: Unary = (x) => bind1(clzP, [x])
