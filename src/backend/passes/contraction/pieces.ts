import type { AnyPrimitive, Atom, Eqn, Jaxpr, Primitive, Var } from '../../../core/primitive.js'
import { equalShapes, sizeOf, without } from '../../../core/shape.js'
import { absP, addP, divP, maxP, minP, mulP, negP, signP, squareP, subP } from '../../../lax/elementwise/arithmetic.js'
import { addAnyP, broadcastInDimP, reduceSumP, type AxesParams, type BroadcastParams } from '../../../lax/broadcast.js'
import { concatenateP, type ConcatenateParams } from '../../../lax/movement/concatenate.js'
import { convertElementTypeP } from '../../../lax/elementwise/convert.js'
import { dotGeneralP, type DotParams } from '../../../lax/dot.js'
import { expP, logP } from '../../../lax/elementwise/exponential.js'
import { tanhP } from '../../../lax/elementwise/hyperbolic.js'
import { integerPowP, rsqrtP, sqrtP } from '../../../lax/elementwise/power.js'
import { selectNP } from '../../../lax/elementwise/select.js'
import { padP, sliceP, type PadParams, type SliceParams } from '../../../lax/movement/slice.js'
import { reshapeP } from '../../../lax/movement/reshape.js'
import { splitP, type SplitParams } from '../../../lax/movement/split.js'
import { transposeP, type TransposeParams } from '../../../lax/movement/transpose.js'
import { Builder } from '../builder.js'
import { Rewriter } from '../rewriter.js'
import { expands } from './expands.js'
import { isLarge, type Model } from './model.js'

/** An array as parts along an axis; zeros where a part is null. */
interface Pieces {
  readonly axis: number
  readonly sizes: readonly number[]
  readonly parts: readonly (Atom | null)[]
}

const pointwise: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([
  addAnyP, addP, subP, mulP, divP, maxP, minP, negP, absP, signP, squareP, integerPowP, sqrtP, rsqrtP, expP, logP, tanhP, selectNP,
  convertElementTypeP
])

const sums: ReadonlySet<AnyPrimitive> = new Set<AnyPrimitive>([addAnyP, addP])

/** The same arrays with all the boundaries of both; null if a boundary would cut a part that is not zeros. */
const aligned = (a: Pieces, b: Pieces): readonly [Pieces, Pieces] | null => {
  const ends = ({ sizes }: Pieces): readonly number[] => sizes.reduce<number[]>((list, size) => [...list, (list.at(-1) ?? 0) + size], [])
  const all = [...new Set([...ends(a), ...ends(b)])].sort((x, y) => x - y)
  const sizes = all.map((end, i) => end - (i === 0 ? 0 : all[i - 1]))
  const cut = (x: Pieces): Pieces | null => {
    const own = ends(x)
    const parts = all.map((end) => {
      const at = own.findIndex((each) => each >= end)
      return { part: x.parts[at], whole: own[at] === end && x.sizes[at] === sizes[all.indexOf(end)] }
    })
    return parts.every(({ part, whole }) => part === null || whole) ? { axis: x.axis, sizes, parts: parts.map(({ part }) => part) } : null
  }
  const [left, right] = [cut(a), cut(b)]
  return left === null || right === null ? null : [left, right]
}

const shapeKey = ({ aval }: Var): string => aval.shape.join()

class Distributor {
  readonly #pieces = new Map<Var, Pieces>()
  readonly #wholes = new Map<Var, Atom>()
  readonly #rewriter: Rewriter
  readonly #shapes: ReadonlySet<string>

  /** Arrays of these shapes are taken apart. */
  constructor(rewriter: Rewriter, shapes: ReadonlySet<string>) {
    this.#rewriter = rewriter
    this.#shapes = shapes
  }

  piecesOf(atom: Atom): Pieces | undefined {
    return atom.kind === 'var' ? this.#pieces.get(atom) : undefined
  }

  /** The array in one piece. */
  whole(atom: Atom): Atom {
    const pieces = this.piecesOf(atom)
    if (atom.kind !== 'var' || pieces === undefined) return this.#rewriter.find(atom)
    const known = this.#wholes.get(atom)
    if (known !== undefined) return known
    const { axis, sizes, parts } = pieces
    const b = new Builder()
    const filled = parts.map((part, i) => part ?? b.fill(0, atom.aval.shape.with(axis, sizes[i]), atom.aval.dtype))
    const whole = b.as(b.apply<ConcatenateParams>(concatenateP, filled, { dimension: axis }), atom.aval)
    this.#rewriter.take(b)
    this.#wholes.set(atom, whole)
    return whole
  }

  visit(eqn: Eqn): boolean {
    const b = new Builder(eqn.source)
    const outs = this.#distributed(eqn, b)
    if (outs === null) {
      if (!eqn.inputs.some((atom) => this.piecesOf(atom) !== undefined)) return false
      const inputs = eqn.inputs.map((atom) => this.whole(atom))
      this.#rewriter.keep({ ...eqn, inputs })
      return true
    }
    eqn.outputs.forEach((v, i) => {
      const out = outs[i]
      if ('parts' in out) this.#pieces.set(v, out)
      else this.#rewriter.replace(v, b.as(out, v.aval), b)
    })
    this.#rewriter.take(b)
    return true
  }

