import type { Eqn, Jaxpr, Var } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { reduceSumP } from '../../../lax/broadcast.js'
import { dotGeneralP } from '../../../lax/dot.js'
import { define, isCopy, mayBeView } from './define.js'
import { atomsOf, isView, labelsOf, summedIn, type Factor, type Form, type Labels } from './form.js'
import { isLarge, type Model } from './model.js'
import { substitute } from './substitute.js'

/** How far products of products are looked through: forms have no more factors anyway. */
const deepest = 10

/** The forms of large values of a program, and of what is made of them: made when they are asked for, but for views. */
export class Definitions {
  readonly #labels: Labels
  readonly #model: Model
  readonly #eqns = new Map<Var, Eqn>()
  readonly #views = new Map<Var, Form>()
  readonly #forms = new Map<Var, Form | null>()
  readonly #promising = new Map<Var, boolean>()
  readonly #outer = new Map<Var, boolean>()

  constructor(jaxpr: Jaxpr, labels: Labels, model: Model) {
    this.#labels = labels
    this.#model = model
    const views = (v: Var): Form | undefined => this.#views.get(v)
    // From the first equation on, so that an operand that is a view is known to be one.
    for (const eqn of jaxpr.eqns) {
      for (const v of eqn.outputs) this.#eqns.set(v, eqn)
      if (eqn.outputs.length !== 1 || !mayBeView(eqn, views)) continue
      const [v] = eqn.outputs
      const form = this.of(v)
      if (form !== null && isView(form)) this.#views.set(v, form)
    }
  }

  /** The equation that computes a value; undefined for inputs. */
  equation(v: Var): Eqn | undefined {
    return this.#eqns.get(v)
  }

  /** What the equation that computes a value says; one level deep, but for views. Null if that is no sum of products. */
  of(v: Var): Form | null {
    const known = this.#forms.get(v)
    if (known !== undefined) return known
    const eqn = this.#eqns.get(v)
    const worthwhile = eqn !== undefined && (isLarge(v, this.#model) || eqn.inputs.some((atom) => isLarge(atom, this.#model)))
    const form = worthwhile ? define(eqn, this.#labels, (operand) => this.#views.get(operand)) : null
    this.#forms.set(v, form)
    return form
  }

  /** Whether the form of an equation may be better by itself: it sums, or reads nothing but copies of something smaller. */
  mayImprove({ primitive, inputs }: Eqn): boolean {
    return primitive === dotGeneralP || primitive === reduceSumP || inputs.every((atom) => isCopy(atom, (v) => this.#views.get(v)))
  }

  /** Whether a form has anything in it that need not be made: a sum, a copy, or a value of which that is true. */
  #saves({ axes, terms }: Form, depth: number): boolean {
    const out = labelsOf(axes)
    const saves = ({ atom, axes: own }: Factor): boolean => labelsOf(own).length < out.length || this.isPromising(atom, depth)
    return terms.some((term) => summedIn(term, out).length > 0 || term.factors.some(saves))
  }

  /** Whether opening the value where it is used may be of use. */
  isPromising(v: Var, depth = deepest): boolean {
    const known = this.#promising.get(v)
    if (known !== undefined) return known
    const form = depth === 0 ? null : this.of(v)
    const promising = form !== null && !isView(form) && this.#saves(form, depth - 1)
    if (depth > 0) this.#promising.set(v, promising)
    return promising
  }

  /** A product that is larger than any of its factors, or of such products: whoever can will open it. */
  isOuter(v: Var, depth = deepest): boolean {
    const known = this.#outer.get(v)
    if (known !== undefined) return known
    const form = depth === 0 || !isLarge(v, this.#model) ? null : this.of(v)
    const outer = form !== null && !isView(form) && this.#spreads(v, form, depth - 1)
    if (depth > 0) this.#outer.set(v, outer)
    return outer
  }

  #spreads(v: Var, { terms }: Form, depth: number): boolean {
    if (terms.length > 1) return false
    const [{ factors }] = terms
    return factors.length > 1 && factors.every(({ atom }) => sizeOf(atom.aval.shape) < sizeOf(v.aval.shape) || this.isOuter(atom, depth))
  }

  /** Whether an outer product is among the values of a form, or of sums in it. */
  hasOuter({ terms }: Form): boolean {
    return terms.some(({ factors }) => factors.some(({ atom }) => this.isOuter(atom) || this.#isSumOfOuter(atom)))
  }

  #isSumOfOuter(v: Var): boolean {
    const form = isLarge(v, this.#model) ? this.of(v) : null
    return form !== null && form.terms.length > 1 && form.terms.some(({ factors }) => factors.some(({ atom }) => this.isOuter(atom)))
  }

  /** The form with the outer products in it, and sums of them, opened. */
  opened(form: Form, depth = 3): Form {
    if (depth === 0) return form
    let result = form
    for (const atom of atomsOf(form)) {
      const definition = this.isOuter(atom) || this.#isSumOfOuter(atom) ? this.of(atom) : null
      if (definition !== null) result = substitute(result, atom, definition, this.#labels)?.form ?? result
    }
    return result === form ? form : this.opened(result, depth - 1)
  }
}
