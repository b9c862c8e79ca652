import type { ArrayLike, NdArray } from '../core/array.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { range } from '../core/shape.js'
import * as lax from '../lax/index.js'
import { lastDiagonal } from './matrix.js'
import { promoteAll } from './promote.js'

/** An array whose axes have labels: the letters of the subscripts, and `#0`, `#1`, … for the axes of an ellipsis, last first. */
interface Labelled {
  readonly labels: readonly string[]
  readonly array: NdArray
}

const letters = (text: string): readonly string[] => Array.from(text)

const term = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/

/** The labels of one operand's axes. */
const labelsOf = (text: string, rank: number, position: number): readonly string[] => {
  const [before, after] = text.split('...')
  const named = before.length + (after ?? '').length
  if (after === undefined ? named !== rank : named > rank) {
    const count = `${after === undefined ? '' : 'at least '}${named}`
    throw new ShapeError('einsum', `an array with ${count} axes for '${text}'`, `${rank} axes`, [position])
  }
  if (after === undefined) return letters(before)
  const hidden = rank - named
  return [...letters(before), ...range(hidden).map((i) => `#${hidden - 1 - i}`), ...letters(after)]
}

/** The labels of the result: those given, or those of the ellipsis and, sorted, the letters that occur once. */
const outputOf = (text: string | undefined, inputs: readonly (readonly string[])[]): readonly string[] => {
  const all = inputs.flat()
  const hidden = [...new Set(all.filter((label) => label.startsWith('#')))].sort((a, b) => Number(b.slice(1)) - Number(a.slice(1)))
  if (text === undefined) {
    const plain = all.filter((label) => !label.startsWith('#'))
    return [...hidden, ...plain.filter((label) => plain.indexOf(label) === plain.lastIndexOf(label)).sort()]
  }
  const [before, after] = text.split('...')
  const out = after === undefined ? letters(before) : [...letters(before), ...hidden, ...letters(after)]
  const unknown = out.find((label) => !all.includes(label))
  if (unknown !== undefined) throw new ArgumentError('einsum', 'labels of operands in the result', unknown)
  if (new Set(out).size !== out.length) throw new ArgumentError('einsum', 'each label once in the result', text)
  return out
}

/** The diagonal over axes that share a label. */
const onceEach = ({ labels, array }: Labelled): Labelled => {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i)
  if (second < 0) return { labels, array }
  const first = labels.indexOf(labels[second])
  const others = range(labels.length).filter((axis) => axis !== first && axis !== second)
  const diagonal = lastDiagonal(lax.transpose(array, [...others, first, second]), 0)
  return onceEach({ labels: [...others.map((axis) => labels[axis]), labels[first]], array: diagonal })
}

/** Sums over the axes whose labels nobody asks for any more. */
const summed = ({ labels, array }: Labelled, wanted: ReadonlySet<string>): Labelled => {
  const axes = range(labels.length).filter((axis) => !wanted.has(labels[axis]))
  return axes.length === 0
    ? { labels, array }
    : { labels: labels.filter((label) => wanted.has(label)), array: lax.reduceSum(array, axes) }
}

/** The product of two operands, summed over the labels that nobody else asks for. */
const contracted = (left: Labelled, right: Labelled, wanted: ReadonlySet<string>): Labelled => {
  const a = summed(left, new Set([...wanted, ...right.labels]))
  const b = summed(right, new Set([...wanted, ...left.labels]))
  const shared = a.labels.filter((label) => b.labels.includes(label))
  const [batch, inner] = [shared.filter((label) => wanted.has(label)), shared.filter((label) => !wanted.has(label))]
  const places = ({ labels }: Labelled, some: readonly string[]): readonly number[] => some.map((label) => labels.indexOf(label))
  const free = ({ labels }: Labelled): readonly string[] => labels.filter((label) => !shared.includes(label))
  return {
    labels: [...batch, ...free(a), ...free(b)],
    array: lax.dotGeneral(a.array, b.array, { contract: [places(a, inner), places(b, inner)], batch: [places(a, batch), places(b, batch)] })
  }
}

