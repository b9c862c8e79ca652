import type { NdArray } from '../core/array.js'
import type { Jaxpr, JetJaxpr, JetOf, Primitive, Series } from '../core/primitive.js'
import { bind } from '../core/trace.js'
import { avalsOf } from '../ir/jaxpr.js'
import { identity } from '../ir/key.js'
import { maskKey, memo } from '../ir/memo.js'
import { instantiate } from '../lax/broadcast.js'
import { nonzeroOf, pack, unpack } from '../transform/jet/jaxpr.js'
import { orderOf } from '../transform/jet/series.js'
import { partsOf, type ScanParams } from './loop.js'
import { either, fixedPoint, rewired, unread } from './wiring.js'

/*
 * Taylor mode through loops and branches: coefficients go beside the values, of operands, carries and outputs alike.
 */

const noneOf = (count: number): readonly boolean[] => new Array<boolean>(count).fill(false)

const count = (mask: readonly boolean[]): number => mask.filter(Boolean).length

/** A list in the order of `pack`, by groups of so many variables: the values of each group, then its coefficients. */
const grouped = <A>(list: readonly A[], sizes: readonly number[], order: number, nonzero: readonly boolean[]): readonly A[][] => {
  let [value, coefficient] = [0, sizes.reduce((a, b) => a + b, 0)]
  return sizes.map((size) => {
    const held = count(nonzero.slice(value * order, (value + size) * order))
    const group = [...list.slice(value, value + size), ...list.slice(coefficient, coefficient + held)]
    value += size
    coefficient += held
    return group
  })
}

/** Series in which the coefficients that are marked are arrays, if only of zeros. */
const filled = (series: readonly Series[], mask: readonly boolean[]): readonly Series[] =>
  series.map(([value, ...rest], i) => [value, ...rest.map((c, j) => (mask[i * rest.length + j] ? instantiate(c, value) : c))])

interface JetBody {
  readonly jaxpr: Jaxpr
  /** Which coefficients of the carry, and of the other outputs, there are. */
  readonly carry: readonly boolean[]
  readonly outputs: readonly boolean[]
}

/** The body of a loop, its inputs and outputs in groups: constants, carry, slices; carry, outputs. */
const jetBody: (
  jaxpr: Jaxpr, jetJaxpr: JetOf, constants: number, carries: number, order: number, nonzero: readonly boolean[]
) => JetBody = memo(
  (_, constants, carries, order, nonzero) => `${constants} ${carries} ${order} ${maskKey(nonzero)}`,
  (jaxpr, jetJaxpr, constants, carries, order, nonzero) => {
    const [start, end] = [constants * order, (constants + carries) * order]
    const [fixed, slices] = [nonzero.slice(0, start), nonzero.slice(end)]
    const others = jaxpr.outputs.length - carries
    const through = (carry: readonly boolean[]): JetJaxpr =>
      jetJaxpr(jaxpr, order, [...fixed, ...carry, ...slices], [...carry, ...noneOf(others * order)])
    const carry = fixedPoint(nonzero.slice(start, end), (flags) => through(flags).varies.slice(0, flags.length))
    const { jaxpr: whole, varies } = through(carry)
    const inputs = grouped(whole.inputs, [constants, carries, slices.length / order], order, [...fixed, ...carry, ...slices])
    const outputs = grouped(whole.outputs, [carries, others], order, varies)
    return { jaxpr: rewired(whole, inputs.flat(), outputs.flat()), carry, outputs: varies.slice(carry.length) }
  }
)

/** Taylor mode of a scan. */
export const jetScan = (
  scan: Primitive<'scan', ScanParams>, operands: readonly Series[], params: ScanParams, jetJaxpr: JetOf
): readonly Series[] => {
  const { jaxpr, constants, carries } = params
  const order = orderOf(operands[0])
  const body = jetBody(jaxpr, jetJaxpr, constants, carries, order, nonzeroOf(operands))
  const parts = partsOf(operands, params)
  const [fixed, carry, slices] = [pack(parts.constants), pack(filled(parts.carry, body.carry)), pack(parts.slices)]
  const sizes = { constants: fixed.length, carries: carry.length }
  const outs = bind(scan, [...fixed, ...carry, ...slices], { ...params, ...sizes, jaxpr: body.jaxpr })
  return [
    ...unpack(outs.slice(0, carry.length), carries, order, body.carry),
    ...unpack(outs.slice(carry.length), jaxpr.outputs.length - carries, order, body.outputs)
  ]
}

/** The operands of a loop that a test ends. */
export interface WhileOperands<A> {
  readonly test: readonly A[]
  readonly body: readonly A[]
  readonly carry: readonly A[]
}

const widened: (test: Jaxpr, body: Jaxpr, constants: number, order: number, carry: readonly boolean[]) => Jaxpr = memo(
  (body, constants, order, carry) => `${identity(body)} ${constants} ${order} ${maskKey(carry)}`,
  (test, body, constants, order, carry) => {
    const moving = avalsOf(body.inputs.slice(constants)).flatMap((aval, i) =>
      new Array<typeof aval>(count(carry.slice(i * order, (i + 1) * order))).fill(aval))
    return rewired(test, [...test.inputs, ...unread(moving)])
  }
)

/** Taylor mode of a while: the test does not look at coefficients. `apply` binds the loop of the jaxprs given. */
export const jetWhile = (
  test: Jaxpr,
  body: Jaxpr,
  operands: WhileOperands<Series>,
  jetJaxpr: JetOf,
  apply: (test: Jaxpr, body: Jaxpr, operands: WhileOperands<NdArray>) => readonly NdArray[]
): readonly Series[] => {
  const constants = operands.body.length
  const order = orderOf([...operands.test, ...operands.body, ...operands.carry][0])
  const loop = jetBody(body, jetJaxpr, constants, operands.carry.length, order, nonzeroOf([...operands.body, ...operands.carry]))
  const outs = apply(widened(test, body, constants, order, loop.carry), loop.jaxpr, {
    test: operands.test.map(([value]) => value),
    body: pack(operands.body),
    carry: pack(filled(operands.carry, loop.carry))
  })
  return unpack(outs, operands.carry.length, order, loop.carry)
}

const jetBranches: (branches: readonly Jaxpr[], jetJaxpr: JetOf, order: number, nonzero: readonly boolean[]) => readonly JetJaxpr[] = memo(
  (_, order, nonzero) => `${order} ${maskKey(nonzero)}`,
  (branches, jetJaxpr, order, nonzero) => {
    const each = (forced: readonly boolean[]): readonly JetJaxpr[] => branches.map((branch) => jetJaxpr(branch, order, nonzero, forced))
    return each(each(noneOf(branches[0].outputs.length * order)).map(({ varies }) => varies).reduce(either))
  }
)

/** Taylor mode of a choice between jaxprs. `apply` binds the choice between those given. */
export const jetCond = (
  branches: readonly Jaxpr[],
  operands: readonly Series[],
  jetJaxpr: JetOf,
  apply: (branches: readonly Jaxpr[], operands: readonly NdArray[]) => readonly NdArray[]
): readonly Series[] => {
  const order = orderOf(operands[0])
  const results = jetBranches(branches, jetJaxpr, order, nonzeroOf(operands))
  const outs = apply(results.map(({ jaxpr }) => jaxpr), pack(operands))
  return unpack(outs, branches[0].outputs.length, order, results[0].varies)
}
