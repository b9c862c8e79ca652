import type { Aval } from '../../../core/aval.js'
import type { DType } from '../../../core/dtype.js'
import type { Atom } from '../../../core/primitive.js'
import { addP, divP, maxP, mulP, negP, squareP, subP } from '../../../lax/elementwise/arithmetic.js'
import { dotGeneralP, type DotParams } from '../../../lax/dot.js'
import { integerPowP, type IntegerPowParams } from '../../../lax/elementwise/power.js'
import type { Builder } from '../builder.js'
import { labelsOf, type Form, type Label, type Labels, type Term } from './form.js'
import type { Model } from './model.js'
import { orderOf, type Tree } from './order.js'

/** A value whose axes are labels, one each; `inverse`: what is meant is one over it. */
interface Operand {
  readonly atom: Atom
  readonly labels: readonly Label[]
  readonly inverse: boolean
}

/** Writes forms as equations. */
export class Emitter {
  readonly #builder: Builder
  readonly #labels: Labels
  readonly #model: Model
  readonly #careful: boolean

  /** `careful`: in float64 throughout, as sums were opened that may cancel. */
  constructor(builder: Builder, labels: Labels, model: Model, careful: boolean) {
    this.#builder = builder
    this.#labels = labels
    this.#model = model
    this.#careful = careful
  }

  /** The value of a form, in the type given. `nonnegative`: it is a sum of squares, which rounding must not make negative. */
  form(form: Form, out: Aval, nonnegative: boolean): Atom {
    const b = this.#builder
    // What no value has an axis for is put in at the end.
    const labels = labelsOf(form.axes)
    const found = new Set(form.terms.flatMap(({ factors }) => factors.flatMap(({ axes }) => labelsOf(axes))))
    const own = labels.filter((label) => found.has(label))
    const sorted = form.terms.toSorted((s, t) => Number(t.coefficient > 0) - Number(s.coefficient > 0))
    let sum: Atom | undefined
    for (const term of sorted) {
      const subtracted = sum !== undefined && term.coefficient < 0
      const value = this.#term(subtracted ? { ...term, coefficient: -term.coefficient } : term, own, out.dtype)
      sum = sum === undefined ? value : b.elementwise(subtracted ? subP : addP, ...this.#alike(sum, value))
    }
    if (sum === undefined) return b.fill(0, out.shape, out.dtype)
    if (nonnegative) sum = b.elementwise(maxP, sum, b.fill(0, sum.aval.shape, sum.aval.dtype))
    const sizes = labels.map((label) => this.#labels.size(label))
    const spread = b.broadcast(b.convert(sum, out.dtype, out.weak), sizes, own.map((label) => labels.indexOf(label)))
    return b.reshape(spread, out.shape)
  }

  /** Two values in one dtype, the wider one. */
  #alike(x: Atom, y: Atom): readonly [Atom, Atom] {
    const dtype: DType = x.aval.dtype === 'float64' ? x.aval.dtype : y.aval.dtype
    return [this.#builder.convert(x, dtype), this.#builder.convert(y, dtype)]
  }

  /** The value of a term, with an axis for every label of `out`. */
  #term(term: Term, out: readonly Label[], dtype: DType): Atom {
    const b = this.#builder
    const sizes = out.map((label) => this.#labels.size(label))
    const order = orderOf(term, [out], this.#labels, this.#model, 4)
    if (order.tree === null) return b.fill(term.coefficient, sizes, this.#careful ? 'float64' : dtype)
    const product = this.#direct(this.#tree(order.tree, term, order.labels, out))
    const present = out.filter((label) => product.labels.includes(label))
    const scaled = this.#scaled(product.atom, term.coefficient)
    const ordered = b.transpose(scaled, present.map((label) => product.labels.indexOf(label)))
    return b.broadcast(ordered, sizes, present.map((label) => out.indexOf(label)))
  }

  #scaled(x: Atom, coefficient: number): Atom {
    const b = this.#builder
    if (coefficient === 1) return x
    if (coefficient === -1) return b.elementwise(negP, x)
    return b.elementwise(mulP, x, b.fill(coefficient, x.aval.shape, x.aval.dtype))
  }

  #tree(tree: Tree, term: Term, names: readonly Label[], out: readonly Label[]): Operand {
    const kept = (label: Label): boolean => (tree.kept & (1 << names.indexOf(label))) !== 0
    if ('factor' in tree) return this.#leaf(term, tree.factor, kept)
    const [left, right] = [this.#tree(tree.left, term, names, []), this.#tree(tree.right, term, names, [])]
    return this.#product(left, right, kept, out)
  }

  /** A factor with an axis for every label, summed over those that nobody else has. */
  #leaf({ factors }: Term, index: number, kept: (label: Label) => boolean): Operand {
    const { atom, axes, inverse } = factors[index]
    const labels = labelsOf(axes)
    const split = this.#builder.reshape(atom, labels.map((label) => this.#labels.size(label)))
    const operand = { atom: split, labels, inverse }
    return labels.every(kept) ? operand : this.#summed(this.#direct(operand), kept)
  }

  #summed({ atom, labels }: Operand, kept: (label: Label) => boolean): Operand {
    const wide = this.#careful ? this.#builder.convert(atom, 'float64') : atom
    const sum = this.#builder.sum(wide, labels.flatMap((label, i) => (kept(label) ? [] : [i])))
    return { atom: sum, labels: labels.filter(kept), inverse: false }
  }

  /** The operand itself, not one over it. */
  #direct(x: Operand): Operand {
    if (!x.inverse) return x
    const params: IntegerPowParams = { y: -1 }
    return { ...x, inverse: false, atom: this.#builder.apply(integerPowP, [x.atom], params) }
  }

  #product(x: Operand, y: Operand, kept: (label: Label) => boolean, out: readonly Label[]): Operand {
    const onlyX = x.labels.filter((label) => !y.labels.includes(label))
    const onlyY = y.labels.filter((label) => !x.labels.includes(label))
    const contracted = x.labels.some((label) => y.labels.includes(label) && !kept(label))
    if (contracted ? onlyX.length + onlyY.length > 0 : onlyX.length > 0 && onlyY.length > 0) {
      // The result's axes come in the order wanted, if it is that of one operand after the other.
      const swapped = onlyX.length > 0 && onlyY.length > 0 && out.indexOf(onlyX[0]) > out.indexOf(onlyY[0])
      return swapped ? this.#dot(this.#direct(y), this.#direct(x), kept) : this.#dot(this.#direct(x), this.#direct(y), kept)
    }
    const product = onlyX.length === 0 ? this.#scale(y, x, contracted) : this.#scale(x, y, contracted)
    return contracted ? this.#summed(this.#direct(product), kept) : product
  }

