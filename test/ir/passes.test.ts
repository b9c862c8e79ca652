import { describe, expect, test } from 'vitest'
import { scalar } from '../../src/array/ndarray.js'
import type { NdArray } from '../../src/core/array.js'
import type { Atom, Jaxpr, Literal, Primitive } from '../../src/core/primitive.js'
import { bind1 } from '../../src/core/trace.js'
import { call, jitP } from '../../src/control/jit.js'
import { check } from '../../src/ir/check.js'
import { cse } from '../../src/ir/cse.js'
import { dce } from '../../src/ir/dce.js'
import { evaluate } from '../../src/ir/evaluate.js'
import { fold } from '../../src/ir/fold.js'
import { axisNames, avalsOf, hasEffects, literal } from '../../src/ir/jaxpr.js'
import { paramKey } from '../../src/ir/key.js'
import { Numbering, sameParams } from '../../src/ir/numbering.js'
import { simplify } from '../../src/ir/passes.js'
import { stage } from '../../src/ir/stage.js'
import * as lax from '../../src/lax/index.js'
import { psumP } from '../../src/lax/parallel.js'
import { unary } from '../../src/lax/elementwise/pointwise.js'
import { f32 } from '../support/arrays.js'

const staged = (f: (...xs: NdArray[]) => readonly NdArray[], ...examples: readonly NdArray[]): Jaxpr =>
  stage((xs) => f(...xs), avalsOf(examples)).jaxpr
const names = (jaxpr: Jaxpr): string => jaxpr.eqns.map(({ primitive }) => primitive.name).join(' ')
const one = f32(1)
const two = f32([1, 2])

/** It counts how often it is evaluated, which must not change. */
let noise = 0
const noisyP: Primitive<'noisy'> = { ...unary('noisy', { impl: (x) => { noise++; return x } }), effectful: true }
const noisy = (x: NdArray): NdArray => bind1(noisyP, [x])

describe('dead code', () => {
  test('goes: equations, inputs and outputs that nobody uses', () => {
    const jaxpr = staged((x, y, z) => [lax.sin(x), lax.cos(lax.mul(y, y)), z], one, one, one)
    const { jaxpr: pruned, usedInputs } = dce(jaxpr, [true, false, false])
    expect([names(pruned), usedInputs, pruned.outputs.length]).toEqual(['sin', [true, false, false], 1])
    expect(check(pruned)).toBe(pruned)
    expect(dce(jaxpr, [false, false, false]).jaxpr.eqns).toEqual([])
  })

  test('keeps inputs that are pinned, and everything that is alive', () => {
    const jaxpr = staged((x, _) => [lax.sin(x)], one, one)
    expect(dce(jaxpr).usedInputs).toEqual([true, false])
    expect(dce(jaxpr, 'all', true).jaxpr).toBe(jaxpr)
    expect(dce(jaxpr, 'all', [false, true]).usedInputs).toEqual([true, true])
    const whole = staged((x) => [lax.sin(x)], one)
    expect(dce(whole).jaxpr).toBe(whole)
    expect(dce(jaxpr)).toBe(dce(jaxpr))
  })

  test('goes inside of nested programs, and with it what they are given', () => {
    const inner = staged((x, y) => [lax.sin(x), lax.cos(y)], one, one)
    const jaxpr = staged((x, y) => call('f', inner, [x, lax.exp(y)]).slice(0, 1), one, one)
    const { jaxpr: pruned, usedInputs } = dce(jaxpr)
    expect([names(pruned), usedInputs]).toEqual(['jit', [true, false]])
    const [eqn] = pruned.eqns
    expect([eqn.inputs.length, eqn.outputs.length, names((eqn.params as { readonly jaxpr: Jaxpr }).jaxpr)]).toEqual([1, 1, 'sin'])
    expect(check(pruned)).toBe(pruned)
    expect(names(dce(staged((x) => [x, ...call('f', inner, [x, x]).slice(0, 0)], one)).jaxpr)).toBe('')
  })

  test('is not what has an effect, at any depth', () => {
    const jaxpr = staged((x) => {
      noisy(x)
      return [lax.sin(x)]
    }, one)
    expect([names(dce(jaxpr).jaxpr), hasEffects(jaxpr)]).toEqual(['noisy sin', true])
    const outer = staged((x) => {
      call('f', jaxpr, [x])
      return [x]
    }, one)
    expect([names(dce(outer).jaxpr), names(simplify(outer)), hasEffects(outer)]).toEqual(['jit', 'jit', true])
    expect(check(dce(outer).jaxpr).outputs).toHaveLength(1)
    noise = 0
    evaluate(simplify(outer), [one])
    expect(noise).toBe(1)
  })
})

