import { dataOf, row, wrap } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import { sameType, showAval, type Aval } from '../../core/aval.js'
import { allocate } from '../../core/dtype.js'
import { JaxprError } from '../../core/errors.js'
import { Unknown, type Batched, type Eqn, type Jaxpr, type Primitive, type Tangent } from '../../core/primitive.js'
import { range, sizeOf } from '../../core/shape.js'
import { bind } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { maskKey, memo } from '../../ir/memo.js'
import { split } from '../../ir/split.js'
import { broadcastLeading, instantiate, zerosLike } from '../../lax/broadcast.js'
import { transpose } from '../../lax/movement/transpose.js'
import { batchJaxpr, jvpJaxpr, type BatchedJaxpr, type JvpJaxpr } from '../../transform/jaxprs.js'
import { scatter, select } from '../../transform/mask.js'
import { jetScan } from '../jets.js'
import { bindHoisted, joined, partsOf, type Parts, type ScanParams } from '../loop.js'
import { either, fixedPoint, none, rewired } from '../wiring.js'
import { linearizeScan, type ScanResidual } from './scanlinear.js'
import { linearCarry, transposeScan } from './scantranspose.js'

const stackedAval = (length: number, { shape, dtype, weak }: Aval): Aval => ({ shape: [length, ...shape], dtype, weak })

const run = (operands: readonly NdArray[], params: ScanParams, outs: readonly Aval[]): readonly NdArray[] => {
  const { jaxpr, length, reverse, carries } = params
  const { constants, carry: start, slices } = partsOf(operands, params)
  const stacks = outs.slice(carries).map((aval) => allocate(aval.dtype, sizeOf(aval.shape)))
  let carry = start
  for (let step = 0; step < length; step++) {
    const i = reverse ? length - 1 - step : step
    const results = evaluate(jaxpr, [...constants, ...carry, ...slices.map((x) => row(x, i))])
    carry = results.slice(0, carries)
    stacks.forEach((stack, k) => {
      const data = dataOf(results[carries + k])
      stack.set(data, i * data.length)
    })
  }
  return [...carry, ...stacks.map((stack, k) => wrap(outs[carries + k], stack))]
}

/** Forward mode: the body with tangents beside the values, its inputs in the order of a scan. */
const jvpBody: (jaxpr: Jaxpr, constants: number, carries: number, nonzero: readonly boolean[]) => {
  readonly jaxpr: Jaxpr
  readonly carry: readonly boolean[]
  readonly outputs: readonly boolean[]
} = memo(
  (constants, carries, nonzero) => `${constants} ${carries} ${maskKey(nonzero)}`,
  (jaxpr, constants, carries, mask) => {
    const nonzero = partsOf(mask, { constants, carries })
    const still = none(jaxpr.outputs.slice(carries))
    const forward = (carry: readonly boolean[]): JvpJaxpr => jvpJaxpr(jaxpr, joined({ ...nonzero, carry }), [...carry, ...still])
    const carry = fixedPoint(nonzero.carry, (flags) => forward(flags).varies.slice(0, carries))
    const { jaxpr: both, varies } = forward(carry)
    const count = jaxpr.inputs.length
    const primals = partsOf(both.inputs.slice(0, count), { constants, carries })
    const sizes = { constants: nonzero.constants.filter(Boolean).length, carries: carry.filter(Boolean).length }
    const tangents = partsOf(both.inputs.slice(count), sizes)
    const inputs = joined<(typeof both.inputs)[number]>({
      constants: [...primals.constants, ...tangents.constants],
      carry: [...primals.carry, ...tangents.carry],
      slices: [...primals.slices, ...tangents.slices]
    })
    const [values, slopes] = [both.outputs.slice(0, varies.length), both.outputs.slice(varies.length)]
    const carried = [...values.slice(0, carries), ...slopes.slice(0, sizes.carries)]
    const outputs = [...carried, ...values.slice(carries), ...slopes.slice(sizes.carries)]
    return { jaxpr: rewired(both, inputs, outputs), carry, outputs: varies.slice(carries) }
  }
)

/** The body over a batch: a carry that comes out batched goes in batched. */
const batchBody: (
  jaxpr: Jaxpr,
  constants: number,
  carries: number,
  size: number,
  batched: readonly boolean[],
  axisName: string | undefined
) => BatchedJaxpr = memo(
  (constants, carries, size, batched, axisName) => `${constants} ${carries} ${size} ${maskKey(batched)} ${axisName ?? ''}`,
  (jaxpr, constants, carries, size, mask, axisName) => {
    const batched = partsOf(mask, { constants, carries })
    const still = none(jaxpr.outputs.slice(carries))
    const over = (carry: readonly boolean[]): BatchedJaxpr =>
      batchJaxpr(jaxpr, size, joined({ ...batched, carry }), [...carry, ...still], axisName)
    return over(fixedPoint(batched.carry, (flags) => over(flags).batched.slice(0, carries)))
  }
)

interface PrunedBody {
  readonly jaxpr: Jaxpr
  readonly usedInputs: readonly boolean[]
}

