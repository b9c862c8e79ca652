import type { Atom, Eqn, Jaxpr, Var } from '../../core/primitive.js'
import { variable, withParts } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { linearizeJaxpr, type LinearizedJaxpr } from '../../transform/jaxprs.js'
import { hoist } from '../hoist.js'
import { joined, partsOf, type Parts, type ScanParams } from '../loop.js'
import { fixedPoint, none, rewired } from '../wiring.js'
import { thin } from './thin.js'

/** A value that the linear scan reads: the same in each step, or one slice in each. */
export type ScanResidual =
  | { readonly from: 'before'; readonly index: number }
  | { readonly from: 'slices'; readonly index: number }
  | { readonly from: 'stacked'; readonly index: number }

/** The derivative of a scan: one scan now, one that is linear in the tangents later. */
export interface LinearizedScan {
  /** From the constants to what the forward scan has for constants. */
  readonly before: Jaxpr
  /** The body of the forward scan; its last outputs are stacked residuals. */
  readonly forward: Jaxpr
  readonly values: number
  /** The body of the linear scan: constant residuals and tangents; tangents of the carry; sliced residuals and tangents. */
  readonly linear: Jaxpr
  readonly constants: readonly ScanResidual[]
  readonly sliced: readonly ScanResidual[]
  /** Which of the carry, and which outputs, vary. */
  readonly carry: readonly boolean[]
  readonly outputs: readonly boolean[]
}

type Shape = Pick<ScanParams, 'constants' | 'carries'>

/** Linearizes the body so that the tangents of the carry that go in are those that come out. */
const linearizeBody = (
  jaxpr: Jaxpr,
  shape: Shape,
  nonzero: Parts<boolean>
): { readonly split: LinearizedJaxpr; readonly carry: readonly boolean[] } => {
  const outputs = none(jaxpr.outputs.slice(shape.carries))
  const linearize = (carry: readonly boolean[]): LinearizedJaxpr =>
    linearizeJaxpr(jaxpr, joined({ ...nonzero, carry }), [...carry, ...outputs])
  const carry = fixedPoint(nonzero.carry, (mask) => linearize(mask).varies.slice(0, shape.carries))
  return { split: linearize(carry), carry }
}

const substituted = (eqn: Eqn, find: (atom: Atom) => Atom): Eqn => withParts(eqn, eqn.inputs.map(find))

/**
 * The derivative of a scan's body. Residuals that depend on constants alone are computed before the loop; slices of
 * inputs and outputs serve as they are; of the rest only those are stacked that are not cheaply computed again.
 */
export const linearizeScan: (jaxpr: Jaxpr, constants: number, carries: number, nonzero: readonly boolean[]) => LinearizedScan = memo(
  (constants, carries, nonzero) => `${constants} ${carries} ${maskKey(nonzero)}`,
  (jaxpr, constants, carries, mask) => {
    const shape = { constants, carries }
    const nonzero = partsOf(mask, shape)
    const { split, carry } = linearizeBody(jaxpr, shape, nonzero)
    const { before, body, values } = hoist(split.forward, constants)
    const count = split.varies.length

    // Where each residual is found among the variables of the body; literals and constants need no stack.
    const shift = values - constants
    const atomOf = ({ from, index }: LinearizedJaxpr['residuals'][number]): Atom => {
      if (from === 'output') return body.outputs[index]
      if (from === 'new') return body.outputs[count + index]
      return index >= constants ? body.inputs[index + shift] : constantAt(index)
    }
    // Constants that are residuals themselves come in with the values, or are put there.
    const extra: Var[] = []
    const constantAt = (index: number): Var => {
      const own = split.forward.inputs[index]
      const at = before.outputs.indexOf(own)
      if (at >= 0) return body.inputs[at]
      const known = extra.findIndex((_, i) => extraSources[i] === own)
      if (known >= 0) return extra[known]
      extraSources.push(own)
      const v = variable(own.aval)
      extra.push(v)
      return v
    }
    const extraSources: Var[] = []
    const atoms = split.residuals.map(atomOf)

    const invariant = new Set<Atom>([...body.inputs.slice(0, values), ...extra])
    const slices = body.inputs.slice(values + carries)
    const stackedOutputs = body.outputs.slice(carries, count)
    const free = new Set<Atom>([...invariant, ...slices, ...stackedOutputs])
    const position = new Map<Atom, number>()
    body.inputs.forEach((v) => position.set(v, -1))
    body.eqns.forEach((eqn, i) => {
      for (const v of eqn.outputs) position.set(v, i)
    })
    const wanted = [...new Set(atoms)].filter((atom): atom is Var => atom.kind === 'var' && !free.has(atom))
    wanted.sort((a, b) => (position.get(a) ?? 0) - (position.get(b) ?? 0))
    const { kept, recomputed } = thin(body, wanted, free)

    // The linear body in terms of the forward one's variables, with what is computed again in front.
    const renamed = new Map<Atom, Atom>(split.residuals.map((_, i) => [split.linear.inputs[i], atoms[i]]))
    const find = (atom: Atom): Atom => renamed.get(atom) ?? atom
    const eqns = [...recomputed, ...split.linear.eqns.map((eqn) => substituted(eqn, find))]
    const outputs = split.linear.outputs.map(find)
    const read = new Set<Atom>([...eqns.flatMap((eqn) => eqn.inputs), ...outputs])

    const allValues = [...body.inputs.slice(0, values), ...extra]
    const usedValues = allValues.flatMap((v, index) => (read.has(v) ? [{ v, residual: { from: 'before', index } as const }] : []))
    const usedSlices = slices.flatMap((v, index) => (read.has(v) ? [{ v, residual: { from: 'slices', index } as const }] : []))
    const known = new Set<Atom>([...allValues, ...slices])
    const usedStacks = [...stackedOutputs, ...kept].flatMap((atom, index, list) =>
      atom.kind === 'var' && read.has(atom) && !known.has(atom) && list.indexOf(atom) === index
        ? [{ v: atom, residual: { from: 'stacked', index } as const }]
        : []
    )
    const tangents = split.linear.inputs.slice(split.residuals.length)
    const constantTangents = nonzero.constants.filter(Boolean).length
    const carryTangents = carry.filter(Boolean).length
    const stacked = [...usedSlices, ...usedStacks]
    return {
      before: { ...before, outputs: [...before.outputs, ...extraSources] },
      forward: rewired(body, [...allValues, ...body.inputs.slice(values)], [...body.outputs.slice(0, count), ...kept]),
      values: allValues.length,
      linear: {
        inputs: [
          ...usedValues.map(({ v }) => v),
          ...tangents.slice(0, constantTangents),
          ...tangents.slice(constantTangents, constantTangents + carryTangents),
          ...stacked.map(({ v }) => v),
          ...tangents.slice(constantTangents + carryTangents)
        ],
        eqns,
        outputs
      },
      constants: usedValues.map(({ residual }) => residual),
      sliced: stacked.map(({ residual }) => residual),
      carry,
      outputs: split.varies.slice(carries)
    }
  }
)
