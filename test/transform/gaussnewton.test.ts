import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NdArray } from '../../src/core/array.js'
import { ArgumentError, DerivativeError, DTypeError, ShapeError, TreeError } from '../../src/core/errors.js'
import { jit } from '../../src/jit/jit.js'
import * as lax from '../../src/control/index.js'
import * as np from '../../src/numpy/index.js'
import { gaussNewtonProduct } from '../../src/transform/gaussnewton.js'
import { grad } from '../../src/transform/grad.js'
import { makeJaxpr } from '../../src/transform/inspect.js'
import { hessian, hvp, jacfwd, jacrev } from '../../src/transform/jacobian.js'
import { vmap } from '../../src/transform/vmap.js'
import { map } from '../../src/tree/map.js'
import { leaves, structure } from '../../src/tree/pytree.js'
import { f32, f64, i32, noiseLike } from '../support/arrays.js'
import { allClose, close, inner } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'

interface Net {
  readonly hidden: { readonly weight: NdArray; readonly bias: NdArray }
  readonly out: NdArray
}

const model = (p: Net, x: NdArray): NdArray => np.matmul(np.tanh(np.add(np.matmul(x, p.hidden.weight), p.hidden.bias)), p.out)

const squares = (target: NdArray) => (z: NdArray): NdArray => np.mean(np.square(np.sub(z, target)))

const logSumExp = (z: NdArray): NdArray => np.log(np.sum(np.exp(z), { axis: 1 }))

/** Cross-entropy of logits. */
const entropy = (labels: NdArray) => (z: NdArray): NdArray => {
  const chosen = np.mul(z, np.equal(np.expandDims(labels, 1), np.arange(z.shape[1], { dtype: 'int32' })))
  return np.sum(np.sub(logSumExp(z), np.sum(chosen, { axis: 1 })))
}

const arraysOf = (tree: unknown): readonly NdArray[] => leaves(tree) as readonly NdArray[] // all leaves are arrays

const sameTrees = (got: unknown, expected: unknown, tolerance: number): void => {
  expect(structure(got).toString()).toBe(structure(expected).toString())
  allClose('leaves', arraysOf(got), arraysOf(expected), tolerance)
}

const cases = golden('jet')
const argumentsOf = (name: string): readonly unknown[] => cases.find((each) => each.name === name)?.args ?? []
const expected = (name: string): unknown => cases.find((each) => each.name === name)?.out

const [net, direction, batch, labels] = argumentsOf('gaussNewton tree') as readonly [Net, Net, NdArray, NdArray] // as written
const target = argumentsOf('gaussNewton mean')[3] as NdArray // likewise

/** A direction that depends on a seed. */
const towards = (p: Net, seed: number): Net => {
  let next = seed
  return map((x: NdArray) => noiseLike(x, next++))(p)
}