/** What the outputs in use need of the body: a carry that is read in a step is needed from the step before. */
const pruneBody: (jaxpr: Jaxpr, constants: number, carries: number, used: readonly boolean[]) => PrunedBody = memo(
  (constants, carries, used) => `${constants} ${carries} ${maskKey(used)}`,
  (jaxpr, constants, carries, used) => {
    const stacked = used.slice(carries)
    const reads = (carry: readonly boolean[]): readonly boolean[] =>
      partsOf(dce(jaxpr, [...carry, ...stacked]).usedInputs, { constants, carries }).carry
    const carry = fixedPoint(used.slice(0, carries), reads)
    const keep = jaxpr.inputs.map((_, i) => i >= constants && i < constants + carries && carry[i - constants])
    return dce(jaxpr, [...carry, ...stacked], keep)
  }
)

const swapped = (x: NdArray): NdArray => transpose(x, [1, 0, ...range(x.ndim - 2, 2)])

const isKnown = (x: NdArray | Unknown): x is NdArray => !(x instanceof Unknown)

/**
 * Transposes a scan of which part of the carry, counters say, does not depend on what is unknown: that part runs first and
 * stacks what the linear rest reads.
 */
const transposeRest = (
  cts: readonly Tangent[],
  operands: readonly (NdArray | Unknown)[],
  params: ScanParams,
  linear: readonly boolean[]
): readonly Tangent[] => {
  const parts = partsOf(operands, params)
  const unknown: Parts<boolean> = {
    constants: parts.constants.map((x) => !isKnown(x)),
    carry: linear,
    slices: parts.slices.map((x) => !isKnown(x))
  }
  const cut = split(params.jaxpr, joined(unknown), [...linear, ...none(params.jaxpr.outputs.slice(params.carries))])
  const ready: Parts<NdArray> = {
    constants: parts.constants.filter(isKnown),
    carry: parts.carry.filter((_, i) => !linear[i]).filter(isKnown),
    slices: parts.slices.filter(isKnown)
  }
  const before = bind(scanP, joined(ready), { ...params, jaxpr: cut.known, constants: ready.constants.length, carries: ready.carry.length })
  const residuals = before.slice(before.length - cut.residuals)
  const waiting: Parts<NdArray | Unknown> = {
    constants: parts.constants.filter((x) => !isKnown(x)),
    carry: select(parts.carry, linear),
    slices: parts.slices.filter((x) => !isKnown(x))
  }
  const sizes = { constants: waiting.constants.length, carries: waiting.carry.length }
  const inputs = partsOf(cut.rest.inputs.slice(cut.residuals), sizes)
  const body = rewired(cut.rest, joined({ ...inputs, slices: [...cut.rest.inputs.slice(0, cut.residuals), ...inputs.slices] }))
  const args = joined({ ...waiting, slices: [...residuals, ...waiting.slices] })
  const results = scanP.transpose?.(select(cts, cut.unknownOutputs), args, { ...params, ...sizes, jaxpr: body }) ?? []
  const found = partsOf(results, sizes)
  return [
    ...scatter(found.constants, unknown.constants),
    ...scatter(found.carry, unknown.carry),
    ...scatter(found.slices.slice(cut.residuals), unknown.slices)
  ]
}

