import type { Atom, Eqn, Jaxpr, Primitive, Var } from '../../core/primitive.js'
import { withParts } from '../../ir/jaxpr.js'
import type { Builder } from './builder.js'

/** How often each variable of a program is read. */
export const usesIn = ({ eqns, outputs }: Jaxpr): ReadonlyMap<Atom, number> => {
  const uses = new Map<Atom, number>()
  const read = (atom: Atom): void => {
    if (atom.kind === 'var') uses.set(atom, (uses.get(atom) ?? 0) + 1)
  }
  outputs.forEach(read)
  for (const { inputs } of eqns) inputs.forEach(read)
  return uses
}

/** Rewrites a program from its first equation to the last, with what has become of earlier values. */
export class Rewriter {
  readonly #jaxpr: Jaxpr
  readonly #values = new Map<Var, Atom>()
  readonly #definitions = new Map<Var, Eqn>()
  readonly #eqns: Eqn[] = []
  #uses: ReadonlyMap<Atom, number> | undefined
  #changed = false

  constructor(jaxpr: Jaxpr) {
    this.#jaxpr = jaxpr
  }

  /** How often the program reads a value of its own; 0 for what a rewriting made. */
  uses(atom: Atom): number {
    this.#uses ??= usesIn(this.#jaxpr)
    return this.#uses.get(atom) ?? 0
  }

  /** Whether anybody has asked that: what is read less often by now may be rewritten next time. */
  get hasCounted(): boolean {
    return this.#uses !== undefined
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

  /** Keeps another equation for the same values. */
  exchange(eqn: Eqn): void {
    this.#changed = true
    this.keep(eqn)
  }

  /** The equation with what has become of its operands. */
  current(eqn: Eqn): Eqn {
    const { inputs } = eqn
    for (let i = 0; i < inputs.length; i++) {
      if (this.find(inputs[i]) !== inputs[i]) return withParts(eqn, inputs.map((atom) => this.find(atom)))
    }
    return eqn
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
      const current = this.current(eqn)
      if (!visit(current)) this.keep(current)
    }
    const results = this.#jaxpr.outputs.map(outputs)
    return this.#changed ? { inputs, eqns: this.#eqns, outputs: results } : this.#jaxpr
  }
}
