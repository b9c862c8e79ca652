import { describe, expect, test } from 'vitest'
import { aval } from '../../src/core/aval.js'
import { JaxprError } from '../../src/core/errors.js'
import type { Jaxpr, Primitive, Var } from '../../src/core/primitive.js'
import { jitP } from '../../src/control/jit.js'
import { check } from '../../src/ir/check.js'
import { literal, variable } from '../../src/ir/jaxpr.js'
import { addP } from '../../src/lax/elementwise/arithmetic.js'
import { reduceSumP } from '../../src/lax/broadcast.js'
import { sinP } from '../../src/lax/elementwise/trigonometric.js'

const vector = (): Var => variable(aval([2], 'float32'))
const scalar = (): Var => variable(aval([], 'float32'))
const none = {}

describe('a program that typechecks comes back', () => {
  test('with literals, nested programs, and outputs that are inputs', () => {
    const [x, y, z] = [vector(), vector(), scalar()]
    const inner: Jaxpr = { inputs: [x], eqns: [{ primitive: sinP, inputs: [x], params: none, outputs: [y] }], outputs: [y] }
    const [a, b] = [vector(), vector()]
    const outer: Jaxpr = {
      inputs: [a, z],
      eqns: [{ primitive: jitP, inputs: [a], params: { name: 'f', jaxpr: inner }, outputs: [b] }],
      outputs: [b, a, literal(aval([], 'float32'), 2)]
    }
    expect(check(outer)).toBe(outer)
    expect(check({ inputs: [], eqns: [], outputs: [] }).eqns).toEqual([])
  })
})

describe('a program is refused', () => {
  const eqn = (primitive: Primitive, inputs: readonly Var[], outputs: readonly Var[], params: object = none): Jaxpr['eqns'][number] =>
    ({ primitive, inputs, params, outputs })
  const [x, y, z, s] = [vector(), vector(), vector(), scalar()]

  test.each<[string, Jaxpr, string]>([
    ['that reads what is not assigned',
      { inputs: [x], eqns: [eqn(addP, [x, y], [z])], outputs: [z] }, 'an unassigned f32[2] in equation 0 (add)'],
    ['that reads what is assigned later',
      { inputs: [x], eqns: [eqn(sinP, [y], [z]), eqn(sinP, [x], [y])], outputs: [z] }, 'an unassigned f32[2] in equation 0 (sin)'],
    ['that returns what is not assigned', { inputs: [], eqns: [], outputs: [x] }, 'an unassigned f32[2] among the outputs'],
    ['that assigns twice',
      { inputs: [x], eqns: [eqn(sinP, [x], [y]), eqn(sinP, [x], [y])], outputs: [y] }, 'a second assignment in equation 1 (sin)'],
    ['with an input twice', { inputs: [x, x], eqns: [], outputs: [x] }, 'a second assignment among the inputs'],
    ['that assigns an input',
      { inputs: [x, y], eqns: [eqn(sinP, [x], [y])], outputs: [y] }, 'a second assignment in equation 0 (sin)'],
    ['with an output of another type',
      { inputs: [x], eqns: [eqn(sinP, [x], [s])], outputs: [s] }, 'outputs f32[2] in equation 0 (sin), got f32[]'],
    ['with too many outputs',
      { inputs: [x], eqns: [eqn(sinP, [x], [y, z])], outputs: [y] }, 'outputs f32[2] in equation 0 (sin), got f32[2], f32[2]'],
    ['with arrays as literals',
      { inputs: [], eqns: [], outputs: [literal(aval([2], 'float32'), 1)] }, 'scalar literals, got f32[2] among the outputs'],
    ['with weak outputs that are not',
      { inputs: [x], eqns: [eqn(sinP, [x], [variable(aval([2], 'float32', true))])], outputs: [] },
      'outputs f32[2] in equation 0 (sin), got f32[2] (weak)'],
    ['with a nested one that does not typecheck', {
      inputs: [x],
      eqns: [eqn(jitP, [x], [y], { name: 'f', jaxpr: { inputs: [z], eqns: [], outputs: [x] } satisfies Jaxpr })],
      outputs: [y]
    }, 'an unassigned f32[2] among the outputs']
  ])('%s', (_, jaxpr, message) => {
    expect(() => check(jaxpr)).toThrow(JaxprError)
    expect(() => check(jaxpr)).toThrow(message)
  })

  test('by its primitives, for operands and params that do not fit', () => {
    expect(() => check({ inputs: [x, s], eqns: [eqn(addP, [x, s], [y])], outputs: [y] })).toThrow('add: expected operands of one shape')
    expect(() => check({ inputs: [x], eqns: [eqn(reduceSumP, [x], [s], { axes: [1] })], outputs: [s] })).toThrow('reduceSum')
    const inner: Jaxpr = { inputs: [s], eqns: [], outputs: [s] }
    expect(() => check({ inputs: [x], eqns: [eqn(jitP, [x], [y], { name: 'f', jaxpr: inner })], outputs: [y] })).toThrow('jit(f)')
  })
})
