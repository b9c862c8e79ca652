import * as lax from '../../src/control/index.js'
import type { NdArray } from '../../src/core/array.js'
import { evalShape } from '../../src/transform/inspect.js'
import { vmap } from '../../src/transform/vmap.js'
import { stacked, type F, type Wrapper } from './wrappers.js'

/*
 * Control flow that leaves the meaning of a function as it is.
 */

type Pair = readonly [NdArray, NdArray]

/** Zeros like the result of a function. */
const blank = (f: F, x: NdArray, y: NdArray): NdArray => lax.full(evalShape(f)(x, y).shape, 0, 'float64')

const once = { length: 1 }
const count = (n: number): NdArray => lax.full([], n, 'int32')

/** True, but who knows: it depends on the array. */
const always = (x: NdArray): NdArray => lax.gt(lax.add(lax.square(lax.reduceSum(x, x.shape.map((_, i) => i))), 1), 0)

const at = (x: NdArray, i: number): NdArray => lax.indexInDim(x, i, 0, false)

export const flow: readonly Wrapper[] = [
  { name: 'scan of one step', wrap: (f) => (x, y) => lax.scan(() => [f(x, y), null] as const, blank(f, x, y), null, once)[0] },
  { name: 'scan of itself', wrap: (f) => (x, y) => lax.scan((c: NdArray) => [c, null] as const, f(x, y), null, { length: 3 })[0] },
  {
    name: 'scan of slices, backwards',
    wrap: (f) => (x, y) => {
      const step = (n: NdArray, [a, b]: Pair): Pair => [lax.add(n, 1), f(a, b)]
      return at(lax.scan(step, count(0), [stacked(x, 2), stacked(y, 2)] as Pair, { reverse: true })[1], 1)
    }
  },
  {
    name: 'carried through a scan',
    wrap: (f) => (x, y) => {
      const step = ([a, b, out]: readonly [NdArray, NdArray, NdArray]) => [[a, b, lax.add(lax.mul(out, 0), f(a, b))] as const, null] as const
      return lax.scan(step, [x, y, blank(f, x, y)] as const, null, { length: 2 })[0][2]
    }
  },
  { name: 'map', wrap: (f) => (x, y) => at(lax.map((each: NdArray) => f(each, y), stacked(x, 2)), 1) },
  { name: 'map in batches', wrap: (f) => (x, y) => at(lax.map((each: NdArray) => f(x, each), stacked(y, 3), { batchSize: 2 }), 2) },
  { name: 'cond(true)', wrap: (f) => (x, y) => lax.cond(true, f, () => blank(f, x, y), x, y) },
  {
    name: 'cond of what depends on it',
    wrap: (f) => (x, y) => lax.cond(always(x), (a: NdArray) => f(a, y), (a: NdArray) => lax.mul(f(a, y), lax.full(evalShape(f)(a, y).shape, 2, 'float64')), x)
  },
  {
    name: 'cond over a batch',
    wrap: (f) => (x, y) => {
      const one = (p: NdArray, a: NdArray): NdArray => lax.cond(p, (b: NdArray) => f(b, y), (b: NdArray) => lax.neg(f(b, y)), a)
      return lax.neg(at(vmap(one, { in: [0, null] })(lax.eq(lax.iota('int32', [2], 0), 0), x), 1))
    }
  },
  {
    name: 'switch',
    wrap: (f) => (x, y) => lax.switch(lax.argmax(lax.iota('int32', [2], 0), 0), [() => blank(f, x, y), f, f], x, y)
  },
  {
    name: 'boundedWhile',
    wrap: (f) => (x, y) => {
      const step = ([n]: Pair): Pair => [lax.add(n, 1), f(x, y)]
      return lax.boundedWhile(([n]: Pair) => lax.lt(n, 1), step, [count(0), blank(f, x, y)] as Pair, 2)[1]
    }
  },
  { name: 'foriLoop', wrap: (f) => (x, y) => lax.foriLoop(0, 1, () => f(x, y), blank(f, x, y)) },
  {
    name: 'whileLoop',
    only: 'forward',
    wrap: (f) => (x, y) => {
      const step = ([n, out]: Pair): Pair => [lax.add(n, 1), lax.add(lax.mul(out, 0), f(x, y))]
      return lax.whileLoop(([n]: Pair) => lax.lt(n, 2), step, [count(0), blank(f, x, y)] as Pair)[1]
    }
  },
  { name: 'foriLoop of traced bounds', only: 'forward', wrap: (f) => (x, y) => lax.foriLoop(0, count(1), () => f(x, y), blank(f, x, y)) },
  {
    name: 'whileLoop over a batch',
    only: 'forward',
    wrap: (f) => (x, y) => {
      const steps = (n: NdArray): NdArray =>
        lax.whileLoop(([k]: Pair) => lax.gt(k, 0), ([k]: Pair): Pair => [lax.sub(k, 1), f(x, y)], [n, blank(f, x, y)] as Pair)[1]
      return at(vmap(steps)(lax.iota('int32', [3], 0)), 2)
    }
  }
]
