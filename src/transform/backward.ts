import type { NdArray } from '../core/array.js'
import { DerivativeError, JaxprError } from '../core/errors.js'
import { Unknown, type Tangent, type Atom, type Jaxpr, type Var } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { literalArray } from '../ir/jaxpr.js'
import { backwardOf, inheriting } from '../ir/source.js'
import { sumOf } from '../lax/broadcast.js'

/**
 * Transposes a jaxpr that is linear in its `Unknown` arguments: from cotangents of the outputs to cotangents of the
 * arguments, `null` for those whose values are known. Equations of known values are evaluated first, then the linear
 * ones are visited backwards, each handing its cotangents on to its operands.
 */
export const backward = (jaxpr: Jaxpr, args: readonly (NdArray | Unknown)[], cotangents: readonly Tangent[]): readonly Tangent[] => {
  const values = new Map<Var, NdArray>()
  jaxpr.inputs.forEach((v, i) => {
    const x = args[i]
    if (!(x instanceof Unknown)) values.set(v, x)
  })
  const valueOf = (atom: Atom): NdArray | undefined => (atom.kind === 'literal' ? literalArray(atom) : values.get(atom))
  const linear = jaxpr.eqns.filter((eqn) => {
    const operands: NdArray[] = []
    for (const atom of eqn.inputs) {
      const value = valueOf(atom)
      if (value === undefined) return true
      operands.push(value)
    }
    const outs = inheriting(eqn.source, () => bind(eqn.primitive, operands, eqn.params))
    eqn.outputs.forEach((v, i) => values.set(v, outs[i]))
    return false
  })

  const sums = new Map<Var, Tangent>()
  const accumulate = (atom: Atom, ct: Tangent): void => {
    if (ct !== null && atom.kind === 'var' && !values.has(atom)) sums.set(atom, sumOf(sums.get(atom) ?? null, ct))
  }
  jaxpr.outputs.forEach((atom, i) => {
    accumulate(atom, cotangents[i])
  })
  for (let i = linear.length - 1; i >= 0; i--) {
    const eqn = linear[i]
    const { primitive, inputs, params, outputs } = eqn
    const cts = outputs.map((v) => sums.get(v) ?? null)
    for (const v of outputs) sums.delete(v)
    if (cts.every((ct) => ct === null)) continue
    if (primitive.transpose === undefined) {
      const got = `the nonlinear operation ${primitive.name}`
      throw new DerivativeError('transpose', 'a function that is linear in what it is transposed in', got)
    }
    const operands = inputs.map((atom) => valueOf(atom) ?? new Unknown(atom.aval))
    const result = inheriting(backwardOf(eqn), () => primitive.transpose?.(cts, operands, params) ?? [])
    if (result.length !== inputs.length) {
      throw new JaxprError('transpose', `${inputs.length} cotangents from ${primitive.name}`, result.length)
    }
    inputs.forEach((atom, k) => {
      accumulate(atom, result[k])
    })
  }
  return jaxpr.inputs.map((v) => sums.get(v) ?? null)
}
