import type { NdArray } from '../core/array.js'
import * as lax from '../lax/index.js'
import { binary, unary, type Binary, type Unary } from './promote.js'

/*
 * Elementary functions. Integers and booleans become float32.
 */

/**
 * `eˣ`. `jnp.exp`.
 *
 * @example
 * np.exp([0, 1]) // [1, 2.7183]
 */
export const exp: Unary = unary('exp', lax.exp)

/** `2ˣ`. `jnp.exp2`. */
export const exp2: Unary = unary('exp2', lax.exp2)

/** `eˣ − 1`, exact near 0. `jnp.expm1`. */
export const expm1: Unary = unary('expm1', lax.expm1)

/**
 * The natural logarithm. `jnp.log`.
 *
 * @example
 * np.log([1, 2]) // [0, 0.6931]
 */
export const log: Unary = unary('log', lax.log)

/** `log(1 + x)`, exact near 0. `jnp.log1p`. */
export const log1p: Unary = unary('log1p', lax.log1p)

/** The logarithm to base 2. `jnp.log2`. */
export const log2: Unary = unary('log2', (x) => lax.div(lax.log(x), Math.LN2))

/** The logarithm to base 10. `jnp.log10`. */
export const log10: Unary = unary('log10', (x) => lax.div(lax.log(x), Math.LN10))

/** `log(eˣ + eʸ)` from `logOne(d) = log(1 + e^d)`; no overflow, right derivatives at ties and infinities. */
const addingExponents = (logOne: (d: NdArray) => NdArray) => (x: NdArray, y: NdArray): NdArray => {
  const [big, small] = [lax.max(x, y), lax.min(x, y)]
  const difference = lax.select(lax.eq(big, small), lax.fullLike(big, 0), lax.sub(small, big))
  return lax.add(big, logOne(difference))
}

/**
 * `log(eˣ + eʸ)` without overflow. `jnp.logaddexp`.
 *
 * @example
 * np.logaddexp([0, 1000], 0) // [0.6931, 1000]
 */
export const logaddexp: Binary = binary('logaddexp', addingExponents((d) => lax.log1p(lax.exp(d))), 'float')

/** `log₂(2ˣ + 2ʸ)` without overflow. `jnp.logaddexp2`. */
export const logaddexp2: Binary = binary('logaddexp2', addingExponents((d) => lax.div(lax.log1p(lax.exp2(d)), Math.LN2)), 'float')

/** The sine. `jnp.sin`. */
export const sin: Unary = unary('sin', lax.sin)

/** The cosine. `jnp.cos`. */
export const cos: Unary = unary('cos', lax.cos)

/** The tangent. `jnp.tan`. */
export const tan: Unary = unary('tan', lax.tan)

/** The angle in `[−π/2, π/2]` whose sine it is; NaN outside of [−1, 1]. `jnp.arcsin`. */
export const arcsin: Unary = unary('arcsin', lax.asin)

/** The angle in `[0, π]` whose cosine it is; NaN outside of [−1, 1]. `jnp.arccos`. */
export const arccos: Unary = unary('arccos', lax.acos)

/** The angle in `[−π/2, π/2]` whose tangent it is. `jnp.arctan`. */
export const arctan: Unary = unary('arctan', lax.atan)

/**
 * The angle in `[−π, π]` of the point (`x`, `y`); the ordinate `y` comes first. `jnp.arctan2`.
 *
 * @example
 * np.arctan2([0, 1], [-1, 0]) // [3.1416, 1.5708]
 */
export const arctan2: Binary = binary('arctan2', lax.atan2, 'float')

/** The hyperbolic sine. `jnp.sinh`. */
export const sinh: Unary = unary('sinh', lax.sinh)

/** The hyperbolic cosine. `jnp.cosh`. */
export const cosh: Unary = unary('cosh', lax.cosh)

/** The hyperbolic tangent. `jnp.tanh`. */
export const tanh: Unary = unary('tanh', lax.tanh)

/** The inverse hyperbolic sine. `jnp.arcsinh`. */
export const arcsinh: Unary = unary('arcsinh', lax.asinh)

/** The inverse hyperbolic cosine; NaN below 1. `jnp.arccosh`. */
export const arccosh: Unary = unary('arccosh', lax.acosh)

/** The inverse hyperbolic tangent; NaN outside of [−1, 1]. `jnp.arctanh`. */
export const arctanh: Unary = unary('arctanh', lax.atanh)

/** Radians as degrees. `jnp.degrees`. */
export const degrees: Unary = unary('degrees', (x) => lax.mul(x, 180 / Math.PI))

/** Degrees as radians. `jnp.radians`. */
export const radians: Unary = unary('radians', (x) => lax.mul(x, Math.PI / 180))

/** `sin(πx) / πx` where `πx` is not small; its series at 0, so that derivatives are right there too. */
const cardinalSine = (x: NdArray): NdArray => {
  const angle = lax.mul(x, Math.PI)
  const squared = lax.square(angle)
  const small = lax.lt(squared, 1e-3)
  const safe = lax.select(small, lax.fullLike(angle, 1), angle)
  const series = [1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1].reduce<NdArray>(
    (sum, coefficient) => lax.add(lax.mul(sum, squared), coefficient), lax.fullLike(x, 0)
  )
  return lax.select(small, series, lax.div(lax.sin(safe), safe))
}

/**
 * `sin(πx) / πx`, 1 at 0. `jnp.sinc`.
 *
 * @example
 * np.sinc([0, 0.5]) // [1, 0.6366]
 */
export const sinc: Unary = unary('sinc', cardinalSine)
