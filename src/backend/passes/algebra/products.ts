import type { Atom, Eqn } from '../../../core/primitive.js'
import { range, without } from '../../../core/shape.js'
import { dotGeneralP, type DotParams } from '../../../lax/dot.js'
import { transposeP, type TransposeParams } from '../../../lax/movement/transpose.js'
import type { Rule, Rules } from './rule.js'

/*
 * Transposes that a product reads, or that read it, are a matter of which of its axes is which.
 */

type Pair<A> = readonly [A, A]

/** An operand without its transpose, and what its axes are then called; the free ones have to keep their order. */
const direct = (
  x: Atom, special: readonly number[], definition: (atom: Atom) => Eqn | undefined
): readonly [Atom, readonly number[]] | null => {
  const eqn = definition(x)
  if (eqn?.primitive !== transposeP) return null
  const { permutation } = eqn.params as TransposeParams // the equation is one of this primitive
  const free = without(permutation, special)
  return free.every((axis, i) => i === 0 || free[i - 1] < axis) ? [eqn.inputs[0], permutation] : null
}

const operands: Rule = ({ inputs, params }, program, b) => {
  const { dimensionNumbers: { contracting, batch }, preferredElementType } = params as DotParams // the equation is one of this primitive
  const sides = ([0, 1] as const).map((side) =>
    direct(inputs[side], [...contracting[side], ...batch[side]], (x) => program.definition(x)))
  if (sides.every((side) => side === null)) return undefined
  const renamed = ([l, r]: Pair<readonly number[]>): Pair<readonly number[]> => {
    const [left, right] = [l, r].map((axes, i) => {
      const permutation = sides[i]?.[1]
      return permutation === undefined ? axes : axes.map((axis) => permutation[axis])
    })
    return [left, right]
  }
  const dimensionNumbers = { contracting: renamed(contracting), batch: renamed(batch) }
  const own = inputs.map((x, i) => sides[i]?.[0] ?? x)
  return b.apply<DotParams>(dotGeneralP, own, { dimensionNumbers, preferredElementType })
}

/** The transpose that puts the axes of the right operand before those of the left one. */
const result: Rule = ({ inputs: [x], params }, program, b) => {
  const product = program.definition(x)
  if (product?.primitive !== dotGeneralP || program.uses(x) !== 1) return undefined
  const { permutation } = params as TransposeParams // the equation is one of this primitive
  const { dimensionNumbers: { contracting, batch }, preferredElementType } = product.params as DotParams // likewise
  const [lhs, rhs] = product.inputs
  const shared = batch[0].length
  const rows = lhs.aval.shape.length - shared - contracting[0].length
  const columns = rhs.aval.shape.length - shared - contracting[1].length
  const swapped = [...range(shared), ...range(columns, shared + rows), ...range(rows, shared)]
  if (permutation.some((axis, i) => axis !== swapped[i])) return undefined
  const flip = ([l, r]: Pair<readonly number[]>): Pair<readonly number[]> => [r, l]
  return b.apply<DotParams>(dotGeneralP, [rhs, lhs], {
    dimensionNumbers: { contracting: flip(contracting), batch: flip(batch) }, preferredElementType
  })
}

export const products: Rules = [[dotGeneralP.name, operands], [transposeP.name, result]]
