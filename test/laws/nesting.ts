import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import { equalShapes, range, type Shape } from '../../src/core/shape.js'
import * as lax from '../../src/lax/index.js'
import { stopGradient } from '../../src/transform/stop.js'
import { generate, noise, show } from '../support/arrays.js'
import { flow } from './flow.js'
import { all, derivatives, stacked, wrappers as transforms, type Derivative, type F, type Wrapper } from './wrappers.js'

/*
 * Random programs in which functions are wrapped in transforms that leave their meaning as it is, with derivatives at
 * random places. However deep, they must compute what the same programs compute without the wrappers.
 */

/** An operation on earlier values. */
interface Op {
  readonly kind: 'op'
  readonly op: number
  readonly a: number
  readonly b: number
}

/** A call of a function of two earlier values, wrapped, perhaps differentiated. It closes over all earlier values. */
interface Call {
  readonly kind: 'call'
  readonly wrappers: readonly number[]
  readonly derivative: number
  readonly way: number
  readonly body: Body
  readonly a: number
  readonly b: number
}

/** The steps of a function; the last one is its result. */
interface Body {
  readonly steps: readonly (Op | Call)[]
}

/** An array made to have a shape: axes are summed or repeated, then cut or padded. */
const fit = (x: NdArray, shape: Shape): NdArray => {
  let y = x
  while (y.ndim > shape.length) y = lax.reduceSum(y, [0])
  while (y.ndim < shape.length) y = stacked(y, shape[shape.length - 1 - y.ndim])
  const cut = lax.slice(y, all(y).map(() => 0), y.shape.map((size, i) => Math.min(size, shape[i])))
  return lax.pad(cut, 0, cut.shape.map((size, i) => [0, shape[i] - size, 0] as const))
}

interface Operation {
  readonly name: string
  readonly apply: F
}

/** Smooth and bounded, so that third derivatives are of a size that can be compared. */
const operations: readonly Operation[] = [
  { name: 'sin', apply: (x) => lax.sin(x) },
  { name: 'mul', apply: (x, y) => lax.mul(x, fit(y, x.shape)) },
  { name: 'tanh', apply: (x) => lax.tanh(x) },
  { name: 'add', apply: (x, y) => lax.add(x, fit(y, x.shape)) },
  { name: 'sub', apply: (x, y) => lax.sub(fit(x, y.shape), y) },
  { name: 'sum', apply: (x) => (x.ndim === 0 ? lax.mul(x, 2) : lax.reduceSum(x, [x.ndim - 1])) },
  { name: 'repeat', apply: (x) => (x.ndim < 2 ? stacked(x, 2) : x) },
  { name: 'transpose', apply: (x) => (x.ndim < 2 ? lax.neg(x) : lax.transpose(x, all(x).toReversed())) },
  {
    name: 'dot',
    apply: (x, y) => {
      if (x.ndim === 0 || y.ndim === 0) return lax.mul(fit(x, y.shape), y)
      return lax.dotGeneral(x, fit(y, [x.shape[x.ndim - 1], ...y.shape.slice(1)]), { contract: [[x.ndim - 1], [0]] })
    }
  },
  { name: 'outer', apply: (x, y) => (x.ndim + y.ndim > 2 ? lax.mul(x, fit(y, x.shape)) : lax.dotGeneral(x, y)) },
  { name: 'quotient', apply: (x, y) => lax.div(x, lax.add(lax.cos(fit(y, x.shape)), 2.5)) },
  { name: 'logistic', apply: (x) => lax.logistic(x) },
  { name: 'choose', apply: (x, y) => lax.select(lax.gt(x, 0.1), x, lax.mul(fit(y, x.shape), 0.5)) },
  { name: 'cumsum', apply: (x) => (x.ndim === 0 ? x : lax.cumsum(x, 0)) },
  { name: 'backwards', apply: (x) => lax.rev(x, all(x)) },
  { name: 'tail', apply: (x) => (x.ndim === 0 || x.shape[0] < 2 ? x : lax.sliceInDim(x, 1, null)) },
  { name: 'join', apply: (x, y) => (x.ndim === 0 ? x : fit(lax.concatenate([fit(y, x.shape), x], 0), x.shape)) },
  { name: 'stop', apply: (x, y) => lax.add(x, stopGradient(fit(y, x.shape))) },
  { name: 'max', apply: (x, y) => lax.max(x, lax.mul(fit(y, x.shape), 0.3)) },
  { name: 'places', apply: (x) => (x.ndim === 0 ? x : lax.mul(x, lax.add(lax.iota('float64', x.shape, 0), 0.5))) },
  {
    name: 'take',
    apply: (x) => (x.ndim === 0 ? x : lax.dynamicIndexInDim(x, lax.argmax(lax.reduceSum(x, range(x.ndim - 1, 1)), 0), 0, false))
  },
  { name: 'float32', apply: (x) => lax.add(x, lax.convertElementType(lax.stopGradient(lax.round(x)), 'float64')) }
]

