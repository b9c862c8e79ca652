import { wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { allocate } from '../core/dtype.js'
import type { Tangent } from '../core/primitive.js'
import { instantiate } from '../lax/broadcast.js'
import { jvpArrays } from './differentiate.js'
import { vjpArrays } from './reverse.js'

/** How a derivative is computed: by jvp, or by vjp. */
export type DerivativeMode = 'forward' | 'reverse'

/** One derivative that was checked: the element, or the inner product, with the greatest error. */
export interface GradCheck {
  readonly order: number
  /** The modes, the one that was differentiated last in front: `reverse over forward`. */
  readonly mode: string
  /** By central differences. */
  readonly expected: number
  readonly got: number
  /** |got − expected| / (1 + |expected|) */
  readonly error: number
}

/** A function of arrays. */
export type ArrayFunction = (args: readonly NdArray[]) => readonly NdArray[]

/** A number from −1 to 1, of magnitude ¼ at least, that only depends on its index and seed. */
const pseudoRandom = (seed: number, index: number): number => {
  let h = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) | 0
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  h ^= h >>> 15
  const magnitude = 0.25 + (0.75 * (h >>> 1)) / 2 ** 31
  return (h & 1) === 0 ? magnitude : -magnitude
}

const build = (like: NdArray, element: (i: number) => number): NdArray => {
  const data = allocate(like.dtype, like.size)
  for (let i = 0; i < data.length; i++) data[i] = element(i)
  return wrap(like.aval, data)
}

/** Two points, one on each side, and half of what lies between them over the step: the direction as it is after rounding. */
interface Step {
  readonly plus: NdArray
  readonly minus: NdArray
  readonly direction: NdArray
}

const stepFrom = (x: NdArray, eps: number, seed: number): Step => {
  const data = x.toTypedArray()
  const plus = build(x, (i) => data[i] + eps * pseudoRandom(seed, i))
  const minus = build(x, (i) => data[i] - eps * pseudoRandom(seed, i))
  const [above, below] = [plus.toTypedArray(), minus.toTypedArray()]
  return { plus, minus, direction: build(x, (i) => (above[i] - below[i]) / (2 * eps)) }
}

const zeros = (length: number): Float64Array => new Float64Array(length)
const elements = (x: Tangent, length: number): ArrayLike<number> => x?.toTypedArray() ?? zeros(length)

/** The inner product of lists of arrays, in float64. */
const inner = (xs: readonly ArrayLike<number>[], ys: readonly ArrayLike<number>[]): number => {
  let sum = 0
  xs.forEach((x, k) => {
    for (let i = 0; i < x.length; i++) sum += x[i] * ys[k][i]
  })
  return sum
}

/** What is compared. */
export interface Settings {
  readonly order: number
  readonly modes: readonly DerivativeMode[]
  /** The step of the differences. */
  readonly eps: number
}

const compare = (order: number, mode: string, expected: number, got: number): GradCheck => ({
  order, mode, expected, got, error: expected === got ? 0 : Math.abs(got - expected) / (1 + Math.abs(expected))
})

const worse = (a: GradCheck, b: GradCheck): boolean => Number.isNaN(a.error) || a.error > b.error

/** The function of points and directions that gives tangents. */
const pushed = (f: ArrayFunction, count: number): ArrayFunction => (args) => {
  const [outs, tangents] = jvpArrays(f, args.slice(0, count), args.slice(count))
  return tangents.map((d, i) => instantiate(d, outs[i]))
}

/** The function of points and cotangents that gives cotangents of the points. */
const pulled = (f: ArrayFunction, count: number): ArrayFunction => (args) => {
  const points = args.slice(0, count)
  const [, pullback] = vjpArrays(f, points, points.map(() => true))
  return pullback(args.slice(count)).map((ct, i) => instantiate(ct, points[i]))
}

/**
 * Compares the derivatives of a function at a point, those of first order and then those of theirs. What `accept` is told of
 * each, before the next is compared, may be reason for it to throw.
 */
export const checkAll = (
  f: ArrayFunction, points: readonly NdArray[], settings: Settings, accept: (check: GradCheck) => void, order = 1, over = ''
): readonly GradCheck[] => {
  const { modes, eps } = settings
  const steps = points.map((x, i) => stepFrom(x, eps, 64 * order + i))
  const directions = steps.map(({ direction }) => direction)
  const [above, below] = [f(steps.map(({ plus }) => plus)), f(steps.map(({ minus }) => minus))]
  const slopes = above.map((y, k) => {
    const [high, low] = [y.toTypedArray(), below[k].toTypedArray()]
    return Float64Array.from(high, (value, i) => (value - low[i]) / (2 * eps))
  })
  return modes.flatMap((mode) => {
    const label = over === '' ? mode : `${mode} over ${over}`
    const next = (derivative: ArrayFunction, args: readonly NdArray[]): readonly GradCheck[] =>
      order === settings.order ? [] : checkAll(derivative, args, settings, accept, order + 1, label)
    if (mode === 'forward') {
      const [, tangents] = jvpArrays(f, points, directions)
      const got = tangents.map((d, k) => elements(d, slopes[k].length))
      const checks = slopes.flatMap((slope, k) => Array.from(slope, (expected, i) => compare(order, label, expected, got[k][i])))
      const worst = checks.reduce((a, b) => (worse(b, a) ? b : a), checks[0] ?? compare(order, label, 0, 0))
      accept(worst)
      return [worst, ...next(pushed(f, points.length), [...points, ...directions])]
    }
    const [outs, pullback] = vjpArrays(f, points, points.map(() => true))
    const cts = outs.map((y, k) => build(y, (i) => pseudoRandom(64 * order + 32 + k, i)))
    const pulls = pullback(cts)
    const got = inner(pulls.map((ct, i) => elements(ct, points[i].size)), directions.map((d) => d.toTypedArray()))
    const expected = inner(cts.map((ct) => ct.toTypedArray()), slopes)
    const check = compare(order, label, expected, got)
    accept(check)
    return [check, ...next(pulled(f, points.length), [...points, ...cts])]
  })
}