describe('common subexpressions', () => {
  test('are computed once, through chains of them', () => {
    const jaxpr = staged((x) => [lax.exp(lax.sin(x)), lax.exp(lax.sin(x)), lax.sin(x)], one)
    const shared = cse(jaxpr)
    expect(names(shared)).toBe('sin exp')
    expect(shared.outputs[0]).toBe(shared.outputs[1])
    expect(evaluate(shared, [f32(2)]).map((x) => x.item())).toEqual(evaluate(jaxpr, [f32(2)]).map((x) => x.item()))
    expect(cse(shared)).toBe(shared)
  })

  test('have equal params, operands in order, literals of one value and dtype', () => {
    const different = staged((x, y) => [
      lax.sub(x, y), lax.sub(y, x), lax.reduceSum(x, [0]), lax.reduceMax(x, [0]), lax.mul(x, 2), lax.mul(x, 3),
      lax.convertElementType(x, 'int32'), lax.convertElementType(x, 'float64')
    ], two, two)
    expect(cse(different)).toBe(different)
    // 0 and −0 differ: 1 / x tells.
    const signs = staged((x) => [lax.mul(x, scalar(0, 'float32')), lax.mul(x, scalar(-0, 'float32'))], one)
    expect(cse(signs)).toBe(signs)
    const nans = staged((x) => [lax.mul(x, scalar(NaN, 'float32')), lax.mul(x, scalar(NaN, 'float32'))], one)
    expect(names(cse(nans))).toBe('mul')
    const types = staged(() => [lax.full([2], 1, 'float32'), lax.full([2], 1, 'float64'), lax.full([2], 1, 'float32', true)])
    expect(cse(types)).toBe(types)
  })

  test('may be whole calls', () => {
    const inner = staged((x) => [lax.sin(x)], one)
    const other = staged((x) => [lax.sin(x)], one)
    expect(names(cse(staged((x) => [...call('f', inner, [x]), ...call('f', inner, [x])], one)))).toBe('jit')
    expect(names(cse(staged((x) => [...call('f', inner, [x]), ...call('f', other, [x])], one)))).toBe('jit jit')
  })

  test('are not what has an effect', () => {
    const jaxpr = staged((x) => [noisy(x), noisy(x)], one)
    expect(cse(jaxpr)).toBe(jaxpr)
    const outer = staged((x) => [...call('f', jaxpr, [x]), ...call('f', jaxpr, [x])], one)
    expect(names(cse(outer))).toBe('jit jit')
  })
})

describe('constants', () => {
  test('are computed before the program runs, where they are scalars', () => {
    const jaxpr = staged((x) => [lax.mul(x, lax.broadcastInDim(lax.exp(scalar(0, 'float32')), [2], []))], two)
    const folded = fold(jaxpr)
    expect(names(folded)).toBe('broadcast_in_dim mul')
    expect(folded.eqns[0].inputs[0]).toMatchObject({ kind: 'literal', value: 1 })
    expect(fold(folded)).toBe(folded)
  })

  test('keep dtype, weakness and sign', () => {
    const jaxpr = staged(() => [
      lax.neg(scalar(0, 'float32', true)), lax.gt(scalar(2, 'int32'), 1), lax.add(scalar(255, 'uint8'), 1), lax.log(scalar(-1, 'float64'))
    ])
    const folded = fold(jaxpr)
    expect(folded.eqns).toEqual([])
    expect(folded.outputs.map((atom) => [atom.kind === 'literal' && atom.value, atom.aval.dtype, atom.aval.weak])).toEqual([
      [-0, 'float32', true], [1, 'bool', false], [0, 'uint8', false], [NaN, 'float64', false]
    ])
  })

  test('are not effects, nor what an axis by its name gives', () => {
    expect(names(fold(staged(() => [noisy(scalar(1, 'float32'))])))).toBe('noisy')
    const jaxpr: Jaxpr = stage(() => [bind1(psumP, [scalar(2, 'float32')], { axisName: 'i' })], []).jaxpr
    expect(fold(jaxpr)).toBe(jaxpr)
    expect([...axisNames(jaxpr)]).toEqual(['i'])
    const outer = staged(() => call('f', jaxpr, []))
    expect(fold(outer)).toBe(outer)
    expect([...axisNames(outer)]).toEqual(['i'])
  })
})

