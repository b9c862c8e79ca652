import { describe, expect, test } from 'vitest'
import { whileP } from '../../src/control/loops/while.js'
import {
  ArgumentError, DerivativeError, DTypeError, grad, hessian, ir, jacfwd, jit, jvp, lax, linearize, makeJaxpr, np, ShapeError, tree, TreeError,
  vjp, vmap, type NdArray
} from '../../src/index.js'
import { plainWhile } from '../laws/loops.js'
import { control, whiles } from '../laws/rows/control.js'
import { f32, f64, i32 } from '../support/arrays.js'
import { holdToMeaning } from './means.js'
import { foreign, refuses } from './mistakes.js'
import { named, programOf } from './programs.js'

holdToMeaning({ primitive: whileP, examples: whiles, plain: plainWhile, row: control.while })

type F1 = (x: NdArray) => NdArray
type Pair = readonly [NdArray, NdArray]

const lists = (x: unknown): unknown => tree.map((y: unknown) => (y as NdArray).toList())(x) // a tree of arrays
const below = (most: number): F1 => (x) => np.less(x, most)
const twice: F1 = (x) => np.mul(x, 2)
const same: F1 = (x) => x

describe('whileLoop', () => {
  test('runs as long as its test holds, perhaps never, with a tree as carry', () => {
    expect(lax.whileLoop(below(100), twice, f32(3)).item()).toBe(192)
    expect(lax.whileLoop(below(100), twice, f32(300)).item()).toBe(300)
    const step = ({ n, list: [x] }: { readonly n: NdArray; readonly list: readonly [NdArray] }) => ({ n: np.add(n, 1), list: [twice(x)] as const })
    expect(lists(lax.whileLoop(({ n }) => np.less(n, 3), step, { n: i32(0), list: [f32([1, 2])] as const }))).toEqual({ n: 3, list: [[8, 16]] })
    expect(lax.whileLoop(() => false, same, f32(1)).item()).toBe(1)
  })

  test('has forward derivatives of every order', () => {
    const f: F1 = (x) => lax.whileLoop(below(100), (y: NdArray) => np.mul(y, np.add(1, x)), x)
    const power: F1 = (x) => np.mul(x, np.power(np.add(1, x), 5)) // 1.5 · 2.5⁵ is the first above 100
    const x = f64(1.5)
    expect(f(x).item()).toBeCloseTo(power(x).item(), 10)
    expect(jacfwd(f)(x).item()).toBeCloseTo(grad(power)(x).item(), 8)
    expect(jacfwd(jacfwd(f))(x).item()).toBeCloseTo(grad(grad(power))(x).item(), 8)
    expect(jit(jacfwd(jit(f)))(x).item()).toBeCloseTo(grad(power)(x).item(), 8)
    expect(linearize(f)(x)[1](f64(2)).item()).toBeCloseTo(2 * grad(power)(x).item(), 8)
  })

  test('over a batch goes on while any example does, and leaves those that are done as they are', () => {
    const f = (x: NdArray): Pair => lax.whileLoop(([y]: Pair) => np.less(y, 100), ([y, n]: Pair): Pair => [twice(y), np.add(n, 1)], [x, i32(0)])
    expect(lists(vmap(f)(f32([3, 50, 200])))).toEqual([[192, 100, 200], [6, 1, 0]])
    expect(lists(vmap(jit(vmap(f)))(np.array([[3], [50]])))).toEqual([[[192], [100]], [[6], [1]]])
    // What would be infinite, were it to go on, is not.
    const inverse: F1 = (x) => lax.whileLoop((y: NdArray) => np.greater(y, 0), (y: NdArray) => np.sub(y, 1), x)
    const slope = vmap(jacfwd((x: NdArray) => np.sqrt(inverse(x))))(f64([0.25, 3.25]))
    expect(slope.toList()).toEqual([0.25, 3.25].map((x) => jacfwd((y: NdArray) => np.sqrt(inverse(y)))(f64(x)).item()))
  })

  test('over a batch that the test does not see stays a loop with a scalar test', () => {
    const f: F1 = (x) => lax.whileLoop(([n]: Pair) => np.less(n, 3), ([n, y]: Pair): Pair => [np.add(n, 1), twice(y)], [i32(0), x])[1]
    const [loop] = named(programOf(vmap(f), f32([1, 2])), 'while')
    expect(loop.outputs.map(({ aval }) => aval.shape)).toEqual([[], [2]])
    expect(vmap(f)(f32([1, 2])).toList()).toEqual([8, 16])
  })

  test('follows what comes to vary, or to be batched, steps later', () => {
    type Queue = readonly [n: NdArray, a: NdArray, b: NdArray, c: NdArray]
    const f = (x: NdArray): readonly NdArray[] => {
      const step = ([n, , b, c]: Queue): Queue => [np.add(n, 1), b, c, np.add(c, x)]
      const zero = np.array(0, { dtype: 'float64' })
      return lax.whileLoop(([n]: Queue) => np.less(n, 4), step, [i32(0), zero, zero, zero] as Queue).slice(1)
    }
    expect(f(f64(5)).map((y) => y.item())).toEqual([10, 15, 20])
    expect(vmap(f)(f64([5, 1])).map((y) => y.toList())).toEqual([[10, 2], [15, 3], [20, 4]])
    expect(jacfwd(f)(f64(5)).map((y) => y.item())).toEqual([2, 3, 4])
    expect(vmap(jacfwd(f))(f64([5, 1])).map((y) => y.toList())).toEqual([[2, 2], [3, 3], [4, 4]])
  })

  test('closes over arrays and traced values in test and body', () => {
    const f = (x: NdArray, most: NdArray): NdArray => lax.whileLoop((y: NdArray) => np.less(y, most), (y: NdArray) => np.mul(y, x), x)
    expect(jacfwd((x: NdArray) => f(x, f64(10)))(f64(3)).item()).toBe(27)
    expect(vmap(f)(f64([2, 3, 4]), f64([9, 1, 17])).toList()).toEqual([16, 3, 64])
    expect(jit(vmap(f, { in: [null, 0] }))(f64(2), f64([9, 1, 17])).toList()).toEqual([16, 2, 32])
    // The test alone depends on what is differentiated: its value does not vary smoothly.
    expect(grad((most: NdArray) => f(f64(2), most))(f64(9)).item()).toBe(0)
  })

  test('is one equation that typechecks and prints', () => {
    const program = makeJaxpr((x: NdArray) => lax.whileLoop(below(9), twice, x))(f32(1))
    expect(ir.check(program)).toBe(program)
    expect(String(program)).toBe([
      '{ lambda ; a:f32[]. let',
      '    b:f32[] = while[',
      '      body={ lambda ; a:f32[]. let b:f32[] = mul a 2.0:f32[] in (b,) }',
      '      body_constants=0',
      '      test={ lambda ; a:f32[]. let b:bool[] = lt a 9.0:f32[] in (b,) }',
      '      test_constants=0',
      '    ] a',
      '  in (b,) }'
    ].join('\n'))
  })

  const loop: F1 = (x) => lax.whileLoop(below(100), (y: NdArray) => np.mul(y, y), x)
  const advice = 'whileLoop: expected a loop whose number of steps is known when it is traced (scan, foriLoop with numbers as bounds, ' +
    'boundedWhile), got reverse mode through a loop that runs as long as its test holds'
  const kept = 'whileLoop: expected a carry that keeps its shape and dtype, got'
  const boolean = 'whileLoop: expected a test that returns a boolean scalar, got'
  refuses([
    ['reverse mode', () => grad(loop)(f32(3)), DerivativeError, advice],
    ['reverse mode under jit', () => jit(grad(loop))(f32(3)), DerivativeError, advice],
    ['reverse mode under vmap', () => vmap(grad(loop))(f32([3])), DerivativeError, advice],
    ['reverse mode of forward mode', () => grad(jacfwd(loop))(f32(3)), DerivativeError, advice],
    ['forward mode of reverse mode', () => hessian(loop)(f32(3)), DerivativeError, advice],
    ['a pullback', () => vjp(loop)(f32(3))[1](f32(1)), DerivativeError, advice],
    ['reverse mode in a scan', () => grad((x: NdArray) => lax.scan((c: NdArray) => [loop(c), null] as const, x, null, { length: 2 })[0])(f32(3)),
      DerivativeError, advice],
    ['reverse mode through a foriLoop of traced bounds', () => grad((x: NdArray) => lax.foriLoop(0, i32(3), (_: NdArray, c: NdArray) => twice(c), x))(f32(3)),
      DerivativeError, advice],
    ['carries of other types, each', () => lax.whileLoop(
      ({ a }: { readonly a: NdArray; readonly b: NdArray }) => np.less(np.sum(a), 3), ({ a, b }) => ({ a: np.stack([a, a]), b: np.greater(b, 0) }), { a: f32(0), b: f32(1) }
    ), ShapeError, `${kept} carry.a starts as f32[] and becomes f32[2]; carry.b starts as f32[] and becomes bool[]`],
    ['a carry of another tree', () => lax.whileLoop<unknown>(() => false, () => ({ a: f32(1) }), [f32(0)]), TreeError,
      'whileLoop: expected the carry and what the body returns for it to have the same structure, got [*] and { a: * } at the root'],
    ['a test of many', () => lax.whileLoop(below(3), same, f32([0, 1])), ShapeError, `${boolean} bool[2]`],
    ['a test that returns a number', () => lax.whileLoop(same, same, f32(0)), DTypeError, `${boolean} float32[]`],
    ['a test that returns a tree', () => lax.whileLoop(foreign<F1>((x: NdArray) => [np.less(x, 3), x]), same, f32(0)), ArgumentError, `${boolean} [*, *]`],
    ['a test that returns nothing', () => lax.whileLoop(foreign<F1>(() => undefined), same, f32(0)), ArgumentError, `${boolean} undefined`],
    ['a test that is no function', () => lax.whileLoop(foreign<F1>(true), same, f32(0)),
      ArgumentError, 'whileLoop: expected a function of the carry as test, got true'],
    ['a body that is no function', () => lax.whileLoop(below(3), foreign<F1>(undefined), f32(0)),
      ArgumentError, 'whileLoop: expected a function of the carry as body, got undefined']
  ])
})

