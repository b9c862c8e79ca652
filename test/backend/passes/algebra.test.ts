import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { settled } from '../../../src/backend/passes/algebra/settled.js'
import { optimise } from '../../../src/backend/passes/index.js'
import type { Jaxpr } from '../../../src/core/primitive.js'
import { customJvp, ir, jit, lax, makeJaxpr, np, vmap, type NdArray } from '../../../src/index.js'
import { drawing, numRuns } from '../../support/arbitrary.js'
import { close, sameBits } from '../../support/close.js'
import { f64 } from '../../support/arrays.js'

type Fn = (x: NdArray, y: NdArray) => NdArray

const names = ({ eqns }: Jaxpr): string => eqns.map(({ primitive }) => primitive.name).join(' ')

const minusZero: Fn = (x) => lax.full(x.shape, -0, x.dtype)

/** What a function of two [2, 3, 4] arrays becomes. */
const rules: readonly (readonly [name: string, f: Fn, becomes: string])[] = [
  ['x · 1', (x) => lax.mul(x, 1), ''],
  ['1 · x', (x) => lax.mul(1, x), ''],
  ['x · −1', (x) => lax.mul(x, -1), 'neg'],
  ['x / 1', (x) => lax.div(x, 1), ''],
  ['x / −1', (x) => lax.div(x, -1), 'neg'],
  ['x / 8', (x) => lax.div(x, 8), 'broadcast_in_dim mul'],
  ['x / 3 stays', (x) => lax.div(x, 3), 'broadcast_in_dim div'],
  ['x + −0', (x) => lax.add(x, minusZero(x, x)), ''],
  ['x + 0 stays', (x) => lax.add(x, 0), 'broadcast_in_dim add'],
  ['x² + 0', (x) => lax.add(lax.square(x), 0), 'square'],
  ['x − 0', (x) => lax.sub(x, 0), ''],
  ['0 − x stays', (x) => lax.sub(0, x), 'broadcast_in_dim sub'],
  ['−(−x)', (x) => lax.neg(lax.neg(x)), ''],
  ['x + (−y)', (x, y) => lax.add(x, lax.neg(y)), 'sub'],
  ['(−x) + y', (x, y) => lax.add(lax.neg(x), y), 'sub'],
  ['x − (−y)', (x, y) => lax.sub(x, lax.neg(y)), 'add'],
  ['(−x)(−y)', (x, y) => lax.mul(lax.neg(x), lax.neg(y)), 'mul'],
  ['x⁰', (x) => lax.integerPow(x, 0), 'broadcast_in_dim'],
  ['x¹', (x) => lax.integerPow(x, 1), ''],
  ['max(x, x)', (x) => lax.max(x, x), ''],
  ['select(m, x, x)', (x, y) => lax.select(lax.gt(x, y), x, x), ''],
  ['select(true, x, y)', (x, y) => lax.select(lax.full([], 1, 'bool'), x, y), ''],
  ['stopGradient(x)', (x) => lax.stopGradient(x), ''],
  ['transposes', (x) => lax.transpose(lax.transpose(x, [1, 2, 0]), [2, 0, 1]), ''],
  ['a transpose of transposes', (x) => lax.transpose(lax.transpose(x, [1, 2, 0]), [1, 0, 2]), 'transpose'],
  ['a transpose of axes of size 1', (x) => lax.transpose(lax.expandDims(x, [0, 2]), [2, 1, 3, 0, 4]), 'reshape'],
  ['reshapes', (x) => lax.reshape(lax.reshape(x, [6, 4]), [3, 8]), 'reshape'],
  ['reshapes there and back', (x) => lax.reshape(lax.reshape(x, [24]), [2, 3, 4]), ''],
  ['squeezed again', (x) => lax.squeeze(lax.expandDims(x, [1]), [1]), ''],
  ['copies of copies', (x) => lax.broadcastInDim(lax.broadcastInDim(x, [2, 3, 4, 2], [0, 1, 2]), [3, 2, 3, 4, 2], [1, 2, 3, 4]), 'broadcast_in_dim'],
  ['copies along a new axis', (x) => lax.broadcastInDim(lax.expandDims(x, [1]), [2, 5, 3, 4], [0, 1, 2, 3]), 'broadcast_in_dim'],
  ['a number in another shape', () => lax.transpose(lax.reshape(lax.full([6, 4], 2), [2, 12]), [1, 0]), 'broadcast_in_dim'],
  ['there and back between dtypes', (x) => lax.convertElementType(lax.convertElementType(x, 'float64'), x.dtype), ''],
  ['to int and back stays', (x) => lax.convertElementType(lax.convertElementType(x, 'int32'), x.dtype), 'convert_element_type convert_element_type'],
  ['a product of a transpose', (x, y) => lax.dotGeneral(lax.transpose(x, [2, 0, 1]), y, { contract: [[0, 1], [2, 0]] }), 'dot_general'],
  ['a product of a free transpose stays', (x, y) => lax.dotGeneral(lax.transpose(x, [1, 0, 2]), y, { contract: [[2], [2]] }), 'transpose dot_general'],
  ['a transpose of a product', (x, y) => lax.transpose(lax.dotGeneral(x, y, { contract: [[2], [2]], batch: [[0], [0]] }), [0, 2, 1]), 'dot_general']
]

