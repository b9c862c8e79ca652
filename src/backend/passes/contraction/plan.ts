import { byteSize } from '../../../core/dtype.js'
import type { Atom, Eqn, Jaxpr, Var } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { isEffectful, withParts } from '../../../ir/jaxpr.js'
import { reduceSumP } from '../../../lax/broadcast.js'
import { Builder } from '../builder.js'
import { Definitions } from './definitions.js'
import { Emitter } from './emit.js'
import { atomsOf, isSpread, Labels, labelsOf, summedIn, type Form, type Term } from './form.js'
import { isLarge, type Model } from './model.js'
import { timeOf } from './order.js'
import { substitute } from './substitute.js'

/** How far sums may be opened. */
export interface Policy {
  readonly model: Model
  /** Whether sums that may cancel are opened in float64 too, where nothing wider makes up for it. */
  readonly loose: boolean
}

/** A value that is computed, or that is to be part of what uses it. */
interface Node {
  readonly eqn: Eqn
  /** As far as it has been opened; null if it is no sum of products. */
  form: Form | null
  /** The form differs from what the equation says in more than the order of things. */
  changed: boolean
  careful: boolean
  nonnegative: boolean
  /** Something that is no form needs the value. */
  required: boolean
  readonly users: Set<Node>
  /** How often it has been tried to open something in the form. */
  attempts: number
}

/** A form in which a value was opened. */
interface Trial {
  readonly form: Form
  readonly careful: boolean
  readonly changed: boolean
  readonly nonnegative: boolean
  readonly before: number
  readonly after: number
}

const mostAttempts = 64

/** Gains of less than this part are none. */
const leastGain = 0.05

class Planner {
  readonly #jaxpr: Jaxpr
  readonly #policy: Policy
  readonly #labels = new Labels()
  readonly #nodes = new Map<Eqn, Node>()
  readonly #definitions: Definitions
  #changed = false
  readonly #times = new WeakMap<Form, { readonly bytes: number; readonly time: number }>()

  constructor(jaxpr: Jaxpr, policy: Policy) {
    this.#jaxpr = jaxpr
    this.#policy = policy
    this.#definitions = new Definitions(jaxpr, this.#labels, policy.model)
  }

  run(): Jaxpr {
    const { eqns, outputs } = this.#jaxpr
    this.#require(outputs)
    for (let i = eqns.length - 1; i >= 0; i--) this.#visit(eqns[i])
    return this.#changed ? this.#written() : this.#jaxpr
  }

