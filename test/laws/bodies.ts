import fc from 'fast-check'
import type { NdArray } from '../../src/core/array.js'
import type { Aval } from '../../src/core/aval.js'
import { isFloat, type DType } from '../../src/core/dtype.js'
import type { Jaxpr } from '../../src/core/primitive.js'
import { equalShapes, range, type Shape } from '../../src/core/shape.js'
import * as lax from '../../src/control/index.js'
import { converted } from '../../src/control/outputs.js'
import { stageClosed } from '../../src/ir/stage.js'
import { jit } from '../../src/jit/jit.js'
import { vmap } from '../../src/transform/vmap.js'
import { drawing, integers, signed, type Draw } from '../support/arbitrary.js'

/*
 * Small well-typed programs, to be bodies of loops and branches. A program is a list of steps on earlier values, which makes
 * sense for arguments of any types and gives results of any types: so it shrinks step by step.
 */

/** A value of another dtype. Continuous where it leads from floating values to floating ones; else by sign. */
export const cast = (x: NdArray, dtype: DType): NdArray => {
  if (x.dtype === dtype) return x
  if (dtype === 'bool') return isFloat(x.dtype) ? lax.gt(x, 0) : lax.ne(x, 0)
  return lax.convertElementType(isFloat(x.dtype) && !isFloat(dtype) ? lax.gt(x, 0) : x, dtype)
}

/** An array made to have a shape: leading axes are summed or repeated, then all are cut or padded. */
export const reshaped = (x: NdArray, shape: Shape): NdArray => {
  if (equalShapes(x.shape, shape)) return x
  if (x.dtype === 'bool') return cast(reshaped(cast(x, 'int32'), shape), 'bool')
  let y = x
  while (y.ndim > shape.length) y = lax.reduceSum(y, [0])
  if (y.ndim < shape.length) {
    const ranks = shape.length - y.ndim
    y = lax.broadcastInDim(y, [...shape.slice(0, ranks), ...y.shape], range(y.ndim, ranks))
  }
  const cut = lax.slice(y, shape.map(() => 0), y.shape.map((size, i) => Math.min(size, shape[i])))
  return lax.pad(cut, 0, cut.shape.map((size, i) => [0, shape[i] - size, 0] as const))
}

/** A value made to be of a type. */
export const fit = (x: NdArray, aval: Aval): NdArray => converted(reshaped(cast(x, aval.dtype), aval.shape), aval)

const isDiscrete = (x: NdArray): boolean => !isFloat(x.dtype)

/** Both as numbers of one dtype and of the shape of the first. */
export const together = (x: NdArray, y: NdArray): readonly [NdArray, NdArray] => {
  const dtype = [x, y].find((each) => isFloat(each.dtype))?.dtype ?? 'int32'
  return [cast(x, dtype), reshaped(cast(y, dtype), x.shape)]
}

export const number = (x: NdArray): NdArray => (x.dtype === 'bool' ? cast(x, 'int32') : x)

/** Of two values and an integer scalar. */
type Apply = (x: NdArray, y: NdArray, index: () => NdArray) => NdArray

const floating = (f: (x: NdArray) => NdArray): Apply => (x) => (isDiscrete(x) ? lax.add(number(x), 1) : f(x))
const binary = (f: (x: NdArray, y: NdArray) => NdArray): Apply => (x, y) => f(...together(x, y))
const ranked = (f: Apply): Apply => (x, y, index) => (x.ndim === 0 ? number(x) : f(number(x), y, index))

interface Operation {
  readonly name: string
  readonly apply: Apply
}

