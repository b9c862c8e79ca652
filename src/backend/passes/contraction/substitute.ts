import type { Var } from '../../../core/primitive.js'
import { isFloat, type DType } from '../../../core/dtype.js'
import { isView, labelsOf, summedIn, type Digits, type Factor, type Form, type Label, type Labels, type Term } from './form.js'
import { termKey } from './key.js'
import { renamedAxes, renamedForm, unify, type Renaming } from './refine.js'

/** More terms, or factors of a term, are not worth looking at. */
const mostTerms = 16
const mostFactors = 10

/** Sets of labels are kept in the bits of a number. */
const mostLabels = 30

let sums = 0

/** Whether there is a bit for every label of a term. */
export const hasFewLabels = ({ factors }: Term): boolean => {
  let count = 0
  for (const { axes } of factors) for (const digits of axes) count += digits.length
  if (count <= mostLabels) return true
  const labels = new Set<Label>()
  for (const { axes } of factors) for (const digits of axes) for (const label of digits) labels.add(label)
  return labels.size <= mostLabels
}

/** Whether a coefficient is far from where the dtype's numbers end. */
export const isModest = (coefficient: number, dtype: DType): boolean => {
  const size = Math.abs(coefficient)
  const limit = dtype === 'float32' ? 1e30 : 1e290
  return isFloat(dtype) && size > 1 / limit && size < limit
}

/** A term of the definition, in place of the factor: the result's labels are the factor's, those summed over are new ones. */
const placed = (term: Term, out: readonly Label[], renaming: Renaming, factor: Factor, opened: readonly number[], labels: Labels): Term => {
  const own: Renaming = new Map(renaming)
  for (const label of summedIn(term, out)) own.set(label, [labels.make(labels.size(label))])
  const factors = term.factors.map((each): Factor => ({
    atom: each.atom,
    axes: renamedAxes(each.axes, own),
    inverse: each.inverse !== factor.inverse,
    within: [...opened, ...each.within]
  }))
  return { coefficient: factor.inverse ? 1 / term.coefficient : term.coefficient, factors }
}

/** The number of positions of labels that the term lost with a factor and does not sum over any more. */
const lostExtent = (lost: readonly Digits[], term: Term, out: readonly Label[], labels: Labels): number => {
  let extent = 1
  for (const digits of lost) {
    for (const label of digits) {
      if (out.includes(label)) continue
      if (!term.factors.some(({ axes }) => axes.some((each) => each.includes(label)))) extent *= labels.size(label)
    }
  }
  return extent
}

/** Terms of the same factors become one, unless nothing would be left: x − x has to see what is not finite. */
const collected = (terms: readonly Term[], out: readonly Label[]): readonly Term[] => {
  if (terms.length === 1) return terms
  const found = new Map<string, Term>()
  for (const term of terms) {
    const key = termKey(term, out)
    const same = found.get(key)
    const coefficient = (same?.coefficient ?? 0) + term.coefficient
    if (same !== undefined && coefficient === 0) found.set(`${key} ${found.size}`, term)
    else found.set(key, { ...term, coefficient })
  }
  return [...found.values()]
}

interface Opened {
  readonly form: Form
  /** Whether two sums are multiplied term by term that were two numbers before: where those cancelled, their product does not. */
  readonly crosses: boolean
}

/** The form of which the factor at a place is replaced by its definition. */
const replaced = (form: Form, term: Term, at: number, definition: Form, labels: Labels): Opened | null => {
  const factor = term.factors[at]
  const plain = definition.terms.length === 1 && summedIn(definition.terms[0], labelsOf(definition.axes)).length === 0
  if (factor.inverse && !isInvertible(definition, plain)) return null
  const [left, right]: readonly [Renaming, Renaming] = [new Map(), new Map()]
  for (let i = 0; i < factor.axes.length; i++) if (!unify(factor.axes[i], definition.axes[i], labels, left, right)) return null

  const index = form.terms.indexOf(term)
  const refined = renamedForm(form, left)
  const out = labelsOf(refined.axes)
  const { coefficient, factors } = refined.terms[index]
  const rest = factors.filter((_, i) => i !== at)
  const opened = plain ? factor.within : [...factor.within, sums++]
  const inner = labelsOf(definition.axes)
  const terms = definition.terms.map((each): Term => {
    const inside = placed(each, inner, right, factor, opened, labels)
    const whole = { coefficient: coefficient * inside.coefficient, factors: [...rest, ...inside.factors] }
    return { ...whole, coefficient: whole.coefficient * lostExtent(factors[at].axes, whole, out, labels) }
  })
  return {
    form: { axes: refined.axes, terms: [...refined.terms.slice(0, index), ...terms, ...refined.terms.slice(index + 1)] },
    crosses: !plain && rest.some(({ within }) => within.some((sum) => !factor.within.includes(sum)))
  }
}

const isInvertible = (definition: Form, plain: boolean): boolean => plain && definition.terms[0].coefficient !== 0

/**
 * The form with the definition of a value wherever the value is a factor; null if that cannot be written as a form of
 * moderate size.
 */
export const substitute = (form: Form, v: Var, definition: Form, labels: Labels): Opened | null => {
  let result: Opened = { form, crosses: false }
  for (;;) {
    const term = result.form.terms.find(({ factors }) => factors.some(({ atom }) => atom === v))
    if (term === undefined) break
    const next = replaced(result.form, term, term.factors.findIndex(({ atom }) => atom === v), definition, labels)
    if (next === null || next.form.terms.length > mostTerms) return null
    result = { form: next.form, crosses: result.crosses || next.crosses }
  }
  const { axes, terms } = result.form
  // A view in place of what it is a view of makes no terms alike that were not.
  const own = isView(definition) ? terms : collected(terms, labelsOf(axes))
  const modest = own.every(({ coefficient, factors }) => factors.length <= mostFactors && isModest(coefficient, v.aval.dtype))
  return modest && own.every(hasFewLabels) ? { form: { axes, terms: own }, crosses: result.crosses } : null
}
