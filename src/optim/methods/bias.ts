import type { NdArray } from '../../core/array.js'
import * as lax from '../../lax/index.js'

/** Which step this is, from 1, in float64. */
export const nextCount = (count: NdArray): NdArray => lax.add(lax.convertElementType(count, 'float64'), 1)

/** `1 − βᵏ`: the weight of all gradients so far in an average that started from zero k steps ago. */
export const missing = (beta: number, k: NdArray): NdArray => lax.sub(1, lax.pow(lax.fullLike(k, beta), k))