const operations: readonly Operation[] = [
  { name: 'sin', apply: floating(lax.sin) },
  { name: 'mul', apply: binary(lax.mul) },
  { name: 'add', apply: binary(lax.add) },
  { name: 'tanh', apply: floating(lax.tanh) },
  { name: 'sub', apply: binary(lax.sub) },
  { name: 'half', apply: floating((x) => lax.mul(x, 0.5)) },
  { name: 'quotient', apply: (x, y) => (isDiscrete(x) ? lax.rem(number(x), 3) : lax.div(x, lax.add(lax.square(together(x, y)[1]), 1))) },
  { name: 'sum', apply: ranked((x) => lax.reduceSum(x, [x.ndim - 1])) },
  { name: 'repeat', apply: (x) => (x.ndim < 2 ? lax.broadcastInDim(x, [2, ...x.shape], range(x.ndim, 1)) : x) },
  { name: 'transpose', apply: (x) => lax.transpose(x, range(x.ndim).toReversed()) },
  {
    name: 'dot',
    apply: ranked((x, y) => {
      const [a, b] = [x.shape[x.ndim - 1], y.shape.slice(1)]
      const rhs = reshaped(cast(y, isFloat(x.dtype) ? x.dtype : 'int32'), [a, ...b])
      return lax.dotGeneral(x, rhs, { contract: [[x.ndim - 1], [0]] })
    })
  },
  { name: 'tail', apply: ranked((x) => (x.shape[0] < 2 ? x : lax.sliceInDim(x, 1, null))) },
  { name: 'join', apply: ranked((x, y) => lax.concatenate([x, together(x, y)[1]].map((each) => cast(each, together(x, y)[0].dtype)), 0)) },
  { name: 'cumsum', apply: ranked((x) => lax.cumsum(x, 0)) },
  { name: 'backwards', apply: ranked((x) => lax.rev(x, [0])) },
  { name: 'take', apply: ranked((x, _, index) => lax.dynamicIndexInDim(x, index(), 0, false)) },
  {
    name: 'put',
    apply: ranked((x, y, index) => {
      const update = fit(isDiscrete(x) && !isDiscrete(y) ? x : y, { shape: x.shape.slice(1), dtype: x.dtype, weak: false })
      return lax.dynamicUpdateIndexInDim(x, update, index(), 0)
    })
  },
  { name: 'choose', apply: (x, y, index) => lax.select(lax.gt(reshaped(index(), x.shape), 0), ...together(number(x), y)) },
  { name: 'above', apply: (x, y) => (isDiscrete(x) && isDiscrete(y) ? lax.gt(...together(x, y)) : x) },
  { name: 'count', apply: (x, _, index) => lax.mul(lax.convertElementType(lax.add(index(), 2), isFloat(x.dtype) ? x.dtype : 'int32'), 2) },
  { name: 'places', apply: ranked((x) => lax.mul(x, lax.convertElementType(lax.iota('int32', x.shape, 0), x.dtype))) },
  { name: 'constant', apply: (x) => lax.full(x.shape, 1, x.dtype) }
]

/** Kinks and jumps. */
const kinks: readonly Operation[] = [
  { name: 'max', apply: binary(lax.max) },
  { name: 'floor', apply: floating(lax.floor) },
  { name: 'greater', apply: binary(lax.gt) },
  { name: 'stop', apply: (x) => lax.stopGradient(x) }
]

/** Poles and worse. */
const poles: readonly Operation[] = [
  { name: 'inverse', apply: floating((x) => lax.div(1, x)) },
  { name: 'log', apply: floating(lax.log) }
]

/** What programs do: only what has continuous derivatives, also what has kinks and jumps, or anything. */
export type Manners = 'smooth' | 'kinked' | 'wild'

const operationsFor: Readonly<Record<Manners, readonly Operation[]>> = {
  smooth: operations, kinked: [...operations, ...kinks], wild: [...operations, ...kinks, ...poles]
}

interface Plain {
  readonly kind: 'operation'
  readonly operation: number
  readonly x: number
  readonly y: number
  readonly i: number
}

const ways = ['jit', 'cond', 'scan', 'map', 'vmap'] as const

/** A function of two values in some construct; it closes over all earlier values. */
interface Nested {
  readonly kind: 'nested'
  readonly way: (typeof ways)[number]
  readonly x: number
  readonly y: number
  readonly i: number
  readonly body: Program
}

type Step = Plain | Nested

const earlier = <A>(known: readonly A[], back: number): A => known[known.length - 1 - (back % known.length)]

const at = <A>(list: readonly A[], index: number): A => list[index % list.length]

/** The integer scalar that a step may use. */
const indexFrom = (known: readonly NdArray[], back: number): NdArray => {
  const discrete = known.filter(isDiscrete)
  return discrete.length === 0 ? lax.full([], back % 3, 'int32') : reshaped(cast(earlier(discrete, back), 'int32'), [])
}

const type = ({ shape, dtype, weak }: NdArray): Aval => ({ shape, dtype, weak })

/** A small program. */
export class Program {
  readonly #manners: Manners
  readonly #steps: readonly Step[]
  readonly #results: readonly number[]

  constructor(manners: Manners, steps: readonly Step[], results: readonly number[]) {
    this.#manners = manners
    this.#steps = steps
    this.#results = results
  }

