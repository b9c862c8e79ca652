import { wrap } from '../array/ndarray.js'
import { showArray } from '../array/show.js'
import type { NdArray } from '../core/array.js'
import { showAval } from '../core/aval.js'
import { allocate, isFloat } from '../core/dtype.js'
import { ArgumentError, DerivativeError, showPath } from '../core/errors.js'
import { checkList, checkOptions } from '../core/options.js'
import type { Atom, Jaxpr, Tangent, Var } from '../core/primitive.js'
import { sizeOf } from '../core/shape.js'
import { showTable } from '../core/table.js'
import { bind } from '../core/trace.js'
import { dot, mermaid, type DiagramOptions } from '../ir/diagram.js'
import { interpret } from '../ir/evaluate.js'
import { avalsOf, literalArray } from '../ir/jaxpr.js'
import { letters } from '../ir/show.js'
import { stage } from '../ir/stage.js'
import { add } from '../lax/elementwise/arithmetic.js'
import { fullLike, zerosLike } from '../lax/broadcast.js'
import { argumentsOf, flatFunction, named } from '../transform/boundary.js'
import { vjpArrays } from '../transform/reverse.js'
import { tangentsOf } from '../transform/tangents.js'
import type { TreeDef } from '../tree/treedef.js'
import { inlined } from './inline.js'

export interface ExplainOptions {
  /** Names for the arguments, one each. If not given, those in the source of the function, else letters. */
  readonly names?: readonly string[]
  /** The adjoint of the result, a tree like it. If not given, 1, and the result has to be a scalar. */
  readonly cotangent?: unknown
  /** Whether the calls of jitted functions are shown operation by operation, as by default, or as one node each. */
  readonly inline?: boolean
  /** Digits after the point, at most; 4 by default. */
  readonly precision?: number
}

/** One value of a program: an input, or what an operation computed. */
export interface ExplainedNode {
  /** Inputs go by the names and paths of arguments, others by letters. */
  readonly name: string
  /** The operation it comes from; `input` for an argument, `constant` for an array that the function closes over. */
  readonly operation: string
  /** The names of what it is computed from; numbers as such. */
  readonly operands: readonly string[]
  readonly value: NdArray
  /** The derivative of the result with respect to this value; `null` for integers and booleans, which have none. */
  readonly adjoint: NdArray | null
}

/** `explain(f, options?)(...args)`: every value of the program, with its adjoint. */
export type Explain = <A extends readonly unknown[]>(f: (...args: A) => unknown, options?: ExplainOptions) => (...args: A) => Explanation

/** Operations that are written with a sign of their own. */
const signs: Readonly<Record<string, string>> = {
  add: '+', add_any: '+', sub: '−', neg: '× −1', mul: '×', div: '÷', reduce_sum: 'Σ', dot_general: '·', logistic: 'σ'
}

/** Arrays of more elements, and texts that are longer, give way to a range. */
const most = { elements: 24, characters: 48 }

/** A number, a small array, or the type of a large array and its range. */
const compact = (x: NdArray, precision: number): string => {
  const data = x.toTypedArray()
  const text = data.length > most.elements ? undefined : showArray(data, x.shape, x.dtype, { precision, lineWidth: Infinity })
  if (text !== undefined && text.length <= most.characters) return text
  const show = (value: number): string => showArray(allocate(x.dtype, 1).fill(value), [], x.dtype, { precision })
  let [least, greatest] = [data[0], data[0]]
  for (const value of data) {
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
  }
  return `${showAval(x.aval)} ${least === greatest ? `all ${show(least)}` : `from ${show(least)} to ${show(greatest)}`}`
}

/** The inputs of a jaxpr, then what its equations compute. */
const variablesOf = (jaxpr: Jaxpr): readonly Var[] => [...jaxpr.inputs, ...jaxpr.eqns.flatMap(({ outputs }) => outputs)]

/** A program with the values and adjoints that it had. It prints as a table, and can be drawn. */
export class Explanation {
  /** In the order in which they are computed. */
  readonly nodes: readonly ExplainedNode[]
  /** The names of the results. */
  readonly results: readonly string[]
  readonly #jaxpr: Jaxpr
  readonly #precision: number