describe('Gauss–Newton products', () => {
  const ofEntropy = gaussNewtonProduct(model, entropy(labels))

  test.each(ways)('JAX has the same, %s', (_, run) => {
    sameTrees(run(ofEntropy)(net, direction, batch), expected('gaussNewton tree'), 1e-12)
    sameTrees(run(gaussNewtonProduct(model, squares(target)))(net, direction, batch), expected('gaussNewton mean'), 1e-12)
  })

  test('Jᵀ H J, made in full', () => {
    const f = (w: NdArray): NdArray => np.sin(np.matmul(np.array([[1, 2], [3, -1], [0.5, 1]], { dtype: 'float64' }), w))
    const loss = (y: NdArray): NdArray => np.sum(np.exp(y))
    const [w, v] = [f64([0.3, -0.8]), f64([1, 2])]
    const j = jacfwd(f)(w)
    const full = np.matmul(np.transpose(j), np.matmul(hessian(loss)(f(w)), np.matmul(j, v)))
    close('the product', gaussNewtonProduct(f, loss)(w, v), full, 1e-12)
  })

  test('symmetric, and positive semidefinite for convex losses', () => {
    fc.assert(fc.property(fc.nat(999), fc.nat(999), (a, b) => {
      const [u, v] = [towards(net, a), towards(net, b)]
      const [gu, gv] = [u, v].map((d) => arraysOf(ofEntropy(net, d, batch)))
      const [left, right] = [inner(arraysOf(v), gu), inner(arraysOf(u), gv)]
      expect(Math.abs(left.sum - right.sum)).toBeLessThan(1e-12 * (1 + left.magnitude))
      expect(inner(arraysOf(u), gu).sum).toBeGreaterThan(-1e-12)
    }), { numRuns: 25 })
  })

  test('the Hessian, for a linear model, whatever the loss', () => {
    const linear = (p: Net, x: NdArray): NdArray => np.add(np.matmul(x, p.hidden.weight), p.hidden.bias)
    const loss = (z: NdArray): NdArray => np.sum(np.mul(np.sin(z), np.square(z)))
    const whole = hvp((p: Net) => loss(linear(p, batch)))(net, direction)
    sameTrees(gaussNewtonProduct(linear, loss)(net, direction, batch), whole, 1e-12)
  })

  test('the Fisher information, for the likelihood of an exponential family', () => {
    // The mean over classes, drawn as the model says, of products with the gradient of their log-likelihood.
    const one = np.slice(batch, [[0, 1]])
    const logits = model(net, one)
    const weights = np.exp(np.sub(np.reshape(logits, [2]), logSumExp(logits)))
    const terms = [0, 1].map((label) => {
      const g = grad((p: Net) => entropy(i32([label]))(model(p, one)))(net)
      return [weights.toTypedArray()[label] * inner(arraysOf(g), arraysOf(direction)).sum, g] as const
    })
    const [first, second] = terms.map(([weight, g]) => arraysOf(g).map((x) => np.mul(x, weight)))
    const mean = first.map((x, i) => np.add(x, second[i]))
    allClose('the product', arraysOf(gaussNewtonProduct(model, entropy(i32([0])))(net, direction, one)), mean, 1e-12)
  })

  test('under jit, vmap and grad', () => {
    const plain = ofEntropy(net, direction, batch)
    sameTrees(jit(ofEntropy)(net, direction, batch), plain, 1e-12)
    const two = map((x: NdArray) => np.stack([x, np.mul(x, 2)]))(direction)
    const both = vmap(ofEntropy, { in: [null, 0, null] })(net, two, batch)
    sameTrees(both, map((x: NdArray) => np.stack([x, np.mul(x, 2)]))(plain), 1e-11)
    const quadratic = (v: Net): NdArray =>
      arraysOf(ofEntropy(net, v, batch)).map((g, i) => np.sum(np.mul(g, arraysOf(v)[i]))).reduce((a, b) => np.add(a, b))
    sameTrees(grad(quadratic)(direction), map((x: NdArray) => np.mul(x, 2))(plain), 1e-11)
  })

  test('the model runs once', () => {
    const { eqns } = makeJaxpr(gaussNewtonProduct(model, squares(target)))(net, direction, batch)
    expect(eqns.filter(({ primitive }) => primitive.name === 'tanh').length).toBe(1)
  })

  test('models that return trees, integers among the parameters, inputs that are trees', () => {
    interface Out { readonly y: NdArray; readonly z: readonly NdArray[] }
    const f = (p: { readonly a: NdArray; readonly n: NdArray }, x: { readonly x: NdArray }): Out =>
      ({ y: np.mul(p.a, x.x), z: [np.mul(np.square(p.a), p.n)] })
    const loss = ({ y, z }: Out): NdArray => np.add(np.sum(np.square(y)), np.sum(np.square(z[0])))
    const params = { a: f64([1, 2]), n: i32([3, 4]) }
    const product = gaussNewtonProduct(f, loss)(params, { a: f64([1, 1]), n: i32([0, 0]) }, { x: f64([1, -1]) })
    // 2 (x² + (2 a n)²)
    expect(product.a.toList()).toEqual([74, 514])
    expect(product.n.toList()).toEqual([0, 0])
  })

  test('mistakes', () => {
    const product = gaussNewtonProduct(model, squares(target))
    expect(() => product(net, net.out as never, batch)).toThrow(TreeError)
    expect(() => product(net, { ...direction, out: f64([1, 2]) }, batch)).toThrow(ShapeError)
    expect(() => product(net, { ...direction, out: np.zeros(net.out.shape) }, batch)).toThrow(DTypeError)
    expect(() => product(net, { ...direction, out: np.zeros(net.out.shape) }, batch)).toThrow(/float32\[4,2\] at vector.out/)
    expect(() => gaussNewtonProduct(model, ((z: NdArray) => z))(net, direction, batch)).toThrow(DerivativeError)
    expect(() => gaussNewtonProduct(model, 3 as never)).toThrow(ArgumentError)
    expect(() => gaussNewtonProduct(3 as never, squares(target))).toThrow(ArgumentError)
  })
})