interface Mode {
  /** Whether wrappers are there, and derivatives computed in their other ways. */
  readonly wrapped: boolean
  /** Whether derivatives are computed in forward mode only, and what has no others is allowed. */
  readonly forward: boolean
}

const wrappers: readonly Wrapper[] = [...transforms, ...flow]

/** The wrappers of a call that may be used. */
const wrappersOf = ({ wrappers: chosen }: Call, { forward }: Mode): readonly Wrapper[] =>
  chosen.map((k) => wrappers[k % wrappers.length]).filter(({ only }) => only === undefined || (only === 'forward') === forward)

/** The way in which a derivative is computed. */
const wayOf = ({ ways }: Derivative, { way }: Call, { wrapped, forward }: Mode): Derivative['ways'][number] => {
  const allowed = forward ? ways.filter((each) => each.forward) : ways
  return wrapped ? allowed[way % allowed.length] : ways[0]
}

const most = 3

/** The derivative at this place, if there is one and it is not one too many. */
const derivativeOf = ({ derivative }: Call, orders: number): Derivative | null => {
  const chosen = derivatives[derivative]
  return chosen !== undefined && orders + chosen.orders <= most ? chosen : null
}

/** Depends on both arguments, and not linearly, so that derivatives seldom vanish. */
const mixed = (f: F): F => (x, y) => {
  const out = f(x, y)
  return lax.add(out, lax.mul(lax.sin(fit(x, out.shape)), lax.tanh(lax.add(fit(y, out.shape), out))))
}

const callee = (call: Call, outer: readonly NdArray[], mode: Mode, orders: number): F => {
  const derivative = derivativeOf(call, orders)
  const inside = orders + (derivative?.orders ?? 0)
  const body: F = (x, y) => run(call.body, [...outer, y, x], mode, inside)
  const f = derivative === null ? body : wayOf(derivative, call, mode).apply(mixed(body))
  return mode.wrapped ? wrappersOf(call, mode).reduceRight((g, { wrap }) => wrap(g), f) : f
}

const earlier = <A>(known: readonly A[], back: number): A => known[known.length - 1 - (back % known.length)]

const run = ({ steps }: Body, values: readonly NdArray[], mode: Mode, orders: number): NdArray => {
  const known = [...values]
  for (const step of steps) {
    const [a, b] = [earlier(known, step.a), earlier(known, step.b)]
    known.push(step.kind === 'op' ? operations[step.op % operations.length].apply(a, b) : callee(step, known, mode, orders)(a, b))
    const last = known[known.length - 1]
    if (last.ndim > 2) known[known.length - 1] = lax.reduceSum(last, range(last.ndim - 2))
  }
  return known[known.length - 1]
}

/** Names for values, each used once: a, b, … z, a1, b1, … */
const names = (): (() => string) => {
  let count = 0
  return () => {
    const n = count++
    return String.fromCharCode(97 + (n % 26)) + (n < 26 ? '' : String(Math.floor(n / 26)))
  }
}