describe('all passes', () => {
  test('leave inputs and outputs in place, and rewrite nested programs', () => {
    const inner = staged((x, y) => {
      lax.exp(x)
      return [lax.add(lax.sin(x), lax.sin(x)), y]
    }, one, one)
    const jaxpr = staged((x, _, z) => call('f', inner, [x, z]).slice(0, 1), one, two, one)
    const simplified = simplify(jaxpr)
    expect([simplified.inputs.length, simplified.outputs.length, names(simplified)]).toEqual([3, 1, 'jit'])
    expect(simplified.eqns[0].primitive).toBe(jitP)
    expect(names((simplified.eqns[0].params as { readonly jaxpr: Jaxpr }).jaxpr)).toBe('sin add')
    expect(evaluate(simplified, [f32(2), two, one])[0].item()).toBe(evaluate(jaxpr, [f32(2), two, one])[0].item())
    expect(simplify(simplified)).toBe(simplified)
  })
})

describe('keys', () => {
  test('are equal for equal params alone', () => {
    const inner = staged((x) => [x], one)
    const params = [
      { a: 1, b: [1, 2] }, { a: 1, b: [12] }, { a: '1', b: [1, 2] }, { a: 1, b: [1, [2]] }, { a: null }, { a: [] }, { a: false }, { a: 0 },
      { a: -0 }, { a: NaN }, { a: inner }, { a: [inner] }, { a: 'x,y' }, { a: ['x', 'y'] }, { a: Math.sin }, { a: Math.cos }, { b: 1 }, {}
    ]
    const keys = params.map(paramKey)
    expect(new Set(keys).size).toBe(keys.length)
    params.forEach((a, i) => params.forEach((b, j) => expect(sameParams(a, b)).toBe(i === j)))
    params.forEach((a) => expect(sameParams(a, { ...a })).toBe(true))
    expect(sameParams({ a: 1, b: undefined }, { a: 1 })).toBe(true)
    expect(sameParams({ a: 1 }, { b: undefined, a: 1 })).toBe(true)
    expect(paramKey({ a: 1, b: undefined })).toBe(paramKey({ a: 1 }))
    expect(paramKey({ jaxpr: inner, axes: [0, 1] })).toBe(paramKey({ jaxpr: inner, axes: [0, 1] }))
  })

  test('are not what a numbering goes by, but operands and params', () => {
    const [x] = staged((y) => [y], one).inputs
    const numbering = new Numbering<string>()
    const number = (value: number, weak = false): Literal => literal({ shape: [], dtype: 'float32', weak }, value)
    const applications: readonly (readonly [inputs: readonly Atom[], params: object])[] = [
      [[x], {}], [[x, x], {}], [[x], { axes: [0] }], [[number(1)], {}], [[number(0)], {}], [[number(-0)], {}], [[number(1, true)], {}], [[number(NaN)], {}]
    ]
    applications.forEach(([inputs, params], i) => {
      expect(numbering.find(jitP, inputs, params)).toBeUndefined()
      numbering.keep(jitP, inputs, params, `${i}`)
    })
    applications.forEach(([inputs, params], i) => expect(numbering.find(jitP, [...inputs], { ...params })).toBe(`${i}`))
    expect(numbering.find(jitP, [number(1)], {})).toBe('3')
    expect(numbering.find(psumP, [x], {})).toBeUndefined()
  })
})
