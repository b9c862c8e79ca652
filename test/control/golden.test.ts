import { describe, expect, test } from 'vitest'
import { isArray } from '../../src/array/ndarray.js'
import { grad, hessian, jacfwd, jacrev, jvp, lax, np, tree, vmap, type NdArray } from '../../src/index.js'
import { close } from '../support/close.js'
import { golden } from '../support/golden.js'
import { ways } from '../support/ways.js'
import { programOf, stacked } from './programs.js'
import { gru, lstm, rnn, tied, type Params } from './recurrences.js'

type F1 = (x: NdArray) => NdArray
type Any = (...args: never[]) => unknown

const float = (x: number): NdArray => np.array(x, { dtype: 'float64' })
const int = (x: number): NdArray => np.array(x, { dtype: 'int32' })

const branchy: F1 = (x) => lax.cond(np.greater(x, 1), (y: NdArray) => np.mul(y, np.sin(y)), (y: NdArray) => np.mul(2, np.exp(y)), x)
const either = (p: NdArray, x: NdArray): NdArray => lax.cond(p, (y: NdArray) => np.power(y, 3), (y: NdArray) => np.sin(y), x)
const switcher = (i: NdArray, x: NdArray): NdArray => lax.switch(i, [
  (y: NdArray): NdArray => np.sum(np.sin(y)),
  (y: NdArray) => np.mul(np.sum(np.square(y)), np.prod(y)),
  () => np.asArray(0.5)
], x)
const inner: F1 = (x) => {
  const step = (v: NdArray, t: NdArray): readonly [NdArray, null] => {
    const again = (u: NdArray): readonly [NdArray, null] => [np.add(np.sin(np.mul(u, x)), t), null]
    return [lax.cond(np.greater(t, 2), (w: NdArray) => lax.scan(again, w, null, { length: 2 })[0], (w: NdArray) => np.mul(w, np.cos(x)), v), null]
  }
  return lax.scan(step, x, np.array([1, 2, 3, 4], { dtype: 'float64' }))[0]
}
const newton: F1 = (s) => lax.whileLoop(
  (y: NdArray) => np.greater(np.abs(np.sub(np.mul(y, y), s)), 1e-9),
  (y: NdArray) => np.div(np.add(y, np.div(s, y)), 2),
  np.onesLike(s)
)
const doubling = (x: NdArray, k: NdArray): NdArray =>
  lax.whileLoop((y: NdArray) => np.less(y, k), (y: NdArray) => np.mul(y, np.add(1, x)), x)
const collatz: F1 = (n) => {
  const step = ([m, count]: readonly [NdArray, NdArray]): readonly [NdArray, NdArray] => {
    const even = np.equal(np.remainder(m, 2), 0)
    return [np.where(even, np.floorDivide(m, 2), np.add(np.mul(3, m), 1)), np.add(count, 1)]
  }
  return lax.whileLoop(([m]: readonly [NdArray, NdArray]) => np.greater(m, 1), step, [n, int(0)] as const)[1]
}
const powers: F1 = (x) => lax.foriLoop(2, 6, (i: NdArray, v: NdArray) => np.add(np.mul(v, x), i), x)

const counter = (x: NdArray, xs: NdArray): readonly [readonly [NdArray, NdArray], readonly [NdArray, NdArray]] => {
  type Carry = readonly [v: NdArray, n: NdArray]
  const step = ([v, n]: Carry, t: NdArray): readonly [Carry, Carry] => {
    const next = np.add(v, np.mul(np.power(x, np.astype(n, 'float64')), t))
    return [[next, np.add(n, 1)], [next, n]]
  }
  return lax.scan(step, [float(0), int(0)] as const, xs)
}
const backwards = (xs: NdArray): readonly [NdArray, NdArray] => {
  const step = (before: NdArray, x: NdArray): readonly [NdArray, NdArray] => {
    const c = np.add(np.sin(before), x)
    return [c, np.mul(c, x)]
  }
  return lax.scan(step, float(0.5), xs, { reverse: true, unroll: 2 })
}
const orbit = (x: NdArray): readonly [NdArray, NdArray] => {
  const step = (before: NdArray): readonly [NdArray, NdArray] => {
    const y = np.mul(np.mul(3.2, before), np.sub(1, before))
    return [y, y]
  }
  return lax.scan(step, x, null, { length: 7 })
}
const products: F1 = (m) => lax.associativeScan((a: NdArray, b: NdArray) => np.matmul(a, b), m)
type Affine = readonly [NdArray, NdArray]
const affine = (a: NdArray, b: NdArray): Affine =>
  lax.associativeScan(([p, q]: Affine, [r, s]: Affine): Affine => [np.mul(p, r), np.add(np.mul(r, q), s)], [a, b])
const running: F1 = (x) => lax.associativeScan((a: NdArray, b: NdArray) => np.logaddexp(a, b), x, { reverse: true, axis: 1 })
const mapped: F1 = (xs) => lax.map((x: NdArray) => np.sum(np.mul(np.sin(x), x)), xs, { batchSize: 3 })

/** The sum of all floating results. */
const total = <A extends readonly unknown[]>(f: (...args: A) => unknown) => (...args: A): NdArray =>
  tree.leaves(f(...args)).filter(isArray).filter((y) => y.dtype === 'float64').map((y) => np.sum(y)).reduce((a, b) => np.add(a, b))

const push = (f: F1) => (x: NdArray, d: NdArray): NdArray => jvp(f)([x], [d])[1]
const derivative = (f: F1, order: number): F1 => (order === 0 ? f : grad(derivative(f, order - 1)))
const over = (axes: readonly (number | null)[]) => vmap.with({ in: axes })

