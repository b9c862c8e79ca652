import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { isFloat } from '../../src/core/dtype.js'
import { ArgumentError, DTypeError, ShapeError, TracerError, TreeError, type CotangentError } from '../../src/core/errors.js'
import type { Series, Tangent } from '../../src/core/primitive.js'
import type { ScanParams } from '../../src/control/loop.js'
import { range } from '../../src/core/shape.js'
import { jit } from '../../src/jit/jit.js'
import * as lax from '../../src/control/index.js'
import { broadcastInDim, instantiate } from '../../src/lax/broadcast.js'
import * as np from '../../src/numpy/index.js'
import { jvpArrays } from '../../src/transform/differentiate.js'
import { jvp } from '../../src/transform/forward.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { jet } from '../../src/transform/jet/jet.js'
import { scatter, select } from '../../src/transform/mask.js'
import { jetArrays } from '../../src/transform/jet/trace.js'
import { vmap } from '../../src/transform/vmap.js'
import { leaves, structure } from '../../src/tree/pytree.js'
import { hold, type Law } from '../laws/law.js'
import { isSmooth, smoothTrials, type ArrayFunction, type Subject, type Trial } from '../laws/row.js'
import { f32, f64, i32, noiseLike } from '../support/arrays.js'
import { someOf } from '../support/arbitrary.js'
import { allClose, close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

const factorials = [1, 1, 2, 6, 24, 120]

/** The derivatives at 0 of a function of a number, by jvps of jvps. */
const nested = (f: (t: NdArray) => readonly NdArray[], order: number): readonly (readonly NdArray[])[] => {
  const slope = (g: ArrayFunction): ArrayFunction => (args) => {
    const [outs, tangents] = jvpArrays(g, args, [f64(1)])
    return tangents.map((d, i) => instantiate(d, outs[i]))
  }
  const list: ArrayFunction[] = [([t]) => f(t)]
  while (list.length <= order) list.push(slope(list[list.length - 1]))
  return list.map((g) => g([f64(0)]))
}

/** The point of a curve at t. */
const at = ([value, ...rest]: Series, t: NdArray): NdArray => {
  let [sum, power] = [value, f64(1)]
  for (const c of rest) {
    power = lax.mul(power, t)
    if (c !== null) sum = lax.add(sum, lax.mul(c, broadcastInDim(power, c.shape, [])))
  }
  return sum
}

/** Throws unless series are those of jvps of jvps. */
const agrees = (f: ArrayFunction, curves: readonly Series[], order: number, tolerance: number): void => {
  const expected = nested((t) => f(curves.map((x) => at(x, t))), order)
  const got = jetArrays(f, curves, order)
  expected.forEach((derivatives, j) => {
    const coefficients = derivatives.map((d) => (isFloat(d.dtype) ? lax.mul(d, 1 / factorials[j]) : d))
    allClose(`coefficient ${j}`, got.map((out) => instantiate(out[j], out[0])), coefficients, j === 0 ? 0 : tolerance)
  })
}

interface Moving {
  readonly trial: Trial
  readonly curves: readonly Series[]
}

/** An example with curves through some of its operands; some coefficients are symbolic zeros. */
const moving = (subject: Subject, order: number): fc.Arbitrary<Moving> =>
  smoothTrials(subject, ['float64'])
    .filter(({ differentiable }) => differentiable.includes(true))
    .chain((trial) => fc.record({
      moves: someOf(select(trial.operands, trial.differentiable).length), seed: fc.nat(999)
    }).map(({ moves, seed }) => ({
      trial,
      curves: trial.operands.map((x, i): Series => {
        const fixed = scatter(moves, trial.differentiable)[i] !== true || x.dtype !== 'float64'
        const term = (j: number): Tangent => (fixed || (j + seed) % 4 === 2 ? null : lax.mul(noiseLike(x, seed + i + 31 * j), 0.3))
        return [x, ...range(order).map(term)]
      })
    })))

const jetIsNestedJvp: Law = {
  name: 'a jet has the derivatives that nested jvps have',
  runs: 12,
  applies: isSmooth,
  property: (subject) => fc.property(moving(subject, 4), ({ trial, curves }) => {
    agrees(trial.f, curves, 4, trial.dtype === 'float32' ? 1e-5 : 1e-8)
  })
}

hold(jetIsNestedJvp)

type Vectors = (...xs: readonly NdArray[]) => unknown

const softmax = (x: NdArray): NdArray => {
  const e = np.exp(np.sub(x, np.max(x)))
  return np.div(e, np.sum(e))
}

/** The functions that make_jet.py describes. */
const functions: Readonly<Record<string, Vectors>> = {
  expSin: (x) => np.exp(np.sin(x)),
  quotient: (x, y) => np.div(x, np.add(2, np.cos(y))),
  mlp: (x, w) => np.tanh(np.matmul(np.tanh(np.matmul(x, w)), w)),
  powers: (x) => [
    lax.integerPow(x, 3), lax.integerPow(x, -2), np.power(np.abs(x), f64(2.5)), np.sqrt(np.add(np.square(x), 1))
  ].reduce((a, b) => np.add(a, b)),
  general: (x, y) => np.power(np.add(1.5, np.sin(x)), y),
  logistic: (x) => np.add(np.add(lax.logistic(x), np.log1p(np.square(x))), np.expm1(np.div(x, 3))),
  trigonometric: (x) => np.add(np.add(np.tan(np.div(x, 3)), np.arctan2(x, np.add(2, x))), np.cos(x)),
  hyperbolic: (x) => [
    np.mul(np.sinh(x), np.cosh(np.div(x, 2))), np.arcsinh(x), np.arctanh(np.div(x, 4)), np.arccosh(np.add(2, np.square(x)))
  ].reduce((a, b) => np.add(a, b)),
  inverse: (x) => np.add(np.add(np.arcsin(np.div(x, 4)), np.arccos(np.div(x, 5))), np.arctan(x)),
  special: (x) => np.add(np.add(lax.erf(x), lax.erfc(np.div(x, 2))), lax.erfInv(np.div(x, 4))),
  pieces: (x, y) => [
    np.maximum(x, np.square(y)), np.abs(x), lax.clamp(-0.5, y, 0.5), np.where(np.greater(x, 0), np.sin(x), y)
  ].reduce((a, b) => np.add(a, b)),
  sums: (x, y) => [np.sum(np.mul(x, y)), np.max(np.add(x, y)), np.prod(x), np.mul(np.cumsum(x), np.cumprod(y))],
  softmax,
  scalar: (s) => np.power(s, s)
}

const arraysOf = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // all leaves are arrays

/** Throws unless two trees of arrays agree. */
const sameTrees = (got: unknown, expected: unknown, tolerance: number): void => {
  expect(structure(got).toString()).toBe(structure(expected).toString())
  allClose('leaves', arraysOf(got), arraysOf(expected), tolerance)
}

/** What the script writes as arguments. */
type Curves = readonly [primals: readonly NdArray[], series: readonly (readonly NdArray[])[]]

describe('JAX has the same series', () => {
  const cases = golden('jet').filter(({ fn }) => fn.startsWith('jet '))

  describe.each(ways)('%s', (_, run) => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', (__, { fn, args, out }) => {
      const [primals, series] = args as unknown as Curves
      sameTrees(run(jet(functions[fn.slice(4)]))(primals, series), out, 1e-12)
    })
  })

  test.each(Object.entries(functions))('%s by jvps of jvps', (name, f) => {
    const [primals] = cases.find(({ fn }) => fn === `jet ${name}`)?.args as unknown as Curves
    const curves = primals.map((x, i): Series => [x, ...[1, 2, 3, 4].map((j) => noiseLike(x, 7 * i + j))])
    agrees((xs) => arraysOf(f(...xs)), curves, 4, 1e-10)
  })
})

