import { isFloat } from '../../../core/dtype.js'
import type { Atom, Eqn, Jaxpr, Var } from '../../../core/primitive.js'
import { sizeOf } from '../../../core/shape.js'
import { partsOf, type ScanParams } from '../../../control/loop.js'
import { dce } from '../../../ir/dce.js'
import { variable } from '../../../ir/jaxpr.js'
import { addP } from '../../../lax/elementwise/arithmetic.js'
import { addAnyP } from '../../../lax/broadcast.js'
import { Builder } from '../builder.js'
import { Rewriter, usesIn } from '../rewriter.js'
import { Definitions } from './definitions.js'
import { Emitter } from './emit.js'
import { atomsOf, Labels, labelsOf, type Factor, type Form, type Term } from './form.js'
import { isLarge, type Model } from './model.js'

/** So many bytes may be stacked for one sum. */
const mostBytes = 2 ** 28

/** A carry to which each step adds something that can be added up after the loop. */
interface Sum {
  readonly carry: number
  readonly form: Form
  /** The values in the form that steps have to hand out. */
  readonly stacked: readonly Var[]
}

const sumsOf = (params: ScanParams, labels: Labels, model: Model): readonly Sum[] => {
  const { jaxpr: body, length } = params
  const made = new Map<Atom, Eqn>(body.eqns.map((eqn) => [eqn.outputs[0], eqn]))
  const { constants, carry, slices } = partsOf(body.inputs, params)
  const candidates = carry.flatMap((_, i) => {
    const eqn = made.get(body.outputs[i])
    return isLarge(body.outputs[i], model) && (eqn?.primitive === addAnyP || eqn?.primitive === addP) ? [[i, eqn] as const] : []
  })
  if (candidates.length === 0) return []
  const uses = usesIn(body)
  const definitions = new Definitions(body, labels, model)
  const free = new Set<Atom>([...constants, ...slices])
  return candidates.flatMap(([i, { inputs, outputs: [out] }]) => {
    const added = inputs[0] === carry[i] ? inputs[1] : inputs[1] === carry[i] ? inputs[0] : undefined
    if (added?.kind !== 'var' || !isFloat(out.aval.dtype) || uses.get(carry[i]) !== 1 || uses.get(out) !== 1) return []
    const own = definitions.of(added)
    if (own === null) return []
    const form = definitions.opened(own)
    const atoms = [...atomsOf(form)]
    const stacked = atoms.filter((atom) => !free.has(atom))
    const elements = stacked.reduce((sum, { aval }) => sum + sizeOf(aval.shape), 0)
    const smaller = atoms.every(({ aval }) => 2 * sizeOf(aval.shape) <= sizeOf(out.aval.shape))
    return smaller && elements * length * 8 <= mostBytes ? [{ carry: i, form, stacked }] : []
  })
}

/** The scan without sums in its carry, and the sums after it. */
const hoisted = (eqn: Eqn, sums: readonly Sum[], labels: Labels, model: Model, rewriter: Rewriter): void => {
  const params = eqn.params as ScanParams // the equation is one of this primitive
  const { jaxpr: body, length } = params
  const [inner, outer] = [partsOf(body.inputs, params), partsOf(eqn.inputs, params)]
  const hoists = new Set(sums.map(({ carry }) => carry))
  const stays = <A>(list: readonly A[]): readonly A[] => list.filter((_, i) => !hoists.has(i))
  const computed = new Set<Atom>(body.eqns.flatMap(({ outputs }) => outputs))
  /** What steps hand out already. */
  const known = new Map(body.outputs.flatMap((v, i): readonly (readonly [Atom, Var])[] =>
    (i >= params.carries && computed.has(v) ? [[v, eqn.outputs[i]]] : [])))
  const stacked = [...new Set(sums.flatMap((sum) => sum.stacked))].filter((v) => !known.has(v))

  const inputs = [...inner.constants, ...stays(inner.carry), ...inner.slices]
  const step = dce({ inputs, eqns: body.eqns, outputs: [...stays(body.outputs), ...stacked] }, 'all', true).jaxpr
  const stacks = stacked.map(({ aval }) => variable({ ...aval, shape: [length, ...aval.shape] }))
  const outputs = [...stays(eqn.outputs), ...stacks]
  const rest: ScanParams = { ...params, jaxpr: step, carries: params.carries - hoists.size }
  rewriter.keep({ ...eqn, inputs: [...outer.constants, ...stays(outer.carry), ...outer.slices], outputs, params: rest })

  const values = new Map<Atom, Atom>([
    ...inner.constants.map((v, i) => [v, outer.constants[i]] as const),
    ...inner.slices.map((v, i) => [v, outer.slices[i]] as const),
    ...known,
    ...stacked.map((v, i) => [v, stacks[i]] as const)
  ])
  for (const { carry, form } of sums) {
    const out = eqn.outputs[carry]
    const time = labels.digits(length)
    const fixed = new Set<Atom>(inner.constants)
    const after = (term: Term): Term => {
      const factors = term.factors.map((factor): Factor => ({
        ...factor,
        atom: values.get(factor.atom) as Var, // every value of the form has one
        axes: fixed.has(factor.atom) ? factor.axes : [time, ...factor.axes]
      }))
      const varies = factors.some(({ axes }) => labelsOf(axes).some((label) => time.includes(label)))
      return { coefficient: term.coefficient * (varies ? 1 : length), factors }
    }
    const b = new Builder(eqn.source)
    const total = new Emitter(b, labels, model, false).form({ axes: form.axes, terms: form.terms.map(after) }, out.aval, false)
    rewriter.replace(out, b.as(b.elementwise(addAnyP, outer.carry[carry], total), out.aval), b)
  }
}

/**
 * The program with what loops only add up (gradients with respect to what every step uses) added up after them: the steps hand
 * out the factors, and one product sums over time.
 */
export const hoistSums = (jaxpr: Jaxpr, model: Model): Jaxpr => {
  if (!jaxpr.eqns.some(({ primitive }) => primitive.name === 'scan')) return jaxpr
  const rewriter = new Rewriter(jaxpr)
  return rewriter.run((eqn) => {
    if (eqn.primitive.name !== 'scan') return false
    const labels = new Labels()
    const sums = sumsOf(eqn.params as ScanParams, labels, model)
    if (sums.length > 0) hoisted(eqn, sums, labels, model, rewriter)
    return sums.length > 0
  })
}
