import { isFloat } from '../../../core/dtype.js'
import type { Atom, Eqn, Var } from '../../../core/primitive.js'
import { sizeOf, without, type Shape } from '../../../core/shape.js'
import { addP, divP, mulP, negP, squareP, subP } from '../../../lax/elementwise/arithmetic.js'
import { addAnyP, broadcastInDimP, reduceSumP, type AxesParams, type BroadcastParams } from '../../../lax/broadcast.js'
import { convertElementTypeP } from '../../../lax/elementwise/convert.js'
import { dotGeneralP, type DotParams } from '../../../lax/dot.js'
import { integerPowP, type IntegerPowParams } from '../../../lax/elementwise/power.js'
import { reshapeP, squeezeP, type DimensionsParams } from '../../../lax/movement/reshape.js'
import { stopGradientP } from '../../../lax/stop.js'
import { transposeP, type TransposeParams } from '../../../lax/movement/transpose.js'
import { labelsOf, type Digits, type Factor, type Form, type Labels, type Term } from './form.js'
import { renamedAxes, unify, type Renaming } from './refine.js'
import { hasFewLabels, isModest, substitute } from './substitute.js'

/** The form of a value that is only looked at differently, if that is known of it. */
export type Views = (v: Var) => Form | undefined

/** What an operand is: a factor, or a number. */
interface Operand {
  readonly coefficient: number
  readonly factor: readonly Factor[]
}

const one = (atom: Atom, axes: readonly Digits[], inverse = false): Operand =>
  atom.kind === 'literal'
    ? { coefficient: atom.value, factor: [] }
    : { coefficient: 1, factor: [{ atom, axes, inverse, within: [] }] }

const product = (...operands: readonly Operand[]): Term => ({
  coefficient: operands.reduce((c, operand) => c * operand.coefficient, 1),
  factors: operands.length === 1 ? operands[0].factor : operands.flatMap(({ factor }) => factor)
})

const scaled = ({ coefficient, factors }: Term, by: number): Term => ({ coefficient: coefficient * by, factors })

const axesFor = (shape: Shape, labels: Labels): readonly Digits[] => shape.map((size) => labels.digits(size))

type Define = (eqn: Eqn, labels: Labels, views: Views) => Form | null

const map = (term: (operands: readonly ((inverse?: boolean) => Operand)[], eqn: Eqn, views: Views) => readonly Term[] | null): Define =>
  (eqn, labels, views) => {
    const axes = axesFor(eqn.outputs[0].aval.shape, labels)
    const terms = term(eqn.inputs.map((atom) => (inverse) => one(atom, axes, inverse)), eqn, views)
    return terms === null ? null : { axes, terms }
  }

/** The number that every element of an operand is; undefined if it is not known to be one. */
const numberOf = (atom: Atom, views: Views): number | undefined => {
  if (atom.kind === 'literal') return atom.value
  const form = views(atom)
  return form?.terms.length === 1 && form.terms[0].factors.length === 0 ? form.terms[0].coefficient : undefined
}

/** A divisor that is a copy of something smaller: its reciprocals are not as many as the quotients. */
const isSpread = (atom: Atom, views: Views): boolean => numberOf(atom, views) === undefined && isCopy(atom, views)

