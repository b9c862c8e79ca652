import { describe, expect, test } from 'vitest'
import { DonatedError, grad, jit, jvp, lax, np, TracerError, tree, vmap, type NdArray } from '../../src/index.js'
import { f32, f64, i32 } from '../support/arrays.js'

/** A function that counts how often it is traced. */
const counting = <A extends readonly unknown[], R>(f: (...args: A) => R) => {
  let count = 0
  const counted = (...args: A): R => {
    count++
    return f(...args)
  }
  return { f: counted, count: () => count }
}

describe('jit traces once', () => {
  test('for each structure, shape, dtype and weakness', () => {
    const { f, count } = counting((p: unknown) => tree.map((x: NdArray) => np.mul(x, 2))(p))
    const jitted = jit(f)
    const calls: readonly (readonly [unknown, number])[] = [
      [f32(1), 1], [f32(2), 1], [f32([1]), 2], [f32([5]), 2], [f32([1, 2]), 3], [f64(1), 4], [i32(1), 5], [3, 6], [4.5, 6],
      [{ a: f32(1) }, 7], [{ a: f32(9) }, 7], [{ b: f32(1) }, 8], [[f32(1)], 9], [[f32(1), null], 10], [{ a: f32(1), kind: 'x' }, 11],
      [{ kind: 'x', a: f32(1) }, 11], [{ a: f32(1), kind: 'y' }, 12], [f32(1), 12]
    ]
    for (const [argument, traces] of calls) {
      jitted(argument)
      expect(count()).toBe(traces)
    }
  })

  test('for each static value, by identity', () => {
    const { f, count } = counting((x: NdArray, power: number, options: { readonly scale: number } | null) =>
      np.mul(np.power(x, power), options?.scale ?? 1))
    const jitted = jit.with({ static: [1, 2] })(f)
    const options = { scale: 10 }
    expect(jitted(f32(3), 2, options).item()).toBe(90)
    expect(jitted(f32(2), 2, options).item()).toBe(40)
    expect(count()).toBe(1)
    expect(jitted(f32(2), 3, options).item()).toBe(80)
    expect(jitted(f32(2), 3, null).item()).toBe(8)
    expect(jitted(f32(2), 3, { scale: 10 }).item()).toBe(80)
    expect(count()).toBe(4)
    expect(jitted(f32(2), NaN, null).item()).toBe(NaN)
    jitted(f32(3), NaN, null)
    expect(count()).toBe(5)
  })

  test('functions, maps and classes may be static', () => {
    const jitted = jit.with({ static: [0] })((f: (x: NdArray) => NdArray, x: NdArray) => f(x))
    expect([jitted(np.square, f32(3)).item(), jitted(np.negative, f32(3)).item()]).toEqual([9, -3])
    const traced = jit((f: (x: NdArray) => NdArray, x: NdArray) => f(x))
    expect(() => traced(np.square, f32(3))).toThrow(/static argument of jit.*at arguments\[0\]/)
  })

  test('whatever transform it is under, and again for what it closes over', () => {
    const { f, count } = counting((x: NdArray) => np.mul(x, x))
    const jitted = jit(f)
    expect(grad(jitted)(f32(3)).item()).toBe(6)
    expect(grad(grad(jitted))(f32(3)).item()).toBe(2)
    expect(vmap(jitted)(f32([1, 2])).toList()).toEqual([1, 4])
    expect(vmap(grad(jitted))(f32([1, 2])).toList()).toEqual([2, 4])
    expect(jit(jitted)(f32(3)).item()).toBe(9)
    expect(jvp(jitted)([f32(3)], [f32(1)])[1].item()).toBe(6)
    expect(count()).toBe(1)
  })

  test('and again once a value that it closed over is gone', () => {
    let scale = f32(1)
    const { f, count } = counting((y: NdArray) => np.mul(scale, y))
    const jitted = jit(f)
    const outer = (x: NdArray): NdArray => {
      scale = x
      return np.add(jitted(x), jitted(np.mul(x, 2)))
    }
    expect(grad(outer)(f32(3)).item()).toBe(18)
    expect(count()).toBe(1)
    expect(grad(outer)(f32(5)).item()).toBe(30)
    expect(jit(outer)(f32(2)).item()).toBe(12)
    expect(vmap(outer)(f32([1, 2])).toList()).toEqual([3, 12])
    expect(vmap(grad(jit(outer)))(f32([1, 2])).toList()).toEqual([6, 12])
    expect(count()).toBe(5)
  })

  test('failures are not remembered', () => {
    let fail = true
    const jitted = jit((x: NdArray) => {
      if (fail) throw new Error('mine')
      return np.mul(x, 2)
    })
    expect(() => jitted(f32(1))).toThrow('mine')
    fail = false
    expect(jitted(f32(1)).item()).toBe(2)
  })
})