  /** The results in pieces, or as a whole; null if the equation has to have its operands in one piece. */
  #distributed(eqn: Eqn, b: Builder): readonly (Pieces | Atom)[] | null {
    if (eqn.outputs.length === 0) return null
    const { primitive, inputs, outputs: [out], params } = eqn
    if (primitive === concatenateP) {
      const axis = (params as ConcatenateParams).dimension
      if (!this.#shapes.has(shapeKey(out)) || inputs.some((atom) => this.piecesOf(atom) !== undefined)) return null
      return [{ axis, sizes: inputs.map(({ aval }) => aval.shape[axis]), parts: inputs }]
    }
    if (primitive === padP) return this.#padded(eqn)
    const found = inputs.map((atom) => this.piecesOf(atom))
    const first = found.find((pieces) => pieces !== undefined)
    if (first === undefined) return null
    if (sums.has(primitive) && found.every((pieces) => pieces !== undefined)) return this.#added(primitive, found, b)
    if (found.some((pieces) => pieces?.parts.includes(null) === true)) return null
    if (pointwise.has(primitive)) return this.#mapped(eqn, first, b)
    if (primitive === dotGeneralP) return this.#product(eqn, found, b)
    return this.#moved(primitive, params, first, out, b) ?? this.#taken(eqn, first)
  }

  #padded({ inputs: [x, value], params, outputs: [out] }: Eqn): readonly Pieces[] | null {
    const { paddingConfig } = params as PadParams // the equation is one of this primitive
    const padded = paddingConfig.flatMap((config, i) => (config.some((n) => n !== 0) ? [i] : []))
    if (padded.length !== 1 || value.kind !== 'literal' || value.value !== 0 || !this.#shapes.has(shapeKey(out))) return null
    const [axis] = padded
    const [low, high, interior] = paddingConfig[axis]
    if (interior !== 0 || low < 0 || high < 0 || this.piecesOf(x) !== undefined) return null
    const sizes = [low, x.aval.shape[axis], high]
    const kept = sizes.flatMap((size, i) => (size === 0 ? [] : [i]))
    return [{ axis, sizes: kept.map((i) => sizes[i]), parts: kept.map((i) => [null, x, null][i]) }]
  }

