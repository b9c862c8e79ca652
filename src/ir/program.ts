import type { NdArray } from '../core/array.js'
import type { Atom, Eqn, Jaxpr, Var } from '../core/primitive.js'
import { dot, mermaid } from './diagram.js'
import { showJaxpr } from './show.js'

/** A jaxpr to look at. */
export class Program implements Jaxpr {
  readonly inputs: readonly Var[]
  readonly eqns: readonly Eqn[]
  readonly outputs: readonly Atom[]
  /** The values of the first inputs: arrays that the function closes over. */
  readonly captured: readonly NdArray[]

  constructor(jaxpr: Jaxpr, captured: readonly NdArray[] = []) {
    this.inputs = jaxpr.inputs
    this.eqns = jaxpr.eqns
    this.outputs = jaxpr.outputs
    this.captured = captured
  }

  /** As JAX prints jaxprs. */
  toString(): string {
    return showJaxpr(this)
  }

  /** A flow chart in Mermaid's language, a node per equation. */
  toMermaid(): string {
    return mermaid(this)
  }

  /** A graph in Graphviz's language, a node per equation. */
  toDot(): string {
    return dot(this)
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}
