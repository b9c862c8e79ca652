import { labelsOf, type Digits, type Form, type Label, type Labels, type Term } from './form.js'
import { kernelTime, leastExtent, type Model } from './model.js'

/** In which order the factors of a term are multiplied. Sets of labels are sets of bits. */
export type Tree = Leaf | Branch

interface Leaf {
  readonly factor: number
  readonly kept: number
}

interface Branch {
  readonly left: Tree
  readonly right: Tree
  readonly kept: number
}

export interface Order {
  /** Null for a term without factors. */
  readonly tree: Tree | null
  readonly time: number
  /** The labels that the bits stand for. */
  readonly labels: readonly Label[]
}

/** Up to so many factors every order is tried; beyond, the cheapest pair is taken each time. */
const mostTried = 6

/** The orders of one term. */
class Orders {
  readonly #model: Model
  readonly #bytes: number
  readonly #sizes: readonly number[]
  readonly #extents = new Map<number, number>()

  constructor(model: Model, bytes: number, sizes: readonly number[]) {
    this.#model = model
    this.#bytes = bytes
    this.#sizes = sizes
  }

  extent(set: number): number {
    const known = this.#extents.get(set)
    if (known !== undefined) return known
    let product = 1
    for (let i = 0; i < this.#sizes.length; i++) if ((set & (1 << i)) !== 0) product *= this.#sizes[i]
    this.#extents.set(set, product)
    return product
  }

  /** Sums a factor over the labels that nobody else has. */
  reduction(labels: number, kept: number): number {
    if (labels === kept) return 0
    const size = this.extent(labels)
    return kernelTime(this.#model, this.#model.loops, size, size + this.extent(kept), this.#bytes)
  }

  /** Multiplies two values, and sums over what is not kept. */
  product(a: number, b: number, kept: number): number {
    const contracted = (a | b) & ~kept
    const [rows, columns, depth] = [a & ~b & kept, b & ~a & kept, contracted].map((set) => this.extent(set))
    const fast = contracted !== 0 && rows >= leastExtent && columns >= leastExtent && depth >= leastExtent
    const rate = fast ? this.#model.products : this.#model.loops
    const operations = (contracted === 0 ? 1 : 2) * this.extent(a | b)
    return kernelTime(this.#model, rate, operations, this.extent(a) + this.extent(b) + this.extent(kept), this.#bytes)
  }
}

interface Part {
  readonly tree: Tree
  readonly set: number
  readonly time: number
}

/** Every way to split a set of factors in two, each once. */
const best = (orders: Orders, sets: readonly number[], kept: readonly number[], leaves: readonly Part[]): Part => {
  const parts = new Array<Part>(kept.length)
  leaves.forEach((leaf) => (parts[leaf.set] = leaf))
  for (let set = 1; set < kept.length; set++) {
    if ((set & (set - 1)) === 0) continue
    let found: Part | undefined
    for (let some = (set - 1) & set; some > set >> 1; some = (some - 1) & set) {
      const [left, right] = [parts[some], parts[set ^ some]]
      const time = left.time + right.time + orders.product(left.tree.kept, right.tree.kept, kept[set])
      if (found === undefined || time < found.time) found = { tree: { left: left.tree, right: right.tree, kept: kept[set] }, set, time }
    }
    if (found !== undefined) parts[set] = found
  }
  return parts[(1 << sets.length) - 1]
}

/** The cheapest pair each time. */
const greedy = (orders: Orders, sets: readonly number[], out: number, leaves: readonly Part[]): Part => {
  let parts = leaves
  while (parts.length > 1) {
    let found: readonly [Part, number, number] | undefined
    let least = Infinity
    for (let i = 0; i < parts.length; i++) {
      for (let j = 0; j < i; j++) {
        const set = parts[i].set | parts[j].set
        const kept = (parts[i].tree.kept | parts[j].tree.kept) & (out | labelsOutside(sets, set))
        const own = orders.product(parts[i].tree.kept, parts[j].tree.kept, kept)
        if (own >= least) continue
        least = own
        found = [{ tree: { left: parts[j].tree, right: parts[i].tree, kept }, set, time: parts[i].time + parts[j].time + own }, i, j]
      }
    }
    if (found === undefined) break
    const [next, i, j] = found
    parts = [...parts.filter((_, k) => k !== i && k !== j), next]
  }
  return parts[0]
}

const labelsOutside = (sets: readonly number[], inside: number): number =>
  sets.reduce((labels, own, i) => ((inside & (1 << i)) === 0 ? labels | own : labels), 0)

/** The cheapest order for a term of a form with these axes. */
export const orderOf = (term: Term, axes: readonly Digits[], labels: Labels, model: Model, bytes: number): Order => {
  const out = labelsOf(axes)
  const all: Label[] = []
  const bits = (of: readonly Digits[]): number => {
    let set = 0
    for (const digits of of) {
      for (const label of digits) {
        let at = all.indexOf(label)
        if (at < 0) at = all.push(label) - 1
        set |= 1 << at
      }
    }
    return set
  }
  const sets = term.factors.map((factor) => bits(factor.axes))
  if (sets.length === 0) return { tree: null, time: 0, labels: all }
  const result = all.reduce((set, label, i) => (out.includes(label) ? set | (1 << i) : set), 0)
  const orders = new Orders(model, bytes, all.map((label) => labels.size(label)))
  const leaves = sets.map((set, i): Part => {
    const kept = set & (result | labelsOutside(sets, 1 << i))
    return { tree: { factor: i, kept }, set: 1 << i, time: orders.reduction(set, kept) }
  })
  if (sets.length === 1) return { tree: leaves[0].tree, time: leaves[0].time, labels: all }
  if (sets.length > mostTried) {
    const { tree, time } = greedy(orders, sets, result, leaves)
    return { tree, time, labels: all }
  }
  const kept = new Array<number>(1 << sets.length).fill(0)
  for (let set = 1; set < kept.length; set++) {
    let inside = 0
    for (let i = 0; i < sets.length; i++) if ((set & (1 << i)) !== 0) inside |= sets[i]
    kept[set] = inside & (result | labelsOutside(sets, set))
  }
  const { tree, time } = best(orders, sets, kept, leaves)
  return { tree, time, labels: all }
}

/** The time that a form takes: its terms, what moves their elements into place, and their sum. */
export const timeOf = (form: Form, labels: Labels, model: Model, bytes: number): number => {
  const out = labelsOf(form.axes)
  const size = labels.extent(out)
  let time = 0
  for (const term of form.terms) {
    time += orderOf(term, form.axes, labels, model, bytes).time
  }
  if (form.terms.length > 1) {
    time += kernelTime(model, model.loops, (form.terms.length - 1) * size, (form.terms.length + 1) * size, bytes)
  } else if (time === 0 && isMoved(form.terms[0], out)) {
    time += kernelTime(model, model.loops, 0, 2 * size, bytes)
  }
  return time
}

/** Whether a term's only factor has to be copied: with axes in another order, or more of them. */
const isMoved = ({ factors }: Term, out: readonly Label[]): boolean => {
  const own = factors.length === 0 ? [] : labelsOf(factors[0].axes)
  return own.length !== out.length || own.some((label, i) => label !== out[i])
}
