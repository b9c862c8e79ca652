import { isArray } from '../../array/ndarray.js'
import type { NdArray } from '../../core/array.js'
import type { Aval } from '../../core/aval.js'
import { isInteger } from '../../core/dtype.js'
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.js'
import { checkFunction } from '../../core/options.js'
import type { Jaxpr } from '../../core/primitive.js'
import { bind } from '../../core/trace.js'
import { evaluate } from '../../ir/evaluate.js'
import { avalsOf } from '../../ir/jaxpr.js'
import { add } from '../../lax/elementwise/arithmetic.js'
import { lt } from '../../lax/elementwise/comparison.js'
import { convertElementType } from '../../lax/elementwise/convert.js'
import { iota } from '../../lax/movement/iota.js'
import { full } from '../../lax/broadcast.js'
import { arraysOf, type Flat, type Fn } from '../../transform/boundary.js'
import { structure } from '../../tree/pytree.js'
import type { TreeDef } from '../../tree/treedef.js'
import { cond } from '../branch.js'
import { traceLoop } from './carry.js'
import { scanAs } from './loops.js'
import { whileP } from './while.js'

/** `whileLoop(test, body, start)`. */
export type WhileLoop = <C>(test: (carry: C) => NdArray | boolean, body: (carry: C) => C, start: C) => C

/** A while loop, traced. */
interface TracedWhile {
  readonly body: Jaxpr
  readonly test: Jaxpr
  /** The first operands of both. */
  readonly captured: readonly NdArray[]
  readonly start: readonly NdArray[]
}

const checkTest = (who: string, outs: readonly Aval[], result: TreeDef): void => {
  const expected = 'a test that returns a boolean scalar'
  const [out] = outs
  if (result.kind !== 'leaf') throw new ArgumentError(who, expected, result.toString())
  if (out.dtype !== 'bool') throw new DTypeError(who, expected, out)
  if (out.shape.length > 0) throw new ShapeError(who, expected, out)
}

interface Parts {
  readonly who: string
  readonly test: Fn
  readonly body: Fn
  /** The arguments of both: the carry, perhaps with a counter before it. */
  readonly args: Flat
  readonly carry: TreeDef
  readonly carryOf: (result: TreeDef) => TreeDef
}

const traceWhile = ({ who, test, body, args, carry, carryOf }: Parts): TracedWhile => {
  const functions = [body, test]
  const { traced, start } = traceLoop({
    who,
    start: args.arrays,
    carry,
    functions: (avals) => functions.map((f) => ({ f, treedef: args.treedef, avals })),
    carryOf
  })
  const { jaxprs, captured, results } = traced
  checkTest(who, avalsOf(jaxprs[1].outputs), results[1])
  return { body: jaxprs[0], test: jaxprs[1], captured, start }
}

/** Callers without types forget it. */
const checkStart = (who: string, start: unknown): void => {
  if (start === undefined) throw new ArgumentError(who, 'a carry to start with, after the functions', 'none')
}

/** A loop whose carry is all that its functions take. */
const plainly = <C>(who: string, test: (carry: C) => NdArray | boolean, body: (carry: C) => C, start: C) => {
  checkFunction(who, 'a function of the carry as test', test)
  checkFunction(who, 'a function of the carry as body', body)
  checkStart(who, start)
  const carry = arraysOf(who, start, ['carry'])
  const args = { arrays: carry.arrays, treedef: structure([carry.treedef.unflatten(carry.arrays)]) }
  return { carry: carry.treedef, ...traceWhile({ who, test, body, args, carry: carry.treedef, carryOf: (result) => result }) }
}

const run = ({ test, body, captured, start }: TracedWhile): readonly NdArray[] =>
  bind(whileP, [...captured, ...captured, ...start], { test, body, testConstants: captured.length, bodyConstants: captured.length })

/**
 * A loop that goes on while a test of the carry holds, however long that is. It differentiates in forward mode; reverse
 * mode would have to keep every step of a loop of unknown length: use `scan`, or `boundedWhile`. Under a vmap that maps
 * the test it goes on while any example does, and those that are done stay as they are. JAX's `lax.while_loop`.
 * Throws ShapeError and TreeError, with the paths, if the body changes the type of the carry.
 *
 * @example
 * lax.whileLoop((x: NdArray) => np.less(x, 100), (x: NdArray) => np.mul(x, 2), np.array(3)) // 192
 */