const point = f64([0.7, -1.2, 0.4])
const directions = [f64([1, 0.5, -0.3]), f64([0.2, -0.4, 0.9]), f64([-0.6, 0.1, 0.3])]
const mixed = (x: NdArray): NdArray => np.sum(np.mul(np.tanh(np.mul(x, 2)), np.exp(np.sin(x))))

/** The derivatives along the curve as one array. */
const along = (f: (x: NdArray) => NdArray) => (x: NdArray): NdArray => np.stack(jet(f)([x], [directions])[1])

describe('composition', () => {
  const derivatives = along(mixed)

  test('jit inside and outside', () => {
    const expected = derivatives(point)
    close('jit of jet', jit(derivatives)(point), expected, 1e-12)
    close('jet of jit', along(jit(mixed))(point), expected, 1e-12)
    const twice = along(jit((x: NdArray) => np.mul(2, jit(mixed)(np.mul(x, 0.5)))))
    close('jet of jit of jit', twice(point), np.mul(2, along((x) => mixed(np.mul(x, 0.5)))(point)), 1e-12)
  })

  test('a jitted function is transformed once, however often it is called', () => {
    const inner = jit((x: NdArray) => np.tanh(x))
    const { eqns } = makeJaxpr((x: NdArray) => jet((y: NdArray) => inner(inner(inner(y))))([x], [directions]))(point)
    const calls = eqns.filter(({ primitive }) => primitive.name === 'jit')
    expect(calls.length).toBe(3)
    expect(new Set(calls.flatMap(({ primitive, params }) => primitive.jaxprs?.(params))).size).toBe(1)
  })

  test('vmap inside and outside', () => {
    const batch = np.stack([point, np.mul(point, 0.5)])
    const expected = np.stack([derivatives(point), derivatives(np.mul(point, 0.5))])
    close('vmap of jet', vmap(derivatives)(batch), expected, 1e-12)
    const rows = jet(vmap(mixed))([batch], [directions.map((d) => np.stack([d, d]))])[1]
    close('jet of vmap', np.transpose(np.stack(rows)), expected, 1e-12)
    const centred = vmap((x: NdArray) => np.sin(np.sub(x, lax.pmean(x, 'rows'))), { axisName: 'rows' })
    close('collectives', along(centred)(point), along((x) => np.sin(np.sub(x, np.mean(x))))(point), 1e-12)
  })

  test('grad inside and outside', () => {
    // d/dx of the third derivative along the curve is the third derivative along the curve of d/dx.
    const outer = grad((x: NdArray) => np.slice(derivatives(x), [2]))(point)
    const inner = jet(grad(mixed))([point], [directions])[1][2]
    close('grad of jet and jet of grad', outer, inner, 1e-11)
    close('jit of grad of jet', jit(grad((x: NdArray) => np.slice(derivatives(x), [2])))(point), inner, 1e-11)
    const slopes = jvp(derivatives)([point], [directions[1]])[1]
    close('jvp of jet', slopes, along((x) => jvp(mixed)([x], [directions[1]])[1])(point), 1e-11)
  })

  test('jet of jet: the derivatives of a function of two numbers', () => {
    const f = (s: NdArray, t: NdArray): NdArray => np.exp(np.mul(np.sin(s), t))
    const second = (s: NdArray): NdArray => jet((t: NdArray) => f(s, t))([f64(0.5)], [[f64(1), 0]])[1][1]
    const [, [, mixedFourth]] = jet(second)([f64(0.3)], [[f64(1), 0]])
    const both = (g: (x: NdArray) => NdArray) => grad(grad(g))
    close('∂²s ∂²t', mixedFourth, both((s) => both((t) => f(s, t))(f64(0.5)))(f64(0.3)), 1e-12)
  })

  test('the number of operations grows with the square of the order', () => {
    const f = (x: NdArray): NdArray => np.tanh(np.div(np.exp(np.sin(x)), np.add(np.square(x), 1)))
    const count = (order: number): number =>
      makeJaxpr((x: NdArray) => jet(f)([x], [new Array<NdArray>(order).fill(directions[0])]))(point).eqns.length
    expect(count(20) / count(10)).toBeLessThan(4)
  })
})