describe('boundedWhile', () => {
  const bounded = (most: number): F1 => (x) => lax.boundedWhile(below(100), (y: NdArray) => np.mul(twice(y), np.add(1, np.mul(0.1, x))), x, most)
  const unbounded: F1 = (x) => lax.whileLoop(below(100), (y: NdArray) => np.mul(twice(y), np.add(1, np.mul(0.1, x))), x)

  test('gives what the loop gives that it bounds, and reverse derivatives', () => {
    for (const start of [3, 50, 200]) {
      const x = f64(start)
      expect(bounded(20)(x).item()).toBe(unbounded(x).item())
      expect(grad(bounded(20))(x).item()).toBeCloseTo(jacfwd(unbounded)(x).item(), 9)
      expect(hessian(bounded(20))(x).item()).toBeCloseTo(jacfwd(jacfwd(unbounded))(x).item(), 9)
      expect(jit(grad(bounded(20)))(x).item()).toBeCloseTo(jacfwd(unbounded)(x).item(), 9)
    }
    expect(vmap(grad(bounded(20)))(f64([3, 50, 200])).toList()).toEqual([3, 50, 200].map((x) => grad(bounded(20))(f64(x)).item()))
  })

  test('ends at its bound', () => {
    expect([0, 1, 2, 3].map((most) => lax.boundedWhile(() => true, twice, f32(1), most).item())).toEqual([1, 2, 4, 8])
  })

  test('after the end computes nothing that could be infinite', () => {
    const f: F1 = (x) => lax.boundedWhile((y: NdArray) => np.greater(y, 1), (y: NdArray) => np.sqrt(np.sub(y, 1)), x, 10)
    expect(grad(f)(f64(3)).item()).toBeCloseTo(0.5 / Math.sqrt(2) * 0.5 / Math.sqrt(Math.SQRT2 - 1), 12)
  })

  test('lets a weak start take the dtype of the body', () => {
    const out = lax.boundedWhile((x: NdArray) => np.less(x, 5), (x: NdArray) => np.add(x, f64(1)), np.asArray(0), 10)
    expect([out.item(), out.dtype]).toEqual([5, 'float64'])
  })

  const natural = 'boundedWhile: expected a natural number as the most steps, got'
  refuses([
    ['no bound', () => lax.boundedWhile(below(3), same, f32(0), foreign<number>(undefined)), ArgumentError, `${natural} undefined`],
    ['a bound below zero', () => lax.boundedWhile(below(3), same, f32(0), -1), ArgumentError, `${natural} -1`],
    ['a test of many', () => lax.boundedWhile(below(3), same, f32([0]), 2),
      ShapeError, 'boundedWhile: expected a test that returns a boolean scalar, got bool[1]'],
    ['a carry of another shape', () => lax.boundedWhile(() => true, (x: NdArray) => np.stack([x, x]), f32(0), 2),
      ShapeError, 'boundedWhile: expected a carry that keeps its shape and dtype, got carry starts as f32[] and becomes f32[2]']
  ])
})

