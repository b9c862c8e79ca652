import { sameType, showAval, type Aval } from '../../core/aval.js'
import { DerivativeError, JaxprError } from '../../core/errors.js'
import type { Jaxpr, Primitive } from '../../core/primitive.js'
import { bind } from '../../core/trace.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf, variable } from '../../ir/jaxpr.js'
import { identity } from '../../ir/key.js'
import { maskKey, memo } from '../../ir/memo.js'
import { stageClosed } from '../../ir/stage.js'
import { broadcastInDim, broadcastLeading, instantiate } from '../../lax/broadcast.js'
import { reduceOr } from '../../lax/reduction/reduce.js'
import { select as choose } from '../../lax/elementwise/select.js'
import { batchJaxpr, jvpJaxpr, type BatchedJaxpr, type JvpJaxpr } from '../../transform/jaxprs.js'
import { scatter } from '../../transform/mask.js'
import { jetWhile } from '../jets.js'
import { guarded } from '../effects/guard.js'
import { fixedPoint, rewired } from '../wiring.js'

export interface WhileParams {
  /** From its constants and the carry to whether to go on. */
  readonly test: Jaxpr
  /** From its constants and the carry to the carry. */
  readonly body: Jaxpr
  /** How many operands are constants of the test, the first ones. */
  readonly testConstants: number
  /** How many operands after those are constants of the body. */
  readonly bodyConstants: number
}

interface Operands<A> {
  readonly test: readonly A[]
  readonly body: readonly A[]
  readonly carry: readonly A[]
}

type Counts = Pick<WhileParams, 'testConstants' | 'bodyConstants'>

const partsOf = <A>(list: readonly A[], { testConstants, bodyConstants }: Counts): Operands<A> => ({
  test: list.slice(0, testConstants),
  body: list.slice(testConstants, testConstants + bodyConstants),
  carry: list.slice(testConstants + bodyConstants)
})

interface JvpLoop {
  readonly test: Jaxpr
  readonly body: Jaxpr
  readonly carry: readonly boolean[]
}

/** The loop with tangents beside the carry. The test does not look at them. */
const jvpLoop: (body: Jaxpr, test: Jaxpr, constants: number, nonzero: readonly boolean[]) => JvpLoop = memo(
  (test, constants, nonzero) => `${identity(test)} ${constants} ${maskKey(nonzero)}`,
  (body, test, constants, mask) => {
    const fixed = mask.slice(0, constants)
    const forward = (carry: readonly boolean[]): JvpJaxpr => jvpJaxpr(body, [...fixed, ...carry], carry)
    const carry = fixedPoint(mask.slice(constants), (flags) => forward(flags).varies)
    const { jaxpr } = forward(carry)
    const count = body.inputs.length
    const moving = fixed.filter(Boolean).length
    const [primals, tangents] = [jaxpr.inputs.slice(0, count), jaxpr.inputs.slice(count)]
    const inputs = [...primals.slice(0, constants), ...tangents.slice(0, moving), ...primals.slice(constants), ...tangents.slice(moving)]
    const unread = tangents.slice(moving).map((v) => variable(v.aval))
    return { test: rewired(test, [...test.inputs, ...unread]), body: rewired(jaxpr, inputs), carry }
  }
)

interface BatchedLoop {
  readonly test: Jaxpr
  readonly body: Jaxpr
  readonly carry: readonly boolean[]
  /** Whether examples stop at different times: the body then takes the constants of the test first. */
  readonly masked: boolean
}

/** The loop over a batch. Where the test is batched it goes on while any example does, and those that are done stay as they are. */
const batchLoop: (
  body: Jaxpr,
  test: Jaxpr,
  testConstants: number,
  bodyConstants: number,
  size: number,
  batched: readonly boolean[],
  axisName: string | undefined
) => BatchedLoop = memo(
  (test, testConstants, bodyConstants, size, batched, axisName) =>
    `${identity(test)} ${testConstants} ${bodyConstants} ${size} ${maskKey(batched)} ${axisName ?? ''}`,
  (body, test, testConstants, bodyConstants, size, mask, axisName) => {
    const flags = partsOf(mask, { testConstants, bodyConstants })
    const testOver = (carry: readonly boolean[]): BatchedJaxpr => batchJaxpr(test, size, [...flags.test, ...carry], [false], axisName)
    const bodyOver = (carry: readonly boolean[]): BatchedJaxpr => batchJaxpr(body, size, [...flags.body, ...carry], carry, axisName)
    const step = fixedPoint(flags.carry, (carry) => bodyOver(carry).batched)
    if (!testOver(step).batched[0]) return { test: testOver(step).jaxpr, body: bodyOver(step).jaxpr, carry: step, masked: false }
    const all = step.map(() => true)
    const next = batchJaxpr(guarded(body), size, [true, ...flags.body, ...all], all, axisName).jaxpr
    const goesOn = testOver(all).jaxpr
    const any = stageClosed((args) => [reduceOr(evaluate(goesOn, args)[0], [0])], avalsOf(goesOn.inputs))
    const testTypes = avalsOf(goesOn.inputs.slice(0, testConstants))
    const stepTypes = avalsOf(next.inputs.slice(1))
    const masked = stageClosed((args) => {
      const [testArgs, bodyArgs] = [args.slice(0, testConstants), args.slice(testConstants)]
      const carry = bodyArgs.slice(bodyConstants)
      const [active] = evaluate(goesOn, [...testArgs, ...carry])
      return evaluate(next, [active, ...bodyArgs]).map((x, i) => choose(broadcastInDim(active, x.shape, [0]), x, carry[i]))
    }, [...testTypes, ...stepTypes])
    return { test: any, body: masked, carry: all, masked: true }
  }
)

