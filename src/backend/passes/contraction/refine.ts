import type { Digits, Form, Label, Labels, Term } from './form.js'

/** What becomes of labels: each the digits that replace it. */
export type Renaming = Map<Label, Digits>

const renamedDigits = (digits: Digits, renaming: Renaming): Digits => {
  if (!digits.some((label) => renaming.has(label))) return digits
  return digits.flatMap((label) => renaming.get(label) ?? [label])
}

/** Axes with other labels. */
export const renamedAxes = (axes: readonly Digits[], renaming: Renaming): readonly Digits[] =>
  axes.map((digits) => renamedDigits(digits, renaming))

const renamedTerm = (term: Term, renaming: Renaming): Term => ({
  coefficient: term.coefficient,
  factors: term.factors.map((factor) => ({ ...factor, axes: renamedAxes(factor.axes, renaming) }))
})

/** The form with other labels. */
export const renamedForm = (form: Form, renaming: Renaming): Form =>
  renaming.size === 0 ? form : { axes: renamedAxes(form.axes, renaming), terms: form.terms.map((term) => renamedTerm(term, renaming)) }

/**
 * Finds digits that two ways of counting the same axis have in common: `[6]` and `[2, 3]` have `[2, 3]`. Says what becomes of
 * each side's labels; false if there are none (`[2, 3]` and `[3, 2]`).
 */
export const unify = (a: Digits, b: Digits, labels: Labels, left: Renaming, right: Renaming): boolean => {
  if (a.length === 1 && b.length === 1) {
    right.set(b[0], a)
    return true
  }
  const [partsA, partsB] = [a.map((): Label[] => []), b.map((): Label[] => [])]
  let [i, j] = [a.length - 1, b.length - 1]
  let [restA, restB] = [i < 0 ? 1 : labels.size(a[i]), j < 0 ? 1 : labels.size(b[j])]
  while (i >= 0 && j >= 0) {
    const size = Math.min(restA, restB)
    if (restA % size !== 0 || restB % size !== 0) return false
    const whole = partsA[i].length === 0 && restA === size
    const cell = whole ? a[i] : labels.make(size)
    partsA[i].unshift(cell)
    partsB[j].unshift(cell)
    restA /= size
    restB /= size
    if (restA === 1 && --i >= 0) restA = labels.size(a[i])
    if (restB === 1 && --j >= 0) restB = labels.size(b[j])
  }
  a.forEach((label, k) => {
    if (partsA[k].length !== 1 || partsA[k][0] !== label) left.set(label, partsA[k])
  })
  b.forEach((label, k) => right.set(label, partsB[k]))
  return true
}
