import type { Eqn } from '../../core/primitive.js'
import { isFloat } from '../../core/dtype.js'
import { variable } from '../../ir/jaxpr.js'
import { convertElementTypeP, type ConvertParams } from '../../lax/elementwise/convert.js'

const isNarrow = ({ primitive, inputs: [x], outputs: [out] }: Eqn): boolean =>
  primitive.name === 'dot_general' && x.aval.dtype !== out.aval.dtype && isFloat(x.aval.dtype)

/** Products whose sums are in a wider dtype than their factors, with the factors converted first. */
export const widened = (eqns: readonly Eqn[]): readonly Eqn[] => {
  if (!eqns.some(isNarrow)) return eqns
  return eqns.flatMap((eqn) => {
    if (!isNarrow(eqn)) return [eqn]
    const { dtype } = eqn.outputs[0].aval
    const params: ConvertParams = { newDtype: dtype, weakType: false }
    const factors = eqn.inputs.map((atom): Eqn =>
      ({ primitive: convertElementTypeP, inputs: [atom], params, outputs: [variable({ ...atom.aval, dtype, weak: false })] }))
    return [...factors, { ...eqn, inputs: factors.map(({ outputs: [wide] }) => wide) }]
  })
}