describe('what jit gives', () => {
  test('trees of any structure, frozen, constants and arguments included', () => {
    const c = f32([1, 2])
    const f = jit((p: { readonly x: NdArray }) => ({ p, c, k: 3, text: 'kept', none: null, twice: [p.x, p.x] as const }))
    const out = f({ x: f32(5) })
    expect([out.p.x.item(), out.c.toList(), String(out.k), out.text, out.none, out.twice[1].item()])
      .toEqual([5, [1, 2], '3', 'kept', null, 5])
    expect([out, out.p, out.twice].every(Object.isFrozen)).toBe(true)
    expect(jit(() => [])()).toEqual([])
  })

  test('integers and booleans, empty arrays, and no arrays', () => {
    expect(jit((x: NdArray) => [np.argmax(x), np.greater(x, 1)] as const)(f32([1, 2]))[1].toList()).toEqual([false, true])
    expect(jit((x: NdArray) => np.mul(x, 2))(f32([])).shape).toEqual([0])
    expect(jit((x: { readonly a: null }) => x)({ a: null })).toEqual({ a: null })
  })

  test('a program to look at, before and after the passes', () => {
    const f = jit((x: NdArray) => {
      np.cos(x)
      return np.add(np.mul(np.sin(x), np.add(f32(1), f32(2))), np.sin(x))
    })
    const lowered = f.lower(f32([1, 2]))
    const names = (program: { readonly eqns: readonly { readonly primitive: { readonly name: string } }[] }): readonly string[] =>
      program.eqns.map(({ primitive }) => primitive.name)
    expect(names(lowered.jaxpr('traced'))).toEqual(['cos', 'sin', 'add', 'broadcast_in_dim', 'mul', 'sin', 'add'])
    expect(names(lowered.jaxpr())).toEqual(['sin', 'broadcast_in_dim', 'mul', 'add'])
    expect(String(lowered.jaxpr())).toContain('3.0:f32[]')
  })

  test('a name', () => {
    expect(jit(function loss(x: NdArray) { return x }).name).toBe('jit(loss)')
    expect(jit((x: NdArray) => x, { name: 'step' }).name).toBe('jit(step)')
  })
})

describe('donation', () => {
  const update = jit.with({ donate: [0] })((p: { readonly w: NdArray; readonly b: readonly [NdArray] }, g: NdArray) =>
    ({ w: np.sub(p.w, g), b: [np.mul(p.b[0], 2)] as const }))
  const state = (): { w: NdArray; b: readonly [NdArray] } => ({ w: f32([1, 2]), b: [f32(3)] })

  test('invalidates every array of the argument, and no other', () => {
    const [p, g] = [state(), f32([1, 1])]
    const next = update(p, g)
    expect([next.w.toList(), next.b[0].item(), g.toList()]).toEqual([[0, 1], 6, [1, 1]])
    for (const x of [p.w, p.b[0]]) {
      for (const use of [
        () => np.add(x, 1), () => x.item(), () => x.toList(), () => x.toTypedArray(), () => String(x), () => update(p, g),
        () => jit((y: NdArray) => np.mul(y, 2))(x), () => grad((y: NdArray) => np.sum(np.square(y)))(x), () => jit(() => np.mul(x, 2))()
      ]) {
        expect(use).toThrow(DonatedError)
      }
      expect([x.dtype, x.aval.shape.length <= 1]).toEqual(['float32', true])
    }
    expect(update(next, g).w.toList()).toEqual([-1, 0])
  })

  test('not of what is returned as it came', () => {
    const same = jit.with({ donate: [0] })((x: NdArray, y: NdArray) => [x, np.mul(x, y)] as const)
    const x = f32([1, 2])
    const [y] = same(x, f32([3, 4]))
    expect(y.toList()).toEqual([1, 2])
  })

  test('only by the outermost evaluated call', () => {
    const double = jit.with({ donate: [0] })((x: NdArray) => np.mul(x, x))
    const x = f32(3)
    expect(grad(double)(x).item()).toBe(6)
    expect(vmap(double)(f32([1, 2])).toList()).toEqual([1, 4])
    expect(jit((y: NdArray) => np.add(double(y), y))(x).item()).toBe(12)
    expect(jvp(double)([x], [x])[1].item()).toBe(18)
    expect(x.item()).toBe(3)
    double(x)
    expect(() => x.item()).toThrow(DonatedError)
  })

  test('leaves arrays alone that share elements with a donated one', () => {
    const x = f32([1, 2, 3, 4])
    const [y, [z]] = [np.reshape(x, [2, 2]), [...np.reshape(x, [2, 2])]]
    jit.with({ donate: [0] })((each: NdArray) => np.mul(each, 2))(x)
    expect([y.toList(), z.toList()]).toEqual([[[1, 2], [3, 4]], [1, 2]])
  })
})

describe('what jit refuses', () => {
  test.each<[string, () => unknown, string]>([
    ['unknown options', () => jit((x: NdArray) => x, { statics: [0] } as object), 'the unknown option "statics"'],
    ['unknown options in front', () => jit.with({ donated: [0] } as object)(np.sin), 'the unknown option "donated"'],
    ['positions from the end', () => jit((x: NdArray) => x, { static: [-1] }), 'positions of arguments in static, got -1'],
    ['fractions of positions', () => jit((x: NdArray) => x, { donate: [0.5] }), 'positions of arguments in donate, got 0.5'],
    ['static and donated', () => jit((x: NdArray) => x, { static: [0], donate: [0] }), 'either static or donated, got argument 0'],
    ['leaves that are no arrays', () => jit((p: { m: Date }) => p)({ m: new Date() }), 'an instance of Date at arguments[0].m'],
    ['results that are no arrays', () => jit((x: NdArray) => ({ x, m: new Map() }))(f32(1)), 'an instance of Map at result.m'],
    ['shapes that do not fit', () => jit((x: NdArray, y: NdArray) => lax.add(x, y))(f32([1]), f32([1, 2])),
      'add: expected operands of one shape'],
    ['a number that is known later', () => jit((x: NdArray) => np.zeros([x.item()]))(f32(1)), 'item(): expected a concrete array']
  ])('%s', (_, wrong, message) => {
    expect(wrong).toThrow(message)
  })

  test('with an error of its kind', () => {
    expect(() => jit((x: NdArray) => (x.item() > 0 ? x : np.negative(x)))(f32(1))).toThrow(TracerError)
  })
})