describe('Jacobians of trees', () => {
  interface P { readonly u: NdArray; readonly v: readonly [NdArray, NdArray] }
  const f = (p: P): { readonly a: NdArray; readonly b: readonly [NdArray, NdArray] } => ({
    a: lax.dotGeneral(np.square(p.u), np.sin(p.v[0])),
    b: [np.mul(np.sum(p.u), p.v[1]), np.power(p.v[1], 3)]
  })
  const [p] = argumentsOf('jacfwd tree') as readonly [P] // as the script writes it

  test('laid out as by JAX', () => {
    sameTrees(jacfwd(f)(p), expected('jacfwd tree'), 1e-12)
    sameTrees(jacrev(f)(p), expected('jacrev tree'), 1e-12)
    sameTrees(hessian(f)(p), expected('hessian tree'), 1e-12)
    sameTrees(jacrev(jacfwd(f))(p), expected('hessian tree'), 1e-12)
  })

  test('types name every leaf', () => {
    const h = hessian(f)(p)
    const block: NdArray = h.a.u.v[0]
    expect(block.shape).toEqual([2, 3, 2, 3])
    const j = jacfwd(f)(p)
    const row: NdArray = j.b[1].v[0]
    expect(row.shape).toEqual([3])
  })

  test('the Hessian times a tree', () => {
    const scalar = (q: P, by: NdArray): NdArray => np.mul(by, np.add(np.sum(np.square(f(q).a)), f(q).b[0]))
    const v: P = { u: noiseLike(p.u, 1), v: [noiseLike(p.v[0], 2), noiseLike(p.v[1], 3)] }
    const h = hessian(scalar)(p, f64(2))
    const times = (block: NdArray, x: NdArray): NdArray => np.tensordot(block, x, { axes: x.ndim })
    const rowOf = (row: P): NdArray => np.add(times(row.u, v.u), np.add(times(row.v[0], v.v[0]), times(row.v[1], v.v[1])))
    const product = hvp(scalar)(p, v, f64(2))
    sameTrees(product, { u: rowOf(h.u), v: [rowOf(h.v[0]), rowOf(h.v[1])] }, 1e-12)
  })

  test('through loops and branches, as through what they do', () => {
    type Trees = readonly [{ readonly c: NdArray }, NdArray]
    const step = (c: NdArray, x: NdArray): NdArray => lax.cond(np.greater(np.sum(c), 0), (a: NdArray) => np.sin(np.mul(a, x)), np.tanh, c)
    const looped = (q: P): Trees => {
      const [c, seen] = lax.scan((c: NdArray, x: NdArray) => [step(c, x), np.square(c)], q.u, q.v[0])
      return [{ c }, np.mul(seen, q.v[1])]
    }
    const unrolled = (q: P): Trees => {
      const seen: NdArray[] = []
      let c = q.u
      for (const x of lax.split(q.v[0], [1, 1, 1]).map((part) => np.squeeze(part))) {
        seen.push(np.square(c))
        c = step(c, x)
      }
      return [{ c }, np.mul(np.stack(seen), q.v[1])]
    }
    for (const transform of [jacfwd, jacrev, hessian]) sameTrees(transform(looped)(p), transform(unrolled)(p), 1e-12)
    const total = (g: typeof looped) => (q: P): NdArray => np.add(np.sum(g(q)[0].c), np.sum(np.square(g(q)[1])))
    sameTrees(hvp(total(looped))(p, p), hvp(total(unrolled))(p, p), 1e-12)
    const loss = ([{ c }, ys]: Trees): NdArray => np.add(np.sum(np.exp(c)), np.sum(np.square(ys)))
    sameTrees(gaussNewtonProduct(looped, loss)(p, p), gaussNewtonProduct(unrolled, loss)(p, p), 1e-12)
    const doubled = (x: NdArray): NdArray => lax.whileLoop((y: NdArray) => np.less(np.sum(y), 9), (y: NdArray) => np.mul(2, y), x)
    expect(jacfwd(doubled)(f64([1, 2])).toList()).toEqual([[4, 0], [0, 4]])
    expect(() => jacrev(doubled)(f64([1, 2]))).toThrow(/scan.*boundedWhile/)
  })

  test('empty nodes, empty arrays and outputs that do not depend', () => {
    const g = (q: { readonly x: NdArray; readonly none: null; readonly empty: NdArray }): readonly [NdArray, null, NdArray, NdArray] =>
      [np.square(q.x), null, f64([1, 2, 3]), np.mul(2, q.empty)]
    const point = { x: f64([3, 4]), none: null, empty: f64([]) }
    for (const transform of [jacfwd, jacrev]) {
      const [y, none, fixed, empty] = transform(g)(point)
      expect(none).toBe(null)
      expect(y.x.toList()).toEqual([[6, 0], [0, 8]])
      expect(y.none).toBe(null)
      expect(y.empty.shape).toEqual([2, 0])
      expect(fixed.x.toList()).toEqual([[0, 0], [0, 0], [0, 0]])
      expect([empty.x.shape, empty.empty.shape]).toEqual([[0, 2], [0, 0]])
    }
  })

  test('dtypes, and outputs without derivatives', () => {
    const mixed = (x: NdArray): readonly [NdArray, NdArray] => [np.square(x), lax.convertElementType(x, 'float64')]
    const [same, wide] = jacfwd(mixed)(f32([1, 2]))
    expect([same.dtype, wide.dtype]).toEqual(['float32', 'float64'])
    expect(jacrev(mixed)(f32([1, 2])).map((x) => x.dtype)).toEqual(['float32', 'float32'])
    const withIndex = (x: NdArray): { readonly at: readonly NdArray[] } => ({ at: [x, np.argmax(x)] })
    expect(jacfwd(withIndex)(f64([1, 2])).at[1].toList()).toEqual([0, 0])
    for (const transform of [jacrev, hessian]) expect(() => transform(withIndex)(f64([1, 2]))).toThrow(/int32\[\] at result.at\[1\]/)
    for (const transform of [jacfwd, jacrev, hessian]) expect(() => transform(np.square)(i32([1, 2]))).toThrow(DTypeError)
  })
})
