import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isArray } from '../../src/array/ndarray.js'
import type { DType, NdArray } from '../../src/index.js'
import { grad, hessian, jacfwd, jacrev, jvp, np, tree, vjp, vmap } from '../../src/index.js'
import { arrayOf } from '../support/arrays.js'
import { close } from '../support/close.js'
import { ways } from '../support/ways.js'

interface Stored {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

interface Case {
  readonly fn: string
  readonly args: readonly unknown[]
  readonly out: unknown
}

const text = readFileSync(new URL('../golden/transforms.json', import.meta.url), 'utf8')
const cases = JSON.parse(text) as readonly Case[] // written by make_transforms.py

const isStored = (x: unknown): x is Stored => typeof x === 'object' && x !== null && 'data' in x

/** A tree of stored arrays as one of arrays. */
const load = (x: unknown): unknown => {
  if (isStored(x)) return arrayOf(x.dtype, x.shape, x.data)
  if (Array.isArray(x)) return x.map(load)
  return Object.fromEntries(Object.entries(x as object).map(([key, value]) => [key, load(value)]))
}

type F1 = (x: NdArray) => NdArray

const one = (value: number): NdArray => np.array(value, { dtype: 'float64' })
const at = (x: NdArray, i: number): NdArray => np.slice(x, [i])
const tail = (x: NdArray): NdArray => np.slice(x, [[1, null]])
const init = (x: NdArray): NdArray => np.slice(x, [[null, -1]])

const cubicMix: F1 = (x) => np.add(np.sum(np.mul(np.sin(x), np.power(x, 3))), np.prod(x))
const rosenbrock: F1 = (x) =>
  np.sum(np.add(np.mul(100, np.square(np.sub(tail(x), np.square(init(x))))), np.square(np.sub(1, init(x)))))
const logSumExp: F1 = (x) => np.log(np.sum(np.exp(x)))
const quadratic = (w: NdArray, x: NdArray): NdArray => np.sum(np.square(np.matmul(w, x)))
const softmax: F1 = (x) => {
  const e = np.exp(np.sub(x, np.max(x)))
  return np.div(e, np.sum(e))
}
const spiral: F1 = (s) => np.div(np.mul(np.exp(np.div(np.neg(s), 2)), np.sin(np.mul(3, s))), np.add(1, np.square(s)))
const newton: F1 = (s) => [1, 2, 3, 4].reduce((y) => np.div(np.add(y, np.div(s, y)), 2), one(1))
const power: F1 = (s) => np.power(s, s)
const vectorField: F1 = (x) =>
  np.stack([np.mul(at(x, 0), at(x, 1)), np.sin(np.mul(at(x, 1), at(x, 2))), np.mul(np.square(at(x, 0)), at(x, 2))])
const confusion: F1 = (s) => np.mul(s, grad((t: NdArray) => np.add(s, t))(one(1)))
const nested: F1 = (s) => grad((u: NdArray) => np.mul(u, grad((t: NdArray) => np.mul(u, np.square(t)))(u)))(s)

interface Dense {
  readonly weight: NdArray
  readonly bias: NdArray
}
interface Mlp {
  readonly hidden: Dense
  readonly out: Dense
}
const mlp = (p: Mlp, x: NdArray, y: NdArray): NdArray => {
  const hidden = np.tanh(np.add(np.matmul(x, p.hidden.weight), p.hidden.bias))
  const error = np.sub(np.add(np.matmul(hidden, p.out.weight), p.out.bias), y)
  const norm = np.add(np.sum(np.square(p.hidden.weight)), np.sum(np.square(p.out.weight)))
  return np.add(np.mean(np.square(error)), np.mul(0.01, norm))
}

const push = (f: F1) => (a: NdArray, t: NdArray): NdArray => jvp(f)([a], [t])[1]
const pull = (f: F1) => (a: NdArray, ct: NdArray): NdArray => vjp(f)(a)[1](ct)[0]
const trace = (x: NdArray): NdArray => np.trace(x)

/** The n-th derivative. */
const derivative = (f: F1, n: number): F1 => (n === 0 ? f : grad(derivative(f, n - 1)))

type Any = (...args: never[]) => unknown

const ofScalars: Readonly<Record<string, F1>> = { spiral, newton, power }
const toScalars: Readonly<Record<string, F1>> = { cubicMix, rosenbrock, logSumExp }
const toVectors: Readonly<Record<string, F1>> = { softmax, vectorField }

const compositions = new Map<string, Any>([
  ...Object.entries(toScalars).flatMap(([name, f]): readonly (readonly [string, Any])[] => [
    [`value ${name}`, f],
    [`grad ${name}`, grad(f)],
    [`hessian ${name}`, hessian(f)],
    [`jacfwd grad ${name}`, jacfwd(grad(f))],
    [`jacrev grad ${name}`, jacrev(grad(f))],
    [`jvp grad ${name}`, push(grad(f))],
    [`grad of jvp ${name}`, grad(push(f))],
    [`vmap grad ${name}`, vmap(grad(f))],
    [`grad of sum of vmap ${name}`, grad((xs: NdArray) => np.sum(vmap(f)(xs)))],
    [`vmap hessian ${name}`, vmap(hessian(f))]
  ]),
  ...Object.entries(toVectors).flatMap(([name, f]): readonly (readonly [string, Any])[] => [
    [`jacfwd ${name}`, jacfwd(f)],
    [`jacrev ${name}`, jacrev(f)],
    [`jvp ${name}`, push(f)],
    [`vjp ${name}`, pull(f)],
    [`jvp of vjp ${name}`, (a: NdArray, t: NdArray, ct: NdArray) => push((b) => pull(f)(b, ct))(a, t)],
    [`vjp of jvp ${name}`, (a: NdArray, t: NdArray, ct: NdArray) => pull((b) => push(f)(b, t))(a, ct)],
    [`hessian of each output ${name}`, hessian(f)],
    [`vmap jvp ${name}`, vmap.with({ in: [null, 0] })(push(f))],
    [`vmap vjp over both ${name}`, vmap.with({ in: [0, null] })(vmap.with({ in: [null, 0] })(pull(f)))]
  ]),
  ...Object.entries(ofScalars).flatMap(([name, f]) =>
    [0, 1, 2, 3, 4].map((n): readonly [string, Any] => [`derivative ${n} ${name}`, derivative(f, n)])),
  ['hessian of hessian trace cubicMix', hessian((x: NdArray) => trace(hessian(cubicMix)(x)))],
  ['third derivative tensor rosenbrock', jacfwd(hessian(rosenbrock))],
  ['grad both quadratic', grad.with({ argnums: [0, 1] })(quadratic)],
  ['jacfwd of grad w wrt x quadratic', (w: NdArray, x: NdArray) => jacfwd((y: NdArray) => grad(quadratic)(w, y))(x)],
  ['vmap grad w over x quadratic', vmap.with({ in: [null, 0] })(grad(quadratic))],
  ['grad confusion', grad(confusion)],
  ['nested', nested],
  ['grad nested', grad(nested)],
  ['value mlp', mlp],
  ['grad mlp', grad(mlp)],
  ['grad wrt x mlp', grad.with({ argnums: 1 })(mlp)],
  ['jvp mlp', (p: Mlp, x: NdArray, y: NdArray, d: Mlp) => jvp((q: Mlp) => mlp(q, x, y))([p], [d])[1]],
  ['jvp grad mlp', (p: Mlp, x: NdArray, y: NdArray, d: Mlp) => jvp((q: Mlp) => grad(mlp)(q, x, y))([p], [d])[1]],
  ['vmap grad mlp', vmap.with({ in: [null, 0, 0] })(grad(mlp))],
  ['grad of squared norm of grad mlp', grad((p: Mlp, x: NdArray, y: NdArray) =>
    tree.reduce((sum, g: NdArray) => np.add(sum, np.sum(np.square(g))), one(0))(grad(mlp)(p, x, y)))]
])

test('there is a composition for every case', () => {
  expect([...compositions.keys()].sort()).toEqual(cases.map(({ fn }) => fn).sort())
})

/** Derivatives of higher order sum terms that nearly cancel. */
const tolerance = (fn: string): number => (/hessian of|third|derivative [34]/.test(fn) ? 1e-10 : 1e-12)

describe.each(ways)('%s', (_, run) => test.each(cases)('$fn, as JAX gives it', ({ fn, args, out }) => {
  const f = compositions.get(fn) as (...args: readonly unknown[]) => unknown // the arguments of the case are those of the function
  const [got, structure] = tree.flatten<unknown>(run(f)(...args.map(load)))
  const [expected, other] = tree.flatten<unknown>(load(out))
  expect(String(structure)).toBe(String(other))
  got.forEach((x, i) => {
    const y = expected[i]
    if (isArray(x) && isArray(y)) close(fn, x, y, tolerance(fn))
    else expect(x).toBe(y)
  })
}))