  /** The results, of the types asked for. */
  run(args: readonly NdArray[], types: readonly Aval[]): readonly NdArray[] {
    const known = args.length === 0 ? [lax.full([], 1, 'int32')] : [...args]
    for (const step of this.#steps) known.push(this.#apply(step, known))
    return types.map((aval, k) => {
      const useful = isFloat(aval.dtype) || this.#manners !== 'smooth' ? known : known.filter(isDiscrete)
      const back = this.#results[k % this.#results.length]
      return fit(useful.length === 0 ? lax.full([], back, 'int32') : earlier(useful, back), aval)
    })
  }

  #apply(step: Step, known: readonly NdArray[]): NdArray {
    const [x, y, index] = [earlier(known, step.x), earlier(known, step.y), () => indexFrom(known, step.i)]
    if (step.kind === 'operation') {
      const out = at(operationsFor[this.#manners], step.operation).apply(x, y, index)
      return out.ndim > 2 ? lax.reduceSum(number(out), range(out.ndim - 2)) : out
    }
    const f = (a: NdArray, b: NdArray): NdArray => step.body.run([...known, b, a], [type(x)])[0]
    const rows = lax.broadcastInDim(y, [2, ...y.shape], range(y.ndim, 1))
    switch (step.way) {
      case 'jit': return jit(f)(x, y)
      case 'cond': return lax.cond(lax.gt(index(), 0), f, (a: NdArray) => a, x, y)
      case 'scan': {
        const [end, stacked] = lax.scan((a: NdArray, b: NdArray) => [f(a, b), b] as const, x, rows)
        return binary(lax.add)(end, stacked, index)
      }
      case 'map': return reshaped(number(lax.map((b: NdArray) => f(x, b), rows)), x.shape)
      case 'vmap': return lax.indexInDim(vmap(f, { in: [null, 0] })(x, rows), 1, 0, false)
    }
  }
}

/** The program as a jaxpr. */
export const jaxprOf = (program: Program, inputs: readonly Aval[], outputs: readonly Aval[]): Jaxpr =>
  stageClosed((args) => program.run(args, outputs), inputs)

/** How far back a value is taken from: the latest ones are likely. */
const back = fc.constantFrom(0, 1, 2, 0, 1, 3, 4, 6, 9)

const where = { x: back, y: back, i: fc.nat(3) }

/** The first operations of the list are likelier than the others: they are what loops are made of. */
const operation = fc.oneof({ weight: 2, arbitrary: fc.nat(6) }, { weight: 3, arbitrary: fc.nat(40) })

/** Programs, with other programs in them down to a depth. */
export const programs = (manners: Manners, depth = 1): fc.Arbitrary<Program> => {
  const plain: fc.Arbitrary<Step> = fc.record({ kind: fc.constant('operation' as const), operation, ...where })
  const nested = (): fc.Arbitrary<Step> =>
    fc.record({ kind: fc.constant('nested' as const), way: fc.constantFrom(...ways), ...where, body: programs(manners, depth - 1) })
  const step = depth === 0 ? plain : fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: nested() })
  return fc.tuple(fc.array(step, { minLength: 1, maxLength: depth === 0 ? 3 : 6, size: 'max' }), fc.array(back, { minLength: 6, maxLength: 6 }))
    .map(([steps, results]) => new Program(manners, steps, results))
}

/** What a value of a body may be. */
export interface Kind {
  readonly shape: Shape
  readonly what: 'float' | 'other' | 'int32' | 'bool'
}

/** Types of values, of the drawn dtype for the most part. */
export const kinds = (least: number, most: number): fc.Arbitrary<readonly Kind[]> =>
  fc.array(fc.record({
    shape: fc.constantFrom<Shape>([], [2], [3, 2], [1], [2, 2]),
    what: fc.constantFrom<Kind['what']>('float', 'float', 'float', 'int32', 'float', 'other', 'float', 'int32', 'bool', 'float')
  }), { minLength: least, maxLength: most, size: 'max' })

const dtypeOf = ({ what }: Kind, draw: Draw): DType => {
  if (what === 'int32' || what === 'bool') return what
  return what === 'other' && draw.wild ? (draw.dtype === 'float64' ? 'float32' : 'float64') : draw.dtype
}

/** The type of such values. */
export const avalOf = (kind: Kind, draw: Draw): Aval => ({ shape: kind.shape, dtype: dtypeOf(kind, draw), weak: false })

/** Arrays of the kinds, with a leading axis if a length is given. */
export const arraysFor = (list: readonly Kind[], draw: Draw, length?: number): fc.Arbitrary<readonly NdArray[]> =>
  fc.tuple(...list.map((kind) => {
    const shape = length === undefined ? kind.shape : [length, ...kind.shape]
    const dtype = dtypeOf(kind, draw)
    if (dtype === 'bool') return integers(dtype, shape, 0, 1)
    if (dtype === 'int32') return integers(dtype, shape, -3, 4)
    return drawing(dtype, draw.wild).array(shape, signed(0.1, 1))
  }))
