import type { Var } from '../../../core/primitive.js'

/*
 * The normal form of what products, broadcasts and sums make of values: Σ_terms coefficient · Σ_labels ∏ atom[axes]^±1.
 * A label is an index that runs over a range. Labels of the terms that are not among those of the result are summed over.
 */

/** An index of a sum, known by its number. */
export type Label = number

/** The labels of one axis, most significant first: its position in mixed radix. None, if the axis has size 1. */
export type Digits = readonly Label[]

/** A value, at an element that the labels say, or one over it. */
export interface Factor {
  readonly atom: Var
  readonly axes: readonly Digits[]
  readonly inverse: boolean
  /** The sums that were opened around it, outermost first: it was multiplied by what is not in them only after they were summed. */
  readonly within: readonly number[]
}

export interface Term {
  readonly coefficient: number
  readonly factors: readonly Factor[]
}

/** A value as a sum of products. */
export interface Form {
  readonly axes: readonly Digits[]
  readonly terms: readonly Term[]
}

/** The labels of a list of axes, in order. */
export const labelsOf = (axes: readonly Digits[]): readonly Label[] => {
  if (axes.length === 1) return axes[0]
  const labels: Label[] = []
  for (const digits of axes) for (const label of digits) labels.push(label)
  return labels
}

/** The labels that a term sums over. */
export const summedIn = (term: Term, out: readonly Label[]): readonly Label[] => {
  const found: Label[] = []
  for (const { axes } of term.factors) {
    for (const digits of axes) for (const label of digits) if (!out.includes(label) && !found.includes(label)) found.push(label)
  }
  return found
}

/** Whether the form is its only factor, at most with other axes and times a number: nothing to compute. */
export const isView = ({ axes, terms }: Form): boolean => {
  if (terms.length !== 1 || terms[0].factors.length > 1) return false
  const [factor] = terms[0].factors
  return factor === undefined || (!factor.inverse && summedIn(terms[0], labelsOf(axes)).length === 0)
}

/**
 * Whether the form saves work by the copies alone that its values are: an axis of the result that none has, or one to sum over
 * that only one has.
 */
export const isSpread = (form: Form): boolean => {
  if (isView(form)) return false
  const out = labelsOf(form.axes)
  const all = form.terms.flatMap(({ factors }) => factors.map(({ axes }) => labelsOf(axes)))
  if (out.some((label) => !all.some((labels) => labels.includes(label)))) return true
  return form.terms.length === 1 && all.length > 1 &&
    summedIn(form.terms[0], out).some((label) => all.filter((labels) => labels.includes(label)).length === 1)
}

/** The values in a form, each once. */
export const atomsOf = ({ terms }: Form): ReadonlySet<Var> => {
  const atoms = new Set<Var>()
  for (const { factors } of terms) for (const { atom } of factors) atoms.add(atom)
  return atoms
}

/** The extents of labels. Every label is made here, so that those of different forms are never the same. */
export class Labels {
  readonly #sizes: number[] = []

  make(size: number): Label {
    return this.#sizes.push(size) - 1
  }

  size(label: Label): number {
    return this.#sizes[label]
  }

  /** The labels of an axis. */
  digits(size: number): Digits {
    return size === 1 ? [] : [this.make(size)]
  }

  /** How many positions the labels have. */
  extent(labels: readonly Label[]): number {
    let product = 1
    for (const label of labels) product *= this.#sizes[label]
    return product
  }
}
