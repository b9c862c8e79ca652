import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Jaxpr } from '../../src/core/primitive.js'
import * as debug from '../../src/control/effects/debug.js'
import { check } from '../../src/ir/check.js'
import { dce } from '../../src/ir/dce.js'
import { simplify } from '../../src/ir/passes.js'
import {
  ArgumentError, checkpoint, checkpointName, grad, hessian, jit, jvp, lax, linearize, makeJaxpr, np, remat, vmap,
  type NdArray
} from '../../src/index.js'
import { numRuns } from '../support/arbitrary.js'
import { f64, generate } from '../support/arrays.js'
import { close } from '../support/close.js'
import { print } from '../support/print.js'
import { count, counted, policies, programs, square, thrice, type Unary } from './checkpointed.js'

const { everything, nothing, dotsSaveable, names } = checkpoint.policies

describe('what runs again', () => {
  test.for(counted)('as much as in JAX: %s', ([, { fn, policy, counts }]) => {
    const jaxpr = programs(policies[policy ?? 'plain'])[fn]()
    check(jaxpr)
    check(simplify(jaxpr))
    const keys = Object.keys(counts)
    const [bare, simplified] = [count(dce(jaxpr).jaxpr, keys), count(simplify(jaxpr), keys)]
    if (policy === 'plain' || policy === 'everything') {
      for (const key of keys) expect(Math.max(bare[key], simplified[key])).toBeLessThanOrEqual(counts[key])
    } else {
      expect([bare, simplified]).toEqual([counts, counts]) // passes do not undo it
    }
  })
})

const steps: readonly Unary[] = [
  lax.sin,
  (x) => lax.tanh(np.matmul(np.reshape(lax.sin(np.arange(9, { dtype: 'float64' })), [3, 3]), x)),
  (x) => checkpointName(lax.mul(x, lax.cos(x)), 'a'),
  (x) => jit((y: NdArray) => lax.mul(lax.sin(y), y))(x),
  (x) => thrice((c) => lax.sin(lax.mul(c, x)))(x),
  (x) => lax.cond(lax.gt(np.sum(x), 0), lax.sin, (y: NdArray) => lax.mul(y, y), x),
  (x) => lax.optimizationBarrier({ x, y: lax.exp(lax.neg(square(x))) }).y,
  (x) => checkpoint(lax.sin)(lax.sin(x)),
  (x) => thrice((c) => checkpointName(lax.sin(checkpoint((y: NdArray) => lax.cos(lax.mul(y, x)))(c)), 'b'))(x)
]

/** Compositions of derivatives and batches that have the value's shape. */
const views: Readonly<Record<string, (f: Unary) => Unary>> = {
  value: (f) => f,
  grad: (f) => grad((x) => np.sum(f(x))),
  jvp: (f) => (x) => jvp(f)([x], [lax.cos(x)])[1],
  linearize: (f) => (x) => linearize(f)(x)[1](lax.cos(x)),
  jit: (f) => jit(f),
  vmap: (f) => (x) => np.sum(vmap(f)(np.stack([x, lax.sin(x)])), { axis: 0 })
}

interface Params {
  readonly w: NdArray
  readonly n: NdArray
}

