import type { NdArray } from '../core/array.js'
import { sameType, showAval, type Aval } from '../core/aval.js'
import { DTypeError, JaxprError } from '../core/errors.js'
import { Unknown, type Jaxpr, type Primitive, type Tangent, type Var } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { dce } from '../ir/dce.js'
import { evaluate } from '../ir/evaluate.js'
import { avalsOf, hasEffects, variable } from '../ir/jaxpr.js'
import { maskKey, memo } from '../ir/memo.js'
import { stageClosed } from '../ir/stage.js'
import { broadcastInDim, zerosLike } from '../lax/broadcast.js'
import { clamp } from '../lax/elementwise/clamp.js'
import { eq } from '../lax/elementwise/comparison.js'
import { selectN } from '../lax/elementwise/select.js'
import {
  batchJaxpr, jvpJaxpr, linearizeJaxpr, transposeJaxpr, type BatchedJaxpr, type JvpJaxpr, type LinearizedJaxpr, type TransposedJaxpr
} from '../transform/jaxprs.js'
import { scatter, select } from '../transform/mask.js'
import { jetCond } from './jets.js'
import { guarded } from './effects/guard.js'
import { either, rewired } from './wiring.js'

export interface CondParams {
  /** One program for each value of the index; all take the same operands and return the same types. */
  readonly branches: readonly Jaxpr[]
}

const union = (masks: readonly (readonly boolean[])[]): readonly boolean[] => masks.reduce(either)

/** Transforms every branch, so that what one of them needs a mask for, all have. */
const inCommon = <T>(
  branches: readonly Jaxpr[],
  count: number,
  each: (branch: Jaxpr, forced: readonly boolean[]) => T,
  mask: (result: T) => readonly boolean[]
): readonly T[] => {
  const nothing = new Array<boolean>(count).fill(false)
  const forced = union(branches.map((branch) => mask(each(branch, nothing))))
  return branches.map((branch) => each(branch, forced))
}

/** The residuals of all branches in common slots: those of one type share a slot, as only one branch runs. */
interface Slots {
  readonly avals: readonly Aval[]
  /** For each branch, the slot of each of its new residuals. */
  readonly places: readonly (readonly number[])[]
}

const slotsFor = (residuals: readonly (readonly Aval[])[]): Slots => {
  const avals: Aval[] = []
  const places = residuals.map((list) => {
    const taken = new Set<number>()
    return list.map((aval) => {
      let slot = avals.findIndex((known, i) => !taken.has(i) && sameType(known, aval))
      if (slot < 0) slot = avals.push(aval) - 1
      taken.add(slot)
      return slot
    })
  })
  return { avals, places }
}

interface LinearizedBranches {
  readonly forward: readonly Jaxpr[]
  readonly linear: readonly Jaxpr[]
  /** Operands and outputs that some branch's linear part reads. */
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly varies: readonly boolean[]
}

const indices = (splits: readonly LinearizedJaxpr[], from: 'input' | 'output'): readonly number[] =>
  [...new Set(splits.flatMap(({ residuals }) => residuals.filter((residual) => residual.from === from).map(({ index }) => index)))]

const linearizeBranches: (branches: readonly Jaxpr[], nonzero: readonly boolean[]) => LinearizedBranches = memo(
  maskKey,
  (branches, nonzero) => {
    const count = branches[0].outputs.length
    const splits = inCommon(branches, count, (branch, forced) => linearizeJaxpr(branch, nonzero, forced), ({ varies }) => varies)
    const slots = slotsFor(splits.map(({ forward }) => avalsOf(forward.outputs.slice(count))))
    const forward = splits.map((split, b) =>
      stageClosed((args) => {
        const results = evaluate(split.forward, args)
        const fill = slots.avals.map((aval, slot) => {
          const place = slots.places[b].indexOf(slot)
          return place < 0 ? zerosLike({ aval }) : results[count + place]
        })
        return [...results.slice(0, count), ...fill]
      }, avalsOf(branches[b].inputs))
    )
    const [inputs, outputs] = [indices(splits, 'input'), indices(splits, 'output')]
    const linear = splits.map(({ linear: own, residuals }, b) => {
      const find = (from: 'input' | 'output' | 'new', index: number, aval: Aval): Var => {
        const at = residuals.findIndex((residual) => residual.from === from && residual.index === index)
        return at < 0 ? variable(aval) : own.inputs[at]
      }
      return rewired(own, [
        ...inputs.map((i) => find('input', i, branches[b].inputs[i].aval)),
        ...outputs.map((o) => find('output', o, branches[b].outputs[o].aval)),
        ...slots.avals.map((aval, slot) => find('new', slots.places[b].indexOf(slot), aval)),
        ...own.inputs.slice(residuals.length)
      ])
    })
    return { forward, linear, inputs, outputs, varies: splits[0].varies }
  }
)

