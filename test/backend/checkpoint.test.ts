import { describe, expect, test } from 'vitest'
import { planned } from '../../src/backend/plan.js'
import { checkpoint, grad, jit, lax, np, random, vmap, type NdArray } from '../../src/index.js'
import { count, counted, policies, programs } from '../control/checkpointed.js'
import { close } from '../support/close.js'
import { interpreted } from '../support/interpreted.js'
import { noiseLike } from '../support/arrays.js'

/*
 * What checkpoint computes again is computed again by compiled programs, and what it does not keep takes no memory.
 */

type Layer = (m: NdArray, x: NdArray) => NdArray

describe('compiled programs', () => {
  test.for(counted)('compute again as much as in JAX: %s', ([, { fn, policy, counts }]) => {
    const { jaxpr } = planned(programs(policies[policy ?? 'plain'])[fn]())
    const keys = Object.keys(counts)
    if (policy === 'plain' || policy === 'everything') {
      for (const key of keys) expect(count(jaxpr, keys)[key]).toBeLessThanOrEqual(counts[key])
    } else expect(count(jaxpr, keys)).toEqual(counts)
    expect(count(jaxpr, ['checkpoint', 'jit'])).toEqual({ checkpoint: 0, jit: 0 })
  })

  test('have no barrier where nothing is differentiated', () => {
    const { jaxpr } = planned(jit((x: NdArray) => lax.sin(checkpoint(lax.sin)(x))).lower(np.ones([3])).jaxpr())
    expect(jaxpr.eqns.map(({ primitive }) => primitive.name)).toEqual(['sin', 'sin'])
  })
})

const layer: Layer = (m, x) => {
  const y = np.tanh(np.matmul(x, m))
  return np.sin(np.mul(y, np.exp(y)))
}

const ms = Array.from({ length: 8 }, (_, i) => np.mul(0.2, random.normal(random.key(i), [16, 16])))
const x = noiseLike({ shape: [64, 16], dtype: 'float32' }, 1)

type Wrap = (f: Layer) => Layer

const models: Readonly<Record<string, (wrap: Wrap) => (y: NdArray) => NdArray>> = {
  layers: (wrap) => (y) => np.sum(ms.reduce((a, m) => wrap(layer)(m, a), y)),
  'a scan with a checkpointed body': (wrap) => (y) =>
    np.sum(lax.scan((c: NdArray) => [wrap(layer)(ms[0], c), null] as const, y, null, { length: 16 })[0]),
  'checkpointed scans in a scan': (wrap) => (y) =>
    np.sum(lax.scan((c: NdArray) => [wrap((m, a) => lax.scan((b: NdArray) => [layer(m, b), null] as const, a, null, { length: 4 })[0])(ms[1], c), null] as const,
      y, null, { length: 4 })[0]),
  'layers for each example': (wrap) => (y) => np.sum(vmap((row: NdArray) => ms.reduce((a, m) => wrap(layer)(m, a), np.expandDims(row, 0)))(y))
}

describe('gradients of checkpointed functions', () => {
  test.each(Object.entries(models))('%s: the same, in less memory', (_, model) => {
    const [plain, light] = [(f: Layer) => f, checkpoint].map((wrap) => jit(grad(model(wrap))))
    const [most, least] = [plain, light].map((f) => f.lower(x).cost())
    expect(least.arenaBytes).toBeLessThan(0.7 * most.arenaBytes)
    expect(least.flops).toBeGreaterThan(most.flops)
    expect(least.host).toBe(0)
    const expected = interpreted(() => grad(model((f) => f))(x))
    for (const f of [plain, light]) close('gradient', f(x), expected, 1e-3)
  })

  test('of second order compute the forward pass again, too', () => {
    const plain = (y: NdArray): NdArray => lax.sin(lax.sin(lax.exp(y)))
    const orders = (f: typeof plain) => (y: NdArray): readonly NdArray[] => {
      const slope = grad((z: NdArray) => np.sum(f(z)))
      return [f(y), slope(y), grad((z: NdArray) => np.sum(slope(z)))(y)]
    }
    const exponentials = (f: typeof plain): number => count(jit(orders(f)).lower(x).jaxpr('compiled'), ['exp'])['exp']
    expect([exponentials(plain), exponentials(checkpoint(plain))]).toEqual([1, 2]) // both derivatives are of the same values
    const expected = interpreted(() => orders(plain)(x))
    jit(orders(checkpoint(plain)))(x).forEach((y, i) => close(`order ${i}`, y, expected[i], 1e-4))
  })
})
