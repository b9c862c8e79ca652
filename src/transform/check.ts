import type { NdArray } from '../core/array.js'
import { isFloat } from '../core/dtype.js'
import { ArgumentError, DerivativeError, DTypeError, showPath } from '../core/errors.js'
import { checkOptions } from '../core/options.js'
import { showTable } from '../core/table.js'
import { argumentsOf, flatFunction, named, type Fn } from './boundary.js'
import { scatter, select } from './mask.js'
import { checkAll, type ArrayFunction, type DerivativeMode, type GradCheck } from './numeric.js'

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

/** One line of a report: a derivative with respect to one input. */
export interface GradReportLine extends GradCheck {
  /** The input, as `arguments[0].weight`. */
  readonly input: string
  readonly tolerance: number
  readonly passed: boolean
}

/** What `checkGrads.report` found. It prints as a table. */
export class GradReport {
  readonly lines: readonly GradReportLine[]
  /** Whether all derivatives agree with the differences. */
  readonly passed: boolean

  constructor(lines: readonly GradReportLine[]) {
    this.lines = lines
    this.passed = lines.every((line) => line.passed)
  }

  toString(): string {
    const number = (x: number): string => x.toPrecision(6)
    const rows = this.lines.map(({ input, mode, got, expected, error, tolerance, passed }) =>
      [input, mode, number(got), number(expected), error.toExponential(1), String(tolerance), passed ? 'ok' : 'wrong'])
    return showTable(['input', 'mode', 'analytic', 'numerical', 'error', 'tolerance', 'verdict'], rows)
  }

  /** What Node's `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

type Checking<R> = <A extends readonly unknown[]>(f: (...args: A) => unknown, options?: CheckGradsOptions) => (...args: A) => R

/** `checkGrads(f, options?)(...args)`: compares derivatives of `f` with finite differences. */
export interface CheckGrads extends Checking<readonly GradCheck[]> {
  /**
   * The same comparison for every input by itself, told rather than thrown: what the derivative is by either mode, what the
   * differences say, and whether they agree.
   *
   * @example
   * const line = (w: NdArray, x: NdArray) => np.mul(w, x)
   * checkGrads.report(line, { order: 1 })(np.array(3), np.array(4)).passed // true
   */
  readonly report: Checking<GradReport>
}

/** A function of some of the inputs, where they are, and how they are compared. */
interface Problem {
  readonly f: ArrayFunction
  readonly points: readonly NdArray[]
  readonly paths: readonly string[]
  readonly order: number
  readonly modes: readonly DerivativeMode[]
  readonly eps: number
  readonly tolerance: number
}

const positive = (name: string, value: number): number => {
  if (!(value > 0 && Number.isFinite(value))) throw new ArgumentError('checkGrads', `a positive ${name}`, value)
  return value
}

const checking = <R>(solve: (problem: Problem) => R): Checking<R> => (f: Fn, options = {}) => {
  checkOptions('checkGrads', options, ['order', 'modes', 'eps', 'tolerance'])
  const { order = 2, modes = ['forward', 'reverse'] } = options
  if (!Number.isInteger(order) || order < 1) throw new ArgumentError('checkGrads', 'a positive integer as order', order)
  for (const mode of modes) {
    if (mode !== 'forward' && mode !== 'reverse') throw new ArgumentError('checkGrads', "modes 'forward' and 'reverse'", mode)
  }
  return named('checkGrads', f, (...args: readonly unknown[]): R => {
    const { arrays, treedef } = argumentsOf('checkGrads', args)
    const floats = arrays.map((x) => isFloat(x.dtype))
    const points = select(arrays, floats)
    if (points.length === 0) throw new DTypeError('checkGrads', 'a floating-point input', 'none')
    const { run } = flatFunction('checkGrads', f, treedef)
    const ofFloats: ArrayFunction = (xs) => run(scatter(xs, floats).map((x, i) => x ?? arrays[i])).filter((y) => isFloat(y.dtype))
    const single = [...points, ...ofFloats(points)].some((x) => x.dtype === 'float32')
    return solve({
      f: ofFloats,
      points,
      paths: select(treedef.paths(), floats).map((path) => showPath(['arguments', ...path])),
      order,
      modes,
      eps: positive('eps', options.eps ?? (single ? 2 ** -7 : 2 ** -13)),
      tolerance: positive('tolerance', options.tolerance ?? (single ? 2e-3 : 1e-5))
    })
  })
}

const passes = ({ error }: GradCheck, tolerance: number): boolean => error <= tolerance

const checkAtOnce = ({ f, points, tolerance, ...settings }: Problem): readonly GradCheck[] =>
  checkAll(f, points, settings, (check) => {
    if (passes(check, tolerance)) return
    const { order, mode, expected, got, error } = check
    const which = order === 1 ? `${mode} mode` : `${mode}, order ${order}`
    throw new DerivativeError(
      'checkGrads',
      `${expected} by central differences of step ${settings.eps} (${which})`,
      `${got}, an error of ${error.toExponential(1)} where ${tolerance} is allowed`
    )
  })

const reportEach = ({ f, points, paths, tolerance, ...settings }: Problem): GradReport =>
  new GradReport(paths.flatMap((input, at) => {
    const alone: ArrayFunction = ([x]) => f(points.with(at, x))
    const checks = checkAll(alone, [points[at]], settings, () => undefined)
    return checks.map((check) => ({ ...check, input, tolerance, passed: passes(check, tolerance) }))
  }))

/**
 * Compares derivatives of a function with central differences along pseudo-random directions, which are the same at
 * every call. Arguments and results are pytrees; integers are left as they are. Forward mode is compared element by
 * element, reverse mode by an inner product with a pseudo-random cotangent; derivatives of higher order are derivatives
 * of those. Returns what was compared; `checkGrads.report` tells of every input by itself. JAX's `check_grads`. Throws
 * DerivativeError, with both numbers, where they disagree, DTypeError if there is nothing to differentiate.
 *
 * @example
 * const checks = checkGrads(np.sin, { modes: ['reverse'] })(np.array(0.5))
 * checks.map(({ mode }) => mode) // ['reverse', 'reverse over reverse']
 * checkGrads.report(np.mul, { order: 1 })(np.array(3), np.array(4)) //
 * // input         mode     analytic  numerical  error   tolerance  verdict
 * // ────────────  ───────  ────────  ─────────  ──────  ─────────  ───────
 * // arguments[0]  forward  -3.71729  -3.71729   0.0e+0  0.002      ok
 * // arguments[0]  reverse  -2.22705  -2.22705   0.0e+0  0.002      ok
 * // arguments[1]  forward  -2.78796  -2.78796   0.0e+0  0.002      ok
 * // arguments[1]  reverse  -1.67028  -1.67028   2.1e-8  0.002      ok
 */
export const checkGrads: CheckGrads = Object.assign(checking(checkAtOnce), { report: checking(reportEach) })