export const whileLoop: WhileLoop = <C>(test: (carry: C) => NdArray | boolean, body: (carry: C) => C, start: C): C => {
  const loop = plainly('whileLoop', test, body, start)
  return loop.carry.unflatten(run(loop)) as C // the carry that came in
}

/** `boundedWhile(test, body, start, most)`. */
export type BoundedWhile = <C>(test: (carry: C) => NdArray | boolean, body: (carry: C) => C, start: C, most: number) => C

/**
 * A loop that goes on while a test of the carry holds, but at most so many steps: it differentiates in both modes, at the cost
 * of `most` steps of a scan, of which those after the end do nothing.
 *
 * @example
 * const double = (x: NdArray) => lax.boundedWhile((y: NdArray) => np.less(y, 100), (y: NdArray) => np.mul(y, 2), x, 20)
 * grad(double)(np.array(3)) // 64
 */
export const boundedWhile: BoundedWhile = <C>(test: (carry: C) => NdArray | boolean, body: (carry: C) => C, start: C, most: number): C => {
  if (!Number.isSafeInteger(most) || most < 0) throw new ArgumentError('boundedWhile', 'a natural number as the most steps', most)
  const loop = plainly('boundedWhile', test, body, start)
  type Carry = readonly NdArray[]
  const step = (carry: Carry): readonly [Carry, null] => {
    const [goesOn] = evaluate(loop.test, [...loop.captured, ...carry])
    return [cond(goesOn, (...args: Carry) => evaluate(loop.body, [...loop.captured, ...args]), (...same: Carry) => same, ...carry), null]
  }
  return loop.carry.unflatten(scanAs('boundedWhile', step, loop.start, null, { length: most })[0]) as C // likewise
}

/** `foriLoop(lower, upper, body, start)`. */
export type ForiLoop = <C>(lower: number | NdArray, upper: number | NdArray, body: (i: NdArray, carry: C) => C, start: C) => C

const bound = (x: number | NdArray): number | NdArray => {
  if (typeof x === 'number' ? Number.isSafeInteger(x) : isArray(x) && x.ndim === 0 && isInteger(x.dtype)) return x
  throw new ArgumentError('foriLoop', 'integers as bounds', x)
}

const counter = (x: number | NdArray): NdArray => (typeof x === 'number' ? full([], x, 'int32') : convertElementType(x, 'int32'))

/**
 * The body, called with each number from `lower` up to, not including, `upper` and the carry. Where both are numbers it is a scan, and
 * differentiates in both modes; where they are arrays it is a `whileLoop`. The counter is an int32 scalar. JAX's `lax.fori_loop`.
 *
 * @example
 * lax.foriLoop(1, 5, (i: NdArray, product: NdArray) => np.mul(product, i), np.array(1)) // 24
 */
export const foriLoop: ForiLoop = <C>(lower: number | NdArray, upper: number | NdArray, body: (i: NdArray, carry: C) => C, start: C): C => {
  const [from, to] = [bound(lower), bound(upper)]
  checkFunction('foriLoop', 'a function of a counter and the carry as body', body)
  checkStart('foriLoop', start)
  if (typeof from === 'number' && typeof to === 'number') {
    const counts = add(iota('int32', [Math.max(0, to - from)], 0), from)
    return scanAs('foriLoop', (carry: C, i: NdArray): readonly [C, null] => [body(i, carry), null], start, counts)[0]
  }
  const [end, one] = [counter(to), full([], 1, 'int32')]
  const { arrays, treedef: carry } = arraysOf('foriLoop', start, ['carry'])
  const all = [counter(from), ...arrays]
  const outs = run(traceWhile({
    who: 'foriLoop',
    test: (i: NdArray) => lt(i, end),
    body: (i: NdArray, each: C) => [add(i, one), body(i, each)],
    args: { arrays: all, treedef: structure([all[0], carry.unflatten(arrays)]) },
    carry,
    carryOf: (result) => result.children[1]
  }))
  return carry.unflatten(outs.slice(1)) as C // likewise
}
