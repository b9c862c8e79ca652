import { describe, expect, test } from 'vitest'
import { grad, hvp, jacrev, jit, jvp, lax, np, stopGradient, valueAndGrad, vjp, vmap, type NdArray } from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'

const square = (x: NdArray): NdArray => np.mul(x, x)

interface Params {
  readonly w: NdArray
  readonly layers: readonly { readonly b: NdArray; readonly kind: 'a' | 'b'; readonly next: null }[]
}
const params: Params = { w: f32([1, 2]), layers: [{ b: f32(3), kind: 'a', next: null }, { b: f32(4), kind: 'b', next: null }] }
const loss = (p: Params): NdArray => p.layers.reduce((sum, { b }) => np.add(sum, np.mul(b, b)), np.sum(np.mul(p.w, p.w)))

describe('grad', () => {
  test('gives a tree of the structure of the argument, frozen', () => {
    const g = grad(loss)(params)
    expect(g.w.toList()).toEqual([2, 4])
    expect(g.layers.map(({ b, kind, next }) => [b.item(), kind, next])).toEqual([[6, 'a', null], [8, 'b', null]])
    expect([g, g.layers, g.layers[0]].every(Object.isFrozen)).toBe(true)
  })

  test('of arguments that do not matter is zero', () => {
    expect(grad((_: NdArray) => f32(3))(f32([1, 2])).toList()).toEqual([0, 0])
    expect(grad((x: NdArray) => np.sum(np.floor(x)))(f32([1.5])).toList()).toEqual([0])
    expect(grad((x: NdArray) => np.mul(np.sum(x), 0))(f64([1])).dtype).toBe('float64')
  })

  test('takes numbers as weak scalars', () => {
    const { a } = grad((p: { readonly a: NdArray | number }) => np.mul(p.a, p.a))({ a: 3 })
    expect(String(a)).toBe('6')
    expect(a).toMatchObject({ weak: true, dtype: 'float32' })
  })

  test('with argnums: one, several, from the end', () => {
    const f = (x: NdArray, y: NdArray, k: number): NdArray => np.mul(np.mul(x, square(y)), k)
    expect(grad.with({ argnums: 1 })(f)(f32(2), f32(3), 10).item()).toBe(120)
    expect(String(grad.with({ argnums: -2 })(f)(f32(2), f32(3), 10))).toBe('120')
    const both = grad.with({ argnums: [1, 0] })(f)(f32(2), f32(3), 10)
    expect(both.map((g) => g.item())).toEqual([120, 90])
    expect(Object.isFrozen(both)).toBe(true)
    expect(valueAndGrad.with({ argnums: [0] })(f)(f32(2), f32(3), 1)[1].map((g) => g.item())).toEqual([9])
  })

  test('arguments that are not differentiated may be anything', () => {
    const f = (x: NdArray, g: (y: NdArray) => NdArray, table: ReadonlyMap<string, number>): NdArray => np.mul(g(x), table.get('k') ?? 0)
    expect(grad(f)(f32(3), square, new Map([['k', 5]])).item()).toBe(30)
  })

  test('with hasAux: what comes along is of any structure and dtype, and free of tangents', () => {
    const f = (x: NdArray) => [square(x), { twice: np.mul(x, 2), at: np.argmax(x), note: 'text', none: null, count: 3 }] as const
    const [g, aux] = grad.with({ hasAux: true })(f)(f32(3))
    expect(g.item()).toBe(6)
    expect([aux.twice.item(), aux.at.dtype, aux.note, aux.none, String(aux.count)]).toEqual([6, 'int32', 'text', null, '3'])
    const [[value], gradient] = valueAndGrad.with({ hasAux: true })(f)(f32(3))
    expect([value.item(), gradient.item()]).toEqual([9, 6])
    // The auxiliary result of an inner derivative belongs to the outer function.
    const outer = (x: NdArray): NdArray => grad.with({ hasAux: true })((y: NdArray) => [square(y), np.mul(x, y)] as const)(x)[1]
    expect(grad(outer)(f32(3)).item()).toBe(6)
  })

  test('valueAndGrad computes once', () => {
    let calls = 0
    const [value, gradient] = valueAndGrad((x: NdArray) => {
      calls++
      return square(x)
    })(f64(3))
    expect([value.item(), gradient.item(), calls]).toEqual([9, 6, 1])
  })

  test('stopGradient, also of parts of a tree', () => {
    expect(grad((x: NdArray) => np.mul(x, stopGradient(x)))(f32(3)).item()).toBe(3)
    const g = grad((p: Params) => loss(stopGradient(p)))(params)
    expect(g.w.toList()).toEqual([0, 0])
    expect(stopGradient({ name: 'x', f: Math.sin, n: 2 })).toMatchObject({ name: 'x', f: Math.sin, n: 2 })
  })
})