  /** The nodes are those of the inputs of the jaxpr, then those of what its equations compute. */
  constructor(jaxpr: Jaxpr, nodes: readonly ExplainedNode[], results: readonly string[], precision: number) {
    this.nodes = nodes
    this.results = results
    this.#jaxpr = jaxpr
    this.#precision = precision
  }

  #show(x: NdArray | null): string {
    return x === null ? '' : compact(x, this.#precision)
  }

  #drawing(): DiagramOptions {
    const nodes = new Map(variablesOf(this.#jaxpr).map((v, i) => [v, this.nodes[i]]))
    const node = (v: Var): ExplainedNode => nodes.get(v) as ExplainedNode // there is one for every variable
    return {
      direction: 'LR',
      labels: {
        input: (v) => node(v).name,
        literal: (x) => this.#show(literalArray(x)),
        edge: (v) => `${this.#show(node(v).value)}\n${this.#show(node(v).adjoint)}`.trimEnd(),
        operation: ({ primitive: { name } }) => (Object.hasOwn(signs, name) ? signs[name] : name),
        result: (i) => (this.results.length === 1 ? 'result' : `result ${i}`)
      }
    }
  }

  /** A table: variable, operation, operands, value and adjoint. */
  toString(): string {
    const rows = this.nodes.map(({ name, operation, operands, value, adjoint }) =>
      [name, operation, operands.join(', '), this.#show(value), this.#show(adjoint)])
    return showTable(['variable', 'operation', 'operands', 'value', 'adjoint'], rows)
  }

  /** A circuit as a flow chart in Mermaid's language: on every edge the value, and the adjoint below it. */
  toMermaid(): string {
    return mermaid(this.#jaxpr, this.#drawing())
  }

  /** The same circuit in Graphviz's language. */
  toDot(): string {
    return dot(this.#jaxpr, this.#drawing())
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** The names of a function's parameters, if its source is a list of nothing but names; letters else. */
const parametersOf = (f: (...args: never[]) => unknown, count: number): readonly string[] => {
  const list = /^(?:async\s+)?(?:function\s*[\w$]*\s*)?\(?([\w$\s,]*?),?\s*\)?\s*(?:=>|\{)/.exec(String(f))?.[1]
  const found = list?.split(',').map((name) => name.trim()) ?? []
  return found.length === count && !found.includes('') ? found : Array.from({ length: count }, (_, i) => letters(i))
}

/** Letters that are not among the names given, one after the other. */
const freshNames = (taken: ReadonlySet<string>): (() => string) => {
  let count = 0
  return () => {
    let name = letters(count++)
    while (taken.has(name)) name = letters(count++)
    return name
  }
}

const argumentNames = (treedef: TreeDef, roots: readonly string[]): readonly string[] =>
  treedef.paths().map(([at, ...rest]) => showPath(rest, roots[at as number])) // arguments are a list

/** The values of all variables, inputs first, and their adjoints; `null` where nothing flows. */
const adjointsOf = (
  jaxpr: Jaxpr, inputs: readonly NdArray[], cotangents: (results: readonly NdArray[]) => readonly Tangent[]
): readonly [values: readonly NdArray[], adjoints: readonly Tangent[]] => {
  // What is added to a value without changing it has the value's adjoint. −0 changes nothing, where 0 would make 0 of −0.
  const nudges = jaxpr.eqns.flatMap(({ outputs }) => outputs)
    .map(({ aval }) => wrap(aval, allocate(aval.dtype, sizeOf(aval.shape)).fill(-0)))
  const run = (all: readonly NdArray[]): readonly NdArray[] => {
    const values = all.slice(0, inputs.length)
    const nudged = (x: NdArray): NdArray => {
      const value = isFloat(x.dtype) ? add(x, all[values.length]) : x
      values.push(value)
      return value
    }
    const results = interpret(jaxpr, values.slice(), ({ primitive, params }, operands) => bind(primitive, operands, params).map(nudged))
    return [...results, ...values]
  }
  const points = [...inputs, ...nudges]
  const [outs, pullback] = vjpArrays(run, points, points.map((x) => isFloat(x.dtype)))
  const results = outs.slice(0, jaxpr.outputs.length)
  const values = outs.slice(jaxpr.outputs.length)
  return [values, pullback([...cotangents(results), ...values.map(() => null)])]
}

const seed = (results: readonly NdArray[]): readonly Tangent[] => {
  const [result] = results
  if (results.length === 1 && result.ndim === 0 && isFloat(result.dtype)) return [fullLike(result, 1)]
  throw new DerivativeError('explain', 'a function whose result is one floating-point scalar (or the option cotangent)', results)
}

/**
 * Runs a small function, and tells of every value in it, where it comes from, what it is, and its adjoint: the derivative of the
 * result with respect to it. What is told is the program as `makeJaxpr` shows it, with the derivatives that `grad` uses: a
 * reverse sweep from symbols to numbers (Goodfellow, Bengio & Courville, 2016, section 6.5.5). Throws DerivativeError for
 * a result that is no scalar, unless a cotangent is given, and ArgumentError for names that are not one for each argument.
 *
 * @example
 * const f = (x: NdArray, y: NdArray, z: NdArray) => np.mul(np.add(x, y), z)
 * explain(f)(np.array(-2), np.array(5), np.array(-4)) //
 * // variable  operation  operands  value  adjoint
 * // ────────  ─────────  ────────  ─────  ───────
 * // x         input                -2     -4
 * // y         input                5      -4
 * // z         input                -4     3
 * // a         add        x, y      3      -4
 * // b         mul        a, z      -12    1
 */
export const explain: Explain = (f, options = {}) => {
  checkOptions('explain', options, ['names', 'cotangent', 'inline', 'precision'])
  const { cotangent, inline = true, precision = 4 } = options
  return named('explain', f, (...args): Explanation => {
    const roots = options.names === undefined ? parametersOf(f, args.length) : checkList('explain', 'a list of names', options.names)
    if (roots.length !== args.length || !roots.every((name) => typeof name === 'string')) {
      throw new ArgumentError('explain', `a name for each of ${args.length} arguments`, [...roots])
    }
    const { arrays, treedef } = argumentsOf('explain', args)
    const { run, result } = flatFunction('explain', f, treedef)
    const staged = stage(run, avalsOf(arrays), { who: 'explain' })
    const jaxpr = inline ? inlined(staged.jaxpr) : staged.jaxpr
    const [values, adjoints] = adjointsOf(jaxpr, [...staged.captured, ...arrays], (results) =>
      cotangent === undefined
        ? seed(results)
        : tangentsOf('explain', cotangent, { arrays: results, treedef: result() }, ['cotangent'], ['the result', 'the cotangent']))

    const inputs = argumentNames(treedef, roots)
    const fresh = freshNames(new Set([...roots, ...inputs]))
    const constants = staged.captured.map(fresh)
    const computed = jaxpr.eqns.flatMap(({ outputs }) => outputs.map(fresh))
    const names = [...constants, ...inputs, ...computed]
    const variables = new Map(variablesOf(jaxpr).map((v, i) => [v, names[i]]))
    const nameOf = (atom: Atom): string => (atom.kind === 'var' ? variables.get(atom) ?? '' : compact(literalArray(atom), precision))
    const sources: readonly Pick<ExplainedNode, 'operation' | 'operands'>[] = [
      ...constants.map(() => ({ operation: 'constant', operands: [] })),
      ...inputs.map(() => ({ operation: 'input', operands: [] })),
      ...jaxpr.eqns.flatMap((eqn) => eqn.outputs.map(() => ({ operation: eqn.primitive.name, operands: eqn.inputs.map(nameOf) })))
    ]
    const nodes = values.map((value, i): ExplainedNode =>
      ({ name: names[i], ...sources[i], value, adjoint: isFloat(value.dtype) ? adjoints[i] ?? zerosLike(value) : null }))
    return new Explanation(jaxpr, nodes, jaxpr.outputs.map(nameOf), precision)
  })
}
