import { describe, expect, test } from 'vitest'
import { scanP } from '../../src/control/loops/scan.js'
import {
  ArgumentError, grad, hessian, ir, jacfwd, jit, jvp, lax, linearTranspose, makeJaxpr, np, ShapeError, stopGradient, TracerError, tree,
  TreeError, vjp, vmap, type NdArray
} from '../../src/index.js'
import { plainScan } from '../laws/loops.js'
import { control, scans } from '../laws/rows/control.js'
import { f32, f64, i32 } from '../support/arrays.js'
import { holdToMeaning } from './means.js'
import { foreign, refuses } from './mistakes.js'
import { scansOf } from './programs.js'

holdToMeaning({ primitive: scanP, examples: scans, plain: plainScan, row: control.scan })

type Pair = readonly [NdArray, NdArray]

const sum = (total: NdArray, x: NdArray): Pair => [np.add(total, x), np.add(total, x)]
const lists = (x: unknown): unknown => tree.map((y: unknown) => (y as NdArray).toList())(x) // a tree of arrays

describe('scan', () => {
  test('takes and returns trees of any kind, and what is no array stays', () => {
    interface State {
      readonly v: NdArray
      readonly rest: readonly [null, { readonly n: NdArray }]
      readonly kind: 'state'
    }
    const step = ({ v, rest: [, { n }] }: State, { x }: { readonly x: NdArray }) =>
      [{ v: np.add(v, x), rest: [null, { n: np.add(n, 1) }], kind: 'state' } as State, { out: [v, null], note: 'text' } as const] as const
    const start: State = { v: f32(0), rest: [null, { n: i32(0) }], kind: 'state' }
    const [end, ys] = lax.scan(step, start, { x: f32([1, 2, 3]) })
    expect(lists(end)).toEqual({ v: 6, rest: [null, { n: 3 }], kind: 'state' })
    expect(end.rest[1].n.dtype).toBe('int32')
    expect(lists(ys)).toEqual({ out: [[0, 1, 3], null], note: 'text' })
    expect([end, ys, ys.out].every(Object.isFrozen)).toBe(true)
  })

  test('in reverse leaves outputs where their inputs are', () => {
    expect(lists(lax.scan(sum, f32(0), f32([1, 2, 4]), { reverse: true }))).toEqual([7, [7, 6, 4]])
  })

  test('of no steps returns the start, and outputs of no rows', () => {
    const [end, ys] = lax.scan((c: NdArray, x: NdArray) => [np.mul(c, 2), { y: np.stack([x, x]) }] as const, f32([1, 2]), np.zeros([0, 3]))
    expect([end.toList(), ys.y.shape]).toEqual([[1, 2], [0, 2, 3]])
    const g = grad((c: NdArray) => np.sum(lax.scan(sum, c, np.zeros([0]))[0]))(f32(3))
    expect(g.item()).toBe(1)
  })

  test('with a length alone counts steps; with slices the length must agree', () => {
    const twice = (x: NdArray): readonly [NdArray, NdArray] => [np.mul(x, 2), x]
    expect(lists(lax.scan(twice, f32(1), null, { length: 4 }))).toEqual([16, [1, 2, 4, 8]])
    expect(lists(lax.scan(sum, f32(0), f32([1, 2]), { length: 2 }))).toEqual([3, [1, 3]])
  })

  test('has the option unroll, which changes nothing', () => {
    for (const unroll of [1, 2, 3, 100]) {
      expect(lists(lax.scan(sum, f32(0), f32([1, 2, 4, 8, 16]), { unroll }))).toEqual([31, [1, 3, 7, 15, 31]])
      expect(scansOf(makeJaxpr((x: NdArray) => lax.scan(sum, f32(0), x, { unroll }))(f32([1])))[0].params.unroll).toBe(unroll)
    }
  })

  test('lets a weak start take the dtype that the body gives it, and only that', () => {
    const types = (start: NdArray | number, x: NdArray): readonly [string, boolean] => {
      const [end] = lax.scan((c: NdArray, y: NdArray) => [np.add(c, y), null] as const, foreign<NdArray>(start), x)
      return [end.dtype, end.weak]
    }
    expect(types(0, f64([1, 2]))).toEqual(['float64', false])
    expect(types(0, i32([1, 2]))).toEqual(['float32', true])
    expect(types(i32(0), i32([1, 2]))).toEqual(['int32', false])
    expect(types(f64(0), f32([1, 2]))).toEqual(['float64', false])
    const [swapped] = lax.scan(([a, b]: Pair, x: NdArray) => [[b, np.add(a, x)] as Pair, null] as const, foreign<Pair>([0, 0]), f64([1, 2, 3]))
    expect(swapped.map((x) => [x.item(), x.dtype])).toEqual([[2, 'float64'], [4, 'float64']])
  })

  test('hands on NaN and infinities', () => {
    expect(lists(lax.scan(sum, f32(0), f32([1, NaN, 2])))).toEqual([NaN, [1, NaN, NaN]])
  })

  test('closes over arrays and over traced values of every transform around it', () => {
    const table = f64([1, 2, 3])
    const f = (w: NdArray, x: NdArray): NdArray =>
      lax.scan((c: NdArray, t: NdArray) => [np.mul(np.add(c, np.mul(w, t)), x), null] as const, f64(0), table)[0]
    const unrolled = (w: NdArray, x: NdArray): NdArray => {
      let c: NdArray = f64(0)
      for (const t of [1, 2, 3]) c = np.mul(np.add(c, np.mul(w, t)), x)
      return c
    }
    const [w, x] = [f64(0.5), f64(1.5)]
    const both = { argnums: [0, 1] } as const
    const same = <A>(g: (f: (w: NdArray, x: NdArray) => NdArray) => A): void => { expect(lists(g(f))).toEqual(lists(g(unrolled))) }
    same((h) => grad.with(both)(h)(w, x))
    same((h) => jit(grad.with(both)(h))(w, x))
    same((h) => vmap(grad.with(both)(h))(f64([0.5, 2]), f64([1.5, -1])))
    same((h) => jit(vmap(grad.with(both)(h), { in: [0, null] }))(f64([0.5, 2]), x))
    same((h) => hessian((y: NdArray) => h(w, y))(x))
    same((h) => grad((y: NdArray) => np.sum(vmap((v: NdArray) => h(v, y))(f64([0.5, 2]))))(x))
    same((h) => jvp((y: NdArray) => grad(h)(w, y))([x], [f64(1)]))
    same((h) => vmap((v: NdArray) => jit((y: NdArray) => h(v, y))(x))(f64([0.5, 2])))
  })

  test('stops gradients, and transposes where it is linear', () => {
    const stopped = (x: NdArray): NdArray =>
      lax.scan((c: NdArray) => [np.mul(stopGradient(c), x), null] as const, x, null, { length: 2 })[0]
    expect(grad(stopped)(f64(3)).item()).toBe(9)
    const running = (x: NdArray): NdArray => lax.scan(sum, f64(0), x)[1]
    expect(linearTranspose(running)(f64([0, 0, 0]))(f64([1, 10, 100]))[0].toList()).toEqual([111, 110, 100])
    const counted = (x: NdArray): NdArray => {
      const step = ([v, n]: Pair): readonly [Pair, null] => [[np.mul(v, np.astype(n, 'float64')), np.add(n, 1)], null]
      return lax.scan(step, [x, i32(1)] as Pair, null, { length: 4 })[0][0]
    }
    expect(linearTranspose(counted)(f64(0))(f64(1))[0].item()).toBe(24)
    const weighted = ([x, xs]: Pair): NdArray => {
      const step = ([v, n]: Pair, t: NdArray): readonly [Pair, null] => {
        const k = np.astype(n, 'float64')
        return [[np.add(np.mul(v, k), np.mul(np.sin(k), t)), np.add(n, 1)], null]
      }
      return lax.scan(step, [x, i32(1)] as Pair, xs)[0][0]
    }
    const [[ctx, ctxs]] = linearTranspose(weighted)([f64(0), f64([0, 0, 0])])(f64(1))
    expect([ctx.item(), ctxs.toList()]).toEqual([6, [6 * Math.sin(1), 3 * Math.sin(2), Math.sin(3)]])
  })

  test('within cond within scan, jitted and not', () => {
    const inner = (x: NdArray): NdArray => lax.scan((c: NdArray) => [np.sin(np.mul(c, x)), null] as const, x, null, { length: 2 })[0]
    const step = (c: NdArray, t: NdArray): readonly [NdArray, NdArray] =>
      [lax.cond(np.greater(t, 1), jit(inner), (y: NdArray) => np.mul(y, 2), c), c]
    const f = (x: NdArray): NdArray => lax.scan(step, x, f64([0, 1, 2, 3]))[0]
    const g = (x: NdArray): NdArray => inner(inner(np.mul(np.mul(x, 2), 2)))
    for (const d of [(h: typeof f) => h, grad, (h: typeof f) => grad(grad(h)), (h: typeof f) => jit(grad(jit(h))), (h: typeof f) => jacfwd(h)]) {
      expect(d(f)(f64(0.3)).item()).toBeCloseTo(d(g)(f64(0.3)).item(), 12)
    }
  })

  test('is one equation that typechecks and prints', () => {
    const program = makeJaxpr((x: NdArray) => lax.scan(sum, f32(0), x))(f32([1, 2]))
    expect(ir.check(program)).toBe(program)
    expect(String(program)).toBe([
      '{ lambda ; a:f32[2]. let',
      '    b:f32[] c:f32[2] = scan[',
      '      carries=1',
      '      constants=0',
      '      jaxpr={ lambda ; a:f32[] b:f32[]. let c:f32[] = add a b; d:f32[] = add a b in (c, d) }',
      '      length=2',
      '      reverse=False',
      '      unroll=1',
      '    ] 0.0:f32[] a',
      '  in (b, c) }'
    ].join('\n'))
  })

  const same = (c: NdArray, x: NdArray): Pair => [c, x]
  const kept = 'scan: expected a carry that keeps its shape and dtype, got'
  const trees = 'scan: expected the carry and what the body returns for it to have the same structure, got'
  let leaked = f32(0)
  refuses([
    ['a carry of another shape', () => lax.scan((c: NdArray, x: NdArray) => [np.stack([c, c]), x] as const, f32(0), f32([1])),
      ShapeError, `${kept} carry starts as f32[] and becomes f32[2]`],
    ['carries of other types, each', () => lax.scan(
      ({ h, k: [n], z }: { readonly h: NdArray; readonly k: readonly [NdArray]; readonly z: NdArray }) =>
        [{ h: np.stack([h, h]), k: [np.astype(n, 'int32')] as const, z }, null] as const,
      { h: f32(0), k: [f32(0)], z: f32(0) } as const, null, { length: 2 }
    ), ShapeError, `${kept} carry.h starts as f32[] and becomes f32[2]; carry.k[0] starts as f32[] and becomes i32[]`],
    ['a carry that another dtype joins', () => lax.scan(sum, i32(0), f32([1])), ShapeError, `${kept} carry starts as i32[] and becomes f32[]`],
    ['a carry of another tree', () => lax.scan(
      foreign<(c: object, x: NdArray) => Pair>(({ h }: { readonly h: NdArray }, x: NdArray) => [{ h, l: h }, x]), { h: f32(0), k: f32(0) }, f32([1])
    ), TreeError, `${trees} 2 differences: * and nothing at k; nothing and * at l`],
    ['a list for a carry that is none', () => lax.scan(foreign<typeof same>((c: NdArray, x: NdArray) => [[c, c], x]), f32(0), f32([1])),
      TreeError, `${trees} * and [*, *] at the root`],
    ['a body that returns the carry alone', () => lax.scan(foreign<typeof same>((c: NdArray) => c), f32(0), f32([1])),
      ArgumentError, 'scan: expected a function that returns a pair [carry, y], got *'],
    ['a body that returns nothing', () => lax.scan(foreign<typeof same>(() => undefined), f32(0), f32([1])),
      ArgumentError, 'scan: expected a function that returns a pair [carry, y], got undefined'],
    ['a body that returns a promise', () => lax.scan(foreign<typeof same>(async () => Promise.resolve(1)), f32(0), f32([1])), ArgumentError,
      'scan: expected values rather than promises (a function that returns one would outlive its trace), got a promise at result'],
    ['slices of different lengths, each', () => lax.scan((c: NdArray) => [c, null] as const, f32(0), { x: f32([1, 2]), y: [f32([1]), f32([1, 2, 3])] }),
      ShapeError, 'scan: expected leading axes of one size, got xs.x has 2, xs.y[0] has 1, xs.y[1] has 3'],
    ['slices of another length than the one given', () => lax.scan(same, f32(0), f32([1, 2]), { length: 3 }),
      ShapeError, 'scan: expected leading axes of size 3, got xs has 2'],
    ['scalars to take slices of', () => lax.scan((c: NdArray) => [c, null] as const, f32(0), { x: f32([1]), y: f32(1) }),
      ShapeError, 'scan: expected arrays with a leading axis to take slices of, got float32[] at xs.y'],
    ['neither slices nor a length', () => lax.scan((c: NdArray) => [c, null] as const, f32(0), null),
      ArgumentError, 'scan: expected slices, or a length, got none'],
    ['a length that is none', () => lax.scan(same, f32(0), f32([1]), { length: 1.5 }),
      ArgumentError, 'scan: expected an integer length of at least 0, got 1.5'],
    ['no steps at a time', () => lax.scan(same, f32(0), f32([1]), { unroll: 0 }), ArgumentError, 'scan: expected an integer unroll of at least 1, got 0'],
    ['an unknown option', () => lax.scan(same, f32(0), f32([1]), foreign({ revers: true })),
      ArgumentError, 'scan: expected options among length, reverse, unroll, got the unknown option "revers"'],
    ['what is no function', () => lax.scan(foreign<typeof same>(f32(0)), f32(0), f32([1])),
      ArgumentError, 'scan: expected a function of the carry and a slice, got float32[]'],
    ['leaves that are no arrays', () => lax.scan(same, foreign<NdArray>({ f: Math.max }), f32([1])),
      ArgumentError, 'scan: expected arrays, numbers or booleans as leaves, got function max at carry.f']
  ])

  test('refuses to let a traced value of the body escape', () => {
    lax.scan((c: NdArray, x: NdArray) => [leaked = c, x] as const, f32(0), f32([1]))
    expect(() => np.add(leaked, 1)).toThrow(TracerError)
    expect(() => lax.scan((c: NdArray, x: NdArray) => [c.item() > 0 ? c : x, x] as const, f32(0), f32([1]))).toThrow(/^item\(\): expected a concrete array/)
  })
})