describe('checkpointed functions', () => {
  test('have the values and derivatives of the plain ones, whatever is kept, under any composition', () => {
    const chains = fc.array(fc.nat(steps.length - 1), { minLength: 1, maxLength: 3 })
    const view = fc.constantFrom(...Object.keys(views))
    fc.assert(fc.property(
      chains, fc.array(view, { minLength: 1, maxLength: 3 }), fc.constantFrom(...Object.keys(policies)), fc.boolean(),
      (chain, order, policy, apart) => {
        const plain: Unary = (x) => chain.reduce((y, i) => steps[i](y), x)
        const options = policies[policy] === undefined ? {} : { policy: policies[policy] }
        const wrapped: Unary = apart
          ? (x) => chain.reduce((y, i) => checkpoint(steps[i], options)(y), x)
          : checkpoint(plain, options)
        const [f, g] = [plain, wrapped].map((each) => order.reduce((h, name) => views[name](h), each))
        const x = f64([0.3, -0.2, 0.5])
        close(`${order.join(' of ')} of ${chain.join()}`, g(x), f(x), 1e-9)
      }
    ), { numRuns: numRuns(60) })
  })

  test('of pytrees, of what they close over, and of integers', () => {
    const scale = f64([2, 3])
    const loss = (wrap: <F extends (...args: never[]) => unknown>(f: F) => F) => (p: Params, k: NdArray): NdArray => {
      const block = wrap((q: Params) => ({ out: [lax.sin(lax.mul(lax.mul(q.w, scale), k)), q.n] as const }))
      const { out: [y, n] } = block(p)
      return np.mul(np.sum(y), n)
    }
    const p = { w: f64([0.1, 0.2]), n: np.array(3, { dtype: 'int32' }) }
    const k = f64([0.5, -1])
    const by = (f: (p: Params, k: NdArray) => NdArray): readonly NdArray[] => [
      grad((w: NdArray) => f({ ...p, w }, k))(p.w),
      grad.with({ argnums: 1 })(f)(p, k), // what it closes over
      vmap(grad.with({ argnums: 1 })(f), { in: [null, 0] })(p, np.stack([k, p.w])),
      jit(hessian((w: NdArray) => f({ ...p, w }, k)))(p.w)
    ]
    const plain = by(loss((f) => f))
    by(loss(checkpoint)).forEach((x, i) => close(`case ${i}`, x, plain[i], 1e-12))
  })

  test('keep the arguments of each of many layers alone', () => {
    const layer = checkpoint((x: NdArray) => lax.tanh(lax.sin(lax.exp(x))))
    const x = generate('float64', [4], (i) => i / 4)
    const program = makeJaxpr(grad((y: NdArray) => np.sum([1, 2, 3, 4].reduce((z) => layer(z), y))))(x)
    const again = program.eqns.filter(({ primitive }) => primitive.name === 'checkpoint')
    expect(again.map(({ inputs }) => inputs.length)).toEqual([2, 2, 2, 2]) // a layer's argument and a cotangent
  })

  test('do not repeat effects', () => {
    const seen: number[] = []
    const noisy = checkpoint((x: NdArray) => {
      const y = lax.sin(x)
      debug.callback((value: NdArray) => seen.push(value.item()), y)
      return lax.sin(y)
    })
    grad(noisy)(np.array(0))
    jit(grad(noisy))(np.array(0))
    expect(seen).toEqual([0, 0])
  })

  test('do not repeat effects inside of loops and branches', () => {
    const seen: number[] = []
    const square = (x: NdArray): NdArray => {
      debug.callback((value: NdArray) => seen.push(value.item()), x)
      return lax.mul(x, x)
    }
    const noisy = checkpoint((x: NdArray) => thrice((c) => lax.cond(lax.gt(c, 0), square, lax.sin, c))(lax.cond(lax.gt(x, 0), square, lax.sin, x)))
    grad(noisy)(np.array(0.5))
    jit(grad(noisy))(np.array(1))
    expect(seen).toEqual([0.5, 0.25, 0.0625, 0.00390625, 1, 1, 1, 1])
  })

  test('may call a jitted function twice', () => {
    const once = jit((x: NdArray) => lax.mul(lax.sin(x), x))
    for (const policy of [nothing, everything]) {
      const f = grad(checkpoint((x: NdArray) => once(lax.exp(once(x))), { policy }))
      check(makeJaxpr(f)(f64(0.5)))
      close('grad', f(f64(0.5)), grad((x: NdArray) => once(lax.exp(once(x))))(f64(0.5)), 1e-12)
    }
  })

  test('return once what is both a result and kept', () => {
    const f = checkpoint((m: NdArray, x: NdArray) => {
      const y = np.matmul(m, x)
      return [y, lax.sin(y)] as const
    }, { policy: dotsSaveable })
    const program = makeJaxpr(grad.with({ argnums: 1 })((m: NdArray, x: NdArray) => np.sum(lax.add(...f(m, x)))))(np.eye(2), np.ones(2))
    expect(program.eqns.find(({ primitive }) => primitive.name === 'jit')?.outputs.length).toBe(2)
  })

  test('are printed with their policy', () => {
    const program = makeJaxpr(checkpoint(lax.sin, { policy: names('a', 'b') }))(np.array(1))
    expect(program.toString()).toContain('policy={save: names, names: (a, b)}')
    expect(remat).toBe(checkpoint)
    expect(checkpoint.with({ policy: nothing })(lax.sin)(np.array(0)).item()).toBe(0)
  })

  test.for([
    [
      () => checkpoint(lax.sin, { policy: 'dots' as never }),
      'one of checkpoint.policies (everything, nothing, dotsSaveable, names), got dots'
    ],
    [() => checkpoint(lax.sin, { keep: nothing } as never), 'checkpoint: expected options among policy, got the unknown option "keep"'],
    [() => checkpoint(3 as never), 'checkpoint: expected a function to transform, got 3'],
    [() => checkpoint((f: Unary) => f(np.array(1)))(lax.sin), 'at arguments[0]'],
    [() => checkpointName(np.array(1), 2 as never), 'checkpointName: expected a name, got 2']
  ] as const)('refuse what they cannot take: %#', ([run, message]) => {
    expect(run).toThrow(ArgumentError)
    expect(run).toThrow(message)
  })
})

describe('optimizationBarrier', () => {
  test('hides what is computed before from what comes after', () => {
    const twice = (barrier: Unary): Jaxpr => simplify(makeJaxpr((x: NdArray) => lax.add(lax.sin(x), lax.sin(barrier(x))))(f64([1, 2])))
    expect(count(twice((x) => x), ['sin'])).toEqual({ sin: 1 })
    expect(count(twice(lax.optimizationBarrier), ['sin'])).toEqual({ sin: 2 })
    const behindTwo = simplify(makeJaxpr((x: NdArray) =>
      lax.add(lax.sin(lax.optimizationBarrier(x)), lax.sin(lax.optimizationBarrier(x))))(f64([1, 2])))
    expect(count(behindTwo, ['sin', 'optimization_barrier'])).toEqual({ sin: 1, optimization_barrier: 1 })
    expect(lax.optimizationBarrier({ none: null, list: [] })).toEqual({ none: null, list: [] })
    expect(print(grad((x: NdArray) => lax.sin(lax.optimizationBarrier(x)))(np.array(0)))).toBe('1')
  })
})
