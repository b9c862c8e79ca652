import { describe, expect, test } from 'vitest'
import type { Jaxpr } from '../../src/core/primitive.js'
import { subjaxprs } from '../../src/ir/jaxpr.js'
import { grad, hessian, ir, jit, jvp, lax, makeJaxpr, np, vmap, type NdArray } from '../../src/index.js'
import { f64 } from '../support/arrays.js'

type F = (x: NdArray) => NdArray

/** The jaxprs in a program, each counted once, and their equations. */
const sizes = (program: Jaxpr): { readonly jaxprs: number; readonly eqns: number } => {
  const seen = new Set<Jaxpr>()
  const visit = (jaxpr: Jaxpr): void => {
    if (seen.has(jaxpr)) return
    seen.add(jaxpr)
    for (const eqn of jaxpr.eqns) subjaxprs(eqn).forEach(visit)
  }
  visit(program)
  return { jaxprs: seen.size, eqns: [...seen].reduce((sum, { eqns }) => sum + eqns.length, 0) }
}

/** A tower of jitted functions, each of which calls the one below twice, with one value: 2^depth calls in all, if none is shared. */
const tower = (depth: number): { readonly f: F; readonly traces: () => number } => {
  let traces = 0
  let f: F = (x) => np.sin(np.mul(x, x))
  for (let i = 0; i < depth; i++) {
    const below = jit(f)
    f = (x) => {
      traces++
      return np.mul(below(x), np.sin(below(x)))
    }
  }
  return { f, traces: () => traces }
}

describe('nested jits cost what their bodies cost', () => {
  const transforms: readonly (readonly [string, (f: F) => F])[] = [
    ['staging', (f) => f],
    ['grad', (f) => grad(f)],
    ['jvp', (f) => (x) => jvp(f)([x], [np.onesLike(x)])[1]],
    ['vmap', (f) => (x) => np.sum(vmap(f)(np.stack([x, np.mul(x, 2)])))],
    ['grad of grad', (f) => grad(grad(f))],
    ['hessian', (f) => hessian(f)],
    ['vmap of grad', (f) => (x) => np.sum(vmap(grad(f))(np.stack([x, np.mul(x, 2)])))],
    ['jit of grad of jit', (f) => jit(grad(jit(f)))]
  ]

  test.each(transforms)('%s: a tower of twice the height has about twice the equations', (_, transform) => {
    const [low, high] = [8, 16].map((depth) => {
      const { f, traces } = tower(depth)
      const program = makeJaxpr(transform(f))(f64(0.3))
      return { ...sizes(program), traces: traces() }
    })
    expect(high.traces).toBe(2 * low.traces)
    // 2 and a little for what the levels share; exponential growth would be a factor of 256.
    expect(high.eqns).toBeLessThan(2.5 * low.eqns)
    expect(high.jaxprs).toBeLessThan(2.5 * low.jaxprs)
  })

  test('passes too, and they rewrite nothing that is good as it is', () => {
    const program = makeJaxpr(grad(tower(16).f))(f64(0.3))
    const simplified = ir.simplify(program)
    expect(sizes(simplified).jaxprs).toBeLessThanOrEqual(sizes(program).jaxprs)
    expect(ir.simplify(simplified)).toBe(simplified)
    expect(ir.simplify(program)).toBe(simplified)
    expect(ir.cse(simplified)).toBe(simplified)
    expect(ir.fold(simplified)).toBe(simplified)
    expect(ir.dce(simplified).jaxpr).toBe(simplified)
    expect(ir.check(simplified)).toBe(simplified)
  })

  test('values are right at any height', () => {
    const plain = (x: number, depth: number): number => {
      const below = depth === 0 ? 0 : plain(x, depth - 1)
      return depth === 0 ? Math.sin(x * x) : below * Math.sin(below)
    }
    expect(tower(5).f(f64(1.2)).item()).toBeCloseTo(plain(1.2, 5), 14)
    const slope = (plain(1.2 + 1e-5, 3) - plain(1.2 - 1e-5, 3)) / 2e-5
    expect(grad(tower(3).f)(f64(1.2)).item()).toBeCloseTo(slope, 7)
  })
})

describe('20,000 equations overflow no stack', { timeout: 120_000 }, () => {
  const length = 20_000
  const chain: F = (x) => {
    let y = x
    for (let i = 0; i < length; i++) y = i % 2 === 0 ? lax.sin(y) : lax.mul(y, x)
    return y
  }
  const program = makeJaxpr(chain)(f64(0.9))

  test('in transforms', () => {
    expect(program.eqns.length).toBe(length)
    expect(grad(chain)(f64(0.9)).item()).toBeCloseTo(jit(grad(jit(chain)))(f64(0.9)).item(), 12)
    expect(grad(grad(chain))(f64(0.9)).dtype).toBe('float64')
    expect(vmap(jit(chain))(f64([0.9, 0.8])).shape).toEqual([2])
    expect(jvp(chain)([f64(0.9)], [f64(1)])[1].shape).toEqual([])
  })

  test('in passes and pictures', () => {
    expect(ir.check(program)).toBe(program)
    expect(ir.simplify(program).eqns.length).toBe(length)
    expect(ir.show(program).split('\n').length).toBe(length + 2)
    expect(ir.mermaid(program).length).toBeGreaterThan(length)
    expect(ir.dot(program).length).toBeGreaterThan(length)
  })

  test('nor do as many residuals, arguments and results', () => {
    const many = Array.from({ length }, (_, i) => f64(i / length))
    const squares = jit((xs: readonly NdArray[]) => xs.map((x) => lax.mul(x, x)))
    const gradient = grad((xs: readonly NdArray[]) => squares(xs).reduce((a, b) => lax.add(a, b)))(many)
    expect(gradient[length - 1].item()).toBe((2 * (length - 1)) / length)
    expect(vmap((xs: readonly NdArray[]) => xs.map((x) => lax.mul(x, x)))(many.map(() => f64([1]))).length).toBe(length)
  })
})
