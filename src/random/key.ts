import { isArray, wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { isInteger } from '../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../core/errors.js'
import * as lax from '../lax/index.js'

const two32 = 2 ** 32

/** An integer's low and high word, negative ones in two's complement. */
const wordsOf = (x: number): readonly [high: number, low: number] => [Math.floor(x / two32) >>> 0, x >>> 0]

/** The two words as a key, for two uint32 scalars. */
const keyFrom = (high: NdArray, low: NdArray): NdArray => lax.concatenate([lax.reshape(high, [1]), lax.reshape(low, [1])], 0)

/** An integer scalar as uint32. A number must be an integer of at most 53 bits, of which the low 32 count. */
const wordFrom = (who: string, what: string, x: number | NdArray): NdArray => {
  if (typeof x === 'number') {
    if (!Number.isSafeInteger(x)) throw new ArgumentError(who, `an integer ${what}`, x)
    return lax.full([], x >>> 0, 'uint32')
  }
  if (!isArray(x)) throw new ArgumentError(who, `an integer ${what}`, x)
  if (!isInteger(x.dtype)) throw new DTypeError(who, `an integer ${what}, such as np.array(1, { dtype: 'int32' })`, x)
  if (x.ndim !== 0) throw new ShapeError(who, `a scalar ${what} (map over several with vmap)`, x)
  return lax.convertElementType(x, 'uint32')
}

/**
 * The key that belongs to a seed: a uint32[2] array, the seed's high and low word. A seed is an integer of up to 53 bits, or
 * an integer scalar. `jax.random.PRNGKey`; negative seeds and those of more than 32 bits as in its 64-bit mode, so that
 * different seeds give different keys. Throws ArgumentError for fractions, NaN and infinities.
 *
 * @example
 * random.key(42) // [0, 42]
 * random.key(2 ** 32 + 1) // [1, 1]
 */
export const key = (seed: number | NdArray): NdArray => {
  if (typeof seed !== 'number') return keyFrom(lax.full([], 0, 'uint32'), wordFrom('key', 'seed', seed))
  if (!Number.isSafeInteger(seed)) throw new ArgumentError('key', 'an integer seed of at most 53 bits', seed)
  return wrap({ shape: [2], dtype: 'uint32', weak: false }, Uint32Array.from(wordsOf(seed)))
}

/** Checks that a value is a key. Throws ArgumentError, DTypeError or ShapeError, naming who wants it. */
export const checkKey = (who: string, value: NdArray): NdArray => {
  const wanted = 'a key, which is a uint32[2] array (see random.key)'
  if (!isArray(value)) throw new ArgumentError(who, wanted, value)
  if (value.dtype !== 'uint32') throw new DTypeError(who, wanted, value)
  if (value.ndim !== 1 || value.shape[0] !== 2) {
    const several = value.ndim > 1 && value.shape.at(-1) === 2
    throw new ShapeError(who, several ? `${wanted}; take one of the keys, or map over them with vmap` : wanted, value)
  }
  return value
}

/** The two words of a key, as scalars. */
export const keyWords = (k: NdArray): readonly [NdArray, NdArray] => [lax.indexInDim(k, 0, 0, false), lax.indexInDim(k, 1, 0, false)]

/**
 * A new key from a key and a number, for instance a step's or a layer's: other numbers give independent keys. Of the number,
 * an integer or an integer scalar, the low 32 bits count. `jax.random.fold_in`.
 *
 * @example
 * random.foldIn(random.key(0), 7) // [2716826189, 292468403]
 */
export const foldIn = (k: NdArray, data: number | NdArray): NdArray => {
  const [high, low] = keyWords(checkKey('foldIn', k))
  return keyFrom(...lax.threefry2x32(high, low, lax.full([], 0, 'uint32'), wordFrom('foldIn', 'number', data)))
}
