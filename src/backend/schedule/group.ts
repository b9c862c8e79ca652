import type { Atom, Eqn, Var } from '../../core/primitive.js'
import { range, without, type Shape } from '../../core/shape.js'
import { counter, equalAffine, linear } from './affine.js'
import type { Affine } from './kernel.js'
import type { Lowering } from './lowering.js'

/*
 * Equations that are to share the loops of one kernel.
 */

/** An equation whose result gets a buffer or a register, and where its loops are. */
export interface Root {
  readonly eqn: Eqn
  readonly lowering: Lowering
  /** Extents of the loops: those of the result, then the axes that a reduction runs over. */
  readonly domain: Shape
  /** How many of them are the result's. */
  readonly rank: number
  /** Coordinates of the operands' axes (all operands of a map have the result's). */
  readonly coordinates: readonly Affine[]
}

export interface OpenPhase {
  readonly inner: Shape
  readonly roots: Root[]
  /** What its loops read. */
  readonly reads: Set<Var>
}

/** Roots that share loops; `outer` is undecided while all of them are maps over one shape. */
export interface Group {
  outer: Shape | null
  /** The loop along which elements lie side by side, as its first root sees it. */
  readonly along: number
  readonly phases: OpenPhase[]
  /** How many places its loops read and write, and the cost of what they compute. */
  work: number
}

const scalarOr = (atom: Atom, coordinates: readonly Affine[]): readonly Affine[] => (atom.aval.shape.length === 0 ? [] : coordinates)

/** A reshape that cuts axes reads its operand, which is kept, by its position: as one long axis. */
const whole = (eqn: Eqn, coordinates: readonly Affine[]): readonly Affine[] => [linear(coordinates, eqn.outputs[0].aval.shape)]

/** An operand of a root and where it is read: at the root's coordinates, seen through a view where the root is one. */
export const operandOf = ({ eqn, lowering, coordinates }: Root, atom: Atom): readonly [Atom, readonly Affine[]] => {
  if (lowering.kind !== 'view') return [atom, scalarOr(atom, coordinates)]
  return [atom, lowering.index(eqn, coordinates) ?? whole(eqn, coordinates)]
}

/** Whether the first coordinates are the counters of the first loops. */
export const isPlace = (at: readonly Affine[], count: number): boolean => {
  for (let k = 0; k < count; k++) if (at[k] === undefined || !equalAffine(at[k], counter(k))) return false
  return true
}

/** An equation with its loops. */
export const rootOf = (eqn: Eqn, lowering: Lowering): Root => {
  const { shape } = eqn.outputs[0].aval
  if (lowering.kind !== 'reduce') return { eqn, lowering, domain: shape, rank: shape.length, coordinates: shape.map((_, k) => counter(k)) }
  const operand = eqn.inputs[0].aval.shape
  const axes = [...lowering.axes(eqn)].sort((a, b) => a - b)
  const free = without(range(operand.length), axes)
  const coordinates = new Array<Affine>(operand.length)
  free.forEach((axis, k) => (coordinates[axis] = counter(k)))
  axes.forEach((axis, k) => (coordinates[axis] = counter(free.length + k)))
  return { eqn, lowering, domain: [...shape, ...axes.map((axis) => operand[axis])], rank: shape.length, coordinates }
}