  /** The node of the equation that computes a value; undefined for inputs and literals. */
  #nodeOf(atom: Atom): Node | undefined {
    const eqn = atom.kind === 'var' ? this.#definitions.equation(atom) : undefined
    if (eqn === undefined) return undefined
    const known = this.#nodes.get(eqn)
    if (known !== undefined) return known
    const node: Node = {
      eqn, form: null, changed: false, careful: false, nonnegative: false, required: false, users: new Set(), attempts: 0
    }
    this.#nodes.set(eqn, node)
    return node
  }

  #require(atoms: readonly Atom[]): void {
    for (const atom of atoms) {
      const node = this.#nodeOf(atom)
      if (node !== undefined) node.required = true
    }
  }

  /** Decides what becomes of an equation whose users are decided. */
  #visit(eqn: Eqn): void {
    const [v] = eqn.outputs
    const node = this.#nodes.get(eqn)
    if (node === undefined || v === undefined || isEffectful(eqn)) {
      if (isEffectful(eqn)) this.#require(eqn.inputs)
      return
    }
    if (node.users.size > 0 && isLarge(v, this.#policy.model) && this.#definitions.isPromising(v)) {
      const definition = this.#definitions.of(v)
      if (definition !== null) this.#decide(v, node, definition)
      if (!node.required && node.users.size === 0) return
    }
    node.form = this.#definitions.mayImprove(eqn) ? this.#definitions.of(v) : null
    if (node.form === null) {
      this.#require(eqn.inputs)
      return
    }
    node.changed = isSpread(node.form) || (eqn.primitive === reduceSumP && loses(eqn, node.form))
    this.#changed ||= node.changed
    this.#register(node, node.form)
  }

  #register(node: Node, form: Form): void {
    for (const atom of atomsOf(form)) this.#nodeOf(atom)?.users.add(node)
  }

  /** Opens a value in what uses it, in all of it or where it pays by itself. */
  #decide(v: Var, node: Node, definition: Form): void {
    const trials = [...node.users].map((user) => [user, this.#open(v, definition, user)] as const)
    const possible = trials.flatMap(([user, trial]) => (trial === null ? [] : [[user, trial] as const]))
    if (possible.length === 0) return
    if (!node.required && possible.length === trials.length) {
      const own = this.#time(definition, v, false)
      const [before, after] = possible.reduce(([b, a], [, trial]) => [b + trial.before, a + trial.after], [own, 0])
      if (after < (1 - leastGain) * before) {
        for (const [user, trial] of possible) this.#commit(node, user, trial)
        return
      }
    }
    for (const [user, trial] of possible) if (trial.after < (1 - leastGain) * trial.before) this.#commit(node, user, trial)
  }

  #commit(node: Node, user: Node, { form, careful, changed, nonnegative }: Trial): void {
    user.form = form
    user.careful = careful
    user.changed ||= changed
    this.#changed ||= changed
    user.nonnegative = nonnegative
    node.users.delete(user)
    this.#register(user, form)
  }

  /** The user's form with the value opened in it; null if that is not possible or not safe. */
  #open(v: Var, definition: Form, user: Node): Trial | null {
    const { form } = user
    if (form === null || user.attempts++ >= mostAttempts) return null
    const several = definition.terms.length > 1
    const terms = form.terms.filter(({ factors }) => factors.some(({ atom }) => atom === v))
    const out = labelsOf(form.axes)
    // Where nothing is summed there is nothing to be summed first: loops compute such values in one go anyway.
    if (!terms.some((term) => summedIn(term, out).length > 0)) return null
    const exact = several ? definition.terms.filter((term) => this.#isExact(term)).length : 0
    // What may cancel is opened for the sake of an outer product in it; distances between points are left as they are.
    const isOuter = !several || this.#definitions.hasOuter(definition)
    if (exact > 1 && !isOuter) return null
    const opened = substitute(form, v, definition, this.#labels)
    if (opened === null || (opened.crosses && !isOuter)) return null
    const careful = user.careful || opened.crosses || exact > 1
    const sums = definition.terms.some((term) => summedIn(term, labelsOf(definition.axes)).length > 0)
    const double = user.eqn.outputs[0].aval.dtype === 'float64'
    if (careful && double && !this.#policy.loose) return null
    const result = user.eqn.outputs[0]
    const size = this.#labels.extent(labelsOf(definition.axes))
    const spreads = definition.terms.some(({ factors }) => factors.some(({ atom }) => sizeOf(atom.aval.shape) < size))
    return {
      form: opened.form,
      careful,
      changed: sums || spreads || several,
      nonnegative: user.nonnegative || (careful && !user.careful && isSquare(form)),
      before: this.#time(form, result, user.careful),
      after: this.#time(this.#definitions.opened(opened.form), result, careful)
    }
  }

  /** A value that the original program does not round before it adds it. */
  #isExact({ coefficient, factors }: Term): boolean {
    return Math.abs(coefficient) === 1 && factors.length === 1 && !this.#definitions.isOuter(factors[0].atom)
  }

  #time(form: Form, { aval }: Var, careful: boolean): number {
    const bytes = careful ? 8 : byteSize(aval.dtype)
    const known = this.#times.get(form)
    if (known?.bytes === bytes) return known.time
    const time = timeOf(form, this.#labels, this.#policy.model, bytes)
    this.#times.set(form, { bytes, time })
    return time
  }

  /** The equations, those of changed values anew. */
  #written(): Jaxpr {
    const { inputs, eqns, outputs } = this.#jaxpr
    const needed = new Set<Atom>(outputs)
    const kept: Eqn[] = []
    for (let i = eqns.length - 1; i >= 0; i--) {
      const eqn = eqns[i]
      if (!isEffectful(eqn) && !eqn.outputs.some((v) => needed.has(v))) continue
      kept.push(eqn)
      const node = this.#nodes.get(eqn)
      const read = node?.changed === true && node.form !== null ? atomsOf(node.form) : eqn.inputs
      for (const atom of read) needed.add(atom)
    }
    const values = new Map<Var, Atom>()
    const find = (atom: Atom): Atom => (atom.kind === 'var' ? (values.get(atom) ?? atom) : atom)
    const written: Eqn[] = []
    for (const eqn of kept.reverse()) {
      const node = this.#nodes.get(eqn)
      if (node?.changed !== true || node.form === null) {
        written.push(withParts(eqn, eqn.inputs.map(find)))
        continue
      }
      const [v] = eqn.outputs
      const builder = new Builder(eqn.source)
      const emitter = new Emitter(builder, this.#labels, this.#policy.model, node.careful)
      values.set(v, emitter.form(withAtoms(node.form, find), v.aval, node.nonnegative))
      for (const each of builder.eqns) written.push(each)
    }
    return { inputs, eqns: written, outputs: outputs.map(find) }
  }
}

/** The form with what its values have become. */
const withAtoms = (form: Form, find: (atom: Atom) => Atom): Form => ({
  axes: form.axes,
  terms: form.terms.map(({ coefficient, factors }) => ({
    coefficient,
    factors: factors.map((factor) => ({ ...factor, atom: find(factor.atom) as Var })) // forms are written as variables
  }))
})

/** Whether a sum is over copies, so that it is a multiple. */
const loses = ({ inputs }: Eqn, { terms }: Form): boolean =>
  terms.every(({ factors }) => factors.every(({ atom }) => sizeOf(atom.aval.shape) < sizeOf(inputs[0].aval.shape)))

/** Whether the form is a sum of squares, whatever the values are. */
const isSquare = ({ terms }: Form): boolean =>
  terms.every(({ coefficient, factors }) => {
    const keys = factors.map(({ atom, axes, inverse }) => `${atom.id} ${inverse} ${axes.join(' ')}`).sort()
    return coefficient > 0 && keys.length % 2 === 0 && keys.every((key, i) => i % 2 === 0 || key === keys[i - 1])
  })

/** The program with its sums of products in the cheapest order; the same object if there is nothing to gain. */
export const plan = (jaxpr: Jaxpr, policy: Policy): Jaxpr => new Planner(jaxpr, policy).run()