/** The size of every label; throws ShapeError where operands disagree, but for sizes of 1, which broadcast. */
const sizesOf = (operands: readonly Labelled[]): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>()
  operands.forEach(({ labels, array }, position) => labels.forEach((label, axis) => {
    const size = array.shape[axis]
    const known = sizes.get(label) ?? 1
    const own = array.shape[labels.indexOf(label)]
    if ((known !== size && known !== 1 && size !== 1) || own !== size) {
      throw new ShapeError('einsum', `size ${known === 1 ? own : known} for every axis '${label}'`, array, [position])
    }
    if (known === 1) sizes.set(label, size)
  }))
  return sizes
}

/** Without the axes that have size 1 where another operand has more: these broadcast. */
const unbroadcast = ({ labels, array }: Labelled, sizes: ReadonlyMap<string, number>): Labelled => {
  const axes = range(labels.length).filter((axis) => array.shape[axis] !== sizes.get(labels[axis]))
  return { labels: labels.filter((_, axis) => !axes.includes(axis)), array: lax.squeeze(array, axes) }
}

/** What all operands but two, and the result, ask for. */
const wantedBy = (operands: readonly Labelled[], but: readonly number[], output: readonly string[]): ReadonlySet<string> =>
  new Set([...output, ...operands.flatMap(({ labels }, i) => (but.includes(i) ? [] : labels))])

/** The two operands whose product is smallest compared with themselves. */
const cheapest = (
  operands: readonly Labelled[], output: readonly string[], sizes: ReadonlyMap<string, number>
): readonly [number, number] => {
  const volume = (labels: Iterable<string>): number => [...labels].reduce((product, label) => product * (sizes.get(label) ?? 1), 1)
  let best: readonly [number, number] = [0, 1]
  let least = Infinity
  for (let i = 0; i < operands.length; i++) {
    for (let j = i + 1; j < operands.length; j++) {
      const wanted = wantedBy(operands, [i, j], output)
      const union = new Set([...operands[i].labels, ...operands[j].labels])
      const cost = volume([...union].filter((label) => wanted.has(label))) - volume(operands[i].labels) - volume(operands[j].labels)
      if (cost < least) [best, least] = [[i, j], cost]
    }
  }
  return best
}

/**
 * Sums of products, written with a letter for each axis (Einstein's convention): axes with one letter go together, and letters
 * that are not in the result are summed over. Without `->` the result has, sorted, the letters that occur once. A letter twice
 * in one operand means the diagonal; `...` stands for further axes. Axes of size 1 broadcast. Several operands are multiplied two at a
 * time, those with the smallest product first. `jnp.einsum`. Throws ShapeError where sizes disagree, ArgumentError for
 * subscripts that make no sense.
 *
 * @example
 * np.einsum('ij,jk->ik', [[1, 2], [3, 4]], [[1, 0], [0, 2]]) // [[1, 4], [3, 8]]
 * np.einsum('ii', [[1, 2], [3, 4]]) // 5
 * np.einsum('i,j', [1, 2], [10, 20]) // [[10, 20], [20, 40]]
 */
export const einsum = (subscripts: string, ...operands: readonly ArrayLike[]): NdArray => {
  if (typeof subscripts !== 'string') throw new ArgumentError('einsum', "subscripts like 'ij,jk->ik'", subscripts)
  const [left, result, more] = subscripts.replace(/\s/g, '').split('->')
  const terms = left.split(',')
  if (more !== undefined || ![...terms, result ?? ''].every((text) => term.test(text))) {
    throw new ArgumentError('einsum', "letters for axes, '...', ',' between operands and one '->'", subscripts)
  }
  if (terms.length !== operands.length) throw new ArgumentError('einsum', `${terms.length} operands for '${left}'`, operands.length)
  const arrays = promoteAll('einsum', operands)
  const given = arrays.map((array, i) => ({ labels: labelsOf(terms[i], array.ndim, i), array }))
  const output = outputOf(result, given.map(({ labels }) => labels))
  const sizes = sizesOf(given)
  let rest: readonly Labelled[] = given.map((operand) => onceEach(unbroadcast(operand, sizes)))
  while (rest.length > 1) {
    const [i, j] = cheapest(rest, output, sizes)
    const product = contracted(rest[i], rest[j], wantedBy(rest, [i, j], output))
    rest = [...rest.filter((_, k) => k !== i && k !== j), product]
  }
  const { labels, array } = summed(rest[0], new Set(output))
  return lax.transpose(array, output.map((label) => labels.indexOf(label)))
}
