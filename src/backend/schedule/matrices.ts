import { isFloat } from '../../core/dtype.js'
import type { Eqn, Var } from '../../core/primitive.js'
import { range, without } from '../../core/shape.js'
import { variable } from '../../ir/jaxpr.js'
import { dotGeneralP, type DotParams } from '../../lax/dot.js'
import { transposeP, type TransposeParams } from '../../lax/movement/transpose.js'
import { isMatrix } from './product.js'

/** Whether the axes of an operand make matrices as they are. */
const isFine = ({ inputs, params }: Eqn, side: 0 | 1): boolean => {
  const { dimensionNumbers: { contracting, batch } } = params as DotParams // of dot_general
  return isMatrix(inputs[side].aval.shape, batch[side], contracting[side])
}

const isScattered = (eqn: Eqn): boolean => eqn.primitive === dotGeneralP && isFloat(eqn.outputs[0].aval.dtype) &&
  isFloat(eqn.inputs[0].aval.dtype) && !(isFine(eqn, 0) && isFine(eqn, 1))

/** Products of floats, with operands transposed first whose axes do not make matrices. */
export const asMatrices = (eqns: readonly Eqn[]): readonly Eqn[] => {
  if (!eqns.some(isScattered)) return eqns
  return eqns.flatMap((eqn) => {
    if (!isScattered(eqn)) return [eqn]
    const { dimensionNumbers: { contracting, batch }, preferredElementType } = eqn.params as DotParams // of dot_general
    const before: Eqn[] = []
    const sides = ([0, 1] as const).map((side) => {
      const x = eqn.inputs[side]
      if (isFine(eqn, side)) return { x, depth: contracting[side], shared: batch[side] }
      const { shape } = x.aval
      const [shared, depth] = [batch[side], contracting[side]]
      const free = without(range(shape.length), [...shared, ...depth])
      const permutation = side === 0 ? [...shared, ...free, ...depth] : [...shared, ...depth, ...free]
      const turned: Var = variable({ ...x.aval, shape: permutation.map((axis) => shape[axis]) })
      const params: TransposeParams = { permutation }
      before.push({ primitive: transposeP, inputs: [x], params, outputs: [turned] })
      const now = (axes: readonly number[]): readonly number[] => axes.map((axis) => permutation.indexOf(axis))
      return { x: turned, depth: now(depth), shared: now(shared) }
    })
    const [l, r] = sides
    const params: DotParams = {
      dimensionNumbers: { contracting: [l.depth, r.depth], batch: [l.shared, r.shared] }, preferredElementType
    }
    return [...before, { ...eqn, inputs: [l.x, r.x], params }]
  })
}
