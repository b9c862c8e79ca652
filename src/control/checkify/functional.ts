import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import type { Eqn, Jaxpr } from '../../core/primitive.js'
import { range } from '../../core/shape.js'
import { bind } from '../../core/trace.js'
import { dce } from '../../ir/dce.js'
import { silent } from '../../ir/effects.js'
import { evaluate, interpret } from '../../ir/evaluate.js'
import { avalsOf, mapJaxprs, variable } from '../../ir/jaxpr.js'
import { memo } from '../../ir/memo.js'
import { stageClosed } from '../../ir/stage.js'
import { broadcastInDim, full, zerosLike } from '../../lax/broadcast.js'
import { add } from '../../lax/elementwise/arithmetic.js'
import { bitwiseNot, bitwiseOr } from '../../lax/elementwise/bitwise.js'
import { select } from '../../lax/elementwise/select.js'
import { stopGradient } from '../../lax/stop.js'
import type { CallParams } from '../call.js'
import { condP, type CondParams } from '../cond.js'
import { checkP, firstCheck, type CheckParams } from '../effects/check.js'
import { joined, partsOf, type ScanParams } from '../loop.js'
import { scanP } from '../loops/scan.js'
import { whileP, type WhileParams } from '../loops/while.js'
import { rewired } from '../wiring.js'
import { automatic, type Report, type Site, type Wanted } from './automatic.js'

/*
 * Programs whose checks are data: they return, after their own outputs, what became of each check.
 */

/** What a program returns, and what became of its checks. */
export interface Outcome {
  readonly outs: readonly NdArray[]
  readonly reports: readonly Report[]
}

/** A jaxpr that returns the arrays of its reports after its outputs; the same jaxpr if it checks nothing. */
interface Functional {
  readonly jaxpr: Jaxpr
  readonly sites: readonly Site[]
  /** The types of the arrays of each report. */
  readonly avals: readonly (readonly Aval[])[]
}

const functional: (jaxpr: Jaxpr, wanted: Wanted) => Functional = memo(
  ({ user, nan, division, index }) => [user, nan, division, index].map(Number).join(''),
  (jaxpr, wanted) => {
    let reports: readonly Report[] = []
    const result = stageClosed((args) => {
      const outcome = reporting(jaxpr, args, wanted)
      reports = outcome.reports
      return [...outcome.outs, ...reports.flatMap(({ arrays }) => arrays)]
    }, avalsOf(jaxpr.inputs))
    const unchanged = reports.length === 0 && firstCheck(jaxpr) === undefined
    return {
      jaxpr: unchanged ? jaxpr : result,
      sites: reports.map(({ site }) => site),
      avals: reports.map(({ arrays }) => avalsOf(arrays))
    }
  }
)

const flat = ({ avals }: Functional): readonly Aval[] => avals.flat()

/** Reports out of the arrays that a program returned for them. The loops of an equation's jaxpr get names of their own. */
const reportsOf = ({ sites, avals }: Functional, arrays: readonly NdArray[], place: string, loop?: string): readonly Report[] => {
  let next = 0
  return sites.map((site, i) => {
    const inner = site.loops.map((name) => `${place}.${name}`)
    return {
      site: { ...site, loops: loop === undefined ? inner : [loop, ...inner] },
      arrays: arrays.slice(next, (next += avals[i].length))
    }
  })
}

const over = (flags: NdArray, x: NdArray): NdArray => broadcastInDim(flags, x.shape, range(flags.ndim))

/** A loop's first step in which something failed stays; before it, the latest takes the place of the one before. */
const latest = (before: readonly NdArray[], now: readonly NdArray[]): readonly NdArray[] =>
  now.map((x, i) => (i === 0 ? bitwiseOr(before[0], x) : select(over(before[0], x), before[i], x)))

/** The state of reports in a loop: that of the body, with the step put after the flag. */
const stateTypes = ({ avals }: Functional): readonly (readonly Aval[])[] =>
  avals.map(([failed, ...rest]) => [failed, { shape: failed.shape, dtype: 'int32', weak: false }, ...rest])