describe('loops and branches', () => {
  /** Steps of x ← sin x + w x y, over slices y. */
  const step = (w: NdArray) => (x: NdArray, y: NdArray): NdArray => np.add(np.sin(x), np.mul(w, np.mul(x, y)))
  const looped = (w: NdArray): readonly NdArray[] => lax.scan((x: NdArray, y: NdArray) => [step(w)(x, y), np.square(x)], w, point)
  const unrolled = (w: NdArray): readonly NdArray[] => {
    const seen: NdArray[] = []
    let x = w
    for (const y of point) {
      seen.push(np.square(x))
      x = step(w)(x, y)
    }
    return [x, np.stack(seen)]
  }
  const series = [[1, 0.5, 0, -1, 2].map((c) => f64(c))] as const

  test('a scan is one scan, with the terms beside the carry', () => {
    sameTrees(jet(looped)([f64(0.6)], series), jet(unrolled)([f64(0.6)], series), 1e-12)
    const { eqns } = makeJaxpr((w: NdArray) => jet(looped)([w], series))(f64(0.6))
    const scans = eqns.filter(({ primitive }) => primitive.name === 'scan')
    expect(scans.map(({ params }) => (params as ScanParams).carries)).toEqual([6])
  })

  test('gradients of series through a scan', () => {
    const last = (f: typeof looped) => (w: NdArray): NdArray => np.sum(np.stack(jet((v: NdArray) => f(v)[0])([w], series)[1]))
    close('grad', grad(last(looped))(f64(0.6)), grad(last(unrolled))(f64(0.6)), 1e-11)
    close('jit of grad', jit(grad(last(looped)))(f64(0.6)), grad(last(unrolled))(f64(0.6)), 1e-11)
  })

  test('a while that ends when a value is reached', () => {
    const grows = (x: NdArray): NdArray => np.mul(x, np.add(1, np.mul(0.5, x)))
    const loop = (x: NdArray): NdArray => lax.whileLoop((y: NdArray) => np.less(y, 3), grows, x)
    const curve = jet(loop)([f64(0.8)], series)
    let count = 0
    for (let y = 0.8; y < 3; y *= 1 + 0.5 * y) count++
    const times = (x: NdArray): NdArray => Array.from({ length: count }).reduce<NdArray>((y) => grows(y), x)
    close('value', curve[0], loop(f64(0.8)), 0)
    sameTrees(curve, jet(times)([f64(0.8)], series), 1e-12)
  })

  test('branches that vary differently', () => {
    const f = (x: NdArray): NdArray => lax.cond(np.greater(x, 0), (y: NdArray) => np.exp(y), () => f64(1), x)
    expect(jet(f)([f64(0)], [[1, 0]])[1].map(Number)).toEqual([0, 0])
    sameTrees(jet(f)([f64(0.5)], series), jet(np.exp)([f64(0.5)], series), 1e-15)
    const both = vmap((x: NdArray) => np.stack(jet(f)([x], [[1, 0, 0]])[1]))(f64([-1, 2]))
    close('vmap', both, np.stack([f64([0, 0, 0]), np.full([3], Math.exp(2), { dtype: 'float64' })]), 1e-15)
  })
})

