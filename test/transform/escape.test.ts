import { describe, expect, test } from 'vitest'
import {
  evalShape, grad, jit, jvp, linearize, makeJaxpr, np, TracerError, valueAndGrad, vjp, vmap, type NdArray
} from '../../src/index.js'
import { f32, f64 } from '../support/arrays.js'

/** A value that a transform made, after the transform has returned. */
const leaked = (transform: (f: (x: NdArray) => NdArray) => unknown): NdArray => {
  let kept: NdArray | undefined
  transform((x) => {
    kept = np.mul(np.sin(x), 2)
    return np.sum(x)
  })
  if (kept === undefined) throw new Error('the transform did not call the function')
  return kept
}

const leaks: readonly (readonly [string, () => NdArray])[] = [
  ['jit', () => leaked((f) => jit(f)(f32(1)))],
  ['makeJaxpr', () => leaked((f) => makeJaxpr(f)(f32(1)))],
  ['evalShape', () => leaked((f) => evalShape(f)(f32(1)))],
  ['vmap', () => leaked((f) => vmap(f)(f32([1])))],
  ['grad', () => leaked((f) => grad(f)(f32(1)))],
  ['jvp', () => leaked((f) => jvp(f)([f32(1)], [f32(1)]))],
  ['vjp', () => leaked((f) => vjp(f)(f32(1)))],
  ['linearize', () => leaked((f) => linearize(f)(f32(1)))],
  ['grad of jit', () => leaked((f) => grad(jit(f))(f32(1)))],
  ['an inner grad, in an outer one', () => leaked((f) => grad((x: NdArray) => np.mul(grad(f)(x), x))(f32(1)))]
]

describe('a value that outlives its transform', () => {
  describe.each(leaks)('%s', (_, leak) => {
    test.each<[string, (x: NdArray) => unknown]>([
      ['operations', (x) => np.add(x, 1)],
      ['jit', (x) => jit((y: NdArray) => np.add(x, y))(f32(1))],
      ['being an argument of jit', (x) => jit((y: NdArray) => y)(x)],
      ['being the result of jit', (x) => jit(() => x)()],
      ['grad', (x) => grad((y: NdArray) => np.mul(x, y))(f32(1))],
      ['being an argument of grad', (x) => grad((y: NdArray) => y)(x)],
      ['vmap', (x) => vmap((y: NdArray) => np.mul(x, y))(f32([1]))],
      ['being an argument of vmap', (x) => vmap((y: NdArray) => y, { in: null, axisSize: 1 })(x)]
    ])('is refused by %s', (__, use) => {
      const x = leak()
      expect(() => use(x)).toThrow(TracerError)
      expect(() => use(x)).toThrow(/escaped from its transform in .*escape\.test\.ts/)
    })
  })

  test('fails in a failing transform too, and leaves nothing behind', () => {
    let kept: NdArray | undefined
    expect(() => jit((x: NdArray): NdArray => {
      kept = x
      throw new Error('mine')
    })(f32(1))).toThrow('mine')
    expect(() => np.add(kept as NdArray, 1)).toThrow(TracerError)
    expect(np.add(f32(1), 1).item()).toBe(2)
    const failing = (_: NdArray): NdArray => {
      throw new Error('mine')
    }
    expect(() => vmap((_: NdArray): NdArray => grad(failing)(f32(1)))(f32([1]))).toThrow('mine')
    expect(grad((x: NdArray) => np.square(x))(f32(3)).item()).toBe(6)
  })

  test.each<[string, (f: (x: NdArray) => unknown) => unknown]>([
    ['jit', (f) => jit(f as (x: NdArray) => NdArray)(f32(1))],
    ['vmap', (f) => vmap(f as (x: NdArray) => NdArray)(f32([1]))],
    ['grad', (f) => grad(f as (x: NdArray) => NdArray)(f32(1))],
    ['valueAndGrad', (f) => valueAndGrad(f as (x: NdArray) => NdArray)(f32(1))],
    ['jvp', (f) => jvp(f)([f32(1)], [f32(1)])],
    ['vjp', (f) => vjp(f)(f32(1))],
    ['linearize', (f) => linearize(f)(f32(1))],
    ['makeJaxpr', (f) => makeJaxpr(f)(f32(1))]
  ])('%s refuses promises', (_, apply) => {
    expect(() => apply((x) => Promise.resolve(x))).toThrow(/promise/)
  })
})

describe('numbers of traced values', () => {
  const conversions: readonly (readonly [string, (x: NdArray) => unknown])[] = [
    ['item()', (x) => x.item()],
    ['toList()', (x) => x.toList()],
    ['toTypedArray()', (x) => x.toTypedArray()],
    ['conversion to a primitive', (x) => Number(x)],
    ['conversion to a primitive', (x) => (x as unknown as number) < 2]
  ]

  test.each(conversions)('%s is refused under jit and vmap, with the line and the cure', (operation, convert) => {
    const f = (x: NdArray): NdArray => {
      convert(x)
      return x
    }
    for (const wrong of [
      () => jit(f)(f32(1)), () => vmap(f)(f32([1])), () => grad(jit(f))(f32(1)), () => jit(grad(f))(f32(1)), () => vmap(grad(f))(f32([1]))
    ]) {
      expect(wrong).toThrow(TracerError)
      expect(wrong).toThrow(operation)
      expect(wrong).toThrow(/static argument.*a value traced by (jit|vmap) in .*escape\.test\.ts:\d+/)
    }
  })

  test.each(conversions)('%s gives the primal under grad and jvp', (_, convert) => {
    const seen: unknown[] = []
    const f = (x: NdArray): NdArray => {
      seen.push(convert(np.mul(x, 1)))
      return np.square(x)
    }
    const expected = convert(f32(3))
    expect(grad(f)(f32(3)).item()).toBe(6)
    expect(jvp(f)([f32(3)], [f32(1)])[1].item()).toBe(6)
    expect(grad(grad(f))(f32(3)).item()).toBe(2)
    expect(seen).toEqual([expected, expected, expected])
  })

  test('what a captured value has is known under jit too', () => {
    const scale = f64(3)
    expect(jit((x: NdArray) => np.mul(x, scale.item()))(f64(2)).item()).toBe(6)
    expect(grad((x: NdArray) => jit((y: NdArray) => np.mul(y, x.item()))(x))(f64(2)).item()).toBe(2)
  })

  test('as text they say what they are', () => {
    let text = ''
    jit((x: NdArray) => {
      text = `${String(x)} ${x.shape.join()} ${x.dtype} ${x.ndim} ${x.size}`
      return x
    })(f64([1, 2]))
    expect(text).toBe('Traced<float64[2], jit> 2 float64 1 2')
  })

  test('shapes and control flow on them are static', () => {
    expect(jit((x: NdArray) => (x.ndim === 1 && x.shape[0] > 1 ? np.sum(x) : x))(f64([1, 2])).item()).toBe(3)
    expect(() => jit((x: NdArray) => [...x])(f64(1))).toThrow('at least one axis')
  })
})
