import type { Atom, Eqn, Jaxpr, Primitive, Var } from '../../core/primitive.js'
import { withParts } from '../../ir/jaxpr.js'
import type { Builder } from './builder.js'

/** Rewrites a program from its first equation to the last, with what has become of earlier values. */
export class Rewriter {
  readonly #jaxpr: Jaxpr
  readonly #values = new Map<Var, Atom>()
  readonly #definitions = new Map<Var, Eqn>()
  readonly #uses = new Map<Atom, number>()
  readonly #eqns: Eqn[] = []
  #changed = false

  constructor(jaxpr: Jaxpr) {
    this.#jaxpr = jaxpr
    for (const atom of jaxpr.outputs) this.#read(atom)
    for (const eqn of jaxpr.eqns) for (const atom of eqn.inputs) this.#read(atom)
  }

  #read(atom: Atom): void {
    if (atom.kind === 'var') this.#uses.set(atom, (this.#uses.get(atom) ?? 0) + 1)
  }

  /** How often the program reads a value of its own; 0 for what a rewriting made. */
  uses(atom: Atom): number {
    return this.#uses.get(atom) ?? 0
  }

  /** What has become of a value. */
  find(atom: Atom): Atom {
    return atom.kind === 'var' ? (this.#values.get(atom) ?? atom) : atom
  }

  /** The new equation that computes a value; undefined for inputs and literals. */
  definition(atom: Atom): Eqn | undefined {
    return atom.kind === 'var' ? this.#definitions.get(atom) : undefined
  }

  /** The operand of the equation that computes a value, if it is one of this primitive. */
  operandOf(atom: Atom, primitive: Primitive): Atom | undefined {
    const eqn = this.definition(atom)
    return eqn?.primitive === primitive ? eqn.inputs[0] : undefined
  }

  keep(eqn: Eqn): void {
    this.#eqns.push(eqn)
    for (const v of eqn.outputs) this.#definitions.set(v, eqn)
  }

  /** Lets a value be another one, or what the builder wrote for it. */
  replace(v: Var, atom: Atom, builder?: Builder): void {
    this.#changed = true
    if (builder !== undefined) this.take(builder)
    this.#values.set(v, atom)
  }

  /** Takes over the equations that were built. */
  take(builder: Builder): void {
    for (const eqn of builder.eqns.splice(0)) this.keep(eqn)
  }

  /** `visit` sees every equation with its new operands and says whether it has replaced it. The same jaxpr if nothing was. */
  run(visit: (eqn: Eqn) => boolean, outputs: (atom: Atom) => Atom = (atom) => this.find(atom)): Jaxpr {
    const { inputs, eqns } = this.#jaxpr
    for (const eqn of eqns) {
      const current = withParts(eqn, eqn.inputs.map((atom) => this.find(atom)))
      if (!visit(current)) this.keep(current)
    }
    const results = this.#jaxpr.outputs.map(outputs)
    return this.#changed ? { inputs, eqns: this.#eqns, outputs: results } : this.#jaxpr
  }
}
