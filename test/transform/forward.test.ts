import { describe, expect, test } from 'vitest'
import {
  grad, hessian, hvp, jacfwd, jacrev, jvp, lax, linearize, linearTranspose, np, vjp, vmap, type NdArray
} from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'

interface Pair {
  readonly a: NdArray
  readonly b: readonly [NdArray, null]
}
const pair: Pair = { a: f64(2), b: [f64([1, 3]), null] }
const f = (p: Pair, k: NdArray): { readonly sum: NdArray; readonly rest: readonly [NdArray, NdArray] } =>
  ({ sum: np.mul(p.a, np.sum(p.b[0])), rest: [np.mul(p.b[0], k), k] })

describe('jvp', () => {
  test('takes and gives trees; integers have zero tangents', () => {
    const [y, dy] = jvp(f)([pair, i32(5)], [{ a: f64(1), b: [f64([0, 2]), null] }, i32(99)])
    expect([y.sum.item(), y.rest[0].toList(), y.rest[1].item()]).toEqual([8, [5, 15], 5])
    expect([dy.sum.item(), dy.rest[0].toList(), dy.rest[1].item(), dy.rest[1].dtype]).toEqual([8, [0, 10], 0, 'int32'])
    expect([y, dy, dy.rest].every(Object.isFrozen)).toBe(true)
  })

  test('takes numbers for tangents', () => {
    const [, d] = jvp((x: NdArray | number) => np.square(x))([f64(3)], [1])
    expect([d.item(), d.dtype]).toEqual([6, 'float64'])
  })

  test.each([
    ['other fields', () => jvp((p: object) => p)([{ a: f64(1), b: f64(2) }], [{ a: f64(1), c: f64(2) }]),
      'the primals and tangents to have the same structure, got 2 differences: * and nothing at [0].b; nothing and * at [0].c'],
    ['fewer arguments', () => jvp((...xs: readonly NdArray[]) => xs)([f64(1), f64(2)], [f64(1)]), '* and nothing at [1]'],
    ['null for an array', () => jvp((p: { a: NdArray | null }) => p)([{ a: f64(1) }], [{ a: null }]), '* and null at [0].a'],
    ['other shapes', () => jvp((p: { a: NdArray }) => p)([{ a: f64(1) }], [{ a: f64([1, 2]) }]), 'got float64[2] at tangents[0].a'],
    ['other dtypes', () => jvp((p: { a: NdArray }) => p)([{ a: f64(1) }], [{ a: f32(1) }]),
      'tangents of dtype float64, got float32[] at tangents[0].a']
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })
})

describe('linearize', () => {
  test('computes what does not depend on the tangent once', () => {
    let calls = 0
    const [y, push] = linearize((x: NdArray) => {
      calls++
      return np.sin(x)
    })(f64(0.5))
    expect(y.item()).toBe(Math.sin(0.5))
    expect([push(f64(1)).item(), push(f64(-2)).item()]).toEqual([Math.cos(0.5), -2 * Math.cos(0.5)])
    expect(calls).toBe(1)
    expect(vmap(push)(f64([1, 2])).toList()).toEqual([Math.cos(0.5), 2 * Math.cos(0.5)])
    expect(() => push(f64([1]))).toThrow('got float64[1] at tangents[0]')
  })

  test('of trees', () => {
    const [, push] = linearize(f)(pair, i32(5))
    expect(push({ a: f64(1), b: [f64([0, 2]), null] }, i32(0)).sum.item()).toBe(8)
  })
})

describe('vjp', () => {
  test('pulls cotangents back to all arguments', () => {
    const [y, pullback] = vjp(f)(pair, i32(5))
    expect(y.sum.item()).toBe(8)
    const [p, k] = pullback({ sum: f64(1), rest: [f64([1, 0]), i32(0)] })
    expect([p.a.item(), p.b[0].toList(), p.b[1], k.item(), k.dtype]).toEqual([4, [7, 2], null, 0, 'int32'])
    expect([p, p.b].every(Object.isFrozen)).toBe(true)
    expect(pullback({ sum: f64(2), rest: [f64([0, 0]), i32(0)] })[0].a.item()).toBe(8)
  })

  test('refuses cotangents that do not fit', () => {
    const [, pullback] = vjp((x: NdArray) => ({ y: x }))(f64([1, 2]))
    expect(() => pullback({ y: f64(1) })).toThrow('vjp: expected the cotangent of shape [2], got float64[] at cotangent.y')
    expect(() => pullback({ z: f64([1, 2]) } as never)).toThrow('the value and the cotangent to have the same structure')
    expect(() => pullback({ y: f32([1, 2]) })).toThrow('dtype float64')
  })

  test('is differentiable itself, and can be mapped', () => {
    const [, pullback] = vjp((x: NdArray) => np.square(x))(f64([1, 2]))
    expect(vmap(pullback)(np.eye(2, { dtype: 'float64' }))[0].toList()).toEqual([[2, 0], [0, 4]])
    const gradient = (x: NdArray): NdArray => vjp((y: NdArray) => np.square(y))(x)[1](f64(1))[0]
    expect(jvp(gradient)([f64(3)], [f64(1)])[1].item()).toBe(2)
  })
})

