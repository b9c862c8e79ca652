import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { call } from '../../src/control/jit.js'
import { check } from '../../src/ir/check.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { avalsOf } from '../../src/ir/jaxpr.js'
import { stageClosed } from '../../src/ir/stage.js'
import * as lax from '../../src/lax/index.js'
import { batchJaxpr, jvpJaxpr, linearizeJaxpr, transposeJaxpr } from '../../src/transform/jaxprs.js'
import { f64, i32 } from '../support/arrays.js'

const staged = (f: (...xs: NdArray[]) => readonly NdArray[], ...examples: readonly NdArray[]): Jaxpr =>
  stageClosed((xs) => f(...xs), avalsOf(examples))
const names = ({ eqns }: Jaxpr): string => eqns.map(({ primitive }) => primitive.name).join(' ')
const numbers = (xs: readonly NdArray[]): readonly unknown[] => xs.map((x) => x.toList())

const [x, n] = [f64(0.5), i32(3)]

describe('linearized', () => {
  test('a residual is an input, an output, or computed once', () => {
    const jaxpr = staged((a, b) => [lax.mul(a, b), lax.exp(a), lax.sin(a), lax.cos(a)], x, x)
    const { forward, linear, residuals, varies } = linearizeJaxpr(jaxpr, [true, true], [false, false, false, false])
    expect(varies).toEqual([true, true, true, true])
    // Products read inputs, exp its output; sin needs the cosine, which is an output too, and cos the sine with its sign turned.
    expect(residuals.map(({ from, index }) => `${from} ${index}`).sort()).toEqual(['input 0', 'input 1', 'new 0', 'output 1', 'output 3'])
    expect([names(forward).split(' ').filter((name) => name === 'cos').length, check(forward), check(linear)]).toEqual([1, forward, linear])
  })

  test('what the linear part does not read is no residual', () => {
    const jaxpr = staged((a, b) => [lax.mul(lax.sin(a), 2), lax.mul(lax.sin(b), b)], x, x)
    const { residuals, linear, varies } = linearizeJaxpr(jaxpr, [true, false], [false, false])
    expect([residuals.length, varies, linear.inputs.length, linear.outputs.length]).toEqual([1, [true, false], 2, 1])
  })

  test('zeros that are asked for are tangents', () => {
    const jaxpr = staged((a, k) => [a, lax.floor(a), k], x, n)
    expect(linearizeJaxpr(jaxpr, [true, false], [false, false, false]).varies).toEqual([true, false, false])
    const { linear, varies } = linearizeJaxpr(jaxpr, [true, false], [false, true, false])
    expect(varies).toEqual([true, true, false])
    expect(numbers(evaluate(linear, [f64(7)]))).toEqual([7, 0])
  })
})

describe('each is made once', () => {
  const jaxpr = staged((a, b) => [lax.mul(lax.sin(a), b), b], x, x)
  const no = [false, false]

  test('for each of its questions', () => {
    expect(linearizeJaxpr(jaxpr, [true, true], no)).toBe(linearizeJaxpr(jaxpr, [true, true], no))
    expect(linearizeJaxpr(jaxpr, [true, false], no)).not.toBe(linearizeJaxpr(jaxpr, [true, true], no))
    expect(jvpJaxpr(jaxpr, [true, true], no)).toBe(jvpJaxpr(jaxpr, [true, true], no))
    expect(batchJaxpr(jaxpr, 2, [true, false], no)).toBe(batchJaxpr(jaxpr, 2, [true, false], no))
    expect(batchJaxpr(jaxpr, 3, [true, false], no)).not.toBe(batchJaxpr(jaxpr, 2, [true, false], no))
    expect(batchJaxpr(jaxpr, 2, [true, false], no, 'i')).not.toBe(batchJaxpr(jaxpr, 2, [true, false], no))
  })

  test('and what it says of its outputs belongs to the question', () => {
    expect(batchJaxpr(jaxpr, 2, [true, false], no).batched).toEqual([true, false])
    expect(batchJaxpr(jaxpr, 2, [true, false], [false, true]).batched).toEqual([true, true])
    expect(batchJaxpr(jaxpr, 2, [false, true], no).batched).toEqual([true, true])
    expect(jvpJaxpr(jaxpr, [true, false], no).varies).toEqual([true, false])
    expect(jvpJaxpr(jaxpr, [true, false], [true, true]).varies).toEqual([true, true])
  })
})

describe('transposed', () => {
  const inner = staged((a, b, c) => [lax.add(lax.mul(a, b), lax.mul(c, 2)), lax.neg(c)], x, x, x)

  test('with values known, and cotangents missing', () => {
    const known = [true, false, false]
    const both = transposeJaxpr(inner, known, [true, true], [false, false, false])
    expect(both.nonzero).toEqual([false, true, true])
    expect(numbers(evaluate(both.jaxpr, [f64(3), f64(1), f64(10)]))).toEqual([3, -8])
    const second = transposeJaxpr(inner, known, [false, true], [false, false, false])
    expect(second.nonzero).toEqual([false, false, true])
    expect(numbers(evaluate(second.jaxpr, [f64(3), f64(10)]))).toEqual([-10])
    const forced = transposeJaxpr(inner, known, [false, true], [false, true, false])
    expect(numbers(evaluate(forced.jaxpr, [f64(3), f64(10)]))).toEqual([0, -10])
  })

  test('through calls', () => {
    const outer = staged((a, b, c) => call('f', inner, [a, b, c]), x, x, x)
    const { jaxpr, nonzero } = transposeJaxpr(outer, [true, false, false], [true, true], [false, false, false])
    expect([nonzero, names(jaxpr)]).toEqual([[false, true, true], 'jit'])
    expect(numbers(evaluate(jaxpr, [f64(3), f64(1), f64(10)]))).toEqual([3, -8])
  })
})
