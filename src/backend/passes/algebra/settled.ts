import type { Eqn, Jaxpr } from '../../../core/primitive.js'
import { dce } from '../../../ir/dce.js'
import { folded } from '../../../ir/fold.js'
import { isEffectful, mapJaxprs, withParts } from '../../../ir/jaxpr.js'
import { Numbering } from '../../../ir/numbering.js'
import { simplify } from '../../../ir/passes.js'
import { Builder } from '../builder.js'
import { Rewriter } from '../rewriter.js'
import { hasRules, simpler } from './algebra.js'

/** How often a program is gone through at most, until nothing changes. */
const mostRounds = 4

/** How many rules one after the other are applied to an equation. */
const mostRules = 16

/** One way through a program, from the first equation to the last: each finds its operands as simple as they will be. */
class Settler {
  readonly #rewriter: Rewriter
  readonly #kept = new Numbering<Eqn>()
  #ruled = false

  constructor(jaxpr: Jaxpr) {
    this.#rewriter = new Rewriter(jaxpr)
  }

  run(): Jaxpr {
    return dce(this.#rewriter.run((eqn) => this.#visit(eqn, mostRules)), 'all', true).jaxpr
  }

  /** Whether another round may find more: all that rules look at is final but how often values are read. */
  get mayGoOn(): boolean {
    return this.#ruled && this.#rewriter.hasCounted
  }

  /** Whether the equation was replaced, or kept already. */
  #visit(eqn: Eqn, rulesLeft: number): boolean {
    const rewriter = this.#rewriter
    const numbers = folded(eqn)
    if (numbers !== null) {
      eqn.outputs.forEach((v, i) => rewriter.replace(v, numbers[i]))
      return true
    }
    if (rulesLeft > 0 && hasRules(eqn.primitive) && this.#simplified(eqn, rulesLeft - 1)) return true
    if (isEffectful(eqn)) return this.#inside(eqn)
    const same = this.#kept.find(eqn.primitive, eqn.inputs, eqn.params)
    if (same !== undefined) {
      eqn.outputs.forEach((v, i) => rewriter.replace(v, same.outputs[i]))
      return true
    }
    this.#kept.keep(eqn.primitive, eqn.inputs, eqn.params, eqn)
    return this.#inside(eqn)
  }

  #simplified(eqn: Eqn, rulesLeft: number): boolean {
    const rewriter = this.#rewriter
    const b = new Builder(eqn.source)
    const found = simpler(eqn, rewriter, b)
    if (found === undefined) return false
    this.#ruled = true
    for (const each of b.eqns) {
      const current = rewriter.current(each)
      if (!this.#visit(current, rulesLeft)) rewriter.keep(current)
    }
    rewriter.replace(eqn.outputs[0], rewriter.find(found))
    return true
  }

  /** Programs within the equation are simplified; false if there is nothing to do. */
  #inside(eqn: Eqn): boolean {
    if (eqn.primitive.jaxprs === undefined) return false
    const next = withParts(eqn, eqn.inputs, mapJaxprs(eqn.params, simplify))
    if (next === eqn) return false
    this.#rewriter.exchange(next)
    return true
  }
}

const known = new WeakMap<Jaxpr, Jaxpr>()

/**
 * The program after constants, common subexpressions, dead code and algebra have nothing more to do. The same object comes back for the
 * same program, and itself where there is nothing to do.
 */
export const settled = (jaxpr: Jaxpr): Jaxpr => {
  const before = known.get(jaxpr)
  if (before !== undefined) return before
  let current = jaxpr
  for (let round = 0; round < mostRounds; round++) {
    const settler = new Settler(current)
    const next = settler.run()
    const isDone = next === current || !settler.mayGoOn
    current = next
    if (isDone) break
  }
  known.set(jaxpr, current)
  known.set(current, current)
  return current
}