const scalars: Readonly<Record<string, F1>> = { branchy, inner, powers }
const recurrent = { rnn, tied, lstm, gru } as const
const norm = (g: Params): NdArray => Object.values(g).map((x) => np.sum(np.square(x))).reduce((a, b) => np.add(a, b))

const compositions = new Map<string, Any>([
  ...Object.entries(scalars).flatMap(([name, f]): readonly (readonly [string, Any])[] => [
    ...[0, 1, 2, 3].map((order) => [`derivative ${order} ${name}`, derivative(f, order)] as const),
    [`jacfwd ${name}`, jacfwd(f)],
    [`jvp grad ${name}`, push(grad(f))],
    [`vmap ${name}`, vmap(f)],
    [`vmap grad ${name}`, vmap(grad(f))],
    [`grad of sum of vmap ${name}`, grad((xs: NdArray) => np.sum(vmap(f)(xs)))],
    [`vmap hessian ${name}`, vmap(hessian(f))]
  ]),
  ['vmap either', vmap(either)],
  ['vmap over p either', over([0, null])(either)],
  ['vmap over x either', over([null, 0])(either)],
  ['vmap grad x over p either', over([0, null])(grad.with({ argnums: 1 })(either))],
  ['vmap grad x either', vmap(grad.with({ argnums: 1 })(either))],
  ['value switcher', switcher],
  ['grad x switcher', grad.with({ argnums: 1 })(switcher)],
  ['hessian x switcher', (i: NdArray, x: NdArray) => hessian((y: NdArray) => switcher(i, y))(x)],
  ['vmap over i switcher', over([0, null])(switcher)],
  ['vmap grad x over i switcher', over([0, null])(grad.with({ argnums: 1 })(switcher))],
  ['vmap hessian x over i switcher', over([0, null])((i: NdArray, x: NdArray) => hessian((y: NdArray) => switcher(i, y))(x))],
  ['value newton', newton],
  ['jvp newton', push(newton)],
  ['jacfwd jacfwd newton', jacfwd(jacfwd(newton))],
  ['vmap newton', vmap(newton)],
  ['vmap jacfwd newton', vmap(jacfwd(newton))],
  ['vmap doubling', vmap(doubling)],
  ['vmap over x doubling', over([0, null])(doubling)],
  ['vmap over k doubling', over([null, 0])(doubling)],
  ['vmap jacfwd x doubling', vmap((x: NdArray, k: NdArray) => jacfwd((y: NdArray) => doubling(y, k))(x))],
  ['vmap collatz', vmap(collatz)],
  ...Object.entries(recurrent).flatMap(([name, f]): readonly (readonly [string, Any])[] => [
    [`value ${name}`, f],
    [`grad ${name}`, grad(f)],
    [`grad xs ${name}`, grad.with({ argnums: 1 })(f)],
    [`jvp grad ${name}`, (p: Params, xs: NdArray, d: Params) => jvp((q: Params) => grad(f)(q, xs))([p], [d])[1]],
    [`vmap grad ${name}`, over([null, 0])(grad(f))],
    [`hessian xs ${name}`, (p: Params, xs: NdArray) => hessian((x: NdArray) => f(p, x))(xs)],
    [`grad of norm of grad ${name}`, grad((p: Params, xs: NdArray) => norm(grad(f)(p, xs)))],
    [`stacked ${name}`, (p: Params, xs: NdArray) => stacked(programOf(grad(f), p, xs)) - stacked(programOf(f, p, xs))]
  ]),
  ['value counter', counter],
  ['grad x of sum counter', grad(total(counter))],
  ['hessian x of sum counter', (x: NdArray, xs: NdArray) => hessian((y: NdArray) => total(counter)(y, xs))(x)],
  ['vmap counter', over([0, null])(counter)],
  ['value backwards', backwards],
  ['grad of sum backwards', grad(total(backwards))],
  ['hessian of sum backwards', hessian(total(backwards))],
  ['jacrev backwards', jacrev(backwards)],
  ['value orbit', orbit],
  ['jacfwd orbit', jacfwd(orbit)],
  ['grad of sum orbit', grad(total(orbit))],
  ['value products', products],
  ['grad of sum products', grad(total(products))],
  ['vmap products', vmap(products)],
  ['value affine', affine],
  ['grad of sum affine', grad.with({ argnums: [0, 1] })(total(affine))],
  ['hessian a of sum affine', (a: NdArray, b: NdArray) => hessian((x: NdArray) => total(affine)(x, b))(a)],
  ['value running', running],
  ['jacrev running', jacrev(running)],
  ['vmap running', vmap(running)],
  ['value mapped', mapped],
  ['grad of sum mapped', grad(total(mapped))]
])

describe.each(ways)('control flow gives what JAX gives, %s', (_, run) => {
  test.each(golden('control'))('$name', ({ fn, args, out }) => {
    const f = compositions.get(fn) as (...given: readonly unknown[]) => unknown // the arguments of the case are those of the function
    if (fn.startsWith('stacked')) {
      expect(f(...args)).toBeLessThanOrEqual(out as unknown as number) // a number in these cases
      return
    }
    const got = run(f)(...args)
    expect(tree.structure(got).toString()).toBe(tree.structure(out).toString())
    const expected = tree.leaves(out)
    tree.leaves(got).forEach((x, i) => { close(fn, x as NdArray, expected[i], 1e-11) }) // all of them are arrays
  })
})