describe('map', () => {
  const f = (x: NdArray): NdArray => np.sum(np.mul(x, x))
  const xs = f64([1, 2, 3, 4, 5, 6, 7])

  test('in batches of every size gives what a loop gives, and so do its derivatives', () => {
    for (const batchSize of [1, 2, 3, 6, 7, 8, 100]) {
      expect(lax.map(f, xs, { batchSize }).toList()).toEqual([1, 4, 9, 16, 25, 36, 49])
      expect(grad((x: NdArray) => np.sum(lax.map(f, x, { batchSize })))(xs).toList()).toEqual([2, 4, 6, 8, 10, 12, 14])
    }
  })

  test('takes and returns trees, of no rows too', () => {
    const g = ({ a, b }: { readonly a: NdArray; readonly b: NdArray }) => ({ sum: np.add(a, b), both: [a, null] as const })
    expect(lists(lax.map(g, { a: f32([1, 2]), b: f32([10, 20]) }))).toEqual({ sum: [11, 22], both: [[1, 2], null] })
    expect(lax.map(f, np.zeros([0, 2]), { batchSize: 3 }).shape).toEqual([0])
  })

  refuses([
    ['arrays of different lengths', () => lax.map(({ a }: { readonly a: NdArray; readonly b: NdArray }) => a, { a: f32([1, 2]), b: f32([1]) }),
      ShapeError, 'map: expected leading axes of one size, got xs.a has 2, xs.b has 1'],
    ['no arrays', () => lax.map(() => f32(1), null), ArgumentError, 'map: expected at least one array, got none'],
    ['a scalar', () => lax.map(f, f32(1)), ShapeError, 'map: expected arrays with a leading axis to take slices of, got float32[] at xs'],
    ['a batch of none', () => lax.map(f, xs, { batchSize: 0 }), ArgumentError, 'map: expected an integer batchSize of at least 1, got 0'],
    ['an unknown option', () => lax.map(f, xs, foreign({ batch: 2 })),
      ArgumentError, 'map: expected options among batchSize, got the unknown option "batch"'],
    ['what is no function', () => lax.map(foreign<typeof f>(xs), xs), ArgumentError, 'map: expected a function of a slice, got float64[7]']
  ])
})

test('the pullback of a scan may be used often, and later', () => {
  const [y, pullback] = vjp((x: NdArray) => lax.scan((c: NdArray, t: NdArray) => [np.mul(c, t), c] as const, f64(1), x)[0])(f64([2, 3, 4]))
  expect(y.item()).toBe(24)
  expect([1, 2].map((ct) => pullback(f64(ct))[0].toList())).toEqual([[12, 8, 6], [24, 16, 12]])
  expect(vmap(pullback)(f64([1, 2]))[0].toList()).toEqual([[12, 8, 6], [24, 16, 12]])
})