const inState = (body: Functional, arrays: readonly NdArray[], step: NdArray): readonly (readonly NdArray[])[] =>
  reportsOf(body, arrays, '').map(({ arrays: [failed, ...rest] }) => [failed, broadcastInDim(step, failed.shape, []), ...rest])

/** The state after a step. */
const advanced = (body: Functional, state: readonly NdArray[], arrays: readonly NdArray[], step: NdArray): readonly NdArray[] => {
  let next = 0
  return inState(body, arrays, step).flatMap((now) => latest(state.slice(next, (next += now.length)), now))
}

const start = (body: Functional): readonly NdArray[] => stateTypes(body).flatMap((avals) => avals.map((aval) => zerosLike({ aval })))

const stateReports = (body: Functional, state: readonly NdArray[], place: string): readonly Report[] =>
  reportsOf({ ...body, avals: stateTypes(body) }, state, place, place)

/** The jaxpr as if nothing was asserted. */
const unasserted = (jaxpr: Jaxpr): Jaxpr => functional(jaxpr, { user: false, nan: false, division: false, index: false }).jaxpr

/** How an equation that holds jaxprs is applied so that their checks are reported; undefined if they check nothing. */
type Rule = (eqn: Eqn, operands: readonly NdArray[], wanted: Wanted, place: string) => Outcome | undefined

const callRule: Rule = (eqn, operands, wanted, place) => {
  const params = eqn.params as CallParams // the equation is one of such a primitive; so below
  const body = functional(params.jaxpr, wanted)
  if (body.jaxpr === params.jaxpr) return undefined
  const results = bind(eqn.primitive, operands, { ...params, jaxpr: body.jaxpr })
  const count = params.jaxpr.outputs.length
  return { outs: results.slice(0, count), reports: reportsOf(body, results.slice(count), place) }
}

/** What has rules of its own keeps them, for its outputs; its checks are evaluated beside it. */
const customRule: Rule = (eqn, operands, wanted, place) => {
  const { jaxpr } = eqn.params as CallParams
  const body = functional(jaxpr, wanted)
  if (body.jaxpr === jaxpr) return undefined
  const results = evaluate(silent(body.jaxpr), operands.map(stopGradient))
  return {
    outs: bind(eqn.primitive, operands, mapJaxprs(eqn.params, unasserted)),
    reports: reportsOf(body, results.slice(jaxpr.outputs.length), place)
  }
}

/** Branches that do not run report that nothing failed. */
const condRule: Rule = (eqn, operands, wanted, place) => {
  const { branches } = eqn.params as CondParams
  const bodies = branches.map((branch) => functional(branch, wanted))
  if (bodies.every(({ jaxpr }, i) => jaxpr === branches[i])) return undefined
  const count = branches[0].outputs.length
  const whole = bodies.map(({ jaxpr }, own) =>
    stageClosed((args) => {
      const results = evaluate(jaxpr, args)
      const reported = bodies.flatMap((body, b) => (b === own ? results.slice(count) : flat(body).map((aval) => zerosLike({ aval }))))
      return [...results.slice(0, count), ...reported]
    }, avalsOf(jaxpr.inputs))
  )
  const results = bind(condP, operands, { branches: whole } satisfies CondParams)
  let next = count
  const reports = bodies.flatMap((body, b) => reportsOf(body, results.slice(next, (next += flat(body).length)), `${place}.${b}`))
  return { outs: results.slice(0, count), reports }
}

const scanRule: Rule = (eqn, operands, wanted, place) => {
  const params = eqn.params as ScanParams
  const { carries } = params
  const body = functional(params.jaxpr, wanted)
  if (body.jaxpr === params.jaxpr) return undefined
  const [initial, types] = [partsOf(operands, params), partsOf(avalsOf(params.jaxpr.inputs), params)]
  const state = [full([], 0, 'int32'), ...start(body)]
  const count = params.jaxpr.outputs.length
  const jaxpr = stageClosed((args) => {
    const { constants, carry, slices } = partsOf(args, { constants: params.constants, carries: carries + state.length })
    const results = evaluate(body.jaxpr, [...constants, ...carry.slice(0, carries), ...slices])
    const [step, ...before] = carry.slice(carries)
    const after = advanced(body, before, results.slice(count), step)
    return [...results.slice(0, carries), add(step, 1), ...after, ...results.slice(carries, count)]
  }, joined({ ...types, carry: [...types.carry, ...avalsOf(state)] }))
  const end = carries + state.length
  const results = bind(scanP, joined({ ...initial, carry: [...initial.carry, ...state] }), { ...params, jaxpr, carries: end })
  return {
    outs: [...results.slice(0, carries), ...results.slice(end)],
    reports: stateReports(body, results.slice(carries + 1, end), place)
  }
}

