import type { ArrayLike, NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import { broadcastShapes, equalShapes, range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { indicesOf } from './indices.js'
import { alignAll, arrayOf, binary, expanded, promoteAll, unary, type Binary, type Unary } from './promote.js'

/**
 * Where two arrays are equal; NaN equals nothing. `jnp.equal`.
 *
 * @example
 * np.equal([1, 2, 3], [3, 2, 1]) // [false, true, false]
 */
export const equal: Binary = binary('equal', lax.eq)

/** Where two arrays differ. `jnp.not_equal`. */
export const notEqual: Binary = binary('notEqual', lax.ne)

/** Where `x < y`. `jnp.less`. */
export const less: Binary = binary('less', lax.lt)

/** Where `x ≤ y`. `jnp.less_equal`. */
export const lessEqual: Binary = binary('lessEqual', lax.le)

/**
 * Where `x > y`. `jnp.greater`.
 *
 * @example
 * np.greater([1, 2, 3], 2) // [false, false, true]
 */
export const greater: Binary = binary('greater', lax.gt)

/** Where `x ≥ y`. `jnp.greater_equal`. */
export const greaterEqual: Binary = binary('greaterEqual', lax.ge)

/** Where it is not zero, as booleans. */
export const truth = (x: NdArray): NdArray => (x.dtype === 'bool' ? x : lax.ne(x, 0))

const truths = (who: string, f: (x: NdArray, y: NdArray) => NdArray): Binary => (x, y) => {
  const [a, b] = [truth(arrayOf(who, x)), truth(arrayOf(who, y))]
  const shape = broadcastShapes(who, [a.shape, b.shape])
  return f(expanded(a, shape), expanded(b, shape))
}

/** Where both are true, or not zero. `jnp.logical_and`. */
export const logicalAnd: Binary = truths('logicalAnd', lax.bitwiseAnd)

/** Where either is true, or not zero. `jnp.logical_or`. */
export const logicalOr: Binary = truths('logicalOr', lax.bitwiseOr)

/** Where exactly one is true, or not zero. `jnp.logical_xor`. */
export const logicalXor: Binary = truths('logicalXor', lax.bitwiseXor)

/**
 * Where it is false, or zero. `jnp.logical_not`.
 *
 * @example
 * np.logicalNot([0, 1, 2]) // [true, false, false]
 */
export const logicalNot: Unary = unary('logicalNot', (x) => (x.dtype === 'bool' ? lax.bitwiseNot(x) : lax.eq(x, 0)), 'any')

const never = (x: NdArray): NdArray => lax.full(x.shape, 0, 'bool')

/** Where it is not a number. `jnp.isnan`. */
export const isnan: Unary = unary('isnan', (x) => (isFloat(x.dtype) ? lax.ne(x, x) : never(x)), 'any')

/** Where it is infinite. `jnp.isinf`. */
export const isinf: Unary = unary('isinf', (x) => (isFloat(x.dtype) ? lax.eq(lax.abs(x), Infinity) : never(x)), 'any')

/** Where it is plus infinity. `jnp.isposinf`. */
export const isposinf: Unary = unary('isposinf', (x) => (isFloat(x.dtype) ? lax.eq(x, Infinity) : never(x)), 'any')

/** Where it is minus infinity. `jnp.isneginf`. */
export const isneginf: Unary = unary('isneginf', (x) => (isFloat(x.dtype) ? lax.eq(x, -Infinity) : never(x)), 'any')

/** Where it is neither infinite nor NaN. `jnp.isfinite`. */
export const isfinite: Unary = unary('isfinite', (x) => (isFloat(x.dtype) ? lax.isFinite(x) : lax.full(x.shape, 1, 'bool')), 'any')

/**
 * `x` where the condition holds, elsewhere `y`; the three are broadcast. Both are computed: a NaN in the derivative of the
 * one that is not chosen spoils the gradient. `jnp.where`.
 *
 * @example
 * np.where(np.greater([1, 2, 3], 1), [10, 20, 30], 0) // [0, 20, 30]
 */
export const where = (condition: ArrayLike, x: ArrayLike, y: ArrayLike): NdArray => {
  const mask = truth(arrayOf('where', condition))
  const [a, b] = promoteAll('where', [x, y])
  const shape = broadcastShapes('where', [mask.shape, a.shape, b.shape])
  return lax.select(expanded(mask, shape), expanded(a, shape), expanded(b, shape))
}

/** How close `isclose` wants numbers. */
export interface CloseOptions {
  /** Relative to `y`; 1e-5 by default. */
  readonly rtol?: number
  /** 1e-8 by default. */
  readonly atol?: number
  /** Whether NaN is close to NaN; false by default. */
  readonly equalNan?: boolean
}

/**
 * Where `|x − y| ≤ atol + rtol·|y|`, or both are the same infinity. `jnp.isclose`.
 *
 * @example
 * np.isclose([1, 2], [1.000001, 2.1]) // [true, false]
 */
export const isclose = (x: ArrayLike, y: ArrayLike, options: CloseOptions = {}): NdArray => {
  checkOptions('isclose', options, ['rtol', 'atol', 'equalNan'])
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options
  const [a, b] = alignAll('isclose', [x, y], 'float')
  const near = lax.le(lax.abs(lax.sub(a, b)), lax.add(lax.mul(lax.abs(b), rtol), atol))
  const finite = lax.bitwiseAnd(lax.isFinite(a), lax.isFinite(b))
  const close = lax.bitwiseOr(lax.bitwiseAnd(near, finite), lax.eq(a, b))
  return equalNan ? lax.bitwiseOr(close, lax.bitwiseAnd(lax.ne(a, a), lax.ne(b, b))) : close
}

/** Whether every pair of elements is close, as a scalar. `jnp.allclose`. */
export const allclose = (x: ArrayLike, y: ArrayLike, options: CloseOptions = {}): NdArray => {
  const close = isclose(x, y, options)
  return lax.reduceAnd(close, range(close.ndim))
}

/** How `arrayEqual` compares. */
export interface EqualOptions {
  /** Whether NaN equals NaN; false by default. */
  readonly equalNan?: boolean
}

/**
 * Whether the shapes and all elements are equal, as a scalar. `jnp.array_equal`.
 *
 * @example
 * np.arrayEqual([1, 2], [1, 2]) // true
 * np.arrayEqual([1, 2], [[1, 2]]) // false
 */
export const arrayEqual = (x: ArrayLike, y: ArrayLike, options: EqualOptions = {}): NdArray => {
  checkOptions('arrayEqual', options, ['equalNan'])
  const [a, b] = promoteAll('arrayEqual', [x, y])
  if (!equalShapes(a.shape, b.shape)) return lax.full([], 0, 'bool')
  const same = lax.eq(a, b)
  const both = options.equalNan === true ? lax.bitwiseOr(same, lax.bitwiseAnd(lax.ne(a, a), lax.ne(b, b))) : same
  return lax.reduceAnd(both, range(a.ndim))
}

/** What `select` gives where no condition holds. */
export interface SelectOptions {
  /** 0 by default. */
  readonly default?: ArrayLike
}

/**
 * Where the first condition holds the first choice, else where the second holds the second one, and so on. `jnp.select`.
 *
 * @example
 * np.select([[true, false, false], [true, true, false]], [1, 2], { default: 3 }) // [1, 2, 3]
 */
export const select = (conditions: readonly ArrayLike[], choices: readonly ArrayLike[], options: SelectOptions = {}): NdArray => {
  checkOptions('select', options, ['default'])
  checkList('select', 'a list of conditions', conditions)
  checkList('select', 'a list of choices', choices)
  if (conditions.length !== choices.length || choices.length === 0) {
    throw new ArgumentError('select', 'a choice for every condition', `${conditions.length} conditions and ${choices.length} choices`)
  }
  const [otherwise, ...values] = promoteAll('select', [options.default ?? 0, ...choices])
  return conditions.reduceRight<NdArray>((rest, condition, i) => where(condition, values[i], rest), otherwise)
}

/**
 * From several arrays the element of the one that each index names; indices beyond them throw nothing, but take the last or the
 * first. `jnp.choose` with mode `clip`.
 *
 * @example
 * np.choose([0, 1, 0], [[1, 2, 3], [10, 20, 30]]) // [1, 20, 3]
 */
export const choose = (which: ArrayLike, choices: readonly ArrayLike[]): NdArray => {
  if (checkList('choose', 'a list of arrays', choices).length === 0) throw new ArgumentError('choose', 'at least one array', 'none')
  const index = indicesOf('choose', which)
  const values = promoteAll('choose', choices)
  const shape = broadcastShapes('choose', [index.shape, ...values.map((x) => x.shape)])
  return lax.selectN(expanded(index, shape), ...values.map((x) => expanded(x, shape)))
}
