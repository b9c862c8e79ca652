import fc from 'fast-check'
import type { NdArray } from '../../../src/core/array.js'
import { isFloat } from '../../../src/core/dtype.js'
import type { Jaxpr } from '../../../src/core/primitive.js'
import type { CondParams } from '../../../src/control/cond.js'
import type { ScanParams } from '../../../src/control/loop.js'
import type { WhileParams } from '../../../src/control/loops/while.js'
import { evaluate } from '../../../src/ir/evaluate.js'
import { avalsOf } from '../../../src/ir/jaxpr.js'
import { stageClosed } from '../../../src/ir/stage.js'
import { add } from '../../../src/lax/elementwise/arithmetic.js'
import { bitwiseAnd } from '../../../src/lax/elementwise/bitwise.js'
import { lt } from '../../../src/lax/elementwise/comparison.js'
import { integers, type Draw } from '../../support/arbitrary.js'
import { arraysFor, avalOf, jaxprOf, kinds, programs, type Manners } from '../bodies.js'
import { plainCond, plainScan, plainWhile, type Plain } from '../loops.js'
import type { Example, Row } from '../row.js'

export type Examples<P extends object> = (draw: Draw, manners: Manners, depth?: number) => fc.Arbitrary<Example<P>>

/** One of up to three programs. */
export const conds: Examples<CondParams> = (draw, manners, depth) =>
  fc.record({
    index: integers('int32', [], -1, 3),
    operands: kinds(0, 3).chain((list) => arraysFor(list, draw)),
    results: kinds(1, 3),
    bodies: fc.array(programs(manners, depth), { minLength: 1, maxLength: 3 })
  }).map(({ index, operands, results, bodies }) => ({
    operands: [index, ...operands],
    params: { branches: bodies.map((body) => jaxprOf(body, avalsOf(operands), results.map((kind) => avalOf(kind, draw)))) }
  }))

/** Loops of up to three steps. */
export const scans: Examples<ScanParams> = (draw, manners, depth) =>
  fc.record({
    length: fc.constantFrom(2, 1, 3, 0),
    lists: fc.tuple(kinds(0, 2), kinds(0, 3), kinds(0, 2)),
    results: kinds(0, 2),
    body: programs(manners, depth),
    reverse: fc.boolean(),
    unroll: fc.constantFrom(1, 2)
  }).chain(({ length, lists: [constants, carry, slices], results, body, reverse, unroll }) =>
    fc.tuple(arraysFor(constants, draw), arraysFor(carry, draw), arraysFor(slices, draw, length)).map(([fixed, start, xs]) => {
      const sliced = avalsOf(xs).map(({ shape, dtype, weak }) => ({ shape: shape.slice(1), dtype, weak }))
      const inputs = [...avalsOf(fixed), ...avalsOf(start), ...sliced]
      const jaxpr = jaxprOf(body, inputs, [...avalsOf(start), ...results.map((kind) => avalOf(kind, draw))])
      return {
        operands: [...fixed, ...start, ...xs],
        params: { jaxpr, length, reverse, unroll, constants: fixed.length, carries: start.length }
      }
    })
  )

/** A counter goes before the carry: the loop ends at three. */
const counted = (body: Jaxpr, constants: number): Jaxpr =>
  stageClosed((args) => [add(args[constants], 1), ...evaluate(body, args)], avalsOf(body.inputs))

const below = (test: Jaxpr, constants: number): Jaxpr =>
  stageClosed((args) => [bitwiseAnd(lt(args[constants], 3), evaluate(test, args)[0])], avalsOf(test.inputs))

const goesOn = { shape: [], dtype: 'bool', weak: false } as const

/** Loops of up to three steps that a test may end before. */
export const whiles: Examples<WhileParams> = (draw, manners, depth) =>
  fc.record({
    lists: fc.tuple(kinds(0, 2), kinds(0, 2), kinds(0, 3)),
    counter: integers('int32', [], 0, 3),
    test: fc.option(programs(manners, depth), { freq: 3, nil: undefined }),
    body: programs(manners, depth)
  }).chain(({ lists: [testKinds, bodyKinds, kindsOfCarry], counter, test, body }) =>
    fc.tuple(arraysFor(testKinds, draw), arraysFor(bodyKinds, draw), arraysFor(kindsOfCarry, draw)).map(([forTest, forBody, rest]) => {
      const carry: readonly NdArray[] = [counter, ...rest]
      const inputs = avalsOf([...forTest, ...carry])
      const always = stageClosed((args) => [lt(args[forTest.length], 3)], inputs)
      return {
        operands: [...forTest, ...forBody, ...carry],
        params: {
          test: test === undefined ? always : below(jaxprOf(test, inputs, [goesOn]), forTest.length),
          body: counted(jaxprOf(body, avalsOf([...forBody, ...carry]), avalsOf(rest)), forBody.length),
          testConstants: forTest.length,
          bodyConstants: forBody.length
        }
      }
    })
  )

/** Whether values are of a size at which differences make sense. */
const tame = (outs: readonly NdArray[]): boolean =>
  outs.every((y) => !isFloat(y.dtype) || y.toTypedArray().every((value) => Math.abs(value) < 8))

/** A row of programs, which compute values of a moderate size where derivatives are compared with differences. */
export const row = <P extends object>(examples: Examples<P>, plain: Plain<P>): Row<P> => ({
  dtypes: ['float64', 'float32'],
  tolerance: { float32: 2e-2, float64: 1e-4 }, // of derivatives against differences: bodies may curve a lot
  batching: 1e-6,
  examples: (draw) =>
    draw.wild ? examples(draw, 'wild') : examples(draw, 'smooth').filter(({ operands, params }) => tame(plain(operands, params)))
})

const loop: Row<WhileParams> = { ...row(whiles, plainWhile), derivatives: 'forward' }

export const control = { cond: row(conds, plainCond), scan: row(scans, plainScan), while: loop }
