import type { NdArray } from '../core/array.js'
import type { Aval } from '../core/aval.js'
import { DerivativeError } from '../core/errors.js'
import { Unknown, type Primitive, type Tangent } from '../core/primitive.js'
import { bind1 } from '../core/trace.js'
import { instantiate, sumOf } from './broadcast.js'

/** The derivative with respect to one operand: may compute with primals first, then is linear in `d`. */
export type Rule<P> = (operands: readonly NdArray[], out: NdArray, params: P) => (d: NdArray) => NdArray

/** The cotangent of one `Unknown` operand from the cotangent of the output. */
export type TransposeRule<P> = (ct: NdArray, operands: readonly (NdArray | Unknown)[], params: P) => Tangent

/** An operand that the transposed operation is not linear in: its value. */
export const known = (operand: NdArray | Unknown): NdArray => {
  if (operand instanceof Unknown) {
    throw new DerivativeError('transpose', 'a function that is linear in what it is transposed in', 'a product of what depends on it')
  }
  return operand
}

/** What a primitive with one output says of itself. */
export interface Spec<P extends object> {
  abstract(avals: readonly Aval[], params: P): Aval
  impl(operands: readonly NdArray[], params: P, out: Aval): NdArray
  /**
   * The derivative, a rule for each operand: `'linear'` where the operation itself, with the tangent in that operand's
   * place, is it; `null` where there is none (indices, predicates). Without rules nothing depends differentiably.
   */
  readonly rules?: readonly (Rule<P> | 'linear' | null)[]
  /** Or: the operation is linear in all operands from this position on, jointly (`concatenate`, `select`). */
  readonly linearFrom?: number
  /** Or: in the operands at these positions, jointly (`scatter`). */
  readonly linearIn?: readonly number[]
  /** The transpose with respect to each operand that the operation is linear in. */
  readonly transpose?: readonly (TransposeRule<P> | null)[] | ((position: number) => TransposeRule<P>)
  /** The operation over a new leading axis of the batched operands; its result is batched. */
  batch(size: number, operands: readonly NdArray[], batched: readonly boolean[], params: P): NdArray
}

/**
 * A primitive with one output from rules for each operand: of the product and of the sum, whichever a derivative is
 * made of, only the factors are written down.
 */
export const primitive = <const N extends string, P extends object = object>(name: N, spec: Spec<P>): Primitive<N, P> => {
  const { rules, linearFrom, linearIn, transpose } = spec
  const joint = (position: number): boolean => (linearFrom === undefined ? linearIn?.includes(position) === true : position >= linearFrom)
  const self: Primitive<N, P> = {
    name,
    abstract: (avals, params) => [spec.abstract(avals, params)],
    impl: (operands, params, outs) => [spec.impl(operands, params, outs[0])],
    batch: (size, operands, batched, params) => [[spec.batch(size, operands, batched, params)], [true]],
    ...(rules !== undefined && {
      linearize(primals: readonly NdArray[], params: P, nonzero: readonly boolean[]) {
        const out = bind1(self, primals, params)
        const pushes = rules.map((rule, i) => {
          if (!nonzero[i] || rule === null) return null
          if (rule === 'linear') return (d: NdArray) => bind1(self, primals.with(i, d), params)
          return rule(primals, out, params)
        })
        const push = (tangents: readonly Tangent[]): readonly Tangent[] => [
          pushes.reduce<Tangent>((sum, each, i) => pushed(sum, each, tangents[i]), null)
        ]
        return [[out], push] as const
      }
    }),
    ...((linearFrom !== undefined || linearIn !== undefined) && {
      linearize(primals: readonly NdArray[], params: P) {
        const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
          if (tangents.every((d, i) => d === null || !joint(i))) return [null]
          return [bind1(self, primals.map((x, i) => (joint(i) ? instantiate(tangents[i], x) : x)), params)]
        }
        return [[bind1(self, primals, params)], push] as const
      }
    }),
    ...(transpose !== undefined && {
      transpose(cts: readonly Tangent[], operands: readonly (NdArray | Unknown)[], params: P) {
        const [ct] = cts
        return operands.map((operand, i) => {
          if (ct === null || !(operand instanceof Unknown)) return null
          const rule = typeof transpose === 'function' ? transpose(i) : transpose[i]
          return rule === null ? null : rule(ct, operands, params)
        })
      }
    })
  }
  return self
}

const pushed = (sum: Tangent, push: ((d: NdArray) => NdArray) | null, d: Tangent): Tangent =>
  push === null || d === null ? sum : sumOf(sum, push(d))
