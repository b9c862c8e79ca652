import { wrap } from '../array/ndarray.js'
import type { NdArray } from '../core/array.js'
import { allocate, isFloat } from '../core/dtype.js'
import { ArgumentError, DerivativeError, DTypeError } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import type { Tangent } from '../core/primitive.js'
import { instantiate } from '../lax/broadcast.js'
import { argumentsOf, flatFunction, named } from './boundary.js'
import { jvpArrays } from './differentiate.js'
import { scatter, select } from './mask.js'
import { vjpArrays } from './reverse.js'

/** How a derivative is computed: by jvp, or by vjp. */
export type DerivativeMode = 'forward' | 'reverse'

export interface CheckGradsOptions {
  /** Derivatives up to this order are checked; 2 if not given. */
  readonly order?: number
  /** Which are checked; both if not given. Those of higher order are checked in every succession. */
  readonly modes?: readonly DerivativeMode[]
  /** The step of the central differences. If not given 2⁻⁷ where a float32 is involved, else 2⁻¹³. */
  readonly eps?: number
  /** The greatest error allowed. If not given 2e-3 where a float32 is involved, else 1e-5, as in JAX. */
  readonly tolerance?: number
}

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

/** `checkGrads(f, options?)(...args)`: compares derivatives of `f` with finite differences. */
export type CheckGrads = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  options?: CheckGradsOptions
) => (...args: A) => readonly GradCheck[]

type ArrayFunction = (args: readonly NdArray[]) => readonly NdArray[]

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

interface Settings {
  readonly order: number
  readonly modes: readonly DerivativeMode[]
  readonly eps: number
  readonly tolerance: number
}

const compare = (order: number, mode: string, expected: number, got: number): GradCheck => ({
  order, mode, expected, got, error: expected === got ? 0 : Math.abs(got - expected) / (1 + Math.abs(expected))
})

const worse = (a: GradCheck, b: GradCheck): boolean => Number.isNaN(a.error) || a.error > b.error

const accept = (check: GradCheck, { tolerance, eps }: Settings): GradCheck => {
  if (check.error <= tolerance) return check
  const { order, mode, expected, got, error } = check
  const which = order === 1 ? `${mode} mode` : `${mode}, order ${order}`
  throw new DerivativeError(
    'checkGrads',
    `${expected} by central differences of step ${eps} (${which})`,
    `${got}, an error of ${error.toExponential(1)} where ${tolerance} is allowed`
  )
}

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

const checkAll = (f: ArrayFunction, points: readonly NdArray[], settings: Settings, order: number, over: string): readonly GradCheck[] => {
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
      order === settings.order ? [] : checkAll(derivative, args, settings, order + 1, label)
    if (mode === 'forward') {
      const [, tangents] = jvpArrays(f, points, directions)
      const got = tangents.map((d, k) => elements(d, slopes[k].length))
      let worst = compare(order, label, 0, 0)
      slopes.forEach((slope, k) => slope.forEach((expected, i) => {
        const check = compare(order, label, expected, got[k][i])
        if (worse(check, worst)) worst = check
      }))
      return [accept(worst, settings), ...next(pushed(f, points.length), [...points, ...directions])]
    }
    const [outs, pullback] = vjpArrays(f, points, points.map(() => true))
    const cts = outs.map((y, k) => build(y, (i) => pseudoRandom(64 * order + 32 + k, i)))
    const pulls = pullback(cts)
    const got = inner(pulls.map((ct, i) => elements(ct, points[i].size)), directions.map((d) => d.toTypedArray()))
    const expected = inner(cts.map((ct) => ct.toTypedArray()), slopes)
    return [accept(compare(order, label, expected, got), settings), ...next(pulled(f, points.length), [...points, ...cts])]
  })
}

const positive = (name: string, value: number): number => {
  if (!(value > 0 && Number.isFinite(value))) throw new ArgumentError('checkGrads', `a positive ${name}`, value)
  return value
}

/**
 * Compares derivatives of a function with central differences along pseudo-random directions, which are the same at
 * every call. Arguments and results are pytrees; integers are left as they are. Forward mode is compared element by
 * element, reverse mode by an inner product with a pseudo-random cotangent; derivatives of higher order are derivatives
 * of those. Returns what was compared. JAX's `check_grads`. Throws DerivativeError, with both numbers, where
 * they disagree, DTypeError if there is nothing to differentiate.
 *
 * @example
 * const checks = checkGrads(np.sin, { modes: ['reverse'] })(np.array(0.5))
 * checks.map(({ mode }) => mode) // ['reverse', 'reverse over reverse']
 */
export const checkGrads: CheckGrads = (f, options = {}) => {
  checkOptions('checkGrads', options, ['order', 'modes', 'eps', 'tolerance'])
  const { order = 2, modes = ['forward', 'reverse'] } = options
  if (!Number.isInteger(order) || order < 1) throw new ArgumentError('checkGrads', 'a positive integer as order', order)
  for (const mode of modes) {
    if (mode !== 'forward' && mode !== 'reverse') throw new ArgumentError('checkGrads', "modes 'forward' and 'reverse'", mode)
  }
  return named('checkGrads', f, (...args): readonly GradCheck[] => {
    const { arrays, treedef } = argumentsOf('checkGrads', args)
    const floats = arrays.map((x) => isFloat(x.dtype))
    const points = select(arrays, floats)
    if (points.length === 0) throw new DTypeError('checkGrads', 'a floating-point input', 'none')
    const { run } = flatFunction('checkGrads', f, treedef)
    const ofFloats: ArrayFunction = (xs) => run(scatter(xs, floats).map((x, i) => x ?? arrays[i])).filter((y) => isFloat(y.dtype))
    const single = [...points, ...ofFloats(points)].some((x) => x.dtype === 'float32')
    const settings: Settings = {
      order,
      modes,
      eps: positive('eps', options.eps ?? (single ? 2 ** -7 : 2 ** -13)),
      tolerance: positive('tolerance', options.tolerance ?? (single ? 2e-3 : 1e-5))
    }
    return checkAll(ofFloats, points, settings, 1, '')
  })
}