describe('points where care is needed', () => {
  const of = (f: (x: NdArray) => NdArray, x: number, order = 4): readonly number[] =>
    jet(f)([f64(x)], [[1, ...new Array<number>(order - 1).fill(0)]])[1].map((d) => d.item())

  test('powers at zero', () => {
    expect(of((x) => np.power(x, 3), 0)).toEqual([0, 0, 6, 0])
    expect(of((x) => lax.pow(x, f64(3)), 0)).toEqual([0, 0, 6, 0])
    expect(of((x) => lax.pow(x, i32(2)), 0)).toEqual([0, 2, 0, 0])
    expect(of((x) => lax.integerPow(x, 0), 0)).toEqual([0, 0, 0, 0])
    expect(of(np.square, 0)).toEqual([0, 2, 0, 0])
    expect(of((x) => np.prod(np.stack([x, np.add(x, 1), x])), 0)).toEqual([0, 2, 6, 0])
  })

  test('saturated and distant arguments', () => {
    expect(of(np.tanh, 400)).toEqual([0, 0, 0, 0])
    expect(of(lax.logistic, -800)).toEqual([0, 0, 0, 0])
    expect(of(lax.erf, 40)).toEqual([0, 0, 0, 0])
  })

  test('ties go as first derivatives do', () => {
    expect(of((x) => np.maximum(x, np.neg(x)), 0)).toEqual([0, 0, 0, 0])
    expect(of((x) => np.mul(np.abs(x), x), 0, 2)).toEqual([0, 2])
    expect(of((x) => np.max(np.stack([x, np.mul(3, x)])), 0, 2)).toEqual([2, 0])
  })

  test('what does not depend differentiably has no derivative', () => {
    expect(of((x) => np.floor(x), 1.5)).toEqual([0, 0, 0, 0])
    expect(of((x) => np.mul(lax.stopGradient(x), x), 3)).toEqual([3, 0, 0, 0])
    expect(of(() => f64(2), 1)).toEqual([0, 0, 0, 0])
  })

  test('order zero, integers, and no arrays at all', () => {
    expect(jet(np.sin)([f64(0)], [[]])[1]).toEqual([])
    const [value, terms] = jet((x: NdArray, n: NdArray) => [np.mul(x, n), n])([f64(2), i32(3)], [[1, 0], [5, 5]])
    expect(value.map((x) => x.item())).toEqual([6, 3])
    expect(terms.map((list) => list.map((d) => d.item()))).toEqual([[3, 0], [0, 0]])
    expect(terms[1][0].dtype).toBe('int32')
    expect(jet(() => null)([], [])).toEqual([null, null])
  })

  test('known of a moving value is its primal', () => {
    expect(of((x) => (x.item() > 0 ? np.square(x) : x), 2, 2)).toEqual([4, 2])
  })
})