describe('linearTranspose', () => {
  test('of linear functions, whatever the examples are', () => {
    const g = (x: NdArray, y: NdArray): NdArray => np.add(np.mul(x, 3), np.flip(y))
    expect(linearTranspose(g)(f64([NaN, 0]), f64([0, 0]))(f64([1, 2])).map((ct) => ct.toList())).toEqual([[3, 6], [2, 1]])
    // Twice is the function again.
    const once = (ct: NdArray): readonly [NdArray] => linearTranspose((x: NdArray) => np.cumsum(x))(f64([0, 0, 0]))(ct)
    expect(linearTranspose(once)(f64([0, 0, 0]))([f64([1, 2, 3])])[0].toList()).toEqual([1, 3, 6])
  })

  test.each([
    ['sin', (x: NdArray) => np.sin(x), 'the nonlinear operation sin'],
    ['x²', (x: NdArray) => np.mul(x, x), 'a product of what depends on it'],
    ['x mod 2', (x: NdArray) => lax.rem(x, lax.fullLike(x, 2)), 'the nonlinear operation rem'],
    ['|x|', (x: NdArray) => lax.max(x, lax.neg(x)), 'the nonlinear operation max']
  ])('refuses %s', (_, g, message) => {
    expect(() => linearTranspose(g)(f64(1))(f64(1))).toThrow(message)
  })
})

describe('Jacobians', () => {
  const g = (p: { readonly x: NdArray; readonly s: NdArray }): { readonly y: NdArray; readonly z: readonly [NdArray] } =>
    ({ y: np.outer(p.x, p.x), z: [np.mul(p.s, 2)] })
  const point = { x: f64([1, 2]), s: f64(3) }

  test.each([['jacfwd', jacfwd], ['jacrev', jacrev]])('%s lays trees of inputs inside the tree of outputs', (_, jacobian) => {
    const j = jacobian(g)(point)
    expect(j.y.x.shape).toEqual([2, 2, 2])
    expect(j.y.x.toList()).toEqual([[[2, 0], [2, 1]], [[2, 1], [0, 4]]])
    expect(j.y.s.toList()).toEqual([[0, 0], [0, 0]])
    expect(j.z[0].x.toList()).toEqual([0, 0])
    expect(j.z[0].s.item()).toBe(2)
    expect([j, j.y, j.z].every(Object.isFrozen)).toBe(true)
  })

  test.each([['jacfwd', jacfwd], ['jacrev', jacrev]])('%s of empty arrays, constants and further arguments', (_, jacobian) => {
    expect(jacobian((x: NdArray) => np.mul(x, 2))(f64([])).shape).toEqual([0, 0])
    expect(jacobian((_x: NdArray) => f64([1, 2]))(f64([1, 2, 3])).shape).toEqual([2, 3])
    expect(jacobian((x: NdArray, k: number) => np.mul(x, k))(f64([1]), 4).toList()).toEqual([[4]])
    expect(() => jacobian((x: NdArray) => x)(i32([1]))).toThrow('floating-point inputs, got int32[1] at arguments[0]')
  })

  test('hessian of trees, of vectors, and hvp', () => {
    const h = hessian((p: { readonly x: NdArray; readonly s: NdArray }) => np.mul(np.sum(np.square(p.x)), p.s))(point)
    expect(h.x.x.toList()).toEqual([[6, 0], [0, 6]])
    expect(h.x.s.toList()).toEqual([2, 4])
    expect(h.s.x.toList()).toEqual([2, 4])
    expect(h.s.s.item()).toBe(0)
    const product = hvp((p: typeof point) => np.mul(np.sum(np.square(p.x)), p.s))(point, { x: f64([1, 0]), s: f64(1) })
    expect([product.x.toList(), product.s.item()]).toEqual([[8, 4], 2])
    expect(hessian((x: NdArray) => np.square(x))(f64([1, 2])).shape).toEqual([2, 2, 2])
    expect(() => hvp((x: NdArray) => np.sum(x))(f64([1, 2]), f64([1]))).toThrow('tangents of shape [2]')
  })

  test('compose to the third order', () => {
    const cube = (x: NdArray): NdArray => np.sum(np.power(x, 3))
    for (const third of [jacfwd(jacfwd(grad(cube))), jacrev(hessian(cube)), hessian(jacrev(cube)), jacfwd(hessian(cube))]) {
      expect(third(f64([1, 2])).toList()).toEqual([[[6, 0], [0, 0]], [[0, 0], [0, 6]]])
    }
  })
})
