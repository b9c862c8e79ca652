import { isFloat } from '../../../core/dtype.js'
import type { Atom, Eqn, Jaxpr } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { divP, mulP } from '../../../lax/elementwise/arithmetic.js'
import { broadcastInDimP, type BroadcastParams } from '../../../lax/broadcast.js'
import { selectNP } from '../../../lax/elementwise/select.js'
import { Builder } from '../builder.js'
import { Rewriter } from '../rewriter.js'
import { isLarge, type Model } from './model.js'

/** A factor of an elementwise product, or of what it is divided by. */
interface Part {
  readonly atom: Atom
  readonly inverse: boolean
}

/** How far products are taken apart. */
const depth = 6

/** The factors of an elementwise product. */
const partsOf = (atom: Atom, rewriter: Rewriter, left: number = depth): readonly Part[] => {
  const eqn = rewriter.definition(atom)
  const whole = [{ atom, inverse: false }]
  if (eqn === undefined || left === 0) return whole
  if (eqn.primitive === mulP) return eqn.inputs.flatMap((each) => partsOf(each, rewriter, left - 1))
  if (eqn.primitive !== divP || !isSpread(eqn.inputs[1], rewriter)) return whole
  return [...partsOf(eqn.inputs[0], rewriter, left - 1), { atom: eqn.inputs[1], inverse: true }]
}

const spreadOf = (atom: Atom, rewriter: Rewriter): Eqn | undefined => {
  const eqn = rewriter.definition(atom)
  const spread = eqn?.primitive === broadcastInDimP && sizeOf(eqn.inputs[0].aval.shape) < sizeOf(atom.aval.shape)
  return spread ? eqn : undefined
}

const isSpread = (atom: Atom, rewriter: Rewriter): boolean => spreadOf(atom, rewriter) !== undefined

const same = (a: Part) => (b: Part): boolean => a.atom === b.atom && a.inverse === b.inverse

/** The parts of one list that the other has too, each as often; and what is left of both. */
const shared = (a: readonly Part[], b: readonly Part[]): readonly [both: readonly Part[], a: readonly Part[], b: readonly Part[]] => {
  const rest = [...b]
  const both = a.filter((part) => {
    const at = rest.findIndex(same(part))
    if (at >= 0) rest.splice(at, 1)
    return at >= 0
  })
  const left = [...a]
  for (const part of both) left.splice(left.findIndex(same(part)), 1)
  return [both, left, rest]
}

/** Writes `select(m, a·f, a·h)`, where m, f and h are copies of something smaller, as `a·select(m, f, h)`; false if it is none. */
const distributed = (eqn: Eqn, rewriter: Rewriter): boolean => {
  const [mask, onFalse, onTrue] = eqn.inputs
  const [out] = eqn.outputs
  const { shape, dtype } = out.aval
  const [common, f, h] = shared(partsOf(onFalse, rewriter), partsOf(onTrue, rewriter))
  const spreads = [...f, ...h].map(({ atom }) => spreadOf(atom, rewriter))
  const masking = mask.aval.shape.length === 0 ? undefined : spreadOf(mask, rewriter)
  if (common.length === 0 || spreads.includes(undefined) || (masking === undefined && mask.aval.shape.length > 0)) return false

  const kept = new Set<number>()
  for (const spread of [masking, ...spreads]) {
    if (spread === undefined) continue
    const { broadcastDimensions } = spread.params as BroadcastParams // the equation is one of this primitive
    broadcastDimensions.forEach((to, from) => { if (spread.inputs[0].aval.shape[from] !== 1) kept.add(to) })
  }
  const dimensions = [...kept].sort((a, b) => a - b)
  const small = dimensions.map((axis) => shape[axis])
  if (sizeOf(small) === sizeOf(shape)) return false
  const b = new Builder(eqn.source)
  const shrunk = (atom: Atom): Atom => {
    const spread = spreadOf(atom, rewriter)
    if (spread === undefined) return atom
    const { broadcastDimensions } = spread.params as BroadcastParams // the equation is one of this primitive
    const [x] = spread.inputs
    const places = broadcastDimensions.filter((_, from) => x.aval.shape[from] !== 1)
    const squeezed = b.reshape(x, x.aval.shape.filter((size) => size !== 1))
    return b.broadcast(squeezed, small, places.map((to) => dimensions.indexOf(to)))
  }
  const times = (x: Atom | undefined, { atom, inverse }: Part, of: (atom: Atom) => Atom): Atom => {
    if (x === undefined && !inverse) return of(atom)
    return b.elementwise(inverse ? divP : mulP, x ?? b.fill(1, of(atom).aval.shape, dtype), of(atom))
  }
  const scale = (parts: readonly Part[]): Atom =>
    parts.reduce<Atom | undefined>((x, part) => times(x, part, shrunk), undefined) ?? b.fill(1, small, dtype)
  const factor = b.elementwise(selectNP, shrunk(mask), scale(f), scale(h))
  const rest = common.reduce<Atom | undefined>((x, part) => times(x, part, (atom) => atom), undefined) ?? factor
  rewriter.replace(out, b.as(b.elementwise(mulP, rest, b.broadcast(factor, shape, dimensions)), out.aval), b)
  return true
}

/** The program with what large selections have in common outside of them: then it is a factor, which may be opened. */
export const distribute = (jaxpr: Jaxpr, model: Model): Jaxpr => {
  const worthwhile = ({ primitive, inputs, outputs }: Eqn): boolean =>
    primitive === selectNP && inputs.length === 3 && isFloat(outputs[0].aval.dtype) && isLarge(outputs[0], model)
  if (!jaxpr.eqns.some(worthwhile)) return jaxpr
  const rewriter = new Rewriter(jaxpr)
  return rewriter.run((eqn) => worthwhile(eqn) && distributed(eqn, rewriter))
}