/** A program as an expression, a line for each step; wrappers are written as they compose. */
const showBody = (body: Body, values: readonly string[], fresh: () => string, indent: string, orders: number, mode: Mode): string => {
  const known = [...values]
  return body.steps.map((step) => {
    const [a, b] = [earlier(known, step.a), earlier(known, step.b)]
    const f = step.kind === 'op' ? operations[step.op % operations.length].name : showCall(step, known, fresh, indent, orders, mode)
    const name = fresh()
    known.push(name)
    return `${indent}${name} = ${f}(${a}, ${b})`
  }).join('\n')
}

const showCall = (call: Call, outer: readonly string[], fresh: () => string, indent: string, orders: number, mode: Mode): string => {
  const derivative = derivativeOf(call, orders)
  const way = derivative === null ? [] : [wayOf(derivative, call, mode).name, 'mixed']
  const wrapped = wrappersOf(call, mode).map(({ name }) => `«${name}»`)
  const [x, y] = [fresh(), fresh()]
  const inside = showBody(call.body, [...outer, y, x], fresh, `${indent}    `, orders + (derivative?.orders ?? 0), mode)
  return `${[...wrapped, ...way, ''].join(' ∘ ')}((${x}, ${y}) =>\n${inside}\n${indent}  )`
}

/** A program of nested functions, which failures print as an expression. */
export class Nesting {
  readonly body: Body
  readonly forward: boolean
  constructor(body: Body, forward: boolean) {
    this.body = body
    this.forward = forward
  }

  /** The program as it is, or without its wrappers. */
  value(wrapped: boolean): NdArray {
    return run(this.body, inputs, { wrapped, forward: this.forward }, 0)
  }

  [fc.toStringMethod](): string {
    const fresh = names()
    const given = inputs.map((x) => [fresh(), show(x)] as const)
    const lines = given.map(([name, text]) => `${name} = ${text}`)
    return `\n${lines.join('\n')}\n${showBody(this.body, given.map(([name]) => name), fresh, '', 0, { wrapped: true, forward: this.forward })}\n`
  }
}

const inputs: readonly NdArray[] = [[3], [2, 3], []].map((shape, k) => generate('float64', shape, (i) => noise(k + 20, i)))

/** How far back a value is taken from: the latest ones are likely. */
const back = fc.constantFrom(0, 1, 0, 2, 0, 1, 3, 4, 6, 9)

const op = fc.record({ kind: fc.constant('op' as const), op: fc.nat(operations.length - 1), a: back, b: back })

export const nestings: fc.Arbitrary<Nesting> = fc
  .letrec<{ body: Body; step: Op | Call; call: Call }>((tie) => ({
    body: fc.array(tie('step'), { minLength: 1, maxLength: 4 }).map((steps) => ({ steps })),
    step: fc.oneof({ maxDepth: 5, depthSize: 'small' }, { weight: 3, arbitrary: op }, { weight: 4, arbitrary: tie('call') }),
    call: fc.record({
      kind: fc.constant('call' as const),
      wrappers: fc.array(fc.nat(wrappers.length - 1), { maxLength: 3 }),
      derivative: fc.nat(derivatives.length + 1),
      way: fc.nat(5),
      body: tie('body'),
      a: back,
      b: back
    })
  }))
  .body.filter(({ steps }) => steps.some(({ kind }) => kind === 'call'))
  .chain((body) => fc.nat(2).map((k) => new Nesting(body, k === 2)))

/** Throws, printing the smallest nesting found, unless nestings compute what they compute without wrappers. */
export const checkNestings = (options: { readonly count: number; readonly seed?: number; readonly path?: string }): void => {
  const { count, ...rest } = options
  const property = fc.property(nestings, (nesting) => {
    const expected = nesting.value(false)
    if (expected.toTypedArray().every((x) => Math.abs(x) < 1e8)) compare(nesting.value(true), expected)
  })
  fc.assert(property, { numRuns: count, ...rest })
}

const compare = (got: NdArray, expected: NdArray): void => {
  const [a, b] = [got.toTypedArray(), Array.from(expected.toTypedArray())]
  const scale = Math.max(1, ...b.map(Math.abs))
  if (!equalShapes(got.shape, expected.shape) || a.some((x, i) => !(Math.abs(x - b[i]) <= 1e-7 * scale))) {
    throw new Error(`${show(got)}, without wrappers ${show(expected)}`)
  }
}