/** A loop of a fixed number of steps over slices of arrays, which hands a carry on and stacks outputs. */
export const scanP: Primitive<'scan', ScanParams> = {
  name: 'scan',
  jaxprs: ({ jaxpr }) => [jaxpr],
  abstract(avals, params) {
    const { jaxpr, length, carries } = params
    const { constants, carry, slices } = partsOf(avals, params)
    const expected = partsOf(avalsOf(jaxpr.inputs), params)
    const wrong = (what: string, want: readonly Aval[], got: readonly Aval[]): void => {
      if (want.length === got.length && want.every((aval, i) => sameType(aval, got[i]))) return
      throw new JaxprError('scan', `${what} ${want.map(showAval).join(', ')}`, got.map(showAval).join(', '))
    }
    wrong('constants', expected.constants, constants)
    wrong('a carry', expected.carry, carry)
    wrong('slices', expected.slices.map((aval) => stackedAval(length, aval)), slices)
    const outs = avalsOf(jaxpr.outputs)
    wrong('a carry from the body', expected.carry, outs.slice(0, carries))
    return [...outs.slice(0, carries), ...outs.slice(carries).map((aval) => stackedAval(length, aval))]
  },
  impl: run,
  jvp(primals, tangents, params) {
    const { jaxpr, carries } = params
    const result = jvpBody(jaxpr, params.constants, carries, tangents.map((d) => d !== null))
    const [values, slopes] = [partsOf(primals, params), partsOf(tangents, params)]
    const dcarry = slopes.carry.flatMap((d, i) => (result.carry[i] ? [instantiate(d, values.carry[i])] : []))
    const operands: Parts<NdArray> = {
      constants: [...values.constants, ...slopes.constants.filter((d) => d !== null)],
      carry: [...values.carry, ...dcarry],
      slices: [...values.slices, ...slopes.slices.filter((d) => d !== null)]
    }
    const sizes = { constants: operands.constants.length, carries: operands.carry.length }
    const outs = bind(scanP, joined(operands), { ...params, ...sizes, jaxpr: result.jaxpr })
    const stacked = outs.slice(sizes.carries)
    const count = jaxpr.outputs.length - carries
    return [
      [...outs.slice(0, carries), ...stacked.slice(0, count)],
      [...scatter(outs.slice(carries, sizes.carries), result.carry), ...scatter(stacked.slice(count), result.outputs)]
    ]
  },
  jet: (operands, params, jetJaxpr) => jetScan(scanP, operands, params, jetJaxpr),
  linearize(primals, params, nonzero) {
    const { jaxpr, carries } = params
    const halves = linearizeScan(jaxpr, params.constants, carries, nonzero)
    const { constants, carry, slices } = partsOf(primals, params)
    const before = evaluate(halves.before, constants)
    const results = bind(scanP, [...before, ...carry, ...slices], { ...params, jaxpr: halves.forward, constants: halves.values })
    const sources = { before, slices, stacked: results.slice(carries) }
    const take = ({ from, index }: ScanResidual): NdArray => sources[from][index]
    const [fixed, sliced] = [halves.constants.map(take), halves.sliced.map(take)]
    const varies = [...halves.carry, ...halves.outputs]
    const push = (tangents: readonly Tangent[]): readonly Tangent[] => {
      if (!varies.includes(true)) return varies.map(() => null)
      const d = partsOf(tangents, params)
      const operands: Parts<NdArray> = {
        constants: [...fixed, ...d.constants.filter((each) => each !== null)],
        carry: d.carry.flatMap((each, i) => (halves.carry[i] ? [instantiate(each, carry[i])] : [])),
        slices: [...sliced, ...d.slices.filter((each) => each !== null)]
      }
      const sizes = { constants: operands.constants.length, carries: operands.carry.length }
      return scatter(bindHoisted(scanP, operands, { ...params, ...sizes, jaxpr: halves.linear }), varies)
    }
    return [results.slice(0, varies.length), push]
  },
  transpose(cts, operands, params) {
    const { constants, carry, slices } = partsOf(operands, params)
    const linear = linearCarry(params, operands.map((x) => !isKnown(x)))
    if (linear.includes(false)) return transposeRest(cts, operands, params, linear)
    const known = joined({ constants: constants.map(isKnown), carry: none(carry), slices: slices.map(isKnown) })
    const stacked = cts.slice(params.carries)
    const body = transposeScan(params.jaxpr, params.constants, params.carries, known, stacked.map((ct) => ct !== null))
    const sums = constants.filter((x) => !isKnown(x))
    const args: Parts<NdArray> = {
      constants: constants.filter(isKnown),
      carry: [...sums.map(zerosLike), ...carry.map((x, i) => instantiate(cts[i], x))],
      slices: [...slices.filter(isKnown), ...stacked.filter((ct) => ct !== null)]
    }
    const sizes = { constants: args.constants.length, carries: args.carry.length }
    const results = bindHoisted(scanP, args, { ...params, ...sizes, jaxpr: body, reverse: !params.reverse })
    const ends = results.slice(sums.length)
    return [
      ...scatter(results.slice(0, sums.length), constants.map((x) => !isKnown(x))),
      ...carry.map((x, i) => (isKnown(x) ? null : ends[i])),
      ...scatter(ends.slice(carry.length), slices.map((x) => !isKnown(x)))
    ]
  },
  batch(size, operands, batched, params, axisName): Batched {
    const { jaxpr, carries } = params
    const result = batchBody(jaxpr, params.constants, carries, size, batched, axisName)
    const [parts, flags] = [partsOf(operands, params), partsOf(batched, params)]
    const outs = bind(scanP, joined({
      constants: parts.constants,
      carry: parts.carry.map((x, i) => (result.batched[i] && !flags.carry[i] ? broadcastLeading(size, x) : x)),
      slices: parts.slices.map((x, i) => (flags.slices[i] ? swapped(x) : x))
    }), { ...params, jaxpr: result.jaxpr })
    return [outs.map((x, i) => (i >= carries && result.batched[i] ? swapped(x) : x)), result.batched]
  },
  dce(used, eqn): Eqn | null {
    const params = eqn.params as ScanParams // the equation is one of this primitive
    const pruned = pruneBody(params.jaxpr, params.constants, params.carries, used)
    if (pruned.jaxpr === params.jaxpr) return eqn
    const kept = partsOf(pruned.usedInputs, params)
    const outputs = either(used, [...kept.carry, ...none(used.slice(params.carries))])
    return {
      ...eqn,
      inputs: select(eqn.inputs, pruned.usedInputs),
      outputs: select(eqn.outputs, outputs),
      params: {
        ...params,
        jaxpr: pruned.jaxpr,
        constants: kept.constants.filter(Boolean).length,
        carries: kept.carry.filter(Boolean).length
      } satisfies ScanParams
    }
  }
}