describe.each(['float32', 'float64'] as const)('algebra in %s', (dtype) => {
  test.each(rules)('%s', (_, f, becomes) => {
    const draw = drawing(dtype, true)
    let shown = ''
    fc.assert(fc.property(draw.array([2, 3, 4]), draw.array([2, 3, 4]), (x, y) => {
      const program = makeJaxpr(f)(x, y)
      const simple = ir.check(settled(program))
      if (!x.weak && !y.weak) shown = names(simple)
      const [found] = ir.evaluate(simple, [x, y])
      sameBits('value', found, f(x, y))
    }), { numRuns: numRuns(20) })
    // float64 takes a conversion less to itself.
    expect(shown).toBe(becomes)
  })

  test('x² is a square', () => {
    const x = np.astype(np.array([3, -0.1, 1e20]), dtype)
    const simple = settled(makeJaxpr((y: NdArray) => lax.integerPow(y, 2))(x))
    expect(names(simple)).toBe('square')
    close('square', ir.evaluate(simple, [x])[0], lax.integerPow(x, 2), 2 ** -23)
  })
})

describe('the whole', () => {
  const f: Fn = (x, y) => lax.add(lax.mul(x, 1), lax.transpose(lax.transpose(y, [1, 0]), [1, 0]))

  test('is the same object where there is nothing to do, and inside of loops and branches too', () => {
    const [x, y] = [np.ones([2, 2]), np.ones([2, 2])]
    const simple = optimise(makeJaxpr(f)(x, y))
    expect(names(simple)).toBe('add')
    expect(settled(simple)).toBe(simple)
    expect(optimise(simple)).toBe(simple)
    const loop = makeJaxpr((a: NdArray) => lax.foriLoop(0, 3, (_, c) => f(c, c), a))(x)
    const inner = optimise(loop).eqns.flatMap((eqn) => eqn.primitive.jaxprs?.(eqn.params) ?? []).map(names)
    expect(inner.some((list) => list.split(' ').includes('add'))).toBe(true)
    expect(inner.some((list) => list.includes('transpose'))).toBe(false)
  })

  test('takes calls apart, those with rules for transforms too', () => {
    const sine = customJvp((x: NdArray) => jit((y: NdArray) => np.sin(y))(x), (x) => [np.sin(x), (d) => np.multiply(d, np.cos(x))])
    const program = makeJaxpr(vmap(sine))(f64([1, 2]))
    expect(names(optimise(program))).toBe('sin')
    expect(ir.evaluate(optimise(program), [f64([1, 2])])[0].toList()).toEqual(np.sin(f64([1, 2])).toList())
  })

  test('refuses what it does not know', () => {
    const program = makeJaxpr(np.sin)(f64(1))
    expect(() => optimise(program, { contraction: 'on' as never })).toThrow("'auto', 'loose' or 'off'")
    expect(() => optimise(program, { order: 1 } as never)).toThrow('contraction')
  })

  test('20,000 equations overflow no stack', () => {
    const chain = (x: NdArray): NdArray => {
      let y = x
      for (let i = 0; i < 20_000; i++) y = [lax.neg(y), lax.mul(y, x), lax.transpose(y, [1, 0]), lax.add(y, 1)][i % 4]
      return y
    }
    const program = makeJaxpr((x: NdArray) => np.sum(chain(x)))(np.ones([160, 160]))
    const simple = ir.check(optimise(program))
    expect(optimise(program)).toBe(simple)
  })
})