/** A loop that goes on while a test holds. */
export const whileP: Primitive<'while', WhileParams> = {
  name: 'while',
  jaxprs: ({ test, body }) => [test, body],
  abstract(avals, params) {
    const { test, body } = params
    const parts = partsOf(avals, params)
    const outs = avalsOf(body.outputs)
    const check = (what: string, want: readonly Aval[], got: readonly Aval[]): void => {
      if (want.length === got.length && want.every((aval, i) => sameType(aval, got[i]))) return
      throw new JaxprError('while', `${what} ${want.map(showAval).join(', ')}`, got.map(showAval).join(', '))
    }
    check('operands of the test', avalsOf(test.inputs), [...parts.test, ...parts.carry])
    check('operands of the body', avalsOf(body.inputs), [...parts.body, ...parts.carry])
    check('a carry from the body', parts.carry, outs)
    const [result] = avalsOf(test.outputs)
    if (test.outputs.length !== 1 || result.dtype !== 'bool' || result.shape.length > 0) {
      throw new JaxprError('while', 'a test that returns a boolean scalar', avalsOf(test.outputs).map(showAval).join(', '))
    }
    return outs
  },
  impl(operands, params) {
    const parts = partsOf(operands, params)
    let { carry } = parts
    while (evaluate(params.test, [...parts.test, ...carry])[0].item() !== 0) carry = evaluate(params.body, [...parts.body, ...carry])
    return carry
  },
  jvp(primals, tangents, params) {
    const { testConstants, bodyConstants } = params
    const [values, slopes] = [partsOf(primals, params), partsOf(tangents, params)]
    const nonzero = [...slopes.body, ...slopes.carry].map((d) => d !== null)
    const loop = jvpLoop(params.body, params.test, bodyConstants, nonzero)
    const fixed = [...values.body, ...slopes.body.filter((d) => d !== null)]
    const dcarry = slopes.carry.flatMap((d, i) => (loop.carry[i] ? [instantiate(d, values.carry[i])] : []))
    const outs = bind(whileP, [...values.test, ...fixed, ...values.carry, ...dcarry], {
      test: loop.test,
      body: loop.body,
      testConstants,
      bodyConstants: fixed.length
    } satisfies WhileParams)
    const count = values.carry.length
    return [outs.slice(0, count), scatter(outs.slice(count), loop.carry)]
  },
  jet: (operands, params, jetJaxpr) =>
    jetWhile(params.test, params.body, partsOf(operands, params), jetJaxpr, (test, body, parts) => {
      const sizes = { testConstants: parts.test.length, bodyConstants: parts.body.length }
      return bind(whileP, [...parts.test, ...parts.body, ...parts.carry], { test, body, ...sizes } satisfies WhileParams)
    }),
  transpose() {
    const expected = 'a loop whose number of steps is known when it is traced (scan, foriLoop with numbers as bounds, boundedWhile)'
    throw new DerivativeError('whileLoop', expected, 'reverse mode through a loop that runs as long as its test holds')
  },
  batch(size, operands, batched, params, axisName) {
    const { test, body, testConstants, bodyConstants } = params
    const loop = batchLoop(body, test, testConstants, bodyConstants, size, batched, axisName)
    const [parts, flags] = [partsOf(operands, params), partsOf(batched, params)]
    const carry = parts.carry.map((x, i) => (loop.carry[i] && !flags.carry[i] ? broadcastLeading(size, x) : x))
    const fixed = loop.masked ? [...parts.test, ...parts.body] : parts.body
    const outs = bind(whileP, [...parts.test, ...fixed, ...carry], {
      test: loop.test,
      body: loop.body,
      testConstants,
      bodyConstants: fixed.length
    } satisfies WhileParams)
    return [outs, loop.carry]
  }
}
