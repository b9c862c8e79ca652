import type { JoinSemilattice } from 'fp-ts/lib/JoinSemilattice.js'
import { isFloat, isInteger, isUnsigned, byteSize, type DType } from './dtype.js'

/** A dtype and whether it is weak: it came from a bare number and yields to the dtypes of arrays. */
export interface Promoted {
  readonly dtype: DType
  readonly weak: boolean
}

const joinStrong = (a: DType, b: DType): DType => {
  if (a === b || b === 'bool') return a
  if (a === 'bool') return b
  if (isFloat(a) || isFloat(b)) return a === 'float64' || b === 'float64' ? 'float64' : 'float32'
  if (isUnsigned(a) === isUnsigned(b)) return byteSize(a) >= byteSize(b) ? a : b
  return 'int32'
}

const kind = (dtype: DType): number => (isFloat(dtype) ? 2 : isInteger(dtype) ? 1 : 0)

/**
 * The least upper bound in JAX's lattice of dtypes with weak types (`jnp.promote_types`). A weak operand takes the
 * other's dtype unless it is of a higher kind (bool < int < float). Without int16 and int64, int8 ∨ uint8 = int32
 * and uint32 ∨ a signed dtype = int32.
 *
 * @example
 * join({ dtype: 'int8', weak: false }, { dtype: 'float32', weak: true }).dtype // float32
 */
export const join = (a: Promoted, b: Promoted): Promoted => {
  if (a.weak === b.weak) return { dtype: joinStrong(a.dtype, b.dtype), weak: a.weak }
  const [strong, weak] = a.weak ? [b.dtype, a.dtype] : [a.dtype, b.dtype]
  if (kind(weak) <= kind(strong)) return { dtype: strong, weak: false }
  return { dtype: weak, weak: true }
}

/** Promotion is a join-semilattice: associative, commutative and idempotent. */
export const promotion: JoinSemilattice<Promoted> = { join }

/** The dtype to which all operands are converted, and whether the result is weak. */
export const promote = (operands: readonly Promoted[]): Promoted => operands.reduce(join)
