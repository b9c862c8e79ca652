import { describe, expect, test } from 'vitest'
import { jit, lax, np, type JitOptions, type NdArray } from '../../src/index.js'
import { noiseLike } from '../support/arrays.js'
import { close } from '../support/close.js'

const [batch, rows, columns] = [8, 128, 96]

type Fn = (x: NdArray, d: NdArray) => NdArray

const outer: Fn = (x, d) => lax.dotGeneral(x, d, { batch: [[0], [0]] })

/** The norms of outer products, one for each example. */
const norms: Fn = (x, d) => lax.reduceSum(lax.square(outer(x, d)), [1, 2])

/** With a number added to each element, which may cancel. */
const shifted: Fn = (x, d) =>
  lax.reduceSum(lax.square(lax.add(outer(x, d), lax.broadcastInDim(d, [batch, rows, columns], [0, 2]))), [1, 2])

const operands = (dtype: 'float32' | 'float64'): readonly [NdArray, NdArray] =>
  [noiseLike({ dtype, shape: [batch, rows] }, 1), noiseLike({ dtype, shape: [batch, columns] }, 2)]

/** Whether a buffer holds the products of all examples. */
const makesProducts = (f: Fn, options: JitOptions, dtype: 'float32' | 'float64' = 'float32'): boolean => {
  const { eqns } = jit(f, options).lower(...operands(dtype)).jaxpr('compiled')
  return eqns.some(({ primitive, outputs: [{ aval: { shape } }] }) => primitive.name === 'dot_general' && shape.length === 3)
}

describe('contraction', () => {
  test('is a matter of the option', () => {
    expect(makesProducts(norms, {})).toBe(false)
    expect(makesProducts(norms, { contraction: 'auto' })).toBe(false)
    expect(makesProducts(norms, { contraction: 'off' })).toBe(true)
  })

  test('may open what cancels in float64', () => {
    expect(makesProducts(shifted, { contraction: 'auto' }, 'float64')).toBe(true)
    expect(makesProducts(shifted, { contraction: 'loose' }, 'float64')).toBe(false)
  })

  test('is decided by the outermost jit', () => {
    const inner = jit(norms, { contraction: 'off' })
    expect(makesProducts((x, d) => inner(x, d), {})).toBe(false)
    expect(makesProducts((x, d) => jit(norms)(x, d), { contraction: 'off' })).toBe(true)
  })

  test.each(['auto', 'loose', 'off'] as const)('gives the same sums: %s', (contraction) => {
    const [x, d] = operands('float64')
    const f = jit(shifted, { contraction })
    close('norms', f(x, d), shifted(x, d), 1e-12)
    expect(f.lower(x, d).schedule().kernels.length).toBe(f.lower(x, d).cost().kernels)
  })

  test('is one of three', () => {
    for (const contraction of ['on', true, null]) {
      expect(() => jit(np.sin, { contraction: contraction as never })).toThrow("jit: expected 'auto', 'loose' or 'off' as contraction, got")
    }
  })
})
