import { labelsOf, type Factor, type Label, type Term } from './form.js'

/** A factor as text, its labels by the names given. */
const written = ({ atom, axes, inverse }: Factor, name: (label: Label) => string): string =>
  `${atom.id}${inverse ? '/' : ''}[${axes.map((digits) => digits.map(name).join('.')).join(',')}]`

/**
 * Equal for terms of the same factors, in whatever order, up to the names of the labels summed over. Labels of the result
 * are known by their place in `out`; the others are numbered as they appear in the least of the factors left, again and again.
 */
export const termKey = ({ factors }: Term, out: readonly Label[]): string => {
  const names = new Map<Label, string>(out.map((label, i) => [label, String(i)]))
  const uses = new Map<Label, string[]>()
  const rough = factors.map((factor) => written(factor, (label) => names.get(label) ?? 's'))
  factors.forEach(({ axes }, i) => {
    labelsOf(axes).forEach((label, place) => {
      if (!names.has(label)) uses.set(label, [...(uses.get(label) ?? []), `${rough[i]}@${place}`].sort())
    })
  })
  const roles = new Map([...uses].map(([label, list]) => [label, `(${list.join(';')})`]))
  const name = (label: Label): string => names.get(label) ?? roles.get(label) ?? ''
  const rest = new Set(factors)
  let text = ''
  let count = 0
  while (rest.size > 0) {
    const [next] = [...rest].map((factor) => [written(factor, name), factor] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    rest.delete(next[1])
    for (const label of labelsOf(next[1].axes)) if (!names.has(label)) names.set(label, `s${count++}`)
    text += `${written(next[1], name)} `
  }
  return text
}