const definitions = new Map<unknown, Define>([
  [mulP, map(([x, y]) => [product(x(), y())])],
  [squareP, map(([x]) => [product(x(), x())])],
  [integerPowP, map(([x], eqn) => {
    const { y } = eqn.params as IntegerPowParams // the equation is one of this primitive
    return y >= 1 && y <= 4 ? [product(...Array.from({ length: y }, () => x()))] : null
  })],
  [divP, map(([x, y], eqn, views) => {
    const divisor = numberOf(eqn.inputs[1], views)
    if (divisor !== undefined) return [scaled(product(x()), 1 / divisor)]
    return isSpread(eqn.inputs[1], views) ? [product(x(), y(true))] : null
  })],
  [negP, map(([x]) => [scaled(product(x()), -1)])],
  [addP, map(([x, y]) => [product(x()), product(y())])],
  [addAnyP, map(([x, y]) => [product(x()), product(y())])],
  [subP, map(([x, y]) => [product(x()), scaled(product(y()), -1)])],
  [convertElementTypeP, map(([x], eqn) => (eqn.inputs[0].aval.dtype === eqn.outputs[0].aval.dtype ? [product(x())] : null))],
  [stopGradientP, map(([x]) => [product(x())])],
  [transposeP, (eqn, labels) => {
    const { permutation } = eqn.params as TransposeParams // the equation is one of this primitive
    const axes = axesFor(eqn.inputs[0].aval.shape, labels)
    return { axes: permutation.map((axis) => axes[axis]), terms: [product(one(eqn.inputs[0], axes))] }
  }],
  [squeezeP, (eqn, labels) => {
    const { dimensions } = eqn.params as DimensionsParams // the equation is one of this primitive
    const axes = axesFor(eqn.inputs[0].aval.shape, labels)
    return { axes: without(axes, dimensions), terms: [product(one(eqn.inputs[0], axes))] }
  }],
  [reshapeP, (eqn, labels) => {
    const { shape } = eqn.outputs[0].aval
    const [from, to] = [axesFor(eqn.inputs[0].aval.shape, labels), axesFor(shape, labels)]
    const [left, right]: readonly [Renaming, Renaming] = [new Map(), new Map()]
    if (!unify(labelsOf(from), labelsOf(to), labels, left, right)) return null
    return { axes: renamedAxes(to, right), terms: [product(one(eqn.inputs[0], renamedAxes(from, left)))] }
  }],
  [broadcastInDimP, (eqn, labels) => {
    const { broadcastDimensions, shape } = eqn.params as BroadcastParams // the equation is one of this primitive
    const axes = axesFor(shape, labels)
    const own = broadcastDimensions.map((to, from) => (eqn.inputs[0].aval.shape[from] === 1 ? [] : axes[to]))
    return { axes, terms: [product(one(eqn.inputs[0], own))] }
  }],
  [reduceSumP, (eqn, labels) => {
    const axes = axesFor(eqn.inputs[0].aval.shape, labels)
    return { axes: without(axes, (eqn.params as AxesParams).axes), terms: [product(one(eqn.inputs[0], axes))] }
  }],
  [dotGeneralP, (eqn, labels) => {
    const { dimensionNumbers, preferredElementType } = eqn.params as DotParams // the equation is one of this primitive
    const { contracting, batch } = dimensionNumbers
    const [lhs, rhs] = eqn.inputs
    if (preferredElementType !== null && preferredElementType !== lhs.aval.dtype) return null
    const left = axesFor(lhs.aval.shape, labels)
    const right = axesFor(rhs.aval.shape, labels).slice()
    batch[0].forEach((axis, i) => (right[batch[1][i]] = left[axis]))
    contracting[0].forEach((axis, i) => (right[contracting[1][i]] = left[axis]))
    const axes = [
      ...batch[0].map((axis) => left[axis]),
      ...without(left, [...batch[0], ...contracting[0]]),
      ...without(right, [...batch[1], ...contracting[1]])
    ]
    return { axes, terms: [product(one(lhs, left), one(rhs, right))] }
  }]
])

/** These give the elements of their operand, at most in other places, times a number or summed. */
const moving: ReadonlySet<unknown> = new Set([
  broadcastInDimP, reshapeP, squeezeP, transposeP, negP, stopGradientP, convertElementTypeP, reduceSumP
])

/** Whether an equation may be a view of what it reads, which is quick to see. */
export const mayBeView = ({ primitive, inputs }: Eqn, views: Views): boolean =>
  moving.has(primitive) || (definitions.has(primitive) && inputs.some((atom) => numberOf(atom, views) !== undefined))

/** Whether a value is a number, or copies of something smaller. */
export const isCopy = (atom: Atom, views: Views): boolean => {
  if (atom.kind === 'literal') return true
  const factors = views(atom)?.terms[0].factors
  return factors !== undefined && (factors.length === 0 || sizeOf(factors[0].atom.aval.shape) < sizeOf(atom.aval.shape))
}

/**
 * What an equation computes as a form of its operands, or of what they are views of; null if it is no sum of products of
 * floats, or has axes of size 0.
 */
export const define: Define = (eqn, labels, views) => {
  const make = definitions.get(eqn.primitive)
  const { dtype, shape } = eqn.outputs[0].aval
  if (make === undefined || !isFloat(dtype) || shape.includes(0)) return null
  if (eqn.inputs.some(({ aval }) => aval.shape.includes(0) || aval.dtype !== dtype)) return null
  let form = make(eqn, labels, views)
  if (form === null) return null
  for (const atom of new Set(eqn.inputs)) {
    if (atom.kind === 'literal') continue
    const view = views(atom)
    if (view === undefined) continue
    // Zeros that are added are nothing; a product with zeros has to see what is not finite.
    const isAdded = ({ factors }: Term): boolean => factors.length === 1 && factors[0].atom === atom
    if (numberOf(atom, views) === 0) form = { axes: form.axes, terms: form.terms.filter((term) => !isAdded(term)) }
    form = substitute(form, atom, view, labels)?.form ?? form
  }
  const sound = ({ coefficient, factors }: Term): boolean => isModest(coefficient, dtype) || (coefficient === 0 && factors.length === 0)
  return form.terms.length > 0 && form.terms.every((term) => sound(term) && hasFewLabels(term)) ? form : null
}
