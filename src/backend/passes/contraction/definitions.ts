import type { Jaxpr, Var } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { define } from './define.js'
import { atomsOf, isView, labelsOf, summedIn, type Factor, type Form, type Labels } from './form.js'
import { isLarge, type Model } from './model.js'
import { substitute } from './substitute.js'

/** The forms of large values of a program, and of what is made of them. */
export class Definitions {
  readonly #labels: Labels
  readonly #model: Model
  readonly #forms = new Map<Var, Form>()
  readonly #promising = new Set<Var>()
  readonly #outer = new Set<Var>()

  constructor(jaxpr: Jaxpr, labels: Labels, model: Model) {
    this.#labels = labels
    this.#model = model
    // From the first equation on, so that an operand that is a view is known to be one.
    for (const eqn of jaxpr.eqns) {
      const [v] = eqn.outputs
      if (v === undefined || !(isLarge(v, model) || eqn.inputs.some((atom) => isLarge(atom, model)))) continue
      const form = define(eqn, labels, (operand) => this.#view(operand))
      if (form === null) continue
      this.#forms.set(v, form)
      if (isView(form)) continue
      if (this.#saves(form)) this.#promising.add(v)
      if (this.#spreads(v, form)) this.#outer.add(v)
    }
  }

  /** Whether a form has anything in it that need not be made: a sum, a copy, or a value of which that is true. */
  #saves({ axes, terms }: Form): boolean {
    const out = labelsOf(axes)
    const saves = ({ atom, axes: own }: Factor): boolean => labelsOf(own).length < out.length || this.#promising.has(atom)
    return terms.some((term) => term.factors.some(saves) || summedIn(term, out).length > 0)
  }

  /** Whether opening the value where it is used may be of use. */
  isPromising(v: Var): boolean {
    return this.#promising.has(v)
  }

  /** What the equation that computes a value says; one level deep, but for views. Null if that is no sum of products. */
  of(v: Var): Form | null {
    return this.#forms.get(v) ?? null
  }

  #view(v: Var): Form | undefined {
    const form = this.#forms.get(v)
    return form !== undefined && isView(form) ? form : undefined
  }

  /** A product that is larger than any of its factors, or of such products: whoever can will open it. */
  isOuter(v: Var): boolean {
    return this.#outer.has(v)
  }

  #spreads(v: Var, { terms }: Form): boolean {
    if (terms.length > 1 || !isLarge(v, this.#model)) return false
    const [{ factors }] = terms
    return factors.length > 1 && factors.every(({ atom }) => sizeOf(atom.aval.shape) < sizeOf(v.aval.shape) || this.#outer.has(atom))
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