  /** The larger operand times the smaller one, all of whose labels it has; `summed`: the product is to be summed. */
  #scale(large: Operand, small: Operand, summed: boolean): Operand {
    const b = this.#builder
    const same = large.labels.length === small.labels.length
    const [x, y] = [this.#direct(large), small.inverse && large.inverse ? this.#direct(small) : small]
    const square = same && x.atom === y.atom && x.labels.every((label, i) => label === y.labels[i]) && !y.inverse
    if (square) {
      // Row sums of squares of float32 are kept in float64: their products neither overflow nor underflow.
      const wide = summed || this.#careful ? b.convert(x.atom, 'float64') : x.atom
      return { atom: b.elementwise(squareP, wide), labels: x.labels, inverse: false }
    }
    const ordered = b.transpose(y.atom, x.labels.flatMap((label) => (y.labels.includes(label) ? [y.labels.indexOf(label)] : [])))
    const dtype = this.#common(x.atom, ordered)
    const shape = x.atom.aval.shape
    const places = x.labels.flatMap((label, i) => (y.labels.includes(label) ? [i] : []))
    const spread = b.broadcast(b.convert(ordered, dtype), shape, places)
    return { atom: b.elementwise(y.inverse ? divP : mulP, b.convert(x.atom, dtype), spread), labels: x.labels, inverse: false }
  }

  /** The dtype in which a large and a small value are multiplied: float64 if they are to be, or if it costs nothing. */
  #common(large: Atom, small: Atom): DType {
    if (this.#careful || large.aval.dtype === 'float64') return 'float64'
    return large.aval.shape.length === small.aval.shape.length ? small.aval.dtype : large.aval.dtype
  }

  #dot(x: Operand, y: Operand, kept: (label: Label) => boolean): Operand {
    const b = this.#builder
    const shared = x.labels.filter((label) => y.labels.includes(label))
    const [batch, contracted] = [shared.filter(kept), shared.filter((label) => !kept(label))]
    const pairs = (of: readonly Label[]): readonly [number[], number[]] =>
      [of.map((label) => x.labels.indexOf(label)), of.map((label) => y.labels.indexOf(label))]
    const [wide, narrow] = [x, y].map(({ atom }) => atom.aval.dtype === 'float64')
    const dtype: DType = this.#careful && (wide || narrow) ? 'float64' : wide && narrow ? 'float64' : 'float32'
    const params: DotParams = {
      dimensionNumbers: { contracting: pairs(contracted), batch: pairs(batch) },
      preferredElementType: this.#careful && dtype === 'float32' ? 'float64' : null
    }
    const atom = b.apply(dotGeneralP, [b.convert(x.atom, dtype), b.convert(y.atom, dtype)], params)
    const free = [...x.labels, ...y.labels].filter((label) => !shared.includes(label))
    return { atom, labels: [...batch, ...free], inverse: false }
  }
}