describe('derivatives inside derivatives are not confused', () => {
  const d = (f: (x: NdArray) => NdArray): ((x: NdArray) => NdArray) => grad(f)
  const forward = (f: (x: NdArray) => NdArray) => (x: NdArray): NdArray => jvp(f)([x], [np.onesLike(x)])[1]

  test.each([['grad in grad', d, d], ['jvp in grad', d, forward], ['grad in jvp', forward, d], ['jvp in jvp', forward, forward]])(
    'd/dx (x · d/dy (x + y)) = 1: %s', (_, outer, inner) => {
      expect(outer((x) => np.mul(x, inner((y) => np.add(x, y))(f64(1))))(f64(1)).item()).toBe(1)
      // d/dx d/dy (x y²) at y = 2x is 4x, through y itself 4x more.
      const f = (x: NdArray): NdArray => inner((y) => np.mul(x, square(y)))(np.mul(x, 2))
      expect(outer(f)(f64(3)).item()).toBe(24)
    })

  test('under jit and vmap', () => {
    const f = (x: NdArray): NdArray => np.mul(x, grad((y: NdArray) => np.add(x, y))(f64(1)))
    expect(jit(grad(jit(f)))(f64(5)).item()).toBe(1)
    expect(vmap(grad(f))(f64([1, 2])).toList()).toEqual([1, 1])
    const g = (x: NdArray) => (y: NdArray): NdArray => np.mul(x, grad((z: NdArray) => np.mul(z, np.mul(x, y)))(y))
    expect(grad((x: NdArray) => np.sum(vmap(g(x))(f64([1, 2]))))(f64(3)).item()).toBe(18)
  })

  test('a tangent that is itself differentiated', () => {
    // d/dt of the derivative of sin at x along t x is x cos x.
    const f = (t: NdArray): NdArray => jvp(np.sin)([f64(0.5)], [np.mul(t, 0.5)])[1]
    expect(grad(f)(f64(2)).item()).toBeCloseTo(0.5 * Math.cos(0.5), 14)
    const [, pullback] = vjp(np.sin)(f64(0.5))
    expect(grad((ct: NdArray) => pullback(square(ct))[0])(f64(3)).item()).toBeCloseTo(6 * Math.cos(0.5), 14)
  })
})

describe('what is captured', () => {
  test('is a constant, or belongs to the outer derivative', () => {
    const c = f64([1, 2])
    const f = (x: NdArray): NdArray => np.sum(vmap((y: NdArray) => np.mul(np.mul(x, y), np.sum(c)))(c))
    expect(grad(f)(f64(2)).item()).toBe(9)
    expect(grad(jit(f))(f64(2)).item()).toBe(9)
    expect(hvp((x: NdArray) => np.mul(square(x), np.sum(c)))(f64(2), f64(1)).item()).toBe(6)
  })

  test('a function made inside one transform and used inside another', () => {
    const f = (x: NdArray): NdArray => {
      const scaled = jit((y: NdArray) => np.mul(x, square(y)))
      return np.add(grad(scaled)(x), np.sum(vmap(scaled)(np.stack([x, x]))))
    }
    // 2 x² + 2 x³
    expect(grad(f)(f64(3)).item()).toBe(66)
    expect(vmap(grad(f))(f64([1, 3])).toList()).toEqual([10, 66])
    expect(jit(grad(grad(f)))(f64(3)).item()).toBe(40)
  })
})

describe('what grad refuses', () => {
  const any = grad as unknown as (f: unknown, options?: unknown) => (...args: readonly unknown[]) => unknown // wrong on purpose

  test.each([
    ['vectors', () => grad((x: NdArray) => x)(f32([1, 2])),
      'a function whose result is a scalar (sum it, or use jacrev or vmap), got float32[2]'],
    ['trees', () => any((x: NdArray) => ({ x }))(f32(1)), 'got { x }'],
    ['nothing', () => any(() => undefined)(f32(1)), 'got undefined'],
    ['integers out', () => grad((x: NdArray) => np.argmax(x))(f32([1])), 'floating-point scalar, got int32[]'],
    ['integers in', () => any((p: { s: [NdArray] }) => p.s[0])({ s: [i32(1)] }), 'got int32[] at arguments[0].s[0]'],
    ['integers in the second place', () => grad.with({ argnums: [0, 1] })(np.mul)(f32(1), i32(1)), 'got int32[] at arguments[1]'],
    ['promises', () => any((x: NdArray) => Promise.resolve(x))(f32(1)), 'returns its result at once'],
    ['other leaves', () => any((p: { w: NdArray }) => p.w)({ w: f32(1), m: new Map() }), 'got an instance of Map at arguments[0].m'],
    ['functions', () => any((p: { w: NdArray }) => p.w)({ w: f32(1), f: Math.sin }), 'got function sin at arguments[0].f'],
    ['absent arguments', () => grad.with({ argnums: 2 })((...xs: NdArray[]) => xs[0])(f32(1)), 'argnums among 1 arguments, got argnums 2'],
    ['fractions of arguments', () => grad.with({ argnums: 0.5 })(square)(f32(1)), 'argnums 0.5'],
    ['an argument twice', () => grad.with({ argnums: [0, -1] })(square)(f32(1)), 'each argument at most once in argnums, got [0, -1]'],
    ['one value for a pair', () => (grad.with({ hasAux: true }) as unknown as typeof grad)(square)(f32(1)),
      'a pair [value, aux], got float32[]'],
    ['unknown options', () => grad.with({ argnum: 1 } as object), 'got the unknown option "argnum"'],
    ['options behind', () => any(square, { argnums: 1 }), 'options in front: grad.with(options)(f)']
  ])('%s', (_, f, message) => {
    expect(f).toThrow(message)
  })

  test('with errors of their kinds', () => {
    expect(() => grad((x: NdArray) => x)(f32([1]))).toThrow(expect.objectContaining({ name: 'DerivativeError', who: 'grad' }))
    expect(() => grad(square)(i32(1))).toThrow(expect.objectContaining({ name: 'DTypeError', path: 'arguments[0]' }))
    expect(() => valueAndGrad((x: NdArray) => x)(f32([1]))).toThrow(expect.objectContaining({ who: 'valueAndGrad' }))
    expect(() => jacrev((x: NdArray) => np.argmax(x))(f32([1]))).toThrow(expect.objectContaining({ name: 'DTypeError', who: 'jacrev' }))
    expect(() => lax.sin(i32(1))).toThrow(expect.objectContaining({ name: 'DTypeError', who: 'sin' }))
  })
})
