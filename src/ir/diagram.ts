import { showAval } from '../core/aval.js'
import { checkOptions } from '../core/options.js'
import type { Atom, Eqn, Jaxpr, Literal, Var } from '../core/primitive.js'
import { namesOf, showLiteral, showOperation } from './show.js'
import { subjaxprs } from './jaxpr.js'

interface Node {
  readonly id: string
  readonly label: string
  readonly kind: 'input' | 'literal' | 'equation' | 'output'
}

interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

/** What is written on nodes and edges. */
export interface Labels {
  /** On the node of an input. */
  readonly input: (v: Var) => string
  readonly literal: (literal: Literal) => string
  /** On every edge that carries the value. */
  readonly edge: (v: Var) => string
  readonly operation: (eqn: Eqn) => string
  readonly result: (index: number) => string
}

export interface DiagramOptions {
  /** From left to right, or top-down; if not given, top-down. */
  readonly direction?: 'LR' | 'TD'
  /** If not given, names and types. Nested jaxprs have those in any case. */
  readonly labels?: Labels
}

const typed = (jaxpr: Jaxpr): Labels => {
  const name = namesOf(jaxpr)
  const label = (v: Var): string => `${name(v)}: ${showAval(v.aval)}`
  return { input: label, literal: showLiteral, edge: label, operation: showOperation, result: (i) => `result ${i}` }
}

/** A program drawn as nodes and edges; a nested jaxpr is a cluster of its own. */
interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly clusters: readonly { readonly title: string; readonly owner: string; readonly graph: Graph }[]
}

const graphOf = (jaxpr: Jaxpr, prefix: string, labels: Labels = typed(jaxpr)): Graph => {
  const nodes: Node[] = []
  const edges: Edge[] = []
  const clusters: { title: string; owner: string; graph: Graph }[] = []
  const source = new Map<Var, string>()
  jaxpr.inputs.forEach((v, i) => {
    const id = `${prefix}in${i}`
    source.set(v, id)
    nodes.push({ id, label: labels.input(v), kind: 'input' })
  })
  let literals = 0
  const connect = (atom: Atom, to: string): void => {
    if (atom.kind === 'var') {
      edges.push({ from: source.get(atom) ?? '', to, label: labels.edge(atom) })
      return
    }
    const id = `${prefix}lit${literals++}`
    nodes.push({ id, label: labels.literal(atom), kind: 'literal' })
    edges.push({ from: id, to, label: '' })
  }
  jaxpr.eqns.forEach((eqn, i) => {
    const id = `${prefix}eqn${i}`
    nodes.push({ id, label: labels.operation(eqn), kind: 'equation' })
    for (const atom of eqn.inputs) connect(atom, id)
    for (const v of eqn.outputs) source.set(v, id)
    subjaxprs(eqn).forEach((sub, k) => clusters.push({ title: showOperation(eqn), owner: id, graph: graphOf(sub, `${id}_${k}_`) }))
  })
  jaxpr.outputs.forEach((atom, i) => {
    const id = `${prefix}out${i}`
    nodes.push({ id, label: labels.result(i), kind: 'output' })
    connect(atom, id)
  })
  return { nodes, edges, clusters }
}

/** Signs that Mermaid, where they stand alone, takes for an item of a list. */
const bullet = /^[-+*]$/

const escaped = (text: string): string =>
  text.replaceAll('&', '#amp;').replaceAll('"', '#quot;').replaceAll('\n', '<br/>').replace(bullet, (sign) => `#${sign.charCodeAt(0)};`)

const brackets: Readonly<Record<Node['kind'], readonly [string, string]>> = {
  input: ['([', '])'],
  literal: ['((', '))'],
  equation: ['[', ']'],
  output: ['([', '])']
}

/**
 * A jaxpr as a flow chart in Mermaid's language: a node per input, literal, equation and output, an edge per use of a
 * value; the jaxprs inside equations are subgraphs.
 */
export const mermaid = (jaxpr: Jaxpr, options: DiagramOptions = {}): string => {
  checkOptions('mermaid', options, ['direction', 'labels'])
  const { direction = 'TD', labels } = options
  const draw = ({ nodes, edges, clusters }: Graph, indent: string): readonly string[] => [
    ...nodes.map(({ id, label, kind }) => `${indent}${id}${brackets[kind][0]}"${escaped(label)}"${brackets[kind][1]}`),
    ...edges.map(({ from, to, label }) => `${indent}${from} -->${label === '' ? '' : `|"${escaped(label)}"|`} ${to}`),
    ...clusters.flatMap(({ title, owner, graph }, i) => [
      `${indent}subgraph ${owner}_body${i}["${escaped(title)}"]`,
      ...draw(graph, `${indent}  `),
      `${indent}end`,
      `${indent}${owner} -.- ${owner}_body${i}`
    ])
  ]
  return [`flowchart ${direction}`, ...draw(graphOf(jaxpr, '', labels), '  ')].join('\n')
}

const shapes: Readonly<Record<Node['kind'], string>> = { input: 'ellipse', literal: 'plaintext', equation: 'box', output: 'ellipse' }

/** A jaxpr as a graph in Graphviz's DOT language, with the nodes and edges of `mermaid`. */
export const dot = (jaxpr: Jaxpr, options: DiagramOptions = {}): string => {
  checkOptions('dot', options, ['direction', 'labels'])
  const { direction = 'TD', labels } = options
  const quote = (text: string): string => JSON.stringify(text)
  const draw = ({ nodes, edges, clusters }: Graph, indent: string): readonly string[] => [
    ...nodes.map(({ id, label, kind }) => `${indent}${id} [shape=${shapes[kind]}, label=${quote(label)}];`),
    ...edges.map(({ from, to, label }) => `${indent}${from} -> ${to}${label === '' ? '' : ` [label=${quote(label)}]`};`),
    ...clusters.flatMap(({ title, owner, graph }, i) => [
      `${indent}subgraph cluster_${owner}_${i} {`,
      `${indent}  label=${quote(title)};`,
      ...draw(graph, `${indent}  `),
      `${indent}}`,
      ...graph.nodes.slice(0, 1).map(({ id }) => `${indent}${owner} -> ${id} [style=dotted, lhead=cluster_${owner}_${i}];`)
    ])
  ]
  const head = ['digraph jaxpr {', '  compound=true;', ...(direction === 'LR' ? ['  rankdir=LR;'] : [])]
  return [...head, ...draw(graphOf(jaxpr, '', labels), '  '), '}'].join('\n')
}