  #added(primitive: Primitive, [x, y]: readonly (Pieces | undefined)[], b: Builder): readonly Pieces[] | null {
    if (x?.axis === undefined || x.axis !== y?.axis) return null
    const both = aligned(x, y)
    if (both === null) return null
    const [left, right] = both
    const parts = left.parts.map((part, i) => {
      const other = right.parts[i]
      return part === null ? other : other === null ? part : b.elementwise(primitive, part, other)
    })
    return [{ ...left, parts }]
  }

  /** A pointwise operation, part by part, if the operands that are whole are copies along the axis. */
  #mapped({ primitive, inputs, params }: Eqn, { axis, sizes }: Pieces, b: Builder): readonly Pieces[] | null {
    const sources = inputs.map((atom): readonly Atom[] | null => {
      const pieces = this.piecesOf(atom)
      if (pieces !== undefined) {
        return pieces.axis === axis && equalShapes(pieces.sizes, sizes) ? pieces.parts.flatMap((part) => part ?? []) : null
      }
      if (atom.aval.shape.length === 0) return sizes.map(() => atom)
      const spread = this.#rewriter.definition(atom)
      if (spread?.primitive !== broadcastInDimP) return null
      const { shape, broadcastDimensions } = spread.params as BroadcastParams // the equation is one of this primitive
      const [x] = spread.inputs
      const at = broadcastDimensions.indexOf(axis)
      if (at >= 0 && x.aval.shape[at] !== 1) return null
      return sizes.map((size) => b.apply<BroadcastParams>(broadcastInDimP, [x], { shape: shape.with(axis, size), broadcastDimensions }))
    })
    if (sources.includes(null)) return null
    return [{ axis, sizes, parts: sizes.map((_, i) => b.apply(primitive, sources.flatMap((list) => list?.[i] ?? []), params)) }]
  }

  /** A sum, or the array in another form that leaves the axis as it is. */
  #moved(
    primitive: AnyPrimitive, params: object, { axis, sizes, parts }: Pieces, { aval }: Var, b: Builder
  ): readonly (Pieces | Atom)[] | null {
    const each = (to: number, p: (size: number) => object): readonly Pieces[] =>
      [{ axis: to, sizes, parts: parts.map((part, i) => b.apply(primitive, part === null ? [] : [part], p(sizes[i]))) }]
    if (primitive === reduceSumP) {
      const { axes } = params as AxesParams // the equation is one of this primitive
      if (!axes.includes(axis)) return each(axis - axes.filter((a) => a < axis).length, () => params)
      const all = parts.flatMap((part) => (part === null ? [] : [b.sum(part, axes)]))
      return [all.reduce((x, y) => b.elementwise(addP, x, y))]
    }
    if (primitive === transposeP) return each((params as TransposeParams).permutation.indexOf(axis), () => params)
    if (primitive === broadcastInDimP) {
      const { shape, broadcastDimensions } = params as BroadcastParams // the equation is one of this primitive
      const to = broadcastDimensions[axis]
      return each(to, (size) => ({ shape: shape.with(to, size), broadcastDimensions }))
    }
    if (primitive === reshapeP) {
      const [from] = parts
      const [before, size] = [sizeOf(from?.aval.shape.slice(0, axis) ?? []), sizes.reduce((x, y) => x + y)]
      const to = aval.shape.findIndex((n, i) => n === size && sizeOf(aval.shape.slice(0, i)) === before)
      return to < 0 ? null : each(to, (n) => ({ newSizes: aval.shape.with(to, n) }))
    }
    return null
  }

  /** A product whose operands have their parts along axes that are multiplied with each other, or along one that stays. */
  #product(
    { inputs, params, outputs: [out] }: Eqn, found: readonly (Pieces | undefined)[], b: Builder
  ): readonly (Pieces | Atom)[] | null {
    const { dimensionNumbers: { contracting, batch } } = params as DotParams // the equation is one of this primitive
    const [x, y] = found
    if (x !== undefined && y !== undefined) {
      const at = contracting[0].indexOf(x.axis)
      if (at < 0 || contracting[1][at] !== y.axis || !equalShapes(x.sizes, y.sizes)) return null
      const products = x.parts.flatMap((part, i) => {
        const other = y.parts[i]
        return part === null || other === null ? [] : [b.apply(dotGeneralP, [part, other], params as DotParams)]
      })
      return [products.reduce((p, q) => b.elementwise(addP, p, q))]
    }
    const side = x === undefined ? 1 : 0
    const pieces = found[side]
    if (pieces === undefined || contracting[side].includes(pieces.axis) || batch[side].includes(pieces.axis)) return null
    const free = without([...inputs[side].aval.shape.keys()], [...contracting[side], ...batch[side]])
    const start = side === 0 ? batch[0].length : out.aval.shape.length - free.length
    const parts = pieces.parts.flatMap((part) =>
      part === null ? [] : [b.apply(dotGeneralP, side === 0 ? [part, inputs[1]] : [inputs[0], part], params as DotParams)])
    return [{ axis: start + free.indexOf(pieces.axis), sizes: pieces.sizes, parts }]
  }

  /** Slices between boundaries. */
  #taken({ primitive, inputs: [x], params }: Eqn, { axis, sizes, parts }: Pieces): readonly (Pieces | Atom)[] | null {
    const between = (from: number, to: number): Pieces | Atom | null => {
      let start = 0
      const taken: number[] = []
      for (let i = 0; i < sizes.length; i++) {
        if (start >= from && start + sizes[i] <= to) taken.push(i)
        start += sizes[i]
      }
      if (taken.reduce((sum, i) => sum + sizes[i], 0) !== to - from || taken.length === 0) return null
      return taken.length === 1 ? parts[taken[0]] : { axis, sizes: taken.map((i) => sizes[i]), parts: taken.map((i) => parts[i]) }
    }
    if (primitive === sliceP) {
      const { startIndices, limitIndices, strides } = params as SliceParams // the equation is one of this primitive
      const elsewhere = startIndices.some((start, i) => i !== axis && (start !== 0 || limitIndices[i] !== x.aval.shape[i]))
      const result = elsewhere || strides !== null ? null : between(startIndices[axis], limitIndices[axis])
      return result === null ? null : [result]
    }
    if (primitive === splitP && (params as SplitParams).axis === axis) {
      let start = 0
      const results = (params as SplitParams).sizes.map((size) => between(start, (start += size)))
      return results.flatMap((result) => result ?? []).length === results.length ? results.flatMap((result) => result ?? []) : null
    }
    return null
  }
}

/**
 * The program with operations on arrays that were put together (the gradient of raveled parameters) on their parts instead:
 * then each part is a product, which may be opened.
 */
export const distributePieces = (jaxpr: Jaxpr, model: Model): Jaxpr => {
  const isJoin = ({ primitive }: Eqn): boolean => primitive === concatenateP || primitive === padP
  const joins = jaxpr.eqns.filter((eqn) => isJoin(eqn) && isLarge(eqn.outputs[0], model))
  if (joins.length === 0) return jaxpr
  const definitions = new Map<Atom, Eqn>(jaxpr.eqns.map((eqn) => [eqn.outputs[0], eqn]))
  const made = joins.filter(({ inputs }) => inputs.some((atom) => expands(atom, (x) => definitions.get(x))))
  if (made.length === 0) return jaxpr
  const rewriter = new Rewriter(jaxpr)
  const distributor = new Distributor(rewriter, new Set(made.map(({ outputs }) => shapeKey(outputs[0]))))
  return rewriter.run((eqn) => distributor.visit(eqn), (atom) => distributor.whole(atom))
}