/** The test is evaluated once more after each step, for its checks, if it has any. */
const whileRule: Rule = (eqn, operands, wanted, place) => {
  const params = eqn.params as WhileParams
  const { testConstants, bodyConstants } = params
  const [test, body] = [functional(params.test, wanted), functional(params.body, wanted)]
  if (test.jaxpr === params.test && body.jaxpr === params.body) return undefined
  const fixed = testConstants + bodyConstants
  const testArgs = operands.slice(0, testConstants)
  const carry = operands.slice(fixed)
  const carries = carry.length
  const zero = full([], 0, 'int32')
  const first = test.sites.length === 0 ? [] : evaluate(test.jaxpr, [...testArgs, ...carry]).slice(1)
  const state = [zero, ...advanced(test, start(test), first, zero), ...start(body)]
  const split = 1 + stateTypes(test).flat().length
  const jaxpr = stageClosed((args) => {
    const [given, bodyArgs] = [args.slice(0, testConstants), args.slice(testConstants, fixed + carries)]
    const before = args.slice(fixed + carries)
    const results = evaluate(body.jaxpr, bodyArgs)
    const [next, step] = [results.slice(0, carries), before[0]]
    const later = add(step, 1)
    const tested = test.sites.length === 0 ? [] : evaluate(test.jaxpr, [...given, ...next]).slice(1)
    return [
      ...next, later,
      ...advanced(test, before.slice(1, split), tested, later),
      ...advanced(body, before.slice(split), results.slice(carries), step)
    ]
  }, [...avalsOf(operands), ...avalsOf(state)])
  const silent = dce(test.jaxpr, test.jaxpr.outputs.map((_, i) => i === 0), true).jaxpr
  const results = bind(whileP, [...testArgs, ...operands, ...state], {
    test: rewired(silent, [...silent.inputs, ...avalsOf(state).map(variable)]), body: jaxpr, testConstants, bodyConstants: fixed
  } satisfies WhileParams)
  const ends = results.slice(carries)
  return {
    outs: results.slice(0, carries),
    reports: [...stateReports(test, ends.slice(1, split), place), ...stateReports(body, ends.slice(split), place)]
  }
}

const rules: Readonly<Partial<Record<string, Rule>>> = {
  jit: callRule,
  checkpoint: callRule,
  custom_jvp: customRule,
  custom_vjp: customRule,
  custom_batching: customRule,
  custom_linear_solve: customRule,
  cond: condRule,
  scan: scanRule,
  while: whileRule
}

const userCheck = ({ assertion: { message, source, values } }: CheckParams, [predicate, ...arrays]: readonly NdArray[]): Report => ({
  site: { kind: 'user', message, source, loops: [], values },
  arrays: [bitwiseNot(predicate), ...arrays.map(stopGradient)]
})

/** Applies a jaxpr, and reports what became of the checks that are wanted. */
export const reporting = (jaxpr: Jaxpr, args: readonly NdArray[], wanted: Wanted): Outcome => {
  const reports: Report[] = []
  const outs = interpret(jaxpr, args, (eqn, operands, index) => {
    if (eqn.primitive === checkP) {
      if (wanted.user) reports.push(userCheck(eqn.params as CheckParams, operands))
      return []
    }
    const outcome = rules[eqn.primitive.name]?.(eqn, operands, wanted, String(index))
    if (outcome !== undefined) {
      reports.push(...outcome.reports)
      return outcome.outs
    }
    const results = bind(eqn.primitive, operands, eqn.params)
    if (eqn.primitive.jaxprs === undefined) reports.push(...automatic(wanted, eqn, operands, results))
    return results
  })
  return { outs, reports }
}