describe('foriLoop', () => {
  const powers = (lower: number | NdArray, upper: number | NdArray): F1 => (x) =>
    lax.foriLoop(lower, upper, (i: NdArray, v: NdArray) => np.add(np.mul(v, x), i), x)

  test('counts from the lower bound to below the upper one, bounds as numbers or arrays', () => {
    const bounds = [[0, 4], [-2, 2], [3, 3], [5, 1]] as const
    for (const [lower, upper] of bounds) {
      let expected = 2
      for (let i = lower; i < upper; i++) expected = expected * 2 + i
      const ways: readonly F1[] = [powers(lower, upper), powers(i32(lower), upper), powers(lower, i32(upper)), jit(powers(i32(lower), i32(upper)))]
      expect(ways.map((f) => f(f64(2)).item())).toEqual(ways.map(() => expected))
    }
    expect(vmap((n: NdArray) => lax.foriLoop(0, n, (i: NdArray, c: NdArray) => np.add(c, i), i32(0)))(i32([0, 1, 4])).toList()).toEqual([0, 0, 6])
  })

  test('differentiates in both modes between numbers, forwards between arrays', () => {
    const x = f64(1.5)
    expect(named(makeJaxpr(powers(0, 4))(x), 'scan')).toHaveLength(1)
    expect(named(makeJaxpr(powers(0, i32(4)))(x), 'while')).toHaveLength(1)
    expect(grad(powers(0, 4))(x).item()).toBe(jvp(powers(i32(0), 4))([x], [f64(1)])[1].item())
  })

  test('has an int32 counter, and a tree as carry', () => {
    let dtype = ''
    const out = lax.foriLoop(0, 2, (i: NdArray, { a }: { readonly a: NdArray }) => {
      dtype = i.dtype
      return { a: np.add(a, 1) }
    }, { a: f32([1, 2]) })
    expect([dtype, lists(out)]).toEqual(['int32', { a: [3, 4] }])
  })

  const kept = 'foriLoop: expected a carry that keeps its shape and dtype, got carry starts as f32[] and becomes f32[2]'
  const grows = (_: NdArray, x: NdArray): NdArray => np.stack([x, x])
  refuses([
    ['a fraction as bound', () => lax.foriLoop(0, 2.5, grows, f32(0)), ArgumentError, 'foriLoop: expected integers as bounds, got 2.5'],
    ['a float as bound', () => lax.foriLoop(f32(0), 2, grows, f32(0)), ArgumentError, 'foriLoop: expected integers as bounds, got float32[]'],
    ['several bounds', () => lax.foriLoop(0, i32([1, 2]), grows, f32(0)), ArgumentError, 'foriLoop: expected integers as bounds, got int32[2]'],
    ['a carry of another shape', () => lax.foriLoop(0, 2, grows, f32(0)), ShapeError, kept],
    ['a carry of another shape, between arrays', () => lax.foriLoop(0, i32(2), grows, f32(0)), ShapeError, kept],
    ['a carry of another tree, between arrays', () => lax.foriLoop<unknown>(0, i32(2), (_, x) => [x], f32(0)), TreeError,
      'foriLoop: expected the carry and what the body returns for it to have the same structure, got * and [*] at the root'],
    ['what is no function', () => lax.foriLoop(0, 2, foreign<typeof grows>(1), f32(0)),
      ArgumentError, 'foriLoop: expected a function of a counter and the carry as body, got 1']
  ])
})