interface JvpBranches {
  readonly branches: readonly Jaxpr[]
  readonly varies: readonly boolean[]
}

const jvpBranches: (branches: readonly Jaxpr[], nonzero: readonly boolean[]) => JvpBranches =
  memo(maskKey, (branches, nonzero) => {
    const each = (branch: Jaxpr, forced: readonly boolean[]): JvpJaxpr => jvpJaxpr(branch, nonzero, forced)
    const results = inCommon(branches, branches[0].outputs.length, each, ({ varies }) => varies)
    return { branches: results.map(({ jaxpr }) => jaxpr), varies: results[0].varies }
  })

const transposeBranches: (
  branches: readonly Jaxpr[],
  known: readonly boolean[],
  cotangents: readonly boolean[]
) => { readonly branches: readonly Jaxpr[]; readonly nonzero: readonly boolean[] } = memo(
  (known, cotangents) => `${maskKey(known)} ${maskKey(cotangents)}`,
  (branches, known, cotangents) => {
    const each = (branch: Jaxpr, forced: readonly boolean[]): TransposedJaxpr => transposeJaxpr(branch, known, cotangents, forced)
    const results = inCommon(branches, known.length, each, ({ nonzero }) => nonzero)
    return { branches: results.map(({ jaxpr }) => jaxpr), nonzero: results[0].nonzero }
  }
)

const batchBranches: (
  branches: readonly Jaxpr[],
  size: number,
  batched: readonly boolean[],
  all: boolean,
  axisName: string | undefined
) => { readonly branches: readonly Jaxpr[]; readonly batched: readonly boolean[] } = memo(
  (size, batched, all, axisName) => `${size} ${maskKey(batched)} ${all} ${axisName ?? ''}`,
  (branches, size, batched, all, axisName) => {
    const count = branches[0].outputs.length
    const forceAll = new Array<boolean>(count).fill(true)
    const each = (branch: Jaxpr, forced: readonly boolean[]): BatchedJaxpr =>
      batchJaxpr(branch, size, batched, all ? forceAll : forced, axisName)
    const results = inCommon(branches, count, each, (result) => result.batched)
    return { branches: results.map(({ jaxpr }) => jaxpr), batched: results[0].batched }
  }
)

interface PrunedBranches {
  readonly branches: readonly Jaxpr[]
  readonly usedInputs: readonly boolean[]
}

const pruneBranches: (branches: readonly Jaxpr[], used: readonly boolean[]) => PrunedBranches =
  memo(maskKey, (branches, used) => {
    const results = inCommon(branches, branches[0].inputs.length, (branch, keep) => dce(branch, used, keep), ({ usedInputs }) => usedInputs)
    const same = results.every(({ jaxpr }, b) => jaxpr === branches[b])
    return { branches: same ? branches : results.map(({ jaxpr }) => jaxpr), usedInputs: results[0].usedInputs }
  })

const guardedBranches: (branches: readonly Jaxpr[]) => readonly Jaxpr[] = memo(() => '', (branches) => branches.map(guarded))

const showAll = (atoms: readonly { readonly aval: Aval }[]): string => avalsOf(atoms).map(showAval).join(', ')