describe('trees', () => {
  interface Model { readonly w: NdArray; readonly rest: readonly [NdArray, number] }
  const f = (m: Model, s: NdArray): { readonly y: NdArray; readonly z: readonly NdArray[] } =>
    ({ y: np.mul(m.w, s), z: [np.square(m.rest[0]), np.exp(np.mul(s, m.rest[1]))] })

  test('a list of derivatives in the place of each array, in and out', () => {
    const model: Model = { w: f64([1, 2]), rest: [f64(3), 2] }
    const [value, terms] = jet(f)([model, f64(0)], [{ w: [f64([1, 0]), f64([0, 0])], rest: [[1, 0], [0, 0]] }, [1, 0]])
    expect(leaves(value).map((x) => x.toList())).toEqual([[0, 0], 9, 1])
    expect(terms.y.map((d) => d.toList())).toEqual([[1, 2], [2, 0]])
    expect(terms.z.map((list) => list.map((d) => d.toList()))).toEqual([[6, 2], [2, 4]])
    expect(Object.isFrozen(terms.y)).toBe(true)
  })

  const g = (x: NdArray, y: NdArray): NdArray => np.add(x, y)
  const x = f64([1, 2])
  let kept: NdArray | undefined

  const mistakes: readonly (readonly [run: () => unknown, type: typeof CotangentError, message: RegExp])[] = [
    [() => jet(g)([x, x], [[x, x], [x]]), TreeError, /expected 2 terms for each primal and series .* got \* and nothing at \[1\]\[1\]/],
    [() => jet(g)([x, x], [[x], x] as never), TreeError, /expected 1 term for each primal .* got \[\*\] and \* at \[1\]/],
    [() => jet(g)([x, x], [[x]] as never), TreeError, /got \[\*\] and nothing at \[1\]/],
    [() => jet(g)([x, x], [[x], [f64([1])]]), ShapeError, /expected series terms of shape \[2\], got float64\[1\] at series\[1\]\[0\]/],
    [() => jet(g)([x, x], [[x], [f32([1, 2])]]), DTypeError, /series terms of dtype float64, got float32\[2\] at series\[1\]\[0\]/],
    [() => jet((y: NdArray) => Promise.resolve(y))([x], [[x]]), ArgumentError, /rather than promises .* at result/],
    [() => jet(3 as never), ArgumentError, /expected a function to transform, got 3/],
    [() => {
      jet((y: NdArray) => (kept = np.sin(y)))([x], [[x]])
      np.add(kept as NdArray, 1)
    }, TracerError, /got Traced<float64\[2\], jet>, which escaped/]
  ]

  test.each(mistakes)('%o', (run, type, message) => {
    expect(run).toThrow(type)
    expect(run).toThrow(message)
  })
})
