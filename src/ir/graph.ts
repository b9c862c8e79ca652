import { JaxprError } from '../core/errors.js'
import type { Eqn, Jaxpr, Var } from '../core/primitive.js'
import { namesOf } from './show.js'

/** A variable of a jaxpr, with where it comes from and where it goes. */
export interface Vertex {
  readonly variable: Var
  /** As the jaxpr prints it; `_` if nothing reads it. */
  readonly name: string
  /** The equation that computes it; `null` for an input of the jaxpr. */
  readonly operation: Eqn | null
  /** The vertices it is computed from, one for every operand that is a variable: `mul a a` has two. */
  readonly inputs: readonly number[]
  /** The vertices computed from it, each once, ascending. */
  readonly consumers: readonly number[]
}

/** A jaxpr as a graph of its variables, known by their positions in `vertices`. */
export interface Graph {
  /** In topological order: the inputs, then what the equations compute, each after all that it is computed from. */
  readonly vertices: readonly Vertex[]
  /** The inputs of the jaxpr. */
  readonly inputs: readonly number[]
  /** What the jaxpr returns; `null` for a literal. */
  readonly outputs: readonly (number | null)[]
  /** The number of edges: of the inputs of all vertices. */
  readonly edges: number
}

/**
 * The graph of a jaxpr, as data to walk over: of every variable the operation, the inputs and the consumers. The
 * algorithms of textbooks are written on it, back-propagation among them (Goodfellow, Bengio & Courville, 2016, section 6.5).
 * Jaxprs inside of equations are graphs of their own.
 *
 * @example
 * const { vertices } = ir.graph(makeJaxpr((x: NdArray, y: NdArray) => np.mul(np.add(x, y), y))(np.array(1), np.array(2)))
 * vertices.map(({ name }) => name) // ['a', 'b', 'c', 'd']
 * vertices.map(({ operation }) => operation?.primitive.name ?? 'input') // ['input', 'input', 'add', 'mul']
 * vertices.map(({ inputs }) => inputs) // [[], [], [0, 1], [2, 1]]
 * vertices.map(({ consumers }) => consumers) // [[2], [2, 3], [3], []]
 */
export const graph = (jaxpr: Jaxpr): Graph => {
  const name = namesOf(jaxpr)
  const place = new Map<Var, number>()
  const found: { variable: Var; operation: Eqn | null; inputs: readonly number[]; consumers: number[] }[] = []
  const enter = (variable: Var, operation: Eqn | null, inputs: readonly number[]): void => {
    place.set(variable, found.length)
    for (const from of new Set(inputs)) found[from].consumers.push(found.length)
    found.push({ variable, operation, inputs, consumers: [] })
  }
  const placeOf = (variable: Var): number => {
    const at = place.get(variable)
    if (at === undefined) throw new JaxprError('graph', 'variables that are assigned before they are read', name(variable))
    return at
  }
  for (const v of jaxpr.inputs) enter(v, null, [])
  for (const eqn of jaxpr.eqns) {
    const inputs = eqn.inputs.flatMap((atom) => (atom.kind === 'var' ? [placeOf(atom)] : []))
    for (const v of eqn.outputs) enter(v, eqn, inputs)
  }
  return {
    vertices: found.map((vertex) => ({ ...vertex, name: name(vertex.variable) })),
    inputs: jaxpr.inputs.map(placeOf),
    outputs: jaxpr.outputs.map((atom) => (atom.kind === 'var' ? placeOf(atom) : null)),
    edges: found.reduce((sum, { inputs }) => sum + inputs.length, 0)
  }
}

const marked = (who: string, { vertices }: Graph, from: readonly number[]): boolean[] => {
  const marks = vertices.map(() => false)
  for (const at of from) {
    if (!(at in vertices)) throw new JaxprError(who, `positions of ${vertices.length} vertices`, at)
    marks[at] = true
  }
  return marks
}

const positions = (marks: readonly boolean[]): readonly number[] => marks.flatMap((mark, i) => (mark ? [i] : []))

/**
 * The vertices that those given are computed from, at any distance, and themselves; in topological order.
 *
 * @example
 * const g = ir.graph(makeJaxpr((x: NdArray, y: NdArray) => [np.sin(x), np.cos(y)])(np.array(1), np.array(2)))
 * ir.ancestors(g, [3]).map((at) => g.vertices[at].name) // ['b', 'd']
 */
export const ancestors = (graph: Graph, of: readonly number[]): readonly number[] => {
  const marks = marked('ancestors', graph, of)
  for (let at = marks.length - 1; at >= 0; at--) if (marks[at]) for (const from of graph.vertices[at].inputs) marks[from] = true
  return positions(marks)
}

/**
 * The vertices that are computed from those given, at any distance, and themselves; in topological order. What lies
 * between some inputs and a result is among the descendants of those and the ancestors of this.
 *
 * @example
 * const g = ir.graph(makeJaxpr((x: NdArray, y: NdArray) => [np.sin(x), np.cos(y)])(np.array(1), np.array(2)))
 * ir.descendants(g, [0]).map((at) => g.vertices[at].name) // ['a', 'c']
 */
export const descendants = (graph: Graph, of: readonly number[]): readonly number[] => {
  const marks = marked('descendants', graph, of)
  for (let at = 0; at < marks.length; at++) if (marks[at]) for (const to of graph.vertices[at].consumers) marks[to] = true
  return positions(marks)
}