/** One of several programs, chosen by an int32 scalar that is clamped to the branches there are. */
export const condP: Primitive<'cond', CondParams> = {
  name: 'cond',
  jaxprs: ({ branches }) => branches,
  abstract([index, ...avals], { branches }) {
    if (index.dtype !== 'int32' || index.shape.length > 0) throw new DTypeError('cond', 'an int32 scalar as index', index)
    const [first] = branches
    for (const { inputs, outputs } of branches) {
      if (inputs.length !== avals.length || inputs.some((v, i) => !sameType(v.aval, avals[i]))) {
        throw new JaxprError('cond', `operands ${avalsOf(inputs).map(showAval).join(', ')}`, avals.map(showAval).join(', '))
      }
      if (outputs.length !== first.outputs.length || outputs.some((atom, i) => !sameType(atom.aval, first.outputs[i].aval))) {
        throw new JaxprError('cond', `branches that return ${showAll(first.outputs)}`, showAll(outputs))
      }
    }
    return first.outputs.map(({ aval }, i) => ({ ...aval, weak: branches.every(({ outputs }) => outputs[i].aval.weak) }))
  },
  impl: ([index, ...operands], { branches }) => evaluate(branches[Math.min(Math.max(index.item(), 0), branches.length - 1)], operands),
  jvp([index, ...primals], [, ...tangents], { branches }) {
    const result = jvpBranches(branches, tangents.map((d) => d !== null))
    const outs = bind(condP, [index, ...primals, ...tangents.filter((d) => d !== null)], { branches: result.branches })
    const count = result.varies.length
    return [outs.slice(0, count), scatter(outs.slice(count), result.varies)]
  },
  jet: ([[index], ...operands], { branches }, jetJaxpr) =>
    jetCond(branches, operands, jetJaxpr, (all, args) => bind(condP, [index, ...args], { branches: all })),
  linearize([index, ...primals], { branches }, [, ...nonzero]) {
    const { forward, linear, inputs, outputs, varies } = linearizeBranches(branches, nonzero)
    const results = bind(condP, [index, ...primals], { branches: forward })
    const outs = results.slice(0, varies.length)
    const residuals = [...inputs.map((i) => primals[i]), ...outputs.map((o) => outs[o]), ...results.slice(varies.length)]
    const push = ([, ...tangents]: readonly Tangent[]): readonly Tangent[] =>
      varies.includes(true) ? tangentsOut(tangents) : varies.map(() => null)
    const tangentsOut = (tangents: readonly Tangent[]): readonly Tangent[] =>
      scatter(bind(condP, [index, ...residuals, ...tangents.filter((d) => d !== null)], { branches: linear }), varies)
    return [outs, push]
  },
  transpose(cts, [index, ...operands], { branches }) {
    if (index instanceof Unknown) throw new JaxprError('cond', 'a known index', 'one that is transposed')
    const known = operands.map((x) => !(x instanceof Unknown))
    const result = transposeBranches(branches, known, cts.map((ct) => ct !== null))
    const args = [index, ...operands.filter((x): x is NdArray => !(x instanceof Unknown)), ...cts.filter((ct) => ct !== null)]
    return [null, ...scatter(bind(condP, args, { branches: result.branches }), result.nonzero)]
  },
  batch(size, [index, ...operands], [chosen, ...batched], { branches }, axisName) {
    const effects = chosen && branches.some(hasEffects)
    const result = effects
      ? batchBranches(guardedBranches(branches), size, [true, ...batched], true, axisName)
      : batchBranches(branches, size, batched, chosen, axisName)
    if (!chosen) return [bind(condP, [index, ...operands], { branches: result.branches }), result.batched]
    const clamped = clamp(0, index, branches.length - 1)
    const results = result.branches.map((branch, b) => evaluate(branch, effects ? [eq(clamped, b), ...operands] : operands))
    const outs = results[0].map((out, i) => selectN(broadcastInDim(clamped, out.shape, [0]), ...results.map((each) => each[i])))
    return [outs, result.batched]
  },
  dce(used, eqn) {
    const { branches } = eqn.params as CondParams // the equation is one of this primitive
    const pruned = pruneBranches(branches, used)
    if (pruned.branches === branches) return eqn
    const [index, ...operands] = eqn.inputs
    return {
      ...eqn,
      params: { branches: pruned.branches } satisfies CondParams,
      inputs: [index, ...select(operands, pruned.usedInputs)],
      outputs: select(eqn.outputs, used)
    }
  }
}
